"""The classifier: counts that can be taken back, and what it says of a reply."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.policy.classifier import Model
from moderation.policy.replay import area, measures, replay
from moderation.policy.traits import BEGINNING, ENDING, Said, buckets, spoken

SPAM = [
    "Check out my channel and subscribe, free gifts for everybody at http://gifts.example",
    "SUBSCRIBE to my channel please, I make covers",
    "Make money at home, visit http://money.example now",
    "Free followers here: http://followers.example subscribe",
]
WANTED = [
    "I read this twice, and the second part convinced me.",
    "The numbers in the table are from last year, are they not?",
    "My grandmother baked it without eggs, and nobody missed them.",
    "Thank you for the correction, the bridge opened in May.",
]


def example(text: str, *, is_spam: bool) -> tuple[list[int], dict[str, int]]:
    return buckets(Said(text)), {"spam": int(is_spam), "wanted": int(not is_spam)}


def taught(rounds: int = 4) -> Model:
    model = Model()
    for number in range(rounds):
        for text in SPAM:
            pieces, label = example(f"{text} {number}", is_spam=True)
            model.learn(pieces, **label, judged=3.0)
        for text in WANTED:
            pieces, label = example(f"{text} {number}", is_spam=False)
            model.learn(pieces, **label, judged=-2.0)
    return model


#: Halves of characters, too, which no door lets in.
letters = st.characters(exclude_categories=())
texts = st.text(letters, max_size=300)
said = st.builds(
    Said,
    text=texts,
    name=st.text(letters, max_size=30),
    website=st.text(letters, max_size=40),
    links=st.lists(st.text(letters, max_size=40), max_size=4).map(tuple),
    came=st.sets(st.sampled_from(["haste", "honeypot", "unsolved"])).map(tuple),
)
labels = st.sampled_from([{"spam": 1, "wanted": 0}, {"spam": 0, "wanted": 1}])


@given(said)
@settings(max_examples=60)
def test_judging_changes_nothing_and_nothing_makes_it_raise(one: Said) -> None:
    model = taught(1)
    before = model.stored()
    likeness = model.likeness(one, buckets(one))
    assert 0 <= likeness.probability <= 1
    assert likeness == model.likeness(one, buckets(one))
    assert model.stored() == before


@given(st.lists(st.tuples(said, labels, st.floats(-30, 30)), max_size=5), st.randoms())
@settings(max_examples=30)
def test_learning_and_taking_back_in_any_order_leaves_the_same_model(
    lessons: list[tuple[Said, dict[str, int], float]], chance: random.Random
) -> None:
    model = taught(1)
    before = model.stored()
    steps = [(buckets(one), label, judged) for one, label, judged in lessons]
    for pieces, label, judged in steps:
        model.learn(pieces, **label, judged=judged)
    assert not steps or model.stored() != before
    chance.shuffle(steps)
    for pieces, label, judged in steps:
        model.learn(pieces, **{kind: -times for kind, times in label.items()}, judged=judged)
    assert model.stored() == before


@given(st.lists(st.tuples(said, labels), max_size=6), st.randoms())
@settings(max_examples=30)
def test_the_order_of_decisions_does_not_matter(
    lessons: list[tuple[Said, dict[str, int]]], chance: random.Random
) -> None:
    models = []
    for _ in range(2):
        model = Model()
        for one, label in lessons:
            model.learn(buckets(one), **label, judged=None)
        models.append(model.stored())
        chance.shuffle(lessons)
    assert models[0] == models[1]


def test_what_is_taken_back_before_it_was_learned_breaks_nothing() -> None:
    one, model = Said("subscribe to my channel"), taught(1)
    before = model.stored()
    for _ in range(9):
        model.learn(buckets(one), spam=-1, wanted=0, judged=3.0)
    assert 0 <= model.likeness(one, buckets(one)).probability <= 1
    again = Model.of_stored(model.stored())
    for _ in range(9):
        again.learn(buckets(one), spam=1, wanted=0, judged=3.0)
    assert again.stored() == before


def test_a_stored_model_is_the_model() -> None:
    model = taught()
    again = Model.of_stored(model.stored())
    assert again == model
    assert again.likeness(Said("subscribe"), buckets(Said("subscribe"))) == model.likeness(
        Said("subscribe"), buckets(Said("subscribe"))
    )


def test_a_model_stays_under_five_megabytes_whatever_is_said() -> None:
    chance, model = random.Random(1), Model()
    for _ in range(300):
        noise = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz    äöüßñç0123456789", k=1_500))
        model.learn(buckets(Said(noise)), spam=chance.randint(0, 1), wanted=1, judged=0.0)
    assert len(model.stored()) < 5_000_000


def test_it_knows_what_was_marked_from_what_was_approved() -> None:
    model = taught()
    spam, wanted = Said("please subscribe to my channel"), Said("the bridge in the second part")
    assert model.likeness(spam, buckets(spam)).probability > 0.8
    assert model.likeness(wanted, buckets(wanted)).probability < 0.2


def test_letters_in_disguise_are_still_known() -> None:
    model = taught()
    plain, disguised = Said("subscribe to my channel"), Said("subscr1be 2 my chännel")
    known = model.evidence(buckets(disguised)).weight
    assert known > 0
    assert known <= model.evidence(buckets(plain)).weight


def test_it_says_by_which_words() -> None:
    one = Said("Everybody subscribe at http://gifts.example", links=("http://gifts.example",))
    likeness = taught().likeness(one, buckets(one))
    assert "subscribe" in likeness.words
    assert likeness.alike == 12  # three of four spam texts, in four rounds each


def test_what_stands_beyond_the_bounds_of_a_long_text_is_not_looked_at() -> None:
    ends = "a" * BEGINNING, "z" * ENDING
    assert buckets(Said(ends[0] + "one" * 900 + ends[1])) == buckets(
        Said(ends[0] + "two" * 900 + ends[1])
    )


def test_words_told_are_pieces_that_were_learned() -> None:
    one = Said("Subscribe now", links=("https://www.gifts.example/x",))
    told = spoken(one)
    assert {"subscribe", "gifts.example"} <= set(told)
    assert set(told.values()) <= set(buckets(one))


def test_until_it_has_seen_enough_it_is_not_listened_to() -> None:
    one = Said("subscribe")
    assert not taught(1).likeness(one, buckets(one)).has_learned
    assert taught(4).likeness(one, buckets(one)).has_learned


@pytest.mark.parametrize(
    ("ranked", "expected"),
    [
        ([(0.1, False), (0.2, False), (0.8, True)], 1.0),
        ([(0.9, False), (0.1, True)], 0.0),
        ([(0.5, False), (0.5, True)], 0.5),
        ([(0.1, False), (0.4, True), (0.35, False), (0.8, True), (0.6, False)], 5 / 6),
        ([(0.1, False)], None),
    ],
)
def test_the_area_is_how_often_spam_ranks_above(
    ranked: list[tuple[float, bool]], expected: float | None
) -> None:
    assert area(ranked) == (None if expected is None else pytest.approx(expected))


def test_a_replay_judges_first_and_learns_then() -> None:
    examples = [(Said(f"{text} {n}"), spam) for n in range(30) for spam, texts in
                ((True, SPAM), (False, WANTED)) for text in texts]  # fmt: skip
    judged = list(replay(examples))
    assert judged == list(replay(examples))
    assert judged[0].verdict == "hold"
    assert judged[0].score == Model().rank(0.0)
    found = measures(judged)
    assert found.area == 1.0
    assert found.precision == 1.0
    # The control: with labels that mean nothing, nothing is found.
    chance = random.Random(7)
    mixed = [(said, chance.random() < 0.5) for said, _spam in examples]
    assert (measures(list(replay(mixed))).area or 0) < 0.75
