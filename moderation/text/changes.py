"""Which words changed between two texts."""

import re
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

#: Comparing costs up to the square of their number: longer texts are compared line by line, and
#: what has more lines than that counts as written anew.
MOST_COMPARED = 1_000
_WORDS = re.compile(r"\s+|[^\s\w]|\w+")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class Change(StrEnum):
    """What became of a piece of text."""

    KEPT = "kept"
    GONE = "gone"
    NEW = "new"


class Piece(NamedTuple):
    """Some words that stayed, went or came."""

    change: Change
    text: str


def changes(old: str, new: str) -> list[Piece]:
    """The way from one text to the other: the pieces kept and gone are the old text, those kept
    and new are the new one.
    """
    before, after = _words(old), _words(new)
    if max(len(before), len(after)) > MOST_COMPARED:
        before, after = _LINES.findall(old), _LINES.findall(new)
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    middle = _compared(before[start : len(before) - end], after[start : len(after) - end])
    kept = [(Change.KEPT, before[:start]), *middle, (Change.KEPT, before[len(before) - end :])]
    return [Piece(change, "".join(words)) for change, words in kept if words]


def _words(text: str) -> list[str]:
    return _WORDS.findall(text)


def _alike(one: list[str], other: list[str]) -> int:
    """How many words both begin with. Most changes are small, and need no more than that."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _compared(before: list[str], after: list[str]) -> list[tuple[Change, list[str]]]:
    if max(len(before), len(after)) > MOST_COMPARED:
        return [(Change.GONE, before), (Change.NEW, after)]
    found: list[tuple[Change, list[str]]] = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, before, after).get_opcodes():
        if kind == "equal":
            found.append((Change.KEPT, before[i1:i2]))
        else:
            found += [(Change.GONE, before[i1:i2]), (Change.NEW, after[j1:j2])]
    return found
