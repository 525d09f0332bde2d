"""The rules, in order. Each is a small function: facts in, a reason or nothing out.

The order is that of the reasons on a moderator's card: what is surest first, what is true of
every stranger last. It changes no verdict, since a verdict is the sum of all rules. What a rule
does, and what it goes by, stands in `terms`, where a site may say otherwise; a rule that has no
terms says both itself, and nobody changes it.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from . import finding, outside
from .facts import Facts
from .reasons import MOST, Effect, Outcome, Reason, Verdict
from .terms import HASTE_SECONDS, HOLD_AT, TERMS

__all__ = ["HASTE_SECONDS", "HOLD_AT", "RULES", "Rule", "judge"]

#: In hundredths: the classifier speaks against a reply from here on, and for it down from there.
LEARNED_SPAM, LEARNED_WANTED = 60, 10
_EXCLAMATIONS = re.compile("[!\N{INVERTED EXCLAMATION MARK}\N{FULLWIDTH EXCLAMATION MARK}]")


def mangled_markup(facts: Facts) -> Reason | None:
    """The sanitizers disagreed, or it is larger than they are trusted with: a person decides."""
    return None if facts.markup_agreed else finding.reason(facts, "markup")


def filled_honeypot(facts: Facts) -> Reason | None:
    """A field that only programs see was filled in. A password manager might do it too."""
    return finding.reason(facts, "honeypot") if facts.honeypot_filled else None


def haste(facts: Facts) -> Reason | None:
    """The answer came sooner than a person types. Somebody may have pasted a prepared text."""
    own = facts.rules.own_number("haste", "seconds")
    if facts.seconds_to_answer >= (HASTE_SECONDS if own is None else own):
        return None
    return finding.reason(facts, "haste", f"{max(0.0, facts.seconds_to_answer):.0f}")


def foreign_page(facts: Facts) -> Reason | None:
    """It was left under a page of another site; a thread's page is what its sender says it is."""
    return None if facts.page_is_ours else finding.reason(facts, "foreign_page")


def blocked_address(facts: Facts) -> Reason | None:
    """A moderator blocked this author. By itself it waits all the same: anybody can type anybody's
    address.
    """
    return finding.reason(facts, "blocked_address") if facts.address_blocked else None


def blocked_name(facts: Facts) -> Reason | None:
    """The name is blocked here. Two people may have one name."""
    return finding.reason(facts, "blocked_name") if facts.name_blocked else None


def blocked_domain(facts: Facts) -> Reason | None:
    """It links to a domain that is blocked here."""
    return finding.about(facts, "blocked_domain", facts.domains_blocked)


def blocked_words(facts: Facts) -> Reason | None:
    """A word the site's owner blocked stands in the text, the name or the website, in whichever
    disguise.
    """
    return finding.words(facts, "blocked_words", facts.blocked_words)


def watched_address(facts: Facts) -> Reason | None:
    """A moderator wants an eye on this author."""
    return finding.reason(facts, "watched_address") if facts.address_watched else None


def watched_name(facts: Facts) -> Reason | None:
    """A moderator wants an eye on this name."""
    return finding.reason(facts, "watched_name") if facts.name_watched else None


def watched_domain(facts: Facts) -> Reason | None:
    """It links to a domain that a moderator wants an eye on."""
    return finding.about(facts, "watched_domain", facts.domains_watched)


def watched_words(facts: Facts) -> Reason | None:
    """Words that speak against a reply without holding it."""
    return finding.words(facts, "watched_words", facts.rules.words("watched_words"))


def known_spammer(facts: Facts) -> Reason | None:
    """Moderators marked this author's replies as spam before, and never approved more."""
    if facts.spam_before <= facts.approved_before:
        return None
    return finding.reason(facts, "known_spammer", str(facts.spam_before))


def same_text(facts: Facts) -> Reason | None:
    """The same text was left here before: a campaign, or one person in several places."""
    over = facts.twins - facts.rules.number("same_text", "times")
    if over < 0:
        return None
    return finding.reason(facts, "same_text", str(facts.twins), more=min(15, 5 * over))


def network_speed(facts: Facts) -> Reason | None:
    """Many replies from one network in a short while. A school may share one."""
    return finding.speed(facts, "network_speed", facts.network_recent)


def page_speed(facts: Facts) -> Reason | None:
    """Many replies under one page in a short while. It may have become famous."""
    return finding.speed(facts, "page_speed", facts.page_recent)


def site_speed(facts: Facts) -> Reason | None:
    """Many replies on the site in a short while."""
    return finding.speed(facts, "site_speed", facts.site_recent)


def many_links(facts: Facts) -> Reason | None:
    """More links than the site allows; links are what most spam is for."""
    over = finding.counted_links(facts) - facts.links_allowed
    if over <= 0:
        return None
    return finding.reason(facts, "links", str(finding.counted_links(facts)), times=min(3, over))


def mostly_links(facts: Facts) -> Reason | None:
    """Much of what it says is links."""
    percent = round(100 * facts.link_share)
    if not finding.counted_links(facts) or percent < facts.rules.number("link_share", "percent"):
        return None
    return finding.reason(facts, "link_share", str(percent))


def new_domain(facts: Facts) -> Reason | None:
    """It leads to where no approved reply of this site has led yet."""
    return finding.about(facts, "new_domain", facts.domains_new)


def shortener(facts: Facts) -> Reason | None:
    """It hides where it leads."""
    return finding.about(facts, "shortener", facts.domains_short)


def lookalike(facts: Facts) -> Reason | None:
    """It leads to a domain that pretends to be another one."""
    return finding.about(facts, "lookalike", facts.domains_alike)


def shouting(facts: Facts) -> Reason | None:
    """Much of it is in capitals, or it exclaims a lot."""
    marks = len(_EXCLAMATIONS.findall(facts.text))
    percent = finding.capitals(facts.text)
    enough = facts.rules.number("shouting", "percent")
    if percent < enough and marks < facts.rules.number("shouting", "marks"):
        return None
    return finding.reason(facts, "shouting", f"capitals={percent} marks={marks}")


def strange_script(facts: Facts) -> Reason | None:
    """Much of it is in letters that the site's language is not written in."""
    percent = round(100 * facts.strange_share)
    if not percent or percent < facts.rules.number("script", "percent"):
        return None
    return finding.reason(facts, "script", str(percent))


def old_page(facts: Facts) -> Reason | None:
    """The page's first reply came long ago: few people read there, and programs know it."""
    if facts.page_days < facts.rules.number("old_page", "days"):
        return None
    return finding.reason(facts, "old_page", str(finding.whole(facts.page_days)))


def learned(facts: Facts) -> Reason | None:
    """It is like replies that moderators marked as spam.

    The classifier is silent until it has learned from some of both kinds. It orders the queue; what
    else it does, it does only where it is as sure as the site wants it.
    """
    sure, detail = _learned(facts)
    if sure is None or sure < LEARNED_SPAM:
        return None
    is_sure = sure >= facts.rules.number("learned", "percent")
    effect = facts.rules.effect("learned") if is_sure else Effect.ORDER
    return Reason("learned", effect, facts.rules.score("learned") * (sure - 50) // 50, detail)


def learned_wanted(facts: Facts) -> Reason | None:
    """It is like replies that moderators approved: it comes a little later in the queue."""
    sure, detail = _learned(facts)
    if sure is None or sure > LEARNED_WANTED:
        return None
    return Reason("learned_wanted", Effect.ORDER, -facts.rules.score("learned_wanted"), detail)


def _learned(facts: Facts) -> tuple[int | None, str]:
    """How likely spam it is, in hundredths, and what it is like."""
    likeness = facts.likeness
    if likeness is None or not likeness.has_learned:
        return None, ""
    return round(100 * likeness.probability), "; ".join((str(likeness.alike), *likeness.words))


def unsolved(facts: Facts) -> Reason | None:
    """It was sent without a sum, on the promise that a moderator reads it first. No fault."""
    return None if facts.solved else finding.reason(facts, "unsolved")


def link_from_stranger(facts: Facts) -> Reason | None:
    """A link from somebody of whom no moderator approved anything is never published by itself,
    nor is their website, which their name links to.
    """
    links = finding.counted_links(facts) + bool(facts.website)
    if facts.author_is_known or not links:
        return None
    return finding.reason(facts, "stranger_links", str(links))


def attack(facts: Facts) -> Reason | None:
    """The site is under attack: whatever comes meanwhile waits. Nothing against this one reply."""
    return finding.reason(facts, "attack") if facts.under_attack else None


def first_time_author(facts: Facts) -> Reason | None:
    """No moderator approved anything by this author on this site yet, nor said to trust them."""
    return None if facts.author_is_known else finding.reason(facts, "first_time")


def newcomer(facts: Facts) -> Reason | None:
    """Something by this author was approved, but less than makes trust: one good reply is soon
    written by whoever wants to write a bad one next.
    """
    if not facts.approved_before or facts.author_trusted:
        return None
    lacking = finding.missing(facts)
    return finding.reason(facts, "newcomer", " ".join(lacking)) if lacking else None


def trusted_author(facts: Facts) -> Reason | None:
    """Moderators approved enough by this author, over long enough a time."""
    if finding.missing(facts):
        return None
    return finding.reason(
        facts,
        "trusted",
        f"approvals={facts.approved_before} days={finding.whole(facts.days_known)}",
    )


def site_holds_everything(facts: Facts) -> Reason | None:
    """The site's owner wants every reply read before it is published, also of who is trusted."""
    return finding.reason(facts, "hold_everything") if facts.hold_everything else None


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
    # What decisions taught.
    Rule("learned", learned),
    Rule("learned_wanted", learned_wanted),
    # What was heard from outside.
    Rule(outside.AKISMET, outside.akismet),
    Rule(outside.WEBHOOK, outside.webhook),
    Rule(outside.LISTS, outside.on_lists),
    Rule(outside.FAILED, outside.failed),
    # How it is written, and where.
    Rule("shouting", shouting),
    Rule("script", strange_script),
    Rule("old_page", old_page),
    # How it came: nothing against it, but what its author was promised.
    Rule("unsolved", unsolved),
    # What is true of every stranger, and of every reply.
    Rule("attack", attack),
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
    score = max(0, min(MOST, sum(reason.score for reason in found)))
    return Verdict(_outcome(facts, found), score, tuple(found))


def _outcome(facts: Facts, found: Sequence[Reason]) -> Outcome:
    hold_at, spam_at = (facts.rules.number("score", name) for name in ("hold_at", "spam_at"))
    effects = {reason.effect for reason in found}
    score = sum(reason.score for reason in found if reason.effect is not Effect.ORDER)
    if Effect.SPAM in effects or 0 < spam_at <= score:
        return Outcome.SPAM
    return Outcome.HOLD if score >= hold_at or Effect.HOLD in effects else Outcome.PUBLISH


def _is_of_strangers(reason: Reason) -> bool:
    return reason.code in TERMS and TERMS[reason.code].of_strangers
