"""Whoever cannot do sums has another way, as the site's owner chose; each is good for one reply."""

import base64
import json
from typing import Any

import pytest
from altcha import v1 as altcha
from characters import OTHER, PAGE, World
from werkzeug.test import TestResponse

from moderation.models import Comment, Site

COMMENTS = "/api/v1/sites/blog/comments"


def offer(world: World, way: str, site: str = "blog", **more: Any) -> None:
    """Let a site's owner choose what stands beside the sum."""
    with world.database.writing() as session:
        found = session.query(Site).filter_by(key=site).one()
        found.options = {**found.options, "other_way": way, **more}
        session.commit()


def unsolved(world: World, **changes: Any) -> dict[str, Any]:
    return {**world.reply(**changes), "way": "moderator", "answer": ""}


def post(world: World, body: dict[str, Any], path: str = COMMENTS) -> TestResponse:
    return world.client().post(path, json=body)


def reasons(world: World, comment: str) -> list[str]:
    with world.database.reading() as session:
        return [one["code"] for one in session.get_one(Comment, comment).reasons]


# A moderator's eyes


def test_a_reply_without_a_sum_waits_and_says_why(world: World, lenient: None) -> None:
    world.published()
    answer = post(world, unsolved(world))
    assert answer.status_code == 202, answer.text
    assert reasons(world, answer.get_json()["id"]) == ["unsolved"]
    (card,) = world.queue()["comments"]
    assert "without a sum" in card["reasons"][0]["sentence"]


def test_it_still_spends_the_sum_it_was_offered_with(world: World) -> None:
    body = unsolved(world)
    assert post(world, body).status_code == 202
    again = post(world, {**body, "body": "Something else."})
    assert again.status_code == 422
    assert "Your text is kept" in again.get_json()["errors"]["answer"][0]
    assert again.get_json()["challenge"]["other_way"] == "moderator"
    solved = world.reply()
    assert post(world, solved).status_code == 202
    assert post(world, {**unsolved(world), "challenge": solved["challenge"]}).status_code == 422


@pytest.mark.parametrize("challenge", ["", "none", "A" * 72])
def test_without_a_sum_that_was_asked_nothing_is_taken(world: World, challenge: str) -> None:
    assert post(world, {**unsolved(world), "challenge": challenge}).status_code == 422


def test_the_sum_of_another_page_does_not_do(world: World) -> None:
    asked = world.challenge(f"{PAGE}b")
    assert post(world, {**unsolved(world), "challenge": asked["challenge"]}).status_code == 422


@pytest.mark.parametrize("way", ["work", "none"])
def test_a_site_that_offers_no_moderators_eyes_refuses_in_words(world: World, way: str) -> None:
    offer(world, way)
    answer = post(world, unsolved(world))
    assert answer.status_code == 422
    assert "solve the sum" in answer.get_json()["errors"]["answer"][0]
    assert world.queue()["count"] == 0


def test_a_way_that_there_is_not_is_refused(world: World) -> None:
    answer = post(world, {**world.reply(), "way": "please"})
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["way"]


def test_only_ten_an_hour_come_from_one_network_without_a_sum(limited: World) -> None:
    statuses = [post(limited, unsolved(limited)).status_code for _ in range(10)]
    assert statuses == [202] * 10
    answer = post(limited, unsolved(limited))
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "solve the sum" in answer.get_json()["detail"]
    assert post(limited, limited.reply()).status_code == 202, "with a sum one may go on"


# Work


def worked(world: World, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> dict[str, Any]:
    """A reply with a browser's work done in place of the sum."""
    monkeypatch.setattr("moderation.work.MOST", 500)
    body = world.reply(**changes)
    asked = world.challenge(changes.get("page", PAGE), changes.get("site", "blog"))
    body |= {"challenge": asked["challenge"], "answer": "", "way": "work"}
    return body | {"work": done(asked["work"])}


def done(work: dict[str, Any]) -> str:
    """What a browser sends back, as the package itself would make it."""
    found = altcha.solve_challenge(work["challenge"], work["salt"], "SHA-256", work["maxnumber"])
    assert found
    signed = (work["salt"], work["signature"])
    return altcha.Payload("SHA-256", work["challenge"], found.number, *signed).to_base64()


def bent(payload: str, **changes: Any) -> str:
    return base64.b64encode(
        json.dumps({**json.loads(base64.b64decode(payload)), **changes}).encode()
    ).decode()


@pytest.fixture
def at_work(world: World) -> None:
    offer(world, "work")


def test_work_counts_as_a_solved_sum(
    world: World, lenient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(world, "work")
    world.published()
    answer = post(world, worked(world, monkeypatch))
    assert answer.status_code == 201, answer.text
    assert "unsolved" not in reasons(world, answer.get_json()["id"])


def test_work_is_good_once(world: World, at_work: None, monkeypatch: pytest.MonkeyPatch) -> None:
    body = worked(world, monkeypatch)
    assert post(world, body).status_code == 202
    assert post(world, {**body, "body": "Something else."}).status_code == 422
    assert world.queue()["count"] == 1


def test_work_is_bound_to_its_sum_and_so_to_page_and_site(
    world: World, at_work: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(world, "work", "other")
    body = worked(world, monkeypatch)
    fresh = world.challenge()["challenge"]
    elsewhere = worked(world, monkeypatch, site="other", page=f"{OTHER}/post")
    for wrong in (
        {**body, "challenge": fresh},
        {**body, "page": f"{PAGE}b"},
        {**body, "challenge": elsewhere["challenge"]},
        {**body, "work": elsewhere["work"]},
    ):
        assert post(world, wrong).status_code == 422
    assert post(world, body).status_code == 202, "none of these spent it"


# The page without JavaScript, where a site chose work


def by_form(world: World, action: str = "unsolved", page: str = PAGE) -> TestResponse:
    """Send the form of the page without JavaScript, with no answer to its sum."""
    sent = {**world.reply(page=page), "parent": "", "answer": "", "action": action}
    return world.client().post("/sites/blog/thread", data=sent)


def offered_by_the_page(world: World) -> bool:
    page = world.client().get("/sites/blog/thread", query_string={"page": PAGE})
    return "Send without a sum; a moderator will read it first" in page.text


def test_without_a_script_a_moderators_eyes_stand_in_for_work(
    world: World, at_work: None, lenient: None
) -> None:
    world.published()
    assert offered_by_the_page(world)
    assert by_form(world).status_code == 303
    (card,) = world.queue()["comments"]
    assert reasons(world, card["id"]) == ["unsolved"]


def test_the_api_still_takes_none_without_a_sum_there(world: World, at_work: None) -> None:
    assert post(world, unsolved(world)).status_code == 422
    assert world.queue()["count"] == 0


def test_where_the_owner_chose_nothing_the_page_offers_and_takes_nothing(world: World) -> None:
    offer(world, "none")
    assert not offered_by_the_page(world)
    answer = by_form(world)
    assert answer.status_code == 422
    assert "solve the sum" in answer.text
    assert world.queue()["count"] == 0


def test_the_page_takes_ten_an_hour_where_work_was_chosen(limited: World) -> None:
    offer(limited, "work")
    assert [by_form(limited).status_code for _ in range(11)] == [303] * 10 + [429]


@pytest.mark.parametrize(
    "changes",
    [
        {"number": 501},
        {"number": "1"},
        {"number": True},
        {"number": None},
        {"algorithm": "SHA-1"},
        {"salt": 7},
        {"signature": "0" * 64},
        {"challenge": ["x"]},
    ],
)
def test_wrong_work_is_refused_in_words(
    world: World, at_work: None, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    body = worked(world, monkeypatch)
    answer = post(world, {**body, "work": bent(body["work"], **changes)})
    assert answer.status_code == 422
    assert "Your text is kept" in answer.get_json()["errors"]["answer"][0]
    assert answer.get_json()["challenge"]["work"]["algorithm"] == "SHA-256"


@pytest.mark.parametrize(
    "sent", ["", "x", "MQ==", "bnVsbA==", "W10=", "e30=", "é" * 9, "A" * 9_000]
)
def test_what_is_no_work_is_refused(
    world: World, at_work: None, monkeypatch: pytest.MonkeyPatch, sent: str
) -> None:
    assert post(world, {**worked(world, monkeypatch), "work": sent}).status_code == 422


def test_each_site_tells_what_stands_beside_its_sum(world: World) -> None:
    told = {}
    for way in ("moderator", "work", "none"):
        offer(world, way)
        asked = world.challenge()
        told[way] = (asked["other_way"], "work" in asked)
    assert told == {
        "moderator": ("moderator", False),
        "work": ("work", True),
        "none": ("none", False),
    }
