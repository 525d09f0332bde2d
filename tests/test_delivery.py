"""What is owed is sent once, whatever happens on the way; what nobody wants any more is not."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from mailbox import answered, deliver, one_of_each, plan, states, subscribed, wants_digests
from typing import Any

import pytest
from characters import ANN, EVE, OLGA, OTTO, World
from sqlalchemy import func, select, update

from moderation import outbox
from moderation.models import (
    Author,
    Comment,
    Kind,
    Message,
    Moderator,
    Notices,
    State,
    Subscription,
)

SOON, LATER = timedelta(seconds=5), timedelta(minutes=1)
Letters = list[EmailMessage]


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    with ThreadPoolExecutor(len(acts)) as pool:
        return [found.result() for found in [pool.submit(act) for act in acts]]


def refuse(said: str = "450 Not now", *, permanent: bool = False) -> Any:
    def send(_letter: EmailMessage) -> None:
        raise outbox.Refused(said, permanent=permanent)

    return send


def deliver_at(world: World, send: Any, moment: datetime) -> outbox.Tally:
    return deliver(world, send, moment - datetime.now(UTC))


def only_dropped(tally: outbox.Tally) -> bool:
    return bool(tally.dropped) and not (tally.sent or tally.delayed or tally.dead)


def only_message(world: World, kind: Kind = Kind.REPLY) -> Message:
    with world.database.reading() as session:
        return session.scalars(select(Message).where(Message.kind == kind)).one()


# When it is sent


def test_nothing_is_sent_while_a_decision_can_be_taken_back(world: World) -> None:
    sent: Letters = []
    world.published(notify=True)
    assert deliver(world, sent.append, SOON).is_idle
    assert deliver(world, sent.append, LATER).sent == 1


def test_a_decision_taken_back_in_time_is_never_heard_of(world: World) -> None:
    sent: Letters = []
    _comment, answer = answered(world)
    deliver(world, sent.append, SOON)
    world.decide(answer, "pending")
    assert deliver(world, sent.append).sent == 0
    assert sent == []
    assert states(world)["reply"] == [State.DROPPED]


def test_an_answer_published_again_is_told_of_once(world: World) -> None:
    sent: Letters = []
    _comment, answer = answered(world)
    world.decide(answer, "pending")
    assert deliver(world, sent.append).sent == 0
    world.decide(answer, "approved")
    deliver(world, sent.append)
    for status in ("pending", "approved"):
        world.decide(answer, status)
        deliver(world, sent.append)
    assert len(sent) == 1


def test_the_question_is_asked_once_after_all(world: World) -> None:
    sent: Letters = []
    comment = world.published(notify=True)
    world.decide(comment, "rejected")
    assert deliver(world, sent.append).dropped == 1
    world.decide(comment, "approved")
    deliver(world, sent.append)
    world.decide(comment, "rejected")
    world.decide(comment, "approved")
    deliver(world, sent.append)
    assert [str(one["To"]) for one in sent] == ["bob@example.org"]


def test_a_later_approval_has_a_window_of_its_own(world: World) -> None:
    sent: Letters = []
    _comment, answer = answered(world)
    long_ago = datetime.now(UTC) - timedelta(seconds=25)
    with world.database.writing() as session:
        due_at = long_ago + Message.UNDO_WINDOW
        session.execute(update(Message).where(Message.kind == "reply").values(due_at=due_at))
        session.commit()
    world.decide(answer, "pending")
    world.decide(answer, "approved")
    deliver(world, sent.append, timedelta(seconds=10))
    assert sent == []


def test_an_answer_that_shows_again_with_what_it_hangs_from_is_told_of(world: World) -> None:
    sent: Letters = []
    comment = subscribed(world)
    answer = world.left(parent=comment, name="Eve", email=EVE)
    world.decide(comment, "pending")
    world.decide(answer, "approved")
    assert deliver(world, sent.append).sent == 0
    world.decide(comment, "approved")
    assert deliver(world, sent.append).sent == 1


# What is wanted


def test_what_was_withdrawn_is_not_told_of(world: World) -> None:
    _comment, answer = answered(world)
    world.decide(answer, "deleted")
    assert only_dropped(deliver(world, refuse()))


def test_a_subscription_that_ended_gets_nothing_more(world: World) -> None:
    comment, _answer = answered(world)
    with world.database.writing() as session:
        session.execute(update(Subscription).values(ended_at=datetime.now(UTC)))
        session.commit()
    assert only_dropped(deliver(world, refuse()))
    world.published(parent=comment, name="Eve", email=EVE)
    assert deliver(world, refuse()).is_idle


def test_whoever_answers_themselves_is_not_told(world: World) -> None:
    comment = subscribed(world)
    world.published(parent=comment)
    assert "reply" not in states(world)


def test_what_was_answered_before_the_wish_was_confirmed_is_told_then(world: World) -> None:
    sent: Letters = []
    comment = world.published(notify=True)
    world.published(parent=comment, name="Eve", email=EVE)
    deliver(world, sent.append)
    assert [one["Subject"].startswith("Do you want") for one in sent] == [True]
    with world.database.writing() as session:
        outbox.confirm(session, session.scalars(select(Subscription)).one(), datetime.now(UTC))
        session.commit()
    deliver(world, sent.append)
    assert sent[1]["Subject"] == "Eve answered you on The Blog"


def test_confirming_says_that_the_address_is_its_owners(world: World) -> None:
    subscribed(world)
    with world.database.reading() as session:
        assert session.scalars(select(Author)).one().confirmed_at is not None


def test_nobody_is_told_a_week_late(world: World) -> None:
    sent: Letters = []
    answered(world)
    world.published(notify=True)
    late = timedelta(days=7, minutes=2)
    assert deliver(world, sent.append, late).dropped == 3
    with world.database.writing() as session:
        session.execute(update(Message).values(state=State.DUE))
        outbox.tidy_up(session, datetime.now(UTC) + late)
        session.commit()
    assert {state for several in states(world).values() for state in several} == {State.DROPPED}


# On the way


def test_nothing_is_locked_while_a_mail_server_takes_its_time(world: World) -> None:
    answered(world)

    def send(_letter: EmailMessage) -> None:
        world.published(body="Written while a letter was on its way.")

    assert deliver(world, send).sent == 1


def test_what_one_tries_another_leaves(world: World) -> None:
    sent: Letters = []
    for _ in range(2):
        world.published(notify=True)

    def send(letter: EmailMessage) -> None:
        sent.append(letter)
        deliver(world, sent.append)

    deliver(world, send)
    assert len({one["Message-ID"] for one in sent}) == len(sent) == 2


def test_many_deliver_at_once_and_each_message_goes_once(world: World) -> None:
    sent: Letters = []
    for _ in range(12):
        world.published(notify=True)
    at_once([lambda: deliver(world, sent.append) for _ in range(4)])
    assert len({one["Message-ID"] for one in sent}) == len(sent) == 12


def test_whoever_dies_with_a_letter_leaves_it_to_the_next_under_the_same_id(world: World) -> None:
    sent: Letters = []
    answered(world)
    deliver(world, sent.append, LATER)
    with world.database.writing() as session:
        anew = {"state": State.DUE, "leased_until": datetime.now(UTC) + outbox.LEASE}
        session.execute(update(Message).where(Message.kind == Kind.REPLY).values(anew))
        session.commit()
    assert deliver(world, sent.append, LATER).is_idle
    assert deliver(world, sent.append, outbox.LEASE + LATER).sent == 1
    assert sent[-1]["Message-ID"] == sent[-2]["Message-ID"]


def test_a_failure_is_tried_again_later_and_later(world: World) -> None:
    answered(world)
    tried, waits = datetime.now(UTC) + LATER, []
    for _ in range(1, outbox.MOST_ATTEMPTS):
        assert deliver_at(world, refuse(), tried).delayed == 1
        waits.append(only_message(world).due_at - tried)
        assert deliver_at(world, refuse(), tried + waits[-1] * 0.9).is_idle
        tried += waits[-1]
    for waited, usual in zip(waits, outbox.WAITS, strict=False):
        assert usual * 0.7 < waited < usual * 1.3
    assert waits[-1] > timedelta(hours=18)
    assert deliver_at(world, refuse("450 Still not"), tried).dead == 1
    message = only_message(world)
    assert (message.state, message.error) == (State.DEAD, "450 Still not")
    assert deliver(world, refuse(), timedelta(days=60)).is_idle


def test_a_permanent_refusal_is_not_tried_again(world: World) -> None:
    answered(world)
    assert deliver(world, refuse("550 No such user", permanent=True)).dead
    assert only_message(world).attempts == 1


def test_a_mail_server_that_is_gone_ends_the_round(world: World) -> None:
    for _ in range(3):
        world.published(notify=True)
    tried: Letters = []

    def send(letter: EmailMessage) -> None:
        tried.append(letter)
        raise outbox.Unreachable("The mail server could not be reached.")

    tally = deliver(world, send)
    assert (len(tried), tally.delayed, tally.unreachable) == (1, 1, True)
    with world.database.reading() as session:
        assert session.scalars(select(func.max(Message.attempts))).one() == 1
        leased = select(func.count()).where(Message.leased_until.is_not(None))
        assert session.scalar(leased) == 0


def test_a_letter_that_cannot_be_drawn_keeps_none_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: Letters = []
    answered(world)
    world.published(notify=True, body="Another one.")
    compose = world.app.extensions["letters"]

    def broken(session: Any, message: Message) -> EmailMessage:
        if message.kind is Kind.REPLY:
            raise ZeroDivisionError("bob@example.org")
        return compose(session, message)

    monkeypatch.setitem(world.app.extensions, "letters", broken)
    tally = deliver(world, sent.append)
    assert (tally.sent, tally.delayed) == (1, 1)
    assert only_message(world).error == "It could not be composed (ZeroDivisionError)."


def test_every_kind_of_letter_is_sent(world: World) -> None:
    sent: Letters = []
    one_of_each(world)
    tally = deliver(world, sent.append)
    assert set(states(world)) == {str(kind) for kind in Kind}
    assert (tally.sent, tally.delayed, tally.dead) == (len(Kind), 0, 0)


# What waits, for moderators


def test_a_digest_is_owed_while_something_new_waits_and_once_a_window(world: World) -> None:
    wants_digests(world)
    assert plan(world) == 0
    world.left()
    assert plan(world) == 1
    world.left()
    assert plan(world, timedelta(minutes=59)) == 0
    assert plan(world, timedelta(minutes=61)) == 1
    assert plan(world, timedelta(hours=3)) == 0


def test_a_daily_digest_waits_for_a_day(world: World) -> None:
    wants_digests(world, how_often="daily")
    world.left()
    assert plan(world) == 1
    world.left()
    assert plan(world, timedelta(hours=23)) == 0
    assert plan(world, timedelta(hours=25)) == 1


def test_an_old_reply_that_waits_again_is_something_new(world: World) -> None:
    wants_digests(world)
    comment = world.published()
    world.left()
    assert plan(world) == 1
    world.decide(comment, "pending")
    assert plan(world, timedelta(hours=2)) == 1


def test_a_digest_is_about_ones_own_sites(world: World) -> None:
    for who in (ANN, OTTO, OLGA):
        wants_digests(world, who)
    world.left()
    assert plan(world) == 2
    sent: Letters = []
    deliver(world, sent.append)
    assert {str(one["To"]) for one in sent} == {ANN, OLGA}


def test_two_that_plan_at_once_owe_one_digest(world: World) -> None:
    wants_digests(world)
    world.left()
    assert sum(at_once([lambda: plan(world) for _ in range(6)])) == 1


def test_a_digest_is_dropped_when_all_is_decided_meanwhile(world: World) -> None:
    wants_digests(world)
    comment = world.left()
    plan(world)
    world.decide(comment, "approved")
    assert deliver(world, refuse()).dropped == 1


def test_a_digest_is_dropped_when_its_moderator_said_no_meanwhile(world: World) -> None:
    wants_digests(world)
    world.left()
    plan(world)
    with world.database.writing() as session:
        for one in session.scalars(select(Moderator)):
            one.notices = Notices.OFF
        session.commit()
    assert deliver(world, refuse()).dropped == 1


def test_a_message_that_was_tried_anew_waits_no_day() -> None:
    assert outbox.wait_after(0) < timedelta(minutes=2)


def test_nobody_is_told_who_did_not_ask(world: World) -> None:
    world.left()
    assert plan(world) == 0
    with world.database.reading() as session:
        assert {one.noticed_at for one in session.scalars(select(Moderator))} == {None}
        assert session.scalars(select(Comment)).one().status == "pending"
