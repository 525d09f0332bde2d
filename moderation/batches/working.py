"""Carrying a batch out, and taking it back: chunk by chunk, by whoever has its lease."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from moderation import review, together
from moderation.database import Database
from moderation.models import (
    WORKING,
    Batch,
    BatchItem,
    Decision,
    Message,
    Moderator,
    Outcome,
    Stage,
    State,
)

from .choosing import is_over

#: Comments in one transaction: nobody waits for longer than these take.
CHUNK = 200
#: Longer than a chunk ever takes; whoever has not come back by then has died.
LEASE = timedelta(seconds=30)
#: What a batch causes is not due before it has ended; should it never end, after so long.
HELD_BACK = timedelta(days=1)

Clock = Callable[[], datetime]


class NotInTime(Exception):
    """The preview was thrown away, or there is nothing in it that could begin."""


def now() -> datetime:
    """The moment; a batch lasts, so it asks again and again."""
    return datetime.now(UTC)


def confirm(session: Session, moderator: Moderator, batch_id: str, *, at: datetime) -> Batch:
    """Let a batch that was previewed begin. The caller commits. Raises NotInTime.

    Confirmed twice, it begins once.
    """
    batch = _held(session, batch_id)
    if batch is None or batch.moderator_id != moderator.id:
        raise NotInTime
    if batch.stage is Stage.PREVIEW:
        if is_over(batch, at) or not batch.total:
            raise NotInTime
        batch.stage, batch.leased_until = Stage.RUNNING, at + LEASE
        # It may be somebody's name, and has served.
        batch.query = ""
    return batch


def take_back(session: Session, moderator: Moderator, batch_id: str, *, at: datetime) -> Batch:
    """Begin to undo a batch, running or done. The caller commits. Raises NotInTime.

    What it caused and what is not sent yet waits until the undo has ended.
    """
    batch = _held(session, batch_id)
    if batch is None or batch.moderator_id != moderator.id or batch.stage is Stage.PREVIEW:
        raise NotInTime
    if batch.stage in {Stage.RUNNING, Stage.DONE}:
        batch.until, batch.cursor, batch.note = batch.cursor, "", ""
        batch.stage, batch.ended_at, batch.leased_until = Stage.UNDOING, None, at + LEASE
        _messages_due(session, batch, at + HELD_BACK)
    return batch


def _held(session: Session, batch_id: str) -> Batch | None:
    """The batch, locked: two that work on it at once take turns. Before any thread, always."""
    return session.scalar(
        select(Batch)
        .where(Batch.id == batch_id)
        .with_for_update(of=Batch)
        .execution_options(populate_existing=True)
    )


def go_on(
    database: Database,
    batch_id: str,
    *,
    is_over: Callable[[], bool] = lambda: False,
    rest: Callable[[], object] = lambda: None,
    clock: Clock = now,
) -> None:
    """Work on a batch until it has ended or `is_over`; then whoever comes next may take it.

    `rest` is called between two chunks, so that others have their turn.
    """
    while _step(database, batch_id, clock()):
        if is_over():
            _release(database, batch_id)
            return
        rest()


def work(
    database: Database,
    *,
    is_over: Callable[[], bool] = lambda: False,
    rest: Callable[[], object] = lambda: None,
    clock: Clock = now,
) -> int:
    """Go on with every batch that nobody works on: how many there were."""
    number = 0
    while not is_over() and (batch_id := lease(database, clock())) is not None:
        go_on(database, batch_id, is_over=is_over, rest=rest, clock=clock)
        number += 1
    return number


def lease(database: Database, moment: datetime) -> str | None:
    """Take the oldest batch that nobody works on; its id, or None where there is none."""
    free = or_(Batch.leased_until.is_(None), Batch.leased_until <= moment)
    waiting = select(Batch.id).where(Batch.stage.in_(WORKING), free)
    waiting = waiting.order_by(Batch.created_at, Batch.id).limit(1)
    with database.reading() as session:
        # Asked every second, mostly in vain: writers need not wait for that.
        if session.scalar(waiting) is None:
            return None
    with database.writing() as session:
        found: str | None = session.scalar(waiting.with_for_update(skip_locked=True))
        if found is not None:
            until = {"leased_until": moment + LEASE}
            session.execute(update(Batch).where(Batch.id == found).values(until))
            session.commit()
    return found


def _release(database: Database, batch_id: str) -> None:
    with database.writing() as session:
        free = update(Batch).where(Batch.id == batch_id, Batch.stage.in_(WORKING))
        session.execute(free.values(leased_until=None))
        session.commit()


def _step(database: Database, batch_id: str, moment: datetime) -> bool:
    """Do one chunk of a batch, in a transaction of its own; False where nothing is left to do."""
    with database.writing() as session:
        batch = _held(session, batch_id)
        if batch is None or not batch.is_working:
            return False
        items = _chunk(session, batch)
        if items:
            batch.leased_until = moment + LEASE
            _STEPS[batch.stage](session, batch, items, moment)
            batch.cursor = max(items)
        else:
            _end(session, batch, moment)
        session.commit()
        return bool(items)


def _chunk(session: Session, batch: Batch) -> dict[str, int]:
    """The next comments, by id, each with the version that was seen."""
    mine = BatchItem.batch_id == batch.id
    query = select(BatchItem.comment_id, BatchItem.version).where(
        mine, BatchItem.comment_id > batch.cursor, BatchItem.outcome == Outcome.PART
    )
    if batch.stage is Stage.UNDOING:
        query = query.where(BatchItem.comment_id <= batch.until)
    found = session.execute(query.order_by(BatchItem.comment_id).limit(CHUNK))
    return dict(found.all())


def _decide(session: Session, batch: Batch, items: dict[str, int], moment: datetime) -> None:
    held = review.hold(session, batch.moderator, items)
    wishes = [
        review.Wish(comment, batch.became, version, batch.reason, batch.note)
        for comment, version in items.items()
    ]
    results = together.decide(session, held, wishes, _by(batch, moment))
    gone = [one.comment for one in results if one.error == "unknown"]
    changed = [one.comment for one in results if one.error in {"stale", "unchanged"}]
    _leave(session, batch, gone, Outcome.GONE)
    _leave(session, batch, changed, Outcome.CHANGED)
    batch.left_out += len(gone) + len(changed)
    batch.done += len(items) - len(gone) - len(changed)


def _undo(session: Session, batch: Batch, items: dict[str, int], moment: datetime) -> None:
    held = review.hold(session, batch.moderator, items)
    # By their comments alone, whose index is narrow: the moderator may have made a million.
    decisions = [
        one
        for one in session.scalars(select(Decision).where(Decision.comment_id.in_(held)))
        if one.version == items[one.comment_id] + 1 and one.by_id == batch.moderator_id
    ]
    results = together.undo(session, held, decisions, _by(batch, moment))
    undone = {one.comment for one in results if not one.error}
    left = [comment for comment in items if comment not in undone]
    _leave(session, batch, left, Outcome.SINCE)
    batch.undone += len(undone)
    batch.stand += len(left)


_STEPS: dict[Stage, Callable[[Session, Batch, dict[str, int], datetime], None]] = {
    Stage.RUNNING: _decide,
    Stage.UNDOING: _undo,
}


def _by(batch: Batch, moment: datetime) -> together.By:
    return together.By(batch.moderator, moment, moment + HELD_BACK, batch.id)


def _leave(session: Session, batch: Batch, comments: list[str], outcome: Outcome) -> None:
    if comments:
        which = and_(BatchItem.batch_id == batch.id, BatchItem.comment_id.in_(comments))
        session.execute(update(BatchItem).where(which).values(outcome=outcome))


def _end(session: Session, batch: Batch, moment: datetime) -> None:
    batch.stage = Stage.DONE if batch.stage is Stage.RUNNING else Stage.UNDONE
    batch.ended_at, batch.leased_until = moment, None
    # It stands in each decision, where it goes with an author who erases everything.
    batch.note = ""
    _messages_due(session, batch, moment + Message.UNDO_WINDOW)


def _messages_due(session: Session, batch: Batch, due_at: datetime) -> None:
    untried = and_(Message.state == State.DUE, Message.attempts == 0)
    mine = update(Message).where(Message.batch_id == batch.id, untried)
    session.execute(mine.values(due_at=due_at))
