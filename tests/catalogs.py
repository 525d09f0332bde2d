"""The texts of the service and their translations: `make translations`, and what its tests ask.

`python -m tests.catalogs` finds every text anew, keeps the translations there are, writes the
catalogs and what is compiled of them, and lists what is missing; it exits with 1 if anything is.
"""

import io
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from moderation.languages import LANGUAGES

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "moderation/translations"
#: English is written in the sources.
TAGS = tuple(sorted(set(LANGUAGES) - {"en"}))
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%|%")


def path(tag: str, kind: str = "po") -> Path:
    """Where a language's catalog lies, or (`kind` "mo") what is compiled of it."""
    return FOLDER / tag / f"LC_MESSAGES/messages.{kind}"


def extracted() -> Catalog:
    """Every text that the sources mark, without translation."""
    found = Catalog(project="moderation", charset="utf-8")
    for where, texts, comments, context in _marked():
        found.add(texts, None, [(where, None)], auto_comments=comments, context=context)
    return found


@cache
def _marked() -> list[tuple[str, Any, list[str], str | None]]:
    """Where each text stands, the text, what is said of it, and its context. Reading all sources
    takes seconds, and they stay the same meanwhile.
    """
    return [
        (f"{folder}/{file}", texts, comments, context)
        for folder, mapped in _mappings()
        for file, _line, texts, comments, context in extract_from_dir(
            ROOT / folder, [mapped], keywords=KEYWORDS, comment_tags=("Translators:",)
        )
    ]


def _mappings() -> Iterator[tuple[str, tuple[str, str]]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for one in settings["tool"]["babel"]["mappings"]:
        folder, _slash, pattern = one["pattern"].partition("/")
        yield folder, (pattern, one["method"])


_HEADER = """# {name}: the texts of the service. How to change them: docs/translating.md.
msgid ""
msgstr ""
"Language: {tag}\\n"
"Plural-Forms: {plurals}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
_ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)


def stored(tag: str) -> Catalog:
    """A language's catalog; an empty one where there is none yet."""
    if not path(tag).exists():
        return Catalog(locale=tag, project="moderation", charset="utf-8")
    with path(tag).open("rb") as file:
        return read_po(file, locale=tag)


def compiled(catalog: Catalog) -> bytes:
    """What gettext reads: the same bytes for the same texts, on any day."""
    catalog.creation_date = catalog.revision_date = _ALWAYS
    made = io.BytesIO()
    write_mo(made, catalog)
    return made.getvalue()


def write(tag: str, catalog: Catalog) -> None:
    """Write a catalog, and what is compiled of it beside it."""
    path(tag).parent.mkdir(parents=True, exist_ok=True)
    body = io.BytesIO()
    # Neither dates nor line numbers: they would change, and collide, with every merge.
    write_po(body, catalog, width=100, include_lineno=False, ignore_obsolete=True, omit_header=True)
    head = _HEADER.format(name=LANGUAGES[tag], tag=tag, plurals=catalog.plural_forms)
    path(tag).write_bytes(head.encode() + body.getvalue())
    path(tag, "mo").write_bytes(compiled(stored(tag)))


def update(tag: str) -> None:
    """Take new texts into a catalog and drop those that are gone; translations stay."""
    catalog = stored(tag)
    catalog.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    write(tag, catalog)


def missing(tag: str) -> list[str]:
    """The texts that a language has no translation of, or an unsure one."""
    catalog = stored(tag)
    return [
        _text(message) for message in extracted() if message.id and not _is_whole(catalog, message)
    ]


def _is_whole(catalog: Catalog, wanted: Message) -> bool:
    found = catalog.get(wanted.id, wanted.context)
    if found is None or found.fuzzy:
        return False
    given = found.string if isinstance(found.string, tuple | list) else (found.string,)
    return all(given)


def wrong(tag: str) -> list[str]:
    """Translations whose placeholders are not those of the English text, or malformed.

    Of the forms of a plural some need no number: "two replies" is one word in Arabic.
    """
    return [
        f"{_text(message)}: {given}"
        for message in stored(tag)
        if message.id
        for given in _given(message)
        if given and not _fits(given, message)
    ]


def _fits(given: str, message: Message) -> bool:
    has, wanted = _placeholders(given), _placeholders(_text(message))
    return has == wanted or (message.pluralizable and has == wanted - {"%(num)s"})


def _given(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if message.pluralizable else (message.string,)


def _text(message: Message) -> str:
    return str(message.id[-1]) if message.pluralizable else str(message.id)


def _placeholders(text: str) -> set[str]:
    return {found[0] for found in _PLACEHOLDER.finditer(text)}


def main() -> int:
    """Update every catalog and tell what is left to translate."""
    left = 0
    for tag in TAGS:
        update(tag)
        texts = missing(tag)
        left += len(texts)
        print(f"{tag}: {len(texts)} of {len(extracted())} missing")
        for text in texts:
            print(f"  {text}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
