"""What lies ready is answered as the view behind would, byte for byte, and never when it is old."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from characters import BLOG, PAGE, World
from werkzeug.test import create_environ

from moderation import create_app
from moderation.config import Settings
from moderation.web.ready_made import wanted_from

THREAD = "/api/v1/sites/blog/thread"
Answer = tuple[str, list[tuple[str, str]], bytes]


def ask(wsgi: Any, method: str, path: str, query: str, **headers: str) -> Answer:
    """Status, headers in their order, and body, exactly as a server gets them."""
    environ = create_environ(path, method=method)
    environ["QUERY_STRING"] = query
    environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    told: list[Any] = []
    body = b"".join(wsgi(environ, lambda status, sent, _error=None: told.extend((status, sent))))
    return told[0], told[1], body


def both(world: World, query: str, method: str = "GET", **headers: str) -> tuple[Answer, Answer]:
    """The answers of the layer in front, and of the view behind it."""
    layer = world.app.wsgi_app
    return (
        ask(layer, method, THREAD, query, **headers),
        ask(layer._behind, method, THREAD, query, **headers),
    )


@pytest.fixture
def ready(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two pages of a thread lie ready in both orders; a look-up that finds nothing is an error."""
    monkeypatch.setattr("moderation.publishing.PAGE_SIZE", 1)
    for body in ("One „naïve“ thought.", "Another."):
        world.published(body=body)
    for sort in ("oldest", "newest"):
        after = world.thread(sort=sort)["next"]
        world.thread(sort=sort, after=after)
    return world


def found(world: World, query: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the layer in front answers by itself."""
    asked: list[str] = []
    layer = world.app.wsgi_app
    behind = layer._behind
    with monkeypatch.context() as patch:
        patch.setattr(layer, "_behind", lambda *a: asked.append("") or behind(*a))
        ask(layer, "GET", THREAD, query)
    return not asked


CODINGS = ["", "identity", "gzip", "br", "gzip, br", "deflate", "*", "br;q=0, gzip", "BR;Q=0.5"]
ADDRESS = f"page={quote(PAGE, safe='')}"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("coding", CODINGS)
def test_it_answers_as_the_view_behind(ready: World, method: str, coding: str) -> None:
    cursor = ready.thread()["next"]
    plain = (ADDRESS, f"{ADDRESS}&sort=newest", f"after={cursor}&{ADDRESS}")
    for query in (*plain, f"{ADDRESS}&lang=en-GB", f"{ADDRESS}&lang=tlh", f"lang=&{ADDRESS}"):
        here, behind = both(ready, query, method, accept_encoding=coding)
        assert here == behind
        assert here[0] == "200 OK"
        assert bool(here[2]) == (method == "GET")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("coding", ["", "gzip", "br"])
def test_what_the_reader_has_is_not_sent_again(ready: World, method: str, coding: str) -> None:
    first, _same = both(ready, ADDRESS, accept_encoding=coding)
    etag = dict(first[1])["ETag"]
    for known in (etag, f"W/{etag}", "*", f'"other", {etag}'):
        asked = {"accept_encoding": coding, "if_none_match": known}
        here, behind = both(ready, ADDRESS, method, **asked)
        assert here == behind
        assert here[0] == "304 NOT MODIFIED"
        assert here[2] == b""
        assert dict(here[1])["ETag"] == etag
    here, behind = both(ready, ADDRESS, method, accept_encoding=coding, if_none_match='"other"')
    assert here == behind
    assert here[0] == "200 OK"


def test_each_coding_has_an_etag_of_its_own(ready: World) -> None:
    etags = set()
    for coding in ("identity", "gzip", "br"):
        answer, _same = both(ready, ADDRESS, accept_encoding=coding)
        headers = dict(answer[1])
        assert headers.get("Content-Encoding", "identity") == coding
        assert headers["Vary"] == "Accept-Encoding"
        assert headers["Content-Length"] == str(len(answer[2]))
        assert not headers["ETag"].startswith("W/")
        etags.add(headers["ETag"])
    assert len(etags) == 3


@pytest.mark.parametrize(
    "query",
    [
        f"page={PAGE}",
        f"page={PAGE}%23replies",
        f"page={PAGE}?utm_source=x",
        f"page={PAGE}&page=https://blog.example/other",
        f"page={PAGE}&sort=best",
        f"page={PAGE}&after=nonsense",
        f"page={PAGE}&after=",
        f"page={PAGE}&lang=%ff",
        f"page={PAGE}&lang=en&lang=de",
        f"page={PAGE}&more=1",
        f"page={PAGE}&",
        "page=",
        "",
    ],
)
def test_an_unusual_address_is_answered_as_the_view_behind(ready: World, query: str) -> None:
    here, behind = both(ready, query)
    assert here == behind


def test_what_is_usual_is_answered_in_front(ready: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(ready, ADDRESS, monkeypatch)
    assert found(ready, f"{ADDRESS}&sort=newest&after=", monkeypatch)
    assert found(ready, f"{ADDRESS}&lang=en", monkeypatch)
    assert not found(ready, f"{ADDRESS}&more=1", monkeypatch)


@pytest.mark.parametrize("where", ["path", "query"])
def test_long_addresses_are_not_kept_in_memory(ready: World, where: str) -> None:
    wanted_from.cache_clear()
    many = "x" * 60_000
    path = f"/api/v1/sites/{many}/thread" if where == "path" else THREAD
    query = f"{ADDRESS}&more={many}" if where == "query" else ADDRESS
    ask(ready.app.wsgi_app, "GET", path, query)
    assert wanted_from.cache_info().currsize == 0
    ask(ready.app.wsgi_app, "GET", THREAD, f"{ADDRESS}&after=&lang=")
    assert wanted_from.cache_info().currsize == 1, "the control: short ones are"


# Never stale


def test_every_decision_shows_at_the_next_load(world: World) -> None:
    comment = world.published()
    for status in ("rejected", "approved", "spam", "approved", "deleted", "approved", "pending"):
        world.thread()
        world.decide(comment, status)
        for coding in ("identity", "gzip", "br"):
            here, behind = both(world, ADDRESS, accept_encoding=coding)
            assert here == behind
        assert world.shown() == ([comment] if status == "approved" else [])


def test_an_old_etag_is_not_current(world: World) -> None:
    comment = world.published()
    etag = dict(both(world, ADDRESS)[0][1])["ETag"]
    assert both(world, ADDRESS, if_none_match=etag)[0][0] == "304 NOT MODIFIED"
    world.decide(comment, "rejected")
    assert both(world, ADDRESS, if_none_match=etag)[0][0] == "200 OK"


def test_another_process_makes_no_answer_old(world: World, settings: Settings) -> None:
    """What this process kept must not outlive a decision made by another one."""
    comment = world.published()
    assert world.shown() == world.shown() == [comment]
    elsewhere = create_app(settings)
    elsewhere.testing = True
    other = World(elsewhere, world.tokens)
    assert other.shown() == [comment]
    world.decide(comment, "rejected")
    assert other.shown() == []
    other.decide(comment, "approved")
    assert world.shown() == [comment]
    elsewhere.extensions["moderation"].database.dispose()


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        ("br;q=0, *", "gzip"),
        ("br;q=0, gzip;q=0, *", "identity"),
        ("gzip, br;q=0.5", "gzip"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity;q=0", "identity"),
        ("br;q=nan, gzip;q=1e9", "identity"),
        ("gzip, deflate, br, zstd", "br"),
    ],
)
def test_no_coding_is_sent_that_the_reader_refuses(ready: World, accepted: str, sent: str) -> None:
    """RFC 9110, section 12.5.3: "*" stands for what is not named, and 0 for never."""
    here, behind = both(ready, ADDRESS, accept_encoding=accepted)
    assert here == behind
    assert dict(here[1]).get("Content-Encoding", "identity") == sent


@pytest.mark.parametrize("page", ["%FF", "%25FF", "%EF%BF%BD", "\xc3\xa4", "\xff", "%C3%A4"])
def test_bytes_that_are_no_unicode_name_one_page_for_both(world: World, page: str) -> None:
    """Each of these is somebody's thread; in front and behind they must be the same one's."""
    query = f"page={BLOG}/{page}"
    for number, last in enumerate(["%FF", "%EF%BF%BD", "%C3%A4", "%C3%83%C2%A4"]):
        address = f"{BLOG}/{last}"
        world.published(page=address, body=f"Page number {number}.")
        world.thread(address)
    here, behind = both(world, query)
    assert here == behind


def test_where_the_service_is_reached_over_https_both_insist_on_it(settings: Settings) -> None:
    app = create_app(replace(settings, public_url="https://comments.example"))
    world = World.begin(app)
    world.published()
    world.thread()
    here, behind = both(world, ADDRESS)
    assert here == behind
    assert dict(here[1])["Strict-Transport-Security"] == "max-age=31536000"
    world.database.dispose()
