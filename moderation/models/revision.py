"""What a comment said before its author changed it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Ascii, Base
from moderation.privacy import new_id


class Revision(Base):
    """A text that a comment no longer has, for moderators to compare. Readers never see one.

    `version` is the comment's last version with this text, so that each decision can be told
    which words it was made on.
    """

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("comment_id", "version"),)

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    comment_id: Mapped[str] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"))
    version: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    written_at: Mapped[datetime]
