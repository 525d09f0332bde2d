"""Choosing many comments for one decision, with the versions that were seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, exists, insert, select
from sqlalchemy.orm import Session

from moderation import review
from moderation.database import table
from moderation.models import (
    Actor,
    Batch,
    BatchItem,
    Comment,
    Decision,
    Moderator,
    Outcome,
    Stage,
    Status,
)
from moderation.privacy import new_id

#: Comments in one batch. Writing down more would keep others waiting.
MOST = 50_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which comments: these ids, all that look like one comment, or all that fit a filter."""

    ids: Sequence[str] = ()
    like: str = ""
    wanted: review.Filter | None = None
    #: The filter (or the look-alikes) as the address of the queue has it.
    query: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """What is to be decided about all of them."""

    became: Status
    reason: str = ""
    note: str = ""


#: Ids and the versions that were seen.
Found = list[tuple[str, int]]


def choose(session: Session, moderator: Moderator, chosen: Chosen, deed: Deed) -> Found:
    """Which comments the decision would change, with their versions.

    Those that have the status already are not among them, nor those that their authors took off
    the page; nor more than MOST, the oldest first. A session that reads will do: to look through
    many texts takes a while, in which nobody has to wait.
    """
    fitting = _changeable(_select(session, moderator, chosen), deed.became).limit(MOST)
    return [(comment, version) for comment, version in session.execute(fitting)]


def preview(
    session: Session,
    moderator: Moderator,
    chosen: Chosen,
    deed: Deed,
    found: Found,
    *,
    at: datetime,
) -> Batch:
    """Write down what `choose` found. What changed since is left out later, by its version. The
    caller commits.
    """
    batch = Batch(
        id=new_id(),
        moderator_id=moderator.id,
        became=deed.became,
        reason=deed.reason,
        note=deed.note,
        query=chosen.query,
        created_at=at,
        total=len(found),
    )
    session.add(batch)
    session.flush()
    common = {"batch_id": batch.id, "outcome": Outcome.PART}
    rows = [common | {"comment_id": one, "version": version} for one, version in found]
    if rows:
        session.execute(insert(table(BatchItem)), rows)
    return batch


def _select(session: Session, moderator: Moderator, chosen: Chosen) -> Select[str, int]:
    if chosen.wanted is not None:
        return review.every(moderator, chosen.wanted)
    if not chosen.like:
        return review.those(moderator, Comment.id.in_(chosen.ids))
    like = review.find(session, moderator, chosen.like)
    if like is None:
        return review.those(moderator, Comment.id.in_([]))
    return review.those(
        moderator, Comment.site_id == like.site_id, Comment.text_digest == like.text_digest
    )


def _changeable(query: Select[str, int], became: Status) -> Select[str, int]:
    theirs = exists().where(
        Decision.comment_id == Comment.id,
        Decision.version == Comment.version,
        Decision.actor == Actor.AUTHOR,
    )
    taken_back = and_(Comment.status == Status.DELETED, theirs)
    return query.where(Comment.status != became, ~taken_back)


def find(session: Session, moderator: Moderator, batch_id: str) -> Batch | None:
    """A batch of the moderator's own; those of others are as if they were not there."""
    mine = select(Batch).where(Batch.id == batch_id, Batch.moderator_id == moderator.id)
    return session.scalar(mine)


def latest(session: Session, moderator: Moderator, *, limit: int = 50) -> list[Batch]:
    """The moderator's batches that were confirmed, the latest first."""
    mine = select(Batch).where(Batch.moderator_id == moderator.id, Batch.stage != Stage.PREVIEW)
    return list(session.scalars(mine.order_by(Batch.created_at.desc(), Batch.id).limit(limit)))


def samples(session: Session, batch: Batch, number: int = 5) -> list[Comment]:
    """Some of its comments, with what their cards show. Ids are random: the first are a random few.

    One that its moderator may not see any more is not among them.
    """
    mine = select(BatchItem.comment_id).where(BatchItem.batch_id == batch.id)
    few = session.scalars(mine.order_by(BatchItem.comment_id).limit(number)).all()
    found = (review.find(session, batch.moderator, one) for one in few)
    return [one for one in found if one is not None]


def is_over(batch: Batch, at: datetime) -> bool:
    """Whether a preview is too old to be confirmed."""
    return at - batch.created_at > Batch.PREVIEW_LIFE
