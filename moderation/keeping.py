"""What is kept for a while only: network keys, spent sums, receipts."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from moderation import privacy
from moderation.database import table
from moderation.models import Document, MailedLink, Receipt, Secret, SpentChallenge, Tally, Thread
from moderation.prepared import Prepared

#: A network key makes digests for the first half of its life and is thrown away at its end.
NETWORK_KEY_LIFE = timedelta(days=30)
#: For how long a repeated Idempotency-Key gets the first answer again.
RECEIPT_LIFE = timedelta(days=2)

_secrets = table(Secret)
#: Read as a row: every reply asks for it, and an object costs more than all the rest of it.
_NEWEST_NETWORK_KEY = Prepared(
    select(_secrets.c.id, _secrets.c.sealed, _secrets.c.created_at)
    .where(_secrets.c.purpose == "network")
    .order_by(_secrets.c.created_at.desc())
    .limit(1)
)


class KeyDue(Exception):
    """A new network key has to be written before anything is digested."""


def network_digest(
    session: Session,
    keyring: privacy.Keyring,
    address: str,
    now: datetime,
    *,
    may_write: bool = True,
) -> str | None:
    """The keyed digest of the network an address lies in; the address itself is kept nowhere.

    Raises KeyDue where a new key is due and the session may not write it.
    """
    try:
        network = privacy.network(address)
    except ValueError:
        return None
    key = _network_key(session, keyring, now, may_write=may_write)
    return privacy.digest(key, "network", network)


def _network_key(
    session: Session, keyring: privacy.Keyring, now: datetime, *, may_write: bool
) -> bytes:
    """The key of these days, made when it is due. Raises KeyDue where it may not be written."""
    newest = _NEWEST_NETWORK_KEY.first(session, {})
    if newest is not None and now - newest.created_at <= NETWORK_KEY_LIFE / 2:
        return Secret.opened(newest.id, newest.sealed, keyring)
    if not may_write:
        raise KeyDue
    made = Secret.make("network", keyring=keyring, at=now)
    session.add(made)
    # Written at once: who asks for the newest key next in this session looks for its row.
    session.flush()
    return made.open(keyring)


def network_digests(session: Session, keyring: privacy.Keyring, address: str) -> set[str]:
    """The digests of an address's network with every network key that lives: by them it is found
    again for half of NETWORK_KEY_LIFE at least, whichever key was the newest at the time.
    """
    try:
        network = privacy.network(address)
    except ValueError:
        return set()
    keys = session.scalars(select(Secret).where(Secret.purpose == "network"))
    return {privacy.digest(key.open(keyring), "network", network) for key in keys}


def tidy_up(session: Session, now: datetime) -> None:
    """Throw away what has served: spent sums, receipts, old pages, network keys at their end.

    And make the tallies short again.
    """
    session.execute(delete(SpentChallenge).where(SpentChallenge.expires_at < now))
    session.execute(delete(MailedLink).where(MailedLink.expires_at < now))
    session.execute(delete(Receipt).where(Receipt.created_at < now - RECEIPT_LIFE))
    # Nobody may have asked for a page again that was changed.
    current = select(Thread.revision).where(Thread.id == Document.thread_id).scalar_subquery()
    session.execute(delete(Document).where(Document.revision < current))
    session.execute(
        delete(Secret).where(
            Secret.purpose == "network", Secret.created_at < now - NETWORK_KEY_LIFE
        )
    )
    Tally.fold(session)
