"""Readers' complaints about what is published."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Ascii, Base
from moderation.privacy import new_id


class Report(Base):
    """That somebody finds a comment should not stand there. One network is one voice a comment.

    The digest is keyed with a network key (see `keeping`), so it says nothing once that is gone.
    """

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("comment_id", "network_digest"),)

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    comment_id: Mapped[str] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"))
    network_digest: Mapped[str] = mapped_column(Ascii)
    reason: Mapped[str] = mapped_column(String(60))
    note: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]
