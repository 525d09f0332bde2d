"""A page of a thread, ready to be sent."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Ascii, Base


class Document(Base):
    """The bytes readers get: plain and compressed, with their ETag.

    It is good as long as `revision` is the thread's. `address` names what was asked for (site,
    order, cursor, page), so that serving one is a single look-up.
    """

    __tablename__ = "document"

    address: Mapped[str] = mapped_column(Ascii, primary_key=True)
    thread_id: Mapped[str] = mapped_column(ForeignKey("thread.id", ondelete="CASCADE"), index=True)
    revision: Mapped[int]
    etag: Mapped[str] = mapped_column(Ascii)
    plain: Mapped[bytes]
    gzip: Mapped[bytes]
    brotli: Mapped[bytes]
