"""What tidy() keeps, what it takes out, and that it is done after one time."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.plain import MARKS_IN_A_ROW, Unreadable, is_blank, one_line, tidy

HEBREW = "בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים"
WHOLE = {
    "Vietnamese": "Tiếng Việt: Nguyễn Ngọc Ngạn, những đứa trẻ",
    "Hebrew with points and accents": HEBREW,
    "Arabic with vowels": "بِسْمِ ٱللَّهِ ٱلرَّحْمَٰنِ ٱلرَّحِيمِ",
    "Thai": "ผู้ใหญ่น้ำทิ้งก็ตื่น",
    "Devanagari": "हिन्दी में क्षत्रिय और ॐकार, स्त्री",
    "Devanagari, joined and kept apart": "क्‍ष क्‌ष",
    "Persian with a non-joiner": "می‌خواهم کتاب‌ها را",
    "Bengali with a joiner before the virama": "র‍্যাব",
    "Malayalam chillu at the end of a word": "അവന്‍ വന്നു",
    "Sinhala": "ශ්‍රී ලංකාව",
    "Tibetan stack": "ཧྐྵྨླྺྼྻྂ",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ᠌",
    "Korean": "안녕하세요",
    "Arabic beside Latin, with direction marks": "اسمي\u200f (Bob)\u200e!",
    "a family": "👨‍👩‍👧‍👦",
    "a doctor with a skin": "👩🏽‍⚕️",
    "a rainbow flag": "🏳️‍🌈",
    "a shaken head": "🙂‍↔️",
    "a keycap": "1️⃣",
    "a variant of a Han character": "葛\U000e0100飾区",
    "code with an indent": "if x:\n\treturn 1\n    done",
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
def test_the_scripts_of_the_world_survive_whole(text):
    assert tidy(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize("text", ["a\x00b", "\ud83d", "a\udc00", "\udfff\ud800"])
def test_text_that_cannot_be_stored_is_refused(text):
    with pytest.raises(Unreadable):
        tidy(text)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("a\r\nb\rc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        (" \n\t a \n ", "a"),
        ("e\u0301", "é"),
        ("a\x01\x08\x0b\x0c\x1b[31m\x7f\x9fb", "a[31mb"),
        ("a\u202eb\u202cc\u2066d\u2069e", "abcde"),
        ("a\ufff9b\ufffac\ufffbd\U000e0041e\u206af", "abcdef"),
        ("p\u200bi\u2060l\ufeffl\xads", "pills"),
        ("a\ufffe\uffff\U0001ffffb", "ab"),
        ("a \u200d b", "a  b"),
        ("a\u200d\u200c\u200db", "a\u200db"),
        ("!\u200d!", "!!"),
        ("e\u200b\u0301", "é"),
        ("a\tb\n\n\n\nc", "a\tb\n\n\n\nc"),
    ],
)
def test_what_hides_goes_and_nothing_else(typed, stored):
    assert tidy(typed) == stored


def test_a_heap_of_marks_is_cut_to_what_a_script_needs():
    heap = tidy("Z" + "\u0335\u0488\u0360" * 30 + "!")
    assert heap[0] == "Z"
    assert heap[-1] == "!"
    assert sum(unicodedata.category(c)[0] == "M" for c in heap) == MARKS_IN_A_ROW


def test_joiners_between_the_marks_do_not_make_a_new_heap():
    heap = tidy("क" + ("\u094d" * 5 + "\u200d") * 20 + "ष")
    assert heap.count("\u094d") == MARKS_IN_A_ROW


def test_accents_on_every_letter_are_not_a_heap():
    assert tidy("x\u0335\u0323" * 50) == "x\u0335\u0323" * 50


HIDING = st.sampled_from(
    "\u200c\u200d\u200b\u180e\u094d\u093c\u0301\u0323\u0338\u0958\u0344"
    "ekश👩⚕1 >\n\r\u202e\ufe0f\u1100\u1161"
)
ANYTHING = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(st.one_of(ANYTHING, st.lists(HIDING, max_size=40).map("".join)))
def test_tidying_twice_changes_nothing(text):
    once = tidy(text)
    assert tidy(once) == once
    assert unicodedata.is_normalized("NFC", once)


@given(ANYTHING)
def test_visible_letters_are_never_cut(text):
    def letters(some):
        return [c for c in unicodedata.normalize("NFD", some) if c.isalnum()]

    # Joiners go only where they join nothing, so whatever is a letter is still there.
    assert letters(tidy(text)) == letters(text)


def test_a_name_is_one_line():
    assert one_line("  Ann\t\r\n of \u3000 Green\u2028Gables ") == "Ann of Green Gables"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t",
        "\u200b\u200d\ufeff",
        "\u3164",
        "\u2800\u2800",
        "\u115f\u1160\uffa0",
        "\ufe0f\u034f",
        "\u202e\U000e0041",
    ],
)
def test_text_with_nothing_to_see_is_blank(text):
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", ".", "\u200b!\u200b", "👍", "ㅤx", "0"])
def test_text_with_something_to_see_is_not_blank(text):
    assert not is_blank(text)
