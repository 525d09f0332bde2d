"""Recovery codes: on paper, for the day when neither app nor passkey is at hand."""

import secrets

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from moderation.models import RecoveryCode, Secret
from moderation.privacy import Keyring, digest, new_id

NUMBER = 10
#: Digits alone, which every keyboard has: 53 bits.
DIGITS = 16


def make(rows: Session, keyring: Keyring, moderator_id: str) -> list[str]:
    """Ten new codes; those before them are worth nothing now. They are told this once."""
    codes = [f"{secrets.randbelow(10**DIGITS):0{DIGITS}}" for _ in range(NUMBER)]
    key = _key(rows, keyring)
    rows.execute(delete(RecoveryCode).where(RecoveryCode.moderator_id == moderator_id))
    rows.add_all(
        RecoveryCode(id=new_id(), moderator_id=moderator_id, digest=_digest(key, moderator_id, one))
        for one in codes
    )
    return codes


def spend(rows: Session, keyring: Keyring, moderator_id: str, code: str) -> bool:
    """Whether it is one of the moderator's codes; from now on it is not."""
    found = _digest(_key(rows, keyring), moderator_id, code)
    gone = delete(RecoveryCode).where(RecoveryCode.digest == found).returning(RecoveryCode.id)
    return rows.scalar(gone) is not None


def left(rows: Session, moderator_id: str) -> int:
    """How many are not spent."""
    own = select(func.count()).where(RecoveryCode.moderator_id == moderator_id)
    return rows.scalar(own) or 0


def _key(rows: Session, keyring: Keyring) -> bytes:
    # The one by which moderators are looked up: random, sealed, and the same when secrets rotate.
    return rows.scalars(select(Secret).where(Secret.purpose == "accounts")).one().open(keyring)


def _digest(key: bytes, moderator_id: str, code: str) -> str:
    return digest(key, "recovery code", f"{moderator_id} {code}")
