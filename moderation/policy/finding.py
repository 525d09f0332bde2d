"""What rules have in common: a reason as the site wants it, and the measures they go by."""

from moderation.text import disguises

from .facts import Facts
from .reasons import MOST, Reason
from .terms import OFF

#: So many letters make a shout; fewer are an abbreviation.
_FEWEST_LETTERS = 20


def reason(facts: Facts, code: str, detail: str = "", *, times: int = 1, more: int = 0) -> Reason:
    """What a rule found, as the site wants it to count."""
    score = min(MOST, times * facts.rules.score(code) + more)
    return Reason(code, facts.rules.effect(code), score, detail)


def about(facts: Facts, code: str, domains: tuple[str, ...]) -> Reason | None:
    """What is found about domains, where there are any; the first few are named."""
    return reason(facts, code, ", ".join(domains[:5])) if domains else None


def words(facts: Facts, code: str, words: tuple[str, ...]) -> Reason | None:
    """Which of the words stand in what a reply says or links to, in whichever disguise."""
    if not words:
        return None
    found = disguises.found(words, looked_through(facts))
    if not found:
        return None
    return reason(facts, code, ", ".join(found[:5]), times=min(2, len(found)))


def looked_through(facts: Facts) -> str:
    """Where words are looked for."""
    return "\n".join((facts.text, facts.name, facts.website, *facts.links))


def speed(facts: Facts, code: str, recent: int) -> Reason | None:
    """What is found where so many came before it, or more."""
    if recent < facts.rules.number(code, "replies"):
        return None
    return reason(facts, code, f"replies={recent} minutes={facts.rules.number(code, 'minutes')}")


def counted_links(facts: Facts) -> int:
    """Links to domains that the site trusts count as none."""
    return len(facts.links) - facts.links_trusted


def capitals(text: str) -> int:
    """The share of capitals among letters that could be small, in percent; 0 for few letters."""
    large, small = sum(map(str.isupper, text)), sum(map(str.islower, text))
    if large + small < _FEWEST_LETTERS:
        return 0
    return round(100 * large / (large + small))


def missing(facts: Facts) -> list[str]:
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


def whole(days: float) -> int:
    """Days as a number that is written down; never too large for one."""
    return int(min(days, 1e6))
