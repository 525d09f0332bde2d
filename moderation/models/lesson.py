"""What the classifier of a site knows, and what it has yet to take in."""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Base

_BIG = BigInteger().with_variant(Integer, "sqlite")


class Learned(Base):
    """A site's model as it was folded last: one row a site, under 5 MB.

    `version` goes up with each folding, `edition` is that of the pieces it counts.
    """

    __tablename__ = "learned"

    site_id: Mapped[str] = mapped_column(
        ForeignKey("site.id", ondelete="CASCADE"), primary_key=True
    )
    version: Mapped[int]
    edition: Mapped[int]
    model: Mapped[bytes] = mapped_column(LargeBinary)


class Lesson(Base):
    """What a decision changed in what a comment teaches, until it is folded into the model.

    A decision so costs one small row, whatever the model's size, and two at once write two rows
    instead of waiting for each other. `spam` and `wanted` say how often more (or less) the comment
    is an example of each. Its pieces are worked out when they are needed, from its text; `pieces`
    holds them where the text has changed, or gone, since.
    """

    __tablename__ = "lesson"
    __table_args__ = (Index(None, "site_id", "id"), Index(None, "comment_id"))

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    comment_id: Mapped[str] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"))
    spam: Mapped[int]
    wanted: Mapped[int]
    #: What the classifier said when the comment came, if it was asked.
    evidence: Mapped[float | None]
    pieces: Mapped[bytes | None] = mapped_column(LargeBinary)
