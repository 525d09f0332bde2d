"""The widget's texts in other languages come with a thread; the English ones are its own."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from characters import PAGE, World

from moderation import publishing, widget_texts
from moderation.publishing import Wanted

SOURCES = Path(widget_texts.__file__).parent / "static/embed"
SAID = re.compile(r'\bsay\(\s*"([^"]+)"')


def in_the_script() -> set[str]:
    """What the widget's sources say, in English."""
    found: set[str] = set()
    for path in SOURCES.glob("*.js"):
        source = path.read_text(encoding="utf-8")
        found |= set(SAID.findall(source))
        found |= set(re.findall(r': say\("([^"]+)"', source))
    return found


def test_the_english_texts_are_those_of_the_script() -> None:
    plural = {other for _one, other in widget_texts.PLURALS}
    assert set(widget_texts.TEXTS) | plural == in_the_script()
    assert len(set(widget_texts.TEXTS)) == len(widget_texts.TEXTS)


def test_both_forms_of_a_number_are_those_of_the_script() -> None:
    script = (SOURCES / "comment-thread.js").read_text(encoding="utf-8")
    for one, other in widget_texts.PLURALS:
        assert f'"{other}": {{ one: "{one}", other: "{other}" }}' in script


PO = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {forms}\\n"

msgid "Reply"
msgstr "{reply}"

msgid "{{n}} reply"
msgid_plural "{{n}} replies"
{plural}
"""
RUSSIAN = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
    "(n%100<10 || n%100>=20) ? 1 : 2);"
)
ARABIC = (
    "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
    "n%100>=11 ? 4 : 5);"
)


def write(folder: Path, language: str, reply: str, forms: str, several: list[str]) -> None:
    """A catalog in which little is translated."""
    plural = "\n".join(f'msgstr[{n}] "{form}"' for n, form in enumerate(several))
    text = PO.format(forms=forms, reply=reply, plural=plural)
    catalog: Catalog = read_po(BytesIO(text.encode()), locale=language)
    path = folder / language / "LC_MESSAGES/messages.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_mo(file, catalog)


@pytest.fixture
def catalogs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Russian and Arabic, in a folder of this test's own."""
    folder = tmp_path / "translations"
    write(folder, "ru", "Ответить", RUSSIAN, ["{n} ответ", "{n} ответа", "{n} ответов"])
    write(folder, "ar", "رد", ARABIC, [f"{{n}} {n}" for n in range(6)])
    monkeypatch.setattr(widget_texts, "FOLDER", folder)
    forget()
    yield folder
    forget()


def forget() -> None:
    from moderation.web import ready_made

    for kept in (widget_texts.texts, widget_texts.edition, ready_made.wanted_from):
        kept.cache_clear()


def test_a_number_has_a_form_for_every_plural_category(catalogs: Path) -> None:
    assert widget_texts.texts("ru") == {
        "Reply": "Ответить",
        "{n} replies": {
            "one": "{n} ответ",
            "few": "{n} ответа",
            "many": "{n} ответов",
        },
    }
    forms = widget_texts.texts("ar")["{n} replies"]
    assert isinstance(forms, dict)
    assert set(forms) == {"zero", "one", "two", "few", "many", "other"}
    assert len(set(forms.values())) == 6


@pytest.mark.parametrize(
    ("wish", "found"),
    [("ru-KZ", "ru"), ("ar", "ar"), ("en-GB", ""), ("de", ""), ("", ""), ("x" * 99, "")],
)
def test_a_wish_finds_the_closest_language_there_are_texts_in(
    catalogs: Path, wish: str, found: str
) -> None:
    assert widget_texts.language(wish) == found


def test_texts_come_with_the_first_page_of_a_thread(
    catalogs: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "PAGE_SIZE", 1)
    for _number in range(2):
        world.published()
    first = world.thread(lang="ar-EG")
    assert (first["lang"], first["dir"]) == ("ar", "rtl")
    assert first["texts"]["Reply"] == "رد"
    assert "texts" not in world.thread(lang="ar-EG", after=first["next"])
    assert "texts" not in world.thread(lang="en")
    assert "texts" not in world.thread()


def test_languages_that_mean_the_same_are_one_document(catalogs: Path) -> None:
    addresses = {
        Wanted("blog", PAGE, language=widget_texts.language(wish)).address
        for wish in ("ru", "ru-RU", "RU", "ru-KZ")
    }
    assert len(addresses) == 1
    assert Wanted("blog", PAGE).address not in addresses


def test_a_document_with_other_texts_is_never_given(catalogs: Path, world: World) -> None:
    world.published()
    assert world.thread(lang="ru")["texts"]["Reply"] == "Ответить"
    write(catalogs, "ru", "Возразить", RUSSIAN, ["{n} ответ", "{n} ответа", "{n} ответов"])
    forget()
    assert world.thread(lang="ru")["texts"]["Reply"] == "Возразить"


def test_what_lies_ready_in_a_language_is_what_the_view_gives(catalogs: Path, world: World) -> None:
    world.published()
    said = world.thread(lang="ru")
    layer = world.app.wsgi_app
    behind = world.app.test_client()
    query = {"page": PAGE, "lang": "ru-RU"}
    front = behind.get("/api/v1/sites/blog/thread", query_string=query)
    world.app.wsgi_app = layer._behind
    view = behind.get("/api/v1/sites/blog/thread", query_string=query)
    world.app.wsgi_app = layer
    assert front.data == view.data
    assert front.get_json() == said
    assert front.headers["ETag"] == view.headers["ETag"]
