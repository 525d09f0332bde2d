"""What other settings would have done with the latest comments, before anybody saves them.

Each is judged twice, by the settings that hold and by those that are tried, with what was known
when it came, as far as that is stored: decisions on its author, replies before it, how it was sent.
A site's list, its origins and the text are as they are now. Nothing is changed by it.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, func, select, union_all
from sqlalchemy.orm import Session

from moderation import judging, lists, policy
from moderation.database import table
from moderation.judging import Around, Judged, Linked, Past, Sent
from moderation.models import (
    Actor,
    Author,
    Comment,
    Decision,
    LinkedDomain,
    Listed,
    Site,
    SiteSettings,
    Status,
    Thread,
)
from moderation.policy import TERMS, Facts, Outcome, Verdict
from moderation.policy.classifier import ENOUGH
from moderation.text import domains, markup

#: So many comments are tried: about a second's work.
MOST = 1_000
#: So many of a kind are shown, to be looked at.
SHOWN = 20
#: So many decisions on the authors are looked at; more have only authors of very many replies.
_MOST_DECISIONS = 20_000

_comments, _threads, _authors = table(Comment), table(Thread), table(Author)
_decisions, _linked = table(Decision), table(LinkedDomain)


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
    #: The other way round: let through by the tried ones; and those that moderators refused.
    freed: int = 0
    freed_refused: list[Tried] = field(default_factory=list)
    #: Of the rules whose terms are tried, by code.
    found: dict[str, Found] = field(default_factory=dict)


class Posed(NamedTuple):
    """A comment with what was known when it came."""

    row: Row[Any]
    facts: Facts
    #: Whether its status is what a moderator decided.
    by_moderator: bool
    speeds: "_Speeds"

    @property
    def is_approved(self) -> bool:
        """Whether a moderator approved it."""
        return self.by_moderator and self.row.status == Status.APPROVED

    def under(self, settings: SiteSettings) -> Facts:
        """The facts as a site with these settings sees them."""
        recent: dict[str, Any] = self.speeds.recent(self.row, settings)
        return judging.with_settings(replace(self.facts, **recent), settings)


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


def _has(verdict: Verdict, code: str) -> bool:
    return any(reason.code == code for reason in verdict.reasons)


_SEVERITY = {Outcome.PUBLISH: 0, Outcome.HOLD: 1, Outcome.SPAM: 2}


def _count(result: Result, one: Posed, was: Verdict, would: Verdict) -> None:
    result.looked_at += 1
    result.before[was.outcome] += 1
    result.after[would.outcome] += 1
    more = _SEVERITY[would.outcome] - _SEVERITY[was.outcome]
    if not more:
        return
    row = one.row
    tried = Tried(row.id, row.name, row.html, row.status, was, would, row.created_at)
    if more > 0:
        result.stopped += 1
        if one.is_approved:
            result.stopped_approved.append(tried)
    else:
        result.freed += 1
        if one.by_moderator and row.status in {Status.REJECTED, Status.SPAM}:
            result.freed_refused.append(tried)


def posed(session: Session, site: Site, *, most: int = MOST) -> list[Posed]:
    """A site's latest comments by readers, the oldest first, with the facts of their time; in a
    fixed number of queries.
    """
    rows = _latest(session, site.id, most)
    if not rows:
        return []
    now = rows[-1].created_at
    known = _Known(
        site=site,
        pasts=_pasts(session, rows),
        twins=_twins(session, site.id, rows),
        speeds=_Speeds(rows),
        listed=_listed(session, site.id, rows),
        domains=_domains(session, site.id, rows),
        own=judging.own_domains(site),
        trusted=lists.trusted_domains(session, site.id, now),
    )
    return [_posed(row, known) for row in rows]


_COLUMNS = (
    _comments.c.id,
    _comments.c.author_id,
    _comments.c.thread_id,
    _comments.c.name,
    _comments.c.website,
    _comments.c.html,
    _comments.c.links,
    _comments.c.status,
    _comments.c.version,
    _comments.c.reasons,
    _comments.c.text_digest,
    _comments.c.network_digest,
    _comments.c.evidence,
    _comments.c.likeness,
    _comments.c.created_at,
)


def _latest(session: Session, site_id: str, most: int) -> Sequence[Row[Any]]:
    # Newest first within each status, as the index has them.
    each = [
        select(_comments.c.id, _comments.c.created_at)
        .where(_comments.c.site_id == site_id, _comments.c.status == status)
        .order_by(_comments.c.created_at.desc(), _comments.c.id.desc())
        .limit(most)
        .subquery()
        for status in Status
    ]
    ids = union_all(*(select(one.c.id, one.c.created_at) for one in each)).subquery()
    newest = select(ids.c.id).order_by(ids.c.created_at.desc(), ids.c.id.desc()).limit(most)
    query = (
        select(
            *_COLUMNS,
            _threads.c.page,
            _threads.c.created_at.label("page_since"),
            _decisions.c.actor,
            _authors.c.email_digest,
            _authors.c.confirmed_at,
        )
        .join(_threads, _threads.c.id == _comments.c.thread_id)
        .outerjoin(
            _decisions,
            and_(
                _decisions.c.comment_id == _comments.c.id,
                _decisions.c.version == _comments.c.version,
            ),
        )
        # What moderators wrote is never judged, and what was erased says nothing.
        .join(_authors, _authors.c.id == _comments.c.author_id)
        .where(_comments.c.id.in_(newest))
        .order_by(_comments.c.created_at, _comments.c.id)
    )
    rows: Sequence[Any] = session.connection().execute(query).all()
    return rows


@dataclass(frozen=True, slots=True)
class _Known:
    """What was asked for all comments together."""

    site: Site
    pasts: dict[str, list[tuple[Status, datetime]]]
    twins: dict[str, int]
    speeds: "_Speeds"
    listed: dict[str, Listed]
    domains: dict[str, list[tuple[datetime, str]]]
    own: Sequence[str]
    trusted: Sequence[str]


def _posed(row: Row[Any], known: _Known) -> Posed:
    sent = Sent.noticed(row.reasons)
    agreed = all(reason["code"] != "markup" for reason in row.reasons)
    links = tuple(row.links)
    rendered = markup.Rendered(row.html, agreed, links)
    judged = Judged(row.page, row.name, row.website, rendered, row.text_digest)
    facts = judging.facts(
        known.site,
        judged,
        past=_past(row, known.pasts),
        listed=known.listed[row.id],
        sent=sent,
        around=Around(known.twins[row.id], page_since=row.page_since),
        linked=_linked_to(row, links, known),
        likeness=_likeness(row),
        now=row.created_at,
    )
    return Posed(row, facts, row.actor is Actor.MODERATOR, known.speeds)


def _likeness(row: Row[Any]) -> policy.Likeness | None:
    """What the classifier said when it came: whether it was listened to then, its reasons say."""
    if row.evidence is None or row.likeness is None:
        return None
    told = [reason["detail"] for reason in row.reasons if reason["code"].startswith("learned")]
    alike, *words = (told or ["0"])[0].split("; ")
    seen = int(alike) if alike.isdigit() else 0
    return policy.Likeness(row.evidence, row.likeness, seen, tuple(words), ENOUGH, ENOUGH)


def _past(row: Row[Any], pasts: dict[str, list[tuple[Status, datetime]]]) -> Past:
    before = [one for one in pasts.get(row.author_id, ()) if one[1] < row.created_at]
    approvals = [at for status, at in before if status is Status.APPROVED]
    spam = len(before) - len(approvals)
    confirmed = row.confirmed_at is not None and row.confirmed_at < row.created_at
    return Past(len(approvals), spam, min(approvals, default=None), confirmed)


def _pasts(session: Session, rows: Sequence[Row[Any]]) -> dict[str, list[tuple[Status, datetime]]]:
    """What moderators decided about each author's comments that still stands, and when first."""
    query = (
        select(_comments.c.author_id, _decisions.c.became, func.min(_decisions.c.at))
        .join(_decisions, _decisions.c.comment_id == _comments.c.id)
        .where(
            _comments.c.author_id.in_({row.author_id for row in rows}),
            _comments.c.status.in_([Status.APPROVED, Status.SPAM]),
            _decisions.c.became == _comments.c.status,
            _decisions.c.actor == Actor.MODERATOR,
        )
        .group_by(_comments.c.id, _comments.c.author_id, _decisions.c.became)
        .limit(_MOST_DECISIONS)
    )
    found: dict[str, list[tuple[Status, datetime]]] = defaultdict(list)
    for author, status, at in session.connection().execute(query):
        found[author].append((status, at))
    return found


def _twins(session: Session, site_id: str, rows: Sequence[Row[Any]]) -> dict[str, int]:
    """How many comments with the same text there were before each."""
    query = (
        select(_comments.c.text_digest, func.count())
        .where(
            _comments.c.site_id == site_id,
            _comments.c.text_digest.in_({row.text_digest for row in rows}),
        )
        .group_by(_comments.c.text_digest)
    )
    left: dict[str, int] = dict(session.connection().execute(query).all())
    before: dict[str, int] = {}
    for row in reversed(rows):
        left[row.text_digest] = left.get(row.text_digest, 1) - 1
        before[row.id] = left[row.text_digest]
    return before


def _listed(session: Session, site_id: str, rows: Sequence[Row[Any]]) -> dict[str, Listed]:
    """What the site's list says of each, as it is now."""
    asked = [lists.Asked(row.email_digest, row.name, row.website, tuple(row.links)) for row in rows]
    said = lists.listed_each(session, site_id, asked, now=rows[-1].created_at)
    return {row.id: one for row, one in zip(rows, said, strict=True)}


def _domains(
    session: Session, site_id: str, rows: Sequence[Row[Any]]
) -> dict[str, list[tuple[datetime, str]]]:
    """When approved comments led to each of the domains that are led to."""
    wanted = {host for row in rows for host in domains.of_links(row.links)[: LinkedDomain.MOST]}
    query = (
        select(_linked.c.domain, _comments.c.created_at, _comments.c.id)
        .join(_comments, _comments.c.id == _linked.c.comment_id)
        .where(_linked.c.site_id == site_id, _linked.c.domain.in_(wanted))
        .where(_comments.c.status == Status.APPROVED)
        .limit(_MOST_DECISIONS)
    )
    found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    if wanted:
        for domain, at, comment in session.connection().execute(query):
            found[domain].append((at, comment))
    return found


def _linked_to(row: Row[Any], links: tuple[str, ...], known: _Known) -> Linked:
    led = domains.of_links((*links, row.website))
    hosts = domains.of_links(links)[: LinkedDomain.MOST]
    foreign = [host for host in hosts if not domains.is_in(host, (*known.own, *known.trusted))]
    new = [
        host
        for host in foreign
        if not any(at < row.created_at for at, _comment in known.domains.get(host, ()))
    ]
    return judging.linked_to(led, new, known.own, known.trusted)


class _Speeds:
    """How many of the comments came within the minutes before each: of its network, page, site.

    Of those before the oldest nothing is known, so the first few are judged milder than they were.
    """

    def __init__(self, rows: Sequence[Row[Any]]) -> None:
        self._times: dict[tuple[str, str], list[datetime]] = defaultdict(list)
        for row in rows:
            for kind, of_it in _kinds(row).items():
                self._times[kind, of_it].append(row.created_at)

    def recent(self, row: Row[Any], settings: SiteSettings) -> dict[str, int]:
        """The numbers, by the name of each fact, within the minutes that settings say."""
        found: dict[str, int] = {}
        for kind, of_it in _kinds(row).items():
            times = self._times[kind, of_it]
            minutes = settings.rules.number(f"{kind}_speed", "minutes")
            since = bisect_left(times, row.created_at - timedelta(minutes=minutes))
            found[f"{kind}_recent"] = bisect_left(times, row.created_at) - since
        return found


def _kinds(row: Row[Any]) -> dict[str, str]:
    network = {"network": row.network_digest} if row.network_digest else {}
    return {**network, "page": row.thread_id, "site": ""}
