"""A site's latest comments with the facts of their time, as far as they are stored."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, and_, func, select, union_all
from sqlalchemy.orm import Session

from moderation import judging, lists
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
from moderation.policy import Facts, Likeness, remembered
from moderation.policy.classifier import ENOUGH
from moderation.text import domains, markup

#: So many decisions on the authors are looked at; more have only authors of very many replies.
_MOST_DECISIONS = 20_000

_comments, _threads, _authors = table(Comment), table(Thread), table(Author)
_decisions, _linked = table(Decision), table(LinkedDomain)


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


def posed(session: Session, site: Site, *, most: int) -> list[Posed]:
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
        learned_since=_learned_since(session, site.id),
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
    learned_since: datetime | None


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
        likeness=_likeness(row, known.learned_since),
        outside=remembered(row.reasons),
        now=row.created_at,
    )
    return Posed(row, facts, row.actor is Actor.MODERATOR, known.speeds)


def _likeness(row: Row[Any], learned_since: datetime | None) -> Likeness | None:
    """What the classifier said when it came. Whether it had learned enough to be listened to is not
    stored: it is taken to have, once the site had so many comments of both kinds.
    """
    if row.evidence is None or row.likeness is None:
        return None
    told = [one["detail"] for one in row.reasons if one["code"] in {"learned", "learned_wanted"}]
    alike, *words = (told or ["0"])[0].split("; ")
    seen = int(alike) if alike.isdigit() else 0
    knew = learned_since is not None and row.created_at > learned_since
    learned = ENOUGH if told or knew else 0
    return Likeness(row.evidence, row.likeness, seen, tuple(words), learned, learned)


def _learned_since(session: Session, site_id: str) -> datetime | None:
    """When a site's comments, approved ones and spam, became enough to learn from."""
    enough = [
        session.connection().scalar(
            select(_comments.c.created_at)
            .where(_comments.c.site_id == site_id, _comments.c.status == status)
            .order_by(_comments.c.created_at)
            .offset(ENOUGH - 1)
            .limit(1)
        )
        for status in (Status.SPAM, Status.APPROVED)
    ]
    moments = [at for at in enough if at is not None]
    return max(moments) if len(moments) == len(enough) else None


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
            judging.BY_MODERATOR,
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
        before[row.id] = min(left[row.text_digest], judging.MOST_TWINS)
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
