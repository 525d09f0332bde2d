"""By what comments that belong together find each other."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Ascii, Base

from .status import stored_as


class InCommon(StrEnum):
    """What a comment has in common with the one that its cluster began with."""

    TEXT = "text"
    DOMAIN = "domain"
    NETWORK = "network"


class Band(Base):
    """That one comment can be found by this: part of its text, a domain, a network.

    A digest under the site's key, so that it says nothing to whoever has not got that. Of several
    comments the newest has the key: so whoever looks finds one at most for each, whatever there is.
    """

    __tablename__ = "band"
    #: Whoever repeats themselves later than that begins a cluster anew; or, where more has come
    #: since, as soon as so many newer ones are kept.
    KEPT = timedelta(days=90)
    MOST_KEPT = 1_000_000

    site_id: Mapped[str] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[InCommon] = mapped_column(stored_as(InCommon, "kind"))
    comment_id: Mapped[str] = mapped_column(
        Ascii, ForeignKey("comment.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(index=True)
