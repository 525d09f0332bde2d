"""Decisions about many comments at once: chosen, looked at, confirmed, carried out bit by bit."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.database import Ascii, Base
from moderation.privacy import new_id

from .moderator import Moderator
from .status import Status, stored_as


class Stage(StrEnum):
    """How far a batch is."""

    #: Its comments are written down, and shown to whoever may confirm it.
    PREVIEW = "preview"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class Outcome(StrEnum):
    """What became of one comment of a batch."""

    #: It belongs to the batch: decided, once the batch's cursor has passed it.
    PART = "part"
    #: Left out: somebody decided it, or its author changed it, after the preview.
    CHANGED = "changed"
    #: Left out: it is not there any more for this moderator.
    GONE = "gone"
    #: Decided with the batch, and left by its undo: somebody has decided it since.
    SINCE = "since"


class Batch(Base):
    """One decision about many comments, of which each is on the version that the preview showed.

    It is carried out in the order of the comments' ids, some hundreds a transaction; `cursor` is
    the last one that is done, and `until` the last one that there is anything to undo about. Who
    works on it has it until `leased_until`; then another may go on.
    """

    __tablename__ = "batch"
    __table_args__ = (Index(None, "moderator_id", "created_at"), Index(None, "stage"))

    #: A preview that nobody confirmed is thrown away after so long: it tells of an old queue.
    PREVIEW_LIFE = timedelta(hours=1)
    #: Which comments were in a batch is kept for so long, and it can be undone as a whole.
    KEPT = timedelta(days=90)

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    moderator_id: Mapped[str] = mapped_column(ForeignKey("moderator.id", ondelete="CASCADE"))
    became: Mapped[Status] = mapped_column(stored_as(Status, "became"))
    reason: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(String(2000), default="")
    #: The filter by which its comments were chosen, as a query string; empty where one by one.
    query: Mapped[str] = mapped_column(String(2000), default="")
    stage: Mapped[Stage] = mapped_column(stored_as(Stage, "stage"), default=Stage.PREVIEW)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[int] = mapped_column(default=0)
    undone: Mapped[int] = mapped_column(default=0)
    #: So many its undo left as they are.
    stand: Mapped[int] = mapped_column(default=0)
    cursor: Mapped[str] = mapped_column(Ascii, default="")
    until: Mapped[str] = mapped_column(Ascii, default="")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]

    moderator: Mapped[Moderator] = relationship(innerjoin=True)

    @property
    def is_working(self) -> bool:
        """Whether there is something left to do."""
        return self.stage in WORKING


#: The stages in which somebody has to go on with a batch.
WORKING = (Stage.RUNNING, Stage.UNDOING)


class BatchItem(Base):
    """A comment of a batch, with the version that was seen at the preview.

    It has no key to the comment: one would cost an index of its own, and a comment that is gone
    is told of as such.
    """

    __tablename__ = "batch_item"

    batch_id: Mapped[str] = mapped_column(
        ForeignKey("batch.id", ondelete="CASCADE"), primary_key=True
    )
    comment_id: Mapped[str] = mapped_column(Ascii, primary_key=True)
    version: Mapped[int]
    outcome: Mapped[Outcome] = mapped_column(stored_as(Outcome, "outcome"), default=Outcome.PART)
