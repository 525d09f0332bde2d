"""That a site is being flooded with replies, and until when it is on its guard."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.database import Base

if TYPE_CHECKING:
    from .moderator import Moderator


class Attack(Base):
    """A site's latest attack: under way until `until`, and nothing has to be written for its end.

    One row a site, so that of several who notice it at once one begins it (see `attack`). What
    happened before is among the site's changes.
    """

    __tablename__ = "attack"
    __table_args__ = (Index(None, "until"),)

    site_id: Mapped[str] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )
    began_at: Mapped[datetime]
    until: Mapped[datetime]
    #: Who switched it on; None where it went on by itself.
    by_id: Mapped[str | None] = mapped_column(ForeignKey("moderator.id"))
    #: How many replies came within ten minutes then, and how many are usual; 0 by hand.
    arrived: Mapped[int]
    usual: Mapped[int]
    #: When its end was written down among the changes.
    ended_at: Mapped[datetime | None]
    #: Somebody ended it: before this moment it does not go on by itself.
    rest_until: Mapped[datetime | None]

    by: Mapped["Moderator | None"] = relationship(lazy="joined")
