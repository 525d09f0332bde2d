"""Plain text as people type it: storable, readable, and otherwise left alone.

Nothing here cuts what a reader could see. What goes is what hides: control characters,
characters that turn the direction of the text around them, invisible ones that carry a
second message, and heaps of accents that spill over the lines of other people.
"""

import re
import unicodedata

MARKS_IN_A_ROW = 8
"""The most combining marks kept after one letter.

Vietnamese needs two, Thai three, Devanagari four, pointed and accented Hebrew or Arabic five,
and the tallest Tibetan stacks in use eight. Unicode's own bound (30, UAX #15, "Stream-Safe
Text Format") protects buffers, not the line above.
"""

_NOTHING_TO_DO = re.compile(r"[\t\n -~]*")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# UAX #14 knows these as mandatory breaks; browsers and databases disagree about most of them.
_LINE_ENDS = re.compile("\r\n|[\r\x85\u2028\u2029]")
_HIDDEN = re.compile(
    "["
    "\x01-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls but tab and newline
    "\xad\u200b\u2060-\u2065\ufeff"  # zero width, and no script is spelled with them
    "\u202a-\u202e\u2066-\u2069"  # direction embeddings, overrides, isolates (UAX #9)
    "\u206a-\u206f\ufff9-\ufffb\U000e0000-\U000e007f"  # deprecated, annotations, tags
    "\ufdd0-\ufdef\ufffe\uffff"  # no characters at all; XML 1.0 forbids the last two in feeds
    + "".join(
        f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(1 << 16, 17 << 16, 1 << 16)
    )
    + "]"
)
# Marks are neither word characters nor space, so only such a run can hold too many of them.
_MAYBE_A_HEAP = re.compile(rf"[^\w\s]{{{MARKS_IN_A_ROW + 1},}}")
# What normalizing sorts, it sorts by exchanging neighbours: a run of marks costs its square.
_LONGEST_SORTED = 30  # UAX #15, "Stream-Safe Text Format": no honest text comes near
_TOO_LONG_TO_SORT = re.compile(rf"[^\w\s]{{{_LONGEST_SORTED + 1},}}")
_JOINERS = re.compile("[\u200c\u200d\u180e]+")
_VIRAMA = 9  # the canonical combining class of the signs that join consonants (UAX #44)
_JOINED_BEFORE = frozenset({"Ll", "Lm", "Lo", "Lt", "Lu", "Nd", "Nl", "No", "Sk", "So"})
_JOINED_AFTER = frozenset({"Ll", "Lm", "Lo", "Lt", "Lu", "Sk", "Sm", "So"})
_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Zl", "Zp", "Zs"})
# They count as letters, symbols or marks, and show nothing.
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159") | frozenset(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)


class Unreadable(ValueError):
    """The text holds NUL or half a character, which neither database can store."""


def tidy(text: str, *, compose: bool = True) -> str:
    """Return `text` in the form that is stored: "\\n" line ends, NFC, nothing hidden in it.

    Doing it twice changes nothing more. Raises Unreadable for NUL and lone surrogates.
    HTML must not be composed: NFC makes one letter of ">" and a following U+0338, and the
    tag before it loses its end.
    """
    if _NOTHING_TO_DO.fullmatch(text):
        return text.strip()
    if _UNSTORABLE.search(text):
        raise Unreadable("This text contains a character that cannot be stored.")
    return _legible(_LINE_ENDS.sub("\n", text), compose=compose).strip()


def one_line(text: str) -> str:
    """Return `text` tidied, with every run of white space made one blank: names, titles."""
    return " ".join(tidy(text).split())


def is_blank(text: str) -> bool:
    """Tell whether there is nothing to see in `text`."""
    return all(letter in _FILLERS or unicodedata.category(letter) in _INVISIBLE for letter in text)


def _legible(text: str, *, compose: bool) -> str:
    text = _HIDDEN.sub("", text)
    if text.isascii():
        return text
    if compose:
        text = _TOO_LONG_TO_SORT.sub(lambda run: _cut(run[0], _LONGEST_SORTED), text)
        text = unicodedata.normalize("NFC", text)
    text = _MAYBE_A_HEAP.sub(lambda run: _cut(run[0], MARKS_IN_A_ROW), text)
    text = _JOINERS.sub(_keep_joiner, text)
    # Letter and mark may have met only now, where something between them went.
    return unicodedata.normalize("NFC", text) if compose else text


def _cut(run: str, most: int) -> str:
    kept, marks = [], 0
    for letter in run:
        if unicodedata.category(letter)[0] == "M":
            marks += 1
        elif not _JOINERS.match(letter):
            marks = 0
        if marks <= most:
            kept.append(letter)
    return "".join(kept)


def _keep_joiner(run: re.Match[str]) -> str:
    """Keep the first of these joiners where a script or an emoji is spelled with it.

    After RFC 5892, appendix A.1 and A.2, but between any two letters, since Persian, Bengali
    and Mongolian need that, and after a virama at the end of a word, as older Malayalam does.
    """
    text, before = run.string, run.start() - 1
    follows = text[run.end() : run.end() + 1]
    virama = False
    while before >= 0 and unicodedata.category(text[before])[0] == "M":
        virama = virama or unicodedata.combining(text[before]) == _VIRAMA
        before -= 1
    if before < 0 or unicodedata.category(text[before]) not in _JOINED_BEFORE:
        return ""
    joins = follows and (
        unicodedata.category(follows) in _JOINED_AFTER or unicodedata.combining(follows) == _VIRAMA
    )
    return run[0][0] if virama or joins else ""
