"""Readers' reports: one voice for each network, and enough of them call a moderator."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from moderation import policy, privacy
from moderation.database import insert_once
from moderation.keeping import NETWORK_KEY_LIFE, network_digest, network_digests
from moderation.models import Actor, Comment, Decision, Report, Status, Thread

#: The code of the reason, and of the decision, by which readers put a comment back.
REPORTED = "reported"
#: A report counts for so long. For no less its network is known again, under whichever key its
#: digest was made, so what is counted are different networks.
COUNTS_FOR = NETWORK_KEY_LIFE / 2
#: The latest reports of a comment that moderators are shown.
MOST_TOLD = 20
#: Whoever has no address that could be read has one voice together.
_NOWHERE = "nowhere"


class Grounds(StrEnum):
    """What a reader finds wrong with a comment."""

    SPAM = "spam"
    INSULT = "insult"
    PRIVATE = "private"
    ILLEGAL = "illegal"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a reader says of a comment, and the network address it came from."""

    grounds: Grounds
    note: str
    address: str


@dataclass(frozen=True, slots=True)
class Told:
    """The reports of one comment: how many there are, and the latest of them."""

    total: int = 0
    latest: tuple[dict[str, Any], ...] = ()


class NotThere(Exception):
    """Readers do not see this comment (any more)."""


def receive(
    session: Session,
    keyring: privacy.Keyring,
    comment_id: str,
    complaint: Complaint,
    *,
    now: datetime,
) -> None:
    """Take a reader's report of a published comment. The caller commits. Raises NotThere.

    A network that has reported the comment before changes nothing, and is not told so: the
    answer would say what others did behind the same address. Nor does a moderator's approval let
    it report once more: they have read and decided, and whoever insists says nothing new.
    """
    comment = _hold(session, comment_id)
    if comment is None or not comment.is_seen:
        raise NotThere
    if not _is_another_voice(session, keyring, comment, complaint, now):
        return
    voices = _voices(session, comment, now)
    if _are_enough(comment, voices):
        _put_back(session, comment, voices, now)


def told(session: Session, ids: Iterable[str]) -> dict[str, Told]:
    """What readers reported of each of these comments, the latest first, in one query."""
    mine, latest_first = Report.comment_id, (Report.at.desc(), Report.id)
    numbered = (
        select(
            Report,
            func.count().over(partition_by=mine).label("total"),
            func.row_number().over(partition_by=mine, order_by=latest_first).label("number"),
        )
        .where(Report.comment_id.in_(list(ids)))
        .subquery()
    )
    found: dict[str, Told] = {}
    few = select(numbered).where(numbered.c.number <= MOST_TOLD).order_by(numbered.c.number)
    for row in session.execute(few):
        before = found.get(row.comment_id, Told())
        report = {"reason": row.reason, "note": row.note, "at": row.at}
        found[row.comment_id] = Told(row.total, (*before.latest, report))
    return found


_HELD = (
    select(Comment)
    .options(joinedload(Comment.parent), joinedload(Comment.thread, innerjoin=True))
    .execution_options(populate_existing=True)
)


def _hold(session: Session, comment_id: str) -> Comment | None:
    """The comment, with its thread locked: reports at once are counted one after the other, and
    none while a moderator decides (see `review.hold`).
    """
    if session.get_bind().dialect.name != "sqlite":
        thread = select(Comment.thread_id).where(Comment.id == comment_id).scalar_subquery()
        session.execute(select(Thread.id).where(Thread.id == thread).with_for_update())
    return session.scalar(_HELD.where(Comment.id == comment_id))


def _is_another_voice(
    session: Session,
    keyring: privacy.Keyring,
    comment: Comment,
    complaint: Complaint,
    now: datetime,
) -> bool:
    """Store the report, unless its network has reported the comment already."""
    digest = network_digest(session, keyring, complaint.address, now) or _NOWHERE
    older = network_digests(session, keyring, complaint.address) - {digest}
    known = select(Report.id).where(
        Report.comment_id == comment.id, Report.network_digest.in_(older)
    )
    if session.scalar(known.limit(1)):
        return False
    row = {
        "id": privacy.new_id(),
        "comment_id": comment.id,
        "network_digest": digest,
        "reason": str(complaint.grounds),
        "note": complaint.note,
        "at": now,
    }
    return insert_once(session, Report, row)


def _voices(session: Session, comment: Comment, now: datetime) -> Counter[str]:
    """How many reports there are on each ground, since a moderator last decided on the comment."""
    decided = session.scalar(
        select(func.max(Decision.at)).where(
            Decision.comment_id == comment.id, Decision.actor == Actor.MODERATOR
        )
    )
    since = max(now - COUNTS_FOR, decided) if decided else now - COUNTS_FOR
    rows = session.execute(
        select(Report.reason, func.count())
        .where(Report.comment_id == comment.id, Report.at > since)
        .group_by(Report.reason)
    )
    return Counter(dict(rows.all()))


def _are_enough(comment: Comment, voices: Counter[str]) -> bool:
    # What a moderator wrote as such is a moderator's to take back: readers cannot silence them.
    wanted = comment.thread.site.settings.reports_to_hold
    return comment.moderator_id is None and 0 < wanted <= voices.total()


def _put_back(session: Session, comment: Comment, voices: Counter[str], now: datetime) -> None:
    by_number = sorted(voices.items(), key=lambda one: (-one[1], one[0]))
    detail = ", ".join(f"{grounds} ({number})" for grounds, number in by_number)
    reason = policy.Reason(REPORTED, policy.Effect.HOLD, detail=detail)
    others = [one for one in comment.reasons if one["code"] != REPORTED]
    comment.reasons = [*others, reason.stored()]
    with session.no_autoflush:
        comment.decide(Status.PENDING, by=None, at=now, actor=Actor.READERS, reason=REPORTED)
    session.flush()
