"""The policy: facts in, verdict out, every reason told."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.policy import (
    RULES,
    TERMS,
    Effect,
    Facts,
    Heard,
    Likeness,
    Outcome,
    Wishes,
    judge,
    remembered,
)
from moderation.policy.rules import HOLD_AT
from moderation.web import words
from moderation.web.words import REASON_LABELS, REASONS

#: A reply by somebody who is trusted, on a site that publishes at once: nothing speaks against it.
CALM = Facts(text="I agree.", name="Bob", approved_before=3, days_known=9.0, hold_everything=False)
#: One in which every rule finds something, but for those that speak of an author who is known.
EVERYTHING = Facts(
    text="CASINO! CRYPTO! " * 20,
    name="Bob",
    links=("https://a.example/", "https://b.example/"),
    markup_agreed=False,
    link_share=0.9,
    strange_share=0.9,
    spam_before=3,
    network_recent=900,
    page_recent=900,
    site_recent=900,
    twins=9,
    page_is_ours=False,
    page_days=9e4,
    honeypot_filled=True,
    seconds_to_answer=0.0,
    solved=False,
    address_blocked=True,
    name_blocked=True,
    domains_blocked=("a.example",),
    address_watched=True,
    name_watched=True,
    domains_watched=("b.example",),
    domains_new=("a.example",),
    domains_short=("b.example",),
    domains_alike=("a.example (b.example)",),
    blocked_words=("casino",),
    rules=Wishes({"watched_words": {"words": ["crypto"]}}),
)


def codes(**changes: object) -> list[str]:
    verdict = judge(dataclasses.replace(CALM, **changes))
    return [reason.code for reason in verdict.reasons]


def test_nothing_speaks_against_a_known_author_where_the_site_publishes_at_once() -> None:
    verdict = judge(CALM)
    assert (verdict.outcome, verdict.score) == (Outcome.PUBLISH, 0)
    assert [reason.code for reason in verdict.reasons] == ["trusted"]


def test_by_default_everything_waits() -> None:
    verdict = judge(dataclasses.replace(CALM, hold_everything=True))
    assert verdict.outcome is Outcome.HOLD
    assert [reason.code for reason in verdict.reasons] == ["trusted", "hold_everything"]


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
        ({"address_watched": True}, "watched_address"),
        ({"name_watched": True}, "watched_name"),
        ({"domains_watched": ("odd.example",)}, "watched_domain"),
        (
            {"rules": Wishes({"watched_words": {"words": ["crypto"]}}), "text": "Cr1pto? CRYPT0!"},
            "watched_words",
        ),
        ({"spam_before": 4}, "known_spammer"),
        ({"twins": 2}, "same_text"),
        ({"network_recent": 10}, "network_speed"),
        ({"page_recent": 30}, "page_speed"),
        ({"site_recent": 100}, "site_speed"),
        ({"links": ("https://a.example/", "https://b.example/")}, "links"),
        ({"links": ("https://a.example/",), "link_share": 0.6}, "link_share"),
        ({"domains_short": ("bit.ly",)}, "shortener"),
        ({"domains_alike": ("paypa1.com (paypal.com)",)}, "lookalike"),
        ({"text": "THIS IS WHAT ALL OF THEM WANT"}, "shouting"),
        ({"text": "Look!!! There!!! Now!"}, "shouting"),
        ({"strange_share": 0.9}, "script"),
        ({"approved_before": 0, "links": ("https://a.example/",)}, "stranger_links"),
        ({"likeness": Likeness(4.0, 0.97, 3, ("gift",), 20, 20)}, "learned"),
        ({"likeness": Likeness(-4.0, 0.02, 3, ("bridge",), 20, 20)}, "learned_wanted"),
        ({"approved_before": 0, "website": "https://a.example/"}, "stranger_links"),
        ({"outside": (Heard("akismet", "spam"),)}, "akismet"),
        ({"outside": (Heard("webhook", "hold"),)}, "webhook"),
        ({"outside": (Heard("stopforumspam", "listed", detail="ip"),)}, "stopforumspam"),
        ({"outside": (Heard("akismet", "failed", detail="late 2"),)}, "outside_failed"),
        ({"solved": False}, "unsolved"),
        ({"under_attack": True}, "attack"),
        ({"approved_before": 0}, "first_time"),
        ({"approved_before": 1, "domains_new": ("new.example",)}, "new_domain"),
        ({"approved_before": 1, "page_days": 400.0}, "old_page"),
        ({"approved_before": 2}, "newcomer"),
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
    # The one that speaks for a reply is seen where nothing else is.
    assert shown == set(listed) - {"trusted"}


def told(**said: dict[str, object]) -> Wishes:
    return Wishes(said)


def test_one_approval_is_not_trust_and_what_is_missing_is_told() -> None:
    once = dataclasses.replace(CALM, approved_before=1, days_known=2.5)
    (reason,) = judge(once).reasons
    assert (reason.code, reason.effect) == ("newcomer", Effect.HOLD)
    assert reason.detail == "approvals=2 days=5"
    assert words.reason(reason.stored()) == (
        "Its author is not trusted yet. Still missing: 2 more approvals and 5 more days."
    )


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"approved_before": 2}, "approvals=1"),
        ({"days_known": 6.9}, "days=1"),
        ({"rules": told(trusted={"confirmed": True})}, "confirmed"),
        ({"rules": told(trusted={"does": "off"})}, "trust"),
    ],
)
def test_trust_wants_approvals_and_days_and_an_address_where_it_is_asked_for(
    changes: dict[str, object], missing: str
) -> None:
    assert codes() == ["trusted"]
    (reason,) = judge(dataclasses.replace(CALM, **changes)).reasons
    assert (reason.code, reason.detail) == ("newcomer", missing)
    assert "Still missing: " in words.reason(reason.stored())


def test_a_confirmed_address_is_what_was_missing() -> None:
    wanted = {"rules": told(trusted={"confirmed": True})}
    assert codes(**wanted) == ["newcomer"]
    assert codes(**wanted, address_confirmed=True) == ["trusted"]


def test_trust_forgives_what_is_true_of_strangers_and_nothing_else() -> None:
    assert codes(domains_new=("a.example",), page_days=9e3) == ["trusted"]
    assert codes(author_trusted=True, approved_before=0, page_days=9e3) == []
    assert codes(text="THIS IS WHAT ALL OF THEM WANT") == ["shouting", "trusted"]


@pytest.mark.parametrize("code", [code for code, terms in TERMS.items() if "off" in terms.may])
def test_a_rule_that_is_off_finds_nothing(code: str) -> None:
    everything = dataclasses.replace(EVERYTHING, rules=told(**{code: {"does": "off"}}))
    assert code not in [reason.code for reason in judge(everything).reasons]


@pytest.mark.parametrize("does", ["off", "score", "trust", "publish", None, 7, ["hold"]])
def test_no_setting_publishes_the_link_of_a_stranger(does: object) -> None:
    stranger = {"approved_before": 0, "links": ("https://a.example/",)}
    lax = {code: {"does": "off", "score": 0} for code in TERMS}
    rules = told(**(lax | {"stranger_links": {"does": does, "score": 0}}))
    verdict = judge(dataclasses.replace(CALM, **stranger, rules=rules))
    assert verdict.outcome is Outcome.HOLD
    assert [reason.code for reason in verdict.reasons] == ["stranger_links"]


def test_what_marks_as_spam_is_named() -> None:
    rules = told(shouting={"does": "spam", "score": 33})
    verdict = judge(dataclasses.replace(CALM, text="BUY IT NOW! " * 9, rules=rules))
    assert (verdict.outcome, verdict.spam_by, verdict.score) == (Outcome.SPAM, "shouting", 33)


def test_a_score_that_is_high_enough_waits_or_is_spam() -> None:
    found = {"honeypot_filled": True}
    assert judge(dataclasses.replace(CALM, **found)).outcome is Outcome.HOLD
    rules = told(score={"spam_at": 40})
    verdict = judge(dataclasses.replace(CALM, **found, rules=rules))
    assert (verdict.outcome, verdict.spam_by) == (Outcome.SPAM, "score")
    rules = told(score={"hold_at": 41})
    assert judge(dataclasses.replace(CALM, **found, rules=rules)).outcome is Outcome.PUBLISH


def test_blocked_words_are_whole_words_and_never_patterns() -> None:
    assert "blocked_words" not in codes(blocked_words=("ass",), text="A classic passage.")
    assert "blocked_words" not in codes(blocked_words=(".*",), text="Anything.")
    assert "blocked_words" in codes(blocked_words=("c++",), text="Learn c++ today")


def test_the_honeypot_and_haste_alone_never_discard() -> None:
    verdict = judge(dataclasses.replace(CALM, honeypot_filled=True, seconds_to_answer=0.1))
    assert verdict.outcome is Outcome.HOLD
    effects = {reason.code: reason.effect for reason in verdict.reasons}
    assert effects["honeypot"] is effects["haste"] is Effect.SCORE


def test_what_a_reply_is_like_is_told_by_words_and_by_where_it_leads() -> None:
    likeness = Likeness(4.0, 0.97, 14, ("subscribe", "my channel", "gifts.example"), 20, 20)
    (reason,) = (
        one
        for one in judge(dataclasses.replace(CALM, likeness=likeness)).reasons
        if one.code == "learned"
    )
    assert words.reason(reason.stored()) == (
        "Looks like 14 comments marked as spam here: "
        "“subscribe”, “my channel”, and link to gifts.example."
    )


several = st.lists(st.text(max_size=20), max_size=7).map(tuple)
facts = st.builds(
    Facts,
    text=st.text(max_size=200),
    name=st.text(max_size=40),
    website=st.text(max_size=40),
    links=st.lists(st.text(max_size=30), max_size=5).map(tuple),
    markup_agreed=st.booleans(),
    link_share=st.floats(0, 1),
    strange_share=st.floats(0, 1),
    approved_before=st.integers(0, 10**9),
    spam_before=st.integers(0, 10**9),
    days_known=st.floats(0, allow_nan=False),
    address_confirmed=st.booleans(),
    network_recent=st.integers(0, 10**9),
    page_recent=st.integers(0, 10**9),
    site_recent=st.integers(0, 10**9),
    page_days=st.floats(0, allow_nan=False),
    address_blocked=st.booleans(),
    name_blocked=st.booleans(),
    domains_blocked=several,
    address_watched=st.booleans(),
    name_watched=st.booleans(),
    domains_watched=several,
    author_trusted=st.booleans(),
    links_trusted=st.integers(0, 5),
    domains_new=several,
    domains_short=several,
    domains_alike=several,
    likeness=st.none()
    | st.builds(
        Likeness,
        evidence=st.floats(-40, 40),
        probability=st.floats(0, 1),
        alike=st.integers(0, 10**6),
        words=several,
        spam=st.integers(0, 10**6),
        wanted=st.integers(0, 10**6),
    ),
    outside=st.lists(
        st.builds(
            Heard,
            st.sampled_from(["akismet", "webhook", "stopforumspam"]),
            st.sampled_from(["spam", "discard", "publish", "hold", "listed", "none", "failed"]),
            st.sampled_from(Effect),
            st.sampled_from(["ip", "email", "domain", "name"]),
        ),
        max_size=4,
    ).map(tuple),
    rules=st.dictionaries(
        st.sampled_from([*TERMS, "gone"]),
        st.dictionaries(
            st.sampled_from(
                ["does", "score", "seconds", "words", "days", "percent", "hold_at", "spam_at"]
            ),
            st.sampled_from(["off", "score", "hold", "spam", "trust"])
            | st.integers(-1, 200)
            | st.none()
            | st.booleans()
            | st.lists(st.text(max_size=9), max_size=3)
            | st.floats(),
            max_size=5,
        ),
        max_size=8,
    ).map(Wishes),
    twins=st.integers(0, 10**9),
    page_is_ours=st.booleans(),
    honeypot_filled=st.booleans(),
    solved=st.booleans(),
    seconds_to_answer=st.floats(allow_nan=False),
    hold_everything=st.booleans(),
    under_attack=st.booleans(),
    blocked_words=st.lists(st.text(max_size=20), max_size=5).map(tuple),
    links_allowed=st.integers(0, 10),
)


@given(facts)
def test_no_facts_make_it_raise_and_judging_twice_says_the_same(given_facts: Facts) -> None:
    verdict = judge(given_facts)
    assert verdict == judge(given_facts)
    assert 0 <= verdict.score <= 100
    effects = {reason.effect for reason in verdict.reasons}
    if not (given_facts.rules.said or given_facts.outside):
        waits = verdict.score >= HOLD_AT or Effect.HOLD in effects
        assert verdict.outcome is (Outcome.HOLD if waits else Outcome.PUBLISH)
    if verdict.outcome is Outcome.PUBLISH:
        assert not effects & {Effect.HOLD, Effect.SPAM}
    assert bool(verdict.spam_by) is (verdict.outcome is Outcome.SPAM)
    assert all(words.reason(reason.stored()) for reason in verdict.reasons)


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
