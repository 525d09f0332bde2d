"""How often a classifier was right: what it said when comments came, beside what was decided."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Comment, Status

#: Of so many decided comments of each kind the record is shown.
MOST_RECORDED = 2_000
#: How wide a step of it is, in percent.
STEP = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """How often the classifier was right in a part of its record.

    Of `judged` comments `spam` were marked as spam in the end; it had said so of `marked`, and was
    right about `found` of these. `expected` is the sum of what it had said.
    """

    label: str
    judged: int = 0
    spam: int = 0
    marked: int = 0
    found: int = 0
    expected: float = 0.0

    @property
    def precision(self) -> float | None:
        """Of those it would have marked, the share that was spam."""
        return self.found / self.marked if self.marked else None

    @property
    def recall(self) -> float | None:
        """Of all spam, the share that it would have marked."""
        return self.found / self.spam if self.spam else None

    def with_one(self, likeness: float, *, is_spam: bool, is_marked: bool) -> "Tally":
        """The same with one comment more."""
        return Tally(
            self.label,
            self.judged + 1,
            self.spam + is_spam,
            self.marked + is_marked,
            self.found + (is_spam and is_marked),
            self.expected + likeness,
        )


@dataclass(frozen=True, slots=True)
class Record:
    """What the classifier said of the latest comments, beside what was decided."""

    all: Tally
    #: By the month in which they were left, the earliest first; labels like "2026-11".
    months: tuple[Tally, ...]
    #: By what it said, in fifths: labels are the lower bounds in percent.
    steps: tuple[Tally, ...]


def record(session: Session, site_id: str, *, spam_from: int) -> Record:
    """The record of the latest decided comments, a bounded number of them.

    What was said when each came is stored with it: nothing is judged again with what was learned
    since. `spam_from` is from how many percent on it counts as marked.
    """
    found = [
        (one.created_at.strftime("%Y-%m"), one.likeness, one.taught == "spam")
        for status in (Status.SPAM, Status.APPROVED)
        for one in session.execute(_recent(site_id, status))
        if one.taught and one.likeness is not None
    ]
    whole = Tally("")
    months: dict[str, Tally] = {}
    steps = {str(low): Tally(str(low)) for low in range(0, 100, STEP)}
    for month, likeness, is_spam in sorted(found):
        told = {"is_spam": is_spam, "is_marked": round(100 * likeness) >= spam_from}
        step = str(min(int(100 * likeness), 99) // STEP * STEP)
        whole = whole.with_one(likeness, **told)
        months[month] = months.get(month, Tally(month)).with_one(likeness, **told)
        steps[step] = steps[step].with_one(likeness, **told)
    return Record(whole, tuple(months.values()), tuple(steps.values()))


def _recent(site_id: str, status: Status) -> Any:
    return (
        select(Comment.created_at, Comment.likeness, Comment.taught)
        .where(Comment.site_id == site_id, Comment.status == status)
        .order_by(Comment.created_at.desc(), Comment.id.desc())
        .limit(MOST_RECORDED)
    )
