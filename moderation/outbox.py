"""Sending what is owed, again and again until it went or is given up.

How a letter is drawn and who carries it is the caller's: this floor knows neither Flask nor SMTP.
A message is leased before it is tried and marked as sent after it went, each in a short
transaction of its own; nothing is locked while a mail server takes its time. Whoever dies between
the two leaves the message to the next, who sends it again under the same Message-ID: a repeat,
which mail programs know to be one, and never a loss.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import and_, bindparam, delete, or_, select, update
from sqlalchemy.orm import Session, joinedload

from moderation import notices
from moderation.database import Database
from moderation.models import Comment, Kind, Message, State, Subscription, Thread

log = logging.getLogger("moderation")

#: Longer than a mail server may take: a slow one must not be asked for the same by two.
LEASE = timedelta(minutes=15)
#: After each failure; the last one again and again. A server that is gone is given five days.
WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
MOST_ATTEMPTS = 11
#: Nobody is told so late of what they could read meanwhile: without a mail server, mostly.
TOO_LATE = timedelta(days=7)
#: What can be owed again is remembered for ever; of these, another one is another occasion.
REMEMBERED = timedelta(days=30)
_OCCASIONAL = (Kind.ERASE, Kind.DIGEST, Kind.INVITE)
_LONGEST_ERROR = 300

Compose = Callable[[Session, Message], EmailMessage]
Send = Callable[[EmailMessage], Any]


class Refused(Exception):
    """A letter was not taken. `said` is the receiver's reason, without any address."""

    def __init__(self, said: str, *, permanent: bool = False) -> None:
        super().__init__(said)
        self.said = said
        self.permanent = permanent


class Unreachable(Refused):
    """The mail server itself cannot be used: there is no sense in trying the next letter now."""


@dataclass(slots=True)
class Tally:
    """What a round did."""

    sent: int = 0
    dropped: int = 0
    delayed: int = 0
    dead: int = 0
    #: The last refusal.
    said: str = ""
    #: Whether the round was broken off, since the mail server cannot be used.
    unreachable: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing to do."""
        return not (self.sent or self.dropped or self.delayed or self.dead)


def now() -> datetime:
    """The moment; a round lasts, so it asks again and again."""
    return datetime.now(UTC)


def deliver(
    database: Database,
    compose: Compose,
    send: Send,
    clock: Callable[[], datetime] = now,
    *,
    is_over: Callable[[], bool] = lambda: False,
) -> Tally:
    """One round: try every message that is due, one after the other, until none is.

    Any number of processes and machines may do so at once. `send` raises Refused or Unreachable;
    `is_over` is asked between two messages.
    """
    tally = Tally()
    while not tally.unreachable and not is_over():
        leased = lease(database, clock())
        if leased is None:
            break
        _try(database, leased, compose, send, clock, tally)
    return tally


def lease(database: Database, moment: datetime) -> str | None:
    """Take the message that has been due for longest; its id, or None where nothing is due.

    The attempt is counted here, not when it fails: a message on which processes die is given up
    too.
    """
    asked = {"moment": moment}
    with database.reading() as session:
        # Asked every few seconds, mostly in vain: writers need not wait for that.
        if session.scalar(_DUE, asked) is None:
            return None
    with database.writing() as session:
        found: str | None = session.scalar(_DUE_AND_FREE, asked)
        if found is not None:
            session.execute(_TAKE, {"found": found, "until": moment + LEASE})
            session.commit()
    return found


_MOMENT = bindparam("moment", type_=Message.due_at.type)
_DUE = (
    select(Message.id)
    .where(Message.state == State.DUE, Message.due_at <= _MOMENT)
    .where(or_(Message.leased_until.is_(None), Message.leased_until <= _MOMENT))
    .order_by(Message.due_at, Message.id)
    .limit(1)
)
#: On PostgreSQL another may be leasing the same at this moment; on SQLite the write lock decides.
_DUE_AND_FREE = _DUE.with_for_update(skip_locked=True)
_TAKE = (
    update(Message)
    .where(Message.id == bindparam("found"))
    .values(leased_until=bindparam("until"), attempts=Message.attempts + 1)
)
#: With all that letters are made of, in one query.
_WHOLE = (
    select(Message)
    .where(Message.id == bindparam("wanted"))
    .options(
        joinedload(Message.author),
        joinedload(Message.moderator),
        joinedload(Message.subscription),
        joinedload(Message.invitation),
        joinedload(Message.comment).joinedload(Comment.thread).joinedload(Thread.site),
    )
)


def _try(
    database: Database,
    message_id: str,
    compose: Compose,
    send: Send,
    clock: Callable[[], datetime],
    tally: Tally,
) -> None:
    try:
        letter = _letter(database, message_id, compose, clock())
        if letter is not None:
            send(letter)
    except Refused as refused:
        tally.said = refused.said
        tally.unreachable = isinstance(refused, Unreachable)
        if _put_off(database, message_id, refused, clock()) is State.DEAD:
            tally.dead += 1
        else:
            tally.delayed += 1
        return
    _end(database, message_id, State.DROPPED if letter is None else State.SENT, clock())
    if letter is None:
        tally.dropped += 1
    else:
        tally.sent += 1


def _letter(
    database: Database, message_id: str, compose: Compose, moment: datetime
) -> EmailMessage | None:
    """The letter as it is to be sent, or None where nobody wants it any more."""
    with database.reading() as session:
        message = session.scalar(_WHOLE, {"wanted": message_id})
        late = message is not None and moment - message.due_at > TOO_LATE
        if message is None or late or not notices.is_wanted(session, message):
            return None
        try:
            return compose(session, message)
        except Exception as error:
            # One letter that cannot be drawn must not keep back all after it.
            log.error("a %s letter could not be composed: %s", message.kind, type(error).__name__)
            raise Refused(f"It could not be composed ({type(error).__name__}).") from error


def _end(database: Database, message_id: str, state: State, moment: datetime) -> None:
    ended = {"state": state, "ended_at": moment, "leased_until": None, "error": ""}
    with database.writing() as session:
        session.execute(update(Message).where(Message.id == message_id).values(ended))
        session.commit()


def _put_off(database: Database, message_id: str, refused: Refused, moment: datetime) -> State:
    """Write a failure down: to be tried later, or given up. The state it is in then."""
    with database.writing() as session:
        message = session.get(Message, message_id)
        if message is None or message.state is not State.DUE:
            # Its author erased everything, or somebody else had sent it after all.
            return State.DROPPED
        message.error = refused.said[:_LONGEST_ERROR]
        message.leased_until = None
        if refused.permanent or message.attempts >= MOST_ATTEMPTS:
            message.state, message.ended_at = State.DEAD, moment
        else:
            message.due_at = moment + wait_after(message.attempts)
        session.commit()
        return message.state


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many failures, give or take a fifth: what failed at one moment
    must not come back at one moment.
    """
    usual = WAITS[max(1, min(attempts, len(WAITS))) - 1]
    return usual * random.uniform(0.8, 1.2)  # noqa: S311 - nobody gains from guessing it


def confirm(session: Session, wish: Subscription, at: datetime) -> None:
    """What asked for answers is confirmed by the address's owner, now or once more.

    At the first time, what was answered before they came to it is told after all.
    """
    if wish.confirmed_at is None:
        missed = and_(
            Message.subscription_id == wish.id,
            Message.kind == Kind.REPLY,
            Message.state == State.DROPPED,
            Message.due_at > at - TOO_LATE,
        )
        anew = {"state": State.DUE, "due_at": at, "attempts": 0, "ended_at": None}
        session.execute(update(Message).where(missed).values(anew))
    wish.confirmed_at, wish.ended_at = at, None
    wish.author.confirmed_at = wish.author.confirmed_at or at


def try_again(message: Message, at: datetime) -> None:
    """Give a dead message all its tries again, at once; one that is due is tried at once."""
    message.state, message.due_at, message.ended_at = State.DUE, at, None
    message.attempts = 0


def drop(message: Message, at: datetime) -> None:
    """Let a message go unsent."""
    message.state, message.ended_at, message.leased_until = State.DROPPED, at, None


def tidy_up(session: Session, at: datetime) -> None:
    """Drop what has been due for too long, and forget what cannot be owed again."""
    late = and_(Message.state == State.DUE, Message.due_at < at - TOO_LATE)
    dropped = {"state": State.DROPPED, "ended_at": at, "leased_until": None}
    session.execute(update(Message).where(late).values(dropped))
    session.execute(
        delete(Message).where(
            Message.kind.in_(_OCCASIONAL),
            Message.state.in_((State.SENT, State.DROPPED)),
            Message.ended_at < at - REMEMBERED,
        )
    )
