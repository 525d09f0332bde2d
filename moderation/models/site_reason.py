"""Why moderators of one site reject a reply, where its owner wants other reasons than the usual."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Ascii, Base
from moderation.privacy import new_id

#: The reasons that every site has until its owner changes them, in their order. What they say, in
#: every language, is the door's.
BUILT_IN = (
    "off_topic",
    "insulting",
    "private_details",
    "advertising",
    "fraud",
    "repeated",
    "own_wish",
    "below_rejected",
)


class SiteReason(Base):
    """One of a site's reasons, in its place. `code` is what a decision keeps.

    A built-in reason has its own code and no words here, so that it is still translated. What an
    author was told stays true: a sentence is never changed, but retired, with a new one after it.
    """

    __tablename__ = "site_reason"
    __table_args__ = (UniqueConstraint("site_id", "code"),)

    LONGEST_LABEL = 60
    LONGEST_SENTENCE = 300

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(Ascii, default=new_id)
    #: What a moderator chooses by; empty for a built-in one's own.
    label: Mapped[str] = mapped_column(String(LONGEST_LABEL), default="")
    #: What the author reads; empty for a built-in one's own.
    sentence: Mapped[str] = mapped_column(String(LONGEST_SENTENCE), default="")
    place: Mapped[int]
    retired_at: Mapped[datetime | None]
