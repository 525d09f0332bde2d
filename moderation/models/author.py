"""Who wrote a comment. Authors have no account; an address on one site makes one author."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Ascii, Base
from moderation.privacy import Keyring, masked, new_id


class Author(Base):
    """One address on one site.

    The address itself is sealed for this row and opened only to send a message, to show a
    moderator its masked form, or to show it whole when a moderator asked and that was written
    down. `email_digest` is keyed with the site's key, so that it says nothing elsewhere.
    """

    __tablename__ = "author"
    __table_args__ = (UniqueConstraint("site_id", "email_digest"),)

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    email_digest: Mapped[str] = mapped_column(Ascii)
    email_sealed: Mapped[bytes]
    avatar: Mapped[str] = mapped_column(Ascii)
    #: When a link that only the address's owner was sent was followed.
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @staticmethod
    def email_row(author_id: str) -> str:
        """The associated data that binds a sealed address to its row and field."""
        return f"author:{author_id}:email"

    def email(self, keyring: Keyring) -> str:
        """The whole address, as it was typed."""
        return keyring.open(self.email_sealed, self.email_row(self.id))

    def masked_email(self, keyring: Keyring) -> str:
        """The address as moderators see it: b•••@example.org."""
        return masked(self.email(keyring))

    def reseal(self, keyring: Keyring) -> bool:
        """Seal the address with the current secret; True when it was not already."""
        if keyring.is_current(self.email_sealed):
            return False
        self.email_sealed = keyring.seal(self.email(keyring), self.email_row(self.id))
        return True
