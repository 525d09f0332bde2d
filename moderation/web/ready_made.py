"""Ready-made threads, served in front of Flask.

Most requests ask for a thread whose bytes lie ready in the database. One look-up answers them;
routing, sessions and an ORM would cost ten times as much as the answer. Whatever is out of the
ordinary (no document yet, an unknown parameter, a broken address) goes on to the view behind,
which gives the same answers: both call `answer`.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from sqlalchemy.exc import SQLAlchemyError
from werkzeug.datastructures import ETags
from werkzeug.http import parse_accept_header, parse_etags

from moderation import widget_texts
from moderation.lookups import LookUps
from moderation.publishing import Sort, Wanted, is_cursor
from moderation.text import addresses

from .headers import ALWAYS, BARE_POLICY, HTTPS_ONLY

_PREFIX = "/api/v1/sites/"
_SUFFIX = "/thread"
#: Longer ones are answered as if they had not come, or by the view behind: what is looked up here
#: is kept, and a few thousand of a client's own making must not fill the memory.
_LONGEST_ADDRESS = 8_000
_LONGEST_HEADER = 1_000
_LOOK_UP = """
    SELECT d.etag, d.plain, d.gzip, d.brotli FROM document d
    JOIN thread t ON t.id = d.thread_id
    WHERE d.address = {0} AND d.revision = t.revision
"""


class Ready(NamedTuple):
    """The stored forms of one document."""

    etag: str
    identity: bytes
    gzip: bytes
    br: bytes


class Answer(NamedTuple):
    """Status, headers and body of an answer, before it is anybody's response object."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


def answer(
    ready: Ready, accept_encoding: str, if_none_match: str, *, secure: bool = False
) -> Answer:
    """The answer to a reader: the form they accept, or 304 where they have it already.

    The ETag is strong, so each compressed form has its own (RFC 9110, section 8.8.3). `secure`
    tells that readers reach the service over HTTPS and are to insist on it.
    """
    coding = _coding(accept_encoding) if len(accept_encoding) <= _LONGEST_HEADER else "identity"
    etag = ready.etag if coding == "identity" else f"{ready.etag}-{coding}"
    headers = [*_SAME_FOR_ALL, ("ETag", f'"{etag}"')]
    if secure:
        headers.append(HTTPS_ONLY)
    if 0 < len(if_none_match) <= _LONGEST_HEADER and _has(if_none_match, etag):
        return Answer("304 NOT MODIFIED", headers, b"")
    body: bytes = getattr(ready, "identity" if coding == "identity" else coding)
    if coding != "identity":
        headers.append(("Content-Encoding", coding))
    headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return Answer("200 OK", headers, body)


_SAME_FOR_ALL = [
    ("Cache-Control", "public, no-cache"),
    ("Vary", "Accept-Encoding"),
    ("Access-Control-Allow-Origin", "*"),
    ("Cross-Origin-Resource-Policy", "cross-origin"),
    ("Content-Security-Policy", BARE_POLICY),
    ("X-Robots-Tag", "noindex"),
    *ALWAYS.items(),
]


@lru_cache(maxsize=512)
def _coding(accept: str) -> str:
    accepted = {coding.lower(): quality for coding, quality in parse_accept_header(accept)}
    others = accepted.get("*", 0)
    # The smallest first, and so preferred among equals. Identity is what is left (section 12.5.3).
    wishes = {coding: accepted.get(coding, others) for coding in ("br", "gzip")}
    wishes["identity"] = accepted.get("identity", 0)
    best = max(wishes, key=lambda coding: wishes[coding])
    return best if wishes[best] else "identity"


@lru_cache(maxsize=2048)
def _has(if_none_match: str, etag: str) -> bool:
    known: ETags = parse_etags(if_none_match)
    return known.contains_weak(etag)


@lru_cache(maxsize=4096)
def wanted_from(path: str, query: str) -> Wanted | None:
    """What an address asks for, or None where it is not simply a page of a thread."""
    if not (path.startswith(_PREFIX) and path.endswith(_SUFFIX)):
        return None
    site = path[len(_PREFIX) : -len(_SUFFIX)]
    if not query.isascii():
        # WSGI has bytes as Latin-1 here: what they say as UTF-8 is the view's to find out.
        return None
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, strict_parsing=True, max_num_fields=5, errors="strict"
        )
        values = dict(pairs)
        if len(values) != len(pairs) or not values.keys() <= {"page", "sort", "after", "lang"}:
            return None
        page = addresses.page(values["page"])
        sort, after = Sort(values.get("sort", "oldest")), values.get("after", "")
        language = widget_texts.language(values.get("lang", ""))
        wanted = Wanted(site, page, sort, after, language)
    except (ValueError, KeyError):
        return None
    return wanted if not wanted.after or is_cursor(wanted.after) else None


class ReadyMade:
    """The layer itself: a WSGI application in front of another."""

    def __init__(
        self, behind: Callable[..., Iterable[bytes]], look_ups: LookUps, *, secure: bool
    ) -> None:
        self._behind = behind
        self._look_ups = look_ups
        self._secure = secure

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        """Answer from what lies ready, or ask the application behind."""
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        query = environ.get("QUERY_STRING", "")
        short = len(path) + len(query) <= _LONGEST_ADDRESS
        if method in {"GET", "HEAD"} and path.endswith(_SUFFIX) and short:
            wanted = wanted_from(path, query)
            ready = self._find(wanted.address) if wanted else None
            if ready is not None:
                return self._send(ready, environ, start, with_body=method == "GET")
        return self._behind(environ, start)

    def _send(
        self, ready: Ready, environ: dict[str, Any], start: Callable[..., Any], *, with_body: bool
    ) -> Iterable[bytes]:
        made = answer(
            ready,
            environ.get("HTTP_ACCEPT_ENCODING", ""),
            environ.get("HTTP_IF_NONE_MATCH", ""),
            secure=self._secure,
        )
        start(made.status, made.headers)
        return [made.body] if with_body else []

    def _find(self, address: str) -> Ready | None:
        try:
            found = self._look_ups.find(_LOOK_UP, address)
        except SQLAlchemyError:
            # The view behind meets the same trouble, and knows how to say so.
            return None
        return Ready(*found[0]) if found else None
