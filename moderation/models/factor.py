"""What is asked for beside the password: an app's codes, passkeys, recovery codes."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from moderation.database import Ascii, Base
from moderation.privacy import Keyring, new_id


class AuthenticatorApp(Base):
    """The secret that an app makes codes from. It counts once a code of it was given."""

    __tablename__ = "authenticator_app"

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    moderator_id: Mapped[str] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), unique=True
    )
    sealed: Mapped[bytes]
    #: The half minute of the newest code that was taken: neither it nor an older one is again.
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]

    @staticmethod
    def row(app_id: str) -> str:
        """The associated data that binds a sealed secret to its row."""
        return f"authenticator_app:{app_id}:secret"

    def secret(self, keyring: Keyring) -> str:
        """The secret in base32, as apps take it."""
        return keyring.open(self.sealed, self.row(self.id))

    def reseal(self, keyring: Keyring) -> bool:
        """Seal the secret with the current key; True when it was not already."""
        if keyring.is_current(self.sealed):
            return False
        self.sealed = keyring.seal(self.secret(keyring), self.row(self.id))
        return True


class Passkey(Base):
    """A key that signs for a moderator. Only its public half is here, which is no secret."""

    __tablename__ = "passkey"

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    moderator_id: Mapped[str] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), index=True
    )
    credential_id: Mapped[str] = mapped_column(Ascii, unique=True)
    public_key: Mapped[bytes]
    #: How often it has signed, as it says itself; 0 for ever where it does not count.
    sign_count: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code for the day when nothing else is at hand. Its row goes when it is spent."""

    __tablename__ = "recovery_code"

    id: Mapped[str] = mapped_column(Ascii, primary_key=True, default=new_id)
    moderator_id: Mapped[str] = mapped_column(
        ForeignKey("moderator.id", ondelete="CASCADE"), index=True
    )
    #: Keyed: the code has fewer letters than a token, so that it can be written down.
    digest: Mapped[str] = mapped_column(Ascii, unique=True)
