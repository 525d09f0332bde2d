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
import rcssmin
import rjsmin
from flask import Blueprint, Response, current_app, request

from . import ready_made
from .short_names import shorten

blueprint = Blueprint("embed", __name__)

#: The widget's modules, each after those that it imports from; what it shares lies in one scope.
MODULES = ("service", "drawing", "reply-form", "comment-thread", "comment-count", "embed")
_IMPORT = re.compile(r"^import .*?;\n", re.MULTILINE)
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
    styles = rcssmin.cssmin((folder / "comment-thread.css").read_text(encoding="utf-8"))
    sources = [(folder / f"{name}.js").read_text(encoding="utf-8") for name in MODULES]
    script = _EXPORT.sub("", _IMPORT.sub("", "\n".join(sources)))
    carried = json.dumps(styles, ensure_ascii=False)
    return _packed(shorten(script.replace('const STYLES = "";', f"const STYLES = {carried};")))


@cache
def _ready_work(folder: Path) -> ready_made.Ready:
    return _packed((folder / "embed-work.js").read_text(encoding="utf-8"))


def _packed(script: str) -> ready_made.Ready:
    small = rjsmin.jsmin(script).encode()
    compressed = gzip.compress(small, 9, mtime=0), brotli.compress(small)
    return ready_made.Ready(hashlib.sha256(small).hexdigest()[:20], small, *compressed)
