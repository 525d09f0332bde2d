"""The description of the API says what the API does: every route, every answer, and no more."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from characters import ANN, OLGA, PAGE, World
from conforming import differences, undescribed
from flask import Flask
from werkzeug.test import TestResponse

from moderation.models import Site
from moderation.web import bounds
from moderation.web.openapi import DOCUMENT, chapters

OPERATING = {"/healthz", "/readyz", "/metrics"}
SITE = "/api/v1/sites/{site}"


def routes(app: Flask) -> set[tuple[str, str]]:
    """Every path and method that the description has to speak of."""
    found = set()
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/") or rule.rule in OPERATING:
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            found |= {(path, method.lower()) for method in rule.methods - {"HEAD", "OPTIONS"}}
    return found


def described() -> set[tuple[str, str]]:
    paths = DOCUMENT["paths"].items()
    return {(path, method) for path, item in paths for method in item if method != "parameters"}


def test_every_route_is_described_and_nothing_else(world: World) -> None:
    assert routes(world.app) == described()


def test_a_route_without_a_description_would_be_noticed(own_world: World) -> None:
    app = own_world.app
    app._got_first_request = False
    app.add_url_rule("/api/v1/secret", view_func=lambda: "", endpoint="secret")
    assert routes(app) - described() == {("/api/v1/secret", "get")}


def test_the_parameters_in_a_path_are_described(world: World) -> None:
    for path, item in DOCUMENT["paths"].items():
        named = [one["name"] for one in item.get("parameters", []) if one["in"] == "path"]
        assert named == re.findall(r"{(\w+)}", path)


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    used = set(re.findall(r"'\$ref': '#/components/([^']+)'", str(DOCUMENT)))
    there = {
        f"{kind}/{name}"
        for kind in ("schemas", "responses", "headers")
        for name in DOCUMENT["components"][kind]
    }
    assert used == there


def test_programs_and_people_can_read_the_description(world: World) -> None:
    client = world.client()
    answer = client.get("/api/v1/openapi.json")
    assert answer.get_json() == DOCUMENT
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    page = client.get("/api/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "style=" not in page.text


def test_the_page_shows_every_call_and_every_shape(world: World) -> None:
    page = world.client().get("/api/docs").text
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for chapter in chapters(DOCUMENT).chapters:
        assert {call.name for call in chapter.calls} <= set(ids)
    links = re.findall(r'href="#([^"]+)"', page)
    assert set(links) <= set(ids)
    assert {f"shape-{name}" for name in DOCUMENT["components"]["schemas"]} <= set(links)


Act = Callable[[World], TestResponse]


def _left(**changes: Any) -> Act:
    return lambda world: world.leave(**changes)


def _get(path: str, **query: Any) -> Act:
    headers = query.pop("headers", None)
    return lambda world: world.client().get(path, query_string=query, headers=headers)


def _queue(who: str = ANN, **query: Any) -> Act:
    return lambda world: world.client().get(
        "/api/v1/queue", query_string=query, headers=world.bearer(who)
    )


def _decide(*decisions: Any) -> Act:
    return lambda world: world.client().post(
        "/api/v1/decisions", json={"decisions": list(decisions)}, headers=world.bearer()
    )


def _reported(**complaint: Any) -> Act:
    def report(world: World) -> TestResponse:
        path = f"{BLOG}/comments/{world.shown()[-1]}/reports"
        return world.client().post(path, json={"reason": "spam", **complaint})

    return report


def _posted(path: str, **more: Any) -> Act:
    return lambda world: world.client().post(path, **more)


BLOG = "/api/v1/sites/blog"
REPORTS = f"{SITE}/comments/{{comment}}/reports"
#: What is asked, of which call of the description, and the status it must have.
CALLS: list[tuple[str, str, Act, int]] = [
    ("get", f"{SITE}/thread", _get(f"{BLOG}/thread", page=PAGE), 200),
    ("get", f"{SITE}/thread", _get(f"{BLOG}/thread", page="https://blog.example/none"), 200),
    (
        "get",
        f"{SITE}/thread",
        _get(f"{BLOG}/thread", page=PAGE, headers={"If-None-Match": "*"}),
        304,
    ),
    ("get", f"{SITE}/thread", _get(f"{BLOG}/thread", page="nowhere"), 400),
    ("get", f"{SITE}/thread", _get(f"{BLOG}/thread", page=PAGE, sort="best"), 400),
    ("get", f"{SITE}/thread", _get("/api/v1/sites/none/thread", page=PAGE), 404),
    ("get", f"{SITE}/counts", _get(f"{BLOG}/counts", page=[PAGE, f"{PAGE}#more"]), 200),
    ("get", f"{SITE}/counts", _get(f"{BLOG}/counts", page=[PAGE] * 101), 400),
    ("get", f"{SITE}/challenge", _get(f"{BLOG}/challenge", page=PAGE), 200),
    ("get", f"{SITE}/challenge", _get(f"{BLOG}/challenge"), 400),
    (
        "get",
        f"{SITE}/challenge",
        _get(f"{BLOG}/challenge", page=PAGE, headers={"Origin": "https://eve.example"}),
        403,
    ),
    ("post", f"{SITE}/comments", _left(), 202),
    ("post", f"{SITE}/comments", _left(answer="1"), 422),
    ("post", f"{SITE}/comments", _left(name="", email="bob", website=7), 422),
    ("post", f"{SITE}/comments", _posted(f"{BLOG}/comments", data="{}"), 415),
    ("post", f"{SITE}/comments", _posted(f"{BLOG}/comments", json=[]), 400),
    ("post", f"{SITE}/comments", _posted(f"{BLOG}/comments", json={"body": "x" * 300_000}), 413),
    ("post", f"{SITE}/preview", _posted(f"{BLOG}/preview", json={"body": "*Hello*"}), 200),
    ("post", f"{SITE}/preview", _posted(f"{BLOG}/preview", json={}), 422),
    ("post", REPORTS, _reported(), 202),
    ("post", REPORTS, _reported(note=None), 202),
    ("post", REPORTS, _reported(reason="bad", note="x" * 501), 422),
    ("post", REPORTS, _reported(reason=7), 422),
    ("post", REPORTS, _posted(f"{BLOG}/comments/none/reports", json={"reason": "spam"}), 404),
    ("post", REPORTS, _posted(f"{BLOG}/comments/none/reports", data="{}"), 415),
    ("get", "/api/v1/queue", _queue(), 200),
    ("get", "/api/v1/queue", _queue(OLGA, status="approved", limit=1), 200),
    ("get", "/api/v1/queue", _queue(limit=0), 400),
    ("get", "/api/v1/queue", _queue(site="other"), 404),
    ("get", "/api/v1/queue", _get("/api/v1/queue"), 401),
    ("post", "/api/v1/decisions", _decide(), 422),
    (
        "post",
        "/api/v1/decisions",
        _decide({"comment": "none", "status": "spam", "version": 1}),
        200,
    ),
    ("get", "/api/v1/openapi.json", _get("/api/v1/openapi.json"), 200),
    ("get", "/api/docs", _get("/api/docs"), 200),
    ("get", "/healthz", _get("/healthz"), 200),
    ("get", "/readyz", _get("/readyz"), 200),
    ("get", "/metrics", _get("/metrics"), 200),
]


@pytest.fixture
def talk(world: World) -> World:
    """A page with a deleted comment, a reply to it, one that waits and one with links."""
    first = world.published(website="bob.example")
    world.published(parent=first, name="Carla", email="carla@example.org")
    world.decide(first, "deleted")
    world.left(body="See https://example.org and https://example.com for more.")
    return world


@pytest.mark.parametrize(("method", "path", "act", "status"), CALLS)
def test_answers_are_as_they_are_described(
    talk: World, method: str, path: str, act: Act, status: int
) -> None:
    answer = act(talk)
    assert answer.status_code == status, answer.text
    assert undescribed(answer, path, method) == []


def test_every_described_call_is_made_here() -> None:
    assert {(path, method) for method, path, _act, _status in CALLS} == described()


def test_a_reply_that_is_published_at_once_is_as_described(world: World, lenient: None) -> None:
    world.published()
    answer = world.leave()
    assert answer.status_code == 201, answer.text
    assert undescribed(answer, f"{SITE}/comments", "post") == []


def test_decisions_made_and_refused_are_as_described(world: World) -> None:
    comment = world.left()
    seen = {"comment": comment, "version": 1}
    answer = _decide(
        {**seen, "status": "spam", "reason": None, "note": "Look: links."},
        {**seen, "status": "approved"},
        {"comment": comment, "version": 2, "status": "spam"},
        {"comment": "none", "version": 1, "status": "spam"},
    )(world)
    results = answer.get_json()["results"]
    assert [one.get("error") for one in results] == [None, "stale", "unchanged", "unknown"]
    assert undescribed(answer, "/api/v1/decisions", "post") == []


def test_a_queue_with_reports_is_as_described(world: World) -> None:
    comment = world.published()
    for network in range(3):
        origin = {"REMOTE_ADDR": f"198.51.{network}.1"}
        path = f"{BLOG}/comments/{comment}/reports"
        said = {"reason": "insult", "note": "Look."}
        assert world.client().post(path, json=said, environ_overrides=origin).status_code == 202
    answer = _queue(reason="reported")(world)
    (card,) = answer.get_json()["comments"]
    assert (card["reported"], len(card["reports"])) == (3, 3)
    assert undescribed(answer, "/api/v1/queue", "get") == []


def test_the_other_ways_are_described(world: World) -> None:
    for way in ("moderator", "work", "none"):
        with world.database.writing() as session:
            session.query(Site).filter_by(key="blog").one().options = {"other_way": way}
            session.commit()
        answer = _get(f"{BLOG}/challenge", page=PAGE)(world)
        assert undescribed(answer, f"{SITE}/challenge", "get") == []
    sent = {**world.reply(), "way": "moderator", "notify": True}
    assert list(differences(sent, {"$ref": "#/components/schemas/Reply"})) == []


def test_a_good_reply_is_described(world: World) -> None:
    reply = world.reply()
    assert list(differences(reply, {"$ref": "#/components/schemas/Reply"})) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": None}, "not ['string']"),
        ({"name": ""}, "against 1"),
        ({"page": "here"}, "against 'uri'"),
        ({"surprise": 1}, "is not described"),
    ],
)
def test_what_does_not_fit_the_description_is_noticed(
    world: World, wrong: dict[str, Any], said: str
) -> None:
    found = list(differences({**world.reply(), **wrong}, {"$ref": "#/components/schemas/Reply"}))
    assert len(found) == 1
    assert said in found[0]


def test_the_bounds_in_the_description_are_those_that_are_kept(world: World) -> None:
    wish = {"comment": "none", "status": "spam", "version": 1}
    fitting = {**wish, "reason": "r" * bounds.LONGEST_REASON, "note": "n" * bounds.LONGEST_NOTE}
    assert _decide(fitting)(world).status_code == 200
    assert (
        _decide({**fitting, "reason": "r" * (bounds.LONGEST_REASON + 1)})(world).status_code == 422
    )
    assert _decide({**fitting, "note": "n" * (bounds.LONGEST_NOTE + 1)})(world).status_code == 422
    assert _decide(*[wish] * (bounds.MOST_DECISIONS + 1))(world).status_code == 422
    assert _queue(limit=bounds.MOST_COMMENTS)(world).status_code == 200
    assert _queue(limit=bounds.MOST_COMMENTS + 1)(world).status_code == 400
