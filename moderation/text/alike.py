"""Whether two texts are the same with changes, and a sketch by which such texts find each other.

A text is the set of its shingles: the runs of three letters in it, folded so that common disguises
fall away. Two texts are alike where half of what either has is in both. The number and the sketch
are Broder's: A. Z. Broder, "On the resemblance and containment of documents" (SEQUENCES 1997);
A. Z. Broder et al., "Syntactic clustering of the Web" (WWW 1997), which takes 50 % as well.

A sketch is a few bands, each of the smallest hashes in three parts of the set. Of texts that are
alike to a share s, one band is the same with the chance s³; that one of 16 is, with
1 - (1 - s³)¹⁶: 88 % at one half, 98 % at 0.6, 2 % at a tenth, as of any two in one language.
"""

import re
import unicodedata
from binascii import crc32
from collections.abc import Iterable
from functools import lru_cache
from itertools import islice

#: From this share on, texts are the same with changes.
ALIKE = 0.5
#: What is looked at of a text. Whoever copies one copies its beginning.
LOOKED_AT = 1_500
#: Shorter texts are alike only where they are the same when folded: two people who write "Nice
#: song!" and "Nice video!" have nothing to do with each other.
FEWEST_WORDS = 3

_SHINGLE = 3
#: So many bands a sketch has at the most.
BANDS = 16
_ROWS = 3
#: Hashes have 32 bits, spread anew by a multiplication (Fibonacci's, D. E. Knuth, TAOCP 3, 6.4).
_MOST, _SPREAD = (1 << 32) - 1, 2_654_435_769
_WIDTH = -(-(_MOST + 1) // (BANDS * _ROWS))
_LINK = re.compile(r"(?:https?://|www\.)\S*", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_AGAIN = re.compile(r"(.)\1{2,}")
#: "s u b s c r i b e", "s.u.b.s.c.r.i.b.e"
_SPACED = re.compile(r"(?<!\S)\S(?: \S(?!\S)){2,}")

#: Letters of other scripts, and signs, that are written for Latin ones within a word of those.
_DISGUISED = str.maketrans(
    "авекмнорстухіјѕԁһӏɡαεικνορτυχ013457@$!",
    "abekmhopctyxijsdhlgaeikvoptuxoleastasi",
)


@lru_cache(maxsize=64)
def folded(text: str) -> str:
    """The words of a text as they compare: one case, no accents, links, signs or disguises.

    The last few are kept: a reply is sketched, then compared, and with the same ones as the next.
    """
    bare = _bare(_LINK.sub(" ", text[:LOOKED_AT]))
    words = " ".join(filter(None, map(_plain, re.findall(r"[\w@$!]+", bare))))
    return _AGAIN.sub(r"\1\1", _SPACED.sub(lambda run: run[0].replace(" ", ""), words))


def _bare(text: str) -> str:
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text).casefold()[: 3 * LOOKED_AT]
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _plain(word: str) -> str:
    """A word without its signs; where it has Latin letters, disguised ones are Latin, too."""
    if word.isascii() and word.isalpha():
        return word
    if re.search("[a-z]", word) and not word.isalpha():
        word = word.rstrip("!").translate(_DISGUISED)
    elif re.search("[a-z]", word) and not word.isascii():
        word = word.translate(_DISGUISED)
    return " ".join(_WORD.findall(word))


def sketch(text: str) -> list[str]:
    """The bands of a text: texts that are alike have, most likely, one of them in common.

    One alone, of all its words, where there are few; none where there is no word.
    """
    words = folded(text)
    if not words:
        return []
    if _is_short(words):
        return [f"whole {words}"]
    smallest = iter(_smallest(_shingles(words)))
    return [f"{band} {tuple(islice(smallest, _ROWS))}" for band in range(BANDS)]


def _smallest(shingles: set[str]) -> list[int]:
    """The smallest hash in each of so many parts of the set. One pass instead of one for each hash
    function; a part without a shingle takes another's, by chance, yet always the same. A.
    Shrivastava, "Optimal Densification for Fast and Accurate Minwise Hashing" (ICML 2017).
    """
    parts: list[int | None] = [None] * (BANDS * _ROWS)
    for shingle in shingles:
        # Halves of characters are refused at every door, and yet no text may make this raise.
        hashed = crc32(shingle.encode("utf-8", "surrogatepass"))
        part, value = divmod(hashed * _SPREAD & _MOST, _WIDTH)
        least = parts[part]
        parts[part] = value if least is None or value < least else least
    return [_filled(parts, part) for part in range(len(parts))]


def _filled(parts: list[int | None], part: int) -> int:
    found, number = parts[part], part
    while found is None:
        number = (number * 1_103_515_245 + 12_345 + 2 * part) & _MOST
        found = parts[number // _WIDTH]
    return found


def likeness(one: str, other: str) -> float:
    """Which share of the shingles that either has both have, from 0 to 1: Jaccard's."""
    return _likeness(folded(one), folded(other))


def _likeness(one: str, other: str) -> float:
    if one == other:
        return 1.0 if one else 0.0
    if _is_short(one) or _is_short(other):
        return 0.0
    left, right = _shingles(one), _shingles(other)
    return len(left & right) / len(left | right)


def are_alike(one: str, other: str) -> bool:
    """Whether one is the other with changes."""
    return likeness(one, other) >= ALIKE


def first_alike(text: str, others: Iterable[str]) -> int | None:
    """The place of the first of these texts that is the same with changes; None where none is."""
    words = ""
    for place, other in enumerate(others):
        words = words or folded(text)
        if _likeness(words, folded(other)) >= ALIKE:
            return place
    return None


def _is_short(words: str) -> bool:
    # Scripts without blanks have long words: these are no shorter than three of ours.
    return words.count(" ") + 1 < FEWEST_WORDS and len(words) < FEWEST_WORDS * 6


def _shingles(words: str) -> set[str]:
    around = f" {words} "
    return {around[n : n + _SHINGLE] for n in range(len(around) - _SHINGLE + 1)}
