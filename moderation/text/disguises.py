"""Words as people disguise them, found again: literals, as whole words, in linear time.

What is seen through: another case and other forms of a letter (NFKC), letters of other scripts that
look Latin, signs and digits in place of letters (c@s1no), letters that are stretched (casiiino) or
s p a c e d out, signs between them (ca-si-no), invisible ones, and accents that no language writes.
An accent that one does write is left: "año" is not "ano". Nothing is a pattern, and each text is
read once, whatever the number of words.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from .confusables import OUT_OF_FRAMES, TO_LATIN

_UNSEEN = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e01ef]+"
)
#: What remains of accents once they are composed: no language writes these.
_STRAY = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_ASCII = re.compile(r"[a-z]+")
_WORD = re.compile(r"[^\W_]+")
_CHUNK = re.compile(r"\S+")
_NO_LETTER = re.compile(r"[\W_]+")
#: Letters that stand alone, one after the other, with little between them.
_SPACED = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,3}+[^\W_](?![^\W_])){2,}+")
_RUN = re.compile(r"(.)\1*+", re.DOTALL)
#: Scripts that write no spaces: a word of theirs is looked for wherever it stands.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff]"
)

#: Signs and digits that stand for letters inside a word.
_SIGNS = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g"} | {
    "@": "a",
    "$": "s",
    "!": "i",
    "+": "t",
    "€": "e",
    "£": "l",
}
#: 1 and | may be either of two, but are one of them throughout a word.
_AS_I, _AS_L = (str.maketrans(_SIGNS | dict.fromkeys("1|", letter)) for letter in "il")
#: What parts letters and is thrown away, but apostrophes: "he'll" is two words of English.
_NO_SIGN = re.compile(r"[^\w@$!+€£|'’]+|_+")
_LETTER = re.compile(r"[^\W\d_]")
_SIGN = re.compile(r"[0-9@$!+€£|]")
#: Longer things between two spaces are no words: addresses, mostly.
_LONGEST = 120
#: How many times longer a text may become when its letters are written out.
_MOST_GROWN = 3
#: So many letters that stand alone are searched for words inside of them.
_MOST_SPACED = 1_000
#: A stretched letter stands three times at least: no word of any language has that.
_STRETCHED = 3
#: Shorter words are found in spelled-out letters only where these begin and end.
_SHORTEST_INSIDE = 4


@lru_cache(maxsize=16)
def found(words: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Those of the words that stand in the text, as they were given but for their case, in the
    order in which they are given. The last few answers are kept: who asks before anything is
    locked has the answer when it is.
    """
    if not words:
        return ()
    seen = _looked_for(words).in_text(read(text))
    given = dict.fromkeys(folded(one.strip()) for one in words)
    return tuple(word for word in given if word in seen)


@lru_cache(maxsize=4096)
def is_same(given: str, text: str) -> bool:
    """Whether a text is these words in disguise, and nothing else: the same letters, with whatever
    stands between them.
    """
    if folded(given.strip()) == folded(text.strip()):
        return True
    wanted, seen = _bare(skeleton(given)), skeleton(text)
    forms = {_bare(seen), *(_bare(seen.translate(table)) for table in (_AS_I, _AS_L))}
    return bool(wanted) and any(_is_form_of(form, frozenset((wanted,))) for form in forms)


def _bare(text: str) -> str:
    return _NO_LETTER.sub("", text)


def folded(text: str) -> str:
    """The text without case, and with one form for each letter."""
    return unicodedata.normalize("NFKC", text).casefold()


def skeleton(text: str) -> str:
    """What the text looks like: without case, in Latin letters where it looks so."""
    return _plain(text).translate(TO_LATIN).casefold()


class Read(NamedTuple):
    """A text, taken apart once: its words, and what may be words in disguise."""

    folded: str
    #: What each word in turn may be.
    words: tuple[frozenset[str], ...]
    #: All that a single word may be, by the same with each letter of a row once.
    forms: dict[str, set[str]]
    #: Letters that stood alone, joined.
    spaced: tuple[str, ...]


@lru_cache(maxsize=8)
def read(text: str) -> Read:
    """Take a text apart. The last few are kept: several lists are looked for in each."""
    plain = _plain(text)
    words = tuple(_forms(word) for word in _WORD.findall(plain))
    forms: dict[str, set[str]] = {}
    for form in frozenset().union(*words, *map(_forms, _chunks(plain))):
        forms.setdefault(_once(form), set()).add(form)
    spaced = (_NO_LETTER.sub("", run[0]) for run in _SPACED.finditer(plain))
    joined = tuple(form for letters in spaced for form in _forms(letters[:_MOST_SPACED]))
    return Read(folded(plain), words, forms, joined)


def _plain(text: str) -> str:
    if text.isascii():
        return text
    framed = _UNSEEN.sub("", text).translate(OUT_OF_FRAMES)
    # One letter may be eighteen: a text of these would be read for seconds.
    return _STRAY.sub("", unicodedata.normalize("NFKC", framed))[: _MOST_GROWN * len(text)]


def _chunks(text: str) -> Iterator[str]:
    """What stands between two spaces with signs in it, without those that part its letters."""
    for chunk in _CHUNK.findall(text):
        if len(chunk) > _LONGEST or chunk.isalnum():
            continue
        glued = _NO_SIGN.sub("", chunk).rstrip("!+|")
        yield glued
        if glued[:1] in _SIGNS:
            yield glued.lstrip("@$!+€£|")


@lru_cache(maxsize=4096)
def _forms(word: str) -> frozenset[str]:
    """All that a word may be meant to be: few, whatever it is."""
    if _ASCII.fullmatch(word):
        return frozenset((word,))
    seen = word.translate(TO_LATIN)
    forms = {word.casefold(), seen.casefold()}
    if other := _exchanged(seen):
        forms.add(other.casefold())
    if _SIGN.search(seen) and _LETTER.search(seen):
        forms |= {seen.translate(table).casefold() for table in (_AS_I, _AS_L)}
    return frozenset(forms)


def _exchanged(word: str) -> str:
    """The word with the other of the two letters that are one line: l among capitals is an I, and
    I among small letters an l.
    """
    if "l" in word and word.replace("l", "").isupper():
        return word.replace("l", "I")
    return word.replace("I", "l") if "I" in word and not word.isupper() else ""


@lru_cache(maxsize=4096)
def _once(form: str) -> str:
    """A form with each letter once, where it stands several times in a row."""
    return _RUN.sub(r"\1", form)


def _runs(form: str) -> tuple[int, ...]:
    """How often each letter stands there in a row."""
    return tuple(len(run[0]) for run in _RUN.finditer(form))


def _is_stretched(wanted: str, form: str) -> bool:
    """Whether each letter stands as often as it should, or is stretched; they are the same but
    for that.
    """
    return wanted == form or all(
        there == times or (there >= _STRETCHED and there > times)
        for times, there in zip(_runs(wanted), _runs(form), strict=True)
    )


class _Term(NamedTuple):
    """A word of a list: how it is given, and for each part of it the forms it may have."""

    given: str
    parts: tuple[frozenset[str], ...]


class _LookedFor:
    """A list of words, put in order once so that each text is read through only once."""

    def __init__(self, words: Iterable[str]) -> None:
        self._single: dict[str, list[tuple[str, str]]] = {}
        self._pairs: dict[tuple[str, str], list[_Term]] = {}
        self._joined: dict[str, str] = {}
        literal: list[str] = []
        for given in filter(None, dict.fromkeys(folded(word.strip()) for word in words)):
            if _UNSPACED.search(given) or _has_signs(given):
                literal.append(given)
            else:
                self._add(_Term(given, tuple(map(_word_forms, _WORD.findall(given)))))
        self._lengths = sorted({len(form) for form in self._joined})
        self._literal = _pattern(literal)

    def _add(self, term: _Term) -> None:
        if not term.parts:
            return
        self._joined[_NO_LETTER.sub("", term.given)] = term.given
        if len(term.parts) == 1:
            for form in term.parts[0]:
                self._single.setdefault(_once(form), []).append((form, term.given))
            return
        for first in term.parts[0]:
            for second in term.parts[1]:
                self._pairs.setdefault((_once(first), _once(second)), []).append(term)

    def in_text(self, text: Read) -> set[str]:
        """Which of them stand in a text."""
        seen = set(self._literal.findall(text.folded)) if self._literal else set()
        for once in self._single.keys() & text.forms.keys():
            for wanted, given in self._single[once]:
                if any(_is_stretched(wanted, form) for form in text.forms[once]):
                    seen.add(given)
        if self._pairs:
            seen |= self._in_a_row(text.words)
        for letters in text.spaced:
            seen |= self._spelled_out(letters)
        return seen

    def _in_a_row(self, words: tuple[frozenset[str], ...]) -> set[str]:
        once = [set(map(_once, forms)) for forms in words]
        seen: set[str] = set()
        for place, (firsts, seconds) in enumerate(pairwise(once)):
            for first in firsts:
                for second in seconds:
                    for term in self._pairs.get((first, second), ()):
                        if _stands_at(term, words, place):
                            seen.add(term.given)
        return seen

    def _spelled_out(self, letters: str) -> set[str]:
        """Words in a run of letters that stood alone. Others may stand before or after them."""
        edges = (letters, letters[1:], letters[:-1], letters[1:-1])
        seen = {self._joined[part] for part in edges if part in self._joined}
        for length in self._lengths:
            if length < _SHORTEST_INSIDE:
                continue
            for begin in range(len(letters) - length + 1):
                if (part := letters[begin : begin + length]) in self._joined:
                    seen.add(self._joined[part])
        return seen


def _stands_at(term: _Term, words: tuple[frozenset[str], ...], place: int) -> bool:
    there = words[place : place + len(term.parts)]
    return len(there) == len(term.parts) and all(
        any(_is_form_of(form, part) for form in forms)
        for forms, part in zip(there, term.parts, strict=True)
    )


def _is_form_of(form: str, part: frozenset[str]) -> bool:
    return any(_once(wanted) == _once(form) and _is_stretched(wanted, form) for wanted in part)


def _word_forms(word: str) -> frozenset[str]:
    """How a word of a list may be written, also in capitals: those look like other letters."""
    return frozenset((word, skeleton(word), skeleton(word.upper())))


def _has_signs(word: str) -> bool:
    return bool(re.search(r"[^\w\s'’-]|_", word))


def _pattern(literals: list[str]) -> re.Pattern[str] | None:
    """For what has signs in it, or no space beside it: exactly as it is given."""
    if not literals:
        return None
    longest_first = sorted(literals, key=len, reverse=True)
    return re.compile("|".join(map(_bounded, longest_first)))


def _bounded(literal: str) -> str:
    escaped = re.escape(literal)
    return escaped if _UNSPACED.search(literal) else rf"(?<!\w){escaped}(?!\w)"


@lru_cache(maxsize=256)
def _looked_for(words: tuple[str, ...]) -> _LookedFor:
    return _LookedFor(words)
