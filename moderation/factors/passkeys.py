"""Passkeys: keys that sign what we ask for, at our address alone (WebAuthn).

The library takes some tenths of a second to load: it is, where the first passkey is used.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from moderation.database import insert_once
from moderation.models import HalfSignIn, Moderator, Passkey, SignIn
from moderation.privacy import new_id, new_key

#: For so long what was asked for may be signed.
LIFE = timedelta(minutes=5)
#: More keys than anybody carries; and what is stored for one account has a bound.
MOST = 20


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a passkey signs for: the name it is bound to, and the origin that may ask."""

    name: str
    origin: str


class _Refused(ValueError):
    """What a browser sent is not what was asked for."""


def of(rows: Session, moderator_id: str) -> list[Passkey]:
    """The passkeys of a moderator, the oldest first."""
    own = select(Passkey).where(Passkey.moderator_id == moderator_id)
    return list(rows.scalars(own.order_by(Passkey.created_at, Passkey.id)))


def has_room(rows: Session, moderator_id: str) -> bool:
    """Whether a moderator may have one more."""
    own = select(func.count()).where(Passkey.moderator_id == moderator_id)
    return (rows.scalar(own) or 0) < MOST


def ask_for_new(
    rows: Session, party: Party, moderator: Moderator, browser: SignIn, at: datetime
) -> str:
    """What a browser is told to make a passkey by, as JSON."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_registration_options(
        rp_id=party.name,
        rp_name=party.name,
        user_id=moderator.id.encode(),
        user_name=moderator.name,
        challenge=_asked(rows, browser, at),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(of(rows, moderator.id)),
    )
    return webauthn.options_to_json(options)


def register(
    rows: Session, party: Party, browser: SignIn, answer: str, name: str, at: datetime
) -> bool:
    """Keep the passkey that a browser made of what it was asked for, which is spent either way.

    False where the answer is another one, where the passkey is somebody's already, or where there
    is no room.
    """
    import webauthn

    challenge = _spent(rows, browser, at)
    if not has_room(rows, browser.moderator_id):
        return False
    try:
        verified = _verified(
            webauthn.verify_registration_response,
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.name,
            expected_origin=party.origin,
        )
    except _Refused:
        return False
    row = {
        "id": new_id(),
        "moderator_id": browser.moderator_id,
        "credential_id": webauthn.helpers.bytes_to_base64url(verified.credential_id),
        "public_key": verified.credential_public_key,
        "sign_count": verified.sign_count,
        "name": name,
        "created_at": at,
        "last_used_at": None,
    }
    return insert_once(rows, Passkey, row)


def ask_to_sign(rows: Session, party: Party, half: HalfSignIn, at: datetime) -> str:
    """What a browser is told to have signed by one of the moderator's passkeys, as JSON."""
    import webauthn
    from webauthn.helpers import structs

    options = webauthn.generate_authentication_options(
        rp_id=party.name,
        challenge=_asked(rows, half, at),
        allow_credentials=_descriptors(of(rows, half.moderator_id)),
        user_verification=structs.UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(options)


def accept(rows: Session, party: Party, half: HalfSignIn, answer: str, at: datetime) -> bool:
    """Whether one of the moderator's passkeys signed what was asked for, which is spent either way.

    A copied key is found out by its count: where a key counts, each number is taken once.
    """
    import webauthn

    challenge = _spent(rows, half, at)
    key = _named_in(rows, half.moderator_id, answer)
    if key is None:
        return False
    try:
        verified = _verified(
            webauthn.verify_authentication_response,
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.name,
            expected_origin=party.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
        )
    except _Refused:
        return False
    used = (
        update(Passkey)
        .where(Passkey.id == key.id, Passkey.sign_count == key.sign_count)
        .values(sign_count=verified.new_sign_count, last_used_at=at)
        .returning(Passkey.id)
    )
    return rows.scalar(used) is not None


def remove(rows: Session, moderator_id: str, passkey_id: str) -> bool:
    """Take one of a moderator's passkeys away; False where there is no such."""
    own = delete(Passkey).where(Passkey.id == passkey_id, Passkey.moderator_id == moderator_id)
    return rows.scalar(own.returning(Passkey.id)) is not None


def _asked(rows: Session, browser: SignIn | HalfSignIn, at: datetime) -> bytes:
    """A challenge, kept with the browser that asks; the one before it is worth nothing now."""
    challenge, kind = new_key(), type(browser)
    asked = update(kind).where(kind.id == browser.id)
    rows.execute(asked.values(challenge=challenge, challenged_at=at))
    return challenge


def _spent(rows: Session, browser: SignIn | HalfSignIn, at: datetime) -> bytes:
    """The challenge of this browser, for the last time.

    Where there is none that lives, a fresh one, which nobody can have signed.
    """
    kind = type(browser)
    own = kind.id == browser.id
    asked = rows.execute(
        select(kind.challenge, kind.challenged_at).where(own).with_for_update(of=kind)
    ).first()
    rows.execute(update(kind).where(own).values(challenge=None, challenged_at=None))
    if asked is None or asked.challenge is None or at - asked.challenged_at > LIFE:
        return new_key()
    return bytes(asked.challenge)


def _named_in(rows: Session, moderator_id: str, answer: str) -> Passkey | None:
    """The moderator's passkey that an answer says it is of."""
    try:
        named = json.loads(answer)["id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return next((one for one in of(rows, moderator_id) if one.credential_id == named), None)


def _descriptors(keys: list[Passkey]) -> list[Any]:
    from webauthn.helpers import base64url_to_bytes, structs

    return [
        structs.PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential_id))
        for one in keys
    ]


def _verified(verify: Any, **facts: Any) -> Any:
    try:
        return verify(**facts)
    except Exception as error:
        # Of bytes that somebody made up, the library and its parsers raise whatever they come
        # upon: all of it means that this is not what was asked for.
        raise _Refused("This is not what was asked for.") from error
