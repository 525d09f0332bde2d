"""Which pages of other origins may do what, and how often: the widget lives by these headers."""

from typing import Any

import pytest
from characters import ANN, BLOG, PAGE, World

API = "/api/v1/sites/blog"
EVIL = {"Origin": "https://eve.example"}
OURS = {"Origin": BLOG}


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


def test_a_page_of_another_origin_is_told_that_there_is_no_such_site(world: World) -> None:
    for method in ("POST", "OPTIONS"):
        path = "/api/v1/sites/none/comments"
        answer = world.client().open(path, method=method, json={}, headers=EVIL)
        assert answer.status_code == 404
        assert "Access-Control-Allow-Origin" not in answer.headers


# Limits


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
