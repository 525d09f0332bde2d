"""Requests that nobody means well with: every field, parameter, header, body and method."""

import gzip
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from characters import PAGE, World

SITE = "/api/v1/sites/blog"
READ = {f"{SITE}/thread": ("page", "after", "sort"), f"{SITE}/counts": ("page",)}
ASKED = {f"{SITE}/challenge": ("page",)}
QUEUED = {"/api/v1/queue": ("site", "status", "reason", "q", "after", "limit")}
WRITTEN = (f"{SITE}/comments", f"{SITE}/preview", "/api/v1/decisions")
EVERYWHERE = (*READ, *ASKED, *QUEUED, *WRITTEN, "/api/v1/openapi.json", "/api/docs", "/healthz")
FIELDS = (
    *("page", "title", "parent", "name", "email", "website"),
    *("body", "challenge", "answer", "subject", "notify"),
)
WISH = {"comment": "none", "status": "spam", "version": 1, "reason": "", "note": ""}

TEXTS = [
    *("", " ", "\t\n", "null", "undefined", "NaN", "Infinity", "true", "[]", "{}"),
    *("-1", "0", "1.5", "1e309", "0x10", "1_000", "１２", "9223372036854775808", "9" * 5_000),
    *("' OR 1=1 --", '"; DROP TABLE comment; --', "%", "_", "\\", "%s%n%x", "${7*7}", "{{7*7}}"),
    *("<script>alert(1)</script>", "javascript:alert(1)", "../../../etc/passwd", "C:\\con"),
    *("\x00", "a\x00b", "\x1b[2J", "\x7f", "\x85", "\u2028", "\ufeff", "\ufffe", "\U0010ffff"),
    *("\ud800", "\udfff", "\ud83d", "a\udc00b", "\ude00\ud83d"),
    *(
        "\u202eevil",
        "\u200b",
        "\u3164",
        "Z" + "\u0301" * 500,
        "👩\u200d👩\u200d👧",
        "ﷺ",
        "İIıi",
        "ß",
    ),
    *("https://blog.example/\x00", "https://ex\ud800mple.org/", "https://[::1", "https://a:99999/"),
    *("http://user:pass@blog.example/", "//blog.example", "https://blog.example\\@eve.example/"),
    *(
        "a@\ud800.example",
        "\ud800@blog.example",
        "a@b@c",
        "=cmd|' /C calc'!A0",
        "\r\nSet-Cookie: a=b",
    ),
    *("1~\x00", "nan~x", "1e300~x", "-1e11~x", "253402300800~x", "1~", "~", "~x", "1~" + "x" * 999),
    *("0" * 14, "v" * 14 * 32, "v" * 14 * 33, "0" * 13, "é" * 14),
    *("x" * 20_000, "[" * 5_000, "> " * 3_000),
]
OTHERS = [
    *(None, True, False, 0, -1, 2**63, 10**400, 1.5, 1e308, -0.0),
    *([], [[]], {}, {"a": {"b": [None]}}, ["https://blog.example/"], {"$ne": None}),
]
BODIES = [
    *(
        b"",
        b" ",
        b"\x00",
        b"\xff\xfe",
        b"{",
        b"}",
        b"{}{}",
        b"{}x",
        b"null",
        b"1",
        b'"text"',
        b"[]",
    ),
    *(b"NaN", b"-Infinity", b'{"body": NaN}', b'{"body": 1e999}', b'{"version": 1e400}'),
    *(b'{"body": ' + b"9" * 5_000 + b"}", b'{"body": "\\ud800"}', b'{"body": "\xed\xa0\x80"}'),
    *(
        b'{"body": "\xff"}',
        b"{'body': 'x'}",
        b'{"body": "x",}',
        b'{"body": "\t"}',
        b'{"\\u0000": 1}',
    ),
    *(b'{"body": "a", "body": 7}', b'\xef\xbb\xbf{"body": "x"}', '{"body": "x"}'.encode("utf-16")),
    *(b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 50_000, b"{" * 100_000),
    *(b'{"body": "' + b"x" * 300_000 + b'"}', gzip.compress(b'{"body": "x"}')),
]
TYPES = [
    *(
        "",
        "text/plain",
        "text/json",
        "application/problem+json",
        "application/x-www-form-urlencoded",
    ),
    *(
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "application/json, application/json",
    ),
    *("application/json; charset=utf-16", "application/json; charset=\xff", "APPLICATION/JSON"),
    *("a" * 5_000, "\xff", ";;;", "application/"),
]
METHODS = ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "FOO", "get", "P\xd6ST"]
HEADERS = [
    *(("Idempotency-Key", value) for value in (" ", "\t", "\xff", "'", "x" * 255, "x" * 256)),
    *(("If-None-Match", value) for value in ('"', "*, *", "\xff", '"' * 999, "W/", "x" * 9_999)),
    *(("Accept-Encoding", value) for value in ("\xff", ";q=", "br;q=nan", "br;q=1e999", "," * 999)),
    *(
        ("Authorization", value)
        for value in ("Bearer \xff", "Bearer " + "x" * 9_999, "Bearer\t", "=")
    ),
    *(
        ("Origin", value)
        for value in ("\xff", "null", "https://", "https://blog.example.", "x" * 999)
    ),
    *(("Accept-Language", value) for value in ("\xff", "xx-" * 500, "*;q=nan", "../../en")),
    *(("Cookie", value) for value in ("moderation=\xff", "moderation=" + "x" * 9_999, "=;=;")),
    *(("Host", value) for value in ("", "eve.example", "127.0.0.1:99999", "[::1", "\xff")),
    *(("X-Forwarded-For", value) for value in ("\xff", "1" * 999)),
    *(("X-HTTP-Method-Override", "DELETE"), ("Range", "bytes=0-1"), ("Expect", "100-continue")),
]
QUERIES = [
    *(
        "%",
        "%zz",
        "page=%",
        "page=%00",
        "page=%ff%fe",
        "page=%ed%a0%80",
        "page=\xff",
        "page=\xc3\xa4",
    ),
    *("page", "&&&&", "=", "page=&page=", "page[]=x", f"page={PAGE}&after=%00", f"PAGE={PAGE}"),
    *(f"page={PAGE}&" * 500, "x" * 20_000, f"page={PAGE}&limit=", f"page={PAGE}&sort=OLDEST"),
]
PATHS = [
    *("/api/v1/sites/%00/thread", "/api/v1/sites/%00/comments", "/api/v1/sites/%ff/counts"),
    *(
        "/api/v1/sites/..%2F..%2Fetc/thread",
        f"/api/v1/sites/{'a' * 9_999}/thread",
        "/api/v1//queue",
    ),
    *(
        "/api/v1/sites//thread",
        "/api/v1/sites/blog%20oldest%20/thread",
        "/api/v1/queue/",
        "/api/%00",
    ),
    *("/api/v1/sites/%ED%A0%80/challenge", "/api/v1/sites/BLOG/thread", "/api//v1/../v1/queue"),
]


class Attack(NamedTuple):
    """One request: a name to tell it by, the call of the description it belongs to, how to send."""

    name: str
    path: str
    method: str
    sent: dict[str, Any]


def attacks(world: World) -> Iterator[Attack]:
    """Every request, in one order, so that two databases get the same."""
    for part in (_fields, _wishes, _parameters, _raw, _headers, _methods, _addresses):
        yield from part(world)


def _fields(world: World) -> Iterator[Attack]:
    path = f"{SITE}/comments"
    for value in [*TEXTS, *OTHERS]:
        for field in FIELDS:
            body = {**world.reply(), field: value}
            yield Attack(f"{field}={value!r:.60}", path, "POST", {"data": _json(body)} | JSON)
        yield Attack(
            f"preview={value!r:.60}",
            f"{SITE}/preview",
            "POST",
            {"data": _json({"body": value})} | JSON,
        )


JSON = {"content_type": "application/json"}


def _json(body: Any) -> bytes:
    return json.dumps(body).encode()


def _wishes(world: World) -> Iterator[Attack]:
    mine = {"headers": world.bearer()} | JSON
    for value in [*TEXTS, *OTHERS]:
        wishes = [[{**WISH, field: value}] for field in WISH]
        for given in [value, [value], *wishes]:
            data = _json({"decisions": given})
            yield Attack(f"{given!r:.150}", WRITTEN[2], "POST", {"data": data} | mine)


def _parameters(world: World) -> Iterator[Attack]:
    for path, names in {**READ, **ASKED, **QUEUED}.items():
        for name in names:
            for value in TEXTS:
                # What cannot be UTF-8 arrives as the bytes that somebody made of it.
                raw = value.encode("utf-8", "surrogatepass")
                query = {"page": PAGE, name: raw} if path not in QUEUED else {name: raw}
                sent = {"query_string": query, "headers": world.bearer()}
                yield Attack(f"{path}?{name}={value!r:.60}", path, "GET", sent)


def _raw(world: World) -> Iterator[Attack]:
    good = _json(world.reply())
    cut = [good[:length] for length in range(0, len(good), 7)]
    for path in WRITTEN:
        for body in [*BODIES, *cut]:
            sent = {"data": body, "headers": world.bearer()} | JSON
            yield Attack(f"{path} {len(body)} {body!r:.60}", path, "POST", sent)
        for kind in TYPES:
            sent = {"data": b'{"body": "x"}', "headers": world.bearer(), "content_type": kind}
            yield Attack(f"{path} as {kind!r:.60}", path, "POST", sent)


def _headers(world: World) -> Iterator[Attack]:
    for path in EVERYWHERE:
        for name, value in HEADERS:
            method = "POST" if path in WRITTEN else "GET"
            sent: dict[str, Any] = {"headers": {**world.bearer(), name: value}}
            sent |= {"data": b"{}"} | JSON if method == "POST" else {"query_string": {"page": PAGE}}
            yield Attack(f"{path} {name}: {value!r:.60}", path, method, sent)


def _methods(world: World) -> Iterator[Attack]:
    for path in EVERYWHERE:
        for method in METHODS:
            sent = {"headers": world.bearer(), "query_string": {"page": PAGE}, "data": b"{}"}
            yield Attack(f"{method} {path}", path, method, sent)


def _addresses(world: World) -> Iterator[Attack]:
    for path in (*READ, *ASKED, *QUEUED):
        for query in QUERIES:
            raw = {"environ_overrides": {"QUERY_STRING": query}, "headers": world.bearer()}
            yield Attack(f"{path}?{query!r:.60}", path, "GET", raw)
    for path in PATHS:
        yield Attack(path[:80], path, "GET", {"query_string": {"page": PAGE}})
        yield Attack(path[:80], path, "POST", {"data": b"{}"} | JSON)
