"""What was changed about a site, or about who moderates: who, what, when, from what to what."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.database import Ascii, Base
from moderation.privacy import new_id

from .moderator import Moderator


class What(StrEnum):
    """What was changed. Text in the table without a check: more kinds come with the years."""

    SITE_ADDED = "site_added"
    NAME = "name"
    ORIGINS = "origins"
    SETTING = "setting"
    DEFAULT = "default"
    INVITED = "invited"
    UNINVITED = "uninvited"
    JOINED = "joined"
    ROLE = "role"
    SITE_GIVEN = "site_given"
    SITE_TAKEN = "site_taken"
    REMOVED = "removed"
    BLOCKED = "blocked"
    WATCHED = "watched"
    TRUSTED = "trusted"
    UNLISTED = "unlisted"
    REASON_ADDED = "reason_added"
    REASON_LABEL = "reason_label"
    REASON_SENTENCE = "reason_sentence"
    REASON_MOVED = "reason_moved"
    REASON_RETIRED = "reason_retired"
    THREAD_CLOSED = "thread_closed"
    THREAD_OPENED = "thread_opened"
    THREAD_MOVED = "thread_moved"
    ATTACK_NOTICED = "attack_noticed"
    ATTACK_ON = "attack_on"
    ATTACK_PROLONGED = "attack_prolonged"
    ATTACK_OFF = "attack_off"
    ATTACK_OVER = "attack_over"


class Change(Base):
    """One change, for those who look after the service later. No secret is in it, and addresses
    of people only masked.
    """

    __tablename__ = "change"
    __table_args__ = (Index(None, "site_id", "at", "id"),)

    LONGEST = 2_000

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    #: None where it concerns all sites.
    site_id: Mapped[str | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    #: None where it was a command of whoever runs the service.
    by_id: Mapped[str | None] = mapped_column(ForeignKey("moderator.id"), index=True)
    what: Mapped[str] = mapped_column(String(40))
    #: Which setting, whose role, which page.
    subject: Mapped[str] = mapped_column(String(LONGEST), default="")
    was: Mapped[str] = mapped_column(String(LONGEST), default="")
    became: Mapped[str] = mapped_column(String(LONGEST), default="")
    at: Mapped[datetime]

    by: Mapped[Moderator | None] = relationship(lazy="joined")

    @classmethod
    def of(
        cls,
        what: What,
        site_id: str | None,
        by: Moderator | None,
        at: datetime,
        subject: str = "",
        was: str = "",
        became: str = "",
    ) -> "Change":
        """A change to be added to the session that makes it; what is very long is cut."""
        texts = {"subject": subject, "was": was, "became": became}
        short = {name: text[: cls.LONGEST] for name, text in texts.items()}
        by_id = by.id if by else None
        return cls(id=new_id(), what=str(what), site_id=site_id, by_id=by_id, at=at, **short)
