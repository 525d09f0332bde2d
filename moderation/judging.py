"""What is known of a text at the moment it is judged: for a new reply, and for one that changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ScalarSelect, String, bindparam, cast, func, select
from sqlalchemy.orm import Session

from moderation import lists, policy
from moderation.database import table
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
)
from moderation.policy.finding import looked_through
from moderation.prepared import Prepared
from moderation.text import addresses, disguises, domains, markup, scripts

_comments, _authors, _decisions = table(Comment), table(Author), table(Decision)
_linked = table(LinkedDomain)


@dataclass(frozen=True, slots=True)
class Sent:
    """How a reply came: what no later change of its text can tell."""

    honeypot: bool = False
    #: Between the asking of the sum and its answer.
    seconds: float = 3600.0
    #: Whether a sum was solved, or a browser did work in its place.
    solved: bool = True
    #: Whether the site was under attack.
    under_attack: bool = False

    @classmethod
    def noticed(cls, reasons: Iterable[Mapping[str, Any]]) -> "Sent":
        """The same out of what the policy noticed then: a change does not wash it off."""
        told = {reason["code"]: reason["detail"] for reason in reasons}
        sent = cls(
            honeypot="honeypot" in told,
            solved="unsolved" not in told,
            under_attack="attack" in told,
        )
        return replace(sent, seconds=float(told["haste"])) if "haste" in told else sent


def came(sent: Sent, rules: policy.Wishes) -> tuple[str, ...]:
    """How a reply came, as the classifier is told: codes that a comment will keep as reasons."""
    told = {
        "haste": sent.seconds < rules.number("haste", "seconds"),
        "honeypot": sent.honeypot,
        "unsolved": not sent.solved,
    }
    return tuple(code for code, is_so in told.items() if is_so and not rules.is_off(code))


@dataclass(frozen=True, slots=True)
class Judged:
    """The words to be judged, with what stands beside them."""

    page: str
    name: str
    website: str
    rendered: markup.Rendered
    text_digest: str


class Past(NamedTuple):
    """What moderators decided about an author's other replies; never what the policy did."""

    approved: int = 0
    spam: int = 0
    first_approved_at: datetime | None = None
    #: Whether the address is known to be the author's own.
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Around:
    """What else came: with the same text, and in a while from the network, to the page and site."""

    twins: int = 0
    network: int = 0
    page: int = 0
    site: int = 0
    #: When the page's first reply came.
    page_since: datetime | None = None


class Linked(NamedTuple):
    """What is known of where a reply's links lead; see `policy.Facts`."""

    new: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


#: So many replies that say the same are counted: more make no difference to any rule, and a text
#: that was left a thousand times is not to make judging the next one slow.
MOST_TWINS = 200
_SAME = (
    select(_comments.c.id)
    .where(
        _comments.c.site_id == bindparam("site_id"),
        _comments.c.text_digest == bindparam("text_digest"),
    )
    .limit(MOST_TWINS)
)
_TWINS = select(func.count()).select_from(_SAME.subquery())
#: For a statement that asks for other things too: how many replies of the site say the same.
TWINS = _TWINS.scalar_subquery()


def twins(session: Session, site: Site, text_digest: str) -> int:
    """How many replies of the site say the same, up to MOST_TWINS."""
    same = {"site_id": site.id, "text_digest": text_digest}
    return session.connection().execute(_TWINS, same).scalar_one()


def recent(kind: str, *conditions: Any, correlated: Any = None) -> ScalarSelect[int]:
    """How many comments like these came since a moment, counted no further than a rule cares: for
    a statement that is given the values of `window`.
    """
    since = bindparam(f"{kind}_since", type_=Comment.created_at.type)
    those = select(_comments.c.id).where(*conditions, _comments.c.created_at > since)
    those = those.limit(bindparam(f"{kind}_most"))
    if correlated is not None:
        those = those.correlate(correlated)
    return select(func.count()).select_from(those.subquery()).scalar_subquery()


def window(kind: str, settings: SiteSettings, now: datetime) -> dict[str, Any]:
    """Since when, and up to how many, the rule of this speed counts; none where it is off."""
    code = f"{kind}_speed"
    minutes = timedelta(minutes=settings.rules.number(code, "minutes"))
    most = 0 if settings.rules.is_off(code) else settings.rules.number(code, "replies")
    return {f"{kind}_since": now - minutes, f"{kind}_most": most}


#: So many of an author's replies are looked at, so that nobody's past makes judging slow.
_MOST_APPROVED, _MOST_SPAM = 200, 20

_MINE = (
    select(_authors.c.id, _authors.c.confirmed_at)
    .where(
        _authors.c.site_id == bindparam("site_id"),
        _authors.c.email_digest == bindparam("email_digest"),
    )
    .cte("mine")
)


#: Hidden from the planner, which would look through all that moderators ever decided.
BY_MODERATOR = func.coalesce(cast(_decisions.c.actor, String), "") == str(Actor.MODERATOR)


def _decided(status: Status, most: int) -> Any:
    """When a moderator first gave this status to each of an author's replies that have it."""
    mine = select(_MINE.c.id).scalar_subquery()
    those = (
        select(_comments.c.id)
        .where(_comments.c.author_id == mine, _comments.c.status == status)
        .where(_comments.c.id != bindparam("but"))
        .order_by(_comments.c.risk, _comments.c.created_at)
        .limit(most)
        .subquery()
    )
    given = (_decisions.c.became == status, BY_MODERATOR)
    joined = those.join(_decisions, _decisions.c.comment_id == those.c.id)
    at = func.min(_decisions.c.at).label("at")
    return select(at).select_from(joined).where(*given).group_by(those.c.id).cte(str(status))


_APPROVED, _SPAM = _decided(Status.APPROVED, _MOST_APPROVED), _decided(Status.SPAM, _MOST_SPAM)
_AUTHOR = Prepared(
    select(
        _MINE.c.id,
        _MINE.c.confirmed_at,
        select(func.count()).select_from(_APPROVED).scalar_subquery().label("approved"),
        select(func.min(_APPROVED.c.at)).scalar_subquery().label("first_approved_at"),
        select(func.count()).select_from(_SPAM).scalar_subquery().label("spam"),
    )
)


def author(
    session: Session, site_id: str, digest: str, *, but: str = ""
) -> tuple[str, Past] | None:
    """An author's id and past, by the digest of the address; without the comment `but`."""
    asked = {"site_id": site_id, "email_digest": digest, "but": but}
    found = _AUTHOR.first(session, asked)
    if found is None:
        return None
    confirmed = found.confirmed_at is not None
    return found.id, Past(found.approved, found.spam, found.first_approved_at, confirmed)


#: So many comments that lead to a domain are asked for one that was approved.
_MOST_LEADING = 50
_LEADING = (
    select(_linked.c.comment_id)
    .where(
        _linked.c.site_id == bindparam("site_id"),
        _linked.c.domain == bindparam("domain"),
        _linked.c.comment_id != bindparam("but"),
    )
    .limit(_MOST_LEADING)
    .subquery()
)
_KNOWN = Prepared(
    select(_comments.c.id)
    .join(_LEADING, _LEADING.c.comment_id == _comments.c.id)
    .where(_comments.c.status == Status.APPROVED)
    .limit(1)
)


def linked(session: Session, site: Site, judged: Judged, now: datetime, *, but: str = "") -> Linked:
    """What is known of where it leads; nothing is asked where it leads nowhere."""
    hosts = domains.of_links(judged.rendered.links)[: LinkedDomain.MOST]
    led = domains.of_links((*judged.rendered.links, judged.website))[: LinkedDomain.MOST + 1]
    if not led:
        return Linked()
    trusted = lists.trusted_domains(session, site.id, now)
    own = own_domains(site)
    foreign = [host for host in hosts if not domains.is_in(host, (*own, *trusted))]
    asked = {"site_id": site.id, "but": but}
    new = [host for host in foreign if not _KNOWN.first(session, {**asked, "domain": host})]
    return linked_to(led, new, own, trusted)


def linked_to(
    hosts: Iterable[str], new: Iterable[str], own: Sequence[str], trusted: Sequence[str]
) -> Linked:
    """The same where it is known already which of the hosts are new."""
    known = [*own, *trusted]
    foreign = [host for host in hosts if not domains.is_in(host, known)]
    imitating = {host: domains.imitated(host, known) for host in foreign}
    alike = [f"{host} ({like})" for host, like in imitating.items() if like]
    mixed = [host for host in foreign if not imitating[host] and domains.mixes_scripts(host)]
    return Linked(tuple(new), tuple(filter(domains.shortener, foreign)), (*alike, *mixed))


def own_domains(site: Site) -> tuple[str, ...]:
    """The hosts of a site's own pages."""
    return domains.of_links(site.origins)


def facts(
    site: Site,
    judged: Judged,
    *,
    past: Past,
    listed: Listed,
    sent: Sent,
    around: Around,
    linked: Linked,
    now: datetime,
    likeness: policy.Likeness | None = None,
    outside: tuple[policy.Heard, ...] = (),
) -> policy.Facts:
    """The facts. `past` is what was decided about other replies of the author, `listed` what the
    site's list says, `around` and `linked` what else is known, `likeness` what the classifier says,
    `outside` what was heard of it from services that the site's owner wants asked.
    """
    text = markup.plain(judged.rendered.html)
    return with_settings(
        policy.Facts(
            text=text,
            name=judged.name,
            website=judged.website,
            links=judged.rendered.links,
            markup_agreed=judged.rendered.agreed,
            link_share=markup.link_share(judged.rendered.html),
            approved_before=past.approved,
            spam_before=past.spam,
            days_known=_days(past.first_approved_at, now),
            address_confirmed=past.confirmed,
            twins=around.twins,
            network_recent=around.network,
            page_recent=around.page,
            site_recent=around.site,
            page_days=_days(around.page_since, now),
            honeypot_filled=sent.honeypot,
            seconds_to_answer=sent.seconds,
            solved=sent.solved,
            under_attack=sent.under_attack,
            page_is_ours=addresses.origin(judged.page) in site.origins,
            address_blocked=listed.address_blocked,
            name_blocked=listed.name_blocked,
            domains_blocked=listed.domains_blocked,
            address_watched=listed.address_watched,
            name_watched=listed.name_watched,
            domains_watched=listed.domains_watched,
            author_trusted=listed.author_trusted,
            links_trusted=listed.links_trusted,
            domains_new=linked.new,
            domains_short=linked.short,
            domains_alike=linked.alike,
            likeness=likeness,
            outside=outside,
        ),
        site.settings,
    )


def look_ahead(site: Site, said: markup.Rendered, name: str, website: str) -> None:
    """Look for the words that a site blocks or watches before anything is locked. A list may be
    long, and whoever judges then finds the answers (see `disguises.found`).
    """
    text, settings = markup.plain(said.html), site.settings
    facts = policy.Facts(text=text, name=name, website=website, links=said.links)
    for words in (settings.blocked_words, settings.rules.words("watched_words")):
        disguises.found(tuple(words), looked_through(facts))


def with_settings(facts: policy.Facts, settings: SiteSettings) -> policy.Facts:
    """The same facts as a site with these settings sees them."""
    return replace(
        facts,
        strange_share=scripts.strange_share(facts.text, settings.language),
        hold_everything=settings.hold_everything,
        blocked_words=settings.blocked_words,
        links_allowed=settings.links_allowed,
        rules=settings.rules,
    )


def _days(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since) / timedelta(days=1)) if since else 0.0
