"""How the queue is doing: numbers of each day, counted once, and read from there.

A day's numbers are gathered from its decisions, found by their moment, and kept in `day_tally`:
some dozens of rows for each site. `count_days` runs beside the serving, every few minutes: today is
counted anew each time, an earlier day once after its end. So a page costs the same whatever was
ever decided, and is some minutes old.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, delete, exists, insert, select
from sqlalchemy.orm import Session, aliased

from moderation.database import Database, table
from moderation.models import (
    Actor,
    Comment,
    CommentReason,
    DayTally,
    Decision,
    Moderator,
    Sees,
    Status,
)
from moderation.queueing import Filter, counts, queue

#: So many days are shown, and counted where they have not been.
DAYS = 30
#: Two durations in one bucket differ by less than this factor.
_STEP = 1.15
#: Marks that a day was counted: under no site, with the second at which it was.
_COUNTED = "counted"


def count_days(database: Database, now: datetime) -> int:
    """Count the days that have not been counted since they ended: how many these were."""
    last = now.astimezone(UTC).date()
    with database.reading() as session:
        missing = _missing(session, last)
    for day in missing:
        with database.reading() as session:
            numbers = _numbers(session, day)
        with database.writing() as session:
            _keep(session, day, numbers, now)
            session.commit()
    return len(missing)


def count_again(session: Session) -> None:
    """Let every day be counted anew: decisions were written with moments of long ago."""
    session.execute(delete(DayTally))


def _missing(session: Session, last: date) -> list[date]:
    days = [last - timedelta(days=n) for n in range(DAYS)]
    counted = select(DayTally.day, DayTally.n).where(
        DayTally.what == _COUNTED, DayTally.site_id == "", DayTally.day >= days[-1]
    )
    known: dict[date, int] = dict(session.execute(counted).all())
    return [day for day in days if known.get(day, 0) < _begin(day + timedelta(days=1)).timestamp()]


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


_Numbers = Counter[tuple[str, str, str]]


def _numbers(session: Session, day: date) -> _Numbers:
    """What there is to tell of a day: by site, what, and name."""
    numbers: _Numbers = Counter()
    for row in session.execute(_of_day(day), execution_options={"yield_per": 2_000}):
        for what, name in _told(row):
            numbers[row.site_id, what, name] += 1
    for site_id, code, became in session.execute(_reasons_of_day(day)):
        numbers[site_id, "reason", code] += 1
        numbers[site_id, "approved", code] += became == Status.APPROVED
    return numbers


_before, _earlier = aliased(Decision), aliased(Decision)
#: Whether a moderator had decided on the comment before.
_HAD_DECIDED = exists().where(
    _earlier.comment_id == Decision.comment_id,
    _earlier.version < Decision.version,
    _earlier.actor == Actor.MODERATOR,
)


def _of_day(day: date) -> Any:
    """A day's decisions, each with the one before it on the same comment."""
    return (
        select(
            Comment.site_id,
            Decision.was,
            Decision.became,
            Decision.actor,
            Decision.by_id,
            Decision.undoes_id,
            Decision.at,
            _before.at.label("before"),
            _before.actor.label("actor_before"),
            _before.by_id.label("by_before"),
            _HAD_DECIDED.label("had_decided"),
        )
        .join(Comment, Comment.id == Decision.comment_id)
        .outerjoin(
            _before,
            (_before.comment_id == Decision.comment_id) & (_before.version == Decision.version - 1),
        )
        .where(*_within(day))
    )


def _within(day: date) -> tuple[Any, Any]:
    return Decision.at >= _begin(day), Decision.at < _begin(day + timedelta(days=1))


def _reasons_of_day(day: date) -> Any:
    """The reasons of what a moderator decided for the first time, and what it became."""
    return (
        select(CommentReason.site_id, CommentReason.code, Decision.became)
        .join(CommentReason, CommentReason.comment_id == Decision.comment_id)
        .where(*_within(day), Decision.actor == Actor.MODERATOR, ~_HAD_DECIDED)
    )


def _told(row: Row[Any]) -> Iterator[tuple[str, str]]:
    """What one decision adds to its day."""
    if row.was is None and row.actor is Actor.POLICY:
        yield "arrived", ""
    if (row.was == Status.PENDING) != (row.became == Status.PENDING):
        yield ("came", "") if row.became == Status.PENDING else ("left", "")
    if row.actor != Actor.MODERATOR:
        return
    if row.undoes_id is None:
        yield "decided", row.by_id or ""
    if row.was == Status.PENDING and not row.had_decided and row.before:
        yield "wait", str(_bucket((row.at - row.before).total_seconds()))
    if row.was != Status.PENDING and row.actor_before == Actor.MODERATOR:
        yield "overturned", row.by_before or ""
        if row.by_before != row.by_id:
            yield "by_others", row.by_before or ""


def _bucket(seconds: float) -> int:
    return int(math.log(max(1.0, seconds), _STEP))


def _keep(session: Session, day: date, numbers: _Numbers, now: datetime) -> None:
    session.execute(delete(DayTally).where(DayTally.day == day))
    rows = [
        {"day": day, "site_id": site_id, "what": what, "name": name, "n": number}
        for (site_id, what, name), number in numbers.items()
    ]
    mark = {"day": day, "site_id": "", "what": _COUNTED, "name": "", "n": int(now.timestamp())}
    session.execute(insert(table(DayTally)), [*rows, mark])


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the queue."""

    day: date
    #: How many waited at its end, or wait now.
    waiting: int = 0
    decided: int = 0
    overturned: int = 0
    #: How long it took to a first decision, for half of them and for 95 of 100; None where nothing
    #: was decided. Right to 7 of 100.
    median: timedelta | None = None
    slowest: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """Of the comments that waited for a reason, how many were decided, how many approved."""

    code: str
    decided: int
    approved: int


@dataclass(frozen=True, slots=True)
class Person:
    """A moderator's decisions, and those of them that were taken back or reversed later."""

    name: str
    decided: int
    overturned: int
    by_others: int


@dataclass(frozen=True, slots=True)
class Health:
    """How the queue of some sites is doing."""

    counted_at: datetime | None
    waiting: int
    #: When the oldest that waits was written.
    oldest: datetime | None
    days: list[Day] = field(default_factory=list)
    reasons: list[Share] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    median: timedelta | None = None
    slowest: timedelta | None = None


def health(session: Session, moderator: Sees, site_id: str | None, now: datetime) -> Health:
    """The last DAYS days of one site, or of all that the moderator may see."""
    last = now.astimezone(UTC).date()
    first = last - timedelta(days=DAYS - 1)
    waiting = counts(session, moderator, site_id)[Status.PENDING]
    oldest, _more = queue(session, moderator, Filter(site_id=site_id), limit=1)
    known = _known(session, moderator, site_id, first)
    waits = _sum_of(known, "wait")
    return Health(
        counted_at=_counted_at(session, first),
        waiting=waiting,
        oldest=oldest[0].created_at if oldest else None,
        days=_days(known, [first + timedelta(days=n) for n in range(DAYS)], waiting),
        reasons=_shares(known),
        people=_people(session, known),
        median=_quantile(waits, 0.5),
        slowest=_quantile(waits, 0.95),
    )


_Known = dict[tuple[date, str], Counter[str]]


def _known(session: Session, moderator: Sees, site_id: str | None, first: date) -> _Known:
    """By day and what, the numbers by name, of the sites together."""
    query = select(DayTally.day, DayTally.what, DayTally.name, DayTally.n)
    query = query.where(DayTally.day >= first, DayTally.site_id != "")
    if moderator.site_ids is not None:
        query = query.where(DayTally.site_id.in_(moderator.site_ids))
    if site_id is not None:
        query = query.where(DayTally.site_id == site_id)
    known: _Known = defaultdict(Counter)
    for day, what, name, number in session.execute(query):
        known[day, what][name] += number
    return known


def _counted_at(session: Session, first: date) -> datetime | None:
    mark = select(DayTally.n).where(
        DayTally.what == _COUNTED, DayTally.site_id == "", DayTally.day >= first
    )
    found = session.scalar(mark.order_by(DayTally.day.desc()).limit(1))
    return datetime.fromtimestamp(found, UTC) if found else None


def _days(known: _Known, days: list[date], waiting: int) -> list[Day]:
    """Backwards from what waits now: each day's end is the next one's less what came meanwhile."""
    found = []
    for day in reversed(days):
        waits = known.get((day, "wait"), Counter())
        one = Day(
            day=day,
            waiting=max(0, waiting),
            decided=_total(known, day, "decided"),
            overturned=_total(known, day, "overturned"),
            median=_quantile(waits, 0.5),
            slowest=_quantile(waits, 0.95),
        )
        found.append(one)
        waiting += _total(known, day, "left") - _total(known, day, "came")
    return found[::-1]


def _total(known: _Known, day: date, what: str) -> int:
    return known[day, what].total() if (day, what) in known else 0


def _sum_of(known: _Known, what: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_day, kind), numbers in known.items():
        if kind == what:
            found += numbers
    return found


def _quantile(waits: Counter[str], share: float) -> timedelta | None:
    """The duration that this share of them did not exceed."""
    left = share * waits.total()
    for bucket, number in sorted((int(name), number) for name, number in waits.items()):
        left -= number
        if left <= 0:
            return timedelta(seconds=round(_STEP ** (bucket + 0.5)))
    return None


def _shares(known: _Known) -> list[Share]:
    decided, approved = _sum_of(known, "reason"), _sum_of(known, "approved")
    return [Share(code, number, approved[code]) for code, number in decided.most_common()]


def _people(session: Session, known: _Known) -> list[Person]:
    decided, overturned = _sum_of(known, "decided"), _sum_of(known, "overturned")
    by_others = _sum_of(known, "by_others")
    names = _names(session, {*decided, *overturned})
    found = [
        Person(name, decided[one], overturned[one], by_others[one]) for one, name in names.items()
    ]
    return sorted(found, key=lambda one: (-one.decided, one.name))


def _names(session: Session, ids: Iterable[str]) -> dict[str, str]:
    rows = session.execute(select(Moderator.id, Moderator.name).where(Moderator.id.in_(list(ids))))
    return dict(rows.all())
