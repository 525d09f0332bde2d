"""Which words changed between two texts."""

import re
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

#: Comparing costs up to the third power of their number: what has more words between its first and
#: its last change is compared line by line, and what has more lines than that was written anew.
MOST_COMPARED = 120
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
    found = _between(_WORDS.findall(old), _WORDS.findall(new))
    if found is None:
        before, after = _LINES.findall(old), _LINES.findall(new)
        found = _between(before, after) or [(Change.GONE, before), (Change.NEW, after)]
    return [Piece(change, "".join(words)) for change, words in found if words]


_Found = list[tuple[Change, list[str]]]


def _between(before: list[str], after: list[str]) -> _Found | None:
    """What stayed, went and came; None where that is too much to compare."""
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    gone, new = before[start : len(before) - end], after[start : len(after) - end]
    if max(len(gone), len(new)) > MOST_COMPARED:
        return None
    head, tail = before[:start], before[len(before) - end :]
    return [(Change.KEPT, head), *_compared(gone, new), (Change.KEPT, tail)]


def _alike(one: list[str], other: list[str]) -> int:
    """How many words both begin with. Most changes are small, and need no more than that."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _compared(before: list[str], after: list[str]) -> _Found:
    found: _Found = []
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, before, after).get_opcodes():
        if kind == "equal":
            found.append((Change.KEPT, before[i1:i2]))
        else:
            found += [(Change.GONE, before[i1:i2]), (Change.NEW, after[j1:j2])]
    return found
