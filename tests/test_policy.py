"""The policy: facts in, verdict out, every reason told."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.policy import RULES, Effect, Facts, Heard, Outcome, judge, remembered
from moderation.policy.rules import HOLD_AT
from moderation.web.words import REASON_LABELS, REASONS

#: A reply by somebody known, on a site that publishes at once: nothing speaks against it.
CALM = Facts(text="I agree.", name="Bob", approved_before=3, hold_everything=False)


def codes(**changes: object) -> list[str]:
    verdict = judge(dataclasses.replace(CALM, **changes))
    return [reason.code for reason in verdict.reasons]


def test_nothing_speaks_against_a_known_author_where_the_site_publishes_at_once() -> None:
    verdict = judge(CALM)
    assert (verdict.outcome, verdict.score, verdict.reasons) == (Outcome.PUBLISH, 0, ())


def test_by_default_everything_waits() -> None:
    verdict = judge(Facts(text="I agree.", name="Bob", approved_before=99))
    assert verdict.outcome is Outcome.HOLD
    assert [reason.code for reason in verdict.reasons] == ["hold_everything"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"markup_agreed": False}, "markup"),
        ({"honeypot_filled": True}, "honeypot"),
        ({"seconds_to_answer": 1.2}, "haste"),
        ({"page_is_ours": False}, "foreign_page"),
        ({"address_blocked": True}, "blocked_address"),
        ({"name_blocked": True}, "blocked_name"),
        ({"domains_blocked": ("spam.example",)}, "blocked_domain"),
        ({"blocked_words": ("casino",), "text": "The CASINO is open."}, "blocked_words"),
        ({"blocked_words": ("casino",), "name": "Best Casino"}, "blocked_words"),
        ({"blocked_words": ("casino",), "links": ("https://casino.example/",)}, "blocked_words"),
        ({"spam_before": 4}, "known_spammer"),
        ({"twins": 2}, "same_text"),
        ({"links": ("https://a.example/", "https://b.example/")}, "links"),
        ({"approved_before": 0, "links": ("https://a.example/",)}, "stranger_links"),
        ({"outside": (Heard("akismet", "spam"),)}, "akismet"),
        ({"outside": (Heard("webhook", "hold"),)}, "webhook"),
        ({"outside": (Heard("stopforumspam", "listed", detail="ip"),)}, "stopforumspam"),
        ({"outside": (Heard("akismet", "failed", detail="late 2"),)}, "outside_failed"),
        ({"solved": False}, "unsolved"),
        ({"approved_before": 0}, "first_time"),
        ({"hold_everything": True}, "hold_everything"),
    ],
)
def test_each_rule_sees_what_it_is_for(changes: dict[str, object], code: str) -> None:
    assert code in codes(**changes)
    assert code not in codes()


def test_every_rule_is_shown_to_see_something_and_has_words() -> None:
    listed = [rule.code for rule in RULES]
    assert len(set(listed)) == len(listed)
    # Readers' reports are a reason as well, but none that a rule finds.
    assert set(listed) == set(REASONS) == set(REASON_LABELS) - {"reported"}
    shown = {
        mark.args[1][number][1]
        for mark in test_each_rule_sees_what_it_is_for.pytestmark
        for number in range(len(mark.args[1]))
    }
    assert shown == set(listed)


def test_blocked_words_are_whole_words_and_never_patterns() -> None:
    assert "blocked_words" not in codes(blocked_words=("ass",), text="A classic passage.")
    assert "blocked_words" not in codes(blocked_words=(".*",), text="Anything.")
    assert "blocked_words" in codes(blocked_words=("c++",), text="Learn c++ today")


def test_the_honeypot_and_haste_alone_never_discard() -> None:
    verdict = judge(dataclasses.replace(CALM, honeypot_filled=True, seconds_to_answer=0.1))
    assert verdict.outcome is Outcome.HOLD
    assert all(reason.effect is Effect.SCORE for reason in verdict.reasons)


facts = st.builds(
    Facts,
    text=st.text(max_size=200),
    name=st.text(max_size=40),
    website=st.text(max_size=40),
    links=st.lists(st.text(max_size=30), max_size=5).map(tuple),
    markup_agreed=st.booleans(),
    approved_before=st.integers(0, 10**9),
    rejected_before=st.integers(0, 10**9),
    spam_before=st.integers(0, 10**9),
    twins=st.integers(0, 10**9),
    page_is_ours=st.booleans(),
    honeypot_filled=st.booleans(),
    seconds_to_answer=st.floats(allow_nan=False),
    hold_everything=st.booleans(),
    blocked_words=st.lists(st.text(max_size=20), max_size=5).map(tuple),
    links_allowed=st.integers(0, 10),
)


@given(facts)
def test_no_facts_make_it_raise_and_judging_twice_says_the_same(given_facts: Facts) -> None:
    verdict = judge(given_facts)
    assert verdict == judge(given_facts)
    assert 0 <= verdict.score <= 100
    waits = verdict.score >= HOLD_AT or any(r.effect is Effect.HOLD for r in verdict.reasons)
    assert verdict.outcome is (Outcome.HOLD if waits else Outcome.PUBLISH)


@pytest.mark.parametrize(
    "heard",
    [
        Heard("akismet", "discard", Effect.SPAM),
        Heard("webhook", "hold", detail="It names a person."),
        Heard("stopforumspam", "listed", Effect.SCORE, "email ip"),
        Heard("akismet", "failed", detail="said no key"),
    ],
)
def test_what_was_heard_can_be_read_out_of_the_reasons_again(heard: Heard) -> None:
    verdict = judge(dataclasses.replace(CALM, outside=(heard,)))
    stored = [reason.stored() for reason in verdict.reasons]
    again = judge(dataclasses.replace(CALM, outside=remembered(stored)))
    assert again == verdict


def test_a_webhook_speaks_for_no_links() -> None:
    heard = (Heard("webhook", "publish"),)
    for links, effect in (((), Effect.TRUST), (("https://a.example/",), Effect.SCORE)):
        verdict = judge(dataclasses.replace(CALM, outside=heard, links=links))
        assert [one.effect for one in verdict.reasons if one.code == "webhook"] == [effect]
