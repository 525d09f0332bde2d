"""The attack switch: it goes on once, holds what comes, and ends by itself."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from mailbox import deliver, mail_server, plan, wants_digests
from typing import Any

import pytest
from characters import ANN, OTTO, World
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from moderation import attack, measuring, notices
from moderation.models import Attack, Change, Comment, DayTally, Decision, Site, What
from moderation.policy import surges
from moderation.web import watching

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _easily_flooded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six replies are a flood here: what the numbers are for has tests of its own."""
    monkeypatch.setattr(surges, "FEWEST", 6)
    monkeypatch.setattr(surges, "UNKNOWN", 0.1)


def blog(world: World) -> Site:
    with world.database.reading() as session:
        return session.scalars(select(Site).where(Site.key == "blog")).one()


def flooded(world: World, replies: int = 6) -> None:
    for _ in range(replies):
        world.left()


def look(world: World, at: datetime | None = None) -> bool:
    return attack.look(world.database, blog(world), at or datetime.now(UTC))


def by_hand(world: World, hours: int = 1, at: datetime | None = None, who: str = "Ann") -> None:
    with world.database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        me = world.moderator(session, who)
        attack.switch_on(session, site, hours, by=me, at=at or datetime.now(UTC))
        session.commit()


def ended(world: World, at: datetime | None = None) -> bool:
    with world.database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
        me = world.moderator(session, "Ann")
        done = attack.switch_off(session, site, by=me, at=at or datetime.now(UTC))
        session.commit()
    return done


def tidied(world: World, at: datetime) -> None:
    with world.database.writing() as session:
        attack.tidy_up(session, at)
        session.commit()


def written_down(world: World) -> list[str]:
    with world.database.reading() as session:
        return list(session.scalars(select(Change.what).order_by(Change.at, Change.what)))


def reasons(world: World, comment: str) -> list[str]:
    with world.database.reading() as session:
        return [one["code"] for one in session.get_one(Comment, comment).reasons]


def test_a_flood_switches_it_on_and_says_what_came(world: World) -> None:
    flooded(world, 5)
    assert not look(world)
    flooded(world, 1)
    assert look(world)
    with world.database.reading() as session:
        row = session.scalars(select(Attack)).one()
    assert (row.arrived, row.usual, row.by_id) == (6, 1, None)
    assert blog(world).is_under_attack(datetime.now(UTC))
    assert written_down(world) == [What.ATTACK_NOTICED]


def test_replies_of_long_ago_and_of_other_sites_are_no_flood(world: World) -> None:
    flooded(world)
    assert not look(world, datetime.now(UTC) + surges.WINDOW)
    with world.database.writing() as session:
        other = session.scalars(select(Site).where(Site.key == "other")).one()
    assert not attack.look(world.database, other, datetime.now(UTC))


def test_what_is_usual_is_taken_from_the_days_that_were_counted(world: World) -> None:
    flooded(world)
    with world.database.writing() as session:
        site, today = blog(world).id, datetime.now(UTC).date()
        for n in range(1, 5):
            day = today - timedelta(days=n)
            session.add(DayTally(day=day, site_id=site, what="arrived", name="", n=48))
        session.commit()
    assert not look(world), "six in ten minutes are three times what a busy ten have"
    flooded(world, 8)
    assert look(world)


def test_days_are_counted_by_what_arrived_and_no_decision_adds_to_it(world: World) -> None:
    comment = world.published()
    world.left()
    with world.database.writing() as session:
        past = NOW - timedelta(days=2)
        session.execute(update(Decision).values(at=past))
        session.commit()
    world.decide(comment, "spam")
    measuring.count_days(world.database, datetime.now(UTC))
    with world.database.reading() as session:
        known = session.scalars(select(DayTally).where(DayTally.what == "arrived")).all()
        assert [(one.day, one.n) for one in known] == [(past.date(), 2)]


def test_where_its_owner_does_not_want_it_nothing_is_looked_at(world: World) -> None:
    flooded(world)
    with world.database.writing() as session:
        session.execute(update(Site).values(options={"attack_by_itself": False}))
        session.commit()
    assert not look(world)
    by_hand(world)
    assert blog(world).is_under_attack(datetime.now(UTC))


# Once


def at_once(world: World, act: Callable[[World, threading.Barrier], Any], many: int = 8) -> int:
    """So many do the same at the same moment: how many changes are written down."""
    barrier = threading.Barrier(many)
    workers = [threading.Thread(target=act, args=(world, barrier)) for _ in range(many)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    return written_down(world).count(What.ATTACK_NOTICED)


def _looks(world: World, barrier: threading.Barrier) -> None:
    site, moment = blog(world), datetime.now(UTC)
    barrier.wait()
    attack.look(world.database, site, moment)


def _looks_then_writes(world: World, barrier: threading.Barrier) -> None:
    """What the one statement is for: to see that it is off, and to write that it is on."""
    with world.database.reading() as session:
        is_off = session.scalars(select(Attack)).first() is None
    barrier.wait()
    if is_off:
        with world.database.writing() as session:
            session.add(Change.of(What.ATTACK_NOTICED, blog(world).id, None, NOW))
            session.commit()


def test_of_many_who_notice_it_at_once_one_switches_it_on(world: World) -> None:
    flooded(world)
    assert at_once(world, _looks) == 1


def test_the_control_looking_first_switches_it_on_many_times(world: World) -> None:
    assert at_once(world, _looks_then_writes) == 8


def test_a_second_attack_after_the_first_is_one_more(world: World) -> None:
    flooded(world)
    assert look(world)
    later = datetime.now(UTC) + timedelta(hours=2)
    with world.database.writing() as session:
        session.execute(update(Comment).values(created_at=later))
        session.commit()
    assert look(world, later)
    assert written_down(world) == [
        What.ATTACK_NOTICED,
        What.ATTACK_OVER,
        What.ATTACK_NOTICED,
    ]


# Its end


def test_it_ends_by_itself_without_anything_being_written(world: World) -> None:
    flooded(world)
    look(world)
    site = blog(world)
    assert site.attack_until is not None
    assert site.is_under_attack(site.attack_until - timedelta(seconds=1))
    assert not site.is_under_attack(site.attack_until)


def test_while_the_flood_goes_on_its_end_moves_on_and_no_step_of_it_is_written_often(
    world: World,
) -> None:
    flooded(world)
    look(world)
    first = blog(world).attack_until
    soon = datetime.now(UTC) + timedelta(minutes=1)
    assert not look(world, soon)
    assert blog(world).attack_until == first
    later = soon + attack.STEP
    assert not look(world, later)
    assert blog(world).attack_until == later + attack.QUIET
    assert written_down(world) == [What.ATTACK_NOTICED]


def test_its_end_is_written_down_once_with_the_moment_it_ended_at(world: World) -> None:
    flooded(world)
    look(world)
    until = blog(world).attack_until
    assert until is not None
    tidied(world, until - timedelta(seconds=1))
    assert What.ATTACK_OVER not in written_down(world)
    tidied(world, until + timedelta(hours=1))
    tidied(world, until + timedelta(hours=2))
    with world.database.reading() as session:
        over = session.scalars(select(Change).where(Change.what == What.ATTACK_OVER)).one()
    assert over.at == until


def test_by_hand_it_lasts_as_long_as_somebody_said_and_can_be_moved(world: World) -> None:
    by_hand(world, 1, NOW)
    assert blog(world).attack_until == NOW + timedelta(hours=1)
    by_hand(world, 6, NOW, "Olga")
    assert blog(world).attack_until == NOW + timedelta(hours=6)
    by_hand(world, 1, NOW)
    assert blog(world).attack_until == NOW + timedelta(hours=1)
    assert written_down(world) == [What.ATTACK_ON, *[What.ATTACK_PROLONGED] * 2]


def test_a_flood_does_not_shorten_what_somebody_said(world: World) -> None:
    by_hand(world, 24)
    until = blog(world).attack_until
    flooded(world)
    assert not look(world)
    assert blog(world).attack_until == until


def test_whoever_ends_it_has_an_hour_before_it_goes_on_by_itself(world: World) -> None:
    flooded(world)
    look(world)
    assert ended(world)
    assert not blog(world).is_under_attack(datetime.now(UTC))
    assert not ended(world), "it is over already"
    assert not look(world)
    assert not look(world, datetime.now(UTC) + timedelta(minutes=5))
    with world.database.writing() as session:
        session.execute(update(Attack).values(rest_until=datetime.now(UTC)))
        session.commit()
    assert look(world)
    assert written_down(world) == [
        What.ATTACK_NOTICED,
        What.ATTACK_OFF,
        What.ATTACK_NOTICED,
    ]


def test_by_hand_it_goes_on_again_at_once(world: World) -> None:
    by_hand(world)
    ended(world)
    by_hand(world)
    assert blog(world).is_under_attack(datetime.now(UTC))


# What it does


def test_every_reply_waits_with_that_reason_and_no_score(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moderation.policy.rules.HASTE_SECONDS", 0)
    with world.database.writing() as session:
        options = {"hold_everything": False, "rules": {"newcomer": {"does": "off"}}}
        session.execute(update(Site).values(options=options))
        session.commit()
    world.published()
    assert world.leave().status_code == 201
    by_hand(world)
    answer = world.leave()
    assert answer.status_code == 202
    assert "attack" not in answer.text, "readers are told of nothing"
    assert reasons(world, answer.get_json()["id"]) == ["attack"]
    (card,) = world.queue()["comments"]
    assert card["score"] == 0
    assert "attack switch was on" in card["reasons"][0]["sentence"]
    ended(world)
    assert world.leave().status_code == 201


def test_sums_are_harder_still_solvable_and_those_asked_before_stay_good(world: World) -> None:
    before = world.reply()
    by_hand(world)
    asked = world.challenge()
    assert "\N{MINUS SIGN}" in asked["question"]
    assert asked["label"].startswith("What is ")
    assert ", minus " in asked["label"]
    assert world.leave().status_code == 202
    assert world.client().post("/api/v1/sites/blog/comments", json=before).status_code == 202
    other = world.challenge("https://other.example/a", "other")
    assert "\N{MINUS SIGN}" not in other["question"], "each site has its own switch"
    ended(world)
    assert "\N{MINUS SIGN}" not in world.challenge()["question"]


def test_a_browsers_work_is_more(world: World) -> None:
    with world.database.writing() as session:
        session.execute(update(Site).values(options={"other_way": "work"}))
        session.commit()
    before = world.challenge()["work"]["maxnumber"]
    by_hand(world)
    assert world.challenge()["work"]["maxnumber"] == 3 * before


# Digests


def owed(world: World, after: timedelta = timedelta()) -> int:
    with world.database.reading() as session:
        told = notices.may_plan(session, datetime.now(UTC) + after)
    planned = plan(world, after)
    assert bool(planned) == told
    return planned


def test_moderators_are_mailed_one_digest_at_once_and_the_next_when_they_chose(
    world: World,
) -> None:
    wants_digests(world, ANN, "daily")
    world.left()
    assert owed(world) == 1
    flooded(world)
    assert owed(world) == 0, "one a day is what she chose"
    by_hand(world)
    assert owed(world) == 1
    flooded(world)
    assert owed(world, timedelta(minutes=50)) == 0
    assert owed(world, timedelta(days=1, minutes=1)) == 1


def test_an_attack_on_a_site_that_is_not_theirs_tells_them_nothing(world: World) -> None:
    wants_digests(world, OTTO, "daily")
    world.left(site="other", page="https://other.example/a")
    assert owed(world) == 1
    world.left(site="other", page="https://other.example/a")
    by_hand(world)
    assert owed(world) == 0


def test_the_digest_says_which_site_is_on_its_guard(world: World) -> None:
    wants_digests(world)
    world.left()
    by_hand(world)
    plan(world)
    with mail_server() as box, box.postman() as postman:
        deliver(world, postman.send)
    assert "The attack switch of The Blog is on until" in box.raw[0].decode().replace("=\r\n", "")


# Who looks, and how often


@pytest.fixture
def watched(world: World, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sites that are looked at, in a service that limits rates."""
    looked: list[str] = []
    monkeypatch.setattr(attack, "look", lambda _database, site, _at: looked.append(site.key))
    world.app.extensions.pop("watching", None)
    settings = world.app.extensions["moderation"].settings
    monkeypatch.setattr(type(settings), "rate_limits", True)
    return looked


def test_a_reply_makes_the_service_look_but_not_every_one(watched: list[str], world: World) -> None:
    flooded(world, 3)
    assert watched == ["blog"]
    world.left(site="other", page="https://other.example/a")
    assert watched == ["blog", "other"]


def test_a_flood_through_the_door_makes_the_next_sum_harder(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MANY", 1)
    monkeypatch.setattr(type(world.app.extensions["moderation"].settings), "rate_limits", True)
    flooded(world, 5)
    assert "\N{MINUS SIGN}" not in world.challenge()["question"]
    flooded(world, 1)
    assert "\N{MINUS SIGN}" in world.challenge()["question"]
    assert reasons(world, world.left())[-2:] == ["first_time", "hold_everything"]
    assert "attack" in reasons(world, world.left())


def test_many_replies_in_a_moment_are_looked_at(
    watched: list[str], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MANY", 3)
    flooded(world, 7)
    assert watched == ["blog"] * 3


def test_what_fails_while_looking_fails_no_reader(
    watched: list[str], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_anything: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("locked"))

    monkeypatch.setattr(attack, "look", fail)
    assert world.leave().status_code == 202


def test_where_nothing_limits_rates_none_is_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(attack, "look", lambda _database, site, _at: looked.append(site.key))
    world.left()
    assert looked == []
