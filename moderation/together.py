"""Many decisions in one transaction, each by the same rules as one alone (see `review.decide`).

What is looked up is looked up for all of them, and what changes is written by a handful of
statements, so that hundreds take the time of a few.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from moderation import notices, outside
from moderation.models import (
    Bearer,
    Comment,
    Decision,
    Message,
    Moderator,
    NotAllowed,
    Stale,
    Status,
    Together,
)
from moderation.review import Wish


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one wish: how its comment stands then, and why not as wished.

    `error` is "stale", "unchanged" or "unknown"; empty where it was done.
    """

    comment: str
    error: str = ""
    status: Status | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, at which moment; in which batch, whose messages are due at `due_at`."""

    moderator: Moderator | Bearer
    at: datetime
    due_at: datetime | None = None
    batch_id: str | None = None

    @property
    def cause(self) -> notices.Cause:
        """What is caused by it."""
        due_at = self.due_at or self.at + Message.UNDO_WINDOW
        return notices.Cause(self.at, due_at, self.batch_id)


def decide(
    session: Session, held: Mapping[str, Comment], wishes: Sequence[Wish], by: By
) -> list[Result]:
    """Make these decisions, in their order, on comments that `review.hold` gave."""
    return _in_one_go(session, held, [(wish, None) for wish in wishes], by)


def undo(
    session: Session, held: Mapping[str, Comment], decisions: Sequence[Decision], by: By
) -> list[Result]:
    """Take back those of these decisions that are still the latest on their comments."""
    wishes = [
        (Wish(one.comment_id, one.was, one.version), one)
        for one in decisions
        if one.was is not None
    ]
    return _in_one_go(session, held, wishes, by)


def _in_one_go(
    session: Session,
    held: Mapping[str, Comment],
    wishes: Sequence[tuple[Wish, Decision | None]],
    by: By,
) -> list[Result]:
    pen = Together(session, held.values())
    with session.no_autoflush:
        results = [
            _result(held.get(wish.comment), wish, undone, by, pen) for wish, undone in wishes
        ]
        pen.end()
    session.flush()
    decided = dict.fromkeys(one.comment for one in results if not one.error)
    notices.decided_together(session, [held[one] for one in decided], by.cause)
    outside.owe(session, list(decided), by.cause.due_at)
    return results


def _result(
    comment: Comment | None, wish: Wish, undone: Decision | None, by: By, pen: Together
) -> Result:
    if comment is None:
        return Result(wish.comment, "unknown")
    error = ""
    try:
        comment.decide(wish.status, pen=pen, **_decided(wish, undone, by))
    except Stale:
        error = "stale"
    except NotAllowed:
        error = "unchanged"
    return Result(comment.id, error, comment.status, comment.version)


def _decided(wish: Wish, undone: Decision | None, by: By) -> dict[str, Any]:
    return {
        "by": by.moderator,
        "at": by.at,
        "version": wish.version,
        "reason": wish.reason,
        "note": wish.note,
        "undoes": undone,
    }
