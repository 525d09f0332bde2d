"""In which scripts a language is written, and how much of a text is in others."""

import unicodedata
from functools import lru_cache

#: As Unicode's names of letters begin.
OF_LANGUAGES: dict[str, frozenset[str]] = {
    "ar": frozenset({"ARABIC"}),
    "de": frozenset({"LATIN"}),
    "en": frozenset({"LATIN"}),
    "es": frozenset({"LATIN"}),
    "fr": frozenset({"LATIN"}),
    "kk": frozenset({"CYRILLIC", "LATIN", "ARABIC"}),
    "ru": frozenset({"CYRILLIC"}),
    "zh": frozenset({"CJK", "BOPOMOFO"}),
}
#: Fewer letters than this say nothing: a name, a laugh, a word in another language.
FEWEST = 10


# A text may be judged several times in a row.
@lru_cache(maxsize=8)
def strange_share(text: str, language: str) -> float:
    """Which share of the letters (0 to 1) is in none of the language's scripts; 0 where there are
    few, or nobody knows how the language is written.
    """
    own = OF_LANGUAGES.get(language)
    letters = [letter for letter in text if letter.isalpha()]
    if own is None or len(letters) < FEWEST:
        return 0.0
    return sum(_script(letter) not in own for letter in letters) / len(letters)


@lru_cache(maxsize=4096)
def _script(letter: str) -> str:
    return unicodedata.name(unicodedata.normalize("NFKC", letter)[0], "?").split()[0]
