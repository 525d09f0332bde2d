"""Which comments a moderator asks for, and the index that finds them."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal_column, or_, select
from sqlalchemy.orm import Session

from moderation.database import table
from moderation.models import MOST_RISK, Comment, CommentReason, Sees, Site, Status, Thread

#: Sites whose ranges are merged, if so many; of more, each row is asked for its site.
MOST_SITES = 20
#: Words that are searched for; more are left.
MOST_WORDS = 6


@dataclass(frozen=True, slots=True)
class Filter:
    """Which comments a moderator wants to see; every field narrows."""

    status: Status = Status.PENDING
    site_id: str | None = None
    reason: str = ""
    q: str = ""
    #: The address of a page, in its normal form.
    page: str = ""
    #: The id of an author.
    author: str = ""
    #: The language in which its author read the form; which one they wrote in is not stored.
    language: str = ""
    links: bool = False
    reported: bool = False

    @property
    def narrows(self) -> bool:
        """Whether more than a status and a site is asked for."""
        return self != Filter(status=self.status, site_id=self.site_id)


#: Columns, not attributes: a page is put together of dozens of ranges, and these cost a third.
_comments, _reasons, _threads = table(Comment).c, table(CommentReason).c, table(Thread).c


def fitting(query: Select[Any], moderator: Sees, wanted: Filter) -> Select[Any]:
    """A query of comments, narrowed to those that fit the filter and the moderator may see."""
    sites = site_ids(moderator, wanted.site_id)
    conditions: list[ColumnElement[bool]] = [_comments.status == wanted.status]
    if sites is not None:
        conditions.append(_comments.site_id.in_(sites))
    if wanted.page:
        conditions.append(_comments.thread_id.in_(threads_of(sites, wanted.page)))
    if wanted.author:
        conditions.append(_comments.author_id == wanted.author)
    return query.where(*conditions, *_rest(replace(wanted, page="", author="")))


def site_ids(moderator: Sees, site_id: str | None) -> list[str] | None:
    """The ids of the sites that are asked for and may be seen; None means every one."""
    if site_id is None:
        return moderator.site_ids
    return [site_id] if moderator.may_see(site_id) else []


class Way(NamedTuple):
    """How a filter is answered: ranges of one table's index, and what is left to look at."""

    #: Its id, moment of writing and risk.
    columns: tuple[Any, Any, Any]
    #: The conditions of each range: equalities that an index begins with.
    ranges: list[list[ColumnElement[bool]]]
    rest: list[ColumnElement[bool]]
    #: Whether the index has the risk between these and the moment.
    by_risk: bool

    def each(self) -> list[tuple[list[ColumnElement[bool]], int]]:
        """Every range that is in the order of time, and its risk, or 0 for all of them."""
        if not self.by_risk:
            return [(one, 0) for one in self.ranges]
        risk, all_of_them = self.columns[2], range(1, MOST_RISK + 1)
        return [([*one, risk == number], number) for one in self.ranges for number in all_of_them]


def way(session: Session, moderator: Sees, wanted: Filter, *, by_risk: bool) -> Way | None:
    """The index that leaves the fewest to look at; None where nothing can be found."""
    sites = site_ids(moderator, wanted.site_id)
    few = sites if sites is None or len(sites) <= MOST_SITES else None
    if wanted.reason and not wanted.page and not wanted.author:
        return _by_reason(wanted, sites, few)
    by, ranges = _narrowest(session, wanted, sites, few)
    if not ranges:
        return None
    rest = _rest(replace(wanted, **{by: getattr(Filter(), by)}) if by else wanted)
    if sites is not None and (by not in {"", "page"} or few is None):
        rest.append(_hidden(_comments.site_id).in_(sites))
    of_status = [[*one, _comments.status == wanted.status] for one in ranges]
    columns = (_comments.id, _comments.created_at, _comments.risk)
    return Way(columns, of_status, rest, bool(by) or by_risk)


_Ranges = list[list[ColumnElement[bool]]]


def _narrowest(
    session: Session, wanted: Filter, sites: list[str] | None, few: list[str] | None
) -> tuple[str, _Ranges]:
    """The name of the filter whose index is walked, and its ranges; "" for the sites' own."""
    if wanted.page:
        found = session.scalars(threads_of(sites, wanted.page))
        return "page", [[_comments.thread_id == one] for one in found]
    if wanted.author:
        return "author", [[_comments.author_id == wanted.author]]
    if wanted.reported:
        return "reported", [[_REPORTED]]
    if wanted.links:
        return "links", [[_WITH_LINKS]]
    if wanted.language and few is None:
        return "language", [[_comments.locale == wanted.language]]
    return "", [[]] if few is None else [[_comments.site_id == one] for one in few]


def _by_reason(wanted: Filter, sites: list[str] | None, few: list[str] | None) -> Way | None:
    rows = _reasons
    same = [rows.code == wanted.reason, rows.status == wanted.status]
    ranges = [same] if few is None else [[rows.site_id == one, *same] for one in few]
    if not ranges:
        return None
    rest = _rest(replace(wanted, reason=""))
    if rest:
        its = select(func.count()).where(_comments.id == rows.comment_id, *rest)
        rest = [its.correlate(table(CommentReason)).scalar_subquery() > 0]
    if sites is not None and few is None:
        rest.append(_hidden(rows.site_id).in_(sites))
    return Way((rows.comment_id, rows.created_at, rows.risk), ranges, rest, True)


_NOTHING: ColumnElement[int] = literal_column("0")
#: Their numbers stand in the statement, as in the partial indexes, or these are not used.
_WITH_LINKS = func.json_array_length(_comments.links) > _NOTHING
_REPORTED = _comments.reported > _NOTHING


def _rest(wanted: Filter) -> list[ColumnElement[bool]]:
    """What is looked at row by row, in a form that tempts no database to another index."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.author:
        conditions.append(_hidden(_comments.author_id) == wanted.author)
    if wanted.reason:
        its = select(func.count()).where(
            _reasons.comment_id == _comments.id, _reasons.code == wanted.reason
        )
        conditions.append(its.correlate(table(Comment)).scalar_subquery() > 0)
    if wanted.language:
        conditions.append(_hidden(_comments.locale) == wanted.language)
    conditions += [_WITH_LINKS] * wanted.links + [_REPORTED] * wanted.reported
    return [*conditions, *(_mentions(word) for word in words(wanted.q))]


def words(q: str) -> list[str]:
    """The words that are searched for, each once; each is looked for in every text."""
    return list(dict.fromkeys(q.split()))[:MOST_WORDS]


def _hidden(column: Any) -> ColumnElement[Any]:
    return func.coalesce(column, "")


def _mentions(word: str) -> ColumnElement[bool]:
    pages = select(_threads.id).where(_threads.page.icontains(word, autoescape=True))
    return or_(
        _comments.source.icontains(word, autoescape=True),
        _comments.name.icontains(word, autoescape=True),
        _comments.thread_id.in_(pages),
    )


def threads_of(site_ids: list[str] | None, page: str) -> Select[Any]:
    """The threads of a page: one on each site under which somebody wrote."""
    own: Any = select(table(Site).c.id) if site_ids is None else site_ids
    return select(_threads.id).where(_threads.page == page, _threads.site_id.in_(own))


def every(moderator: Sees, wanted: Filter) -> Select[str, int]:
    """Ids and versions of all that fits the filter, oldest first: for statements that go on."""
    pairs: Any = select(Comment.id, Comment.version)
    fits: Select[str, int] = fitting(pairs, moderator, wanted)
    return fits.order_by(Comment.created_at, Comment.id)


def those(moderator: Sees, *conditions: ColumnElement[bool]) -> Select[str, int]:
    """The same, of those comments that the moderator may see and that fulfil the conditions."""
    found = select(Comment.id, Comment.version).where(*conditions)
    if moderator.site_ids is not None:
        found = found.where(Comment.site_id.in_(moderator.site_ids))
    return found.order_by(Comment.created_at, Comment.id)
