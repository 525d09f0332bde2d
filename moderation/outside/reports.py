"""Telling Akismet what moderators found: owed with a decision, sent in the background.

What is owed waits out the time in which a decision can be taken back, and what was decided is
looked at when it is sent. A report is leased before it is tried, as a message is (see `outbox`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session, joinedload

from moderation.database import Database
from moderation.models import Comment, OutsideCheck, OutsideService, Status, Thread
from moderation.policy.outside import AKISMET
from moderation.privacy import Keyring

from . import akismet
from .reaching import Failed
from .said import Said
from .services import note_failure

#: Longer than a report may take.
LEASE = timedelta(minutes=2)
WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
MOST_ATTEMPTS = 8
#: What Akismet calls what a moderator decided; of all else it is told nothing.
_BECAME = {Status.SPAM: "spam", Status.APPROVED: "ham"}

_OWE = (
    update(OutsideCheck)
    .where(OutsideCheck.comment_id.in_(bindparam("decided", expanding=True)))
    .values(due_at=bindparam("due", type_=OutsideCheck.due_at.type), attempts=0)
    .execution_options(synchronize_session=False)
)


@dataclass(slots=True)
class Tally:
    """What a round did."""

    sent: int = 0
    dropped: int = 0
    delayed: int = 0


@dataclass(frozen=True, slots=True)
class _Report:
    """One report, whole: nothing of the database is needed to send it."""

    site_id: str
    key: str
    said: Said
    became: str


def owe(session: Session, comments: Sequence[str], due_at: datetime) -> None:
    """Owe a look at what moderators decided about these comments, if Akismet ever saw them."""
    if comments:
        session.connection().execute(_OWE, {"decided": list(comments), "due": due_at})


def _now() -> datetime:
    return datetime.now(UTC)


def deliver(
    database: Database,
    keyring: Keyring,
    clock: Callable[[], datetime] = _now,
    *,
    is_over: Callable[[], bool] = lambda: False,
) -> Tally:
    """One round: every report that is due, until none is or Akismet cannot be asked."""
    tally = Tally()
    while not tally.delayed and not is_over():
        leased = _lease(database, clock())
        if leased is None:
            break
        _try(database, keyring, leased, clock, tally)
    return tally


def _lease(database: Database, moment: datetime) -> OutsideCheck | None:
    free = or_(OutsideCheck.leased_until.is_(None), OutsideCheck.leased_until <= moment)
    due = select(OutsideCheck).where(OutsideCheck.due_at <= moment, free)
    due = due.order_by(OutsideCheck.due_at, OutsideCheck.comment_id).limit(1)
    with database.reading() as session:
        # Asked again and again, mostly in vain: writers need not wait for that.
        if session.scalar(due) is None:
            return None
    with database.writing() as session:
        found = session.scalar(due.with_for_update(skip_locked=True))
        if found is not None:
            found.leased_until, found.attempts = moment + LEASE, found.attempts + 1
            session.commit()
    return found


def _try(
    database: Database,
    keyring: Keyring,
    check: OutsideCheck,
    clock: Callable[[], datetime],
    tally: Tally,
) -> None:
    with database.reading() as session:
        report = _report(session, keyring, check)
    try:
        if report is not None:
            akismet.report(report.key, report.said, report.became)
    except Failed as failed:
        _put_off(database, check, failed, clock())
        tally.delayed += 1
        return
    _end(database, check, report.became if report else check.known_as)
    if report is None:
        tally.dropped += 1
    else:
        tally.sent += 1


def _report(session: Session, keyring: Keyring, check: OutsideCheck) -> _Report | None:
    """What is to be sent, or None where there is nothing to say (any more)."""
    service = session.scalar(
        select(OutsideService).where(
            OutsideService.site_id == check.site_id,
            OutsideService.name == AKISMET,
            OutsideService.is_on,
        )
    )
    whole = select(Comment).where(Comment.id == check.comment_id)
    whole = whole.options(joinedload(Comment.thread).joinedload(Thread.site))
    comment = session.scalar(whole)
    if service is None or comment is None or comment.edited_at is not None:
        # Akismet finds its check again by the words; other words were never checked.
        return None
    became = _BECAME.get(comment.status, check.known_as)
    if became == check.known_as:
        return None
    return _Report(check.site_id, service.open(keyring), _said(comment), became)


def _said(comment: Comment) -> Said:
    site = comment.thread.site
    return Said(
        site=site.key,
        home=site.origins[0],
        language=site.settings.language,
        page=comment.thread.page,
        title=comment.title,
        parent=comment.parent_id or "",
        name=comment.name,
        website=comment.website,
        text=comment.source,
        html=comment.html,
        links=tuple(comment.links),
        email="",
        address="",
        at=comment.created_at,
    )


def _end(database: Database, check: OutsideCheck, known_as: str) -> None:
    """It is told. Where somebody decided meanwhile, it is looked at again at its time."""
    this = OutsideCheck.comment_id == check.comment_id
    told = {"known_as": known_as, "leased_until": None}
    with database.writing() as session:
        session.execute(update(OutsideCheck).where(this).values(told))
        same = this, OutsideCheck.due_at == check.due_at
        session.execute(update(OutsideCheck).where(*same).values(due_at=None))
        session.commit()


def _put_off(database: Database, check: OutsideCheck, failed: Failed, moment: datetime) -> None:
    wait = WAITS[min(check.attempts, len(WAITS)) - 1]
    later = None if check.attempts >= MOST_ATTEMPTS else moment + wait
    this = OutsideCheck.comment_id == check.comment_id, OutsideCheck.due_at == check.due_at
    with database.writing() as session:
        put_off = update(OutsideCheck).where(*this).values(due_at=later, leased_until=None)
        session.execute(put_off)
        note_failure(session, check.site_id, AKISMET, failed.why, moment)
        session.commit()
