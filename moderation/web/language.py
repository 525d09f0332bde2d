"""In which language somebody is answered, and how a choice stays with them."""

from typing import Any
from urllib.parse import quote, urlencode

from flask import Flask, Response, g, has_request_context, request

from moderation.languages import LANGUAGES, closest, direction

from .headers import is_shared

#: What answers with no text for people: their addresses need no language.
_WITHOUT_TEXT = frozenset({"static", "reader.embed"})
_FOR_PROGRAMS = frozenset({"api", "health"})


def init_app(app: Flask) -> None:
    """Carry `lang` from page to page, and say in which language each answer is."""
    app.url_defaults(_carry)
    app.after_request(_tell)


def chosen() -> str:
    """The language of this request, as one of `languages.LANGUAGES`.

    What was asked for by `lang` comes first (the widget asks in the page's language), then what
    the signed-in moderator chose, what the browser's owner prefers, and the site's own. What
    caches may keep for everybody is asked for by `lang` alone.
    """
    if not has_request_context():
        return "en"
    wished = [asked()] if is_shared() else [asked(), _mine(), *_preferred()]
    site = g.get("site")
    g.language = closest(wished, otherwise=site.settings.language if site else "en")
    return str(g.language)


def asked() -> str:
    """The language that the address asks for by `lang`; empty where there is no such."""
    wished = dict(_arguments()).get("lang", "") if has_request_context() else ""
    return closest([wished], otherwise="")


def links() -> list[dict[str, Any]]:
    """This page in every language, for a chooser; none where a form was sent.

    What was typed into it would be lost, and its address alone does not give the page.
    """
    if not has_request_context() or request.method not in {"GET", "HEAD"}:
        return []
    now = chosen()
    return [
        {
            "tag": tag,
            "name": name,
            "dir": direction(tag),
            "href": _here(tag),
            "current": tag == now,
        }
        for tag, name in LANGUAGES.items()
    ]


def _mine() -> str:
    return str(g.me.locale) if "me" in g else ""


def _preferred() -> list[str]:
    return [tag for tag, quality in request.accept_languages if quality > 0]


def _here(tag: str) -> str:
    # What was just done was told once; it is not done again by reading it in another language.
    others = [pair for pair in _arguments() if pair[0] not in {"lang", "done"}]
    query = urlencode([*others, ("lang", tag)], errors="replace")
    return f"{quote(request.script_root + request.path, errors='replace')}?{query}"


def _arguments() -> list[tuple[str, str]]:
    try:
        return list(request.args.items(multi=True))
    except UnicodeDecodeError:
        # The answer is that the address cannot be read; it is given in some language too.
        return []


def _carry(endpoint: str, values: dict[str, Any]) -> None:
    """Without JavaScript or a cookie, the addresses alone can remember a reader's choice.

    Addresses in what caches keep, such as the ids of a feed, stay as they are; so do those that
    are made with a `lang` of their own, or with None.
    """
    language = asked()
    is_page = endpoint.partition(".")[0] not in _FOR_PROGRAMS or endpoint == "api.docs"
    if language and is_page and endpoint not in _WITHOUT_TEXT and not is_shared():
        values.setdefault("lang", language)


def _tell(response: Response) -> Response:
    """`chosen` has run where there is text in the answer, and for that answer alone."""
    if "language" in g and response.status_code not in {204, 304}:
        response.headers.setdefault("Content-Language", g.language)
    if "language" in g and not is_shared():
        response.vary.add("Accept-Language")
    return response
