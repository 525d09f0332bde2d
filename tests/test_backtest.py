"""Trying settings on the past: what was known then is known, and nothing is changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from characters import AT_ONCE, EVE, World
from sqlalchemy import event, select, update

from moderation import backtest, policy
from moderation.models import Comment, Decision, Site, SiteSettings
from moderation.policy import Outcome, Wishes


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests answer a sum at once, and are no programs."""
    monkeypatch.setattr("moderation.policy.rules.HASTE_SECONDS", 0)


def blog(session: Any) -> Site:
    return session.scalars(select(Site).where(Site.key == "blog")).one()


def at_once(world: World) -> None:
    with world.database.writing() as session:
        blog(session).options = AT_ONCE
        session.commit()


def tell(world: World, **rules: dict[str, object]) -> backtest.Result:
    with world.database.reading() as session:
        site = blog(session)
        wishes = Wishes({**site.settings.rules.said, **rules})
        return backtest.of(session, site, replace(site.settings, rules=wishes))


def test_the_same_settings_judge_as_they_did_when_the_comments_came(world: World) -> None:
    at_once(world)
    world.published()
    spam = world.left(body="See https://a.example/ and https://b.example/ now!", email=EVE)
    world.decide(spam, "spam")
    world.left(body="See https://a.example/ again, it is very much worth it.")
    world.left(body="See https://c.example/ too", email=EVE, subject="a program")
    world.left(body="The very same.")
    world.left(body="The very  same.", email=EVE)
    with world.database.reading() as session:
        site = blog(session)
        past = backtest.posed(session, site, most=9)
        for one in past:
            verdict = policy.judge(one.under(site.settings))
            stored = session.get_one(Comment, one.row.id)
            assert [reason.stored() for reason in verdict.reasons] == stored.reasons
            assert verdict.score == stored.score
    assert len(past) == 6


def test_nothing_is_changed_and_trying_twice_tells_the_same(world: World) -> None:
    world.published()
    first, second = tell(world, shouting={"does": "spam"}), tell(world, shouting={"does": "spam"})
    assert (first, first.looked_at) == (second, 1)
    written: list[str] = []
    with world.database.reading() as session:

        def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            written.append(statement.split()[0].upper())

        event.listen(session.get_bind(), "before_cursor_execute", note)
        backtest.of(session, blog(session), SiteSettings())
        event.remove(session.get_bind(), "before_cursor_execute", note)
    assert set(written) <= {"SELECT", "WITH", "PRAGMA"}
    assert len(written) < 12


def test_of_many_comments_the_latest_are_tried(world: World) -> None:
    comments = [world.left() for _time in range(4)]
    old = datetime.now(UTC) - timedelta(days=1)
    with world.database.writing() as session:
        session.execute(update(Comment).where(Comment.id == comments[2]).values(created_at=old))
        session.commit()
    with world.database.reading() as session:
        tried = backtest.posed(session, blog(session), most=3)
    assert {one.row.id for one in tried} == {comments[0], comments[1], comments[3]}


def test_a_decision_counts_from_its_moment_on(world: World) -> None:
    at_once(world)
    world.left()
    world.published()
    world.left()
    with world.database.reading() as session:
        facts = [one.facts for one in backtest.posed(session, blog(session), most=9)]
    assert [one.approved_before for one in facts] == [0, 0, 1]


def test_speed_is_tried_with_other_minutes(world: World) -> None:
    for _time in range(3):
        world.left()
    hour = timedelta(hours=1)
    with world.database.writing() as session:
        times = session.scalars(select(Comment).order_by(Comment.created_at)).all()
        for number, comment in enumerate(times):
            comment.created_at = times[0].created_at + number * hour
        session.commit()
    slow = tell(world, page_speed={"replies": 2, "minutes": 10})
    assert slow.found["page_speed"].after == 0
    wide = tell(world, page_speed={"replies": 2, "minutes": 150})
    assert wide.found["page_speed"].after == 1


def test_approved_is_what_a_moderator_approved(world: World) -> None:
    at_once(world)
    world.published()
    world.left(body="THIS IS WHAT THE POLICY PUBLISHED")
    result = tell(world, shouting={"does": "hold"})
    assert (result.stopped, result.stopped_approved) == (1, [])
    assert (result.before[Outcome.PUBLISH], result.after[Outcome.PUBLISH]) == (1, 0)


def test_an_erased_comment_and_a_site_without_any_are_passed_over(world: World) -> None:
    assert tell(world).looked_at == 0
    world.left()
    with world.database.writing() as session:
        session.execute(update(Comment).values(author_id=None))
        session.commit()
    assert tell(world).looked_at == 0
    with world.database.reading() as session:
        assert session.scalars(select(Decision)).all()
