"""Codes that an authenticator app makes of a secret and the time (RFC 6238)."""

from datetime import datetime

import pyotp
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from moderation.models import AuthenticatorApp
from moderation.privacy import Keyring, new_id

DIGITS = 6
#: Clocks differ, and people type slowly: a code is good for half a minute more on both sides.
_NEAR = (-1, 0, 1)


def of(rows: Session, moderator_id: str) -> AuthenticatorApp | None:
    """The app of a moderator, be it confirmed or not."""
    return rows.scalar(
        select(AuthenticatorApp).where(AuthenticatorApp.moderator_id == moderator_id)
    )


def start(rows: Session, keyring: Keyring, moderator_id: str, at: datetime) -> bool:
    """Make a secret for an app, in place of one that was never confirmed; False if one was."""
    found = of(rows, moderator_id)
    if found is not None and found.confirmed_at is not None:
        return False
    if found is not None:
        rows.delete(found)
        rows.flush()
    app_id = new_id()
    sealed = keyring.seal(pyotp.random_base32(), AuthenticatorApp.row(app_id))
    rows.add(
        AuthenticatorApp(
            id=app_id, moderator_id=moderator_id, sealed=sealed, last_step=0, created_at=at
        )
    )
    return True


def address(secret: str, name: str, issuer: str) -> str:
    """What the square of dots says to an app: the secret, and how to call it."""
    # A very long name would not fit into the square.
    return str(pyotp.TOTP(secret).provisioning_uri(name=name[:60], issuer_name=issuer[:60]))


def confirm(rows: Session, keyring: Keyring, moderator_id: str, code: str, at: datetime) -> bool:
    """Let an app count from now on, if the code is of its secret."""
    return _taken(rows, keyring, moderator_id, code, at, first=True)


def accept(rows: Session, keyring: Keyring, moderator_id: str, code: str, at: datetime) -> bool:
    """Whether the code is the app's. It is taken once: neither it nor an older one is again."""
    return _taken(rows, keyring, moderator_id, code, at, first=False)


def turn_off(rows: Session, moderator_id: str) -> None:
    """Ask for no codes any more, and forget the secret."""
    rows.execute(delete(AuthenticatorApp).where(AuthenticatorApp.moderator_id == moderator_id))


def _taken(
    rows: Session, keyring: Keyring, moderator_id: str, code: str, at: datetime, *, first: bool
) -> bool:
    app = of(rows, moderator_id)
    if app is None or (app.confirmed_at is None) is not first:
        return False
    step = _step_of(app.secret(keyring), code, at)
    if step is None:
        return False
    # One statement, and not a comparison before it: two with one code at once would both pass.
    taken = (
        update(AuthenticatorApp)
        .where(AuthenticatorApp.id == app.id, AuthenticatorApp.last_step < step)
        .values(last_step=step, confirmed_at=at if first else app.confirmed_at)
        .returning(AuthenticatorApp.id)
    )
    return rows.scalar(taken) is not None


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """The half minute whose code it is; None where it is none of those that are near."""
    totp = pyotp.TOTP(secret, digits=DIGITS)
    steps = [totp.timecode(at) + near for near in _NEAR]
    return next(
        (step for step in steps if pyotp.utils.strings_equal(code, totp.generate_otp(step))), None
    )
