"""Ask a small sum, and know the answer again without having stored the question.

A token carries a random nonce and the time of asking, sealed by HMAC-SHA256 together with
the site and the page. The two numbers are drawn from the nonce with a key of their own, so
the token holds nothing the answer could be computed from without that key. That a sum is
spent once is the caller's part: store `Challenge.nonce` in a column that is unique.

While a site is under attack it asks a harder kind, with three terms and larger ones. Which kind a
token is of stands in it, under the seal: what was asked before stays good.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from moderation.numerals import number

LIFETIME = timedelta(hours=1)
# Two servers behind one name never agree on the second; a minute is plenty between them.
CLOCK_SKEW = timedelta(minutes=1)

_SMALLEST, _LARGEST = 10, 99
#: What a harder sum takes away at the end.
_LEAST_LESS, _MOST_LESS = 2, 19

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_NONCE, _TIME, _MAC = 16, 6, 32
# The first bit of the time, which it needs itself only after the year 6000, marks a harder sum.
_HARDER = 1 << (8 * _TIME - 1)
# 54 bytes are 72 whole base64 characters: no unused bits are left at the end to play with.
_TOKEN_LENGTH = (_NONCE + _TIME + _MAC) * 4 // 3


class ChallengeError(ValueError):
    """The token cannot stand for a sum that was asked here, for this page, within the hour."""


class Forged(ChallengeError):
    """Not a token made here for this site and page: altered, spliced, borrowed or made up."""


class Expired(ChallengeError):
    """Made here, but too long ago, or by a clock that is far ahead of this one."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """A sum to solve: `left` plus `right`, minus `less` where that is not 0, asked at `asked_at`,
    answerable before `expires_at`.

    `token` goes to the reader and comes back with the answer. `nonce` (32 hex digits) names
    this one sum, to be stored when it is spent. Both times are aware, in UTC.
    """

    token: str
    left: int
    right: int
    nonce: str
    asked_at: datetime
    expires_at: datetime
    less: int = 0

    @property
    def is_harder(self) -> bool:
        """Whether it is of the kind that is asked under attack."""
        return self.less > 0

    @property
    def question(self) -> str:
        """The sum as a reader sees it, such as "13 + 19 =", or "47 + 19 − 8 ="."""
        return written(self.left, self.right, self.less)

    def answered_by(self, text: str) -> bool:
        """Whether what a person typed is the right number, in figures or in words."""
        return number(text) == self.left + self.right - self.less


def written(left: object, right: object, less: object) -> str:
    """A sum of these terms as a reader sees it; without `less` where that is 0 or empty."""
    taken_away = f" \N{MINUS SIGN} {less}" if less else ""
    return f"{left} + {right}{taken_away} ="


def ask(key: bytes, *, site: str, page: str, now: datetime, harder: bool = False) -> Challenge:
    """A new sum for one page of one site, of the harder kind where that is asked for.

    `key` is secret and the same on every server, 32 random bytes; `now` is aware (a naive
    time raises TypeError) and is kept to the millisecond.
    """
    since_epoch = (now - _EPOCH) // _MILLISECOND | (_HARDER if harder else 0)
    stamp = secrets.token_bytes(_NONCE) + since_epoch.to_bytes(_TIME, "big")
    return _challenge(key, _spelled(stamp + _mac(key, stamp, site, page)), stamp)


def read(key: bytes, token: str, *, site: str, page: str, now: datetime) -> Challenge:
    """The sum that `token` was made for.

    Raises Forged unless `ask` made exactly this token with the same key, site and page, and
    Expired from LIFETIME after it was asked, or when it was asked more than CLOCK_SKEW
    after `now`. Takes any text, of any length.
    """
    stamp, mac = _parts(token)
    if not hmac.compare_digest(mac, _mac(key, stamp, site, page)):
        raise Forged("This sum was not asked here.")
    challenge = _challenge(key, token, stamp)
    if now >= challenge.expires_at:
        raise Expired("This sum is too old.")
    if challenge.asked_at > now + CLOCK_SKEW:
        raise Expired("This sum comes from a clock that is ahead.")
    return challenge


def _parts(token: str) -> tuple[bytes, bytes]:
    if len(token) != _TOKEN_LENGTH:
        raise Forged("This is not the token of a sum.")
    try:
        raw = base64.urlsafe_b64decode(token)
    except ValueError:
        raise Forged("This is not the token of a sum.") from None
    # The decoder skips foreign characters and takes "+" for "-": only one spelling may pass.
    if _spelled(raw) != token:
        raise Forged("This is not how the token of a sum is spelled.")
    return raw[:-_MAC], raw[-_MAC:]


def _challenge(key: bytes, token: str, stamp: bytes) -> Challenge:
    nonce, time = stamp[:_NONCE], int.from_bytes(stamp[_NONCE:], "big")
    left, right, less = _drawn_harder(key, nonce) if time & _HARDER else (*_drawn(key, nonce), 0)
    asked_at = _EPOCH + (time & ~_HARDER) * _MILLISECOND
    return Challenge(token, left, right, nonce.hex(), asked_at, asked_at + LIFETIME, less)


def _drawn(key: bytes, nonce: bytes) -> tuple[int, int]:
    # The answer is drawn first and then split: two even terms would make middling sums
    # likely. 256 bits leave a remainder far too small to see when divided by these ranges.
    drawn = int.from_bytes(hmac.digest(_subkey(key, b"numbers"), nonce, "sha256"), "big")
    rest, step = divmod(drawn, _LARGEST - _SMALLEST + 1)
    answer = _SMALLEST + step
    left = 1 + rest % (answer - 1)
    return left, answer - left


def _drawn_harder(key: bytes, nonce: bytes) -> tuple[int, int, int]:
    # The answer is drawn first here too, and has at most two digits: people may write it in words.
    drawn = int.from_bytes(hmac.digest(_subkey(key, b"harder numbers"), nonce, "sha256"), "big")
    rest, step = divmod(drawn, _LARGEST - _SMALLEST + 1)
    rest, taken_away = divmod(rest, _MOST_LESS - _LEAST_LESS + 1)
    less = _LEAST_LESS + taken_away
    total = _SMALLEST + step + less
    left = 1 + rest % (total - 1)
    return left, total - left, less


def _mac(key: bytes, stamp: bytes, site: str, page: str) -> bytes:
    # The site goes in with its length, so that no site's end can pass for a page's start.
    # Lone surrogates arrive in JSON; they are as good a text as any to be told apart.
    site_bytes = site.encode("utf-8", "surrogatepass")
    page_bytes = page.encode("utf-8", "surrogatepass")
    message = stamp + len(site_bytes).to_bytes(8, "big") + site_bytes + page_bytes
    return hmac.digest(_subkey(key, b"token"), message, "sha256")


def _subkey(key: bytes, purpose: bytes) -> bytes:
    return hmac.digest(key, b"moderation challenge 1 " + purpose, "sha256")


def _spelled(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii")
