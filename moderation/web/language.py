"""In which language somebody is answered."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import g, has_request_context, request

from moderation.languages import LANGUAGES, closest


def chosen() -> str:
    """The language of this request, as one of `languages.LANGUAGES`.

    What was asked for by `lang` comes first (the widget asks in the page's language), then what
    the signed-in moderator chose, what the browser's owner prefers, and the site's own.
    """
    if not has_request_context():
        return "en"
    mine = g.me.locale if "me" in g else ""
    preferred = [tag for tag, _quality in request.accept_languages]
    site = g.get("site")
    return closest([_asked(), mine, *preferred], otherwise=site.settings.language if site else "en")


def asked_for() -> str | None:
    """The language that the address names, to be named by the pages it leads to; or None."""
    return (closest([_asked()], otherwise="") or None) if has_request_context() else None


def _asked() -> str:
    try:
        return request.args.get("lang", "")
    except UnicodeDecodeError:
        # The answer is that the address cannot be read; it is given in some language too.
        return ""


def links() -> list[dict[str, Any]]:
    """This page in each language, by the name that its own readers know it by."""
    query = parse_qsl(request.query_string.decode("utf-8", "replace"))
    rest = [(name, value) for name, value in query if name not in {"lang", "done"}]
    here, mine = request.script_root + request.path, chosen()
    return [
        {
            "tag": tag,
            "name": name,
            "url": f"{here}?{urlencode([*rest, ('lang', tag)])}",
            "current": tag == mine,
        }
        for tag, name in LANGUAGES.items()
    ]
