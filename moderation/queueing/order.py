"""The two orders of the queue, and the cursors at which a page of each ends."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from moderation.models import MOST_RISK

#: After every id, which has letters and digits alone.
_LAST_ID = "~"
_HOUR = timedelta(hours=1)
#: A priority that nobody reaches in a thousand years.
_MOST_PRIORITY = MOST_RISK * 24 * 366 * 1_000


class BadCursor(ValueError):
    """The cursor is not one that a page of the queue ended with."""


class Order(StrEnum):
    """In which order the queue is read."""

    OLDEST = "oldest"
    PRIORITY = "priority"


class Priority(NamedTuple):
    """Why a comment stands where it stands: risk × hours.

    `hours` are those that have begun since it was written, so that a new one has one.
    """

    risk: int
    hours: int

    @property
    def sum(self) -> int:
        """What the queue is sorted by, the highest first."""
        return self.risk * self.hours

    @classmethod
    def of(cls, comment: Any, at: datetime) -> "Priority":
        """The priority of whatever has a risk and a moment of writing."""
        return cls(comment.risk, (at - comment.created_at) // _HOUR + 1)


class Found(NamedTuple):
    """A row of the queue before it is read: as much of a comment as its place takes."""

    id: str
    created_at: datetime
    risk: int


_After = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Oldest:
    """The oldest first. `last` is where the page before ended."""

    last: _After | None = None
    by_risk = False

    def key(self, row: Found) -> tuple[Any, ...]:
        """What sorts in this order."""
        return (row.created_at, row.id)

    def start(self, _risk: int) -> _After | None:
        """Where the next page begins among the comments of one risk; None for their beginning."""
        return self.last

    def cursor(self, row: Found) -> str:
        """What names this row as the end of a page; opaque to clients."""
        return f"{row.created_at.timestamp():.6f}~{row.id}"


@dataclass(frozen=True, slots=True)
class ByPriority:
    """The highest priority first, of equals the oldest. All pages of one reading take the age of
    one moment, `at`: or a comment could overtake the cursor, and be seen twice or never.
    """

    at: datetime
    sum: int = 0
    last: _After | None = None
    by_risk = True

    def key(self, row: Found) -> tuple[Any, ...]:
        """What sorts in this order."""
        return (-Priority.of(row, self.at).sum, row.created_at, row.id)

    def start(self, risk: int) -> _After | None:
        """Where the rest of one risk begins: below the last priority; or at it, after the last."""
        if self.last is None:
            return None
        hours, left = divmod(self.sum, risk)
        older = (self.at - hours * _HOUR, _LAST_ID)
        if left:
            return older
        younger = (self.at - (hours - 1) * _HOUR, _LAST_ID)
        return min(max(self.last, older), younger)

    def cursor(self, row: Found) -> str:
        """What names this row as the end of a page; opaque to clients."""
        reached = Priority.of(row, self.at).sum
        moments = [f"{one.timestamp():.6f}" for one in (self.at, row.created_at)]
        return f"{moments[0]}~{reached}~{moments[1]}~{row.id}"


Ordering = Oldest | ByPriority


def ordering(order: Order, after: str, at: datetime | None) -> Ordering:
    """The order of a page that begins after a cursor. Raises BadCursor."""
    try:
        if order is Order.OLDEST:
            return Oldest(_last(*after.split("~")) if after else None)
        if not after:
            return ByPriority(at or datetime.now(UTC))
        begun, reached, *last = after.split("~")
        if not -_MOST_PRIORITY < int(reached) < _MOST_PRIORITY:
            raise BadCursor(after)
        found = ByPriority(_moment(begun), int(reached), _last(*last))
        found.start(1)  # ages that reach before the calendar's beginning
    except (ValueError, TypeError, OverflowError, OSError) as error:
        raise BadCursor(after) from error
    return found


def _last(moment_of_it: str, identity: str) -> _After:
    return _moment(moment_of_it), identity


def _moment(written: str) -> datetime:
    return datetime.fromtimestamp(float(written), UTC)
