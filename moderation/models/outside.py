"""What a site has asked outside: its services, what they said, lists that were loaded."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Ascii, Base
from moderation.privacy import Keyring, new_id


class OutsideService(Base):
    """A service that a site's owner set up, on or off; without a row it is off.

    `name` is text without a check: more services come with the years.
    """

    __tablename__ = "outside_service"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Ascii)
    is_on: Mapped[bool] = mapped_column(default=False)
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: Akismet's key, the webhook's secret.
    sealed_key: Mapped[bytes | None]
    #: The last time it could not be asked, and why: as a reason says it.
    failed_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(String(300), default="")

    @property
    def _row(self) -> str:
        return f"outside:{self.id}:key"

    def seal(self, key: str, keyring: Keyring) -> None:
        """Keep a key; the row has its id already."""
        self.sealed_key = keyring.seal(key, self._row)

    def open(self, keyring: Keyring) -> str:
        """The key, or "" where there is none."""
        return keyring.open(self.sealed_key, self._row) if self.sealed_key else ""

    def reseal(self, keyring: Keyring) -> bool:
        """Seal the key with the current secret; True when it was not already."""
        if self.sealed_key is None or keyring.is_current(self.sealed_key):
            return False
        self.sealed_key = keyring.seal(keyring.open(self.sealed_key, self._row), self._row)
        return True


class OutsideCheck(Base):
    """What Akismet took a comment for, and whether it is owed word that a moderator did not.

    It is owed from `due_at` on, once moderators have decided; what they decided is looked at when
    it is sent, so that a decision that was taken back sends nothing.
    """

    __tablename__ = "outside_check"

    comment_id: Mapped[str] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True
    )
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    #: "spam" or "ham": what it said, and then what it was told last.
    known_as: Mapped[str] = mapped_column(Ascii)
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)


class OutsideList(Base):
    """A list of StopForumSpam's that was loaded from a file; of each kind one is current."""

    __tablename__ = "outside_list"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    kind: Mapped[str] = mapped_column(Ascii, index=True)
    is_current: Mapped[bool] = mapped_column(default=False)
    entries: Mapped[int] = mapped_column(default=0)
    loaded_at: Mapped[datetime]


class OutsideListed(Base):
    """What is on such a list: 60 bits of a keyed digest, and nothing else."""

    __tablename__ = "outside_listed"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy's own idiom

    list_id: Mapped[int] = mapped_column(
        ForeignKey("outside_list.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
