"""Whom and what a site always doubts, or trusts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.database import Ascii, Base
from moderation.privacy import Keyring, masked, new_id

from .moderator import Moderator
from .status import stored_as


class ListKind(StrEnum):
    """What an entry is about."""

    ADDRESS = "address"
    NAME = "name"
    #: A host that links lead to, with all below it.
    DOMAIN = "domain"


class Standing(StrEnum):
    """What an entry says."""

    BLOCKED = "blocked"
    #: It speaks against a reply, and holds none by itself.
    WATCHED = "watched"
    TRUSTED = "trusted"


class ListEntry(Base):
    """A line of a site's list. Of several about the same, the newest counts: so what was said
    before it counts again where it is taken back.

    `key` is what replies are compared with: for an address the author's digest on this site, so
    that the list tells nothing elsewhere. The address itself is sealed, and shown masked.
    """

    __tablename__ = "list_entry"
    __table_args__ = (
        Index(None, "site_id", "key", "created_at"),
        Index(None, "site_id", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    kind: Mapped[ListKind] = mapped_column(stored_as(ListKind, "kind"))
    standing: Mapped[Standing] = mapped_column(stored_as(Standing, "standing"))
    key: Mapped[str] = mapped_column(Ascii)
    #: A name or a domain, as it was written; empty for an address.
    shown: Mapped[str] = mapped_column(String(300), default="")
    #: None for what is no address, and for one that was erased.
    sealed: Mapped[bytes | None]
    note: Mapped[str] = mapped_column(String(500), default="")
    by_id: Mapped[str] = mapped_column(ForeignKey("moderator.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(index=True)

    by: Mapped[Moderator] = relationship(lazy="joined", innerjoin=True)

    @staticmethod
    def key_of(kind: ListKind, normal: str) -> str:
        """What is looked for; kinds do not meet."""
        return f"{kind}:{normal}"

    def _row(self) -> str:
        return f"list:{self.id}:address"

    def seal(self, email: str, keyring: Keyring) -> None:
        """Keep an address; the entry has its id already."""
        self.sealed = keyring.seal(email, self._row())

    def label(self, keyring: Keyring) -> str:
        """What a page shows: a name, a domain, a masked address, or "" for one that was erased."""
        return masked(keyring.open(self.sealed, self._row())) if self.sealed else self.shown

    def reseal(self, keyring: Keyring) -> bool:
        """Seal the address with the current secret; True when it was not already."""
        if self.sealed is None or keyring.is_current(self.sealed):
            return False
        self.sealed = keyring.seal(keyring.open(self.sealed, self._row()), self._row())
        return True


@dataclass(frozen=True, slots=True)
class Listed:
    """What a site's list says of one reply."""

    address_blocked: bool = False
    name_blocked: bool = False
    domains_blocked: tuple[str, ...] = ()
    address_watched: bool = False
    name_watched: bool = False
    domains_watched: tuple[str, ...] = ()
    author_trusted: bool = False
    #: How many of its links lead to trusted domains, and to which hosts.
    links_trusted: int = 0
    hosts_trusted: frozenset[str] = frozenset()
