"""The moderators' work: deciding what waits, taking a decision back, and what a decision needs.

How the queue is read stands in `queueing`; its names can be had here too.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session, joinedload, load_only, object_session

from moderation import notices, outside
from moderation.models import (
    Actor,
    Bearer,
    Comment,
    Decision,
    Message,
    Moderator,
    Revision,
    Sees,
    Stale,
    Status,
    Thread,
)
from moderation.queueing import (
    PAGE_SIZE,
    BadCursor,
    Counted,
    Filter,
    Order,
    Past,
    Priority,
    count,
    counted,
    counts,
    cursor,
    every,
    folded,
    is_foldable,
    moment,
    neighbours,
    pasts,
    queue,
    sites,
    those,
    twins,
    with_context,
)

__all__ = [
    "PAGE_SIZE",
    "BadCursor",
    "Counted",
    "Filter",
    "NotUndoable",
    "Order",
    "Past",
    "Priority",
    "Wish",
    "conversation",
    "count",
    "counted",
    "counts",
    "cursor",
    "decide",
    "decisions",
    "earlier_texts",
    "every",
    "find",
    "folded",
    "hold",
    "is_foldable",
    "is_undoable",
    "moment",
    "neighbours",
    "pasts",
    "queue",
    "settled",
    "sites",
    "those",
    "twins",
    "undo",
]


class NotUndoable(Exception):
    """It was the first decision, or its author's own: nothing for a moderator to take back."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A decision somebody wants to make, on the version they saw."""

    comment: str
    status: Status
    version: int
    reason: str = ""
    note: str = ""


def find(session: Session, moderator: Sees, comment_id: str) -> Comment | None:
    """A comment that the moderator may see; one of another site is as if it were not there."""
    query = with_context(select(Comment)).where(Comment.id == comment_id)
    comment = session.scalar(query)
    return comment if comment is not None and moderator.may_see(comment.site_id) else None


#: What a decision looks at, and its answer names; texts and reasons are not read for it.
_DECIDED = (
    Comment.id,
    Comment.site_id,
    Comment.thread_id,
    Comment.parent_id,
    Comment.author_id,
    Comment.notify,
    Comment.locale,
    Comment.name,
    Comment.title,
    Comment.status,
    Comment.published,
    Comment.version,
    Comment.moderator_id,
    Comment.taught,
    Comment.evidence,
)
#: Built once: on the way of every decision, building it costs what running it does.
_HELD = (
    select(Comment)
    .where(Comment.id.in_(bindparam("wanted", expanding=True)))
    .options(
        load_only(*_DECIDED),
        joinedload(Comment.parent).load_only(Comment.published, Comment.locale),
        joinedload(Comment.thread, innerjoin=True).load_only(Thread.title),
    )
    .execution_options(populate_existing=True)
)


def hold(session: Session, moderator: Sees, ids: Iterable[str]) -> dict[str, Comment]:
    """Comments to be decided, by id, with their threads locked until the transaction ends.

    A decision changes what its thread shows, and what hangs below; two at once on one thread
    take turns. Threads are locked in one order, so that two batches cannot wait for each other.
    On SQLite the write lock holds everybody already.
    """
    wanted = list(ids)
    if session.get_bind().dialect.name != "sqlite":
        threads = select(Comment.thread_id).where(Comment.id.in_(wanted))
        lock = select(Thread.id).where(Thread.id.in_(threads)).order_by(Thread.id)
        session.execute(lock.with_for_update(of=Thread)).all()
    found = session.scalars(_HELD, {"wanted": wanted})
    return {comment.id: comment for comment in found if moderator.may_see(comment.site_id)}


def decide(comment: Comment, wish: Wish, *, by: Moderator | Bearer, at: datetime) -> str:
    """Make one decision on a comment that `hold` gave: its id. Raises Stale or NotAllowed."""
    with _written_at_once(comment, at):
        return comment.decide(
            wish.status, by=by, at=at, version=wish.version, reason=wish.reason, note=wish.note
        )


def undo(comment: Comment, decision: Decision, *, by: Moderator | Bearer, at: datetime) -> str:
    """Take a comment's latest decision back, by one more decision.

    Raises Stale when another decision came after it, NotUndoable when it was the policy's first,
    or what its author did: to undo an edit would publish words that nobody has read.
    """
    if decision.was is None or not is_undoable(decision):
        raise NotUndoable
    if decision.version != comment.version:
        raise Stale(comment)
    with _written_at_once(comment, at):
        return comment.decide(decision.was, by=by, at=at, version=decision.version, undoes=decision)


def is_undoable(decision: Decision) -> bool:
    """Whether a moderator could take it back, were it the latest."""
    return decision.was is not None and decision.actor is not Actor.AUTHOR


@contextmanager
def _written_at_once(comment: Comment, at: datetime) -> Iterator[None]:
    """Write what a decision leaves to the session (a thread's title) before the next decision, and
    not before each look-up on the way, which needs none of it.
    """
    session = object_session(comment)
    if session is None:
        raise RuntimeError("a comment is decided in the session that held it")
    with session.no_autoflush:
        yield
    session.flush()
    notices.decided(session, comment, at=at)
    outside.owe(session, [comment.id], at + Message.UNDO_WINDOW)


def conversation(session: Session, comment: Comment, *, around: int = 30) -> list[Comment]:
    """What stands with a comment under its beginning, in the order of the thread."""
    query = (
        select(Comment)
        .where(Comment.thread_id == comment.thread_id, Comment.root == comment.root)
        .where(or_(Comment.published, Comment.id == comment.id))
    )
    above = query.where(Comment.position <= comment.position).order_by(Comment.position.desc())
    below = query.where(Comment.position > comment.position).order_by(Comment.position)
    before = list(session.scalars(above.limit(around)))
    return before[::-1] + list(session.scalars(below.limit(around)))


def decisions(session: Session, comment: Comment) -> list[Decision]:
    """Every decision on a comment, the latest first."""
    query = (
        select(Decision)
        .where(Decision.comment_id == comment.id)
        .order_by(Decision.version.desc())
        .options(joinedload(Decision.by).load_only(Moderator.name))
    )
    return list(session.scalars(query))


def settled(session: Session, comments: Sequence[Comment]) -> set[str]:
    """The ids of those that their authors took off the page: no decision brings them back."""
    deleted = [comment.id for comment in comments if comment.status == Status.DELETED]
    if not deleted:
        return set()
    theirs = (
        select(Comment.id)
        .join(Decision, Decision.comment_id == Comment.id)
        .where(Comment.id.in_(deleted), Decision.version == Comment.version)
        .where(Decision.actor == Actor.AUTHOR)
    )
    return set(session.scalars(theirs))


def earlier_texts(session: Session, comment: Comment, most: int) -> list[Revision]:
    """What a comment said before its author changed it, the latest first, so many at most."""
    query = select(Revision).where(Revision.comment_id == comment.id)
    return list(session.scalars(query.order_by(Revision.version.desc()).limit(most)))
