"""Filters of the queue that a moderator keeps under a name."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Ascii, Base
from moderation.privacy import new_id


class SavedView(Base):
    """A filter of the queue, as the query string of its address, under a moderator's own name.

    At most one of a moderator's is where the queue opens.
    """

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("moderator_id", "name"),)

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    moderator_id: Mapped[str] = mapped_column(ForeignKey("moderator.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(2000))
    is_start: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
