"""Who is owed which message when something happens; written in the transaction that causes it.

Nothing is sent here (see `outbox`). Each function writes rows and leaves the commit to its caller.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, joinedload

from moderation.database import insert_once
from moderation.models import (
    Attack,
    Author,
    Comment,
    Decision,
    Kind,
    MailedLink,
    Message,
    Moderator,
    Notices,
    State,
    Status,
    Subscription,
)
from moderation.privacy import digest, new_id

#: How long a moderator is left alone after a digest.
EVERY = {Notices.HOURLY: timedelta(hours=1), Notices.DAILY: timedelta(days=1)}
#: The policy's decision makes version 1, the first of a moderator version 2.
_FIRST_DECIDED = 2
#: So many links of a kind are mailed to one address in a day (in UTC), from one site.
MOST_LINKS = 3


def owe(
    session: Session,
    kind: Kind,
    occasion: str,
    *,
    at: datetime,
    due_at: datetime | None = None,
    author_id: str | None = None,
    moderator_id: str | None = None,
    comment_id: str | None = None,
    subscription_id: str | None = None,
    batch_id: str | None = None,
    invitation_id: str | None = None,
    locale: str = "en",
) -> bool:
    """Owe a message once for each `occasion`; False when it was owed already.

    One that nobody has tried to send yet, or that nobody wanted when it was due, is due (again):
    a reply that was published, taken back and published again is still to be told of.
    """
    row: dict[str, Any] = {
        "id": new_id(),
        "kind": kind,
        "occasion": f"{kind}:{occasion}",
        "author_id": author_id,
        "moderator_id": moderator_id,
        "comment_id": comment_id,
        "subscription_id": subscription_id,
        "batch_id": batch_id,
        "invitation_id": invitation_id,
        "locale": locale,
        "details": {},
        "state": State.DUE,
        "created_at": at,
        "due_at": due_at or at,
        "attempts": 0,
        "error": "",
    }
    return insert_once(session, Message, row) or _owe_again(session, row)


def _owe_again(session: Session, row: dict[str, Any]) -> bool:
    untried = and_(Message.state == State.DUE, Message.attempts == 0)
    open_still = or_(Message.state == State.DROPPED, untried)
    anew = {"state": State.DUE, "due_at": row["due_at"], "attempts": 0, "ended_at": None}
    anew["batch_id"] = row["batch_id"]
    this = Message.occasion == row["occasion"]
    session.execute(update(Message).where(this, open_still).values(anew))
    return False


class Asked(StrEnum):
    """What becomes of the wish to have a link mailed."""

    NEW = "new"
    BEFORE = "before"
    ENOUGH = "enough"
    NOBODY = "nobody"


def owe_link(
    session: Session, kind: Kind, comment: Comment, site_key: bytes, *, at: datetime
) -> Asked:
    """Owe the author of a comment a link: to its page, once, or one that erases, once a day.

    Where it is ENOUGH the caller does not commit.
    """
    author = session.get(Author, comment.author_id, with_for_update=True, populate_existing=True)
    if author is None:
        return Asked.NOBODY
    to_page = kind is Kind.STATUS
    owed = owe(
        session,
        kind,
        comment.id if to_page else f"{author.id}:{at.astimezone(UTC).date()}",
        at=at,
        author_id=author.id,
        comment_id=comment.id if to_page else None,
        locale=comment.locale,
    )
    if not owed:
        return Asked.BEFORE
    return Asked.NEW if _count_link(session, kind, author, site_key, at) else Asked.ENOUGH


def _count_link(
    session: Session, kind: Kind, author: Author, site_key: bytes, at: datetime
) -> bool:
    """Count one more link mailed today; False where it is one too many.

    What counts is the address, not the author: who erases all they left and begins anew is another
    author, and the form must be no way to send somebody more mail. Of the address a keyed digest
    is kept, until the day is over.
    """
    day = at.astimezone(UTC).date()
    over = datetime.combine(day, time(), UTC) + timedelta(days=1)
    for number in range(MOST_LINKS):
        said = f"{kind} {day} {number} {author.email_digest}"
        row = {"digest": digest(site_key, "mailed link", said), "expires_at": over}
        if insert_once(session, MailedLink, row):
            return True
    return False


def decided(session: Session, comment: Comment, *, at: datetime) -> None:
    """What a decision on a comment causes: it was published, so people may want to hear of it.

    Everything waits out the undo window and is looked at again before it is sent. A reply that is
    published, taken back and published again is told of once.
    """
    decided_together(session, [comment], Cause(at, at + Message.UNDO_WINDOW))


@dataclass(frozen=True, slots=True)
class Cause:
    """Of which moment a message is, when it is due, and the batch that caused it."""

    at: datetime
    due_at: datetime
    batch_id: str | None = None


def decided_together(session: Session, comments: Sequence[Comment], cause: Cause) -> None:
    """The same for comments that were decided in one go; what is looked up is so for all."""
    seen = [comment for comment in comments if comment.is_seen]
    for comment in seen:
        if comment.notify and comment.author_id:
            _ask_to_confirm(session, comment, cause)
    # Answers that were approved while it was away show again with it, some for the first time.
    again = [comment.id for comment in seen if comment.version > _FIRST_DECIDED]
    answers = [comment for comment in seen if comment.parent_id] + _seen_below(session, again)
    _tell_parents_authors(session, answers, cause)


def _seen_below(session: Session, ids: list[str]) -> list[Comment]:
    if not ids:
        return []
    below = select(Comment).where(Comment.parent_id.in_(ids), Comment.published)
    shown = below.where(Comment.status == Status.APPROVED)
    return list(session.scalars(shown.options(joinedload(Comment.parent))))


def _ask_to_confirm(session: Session, comment: Comment, cause: Cause) -> None:
    # Asked only now that a moderator has read the reply: the form alone must not be a way to
    # have us mail anybody whose address one knows.
    wish: dict[str, Any] = {
        "id": new_id(),
        "comment_id": comment.id,
        "author_id": comment.author_id,
        "created_at": cause.at,
    }
    if not insert_once(session, Subscription, wish):
        # Asked before, or about to be: whether the question is still to be sent, `owe` knows.
        there = select(Subscription.id).where(Subscription.comment_id == comment.id)
        wish["id"] = session.scalar(there)
    owe(
        session,
        Kind.CONFIRM,
        comment.id,
        at=cause.at,
        due_at=cause.due_at,
        author_id=comment.author_id,
        comment_id=comment.id,
        subscription_id=wish["id"],
        batch_id=cause.batch_id,
        locale=comment.locale,
    )


def _tell_parents_authors(session: Session, answers: Sequence[Comment], cause: Cause) -> None:
    if not answers:
        return
    above = {answer.parent_id for answer in answers}
    asked = session.scalars(select(Subscription).where(Subscription.comment_id.in_(above)))
    wishes = {wish.comment_id: wish for wish in asked}
    for answer in answers:
        wish = wishes.get(answer.parent_id or "")
        # Whoever answers themselves knows. A wish that is not confirmed yet may be by then.
        if wish and not wish.ended_at and wish.author_id != answer.author_id and answer.parent:
            _tell_parents_author(session, answer, wish, answer.parent.locale, cause)


def _tell_parents_author(
    session: Session, answer: Comment, wish: Subscription, locale: str, cause: Cause
) -> None:
    owe(
        session,
        Kind.REPLY,
        answer.id,
        at=cause.at,
        due_at=cause.due_at,
        author_id=wish.author_id,
        comment_id=answer.id,
        subscription_id=wish.id,
        batch_id=cause.batch_id,
        locale=locale,
    )


def may_plan(session: Session, now: datetime) -> bool:
    """Whether anybody is to be told of something: asked every few seconds, so without writing."""
    return any(_is_to_be_told(session, one, now) for one in session.scalars(_WANTING))


def plan_digests(session: Session, now: datetime) -> int:
    """Owe a digest to each moderator who wants one and has something new waiting: how many.

    Once within an hour, or a day, and only while something came since the last one. Two machines
    that plan at once see the same last one, and so owe for the same occasion.
    """
    return sum(_plan_digest(session, one, now) for one in session.scalars(_WANTING).all())


_WANTING = select(Moderator).where(Moderator.notices != Notices.OFF)


def _is_to_be_told(session: Session, moderator: Moderator, now: datetime) -> bool:
    last = moderator.noticed_at
    is_time = (
        last is None
        or now - last >= EVERY[moderator.notices]
        or _is_alarmed(session, moderator, last, now)
    )
    return is_time and waits(session, moderator, since=last)


def _is_alarmed(session: Session, moderator: Moderator, last: datetime, now: datetime) -> bool:
    """Whether an attack began since they were told: then one digest comes at once, and the next
    when it would have come after that.
    """
    query = select(Attack.site_id).where(Attack.until > now, Attack.began_at > last)
    if moderator.site_ids is not None:
        query = query.where(Attack.site_id.in_(moderator.site_ids))
    return session.scalar(query.limit(1)) is not None


def _plan_digest(session: Session, moderator: Moderator, now: datetime) -> bool:
    if not _is_to_be_told(session, moderator, now):
        return False
    last = moderator.noticed_at
    occasion = f"{moderator.id}:{last.timestamp() if last else 0}"
    owed = owe(
        session,
        Kind.DIGEST,
        occasion,
        at=now,
        moderator_id=moderator.id,
        locale=moderator.locale,
    )
    moderator.noticed_at = now
    return owed


def waits(session: Session, moderator: Moderator, *, since: datetime | None = None) -> bool:
    """Whether anything waits that a moderator may see, or anything that came after `since`."""
    query = select(Comment.id).where(Comment.status == Status.PENDING, *_sites_of(moderator))
    if since is not None:
        # Not when it was written: a report or an edit makes an old one wait again.
        latest = and_(Decision.comment_id == Comment.id, Decision.version == Comment.version)
        query = query.join(Decision, latest).where(Decision.at > since)
    return session.scalar(query.limit(1)) is not None


def _sites_of(moderator: Moderator) -> list[ColumnElement[bool]]:
    only = moderator.site_ids
    return [] if only is None else [Comment.site_id.in_(only)]


def is_wanted(session: Session, message: Message) -> bool:
    """Look at a message again before it is sent: much may have happened since it was owed."""
    return _WANTED[message.kind](session, message)


def _wants_status(_session: Session, message: Message) -> bool:
    return bool(message.author and message.comment and message.comment.status is not Status.DELETED)


def _wants_question(_session: Session, message: Message) -> bool:
    wish = message.subscription
    asked = wish is not None and wish.confirmed_at is None and wish.ended_at is None
    return asked and message.comment is not None and message.comment.is_seen


def _wants_answer(_session: Session, message: Message) -> bool:
    is_on = message.subscription is not None and message.subscription.is_on
    return is_on and message.comment is not None and message.comment.is_seen


def _wants_erasure(_session: Session, message: Message) -> bool:
    return message.author is not None


def _wants_digest(session: Session, message: Message) -> bool:
    # They may have said no since it was owed: a mail server can be away for days.
    me = message.moderator
    return me is not None and me.notices is not Notices.OFF and waits(session, me)


def _wants_invitation(_session: Session, message: Message) -> bool:
    # Not when it runs out: who is sent it late is told so by its page, and can ask for another.
    return message.invitation is not None and message.invitation.ended_at is None


_WANTED: dict[Kind, Callable[[Session, Message], bool]] = {
    Kind.STATUS: _wants_status,
    Kind.CONFIRM: _wants_question,
    Kind.REPLY: _wants_answer,
    Kind.ERASE: _wants_erasure,
    Kind.DIGEST: _wants_digest,
    Kind.INVITE: _wants_invitation,
}
