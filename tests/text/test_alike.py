"""Whether two texts are the same with changes: folded, compared, and found by their bands."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.text.alike import LOOKED_AT, are_alike, first_alike, folded, likeness, sketch

WORDS = "lamp street dark road town council moth star sleep bus walk fear bright owl".split()  # noqa: SIM905 - words read better than a list of them


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("SUBSCRIBE  to my   Channel!!!", "subscribe to my channel"),
        ("Subscr1be to my ch4nnel", "subscrlbe to my channel"),
        ("$ubscribe t0 my ch@nnel", "subscribe to my channel"),
        ("Ѕubsсribе tо my сhannеl", "subscribe to my channel"),
        ("ｓｕｂｓｃｒｉｂｅ to my ĉhännel", "subscribe to my channel"),
        ("s u b s c r i b e to my channel", "subscribe to my channel"),
        ("s.u.b.s.c.r.i.b.e to my channel", "subscribe to my channel"),
        ("subscriiiiibe to my channel https://x.example/a?b", "subscriibe to my channel"),
        ("in 2026 we met 404 people", "in 2026 we met 404 people"),
        ("Привет, друзья!", "привет друзья"),
        ("One ! two __ three", "one two three"),
        ("One ! tw0 __ three", "one two three"),
        ("😀 …", ""),
    ],
)
def test_disguises_fall_away(disguised: str, plain: str) -> None:
    assert folded(disguised) == plain


def test_half_in_common_is_alike() -> None:
    text = "Check out this video on my new channel, friends"
    assert likeness(text, f"{text}!") == 1
    assert are_alike(text, f"Hey, {text.upper()} please")
    assert not are_alike(text, "Check the roads of this town at night, friends of the owl")


def test_the_first_of_several_that_is_alike_is_told() -> None:
    text = "Check out this video on my new channel, friends"
    other = "Check the roads of this town at night, friends of the owl"
    assert first_alike(text, [other, f"Hey, {text}", text]) == 1
    assert first_alike(text, [other]) is None
    assert first_alike(text, []) is None


@pytest.mark.parametrize("short", ["Nice song", "Great", "lol :D"])
def test_short_texts_are_alike_where_they_are_the_same(short: str) -> None:
    assert are_alike(short, f"{short.upper()}!")
    assert not are_alike(short, f"{short} indeed my friends")
    assert len(sketch(short)) == 1


def test_a_text_without_words_is_like_nothing() -> None:
    assert sketch("❤❤❤ :)") == []
    assert not are_alike("❤❤❤", "❤❤❤")


def test_what_is_alike_is_found_by_a_band_and_what_is_not_is_not() -> None:
    chance = random.Random(7)
    found = {True: [0, 0], False: [0, 0]}
    for _ in range(400):
        text = [chance.choice(WORDS) for _ in range(14)]
        share = chance.choice((0.1, 0.2, 0.95))
        other = [chance.choice(WORDS) if chance.random() < share else word for word in text]
        chance.shuffle(other) if share > 0.5 else None
        one, two = (
            " ".join(text),
            " ".join(f"{word}q{word[0]}" if share > 0.5 else word for word in other),
        )
        kind = found[are_alike(one, two)]
        kind[0] += 1
        kind[1] += not set(sketch(one)).isdisjoint(sketch(two))
    assert found[True][1] > 0.9 * found[True][0] > 90
    assert found[False][1] < 0.6 * found[False][0]


@given(st.text(max_size=400), st.text(max_size=400))
def test_no_text_breaks_it_and_likeness_has_no_direction(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1
    assert sketch(one) == sketch(one)
    assert len(set(sketch(one))) in {0, 1, 16}
    if sketch(one):
        assert are_alike(one, one)


def test_a_long_text_is_looked_at_as_far_as_its_beginning() -> None:
    chance = random.Random(3)
    long = " ".join(chance.choice(WORDS) + str(n) for n in range(2_000))
    assert sketch(long) == sketch(long[:LOOKED_AT])
