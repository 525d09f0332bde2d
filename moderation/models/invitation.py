"""Letting somebody become a moderator: a link that is good once."""

from datetime import datetime, timedelta

from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from moderation.database import Ascii, Base
from moderation.privacy import Keyring, masked, new_id, token_digest

from .moderator import Moderator, Role
from .site import Site
from .status import stored_as

invitation_site = Table(
    "invitation_site",
    Base.metadata,
    Column("invitation_id", ForeignKey("invitation.id", ondelete="CASCADE"), primary_key=True),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Invitation(Base):
    """That an owner asked somebody to moderate: with which role, on which sites.

    Its link's token is random and only its digest is kept. Where the link is mailed, the token is
    kept as well, sealed, until the invitation ends: the letter is drawn when it is sent.
    """

    __tablename__ = "invitation"

    LIFE = timedelta(days=7)

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    token_digest: Mapped[str] = mapped_column(Ascii, unique=True)
    token_sealed: Mapped[bytes | None]
    email_digest: Mapped[str] = mapped_column(Ascii, index=True)
    email_sealed: Mapped[bytes]
    role: Mapped[Role] = mapped_column(stored_as(Role, "role"))
    locale: Mapped[str] = mapped_column(String(12), default="")
    by_id: Mapped[str] = mapped_column(ForeignKey("moderator.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    #: When it was taken up, taken back, or replaced by another.
    ended_at: Mapped[datetime | None]

    by: Mapped[Moderator] = relationship(lazy="joined", innerjoin=True)
    sites: Mapped[list[Site]] = relationship(
        secondary=invitation_site, order_by=Site.key, lazy="selectin"
    )

    def seal(self, email: str, token: str, keyring: Keyring, *, to_be_mailed: bool) -> None:
        """Keep whom it is for, and of its token the digest, or all of it until it is mailed."""
        self.email_sealed = keyring.seal(email, self._row("email"))
        self.token_digest = token_digest(token)
        self.token_sealed = keyring.seal(token, self._row("token")) if to_be_mailed else None

    def _row(self, what: str) -> str:
        return f"invitation:{self.id}:{what}"

    def email(self, keyring: Keyring) -> str:
        """The whole address."""
        return keyring.open(self.email_sealed, self._row("email"))

    def masked_email(self, keyring: Keyring) -> str:
        """The address as pages show it."""
        return masked(self.email(keyring))

    def token(self, keyring: Keyring) -> str | None:
        """The token for the letter; None where it was not to be mailed, or has ended."""
        return keyring.open(self.token_sealed, self._row("token")) if self.token_sealed else None

    def is_open(self, now: datetime) -> bool:
        """Whether it can be taken up."""
        return self.ended_at is None and now < self.expires_at

    def end(self, at: datetime) -> None:
        """Make its link worth nothing."""
        self.ended_at, self.token_sealed = at, None

    def reseal(self, keyring: Keyring) -> bool:
        """Seal it with the current secret; True when it was not already."""
        if keyring.is_current(self.email_sealed):
            return False
        self.email_sealed = keyring.seal(self.email(keyring), self._row("email"))
        token = self.token(keyring)
        self.token_sealed = keyring.seal(token, self._row("token")) if token else None
        return True
