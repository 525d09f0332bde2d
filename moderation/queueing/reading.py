"""Pages of the queue, and how many comments fit."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased, contains_eager, load_only

from moderation.models import Author, Comment, Sees, Site, Status, Tally, Thread

from .filter import Filter, Way, fitting, site_ids, way
from .order import ByPriority, Found, Oldest, Order, Ordering, ordering

PAGE_SIZE = 20
#: Rows that are looked at for one page where no index can tell which of them fit.
LOOKED_AT = 10_000
#: Filtered comments are counted up to here.
MOST_COUNTED = 1_000


class Counted(NamedTuple):
    """How many comments fit a filter: `number`, or at least so many."""

    number: int
    is_exact: bool


def queue(
    session: Session,
    moderator: Sees,
    wanted: Filter,
    *,
    after: str = "",
    limit: int = PAGE_SIZE,
    order: Order = Order.OLDEST,
    at: datetime | None = None,
) -> tuple[list[Comment], str]:
    """A page of what fits the filter, in order, and the cursor of the next page or "".

    Only sites that the moderator may see; parents, authors and threads come along. The first page
    by priority needs the moment `at` up to which ages count; later ones have it in the cursor.
    Raises BadCursor.
    """
    rows, onward = places(session, moderator, wanted, after=after, limit=limit, order=order, at=at)
    return read(session, rows), onward


def places(
    session: Session,
    moderator: Sees,
    wanted: Filter,
    *,
    after: str,
    limit: int,
    order: Order,
    at: datetime | None,
) -> tuple[list[Found], str]:
    """The same, before the comments themselves are read."""
    sort = ordering(order, after, at)
    found = way(session, moderator, wanted, by_risk=sort.by_risk)
    if found is None:
        return [], ""
    ends = _ends(session, found, sort) if found.rest else {}
    rows = sorted(_rows(session, found, sort, ends, limit + 1), key=sort.key)
    horizon = min(ends.values(), key=sort.key, default=None)
    if horizon is not None:
        rows = [row for row in rows if sort.key(row) <= sort.key(horizon)]
    if len(rows) > limit:
        horizon = rows[limit - 1]
    return rows[:limit], sort.cursor(horizon) if horizon else ""


def moment(after: str, now: datetime) -> datetime:
    """Up to when ages count on the page by priority that begins after a cursor."""
    sort = ordering(Order.PRIORITY, after, now)
    return sort.at if isinstance(sort, ByPriority) else now


def cursor(comment: Comment) -> str:
    """Where a page of the oldest ended; opaque to clients."""
    return Oldest().cursor(Found(comment.id, comment.created_at, comment.risk))


def counts(session: Session, moderator: Sees, site_id: str | None) -> dict[Status, int]:
    """How many comments have each status, on one site or on all that the moderator may see."""
    known = _tallied(session, site_ids(moderator, site_id))
    return {status: known.get(status, 0) for status in Status}


def count(session: Session, moderator: Sees, wanted: Filter) -> int:
    """How many comments fit the filter, however many: it takes longer where many do."""
    if not wanted.narrows:
        return _tallied(session, site_ids(moderator, wanted.site_id)).get(wanted.status, 0)
    return session.scalar(fitting(select(func.count(Comment.id)), moderator, wanted)) or 0


def counted(session: Session, moderator: Sees, wanted: Filter) -> Counted:
    """How many comments fit the filter, as far as that can be told at once: narrowed, up to
    MOST_COUNTED of them, and among LOOKED_AT where each has to be looked at.
    """
    if not wanted.narrows:
        return Counted(count(session, moderator, wanted), True)
    found = way(session, moderator, wanted, by_risk=False)
    if found is None:
        return Counted(0, True)
    most = LOOKED_AT if found.rest else MOST_COUNTED + 1
    fits = case((and_(*found.rest), 1), else_=0) if found.rest else literal_column("1")
    ranges = [
        select(select(fits.label("fits")).where(*one).limit(most).subquery())
        for one in found.ranges
    ]
    looked = union_all(*ranges).limit(most).subquery()
    seen, fit = session.execute(select(func.count(), func.sum(looked.c.fits))).one()
    return Counted(min(fit or 0, MOST_COUNTED), seen < most and (fit or 0) <= MOST_COUNTED)


def sites(session: Session, moderator: Sees) -> list[Site]:
    """The sites whose comments the moderator may see."""
    return moderator.among(session.scalars(select(Site).order_by(Site.name, Site.key)))


def with_context(query: Select[Any]) -> Select[Any]:
    """A query of comments that brings their parents, authors, threads and sites along."""
    parent = aliased(Comment)
    few = load_only(parent.name, parent.html, parent.status)
    return (
        query.outerjoin(parent, parent.id == Comment.parent_id)
        .join(Thread, Thread.id == Comment.thread_id)
        .join(Site, Site.id == Thread.site_id)
        .outerjoin(Author, Author.id == Comment.author_id)
        .options(
            contains_eager(Comment.parent.of_type(parent)).options(few),
            contains_eager(Comment.thread).contains_eager(Thread.site),
            contains_eager(Comment.author),
        )
    )


def _tallied(session: Session, sites: list[str] | None) -> dict[Status, int]:
    query = select(Tally.status, func.sum(Tally.n)).group_by(Tally.status)
    if sites is not None:
        query = query.where(Tally.site_id.in_(sites))
    return dict(session.execute(query).all())


def _ends(session: Session, found: Way, sort: Ordering) -> dict[int, Found]:
    """Where the looking ends, by the number of the range; what ends before is not named."""
    ranges = found.each()
    budget = max(1, LOOKED_AT // len(ranges))
    last = [
        _in_order(found, number, range_, sort).offset(budget - 1).limit(1)
        for number, range_ in enumerate(ranges)
    ]
    return {number: Found(*row) for number, *row in session.execute(_all_of(last))}


def _rows(
    session: Session, found: Way, sort: Ordering, ends: dict[int, Found], most: int
) -> list[Found]:
    """The first rows that fit of each range, up to its end."""
    position = tuple_(found.columns[1], found.columns[0])
    firsts = []
    for number, range_ in enumerate(found.each()):
        first = _in_order(found, number, range_, sort).where(*found.rest).limit(most)
        if number in ends:
            first = first.where(position <= _place(ends[number].created_at, ends[number].id))
        firsts.append(first)
    return [Found(*row) for _number, *row in session.execute(_all_of(firsts))]


def _in_order(
    found: Way, number: int, range_: tuple[list[ColumnElement[bool]], int], sort: Ordering
) -> Select[Any]:
    """One range from where the page before ended, in the order of its index."""
    conditions, risk = range_
    identity, written, _risk = found.columns
    query = select(literal_column(str(number)).label("number"), identity, written, found.columns[2])
    start = sort.start(risk)
    if start is not None:
        query = query.where(tuple_(written, identity) > _place(*start))
    return query.where(*conditions).order_by(written, identity)


def _place(written: datetime, identity: str) -> Any:
    moment_of = literal(written, Comment.created_at.type)
    return tuple_(moment_of, literal(identity, Comment.id.type))


def _all_of(queries: Sequence[Select[Any]]) -> Any:
    """The rows of all; each is a query in brackets, since each has an order and an end."""
    return union_all(*(select(one.subquery()) for one in queries))


#: Built once: to build it costs more than to run it.
_CARDS = with_context(select(Comment)).where(Comment.id.in_(bindparam("ids", expanding=True)))


def read(session: Session, rows: Iterable[Found]) -> list[Comment]:
    """The comments themselves, in the order of the rows."""
    ids = [row.id for row in rows]
    if not ids:
        return []
    known = {comment.id: comment for comment in session.scalars(_CARDS, {"ids": ids})}
    return [known[one] for one in ids if one in known]
