"""What is kept for a while only: network keys, spent sums, receipts."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from moderation import privacy
from moderation.models import Document, Receipt, Secret, SpentChallenge, Thread

#: A network key makes digests for the first half of its life and is thrown away at its end.
NETWORK_KEY_LIFE = timedelta(days=30)
#: For how long a repeated Idempotency-Key gets the first answer again.
RECEIPT_LIFE = timedelta(days=2)

_NEWEST_NETWORK_KEY = (
    select(Secret).where(Secret.purpose == "network").order_by(Secret.created_at.desc()).limit(1)
)


def network_digest(
    session: Session, keyring: privacy.Keyring, address: str, now: datetime
) -> str | None:
    """The keyed digest of the network an address lies in; the address itself is kept nowhere."""
    try:
        network = privacy.network(address)
    except ValueError:
        return None
    newest = session.scalar(_NEWEST_NETWORK_KEY)
    if newest is None or now - newest.created_at > NETWORK_KEY_LIFE / 2:
        newest = Secret.make("network", keyring=keyring, at=now)
        session.add(newest)
    return privacy.digest(newest.open(keyring), "network", network)


def tidy_up(session: Session, now: datetime) -> None:
    """Throw away what has served: spent sums, receipts, old pages, network keys at their end."""
    session.execute(delete(SpentChallenge).where(SpentChallenge.expires_at < now))
    session.execute(delete(Receipt).where(Receipt.created_at < now - RECEIPT_LIFE))
    # A slow reader may have stored a page that was changed meanwhile, or erased.
    current = select(Thread.revision).where(Thread.id == Document.thread_id).scalar_subquery()
    session.execute(delete(Document).where(Document.revision < current))
    session.execute(
        delete(Secret).where(
            Secret.purpose == "network", Secret.created_at < now - NETWORK_KEY_LIFE
        )
    )
