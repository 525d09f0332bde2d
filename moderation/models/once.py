"""What may happen once: a challenge is spent, a request is taken."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Ascii, Base


class SpentChallenge(Base):
    """That a sum was answered. Its unique row, written in the transaction that stores the
    comment, is what makes a challenge good for one reply on every worker and node.
    """

    __tablename__ = "spent_challenge"

    nonce: Mapped[str] = mapped_column(Ascii, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class MailedLink(Base):
    """That an address was mailed a link today: a keyed digest, so that the day's limit outlives
    what is erased.
    """

    __tablename__ = "mailed_link"

    digest: Mapped[str] = mapped_column(Ascii, primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Receipt(Base):
    """The first answer to a request with an Idempotency-Key, to be given again to its repeats."""

    __tablename__ = "receipt"

    site_id: Mapped[str] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )
    key_digest: Mapped[str] = mapped_column(Ascii, primary_key=True)
    request_digest: Mapped[str] = mapped_column(Ascii)
    status: Mapped[int] = mapped_column(default=0)
    answer: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: What was answered about: when it is erased, so is this.
    comment_id: Mapped[str | None] = mapped_column(Ascii, index=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
