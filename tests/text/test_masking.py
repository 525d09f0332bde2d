"""Covered words, and the words that changed."""

import codecs

import pytest

from moderation.text.changes import MOST_COMPARED, Change, changes
from moderation.text.masking import SLURS, masked


def covered(html: str, *words: str) -> str:
    return masked(html, words, lambda _word: "<b>?</b>")


def test_a_word_is_covered_wherever_it_stands_whole() -> None:
    assert covered("<p>Moth, MOTHS; mothball.</p>", "moth") == (
        "<p><b>?</b>, <b>?</b>; mothball.</p>"
    )


def test_what_is_no_word_stays_as_it_is() -> None:
    safe = '<p>a &lt; b &amp; c <a href="https://moth.example/" rel="x">there</a></p>'
    assert covered(safe, "moth", "amp", "lt") == safe


def test_around_a_covered_word_text_stays_escaped() -> None:
    assert covered("<p>1 &lt; 2, moth &amp; co</p>", "moth") == "<p>1 &lt; 2, <b>?</b> &amp; co</p>"


def test_a_link_ends_before_a_covered_word_and_goes_on_after_it() -> None:
    link = '<a href="https://x.example/">'
    assert covered(f"<p>{link}a moth here</a> moth</p>", "moth") == (
        f"<p>{link}a </a><b>?</b>{link} here</a> <b>?</b></p>"
    )


def test_words_of_several_parts_and_signs_are_taken_as_they_are() -> None:
    assert covered("<p>payday loan, a.b</p>", "payday loan", "a.b") == "<p><b>?</b>, <b>?</b></p>"
    assert covered("<p>axb</p>", "a.b", " ") == "<p>axb</p>"


def test_the_list_is_short_and_can_be_read_by_nobody_by_accident() -> None:
    assert 10 < len(SLURS) < 60
    assert codecs.encode("ergneq", "rot13") in SLURS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("the same words", "the same words"),
        ("I saw a moth.", "I saw two moths, I think."),
        ("one", ""),
        ("a b\n\nc  d", "a c\n\nb  d"),
        ("a " * 3_000, "b " * 3_000),
        ("\n" * 4_000, "x\n" * 4_000),
        ("word " * 2_000 + "end", "word " * 1_999 + "end"),
        ("аб 漢字 مرحبا", "аб 漢 مرحبا!"),
    ],
)
def test_both_texts_can_be_read_out_of_the_changes(old: str, new: str) -> None:
    found = changes(old, new)
    assert "".join(one.text for one in found if one.change is not Change.NEW) == old
    assert "".join(one.text for one in found if one.change is not Change.GONE) == new
    assert all(one.text for one in found)


def test_only_what_changed_is_marked() -> None:
    assert changes("I saw a moth.", "I saw the moth.") == [
        (Change.KEPT, "I saw "),
        (Change.GONE, "a"),
        (Change.NEW, "the"),
        (Change.KEPT, " moth."),
    ]


def test_a_small_change_of_a_long_text_is_found_all_the_same() -> None:
    words = [f"word{number}" for number in range(MOST_COMPARED * 2)]
    lines = "\n".join(" ".join(words[n : n + 10]) for n in range(0, len(words), 10))
    found = changes(lines, lines.replace("word999", "other"))
    assert sum(len(one.text) for one in found if one.change is not Change.KEPT) < 300
