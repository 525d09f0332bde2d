"""What other settings would have done with the latest comments, before anybody saves them.

Each is judged twice, by the settings that hold and by those that are tried, with what was known
when it came, as far as that is stored: decisions on its author, replies before it, how it was sent.
A site's list, its origins and the text are as they are now. Nothing is changed by it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from moderation import policy
from moderation.models import Site, SiteSettings, Status
from moderation.policy import TERMS, Effect, Outcome, Verdict

from .posing import Posed, posed

__all__ = [
    "MOST",
    "SHOWN",
    "Found",
    "Posed",
    "Result",
    "Tried",
    "compare",
    "of",
    "of_several",
    "posed",
]

#: So many comments are tried: about a second's work.
MOST = 1_000
#: So many of a kind are shown, to be looked at.
SHOWN = 20


class Tried(NamedTuple):
    """A comment that the settings in hand and those that are tried do not judge alike."""

    id: str
    name: str
    html: str
    status: Status
    was: Verdict
    would: Verdict
    created_at: datetime


@dataclass(slots=True)
class Found:
    """In how many of the comments a rule finds something, before and after; and how many of the
    latter moderators approved.
    """

    before: int = 0
    after: int = 0
    approved: int = 0


@dataclass(slots=True)
class Result:
    """What would have changed among the comments that were looked at."""

    looked_at: int = 0
    before: Counter[Outcome] = field(default_factory=Counter)
    after: Counter[Outcome] = field(default_factory=Counter)
    #: Comments that the settings in hand let pass, or let wait, and the tried ones would not; and
    #: those of them that moderators approved.
    stopped: int = 0
    stopped_approved: list[Tried] = field(default_factory=list)
    #: Comments that wait by the settings in hand, and would lie with the spam by the tried ones;
    #: and those of them that moderators approved.
    spammed: int = 0
    spammed_approved: list[Tried] = field(default_factory=list)
    #: Comments in which a rule whose terms are tried finds something, whatever else stops them; and
    #: those of them that moderators approved.
    found_in: int = 0
    found_approved: list[Tried] = field(default_factory=list)
    #: The other way round: let through by the tried ones; and those that moderators refused.
    freed: int = 0
    freed_refused: list[Tried] = field(default_factory=list)
    #: Of the rules whose terms are tried, by code.
    found: dict[str, Found] = field(default_factory=dict)


def of(session: Session, site: Site, settings: SiteSettings, *, most: int = MOST) -> Result:
    """Try settings on a site's latest comments, beside those that it has."""
    return of_several(session, [(site, settings)], most=most)


def of_several(
    session: Session, tried: Sequence[tuple[Site, SiteSettings]], *, most: int = MOST
) -> Result:
    """The same of several sites, each with the settings that are tried there and its share of the
    comments.
    """
    result = Result()
    for site, settings in tried:
        past = posed(session, site, most=most // len(tried))
        compare(result, past, site.settings, settings)
    return result


def compare(result: Result, past: Iterable[Posed], own: SiteSettings, tried: SiteSettings) -> None:
    """Judge each comment by both settings, and add to the result what differs."""
    changed = [code for code in TERMS if _terms(own, code) != _terms(tried, code)]
    for code in changed:
        result.found.setdefault(code, Found())
    for one in past:
        was, would = policy.judge(one.under(own)), policy.judge(one.under(tried))
        _count(result, one, was, would)
        if _is_found(would, changed):
            result.found_in += 1
            if one.is_approved:
                result.found_approved.append(_tried(one, was, would))
        for code in changed:
            _count_found(result.found[code], one, _has(was, code), _has(would, code))


def _count_found(found: Found, one: Posed, was: bool, would: bool) -> None:
    found.before += was
    found.after += would
    found.approved += would and one.is_approved


def _terms(settings: SiteSettings, code: str) -> Any:
    """All that a site says of a rule, to be compared."""
    rules, options = settings.rules, [TERMS[code].option]
    options += [getattr(one, "option", "") for one in TERMS[code].parameters.values()]
    own = {option: getattr(settings, option) for option in options if option}
    return rules.does(code), rules.score(code), rules.said.get(code), own


def _is_found(verdict: Verdict, codes: Iterable[str]) -> bool:
    """Whether one of these rules found something that counts against it. That everything waits
    says nothing of the one comment.
    """
    mild = {Effect.TRUST, Effect.ORDER}
    against = {one.code for one in verdict.reasons if one.effect not in mild}
    return bool(against.intersection(codes) - {"hold_everything"})


def _has(verdict: Verdict, code: str) -> bool:
    return any(reason.code == code for reason in verdict.reasons)


def _count(result: Result, one: Posed, was: Verdict, would: Verdict) -> None:
    result.looked_at += 1
    result.before[was.outcome] += 1
    result.after[would.outcome] += 1
    passed, passes = was.outcome is Outcome.PUBLISH, would.outcome is Outcome.PUBLISH
    if passed and not passes:
        result.stopped += 1
        if one.is_approved:
            result.stopped_approved.append(_tried(one, was, would))
    elif passes and not passed:
        result.freed += 1
        if one.by_moderator and one.row.status in {Status.REJECTED, Status.SPAM}:
            result.freed_refused.append(_tried(one, was, would))
    elif (was.outcome, would.outcome) == (Outcome.HOLD, Outcome.SPAM):
        result.spammed += 1
        if one.is_approved:
            result.spammed_approved.append(_tried(one, was, would))


def _tried(one: Posed, was: Verdict, would: Verdict) -> Tried:
    row = one.row
    return Tried(row.id, row.name, row.html, row.status, was, would, row.created_at)
