"""Who looks at which comment just now."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Base


class Lease(Base):
    """That a moderator looks at a comment. It tells others, and keeps nobody from anything."""

    __tablename__ = "lease"

    #: It is renewed while they look; whoever has left is forgotten after so long.
    LIFE = timedelta(seconds=90)

    comment_id: Mapped[str] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True
    )
    moderator_id: Mapped[str] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    until: Mapped[datetime] = mapped_column(index=True)
