"""Where comments lead, so that a domain nobody knows here is told without reading them all."""

from collections.abc import Iterable

from sqlalchemy import ForeignKey, String, delete, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from moderation.database import Ascii, Base, table
from moderation.prepared import Prepared


class LinkedDomain(Base):
    """That a comment leads to a domain; a row is written only where there is a link."""

    __tablename__ = "linked_domain"

    #: More is not kept of one comment: whoever links to so many is looked at anyway.
    MOST = 5

    site_id: Mapped[str] = mapped_column(Ascii, primary_key=True)
    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    comment_id: Mapped[str] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True, index=True
    )

    @classmethod
    def keep(cls, session: Session, site_id: str, comment_id: str, domains: Iterable[str]) -> None:
        """Write down where a comment leads that was just stored."""
        rows = [
            {"site_id": site_id, "domain": domain, "comment_id": comment_id}
            for domain in list(domains)[: cls.MOST]
        ]
        if rows:
            _INSERT.run(session, rows)

    @classmethod
    def forget(cls, session: Session, comment_id: str) -> None:
        """Forget where a comment leads: it was changed, or erased."""
        session.execute(delete(cls).where(cls.comment_id == comment_id))


_INSERT = Prepared(insert(table(LinkedDomain)))
