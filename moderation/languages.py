"""The languages of this service, and which of them somebody is answered in."""

from collections.abc import Iterable

from babel import negotiate_locale

#: By tag, with the name that its own readers know it by.
LANGUAGES = {
    "en": "English",
    "ar": "العربية",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "kk": "Қазақша",
    "ru": "Русский",
    "zh": "简体中文",
}
RIGHT_TO_LEFT = frozenset({"ar"})


def closest(wished: Iterable[str], otherwise: str = "en") -> str:
    """The first of the wished language tags (RFC 5646) that there is, as one of LANGUAGES.

    "de-CH" finds "de", "zh-Hans-CN" finds "zh"; what is no tag is passed over.
    """
    tags = [tag.strip().replace("_", "-") for tag in wished if tag and len(tag) < 36]
    roots = [part for tag in tags for part in (tag.lower(), tag.split("-")[0].lower())]
    return negotiate_locale(roots, list(LANGUAGES)) or otherwise


def direction(language: str) -> str:
    """The value of a `dir` attribute: rtl for what is written from right to left, else ltr."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"
