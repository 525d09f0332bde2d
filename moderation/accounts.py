"""Adding sites, moderators and tokens: what the owner's commands do."""

import re
from collections.abc import Sequence
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from moderation.models import Moderator, Role, Secret, Site, Token
from moderation.privacy import Keyring, digest, new_id, new_token
from moderation.text import addresses, plain

#: argon2id as RFC 9106 recommends where memory is dear: 64 MiB, three passes.
HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)
SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1_000

_SITE_KEY = re.compile("[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")


class BadAccount(ValueError):
    """What was asked for cannot be added; the message is a sentence for the owner."""


def add_site(
    session: Session,
    keyring: Keyring,
    key: str,
    name: str,
    origins: Sequence[str],
    at: datetime,
) -> Site:
    """Add a site whose pages, on these origins, may embed threads. Raises BadAccount."""
    if not is_site_key(key):
        raise BadAccount("A site's key is made of small letters, digits and hyphens, such as blog.")
    if session.scalar(select(Site.id).where(Site.key == key)):
        raise BadAccount(f"There is a site {key} already.")
    exact = exact_origins(origins)
    try:
        title = plain.one_line(name)
    except plain.Unreadable as error:
        raise BadAccount("This name has a character that cannot be stored.") from error
    site = Site.start(key, title, exact, keyring=keyring, at=at)
    session.add(site)
    session.flush()
    return site


def exact_origins(origins: Sequence[str]) -> list[str]:
    """Origins in normal form, each once. Raises BadAccount."""
    try:
        return list(dict.fromkeys(map(addresses.origin, origins)))
    except addresses.BadAddress as error:
        raise BadAccount("An origin is such as https://blog.example.") from error


def is_site_key(key: str) -> bool:
    """Whether a site may be called so in addresses."""
    return bool(_SITE_KEY.fullmatch(key))


def add_moderator(
    session: Session,
    keyring: Keyring,
    email: str,
    name: str,
    role: Role,
    sites: Sequence[str],
    password: str,
    at: datetime,
) -> Moderator:
    """Add a moderator, for the sites with these keys. Raises BadAccount."""
    try:
        address = addresses.email(email)
    except addresses.BadAddress as error:
        raise BadAccount(str(error)) from error
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadAccount(f"The password needs {SHORTEST_PASSWORD} characters or more.")
    account = ensured_digest(session, keyring, address, at)
    if session.scalar(select(Moderator.id).where(Moderator.email_digest == account)):
        raise BadAccount("There is a moderator with this address already.")
    return enroll(
        session,
        keyring,
        address,
        account,
        name=plain.one_line(name),
        role=role,
        sites=_sites(session, role, sites),
        password_hash=HASHER.hash(password),
        at=at,
    )


def enroll(
    session: Session,
    keyring: Keyring,
    email: str,
    account: str,
    *,
    name: str,
    role: Role,
    sites: Sequence[Site],
    password_hash: str,
    at: datetime,
) -> Moderator:
    """Add a moderator of whom everything is known to be right; `account` is their digest."""
    moderator_id = new_id()
    moderator = Moderator(
        id=moderator_id,
        email_digest=account,
        email_sealed=keyring.seal(email, Moderator.email_row(moderator_id)),
        name=name,
        role=role,
        password_hash=password_hash,
        created_at=at,
        sites=list(sites),
    )
    session.add(moderator)
    session.flush()
    return moderator


def add_token(session: Session, keyring: Keyring, email: str, name: str, at: datetime) -> str:
    """Make an API token; the answer is the only time it is told. Raises BadAccount."""
    moderator = find_moderator(session, keyring, email)
    if moderator is None:
        raise BadAccount("There is no moderator with this address.")
    secret = new_token()
    session.add(Token.of(moderator, plain.one_line(name), secret, at))
    session.flush()
    return secret


def find_moderator(session: Session, keyring: Keyring, email: str) -> Moderator | None:
    """The moderator with this address, if there is one."""
    account = account_digest(session, keyring, email)
    return session.scalar(select(Moderator).where(Moderator.email_digest == account))


def account_digest(session: Session, keyring: Keyring, email: str) -> str:
    """The keyed digest by which a moderator is looked up; "" while there is none at all."""
    secret = session.scalar(select(Secret).where(Secret.purpose == "accounts"))
    return _digest(secret.open(keyring), email) if secret else ""


def ensured_digest(session: Session, keyring: Keyring, email: str, at: datetime) -> str:
    """The same, with the key for it made where there is none yet."""
    if not session.scalar(select(Secret.id).where(Secret.purpose == "accounts")):
        session.add(Secret.make("accounts", keyring=keyring, at=at))
        session.flush()
    return account_digest(session, keyring, email)


def _digest(key: bytes, email: str) -> str:
    try:
        return digest(key, "account", addresses.email_key(email))
    except addresses.BadAddress:
        # Nobody's address, but a guesser's tries still count together.
        return digest(key, "no account", email.casefold())


def _sites(session: Session, role: Role, keys: Sequence[str]) -> list[Site]:
    found = list(session.scalars(select(Site).where(Site.key.in_(keys))))
    missing = sorted(set(keys) - {site.key for site in found})
    if missing:
        raise BadAccount(f"There is no site {missing[0]}.")
    if role is Role.MODERATOR and not found:
        raise BadAccount("Name the sites that the moderator is for, with --site.")
    return found
