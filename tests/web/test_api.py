"""The HTTP API keeps its contract: statuses, headers, paging, sharing between origins."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from characters import ANN, BLOG, OTTO, PAGE, World

from moderation import create_app
from moderation.config import Settings
from moderation.models import Thread

API = "/api/v1/sites/blog"
EVIL = {"Origin": "https://eve.example"}
OURS = {"Origin": BLOG}


def close(world: World, page: str = PAGE) -> None:
    with world.database.writing() as session:
        session.query(Thread).filter_by(page=page).one().open = False
        session.commit()


# Leaving a reply


def test_a_reply_that_waits_gets_202_and_its_private_address(world: World) -> None:
    answer = world.leave()
    body = answer.get_json()
    assert (answer.status_code, body["status"]) == (202, "pending")
    assert answer.headers["Cache-Control"] == "no-store"
    page = world.client().get(body["status_url"])
    assert "waits for a moderator" in page.text


def test_a_reply_that_nothing_speaks_against_gets_201(world: World, lenient: None) -> None:
    world.published()
    answer = world.leave()
    body = answer.get_json()
    assert (answer.status_code, body["status"]) == (201, "approved")
    assert body["id"] in world.shown()


def test_a_repeated_key_gets_the_first_answer_again(world: World) -> None:
    body, key = world.reply(), {"Idempotency-Key": "one reply"}
    first = world.client().post(f"{API}/comments", json=body, headers=key)
    again = world.client().post(f"{API}/comments", json=body, headers=key)
    assert first.status_code == again.status_code == 202
    assert first.get_json() == again.get_json()
    assert world.queue()["count"] == 1


def test_a_key_of_another_reply_is_refused(world: World) -> None:
    key = {"Idempotency-Key": "one reply"}
    world.leave(headers=key)
    answer = world.leave(headers=key)
    assert answer.status_code == 422
    assert world.queue()["count"] == 1


def test_the_same_reply_twice_is_a_duplicate(world: World) -> None:
    world.leave(body="Hear, hear.")
    answer = world.leave(body="Hear, hear.")
    assert answer.status_code == 409
    assert answer.mimetype == "application/problem+json"


def test_a_closed_thread_takes_no_reply(world: World) -> None:
    world.left()
    close(world)
    assert world.leave().status_code == 409


def test_a_wrong_field_is_told_by_its_name_and_does_not_cost_the_sum(world: World) -> None:
    body = world.reply()
    wrong = world.client().post(f"{API}/comments", json={**body, "email": "bob"})
    assert wrong.status_code == 422
    assert list(wrong.get_json()["errors"]) == ["email"]
    assert "challenge" not in wrong.get_json()
    assert world.client().post(f"{API}/comments", json=body).status_code == 202


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": "{", "content_type": "application/json"}, 400),
        ({"data": "[]", "content_type": "application/json"}, 400),
        ({"data": "{}", "content_type": "text/plain"}, 415),
        ({"data": {"body": "a form"}}, 415),
        ({"json": {"body": "x" * 300_000}}, 413),
        ({"json": {}}, 422),
        ({"json": {}, "headers": {"Idempotency-Key": "x" * 256}}, 400),
    ],
)
def test_what_is_no_reply_is_refused(world: World, sent: dict[str, Any], status: int) -> None:
    answer = world.client().post(f"{API}/comments", **sent)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["status"] == status


def test_a_method_that_an_address_does_not_take_is_told_those_it_takes(world: World) -> None:
    answer = world.client().delete(f"{API}/comments")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1/sites/none/comments", "/api/v1/nothing", "/api/"])
def test_what_is_not_there_is_not_found(world: World, path: str) -> None:
    answer = world.client().post(path, json={})
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


# Moderators


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic YW5u", "Token x"])
def test_moderators_calls_take_a_token(world: World, sent: str) -> None:
    headers = {"Authorization": sent} if sent else {}
    for answer in (
        world.client().get("/api/v1/queue", headers=headers),
        world.client().post("/api/v1/decisions", json={"decisions": []}, headers=headers),
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.mimetype == "application/problem+json"


def test_a_moderator_of_another_site_sees_and_decides_nothing_here(world: World) -> None:
    comment = world.left()
    assert world.queue(OTTO) == {"comments": [], "count": 0, "next": None}
    assert world.decide(comment, "approved", who=OTTO)["error"] == "unknown"
    assert world.shown() == []


def test_a_stale_decision_is_refused_and_told_how_things_stand(world: World) -> None:
    comment = world.left()
    world.decide(comment, "approved")
    result = world.decide(comment, "spam", version=1)
    assert result == {
        "comment": comment,
        "error": "stale",
        "current": {"status": "approved", "version": 2},
    }
    assert world.shown() == [comment]


def test_the_queue_pages_to_its_end(world: World) -> None:
    left = [world.left() for _ in range(5)]
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = world.queue(limit=2, after=after)
        assert page["count"] == 5
        found += [one["id"] for one in page["comments"]]
        after = page["next"]
    assert found == left


def test_the_queue_is_narrowed_by_status_reason_words_and_site(world: World) -> None:
    comment = world.left(body="Trains run at night, too.", name="Greta")
    world.left()
    for query in ({"q": "TRAINS night"}, {"q": "greta"}, {"site": "blog", "q": "trains"}):
        assert [one["id"] for one in world.queue(**query)["comments"]] == [comment]
    assert world.queue(q="planes")["count"] == 0
    assert world.queue(reason="first_time")["count"] == 2
    assert world.queue(reason="links")["count"] == 0
    assert world.queue(status="spam")["count"] == 0


# Reading


def test_a_page_nobody_wrote_on_is_an_empty_open_thread(world: World) -> None:
    thread = world.thread(f"{BLOG}/new")
    assert thread == {
        "thread": {"page": f"{BLOG}/new", "title": "", "open": True, "count": 0},
        "comments": [],
        "next": None,
    }


def test_counts_are_by_the_addresses_as_they_were_asked_for(world: World) -> None:
    world.published()
    world.left()
    asked = [PAGE, f"{PAGE}#replies", f"{PAGE}?utm_source=x", f"{BLOG}/none"]
    answer = world.client().get(f"{API}/counts", query_string={"page": asked})
    assert answer.get_json() == {"counts": dict(zip(asked, [1, 1, 1, 0], strict=True))}
    assert answer.headers["Cache-Control"] == "public, max-age=30"
    assert world.client().get(f"{API}/counts").get_json() == {"counts": {}}


def pages(world: World, **query: str) -> Iterator[list[str]]:
    after: str | None = ""
    while after is not None:
        page = world.thread(after=after, **query)
        yield [one["id"] for one in page["comments"]]
        after = page["next"]


@pytest.mark.parametrize("sort", ["oldest", "newest"])
def test_a_thread_pages_to_its_end(
    world: World, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.publishing.PAGE_SIZE", 2)
    first, second = world.published(), world.published()
    below = world.published(parent=first)
    deeper = world.published(parent=below)
    third = world.published()
    talks = [[first, below, deeper], [second], [third]]
    wanted = [one for talk in (talks if sort == "oldest" else talks[::-1]) for one in talk]
    for _again in range(2):  # made, then ready-made
        found = list(pages(world, sort=sort))
        assert [len(page) for page in found] == [2, 2, 1]
        assert [one for page in found for one in page] == wanted


# Pages of other origins


def cors(answer: Any) -> dict[str, str]:
    """What an answer tells a browser about pages of other origins."""
    return {
        name: value
        for name, value in answer.headers
        if name.startswith("Access-Control-") or name == "Cross-Origin-Resource-Policy"
    }


OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
GRANTED = {
    "Access-Control-Allow-Origin": BLOG,
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type, Idempotency-Key",
    "Access-Control-Expose-Headers": "Retry-After",
    "Access-Control-Max-Age": "7200",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@pytest.mark.parametrize("origin", [{}, OURS, EVIL, {"Origin": "null"}])
@pytest.mark.parametrize("what", ["thread", "counts"])
def test_every_page_may_read_what_everybody_may(world: World, what: str, origin: Any) -> None:
    answer = world.client().get(f"{API}/{what}", query_string={"page": PAGE}, headers=origin)
    assert answer.status_code == 200
    assert cors(answer) == OPEN


@pytest.mark.parametrize("what", ["comments", "preview", "challenge"])
def test_a_page_of_the_site_may_ask_before_it_posts(world: World, what: str) -> None:
    answer = world.client().options(f"{API}/{what}", headers=OURS)
    assert answer.status_code == 204
    assert answer.data == b""
    assert cors(answer) == GRANTED
    assert "Origin" in answer.headers["Vary"]


def test_a_page_of_the_site_may_leave_replies_and_read_why_not(world: World) -> None:
    assert cors(world.leave(headers=OURS)) == GRANTED
    refused = world.client().post(f"{API}/comments", json={}, headers=OURS)
    assert refused.status_code == 422
    assert cors(refused) == GRANTED


@pytest.mark.parametrize(
    "origin", ["https://eve.example", "null", "http://blog.example", f"{BLOG}."]
)
def test_a_page_of_another_origin_may_not_leave_replies(world: World, origin: str) -> None:
    headers = {"Origin": origin}
    for answer in (
        world.leave(headers=headers),
        world.client().options(f"{API}/comments", headers=headers),
        world.client().get(f"{API}/challenge", query_string={"page": PAGE}, headers=headers),
        world.client().post(f"{API}/preview", json={"body": "Hello"}, headers=headers),
    ):
        assert answer.status_code == 403
        assert cors(answer) == {"Cross-Origin-Resource-Policy": "cross-origin"}
    assert world.queue()["count"] == 0


def test_moderators_calls_are_for_no_page_of_another_origin(world: World) -> None:
    answer = world.client().get("/api/v1/queue", headers={**world.bearer(ANN), **OURS})
    assert cors(answer) == {"Cross-Origin-Resource-Policy": "same-origin"}


# Limits


@pytest.fixture
def limited(settings: Settings) -> Iterator[World]:
    """The same service with its limits on."""
    app = create_app(replace(settings, rate_limits=True))
    app.testing = True
    from moderation.web.limits import limiter

    limiter.reset()
    yield World.begin(app)
    limiter.reset()
    limiter.enabled = False
    app.wsgi_app.close()
    app.extensions["moderation"].database.dispose()


def test_too_many_requests_are_told_when_to_come_again(limited: World) -> None:
    client = limited.client()
    statuses = []
    for _ in range(61):
        answer = client.post(f"{API}/preview", json={"body": "Hello"}, headers=OURS)
        statuses.append(answer.status_code)
    assert statuses == [200] * 60 + [429]
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After"
