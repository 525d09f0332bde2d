"""Passwords are tried, and whoever tries too often has to wait."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from secrets import token_bytes

from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION
from flask import Response, request
from flask_babel import lazy_gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from moderation.accounts import HASHER, account_digest
from moderation.keeping import network_digest
from moderation.models import Moderator, Secret, SignInFailure
from moderation.privacy import new_id

from .service import now, reading, service, writing


def _nobodys_hash() -> str:
    """What is verified where there is no such account, so that the answer takes as long as for a
    wrong password: chance, written as the hash of a password would be. No password is known for it.
    """
    sizes = (HASHER.salt_len, HASHER.hash_len)
    salt, digest = (b64encode(token_bytes(size)).decode().rstrip("=") for size in sizes)
    costs = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    return f"$argon2id$v={ARGON2_VERSION}${costs}${salt}${digest}"


#: Failures within the window, from one network for one account, after which it has to wait;
#: and for one account from anywhere, which slows a guesser with many addresses.
WINDOW = timedelta(minutes=15)
MOST_HERE = 5
MOST_ANYWHERE = 50
#: Codes are asked of those who have the password, and six digits are few: ten in a quarter of an
#: hour from however many networks find one of them in a year or so.
MOST_CODES = 10

WAIT = _("Too many sign-ins failed. Wait a quarter of an hour, then try again.")


class TooOften(Exception):
    """Too many sign-ins failed; `seconds` until the next try."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many sign-ins failed.")
        self.seconds = seconds

    def answer(self, page: str) -> Response:
        """The page that tells it, and when to come back."""
        return Response(page, 429, {"Retry-After": str(self.seconds)})


def proven(email: str, given: str) -> str | None:
    """The id of the moderator whose password it is. Raises TooOften before looking at it."""
    account = account_digest(reading(), service().keyring, email)
    moderator = reading().scalar(select(Moderator).where(Moderator.email_digest == account))
    stored = moderator.password_hash if moderator else None
    right = attempt(account, lambda: is_password(stored, given))
    return moderator.id if right and moderator else None


def is_password(stored: str | None, given: str) -> bool:
    """Whether it is the password; where there is none to compare with, that takes as long."""
    try:
        return HASHER.verify(stored or _nobodys_hash(), given) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_code(account: str, right: Callable[[], bool]) -> bool:
    """Whether a second factor for an account is right; its own count, which wrong passwords, and so
    those who have none, cannot use up. Raises TooOften before looking at it.
    """
    return attempt(f"code:{account}", right, anywhere=MOST_CODES)


def attempt(account: str, right: Callable[[], bool], *, anywhere: int = MOST_ANYWHERE) -> bool:
    """Whether what was given for an account is right. Raises TooOften before looking at it.

    The failure is written before it is tried, and taken back when it was right: a hundred tries
    at once count as a hundred.
    """
    failure = _counted(account, anywhere)
    if not right():
        return False
    with writing() as rows:
        rows.execute(delete(SignInFailure).where(SignInFailure.id == failure))
        rows.commit()
    return True


def _counted(account: str, anywhere: int) -> str:
    failure = new_id()
    with writing() as rows:
        # Guesses are counted one after the other; on SQLite the write lock sees to that.
        rows.execute(select(Secret.id).where(Secret.purpose == "accounts").with_for_update())
        address = request.remote_addr or ""
        network = network_digest(rows, service().keyring, address, now()) or ""
        _refuse_guessers(rows, account, network, anywhere)
        rows.add(
            SignInFailure(id=failure, account_digest=account, network_digest=network, at=now())
        )
        rows.execute(delete(SignInFailure).where(SignInFailure.at < now() - WINDOW))
        rows.commit()
    return failure


def _refuse_guessers(rows: Session, account: str, network: str, anywhere: int) -> None:
    recent = SignInFailure.at > now() - WINDOW
    theirs = SignInFailure.account_digest == account
    here = theirs & (SignInFailure.network_digest == network)
    for guesses, most in ((here, MOST_HERE), (theirs, anywhere)):
        number, first = rows.execute(
            select(func.count(), func.min(SignInFailure.at)).where(recent, guesses)
        ).one()
        if number >= most:
            wait = first + WINDOW - now() if first else WINDOW
            raise TooOften(max(1, int(wait.total_seconds()) + 1))
