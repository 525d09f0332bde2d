"""What other people's pages load: the widget, one script that carries its styles and its English.

Its sources (`static/embed/`) are modules with long names and comments. They are joined and made
small when the process first serves them, so that there is nothing to build and nothing to forget.
"""

import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path

import brotli
from flask import Blueprint, Response, current_app, request

from . import ready_made, small

blueprint = Blueprint("embed", __name__)

#: The widget's modules, each after those that it imports from; what it shares lies in one scope.
MODULES = ("service", "drawing", "reply-form", "comment-thread", "comment-count", "embed")
_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE)
#: Where the script carries its style sheet: a host page's policy needs to allow one thing.
_STYLES = 'const STYLES = "";'
_EXPORT = re.compile(r"^export ", re.MULTILINE)


@blueprint.get("/embed.js")
def widget() -> Response:
    """The widget."""
    return _answer(_ready(_folder()))


@blueprint.get("/embed-work.js")
def work() -> Response:
    """The proof of work, which the widget loads where a site chose it and a reader wants it."""
    return _answer(_ready_work(_folder()))


def _folder() -> Path:
    return Path(current_app.static_folder or "") / "embed"


def _answer(ready: ready_made.Ready) -> Response:
    made = ready_made.answer(
        ready,
        request.headers.get("Accept-Encoding", ""),
        request.headers.get("If-None-Match", ""),
    )
    answer = Response(made.body, made.status, made.headers, mimetype="text/javascript")
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer


@cache
def _ready(folder: Path) -> ready_made.Ready:
    styles = small.styles(_source(folder, "comment-thread.css"))
    modules = "\n".join(_source(folder, f"{name}.js") for name in MODULES)
    script = _EXPORT.sub("", _IMPORT.sub("", modules))
    carried = json.dumps(styles, ensure_ascii=False)
    # In a scope of its own, so that what it declares may have shorter names.
    return _packed(f"{{{script.replace(_STYLES, f'const STYLES = {carried};')}}}")


@cache
def _ready_work(folder: Path) -> ready_made.Ready:
    return _packed(_source(folder, "embed-work.js"))


def _source(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def _packed(script: str) -> ready_made.Ready:
    made = small.script(script).encode()
    compressed = gzip.compress(made, 9, mtime=0), brotli.compress(made)
    return ready_made.Ready(hashlib.sha256(made).hexdigest()[:20], made, *compressed)
