"""Numbers that the database keeps by itself, so that nobody has to count rows.

Their triggers are in migration 0007: whatever writes a comment, a decision's status or a report,
one at a time or in bulk, cannot forget them.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, ForeignKey, Index, Integer, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.database import Ascii, Base, table

from .status import Status, stored_as

_BIG = BigInteger().with_variant(Integer, "sqlite")


class Tally(Base):
    """How many comments of a site have a status: the sum of `n` over its rows.

    SQLite keeps one row for each, since its writers take turns. PostgreSQL adds a row for each
    change, so that no decision waits for another one's row; `fold` makes one of many.
    No foreign key: the rows that count a site's last comments down are written when it is gone.
    """

    __tablename__ = "tally"
    __table_args__ = (Index(None, "site_id", "status"),)

    id: Mapped[int] = mapped_column(_BIG, primary_key=True)
    site_id: Mapped[str] = mapped_column(Ascii)
    status: Mapped[Status] = mapped_column(stored_as(Status, "status"))
    n: Mapped[int]

    @staticmethod
    def fold(session: Session) -> None:
        """Make one row of all that count the same.

        One statement takes them and writes their sum, so what others add meanwhile is neither
        lost nor counted twice. On SQLite there is one row already.
        """
        if session.get_bind().dialect.name == "sqlite":
            return
        rows = table(Tally)
        taken = delete(rows).returning(rows.c.site_id, rows.c.status, rows.c.n).cte("taken")
        total = func.sum(taken.c.n)
        sums = select(taken.c.site_id, taken.c.status, total).group_by(
            taken.c.site_id, taken.c.status
        )
        written = rows.insert().from_select(["site_id", "status", "n"], sums.having(total != 0))
        session.execute(written.add_cte(taken))


class CommentReason(Base):
    """That a comment has a reason, where an index finds it; `comment.reasons` says it in full.

    What the queue is sorted and narrowed by stands beside it, or the index could not sort.
    """

    __tablename__ = "comment_reason"
    __table_args__ = (
        Index(None, "code", "status", "risk", "created_at", "comment_id"),
        Index(
            "ix_comment_reason_of_site",
            *("site_id", "code", "status", "risk", "created_at", "comment_id"),
        ),
    )

    comment_id: Mapped[str] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True
    )
    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    site_id: Mapped[str] = mapped_column(Ascii)
    status: Mapped[Status] = mapped_column(stored_as(Status, "status"))
    risk: Mapped[int]
    created_at: Mapped[datetime]


class DayTally(Base):
    """One number of a site's day, in UTC: what the page of pictures is drawn from.

    `what` says what was counted, `name` of whom or what. Written by `measuring`, in rounds.
    """

    __tablename__ = "day_tally"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    site_id: Mapped[str] = mapped_column(Ascii, primary_key=True)
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    n: Mapped[int] = mapped_column(_BIG)
