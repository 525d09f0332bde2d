"""Who is owed which message when something happens; written in the transaction that causes it.

Nothing is sent here (see `outbox`). Each function writes rows and leaves the commit to its caller.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.database import insert_once
from moderation.models import Comment, Kind, Message, State, Subscription
from moderation.privacy import new_id


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
    locale: str = "en",
) -> bool:
    """Owe a message once for each `occasion`; False when it was owed already."""
    row: dict[str, Any] = {
        "id": new_id(),
        "kind": kind,
        "occasion": f"{kind}:{occasion}",
        "author_id": author_id,
        "moderator_id": moderator_id,
        "comment_id": comment_id,
        "subscription_id": subscription_id,
        "locale": locale,
        "details": {},
        "state": State.DUE,
        "created_at": at,
        "due_at": due_at or at,
        "attempts": 0,
        "error": "",
    }
    return insert_once(session, Message, row)


def decided(session: Session, comment: Comment, *, at: datetime) -> None:
    """What a decision on a comment causes: it was published, so people may want to hear of it.

    Everything waits out the undo window and is looked at again before it is sent. A reply that is
    published, taken back and published again is told of once.
    """
    if not comment.is_seen:
        return
    due_at = at + Message.UNDO_WINDOW
    if comment.notify and comment.author_id:
        _ask_to_confirm(session, comment, at=at, due_at=due_at)
    if comment.parent_id:
        _tell_parents_author(session, comment, at=at, due_at=due_at)


def _ask_to_confirm(session: Session, comment: Comment, *, at: datetime, due_at: datetime) -> None:
    # Asked only now that a moderator has read the reply: the form alone must not be a way to
    # have us mail anybody whose address one knows.
    wish: dict[str, Any] = {
        "id": new_id(),
        "comment_id": comment.id,
        "author_id": comment.author_id,
        "created_at": at,
    }
    if not insert_once(session, Subscription, wish):
        return
    owe(
        session,
        Kind.CONFIRM,
        comment.id,
        at=at,
        due_at=due_at,
        author_id=comment.author_id,
        comment_id=comment.id,
        subscription_id=wish["id"],
        locale=comment.locale,
    )


def _tell_parents_author(
    session: Session, comment: Comment, *, at: datetime, due_at: datetime
) -> None:
    parent = comment.parent
    wish = session.scalar(select(Subscription).where(Subscription.comment_id == comment.parent_id))
    # Whoever answers themselves knows. A wish that is not confirmed yet may be by then.
    if parent is None or wish is None or wish.ended_at or wish.author_id == comment.author_id:
        return
    owe(
        session,
        Kind.REPLY,
        comment.id,
        at=at,
        due_at=due_at,
        author_id=wish.author_id,
        comment_id=comment.id,
        subscription_id=wish.id,
        locale=parent.locale,
    )
