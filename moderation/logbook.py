"""The log: every decision, newest first, narrowed and page by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_
from sqlalchemy.orm import Session, contains_eager, load_only

from moderation.models import Actor, Comment, Decision, Moderator, Sees, Site, Status, Thread
from moderation.queueing import LOOKED_AT, BadCursor

PAGE_SIZE = 50
#: Rows that are read at a time for a file of all of them.
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Search:
    """Which decisions somebody looks for; every field narrows."""

    site_id: str | None = None
    actor: Actor = Actor.MODERATOR
    #: The id of a moderator.
    by: str = ""
    became: Status | None = None
    reason: str = ""
    #: Days in UTC, both of them included.
    since: date | None = None
    until: date | None = None
    #: Only those that were taken back.
    undone: bool = False


def page(
    session: Session, moderator: Sees, search: Search, *, after: str = "", limit: int = PAGE_SIZE
) -> tuple[list[Decision], str]:
    """A page of the log, newest first, and the cursor of the next page or "".

    Comments, threads, sites and moderators come along. It may hold fewer than `limit`: no more
    than LOOKED_AT decisions are looked at, and the cursor leads on. Raises BadCursor.
    """
    rows = _ranged(search)
    if after:
        rows = rows.where(tuple_(*_last(after)) > _PLACE)
    end = session.execute(rows.offset(LOOKED_AT - 1).limit(1)).first()
    if end is not None:
        rows = rows.where(tuple_(end.at, end.id) <= _PLACE)
    rows = rows.where(*_rest(moderator, search)).limit(limit + 1)
    found = list(session.execute(rows))
    if len(found) > limit:
        end = found[limit - 1]
    return _read(session, [row.id for row in found[:limit]]), _cursor(end) if end else ""


def batches(session: Session, moderator: Sees, search: Search) -> Iterator[list[Decision]]:
    """Every decision of the search, newest first; the session forgets each batch after it."""
    after = ""
    while True:
        found, after = page(session, moderator, search, after=after, limit=BATCH)
        yield found
        session.expunge_all()
        # No reading lasts as long as a download may: the database could tidy up nothing meanwhile.
        session.rollback()
        if not after:
            return


def moderators(session: Session, moderator: Sees) -> list[Moderator]:
    """Whose decisions may be searched for: everybody who may see a site that `moderator` may."""
    everybody = session.scalars(select(Moderator).order_by(Moderator.name, Moderator.id))
    if moderator.site_ids is None:
        return list(everybody)
    mine = set(moderator.site_ids)
    return [one for one in everybody if one.site_ids is None or mine & set(one.site_ids)]


_PLACE = tuple_(Decision.at, Decision.id)


def _ranged(search: Search) -> Select[Any]:
    """The range of an index: of one moderator or of one kind of actor, between two days."""
    latest_first = (Decision.at.desc(), Decision.id.desc())
    query: Any = select(Decision.at, Decision.id).order_by(*latest_first)
    if search.by:
        query = query.where(Decision.by_id == search.by)
    else:
        query = query.where(Decision.actor == search.actor)
    if search.since:
        query = query.where(Decision.at >= _begin(search.since))
    if search.until:
        query = query.where(Decision.at < _begin(search.until + timedelta(days=1)))
    found: Select[Any] = query
    return found


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _rest(moderator: Sees, search: Search) -> list[ColumnElement[bool]]:
    """What is looked at row by row. Look-ups in brackets: a join could begin at the other end."""
    conditions: list[ColumnElement[bool]] = []
    site = select(Comment.site_id).where(Comment.id == Decision.comment_id).scalar_subquery()
    if moderator.site_ids is not None:
        conditions.append(site.in_(moderator.site_ids))
    if search.site_id is not None:
        conditions.append(site == search.site_id)
    if search.became is not None:
        conditions.append(Decision.became == search.became)
    if search.reason:
        conditions.append(Decision.reason == search.reason)
    if search.undone:
        conditions.append(_undoing(func.count()) > 0)
    return conditions


def _undoing(what: Any) -> Any:
    later = Decision.__table__.alias("later")
    return select(what).select_from(later).where(later.c.undoes_id == Decision.id).scalar_subquery()


def undone(session: Session, decisions: list[Decision]) -> set[str]:
    """The ids of those of these that were taken back."""
    ids = [one.id for one in decisions]
    taken = session.scalars(select(Decision.undoes_id).where(Decision.undoes_id.in_(ids)))
    return {one for one in taken if one}


def _read(session: Session, ids: list[str]) -> list[Decision]:
    if not ids:
        return []
    few = load_only(Comment.id, Comment.name, Comment.html, Comment.title, Comment.status)
    query = (
        select(Decision)
        .join(Comment, Comment.id == Decision.comment_id)
        .join(Thread, Thread.id == Comment.thread_id)
        .join(Site, Site.id == Thread.site_id)
        .outerjoin(Moderator, Moderator.id == Decision.by_id)
        .where(Decision.id.in_(ids))
        .options(
            contains_eager(Decision.comment).options(
                few, contains_eager(Comment.thread).contains_eager(Thread.site)
            ),
            contains_eager(Decision.by).load_only(Moderator.name),
        )
    )
    known = {one.id: one for one in session.scalars(query)}
    return [known[one] for one in ids if one in known]


def _cursor(row: Any) -> str:
    return f"{row.at.timestamp():.6f}~{row.id}"


def _last(after: str) -> tuple[datetime, str]:
    moment, separator, last = after.partition("~")
    try:
        return datetime.fromtimestamp(float(moment), UTC), last if separator else ""
    except (ValueError, OverflowError, OSError) as error:
        raise BadCursor(after) from error
