"""A batch without a preview: its comments, each on the version that was seen, are on a card."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Batch, BatchItem, Comment, Moderator, Stage, Status

from .choosing import Chosen, Deed, Found, preview
from .working import confirm

#: Of a moderator's last batches, those that may be the one that is sent again.
_LATEST = 20


def begin(
    session: Session, moderator: Moderator, deed: Deed, seen: Found, *, at: datetime
) -> Batch:
    """Let a decision about comments that were seen in these versions begin. The caller commits,
    and goes on with it (see `go_on`).
    """
    batch = preview(session, moderator, Chosen(), deed, seen, at=at)
    session.flush()
    return confirm(session, moderator, batch.id, at=at)


def pending(session: Session, batch: Batch) -> Found:
    """The comments of a batch that wait, with their versions, the oldest first."""
    query = (
        select(Comment.id, Comment.version)
        .join(BatchItem, BatchItem.comment_id == Comment.id)
        .where(BatchItem.batch_id == batch.id, Comment.status == Status.PENDING)
        .order_by(Comment.created_at, Comment.id)
    )
    if batch.moderator.site_ids is not None:
        query = query.where(Comment.site_id.in_(batch.moderator.site_ids))
    return [(comment, version) for comment, version in session.execute(query)]


def begun(session: Session, moderator: Moderator, deed: Deed, seen: Found) -> Batch | None:
    """The batch that these very words began, where they are sent again since nobody heard the
    answer; None for the first time.
    """
    latest = select(Batch).where(
        Batch.moderator_id == moderator.id,
        Batch.became == deed.became,
        Batch.stage.in_([Stage.RUNNING, Stage.DONE]),
        Batch.query == "",
        Batch.total == len(seen),
    )
    latest = latest.order_by(Batch.created_at.desc()).limit(_LATEST)
    comment, version = seen[0]
    for batch in session.scalars(latest):
        item = session.get(BatchItem, (batch.id, comment))
        if item is not None and item.version == version:
            return batch
    return None
