"""The HTTP API keeps its contract: statuses, headers, paging, sharing between origins."""

from collections.abc import Iterator
from typing import Any

import pytest
from characters import BLOG, OTTO, PAGE, World

from moderation.models import Thread

API = "/api/v1/sites/blog"


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
    nothing = {"comments": [], "count": 0, "count_is_exact": True, "next": None}
    assert world.queue(OTTO) == nothing
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


def test_a_wrong_sum_brings_a_new_one_however_the_page_is_spelled(world: World) -> None:
    for page in (f"  {PAGE}\n", f"{PAGE}\u200b", f"{PAGE}#top"):
        body = world.reply(answer="1") | {"page": page}
        answer = world.client().post(f"{API}/comments", json=body)
        assert answer.status_code == 422
        assert answer.get_json()["challenge"]["question"]


@pytest.mark.parametrize("path", [f"{API}/thread", "/api/v1/sites/none/counts"])
def test_no_cache_keeps_a_refusal(world: World, path: str) -> None:
    answer = world.client().get(path)
    assert answer.status_code in {400, 404}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_foreign_host_name_is_refused_at_every_door(world: World) -> None:
    for path in ("/", "/healthz", "/api/v1/openapi.json", "/api/docs", "/queue", "/nothing"):
        answer = world.client().get(path, headers={"Host": "eve.example"})
        assert answer.status_code == 400, path
        assert "eve.example" not in answer.text


@pytest.mark.parametrize("field", ["comment", "status", "version", "reason", "note"])
@pytest.mark.parametrize("value", [False, 1.5, [], {}])
def test_a_decision_with_a_field_of_another_kind_is_refused(
    world: World, field: str, value: Any
) -> None:
    comment = world.left()
    wish = {"comment": comment, "status": "spam", "version": 1, field: value}
    answer = world.client().post(
        "/api/v1/decisions", json={"decisions": [wish]}, headers=world.bearer()
    )
    assert answer.status_code == 422
    assert world.version(comment) == 1


def test_as_many_comments_as_nobody_can_count_are_refused(world: World) -> None:
    for limit in ("9" * 5_000, "101", "0", "-1", "1.0", "１", ""):
        answer = world.client().get(
            "/api/v1/queue", query_string={"limit": limit}, headers=world.bearer()
        )
        assert answer.status_code == 400


@pytest.mark.parametrize("path", [f"{API}/counts", f"{API}/challenge", "/healthz", "/nothing"])
def test_bytes_that_are_no_text_in_an_address_are_malformed(world: World, path: str) -> None:
    raw = {"QUERY_STRING": "page=\xff"}
    assert world.client().get(path, environ_overrides=raw).status_code == 400
