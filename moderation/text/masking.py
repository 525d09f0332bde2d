"""Words that hurt, covered until somebody asks for them."""

import codecs
import html
import re
from collections.abc import Callable, Iterable
from functools import lru_cache

#: A short list, of words that insult people for what they are and mean nothing else: whoever reads
#: comments for hours meets them often enough. Turned by 13 letters (ROT13), so that nobody reads
#: them here. It covers, and holds nothing back; what a site does not want is its own list's.
_TURNED = {
    "en": "avttre avttn snttbg xvxr enturnq gbjryurnq jrgonpx genaal ergneq",
    "de": "xnanxr fpujhpugry whqrafnh",
    "fr": "obhtabhyr lbhcva gneybhmr",
    "es": "artengn znevpóa fhqnpn",
}
SLURS = frozenset(codecs.decode(" ".join(_TURNED.values()), "rot13").split())

#: Tags and text of HTML that `markup` made: no attribute of it has a bracket.
_PIECE = re.compile(r"<[^<>]*>|[^<>]+")
Cover = Callable[[str], str]


def masked(safe: str, words: Iterable[str], cover: Cover) -> str:
    """HTML that `markup` made, each of these words in its text replaced by what `cover` makes of
    it (HTML; it is given the word as it stands there). A link ends before and goes on after it.
    """
    pattern = _whole_words(frozenset(words))
    if pattern is None:
        return safe
    parts: list[str] = []
    link = ""
    for piece in _PIECE.findall(safe):
        if piece.startswith("<"):
            link = piece if piece.startswith("<a ") else "" if piece == "</a>" else link
            parts.append(piece)
        else:
            parts.append(_covered(piece, pattern, cover, link))
    return "".join(parts)


def _covered(text: str, pattern: re.Pattern[str], cover: Cover, link: str) -> str:
    plain = html.unescape(text)
    if not pattern.search(plain):
        return text
    # Split by a pattern with one group: every second part is a word.
    pieces = [
        (f"</a>{cover(part)}{link}" if link else cover(part))
        if number % 2
        else html.escape(part, quote=False)
        for number, part in enumerate(pattern.split(plain))
    ]
    return "".join(pieces)


@lru_cache(maxsize=256)
def _whole_words(words: frozenset[str]) -> re.Pattern[str] | None:
    # Literals only, as where the policy looks for them; with the plural that most of them have.
    literals = sorted((re.escape(word.strip()) for word in words if word.strip()), key=len)
    if not literals:
        return None
    return re.compile(rf"(?<!\w)((?:{'|'.join(reversed(literals))})s?)(?!\w)", re.IGNORECASE)
