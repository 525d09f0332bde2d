"""Who decides, and how they prove it: password, signed-in browsers, API tokens."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.database import Ascii, Base
from moderation.privacy import Keyring, new_id, token_digest

from .preferences import Preferences
from .site import Site
from .status import stored_as


class Role(StrEnum):
    """An owner sees every site unless sites are named; a moderator those that are named."""

    OWNER = "owner"
    MODERATOR = "moderator"


class Notices(StrEnum):
    """How often a moderator is mailed what waits, while anything new does."""

    OFF = "off"
    HOURLY = "hourly"
    DAILY = "daily"


moderator_site = Table(
    "moderator_site",
    Base.metadata,
    Column("moderator_id", ForeignKey("moderator.id", ondelete="CASCADE"), primary_key=True),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), primary_key=True, index=True),
)


def open_sites(role: str, named: list[str]) -> list[str] | None:
    """The sites somebody of this role may see, for whom these are named; None means every one."""
    return None if role == Role.OWNER and not named else named


class Sees:
    """Whoever may see the sites of `site_ids`, or every one where that is None."""

    @property
    def site_ids(self) -> list[str] | None:
        """The sites they may see; None means every one."""
        raise NotImplementedError

    def may_see(self, site_id: str) -> bool:
        """Whether comments of this site are theirs to read and decide."""
        return self.site_ids is None or site_id in self.site_ids

    def among(self, sites: Iterable[Site]) -> list[Site]:
        """Those of `sites` that they may see."""
        return [site for site in sites if self.may_see(site.id)]


class Bearer(Sees):
    """The moderator whose token a program sent: as much of them as it takes to decide."""

    def __init__(self, moderator_id: str, site_ids: list[str] | None, locale: str = "") -> None:
        self.id = moderator_id
        self.locale = locale
        self._site_ids = site_ids

    @property
    def site_ids(self) -> list[str] | None:
        """The sites they may see; None means every one."""
        return self._site_ids


class Moderator(Sees, Base):
    """A person who decides about comments. Their address is kept as sealed as an author's."""

    __tablename__ = "moderator"

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    email_digest: Mapped[str] = mapped_column(Ascii, unique=True)
    email_sealed: Mapped[bytes]
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(stored_as(Role, "role"))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    notices: Mapped[Notices] = mapped_column(stored_as(Notices, "notices"), default=Notices.OFF)
    #: Up to when they have been told what waits.
    noticed_at: Mapped[datetime | None]
    #: In which language they work; empty for the one that their browser asks for.
    locale: Mapped[str] = mapped_column(String(12), default="")
    #: How they want their queue; see `wishes`.
    preferences: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]
    #: Since when they are no moderator any more. The row stays, since decisions name it; all that
    #: could let them in, or find them, is taken out of it.
    removed_at: Mapped[datetime | None]

    #: They come along, since what a moderator may see is asked after their row's session has ended.
    sites: Mapped[list[Site]] = relationship(
        secondary=moderator_site, order_by=Site.key, lazy="selectin"
    )

    @staticmethod
    def email_row(moderator_id: str) -> str:
        """The associated data that binds a sealed address to its row and field."""
        return f"moderator:{moderator_id}:email"

    def email(self, keyring: Keyring) -> str:
        """The whole address."""
        return keyring.open(self.email_sealed, self.email_row(self.id))

    def reseal(self, keyring: Keyring) -> bool:
        """Seal the address with the current secret; True when it was not already."""
        if keyring.is_current(self.email_sealed):
            return False
        self.email_sealed = keyring.seal(self.email(keyring), self.email_row(self.id))
        return True

    @property
    def wishes(self) -> Preferences:
        """Their preferences, defaults filled in."""
        return Preferences.of(self.preferences)

    @property
    def site_ids(self) -> list[str] | None:
        """The sites they may see; None means every one."""
        return open_sites(self.role, [site.id for site in self.sites])


class Challenged:
    """What a passkey is asked to sign, kept with the browser that asks: once, and not for long."""

    challenge: Mapped[bytes | None] = mapped_column(default=None)
    challenged_at: Mapped[datetime | None] = mapped_column(default=None)


class SignIn(Challenged, Base):
    """One browser in which a moderator is signed in. Deleting the row signs it out at once."""

    __tablename__ = "sign_in"

    #: Signed out after so long without a request, and at the latest after so long in all.
    IDLE = timedelta(days=7)
    LONGEST = timedelta(days=30)
    #: For so long after the password was given, what guards the account can be changed.
    CONFIRMED = timedelta(minutes=10)

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    token_digest: Mapped[str] = mapped_column(Ascii, unique=True)
    moderator_id: Mapped[str] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), index=True
    )
    browser: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]

    moderator: Mapped[Moderator] = relationship(lazy="joined", innerjoin=True)

    def is_over(self, now: datetime) -> bool:
        """Whether it has been idle, or has lasted, too long."""
        return now - self.last_seen_at > self.IDLE or now - self.created_at > self.LONGEST

    def is_confirmed(self, now: datetime) -> bool:
        """Whether the password was given in it a moment ago."""
        return self.confirmed_at is not None and now - self.confirmed_at <= self.CONFIRMED


class HalfSignIn(Challenged, Base):
    """A browser in which the password was right, and the second factor is still to come.

    It opens no page. It is a row of its own kind, so that no forgotten condition can make it a
    session; it goes when it is used.
    """

    __tablename__ = "half_sign_in"

    LIFE = timedelta(minutes=5)

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    token_digest: Mapped[str] = mapped_column(Ascii, unique=True)
    moderator_id: Mapped[str] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(index=True)

    moderator: Mapped[Moderator] = relationship(lazy="joined", innerjoin=True)

    def is_over(self, now: datetime) -> bool:
        """Whether it took too long."""
        return now - self.created_at > self.LIFE


class SignInFailure(Base):
    """A sign-in that failed. Account and network are keyed digests: enough to slow a guesser."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index(None, "account_digest", "at"), Index(None, "network_digest", "at"))

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    account_digest: Mapped[str] = mapped_column(Ascii)
    network_digest: Mapped[str] = mapped_column(Ascii)
    at: Mapped[datetime] = mapped_column(index=True)


class Token(Base):
    """An API token of a moderator. Only its digest is stored; it was shown once."""

    __tablename__ = "token"

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(Ascii, unique=True)
    moderator_id: Mapped[str] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]

    moderator: Mapped[Moderator] = relationship(lazy="joined", innerjoin=True)

    @classmethod
    def of(cls, moderator: Moderator, name: str, secret: str, at: datetime) -> "Token":
        """The stored half of an API token."""
        return cls(
            moderator=moderator, name=name, digest=token_digest(secret), created_at=at, id=new_id()
        )
