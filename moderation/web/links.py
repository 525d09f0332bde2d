"""The links in our mail: absolute, signed, and good for one thing each.

A token is letters and digits alone, since mail programs cut a link before a sign at its end. It
names what it is for and carries a keyed digest of that, so none is stored; it can be made again
for each letter, and ends when the secret key goes. What a link opens only shows; everything that
changes something is a button there.
"""

import hmac
import time
from typing import NamedTuple

from moderation.models import Comment, Message, Moderator, Subscription
from moderation.privacy import digest

from .service import service

#: Seconds for which the link that erases is good.
ERASURE_LIFE = 24 * 60 * 60
#: Seconds for which a moderator's link to a decision is good.
DECISION_LIFE = 7 * 24 * 60 * 60
_DIGEST = 32


def permalink(comment: Comment) -> str:
    """The comment, on its page."""
    return _absolute(f"/comments/{comment.id}")


def subscription_url(wish: Subscription) -> str:
    """The page on which a wish to be told of answers is confirmed, ended, taken up again."""
    return _absolute(f"/subscriptions/{subscription_token(wish.id)}")


def notices_url(moderator: Moderator) -> str:
    """The page on which a moderator's digest is ended."""
    return _absolute(f"/notices/{notices_token(moderator.id)}")


def erasure_url(author_id: str) -> str:
    """The page that erases all that an address left on a site."""
    return _absolute(f"/erasures/{erasure_token(author_id)}")


def invitation_url(token: str) -> str:
    """The page on which an invitation is taken up. Its token is random: it is good once."""
    return _absolute(f"/invitations/{token}")


def queue_url() -> str:
    """The queue, which asks who one is."""
    return _absolute("/queue")


def decision_url(moderator: Moderator, comment: Comment) -> str:
    """The page on which a moderator decides about a comment as it is now, without signing in."""
    return _absolute(f"/decide/{decision_token(moderator, comment.id, comment.version)}")


def message_id(name: str) -> str:
    """A Message-ID of ours; `name` is an id that stays."""
    host = service().settings.public_host
    host = host if host.endswith("]") else host.rsplit(":", 1)[0]
    return f"<{name}@{host}>"


def thread_id(message: Message) -> str | None:
    """What letters about the same reply refer to, so that mail programs show them together."""
    return message_id(message.subscription_id) if message.subscription_id else None


def subscription_token(subscription_id: str) -> str:
    """The token of a subscription's page."""
    return _signed("subscription", subscription_id)


def subscription_of(token: str) -> str | None:
    """The id of the subscription a token is for, or None for one that we did not make."""
    return _verified("subscription", token)


def notices_token(moderator_id: str) -> str:
    """The token with which a moderator's digest is ended without signing in."""
    return _signed("notices", moderator_id)


def moderator_of(token: str) -> str | None:
    """The id of the moderator a token is for, or None for one that we did not make."""
    return _verified("notices", token)


def erasure_token(author_id: str) -> str:
    """The token that proves that a letter to an author's address was read; good for a day."""
    return _signed("erasure", f"{int(time.time()) + ERASURE_LIFE:x}z{author_id}")


def author_of(token: str) -> str | None:
    """The id of the author an erasure token is for, or None where it is not ours or is over."""
    ends, _z, author_id = (_verified("erasure", token) or "").partition("z")
    return author_id if ends and time.time() < int(ends, 16) else None


def decision_token(moderator: Moderator, comment_id: str, version: int) -> str:
    """The token with which one moderator decides about one version of a comment; for a week, or
    until they change their password: somebody may have read their mail.
    """
    ends = int(time.time()) + DECISION_LIFE
    # No id has an "i" in it: it parts what is signed.
    parts = (f"{ends:x}", f"{version:x}", moderator.id, comment_id, password_mark(moderator))
    return _signed("decision", "i".join(parts))


def password_mark(moderator: Moderator) -> str:
    """What tells a moderator's password from their next one, and nothing else."""
    key = service().keyring.derive("decision")
    return digest(key, "password", moderator.password_hash or "")[:16]


class Mandate(NamedTuple):
    """What a decision's token allows: whom, and about which version of which comment."""

    moderator_id: str
    comment_id: str
    version: int
    password_mark: str
    is_over: bool


def mandate_of(token: str) -> Mandate | None:
    """What a decision's token is for, in time or not; None for one that we did not make."""
    found = _verified("decision", token)
    if found is None:
        return None
    ends, version, moderator_id, comment_id, mark = found.split("i")
    is_over = time.time() >= int(ends, 16)
    return Mandate(moderator_id, comment_id, int(version, 16), mark, is_over)


def _signed(purpose: str, value: str) -> str:
    return value + digest(service().keyring.derive(purpose), purpose, value)


def _verified(purpose: str, token: str) -> str | None:
    value = token[:-_DIGEST]
    good = token.isascii() and hmac.compare_digest(_signed(purpose, value), token)
    return value if value and good else None


def _absolute(path: str) -> str:
    return service().settings.public_url + path
