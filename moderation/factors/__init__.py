"""Second factors: which there are, what proves them, and how all of them go."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from moderation.models import (
    AuthenticatorApp,
    HalfSignIn,
    Moderator,
    Passkey,
    RecoveryCode,
    SignIn,
)
from moderation.privacy import Keyring

from . import apps, passkeys, recovery

__all__ = [
    "Ways",
    "accept_code",
    "add",
    "apps",
    "end_others",
    "passkeys",
    "recovery",
    "remove",
    "renewed_codes",
    "reset",
    "start_app",
    "ways",
]


@dataclass(frozen=True, slots=True)
class Ways:
    """How somebody can prove who they are, beside their password."""

    app: bool
    passkeys: int
    codes: int

    @property
    def any(self) -> bool:
        """Whether a second factor is asked for. Recovery codes stand in for one; they are none."""
        return self.app or self.passkeys > 0


def ways(rows: Session, moderator_id: str) -> Ways:
    """What a moderator has set up."""
    app = select(AuthenticatorApp.id).where(
        AuthenticatorApp.moderator_id == moderator_id, AuthenticatorApp.confirmed_at.is_not(None)
    )
    own = select(func.count()).where(Passkey.moderator_id == moderator_id)
    return Ways(
        app=rows.scalar(app) is not None,
        passkeys=rows.scalar(own) or 0,
        codes=recovery.left(rows, moderator_id),
    )


def add(
    rows: Session, keyring: Keyring, browser: SignIn, prove: Callable[[], bool]
) -> list[str] | None:
    """Add a factor that proves itself: the recovery codes to tell, or None where it does not.

    No codes are made where there are some. The first factor signs all other browsers out: they
    were signed in without it.
    """
    moderator_id = browser.moderator_id
    _held(rows, moderator_id)
    before = ways(rows, moderator_id)
    if not prove():
        return None
    if not before.any:
        end_others(rows, moderator_id, browser.id)
    return [] if before.codes else recovery.make(rows, keyring, moderator_id)


def start_app(rows: Session, keyring: Keyring, moderator_id: str, at: datetime) -> bool:
    """Make the secret that an app is to be given; False where an app is set up already."""
    _held(rows, moderator_id)
    return apps.start(rows, keyring, moderator_id, at)


def renewed_codes(rows: Session, keyring: Keyring, moderator_id: str) -> list[str]:
    """New recovery codes, in place of all that there were; none without a factor."""
    _held(rows, moderator_id)
    if not ways(rows, moderator_id).any:
        return []
    return recovery.make(rows, keyring, moderator_id)


def remove(rows: Session, moderator_id: str, take_away: Callable[[], object]) -> None:
    """Take a factor away; with the last one go the recovery codes, which stand in for nothing."""
    _held(rows, moderator_id)
    take_away()
    if not ways(rows, moderator_id).any:
        rows.execute(delete(RecoveryCode).where(RecoveryCode.moderator_id == moderator_id))


def reset(rows: Session, moderator_id: str) -> None:
    """Take every factor away from somebody who is locked out, and end all of their sessions."""
    _held(rows, moderator_id)
    for kind in (AuthenticatorApp, Passkey, RecoveryCode):
        rows.execute(delete(kind).where(kind.moderator_id == moderator_id))
    end_others(rows, moderator_id)


def end_others(rows: Session, moderator_id: str, but: str = "") -> None:
    """End the sessions of a moderator, but for this one, and what was begun of others."""
    own = SignIn.moderator_id == moderator_id
    rows.execute(delete(SignIn).where(own, SignIn.id != but))
    rows.execute(delete(HalfSignIn).where(HalfSignIn.moderator_id == moderator_id))


def accept_code(
    rows: Session, keyring: Keyring, moderator_id: str, code: str, at: datetime
) -> bool:
    """Whether the code is good: a recovery code by its length, else one of the app. Once."""
    if len(code) == recovery.DIGITS:
        return recovery.spend(rows, keyring, moderator_id, code)
    return apps.accept(rows, keyring, moderator_id, code, at)


def _held(rows: Session, moderator_id: str) -> None:
    """Let no two change one moderator's factors at the same time."""
    own = select(Moderator.id).where(Moderator.id == moderator_id)
    rows.execute(own.with_for_update(key_share=True))
