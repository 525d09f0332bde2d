"""What a text is known by to the classifier: pieces of it, each as the number of a bucket.

Characters, not only words: whoever writes "subscr1be" to get past a list of words leaves most of
its pieces as they were (Kanaris, Kanaris, Houvardas, Stamatatos, "Words versus character n-grams
for anti-spam filtering", 2007). Pieces are hashed, so that a model has one size whatever people
write (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009).
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlsplit
from zlib import crc32

from moderation.text import disguises

#: Numbers of buckets; a power of two.
BUCKETS = 1 << 18
#: Raised whenever the same text is known by other pieces: what was learned is learned anew then.
EDITION = 1
SHORTEST, LONGEST = 2, 4
#: A text has its say within so many characters of its beginning and of its end: judging takes a
#: few milliseconds at most, and nobody hides a link behind a novel.
BEGINNING, ENDING = 1_200, 400
#: Shares and lengths are rough steps: an exact one would be seen once.
_STEPS = 4
#: Where a link goes is told by its domain.
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")
_WORDS = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Said:
    """A reply as the classifier looks at it; all of it is stored with the comment."""

    text: str
    name: str = ""
    website: str = ""
    links: tuple[str, ...] = ()
    #: How it came: codes of reasons such as "haste" and "honeypot".
    came: tuple[str, ...] = ()


def buckets(said: Said) -> list[int]:
    """The buckets of all its pieces, each once, in order."""
    shown = _shown(said.text)
    folded = disguises.skeleton(shown)
    pieces = _runs(f" {' '.join(folded.split())} ")
    pieces.update(_packed(piece) for piece in _told(said, shown, _words(folded)))
    return sorted({crc32(piece) & (BUCKETS - 1) for piece in pieces})


def spoken(said: Said) -> dict[str, int]:
    """The pieces that can be told to a person, words and domains, with their buckets."""
    words = _words(disguises.skeleton(_ADDRESS.sub(" ", _shown(said.text))))
    telling = {word: f"w:{word}" for word in words if len(word) > 2 and word.isalnum()}
    telling |= {
        f"{one} {two}": f"b:{one} {two}"
        for one, two in pairwise(words)
        if one.isalnum() and two.isalnum()
    }
    telling |= {domain: f"d:{domain}" for domain in _domains(said)}
    return {told: crc32(_packed(piece)) & (BUCKETS - 1) for told, piece in telling.items()}


def _runs(text: str) -> set[bytes]:
    """Every run of so many characters."""
    spans = [
        (at, at + length)
        for length in range(SHORTEST, LONGEST + 1)
        for at in range(len(text) - length + 1)
    ]
    if text.isascii():
        # A character is a byte: written as bytes once, not piece by piece.
        packed = text.encode()
        return {packed[start:end] for start, end in spans}
    return {_packed(text[start:end]) for start, end in spans}


def _packed(piece: str) -> bytes:
    # Halves of characters are refused at every door, and yet no text may make this raise.
    return piece.encode("utf-8", "surrogatepass")


def _told(said: Said, shown: str, words: list[str]) -> set[str]:
    """What else it is known by."""
    found = {f"w:{word}" for word in words}
    found.update(f"b:{one} {two}" for one, two in pairwise(words))
    found.update(f"d:{domain}" for domain in _domains(said))
    found.update(f"n:{word}" for word in _words(disguises.skeleton(said.name[:200])))
    found.update(f"c:{code}" for code in said.came)
    found.update((_length(shown), _capitals(shown), f"l:{min(3, len(said.links))}"))
    return found


def _shown(text: str) -> str:
    if len(text) <= BEGINNING + ENDING:
        return text
    return f"{text[:BEGINNING]} {text[-ENDING:]}"


def _words(folded: str) -> list[str]:
    return _WORDS.findall(folded)


def _domains(said: Said) -> list[str]:
    linked = (*said.links[:50], *([said.website] if said.website else []))
    return sorted({domain for address in linked if (domain := _domain(address))})


def _domain(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _length(text: str) -> str:
    return f"length:{len(text.split()).bit_length()}"


def _capitals(text: str) -> str:
    letters = list(filter(str.isalpha, text))
    capitals = sum(map(str.isupper, letters))
    return f"capitals:{_STEPS * capitals // (len(letters) or 1)}"
