"""Seal and open what is private; keyed digests for look-ups and avatars; ids and tokens.

An address is stored sealed, found again by a keyed digest, and shown as a pattern that is
keyed too. Without the keys, which are not in the database, nothing here can be tried out
against a list of known addresses.
"""

import hashlib
import hmac
import ipaddress
import secrets as randomness
from collections.abc import Iterator, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_KEY_ID, _NONCE, _BLOCK = 4, 12, 32
_HEADER = len(_VERSION) + _KEY_ID

# Crockford's base32 in lower case: no i, l, o (they look like digits) and no u.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LETTERS = _ALPHABET[10:]
# Every character stands for 8 of the 256 bytes, so each is as likely as any other.
_TO_ALPHABET = (_ALPHABET * 8).encode("ascii")

# RFC 6052, section 2.1: the IPv4 address is in the last 32 bits.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

_DOTS = "•••"


class Unopenable(ValueError):
    """The sealed value was altered, belongs to another row, or its key is not here."""


class Keyring:
    """Seals with the first of its secrets and opens with any of them.

    Each secret must be hard to guess by itself (32 random bytes, as text): HKDF (RFC 5869)
    spreads a secret over many keys, it does not make a weak one strong.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        """Raises ValueError without a secret, for an empty one, or for text instead of a list."""
        # A single str is a sequence too, of one-letter secrets: the worst of all mistakes.
        if isinstance(secrets, str) or not secrets or not all(secrets):
            raise ValueError("A keyring needs a list of secrets, none of them empty.")
        self._current = _bytes(secrets[0])
        self._current_id = _key_id(self._current)
        # In reverse, so that the current key keeps its place should two ids ever be equal.
        self._ciphers = {_key_id(s): _cipher(s) for s in map(_bytes, reversed(secrets))}
        self._derived: dict[str, bytes] = {}

    def seal(self, plaintext: str, row: str) -> bytes:
        """Encrypt with AES-256-GCM, for this one `row` (such as "author:k3…:email") alone.

        Returns version (1 byte), key id (4), nonce (12) and ciphertext with its tag. The
        plaintext is padded to a multiple of 32 bytes: the length of an address is not shown.
        A random nonce is good for 2**32 values under one secret (NIST SP 800-38D, 8.3).
        """
        header = _VERSION + self._current_id
        nonce = randomness.token_bytes(_NONCE)
        padded = _padded(_bytes(plaintext))
        cipher = self._ciphers[self._current_id]
        return header + nonce + cipher.encrypt(nonce, padded, header + _bytes(row))

    def open(self, sealed: bytes, row: str) -> str:
        """What was sealed for this `row`. Raises Unopenable, which never quotes a value."""
        header, nonce, ciphertext = _split(sealed)
        cipher = self._ciphers.get(header[len(_VERSION) :])
        if cipher is None:
            raise Unopenable("The key this value was sealed with is not in the keyring.")
        try:
            padded = cipher.decrypt(nonce, ciphertext, header + _bytes(row))
        except InvalidTag:
            raise Unopenable("This value was altered, or sealed for another row.") from None
        return _unpadded(padded).decode("utf-8", "surrogatepass")

    def is_current(self, sealed: bytes) -> bool:
        """Whether the first secret sealed it; if not, it should be opened and sealed anew.

        Looks at the label only, so the answer for an altered value means nothing.
        """
        return sealed[:_HEADER] == _VERSION + self._current_id

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, from the current secret; the same every time."""
        if purpose not in self._derived:
            self._derived[purpose] = _hkdf(self._current, "purpose " + purpose, 32)
        return self._derived[purpose]


def _key_id(secret: bytes) -> bytes:
    return _hkdf(secret, "key id", _KEY_ID)


def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(_hkdf(secret, "seal", 32))


def _hkdf(secret: bytes, use: str, length: int) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=length, salt=None, info=_bytes(f"moderation 1 {use}"))
    return hkdf.derive(secret)


def _bytes(text: str) -> bytes:
    # Lone surrogates come from JSON and from environment variables that are not UTF-8.
    return text.encode("utf-8", "surrogatepass")


def _split(sealed: bytes) -> tuple[bytes, bytes, bytes]:
    if len(sealed) < _HEADER + _NONCE or not sealed.startswith(_VERSION):
        raise Unopenable("This is not a sealed value.")
    start = _HEADER + _NONCE
    return sealed[:_HEADER], sealed[_HEADER:start], sealed[start:]


def _padded(plain: bytes) -> bytes:
    # One bit and then zeros (ISO/IEC 7816-4): it comes off again whatever the text ends in.
    marked = plain + b"\x80"
    return marked + bytes(-len(marked) % _BLOCK)


def _unpadded(padded: bytes) -> bytes:
    return padded.rstrip(b"\0")[:-1]


def new_key() -> bytes:
    """32 random bytes, to be a key of its own."""
    return randomness.token_bytes(32)


def digest(key: bytes, purpose: str, value: str) -> str:
    """A keyed fingerprint to look `value` up by: HMAC-SHA256, the first 32 hex digits.

    Equal for equal values under one key and purpose; neither can be shifted into the other.
    """
    label = _bytes(purpose)
    message = len(label).to_bytes(8, "big") + label + _bytes(value)
    return hmac.digest(key, message, "sha256").hex()[:32]


def avatar_seed(key: bytes, email_key: str) -> str:
    """Six hex digits to draw an author by; keyed, so that an address cannot be tried out."""
    return digest(key, "avatar", email_key)[:6]


def avatar_cells(seed: str) -> tuple[tuple[int, int], ...]:
    """The (column, row) of every filled cell in a grid of 5 by 5, row by row, left to right.

    With n the seed as a hexadecimal number, the cell is filled when bit
    row * 3 + min(column, 4 - column) of n is set. So bits 0 to 14 decide over columns 0 to
    2, and columns 3 and 4 mirror columns 1 and 0. The widget draws the same in JavaScript.
    """
    bits = int(seed, 16)
    return tuple(
        (column, row)
        for row in range(5)
        for column in range(5)
        if bits >> (row * 3 + min(column, 4 - column)) & 1
    )


def avatar_hue(seed: str) -> int:
    """The colour's hue in degrees, 0 to 359: bits 15 to 23 of the seed, times 360 / 512."""
    return (int(seed, 16) >> 15) * 360 // 512


def avatar_path(seed: str) -> str:
    """The `d` of one SVG path in the view box "0 0 5 5": a unit square for every filled cell.

    Each cell adds "M{column} {row}h1v1h-1z", in the order of `avatar_cells`, with nothing
    between them; a seed without a filled cell gives "".
    """
    return "".join(f"M{column} {row}h1v1h-1z" for column, row in avatar_cells(seed))


def network(address: str) -> str:
    """The network an address lies in: its /24 for IPv4, its /48 for IPv6, as text.

    An IPv4 address inside an IPv6 one is taken out first: mapped (RFC 4291, 2.5.5.2), 6to4
    (RFC 3056) and NAT64 (RFC 6052). A zone id is ignored. Raises ValueError for what is no
    address, without quoting it, since this is the text that must not reach a log.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        raise ValueError("This is not a network address.") from None
    inner = _inner_ipv4(ip) if isinstance(ip, ipaddress.IPv6Address) else ip
    if inner is not None:
        return str(ipaddress.IPv4Network((int(inner), 24), strict=False))
    return str(ipaddress.IPv6Network((int(ip), 48), strict=False))


def is_public(address: str) -> bool:
    """Whether an address is one on the open network; what is none is not."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def _inner_ipv4(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour


def masked(email: str) -> str:
    """An address to be recognised by whoever knows it, such as "b•••@example.org".

    Always three dots, so the length does not show; a local part of one character is not
    shown at all. What has no "@" is shown as the dots alone.
    """
    local, at, domain = email.rpartition("@")
    first = local[0] if len(local) > 1 else ""
    return f"{first}{_DOTS}@{domain}" if at else _DOTS


def new_id() -> str:
    """A random public id: 20 characters of lower-case base32, 99 bits.

    It starts with a letter, so that it is never taken for a number and is a valid name in
    HTML and CSS; no two characters of its alphabet look alike.
    """
    return randomness.choice(_LETTERS) + _random_text(19)


def new_ids() -> Iterator[str]:
    """Ids like `new_id`, as many as are taken: for rows in bulk, of which each needs its own."""
    while True:
        some = _random_text(20 * 256)
        each = (some[start : start + 20] for start in range(0, len(some), 20))
        yield from (one for one in each if one[0] in _LETTERS)


def new_token() -> str:
    """A secret for a link or a session: 40 characters, 200 bits.

    Letters and digits only: mail programs cut a link before a dash or a dot at its end.
    """
    return _random_text(40)


def token_digest(token: str) -> str:
    """The SHA-256 of a token, 64 hex digits: what is stored in its place.

    No key and no slow hash is needed: those are for secrets that can be guessed, and 200
    random bits cannot. So whoever reads the database still cannot use a session or a link.
    """
    return hashlib.sha256(_bytes(token)).hexdigest()


def _random_text(length: int) -> str:
    return randomness.token_bytes(length).translate(_TO_ALPHABET).decode("ascii")
