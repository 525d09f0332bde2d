"""Mail that is owed, and who asked for it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.database import Ascii, Base
from moderation.privacy import new_id

from .author import Author
from .comment import Comment
from .invitation import Invitation
from .moderator import Moderator
from .status import stored_as


class Kind(StrEnum):
    """What a message says."""

    #: The private address of one's own reply, asked for on its page.
    STATUS = "status"
    #: One's reply is published: are answers to it to be mailed?
    CONFIRM = "confirm"
    #: Somebody answered.
    REPLY = "reply"
    #: A link that erases all that an address left on a site.
    ERASE = "erase"
    #: What waits, for a moderator.
    DIGEST = "digest"
    #: A link by which somebody becomes a moderator.
    INVITE = "invite"


class State(StrEnum):
    """What became of a message."""

    DUE = "due"
    SENT = "sent"
    #: Nobody wants it any more: its reply was taken back, its subscription ended.
    DROPPED = "dropped"
    #: Given up after many tries: on the list that an owner looks at.
    DEAD = "dead"


class Subscription(Base):
    """An author's wish to be told of answers to one comment.

    Nothing but the one question is sent before `confirmed_at`: anybody can type anybody's address.
    """

    __tablename__ = "subscription"

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    comment_id: Mapped[str] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), unique=True
    )
    author_id: Mapped[str] = mapped_column(ForeignKey("author.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    comment: Mapped[Comment] = relationship(innerjoin=True)
    author: Mapped[Author] = relationship(innerjoin=True)

    @property
    def is_on(self) -> bool:
        """Whether answers are mailed."""
        return self.confirmed_at is not None and self.ended_at is None


class Message(Base):
    """Something to be sent: written in the transaction that causes it, sent until it went.

    It holds no address and no text: both are looked up when it is sent, sealed and current.
    `occasion` is unique, so that nothing is owed twice; `id` makes the Message-ID, the same at
    each try. Who sends it has it until `leased_until`; then another may try.
    """

    __tablename__ = "message"
    __table_args__ = (Index(None, "state", "due_at"),)

    #: A moderator may take a decision back so long before anybody hears of it.
    UNDO_WINDOW = timedelta(seconds=30)

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    kind: Mapped[Kind] = mapped_column(stored_as(Kind, "kind"))
    occasion: Mapped[str] = mapped_column(Ascii, unique=True)
    author_id: Mapped[str | None] = mapped_column(
        ForeignKey("author.id", ondelete="CASCADE"), index=True
    )
    moderator_id: Mapped[str | None] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), index=True
    )
    comment_id: Mapped[str | None] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), index=True
    )
    subscription_id: Mapped[str | None] = mapped_column(
        ForeignKey("subscription.id", ondelete="CASCADE"), index=True
    )
    #: The batch that caused it: it is not due before that has ended (see `batches`).
    batch_id: Mapped[str | None] = mapped_column(
        ForeignKey("batch.id", ondelete="SET NULL"), index=True
    )
    invitation_id: Mapped[str | None] = mapped_column(
        ForeignKey("invitation.id", ondelete="CASCADE"), index=True
    )
    locale: Mapped[str] = mapped_column(String(12), default="en")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[State] = mapped_column(stored_as(State, "state"), default=State.DUE)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    #: The receiver's last refusal, without any address.
    error: Mapped[str] = mapped_column(String(300), default="")

    author: Mapped[Author | None] = relationship()
    moderator: Mapped[Moderator | None] = relationship()
    comment: Mapped[Comment | None] = relationship()
    subscription: Mapped[Subscription | None] = relationship()
    invitation: Mapped[Invitation | None] = relationship()
