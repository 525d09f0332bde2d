"""Words in disguise are found; words that only look a little like them are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text import disguises


def found(words: tuple[str, ...], text: str) -> list[str]:
    return list(disguises.found(words, text))


DISGUISES = (
    "The CASINO is open",
    "c@s1n0 now",
    "cаsіnо with Cyrillic letters",
    "ca-si-no, ca_si_no",
    "c a s i n o",
    "c.a.s.i.n.o!",
    "buy c a s i n o now",
    "b u y c a s i n o n o w",
    "casiiiino",
    "cas\u200bino",
    "cas\u00adino",
    "ℂ𝕒𝕤𝕚𝕟𝕠",
    "ｃａｓｉｎｏ",
    "c̶a̶s̶i̶n̶o̶",
    "🅲🅰🆂🅸🅽🅾",
    "c\na\ns\ni\nn\no",
    "CAS|NO",
    "https://casino.example/",
    "(casino)",
)
HARMLESS = (
    "cassino",
    "occasion",
    "casinos",
    "ca sin o",
    "casin",
    "",
    "c a s i n",
    "The case in October",
)


@pytest.mark.parametrize("text", DISGUISES)
def test_a_word_is_found_in_disguise(text: str) -> None:
    assert found(("poker", "Casino"), text) == ["casino"]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_another_word_is_not_found(text: str) -> None:
    assert found(("casino",), text) == []


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("ass", "A classic passage, as it is"),
        ("ano", "El año pasado"),
        ("schon", "Das ist schön"),
        ("fail", "In the fall"),
        ("hell", "He'll come"),
        ("bot", "Вот он"),
        ("1488", "In 1489"),
        (".*", "Anything"),
        ("ass", "c l a s s"),
    ],
)
def test_words_of_a_language_are_left(word: str, text: str) -> None:
    assert found((word,), text) == []


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("payday loan", "a payday  LOAN"),
        ("payday loan", "p4yd4y-l0an"),
        ("payday loan", "p a y d a y l o a n"),
        ("one two three", "One, two: three"),
        ("казино", "KАЗИHO"),
        ("赌场", "我在赌场玩"),
        ("c++", "Learn c++ today"),
        ("18+", "Only 18+"),
        ("don't", "I don't"),
        ("pass", "pa$$"),
        ("sex", "$ex"),
        ("viagra", "VlAGRA"),
        ("straße", "STRASSE"),
    ],
)
def test_phrases_signs_and_other_scripts_are_found(word: str, text: str) -> None:
    assert found((word,), text) == [word.casefold()]


words = st.lists(st.text(max_size=12), max_size=5).map(tuple)


@given(words, st.text(max_size=300))
def test_nothing_makes_it_raise_and_looking_twice_finds_the_same(
    wanted: tuple[str, ...], text: str
) -> None:
    assert found(wanted, text) == found(wanted, text)


@given(st.from_regex(r"[a-z]{4,12}", fullmatch=True), st.text(max_size=60))
def test_a_word_among_others_is_found_whatever_they_are(word: str, text: str) -> None:
    assert found((word,), f"{text} {word} {text}") == [word]


@pytest.mark.parametrize(
    "piece", ["a ", "a", "buy ", "a.b ", "!", "c1", "1 ", "word1 ", "\u0301", "I", "@", "а1б"]
)
def test_a_text_of_twice_the_length_is_looked_at_as_often(
    piece: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part of a text is looked up so many times, whatever the number of words."""
    many = tuple(f"word{number}" for number in range(500))
    looked = 0
    once = disguises._once

    def counting(form: str) -> str:
        nonlocal looked
        looked += len(form)
        return once(form)

    found(many, "")
    monkeypatch.setattr(disguises, "_once", counting)
    costs = []
    for length in (2_000, 4_000):
        looked = 0
        found(many, piece * (length // len(piece)))
        costs.append(looked)
    assert costs[1] <= 2 * costs[0] + 200
    assert costs[1] <= 40 * 4_000
