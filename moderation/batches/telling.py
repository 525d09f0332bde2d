"""What a batch left as it was, and what is thrown away of batches in time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import Session, joinedload

from moderation.models import (
    WORKING,
    Batch,
    BatchItem,
    Comment,
    Decision,
    Moderator,
    Outcome,
    Stage,
)


@dataclass(frozen=True, slots=True)
class Left:
    """A comment that a batch, or its undo, left as it was, and who decided what instead."""

    comment: Comment | None
    outcome: Outcome
    decision: Decision | None


def left(
    session: Session, batch: Batch, *, after: str = "", limit: int = 100
) -> tuple[list[Left], str]:
    """A page of what was left out, and where the next one begins or ""."""
    mine = select(BatchItem).where(BatchItem.batch_id == batch.id)
    query = mine.where(BatchItem.outcome != Outcome.PART, BatchItem.comment_id > after)
    items = session.scalars(query.order_by(BatchItem.comment_id).limit(limit + 1)).all()
    shown = items[:limit]
    comments = _seen(session, batch.moderator, [item.comment_id for item in shown])
    latest_ones = _latest(session, [one.id for one in comments.values()])
    found = [
        Left(comments.get(one.comment_id), one.outcome, latest_ones.get(one.comment_id))
        for one in shown
    ]
    return found, shown[-1].comment_id if len(items) > limit else ""


def _seen(session: Session, moderator: Moderator, ids: list[str]) -> dict[str, Comment]:
    found = session.scalars(select(Comment).where(Comment.id.in_(ids)))
    return {one.id: one for one in found if moderator.may_see(one.site_id)}


def _latest(session: Session, ids: list[str]) -> dict[str, Decision]:
    last = (
        select(Decision)
        .join(Comment, Comment.id == Decision.comment_id)
        .where(Comment.id.in_(ids), Decision.version == Comment.version)
        .options(joinedload(Decision.by).load_only(Moderator.name))
    )
    return {one.comment_id: one for one in session.scalars(last)}


def tidy_up(session: Session, at: datetime) -> None:
    """Throw away previews that nobody confirmed, and what was in batches of long ago."""
    ended = and_(Batch.stage.not_in(WORKING), Batch.created_at < at - Batch.KEPT)
    forgotten = and_(Batch.stage == Stage.PREVIEW, Batch.created_at < at - Batch.PREVIEW_LIFE)
    session.execute(delete(Batch).where(or_(ended, forgotten)))
