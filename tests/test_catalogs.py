"""Every text is translated into every language, whole, and what is compiled is what is written."""

import re
from pathlib import Path

import catalogs
import pytest
from babel.messages import Catalog

#: What is the same word in English: told here, so that nothing stays English by oversight.
SAME_AS_ENGLISH = {
    "de": {
        *("Name", "Website", "Moderation", "Moderator", "Spam", "optional", "Link"),
        *("Code", "Passkeys", "Webhook"),
    },
    "es": {
        *("Error:", "Error %(status)s", "Spam", "spam", "No"),
        *("Webhook", "Akismet: spam"),
    },
    "fr": {
        *("Site", "Sites", "Spam", "spam", "Code", "Pages"),
        *("Conversation", "Invitation", "Notes", "Minutes", "Score", "Secret", "Webhook"),
    },
    "ru": {"Shift"},
    "kk": {"Shift"},
    "ar": {"Shift"},
    "zh": {"Shift", "Webhook"},
}
FORMS = {"ar": 6, "de": 2, "es": 2, "fr": 2, "kk": 2, "ru": 3, "zh": 1}

every_language = pytest.mark.parametrize("tag", catalogs.TAGS)


def ids(catalog: Catalog) -> set[object]:
    return {message.id for message in catalog if message.id}


@every_language
def test_nothing_is_missing_and_nothing_unsure(tag: str) -> None:
    assert catalogs.missing(tag) == []
    assert [message.id for message in catalogs.stored(tag) if message.fuzzy and message.id] == []


@every_language
def test_the_catalog_holds_the_texts_that_there_are_and_no_others(tag: str) -> None:
    found = ids(catalogs.extracted())
    assert len(found) > 200
    assert ids(catalogs.stored(tag)) == found


@every_language
def test_every_translation_has_the_placeholders_of_the_english_text(tag: str) -> None:
    assert catalogs.wrong(tag) == []


@every_language
def test_plurals_have_as_many_forms_as_the_language(tag: str) -> None:
    catalog = catalogs.stored(tag)
    assert catalog.num_plurals == FORMS[tag]
    counted = [message for message in catalog if message.pluralizable]
    assert counted
    assert {len(message.string) for message in counted} == {FORMS[tag]}


@every_language
def test_what_is_compiled_is_what_is_written(tag: str) -> None:
    assert catalogs.path(tag, "mo").read_bytes() == catalogs.compiled(catalogs.stored(tag))


@every_language
def test_no_text_is_left_in_english(tag: str) -> None:
    same = {message.id for message in catalogs.stored(tag) if message.id == message.string}
    same = {text for text in same if re.search("[a-z]", re.sub(r"%\(\w+\)[sd]", "", text))}
    assert same == SAME_AS_ENGLISH[tag]


class TestControls:
    @pytest.fixture(autouse=True)
    def _elsewhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(catalogs, "FOLDER", tmp_path)

    def test_an_empty_catalog_misses_everything(self) -> None:
        assert len(catalogs.missing("de")) == len(catalogs.extracted())

    def test_an_update_keeps_what_is_translated_and_says_what_is_new(self) -> None:
        catalogs.update("de")
        catalog = catalogs.stored("de")
        catalog["Reply"].string = "Antworten"
        catalog.add("A text that is gone", "Ein Text von früher")
        catalogs.write("de", catalog)
        catalogs.update("de")
        assert catalogs.stored("de")["Reply"].string == "Antworten"
        assert "A text that is gone" not in ids(catalogs.stored("de"))
        assert "Reply" not in catalogs.missing("de")
        assert "Preview" in catalogs.missing("de")

    def test_a_wrong_placeholder_is_noticed(self) -> None:
        catalog = Catalog(locale="de")
        catalog.add("Reply to %(name)s", "Antwort an %(nam)s")
        catalog.add("Error %(status)s", "Fehler")
        catalog.add("in reply to %(name)s", "Antwort an %(name)")
        catalog.add("First-time author", "100 % neu")
        catalogs.write("de", catalog)
        assert len(catalogs.wrong("de")) == 4
