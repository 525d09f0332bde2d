"""What moderators tell each other about a comment."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.database import Ascii, Base
from moderation.privacy import new_id

from .moderator import Moderator


class Note(Base):
    """A moderator's words about a comment, for other moderators alone. No decision hangs on it."""

    __tablename__ = "note"

    LONGEST = 2_000

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    comment_id: Mapped[str] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), index=True
    )
    moderator_id: Mapped[str] = mapped_column(ForeignKey("moderator.id"), index=True)
    text: Mapped[str] = mapped_column(String(LONGEST))
    at: Mapped[datetime]

    moderator: Mapped[Moderator] = relationship(innerjoin=True)
