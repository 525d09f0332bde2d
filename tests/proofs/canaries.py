"""A thousand known addresses, and a search for them: plain, spelled otherwise, and hashed."""

import base64
import binascii
import hashlib
import html
import json
import random
import string
import sys
import unicodedata
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

#: Shorter beginnings than this are met by chance; a hash that was cut is found from here on.
TEXT, RAW = 16, 8
HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s", "sha3_256")
_DIGESTS = [getattr(hashlib, name) for name in HASHES]
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True)
class Canary:
    """A person whose addresses must never be found."""

    email: str
    network: str


def canaries(number: int, seed: int = 5) -> list[Canary]:
    """People with addresses of every kind: both cases, tags, dots, other scripts."""
    draw = random.Random(seed)
    return [Canary(_email(draw, n), _network(n)) for n in range(number)]


def _email(draw: random.Random, n: int) -> str:
    local = "".join(draw.choices(string.ascii_lowercase, k=12))
    shapes = (
        f"{local}@nest.example.org",
        f"{local.title()}@Nest.Example.ORG",
        f"{local.upper()}@NEST.EXAMPLE.ORG",
        f"{local}+comments@nest.example.org",
        f"{local[:5]}.{local[5:]}@nest.example.org",
        f"{local}ünïcode@nest.example.org",
        f"{local}@gnæst.example.org",
        f"Пётр{local}@почта.example.org",
    )
    return shapes[n % len(shapes)]


def _network(n: int) -> str:
    if n % 4 == 3:
        return f"2001:db8:{n:x}:1::{n:x}"
    return f"198.{18 + n // 62_500}.{n // 250 + 100}.{n % 250 + 1}"


def spellings(address: str) -> set[str]:
    """The forms in which services hash or keep an address."""
    local, _, domain = address.partition("@")
    plain = local.partition("+")[0]
    forms = {address, f" {address} ", f"{plain}@{domain}", f"{plain.replace('.', '')}@{domain}"}
    forms |= {f"mailto:{address}", unicodedata.normalize("NFD", address)}
    forms |= {form.lower() for form in forms} | {form.casefold() for form in forms}
    if "@" in address:
        forms |= {f"{local}@{domain.lower().encode('idna').decode()}"}
    return forms | {f"{form}\n" for form in (address, address.lower())}


def plain_needles(address: str) -> Iterator[bytes]:
    """The address itself, as it may stand in a page, a URL, a document, or a log."""
    bare = {form.strip() for form in spellings(address)}
    for form in bare | {form.upper() for form in bare}:
        yield form.encode()
        yield quote(form, safe="").encode()
        yield quote(form, safe="@").encode()
        yield html.escape(form).encode()
        yield json.dumps(form).strip('"').encode()
        yield json.dumps(form).strip('"').replace("\\", "\\\\").encode()
        yield form.encode("utf-16-le")
        yield form.encode("utf-16-be")
        yield form.encode().hex().encode()
        yield base64.b64encode(form.encode())[:-4]


def hashed_needles(address: str, extra: Iterable[str] = ()) -> Iterator[bytes]:
    """The usual hashes of an address, or how they begin: hexadecimal, base64, bytes."""
    for form in {*spellings(address), *extra}:
        plain = form.encode()
        for digest in _DIGESTS:
            yield from _written(digest(plain).digest())
        yield from _written(hashlib.md5(hashlib.md5(plain).hexdigest().encode()).digest())
        yield f"{zlib.crc32(plain):08x}@".encode()


def _written(digest: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    base = binascii.b2a_base64(digest)[:TEXT]
    return digest[:RAW], digest.hex()[:TEXT].encode(), base, base.translate(_URL_SAFE)


class Search:
    """Looks for any of very many needles at once, by how they begin.

    Eight bytes are a number, and a set meets all numbers of a text without a line of Python for
    each of its places.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[bytes, ...]] = {}
        self._beginnings: set[int] = set()

    def add(self, needles: Iterable[bytes]) -> None:
        several = {needle for needle in needles if len(needle) >= RAW}
        beginnings = _numbers(b"".join(needle[:RAW] for needle in several))
        for beginning, needle in zip(beginnings, several, strict=True):
            self._known[beginning] = (*self._known.get(beginning, ()), needle)
        self._beginnings.update(beginnings)

    def found(self, hay: bytes) -> set[bytes]:
        """The needles that are in it."""
        found: set[bytes] = set()
        for start in range(RAW):
            numbers = _numbers(hay[start:])
            if met := self._beginnings.intersection(numbers):
                places = [start + RAW * n for n, number in enumerate(numbers) if number in met]
                found |= {one for place in places for one in self._at(hay, place)}
        return found

    def _at(self, hay: bytes, place: int) -> list[bytes]:
        beginning = int.from_bytes(hay[place : place + RAW], sys.byteorder)
        return [one for one in self._known[beginning] if hay.startswith(one, place)]


def _numbers(content: bytes) -> "array[int]":
    """Each eight bytes of it as a number; what is left over at the end is left out."""
    return array("Q", content[: len(content) // RAW * RAW])
