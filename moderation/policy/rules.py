"""The rules, in order. Each is a small function: facts in, a reason or nothing out.

The order is that of the reasons on a moderator's card: what is surest first, what is true of
every stranger last. It changes no verdict, since a verdict is the sum of all rules.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from . import outside
from .facts import Facts
from .reasons import MOST, Effect, Outcome, Reason, Verdict

#: Nobody reads a page, writes a reply and adds two numbers in less.
HASTE_SECONDS = 4
#: From this score on a reply waits, whatever the site allows otherwise.
HOLD_AT = 20


def mangled_markup(facts: Facts) -> Reason | None:
    """The sanitizers disagreed, or it is larger than they are trusted with: a person decides."""
    return None if facts.markup_agreed else Reason("markup", Effect.HOLD, 30)


def filled_honeypot(facts: Facts) -> Reason | None:
    """A field that only programs see was filled in. A password manager might do it too."""
    return Reason("honeypot", score=40) if facts.honeypot_filled else None


def haste(facts: Facts) -> Reason | None:
    """The answer came sooner than a person types. Somebody may have pasted a prepared text."""
    if facts.seconds_to_answer >= HASTE_SECONDS:
        return None
    return Reason("haste", score=30, detail=f"{max(0.0, facts.seconds_to_answer):.0f}")


def foreign_page(facts: Facts) -> Reason | None:
    """It was left under a page of another site; a thread's page is what its sender says it is."""
    return None if facts.page_is_ours else Reason("foreign_page", Effect.HOLD, 20)


def blocked_address(facts: Facts) -> Reason | None:
    """A moderator blocked this author. It waits all the same, and nothing is thrown away unread:
    anybody can type anybody's address.
    """
    return Reason("blocked_address", Effect.HOLD, 60) if facts.address_blocked else None


def blocked_name(facts: Facts) -> Reason | None:
    """The name is blocked here. Two people may have one name."""
    return Reason("blocked_name", Effect.HOLD, 40) if facts.name_blocked else None


def blocked_domain(facts: Facts) -> Reason | None:
    """It links to a domain that is blocked here."""
    if not facts.domains_blocked:
        return None
    return Reason("blocked_domain", Effect.HOLD, 60, ", ".join(facts.domains_blocked[:5]))


def blocked_words(facts: Facts) -> Reason | None:
    """A word the site's owner blocked stands in the text, the name or the website."""
    pattern = _whole_words(facts.blocked_words)
    if pattern is None:
        return None
    text = _folded("\n".join((facts.text, facts.name, facts.website, *facts.links)))
    found = list(dict.fromkeys(pattern.findall(text)))
    if not found:
        return None
    return Reason("blocked_words", Effect.HOLD, min(60, 30 * len(found)), ", ".join(found[:5]))


def known_spammer(facts: Facts) -> Reason | None:
    """Moderators marked this author's replies as spam before, and never approved more."""
    if facts.spam_before <= facts.approved_before:
        return None
    return Reason("known_spammer", Effect.HOLD, 40, str(facts.spam_before))


def same_text(facts: Facts) -> Reason | None:
    """The same text was left here before: a campaign, or one person in several places."""
    if not facts.twins:
        return None
    return Reason("same_text", score=min(40, 20 + 5 * facts.twins), detail=str(facts.twins))


def many_links(facts: Facts) -> Reason | None:
    """More links than the site allows; links are what most spam is for."""
    over = _counted_links(facts) - facts.links_allowed
    if over <= 0:
        return None
    return Reason("links", Effect.HOLD, min(45, 15 * over), str(_counted_links(facts)))


def link_from_stranger(facts: Facts) -> Reason | None:
    """A link from somebody of whom nothing was approved yet is never published by itself."""
    if facts.approved_before or facts.author_trusted or not _counted_links(facts):
        return None
    return Reason("stranger_links", Effect.HOLD, 10, str(_counted_links(facts)))


def _counted_links(facts: Facts) -> int:
    """Links to domains that the site trusts count as none."""
    return len(facts.links) - facts.links_trusted


def unsolved(facts: Facts) -> Reason | None:
    """It was sent without a sum, on the promise that a moderator reads it first. No fault."""
    return None if facts.solved else Reason("unsolved", Effect.HOLD)


def first_time_author(facts: Facts) -> Reason | None:
    """Nothing by this author was approved on this site yet, nor did a moderator trust them."""
    known = facts.approved_before or facts.author_trusted
    return None if known else Reason("first_time", Effect.HOLD, 5)


def site_holds_everything(facts: Facts) -> Reason | None:
    """The site's owner wants every reply read before it is published, also of who is trusted."""
    return Reason("hold_everything", Effect.HOLD) if facts.hold_everything else None


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
    Rule("known_spammer", known_spammer),
    # What campaigns have in common.
    Rule("same_text", same_text),
    Rule("links", many_links),
    # What was heard from outside.
    Rule(outside.AKISMET, outside.akismet),
    Rule(outside.WEBHOOK, outside.webhook),
    Rule(outside.LISTS, outside.on_lists),
    Rule(outside.FAILED, outside.failed),
    # How it came: nothing against it, but what its author was promised.
    Rule("unsolved", unsolved),
    # What is true of every stranger, and of every reply.
    Rule("stranger_links", link_from_stranger),
    Rule("first_time", first_time_author),
    Rule("hold_everything", site_holds_everything),
)


def judge(facts: Facts) -> Verdict:
    """The verdict on a reply: every rule is asked, nothing is decided behind its back."""
    reasons = tuple(reason for rule in RULES if (reason := rule.look(facts)) is not None)
    score = min(MOST, sum(reason.score for reason in reasons))
    return Verdict(_outcome(score, {reason.effect for reason in reasons}), score, reasons)


def _outcome(score: int, effects: set[Effect]) -> Outcome:
    if Effect.SPAM in effects:
        return Outcome.SPAM
    return Outcome.HOLD if score >= HOLD_AT or Effect.HOLD in effects else Outcome.PUBLISH


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=256)
def _whole_words(words: tuple[str, ...]) -> re.Pattern[str] | None:
    # Literals only: a pattern from an owner could be made to run for minutes.
    literals = sorted((re.escape(_folded(word.strip())) for word in words if word.strip()), key=len)
    if not literals:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(reversed(literals))})(?!\w)")
