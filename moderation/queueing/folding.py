"""The queue with one place for all that belong together: that of the oldest of them that waits.

Pages are read as ever, and from each goes what has an older one beside it. Where little is left,
as in the middle of a campaign, the next piece is larger, and the last one the largest: after that a
page is short or empty, and leads on from where the looking ended.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.orm import Session

from moderation.database import table
from moderation.models import Comment, Sees, Status

from .filter import Filter
from .order import Found, Order, ordering
from .reading import PAGE_SIZE, places, queue, read

#: Rows of each piece that is read until a page is full.
PIECES = (PAGE_SIZE, 200, 2_000)


def folded(
    session: Session,
    moderator: Sees,
    wanted: Filter,
    *,
    after: str = "",
    order: Order = Order.OLDEST,
    at: datetime | None = None,
) -> tuple[list[Comment], str]:
    """As `queue`, of what waits, without those that an older one stands for. Raises BadCursor.

    A filter that narrows is answered one by one: what it leaves may be few of those that belong
    together, and not the oldest.
    """
    if not is_foldable(wanted):
        return queue(session, moderator, wanted, after=after, order=order, at=at)
    found: list[Found] = []
    sort = ordering(order, after, at)
    for most in PIECES:
        rows, after = places(
            session, moderator, wanted, after=after, limit=most, order=order, at=at
        )
        found += _standing(session, rows)
        if len(found) > PAGE_SIZE:
            after = sort.cursor(found[PAGE_SIZE - 1])
        if len(found) >= PAGE_SIZE or not after:
            break
    return read(session, found[:PAGE_SIZE]), after


def is_foldable(wanted: Filter) -> bool:
    """Whether a list with this filter shows what belongs together in one place."""
    return wanted.status is Status.PENDING and not wanted.narrows


def _standing(session: Session, rows: Sequence[Found]) -> list[Found]:
    """Those that no older one stands for."""
    below = set(session.scalars(_BELOW, {"ids": [row.id for row in rows]})) if rows else set()
    return [row for row in rows if row.id not in below]


_comments = table(Comment)
_older = _comments.alias()
_place, _older_place = ((one.c.created_at, one.c.id) for one in (_comments, _older))
#: Of these ids, those whose cluster has an older one that waits.
_BELOW = select(_comments.c.id).where(
    _comments.c.id.in_(bindparam("ids", expanding=True)),
    _comments.c.cluster_id.is_not(None),
    select(_older.c.id)
    .where(
        _older.c.cluster_id == _comments.c.cluster_id,
        _older.c.status == Status.PENDING,
        tuple_(*_older_place) < tuple_(*_place),
    )
    .exists(),
)
