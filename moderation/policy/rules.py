"""The rules, in order. Each is a small function: facts in, a reason or nothing out.

The order is that of the reasons on a moderator's card: what is surest first, what is true of
every stranger last. It changes no verdict, since a verdict is the sum of all rules. What a rule
does, and what it goes by, stands in `terms`, where a site may say otherwise; a rule that has no
terms says both itself, and nobody changes it.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from moderation.text import disguises

from .facts import Facts
from .reasons import MOST, Effect, Outcome, Reason, Verdict
from .terms import HASTE_SECONDS, HOLD_AT, OFF, TERMS

__all__ = ["HASTE_SECONDS", "HOLD_AT", "RULES", "Rule", "judge"]

#: So many letters make a shout; fewer are an abbreviation.
_FEWEST_LETTERS = 20
_EXCLAMATIONS = re.compile("[!\N{INVERTED EXCLAMATION MARK}\N{FULLWIDTH EXCLAMATION MARK}]")


def mangled_markup(facts: Facts) -> Reason | None:
    """The sanitizers disagreed, or it is larger than they are trusted with: a person decides."""
    return None if facts.markup_agreed else _reason(facts, "markup")


def filled_honeypot(facts: Facts) -> Reason | None:
    """A field that only programs see was filled in. A password manager might do it too."""
    return _reason(facts, "honeypot") if facts.honeypot_filled else None


def haste(facts: Facts) -> Reason | None:
    """The answer came sooner than a person types. Somebody may have pasted a prepared text."""
    own = facts.rules.own_number("haste", "seconds")
    if facts.seconds_to_answer >= (HASTE_SECONDS if own is None else own):
        return None
    return _reason(facts, "haste", f"{max(0.0, facts.seconds_to_answer):.0f}")


def foreign_page(facts: Facts) -> Reason | None:
    """It was left under a page of another site; a thread's page is what its sender says it is."""
    return None if facts.page_is_ours else _reason(facts, "foreign_page")


def blocked_address(facts: Facts) -> Reason | None:
    """A moderator blocked this author. By itself it waits all the same: anybody can type anybody's
    address.
    """
    return _reason(facts, "blocked_address") if facts.address_blocked else None


def blocked_name(facts: Facts) -> Reason | None:
    """The name is blocked here. Two people may have one name."""
    return _reason(facts, "blocked_name") if facts.name_blocked else None


def blocked_domain(facts: Facts) -> Reason | None:
    """It links to a domain that is blocked here."""
    return _about(facts, "blocked_domain", facts.domains_blocked)


def blocked_words(facts: Facts) -> Reason | None:
    """A word the site's owner blocked stands in the text, the name or the website, in whichever
    disguise.
    """
    return _words(facts, "blocked_words", facts.blocked_words)


def watched_address(facts: Facts) -> Reason | None:
    """A moderator wants an eye on this author."""
    return _reason(facts, "watched_address") if facts.address_watched else None


def watched_name(facts: Facts) -> Reason | None:
    """A moderator wants an eye on this name."""
    return _reason(facts, "watched_name") if facts.name_watched else None


def watched_domain(facts: Facts) -> Reason | None:
    """It links to a domain that a moderator wants an eye on."""
    return _about(facts, "watched_domain", facts.domains_watched)


def watched_words(facts: Facts) -> Reason | None:
    """Words that speak against a reply without holding it."""
    return _words(facts, "watched_words", facts.rules.words("watched_words"))


def known_spammer(facts: Facts) -> Reason | None:
    """Moderators marked this author's replies as spam before, and never approved more."""
    if facts.spam_before <= facts.approved_before:
        return None
    return _reason(facts, "known_spammer", str(facts.spam_before))


def same_text(facts: Facts) -> Reason | None:
    """The same text was left here before: a campaign, or one person in several places."""
    over = facts.twins - facts.rules.number("same_text", "times")
    if over < 0:
        return None
    return _reason(facts, "same_text", str(facts.twins), more=min(15, 5 * over))


def network_speed(facts: Facts) -> Reason | None:
    """Many replies from one network in a short while. A school may share one."""
    return _speed(facts, "network_speed", facts.network_recent)


def page_speed(facts: Facts) -> Reason | None:
    """Many replies under one page in a short while. It may have become famous."""
    return _speed(facts, "page_speed", facts.page_recent)


def site_speed(facts: Facts) -> Reason | None:
    """Many replies on the site in a short while."""
    return _speed(facts, "site_speed", facts.site_recent)


def many_links(facts: Facts) -> Reason | None:
    """More links than the site allows; links are what most spam is for."""
    over = _counted_links(facts) - facts.links_allowed
    if over <= 0:
        return None
    return _reason(facts, "links", str(_counted_links(facts)), times=min(3, over))


def mostly_links(facts: Facts) -> Reason | None:
    """Much of what it says is links."""
    percent = round(100 * facts.link_share)
    if not _counted_links(facts) or percent < facts.rules.number("link_share", "percent"):
        return None
    return _reason(facts, "link_share", str(percent))


def new_domain(facts: Facts) -> Reason | None:
    """It leads to where no approved reply of this site has led yet."""
    return _about(facts, "new_domain", facts.domains_new)


def shortener(facts: Facts) -> Reason | None:
    """It hides where it leads."""
    return _about(facts, "shortener", facts.domains_short)


def lookalike(facts: Facts) -> Reason | None:
    """It leads to a domain that pretends to be another one."""
    return _about(facts, "lookalike", facts.domains_alike)


def shouting(facts: Facts) -> Reason | None:
    """Much of it is in capitals, or it exclaims a lot."""
    marks = len(_EXCLAMATIONS.findall(facts.text))
    percent = _capitals(facts.text)
    enough = facts.rules.number("shouting", "percent")
    if percent < enough and marks < facts.rules.number("shouting", "marks"):
        return None
    return _reason(facts, "shouting", f"capitals={percent} marks={marks}")


def strange_script(facts: Facts) -> Reason | None:
    """Much of it is in letters that the site's language is not written in."""
    percent = round(100 * facts.strange_share)
    if not percent or percent < facts.rules.number("script", "percent"):
        return None
    return _reason(facts, "script", str(percent))


def old_page(facts: Facts) -> Reason | None:
    """The page's first reply came long ago: few people read there, and programs know it."""
    if facts.page_days < facts.rules.number("old_page", "days"):
        return None
    return _reason(facts, "old_page", str(_whole(facts.page_days)))


def unsolved(facts: Facts) -> Reason | None:
    """It was sent without a sum, on the promise that a moderator reads it first. No fault."""
    return None if facts.solved else _reason(facts, "unsolved")


def link_from_stranger(facts: Facts) -> Reason | None:
    """A link from somebody of whom no moderator approved anything is never published by itself."""
    if facts.approved_before or facts.author_trusted or not _counted_links(facts):
        return None
    return _reason(facts, "stranger_links", str(_counted_links(facts)))


def first_time_author(facts: Facts) -> Reason | None:
    """No moderator approved anything by this author on this site yet, nor said to trust them."""
    known = facts.approved_before or facts.author_trusted
    return None if known else _reason(facts, "first_time")


def newcomer(facts: Facts) -> Reason | None:
    """Something by this author was approved, but less than makes trust: one good reply is soon
    written by whoever wants to write a bad one next.
    """
    if not facts.approved_before or facts.author_trusted:
        return None
    missing = _missing(facts)
    return _reason(facts, "newcomer", " ".join(missing)) if missing else None


def trusted_author(facts: Facts) -> Reason | None:
    """Moderators approved enough by this author, over long enough a time."""
    if _missing(facts):
        return None
    return _reason(
        facts, "trusted", f"approvals={facts.approved_before} days={_whole(facts.days_known)}"
    )


def site_holds_everything(facts: Facts) -> Reason | None:
    """The site's owner wants every reply read before it is published, also of who is trusted."""
    return _reason(facts, "hold_everything") if facts.hold_everything else None


class Rule(NamedTuple):
    """A rule in its place in the list."""

    code: str
    look: Callable[[Facts], Reason | None]


RULES: tuple[Rule, ...] = (
    # What looks like an attack.
    Rule("markup", mangled_markup),
    Rule("honeypot", filled_honeypot),
    Rule("haste", haste),
    Rule("foreign_page", foreign_page),
    # What the owner and the moderators said before.
    Rule("blocked_address", blocked_address),
    Rule("blocked_name", blocked_name),
    Rule("blocked_domain", blocked_domain),
    Rule("blocked_words", blocked_words),
    Rule("watched_address", watched_address),
    Rule("watched_name", watched_name),
    Rule("watched_domain", watched_domain),
    Rule("watched_words", watched_words),
    Rule("known_spammer", known_spammer),
    # What campaigns have in common.
    Rule("same_text", same_text),
    Rule("network_speed", network_speed),
    Rule("page_speed", page_speed),
    Rule("site_speed", site_speed),
    # What most spam is for.
    Rule("links", many_links),
    Rule("link_share", mostly_links),
    Rule("new_domain", new_domain),
    Rule("shortener", shortener),
    Rule("lookalike", lookalike),
    # How it is written, and where.
    Rule("shouting", shouting),
    Rule("script", strange_script),
    Rule("old_page", old_page),
    # How it came: nothing against it, but what its author was promised.
    Rule("unsolved", unsolved),
    # What is true of every stranger, and of every reply.
    Rule("stranger_links", link_from_stranger),
    Rule("first_time", first_time_author),
    Rule("newcomer", newcomer),
    Rule("trusted", trusted_author),
    Rule("hold_everything", site_holds_everything),
)


def judge(facts: Facts) -> Verdict:
    """The verdict on a reply: every rule is asked, nothing is decided behind its back."""
    found = [
        reason
        for rule in RULES
        if not facts.rules.is_off(rule.code) and (reason := rule.look(facts)) is not None
    ]
    if facts.author_trusted or any(reason.effect is Effect.TRUST for reason in found):
        found = [reason for reason in found if not _is_of_strangers(reason)]
    score = min(MOST, sum(reason.score for reason in found))
    return Verdict(_outcome(facts, score, {one.effect for one in found}), score, tuple(found))


def _outcome(facts: Facts, score: int, effects: set[Effect]) -> Outcome:
    hold_at, spam_at = (facts.rules.number("score", name) for name in ("hold_at", "spam_at"))
    if Effect.SPAM in effects or 0 < spam_at <= score:
        return Outcome.SPAM
    return Outcome.HOLD if score >= hold_at or Effect.HOLD in effects else Outcome.PUBLISH


def _is_of_strangers(reason: Reason) -> bool:
    return reason.code in TERMS and TERMS[reason.code].of_strangers


def _reason(facts: Facts, code: str, detail: str = "", *, times: int = 1, more: int = 0) -> Reason:
    """What a rule found, as the site wants it to count."""
    score = min(MOST, times * facts.rules.score(code) + more)
    return Reason(code, facts.rules.effect(code), score, detail)


def _about(facts: Facts, code: str, domains: tuple[str, ...]) -> Reason | None:
    return _reason(facts, code, ", ".join(domains[:5])) if domains else None


def _words(facts: Facts, code: str, words: tuple[str, ...]) -> Reason | None:
    if not words:
        return None
    text = "\n".join((facts.text, facts.name, facts.website, *facts.links))
    found = disguises.found(words, text)
    if not found:
        return None
    return _reason(facts, code, ", ".join(found[:5]), times=min(2, len(found)))


def _speed(facts: Facts, code: str, recent: int) -> Reason | None:
    if recent < facts.rules.number(code, "replies"):
        return None
    return _reason(facts, code, f"replies={recent} minutes={facts.rules.number(code, 'minutes')}")


def _counted_links(facts: Facts) -> int:
    """Links to domains that the site trusts count as none."""
    return len(facts.links) - facts.links_trusted


def _capitals(text: str) -> int:
    """The share of capitals among letters that could be small, in percent; 0 for few letters."""
    large, small = sum(map(str.isupper, text)), sum(map(str.islower, text))
    if large + small < _FEWEST_LETTERS:
        return 0
    return round(100 * large / (large + small))


def _missing(facts: Facts) -> list[str]:
    """What an author lacks to be trusted by the site's measure; where nobody is, all of it."""
    rules = facts.rules
    approvals = rules.number("trusted", "approvals") - facts.approved_before
    days = rules.number("trusted", "days") - facts.days_known
    unconfirmed = rules.switch("trusted", "confirmed") and not facts.address_confirmed
    lacking = {
        f"approvals={approvals}": approvals > 0,
        f"days={_ceiling(days)}": days > 0,
        "confirmed": unconfirmed,
        "trust": rules.does("trusted") == OFF,
    }
    return [what for what, lacks in lacking.items() if lacks]


def _ceiling(days: float) -> int:
    return -int(-max(0.0, days) // 1)


def _whole(days: float) -> int:
    return int(min(days, 1e6))
