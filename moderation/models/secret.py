"""Random keys of the instance that live in the database, sealed."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Ascii, Base
from moderation.privacy import Keyring, new_id, new_key


class Secret(Base):
    """A random key with a purpose and, for some, an end.

    `network` keys make the digests of network addresses: one is used for 15 days and thrown
    away after 30; from then on its digests cannot be linked to any network again. The one
    `accounts` key makes the digests by which moderators are looked up.
    """

    __tablename__ = "secret"

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    purpose: Mapped[str] = mapped_column(Ascii, index=True)
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]

    @classmethod
    def make(cls, purpose: str, *, keyring: Keyring, at: datetime) -> "Secret":
        """A fresh key for a purpose."""
        made = cls(id=new_id(), purpose=purpose, created_at=at)
        made.sealed = keyring.seal(new_key().hex(), made._row)
        return made

    @property
    def _row(self) -> str:
        return _row_of(self.id)

    @staticmethod
    def opened(secret_id: str, sealed: bytes, keyring: Keyring) -> bytes:
        """The key itself, of a row that was read as such."""
        return bytes.fromhex(keyring.open(sealed, _row_of(secret_id)))

    def open(self, keyring: Keyring) -> bytes:
        """The key itself."""
        return self.opened(self.id, self.sealed, keyring)

    def reseal(self, keyring: Keyring) -> bool:
        """Seal the key with the current secret; True when it was not already."""
        if keyring.is_current(self.sealed):
            return False
        self.sealed = keyring.seal(keyring.open(self.sealed, self._row), self._row)
        return True


def _row_of(secret_id: str) -> str:
    return f"secret:{secret_id}"
