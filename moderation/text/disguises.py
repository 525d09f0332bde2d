"""Text as it is meant, whatever it is dressed up as."""

import unicodedata


def fold(text: str) -> str:
    """The text without case and without the forms that only look different."""
    return unicodedata.normalize("NFKC", text).casefold()
