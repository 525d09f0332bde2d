"""One page's comments."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.database import Ascii, Base
from moderation.privacy import new_id

from .site import Site


class Thread(Base):
    """The comments of one page of a site.

    `count` is how many comments readers see; `revision` rises in the same transaction as
    whatever changes what they see, and marks every ready-made document of the thread as old.
    Both are raised in SQL, not in Python: two decisions at once must add up.
    """

    __tablename__ = "thread"
    __table_args__ = (UniqueConstraint("site_id", "page"),)

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    page: Mapped[str] = mapped_column(Ascii)
    title: Mapped[str] = mapped_column(String(300), default="")
    open: Mapped[bool] = mapped_column(default=True)
    count: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    site: Mapped[Site] = relationship(innerjoin=True)

    def readers_see(self, *, more: int) -> None:
        """Mark the ready-made documents as old; `more` comments (or fewer) are published."""
        self.count = Thread.count + more
        self.revision = Thread.revision + 1
