"""Decisions: every change of a comment's status, with who, from, to, why and when."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.database import Ascii, Base
from moderation.privacy import new_id

from .moderator import Moderator
from .status import Status, stored_as

if TYPE_CHECKING:
    from .comment import Comment


class Actor(StrEnum):
    """On whose behalf a decision was made."""

    POLICY = "policy"
    MODERATOR = "moderator"
    #: The one who wrote it: changed, withdrew or erased it.
    AUTHOR = "author"
    #: Enough of them reported it.
    READERS = "readers"


class Decision(Base):
    """One recorded change of status, or of the text that a status is about.

    `version` is the comment's version that the decision made; a comment has one decision a
    version, which the database holds against two moderators at once. `by` names the moderator,
    where `actor` is one. An author's edit is a decision too, also of what waits already: whoever
    decided on the old words is told that they have changed. `undoes` points to the decision that
    this one took back.
    """

    __tablename__ = "decision"
    __table_args__ = (
        UniqueConstraint("comment_id", "version"),
        # The log, newest first: of everybody of a kind, of one moderator; and a day's decisions.
        Index(None, "at", "id"),
        Index(None, "actor", "at", "id"),
        Index(None, "by_id", "at", "id"),
    )

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    comment_id: Mapped[str] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"))
    version: Mapped[int]
    was: Mapped[Status | None] = mapped_column(stored_as(Status, "was"))
    became: Mapped[Status] = mapped_column(stored_as(Status, "became"))
    actor: Mapped[Actor] = mapped_column(stored_as(Actor, "actor"))
    by_id: Mapped[str | None] = mapped_column(ForeignKey("moderator.id"))
    reason: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(String(2000), default="")
    at: Mapped[datetime]
    undoes_id: Mapped[str | None] = mapped_column(ForeignKey("decision.id"), index=True)
    #: What the comment was an example of until then: an undo makes it that again.
    taught_before: Mapped[str] = mapped_column(Ascii, default="", server_default="")

    @staticmethod
    def first(comment_id: str, became: Status, at: datetime, reason: str = "") -> dict[str, Any]:
        """The row of the policy's decision, with which a comment begins; `reason` is the code of
        the rule by which it did not only wait.
        """
        row = dict.fromkeys(("was", "by_id", "undoes_id"))
        return row | {
            "id": new_id(),
            "comment_id": comment_id,
            "version": 1,
            "became": became,
            "actor": Actor.POLICY,
            "reason": reason,
            "note": "",
            "at": at,
            "taught_before": "",
        }

    comment: Mapped["Comment"] = relationship(back_populates="decisions")
    by: Mapped[Moderator | None] = relationship()
    undoes: Mapped["Decision | None"] = relationship(remote_side=[id])


class AddressView(Base):
    """That a moderator asked to see an author's whole address: who, of which comment, when."""

    __tablename__ = "address_view"

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    comment_id: Mapped[str] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), index=True
    )
    moderator_id: Mapped[str] = mapped_column(ForeignKey("moderator.id"), index=True)
    at: Mapped[datetime]
