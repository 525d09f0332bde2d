"""Whom a comment belongs with: found by keys when it arrives, kept, left, forgotten."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from moderation import privacy
from moderation.database import table
from moderation.drafts import MOST_DOMAINS, Keys
from moderation.models import Band, Comment, InCommon, Site, Status
from moderation.prepared import Prepared, filled
from moderation.text import addresses, alike, markup
from moderation.text.alike import BANDS

#: So many of one cluster wait together at most: they are shown on one card, and decided at once.
#: What comes after that begins another.
MOST = 100
#: A network is the same for so long, and from so many comments on: a house, a school or a phone
#: company is a network, too.
WINDOW = timedelta(hours=1)
NEIGHBOURS = 3
#: Texts that are compared: those with which it has the most keys in common.
_COMPARED = 4
#: So many keys are forgotten at once.
MOST_FORGOTTEN = 10_000
#: More comments than can be found by the keys of one.
_MOST_FOUND = 30


@dataclass(frozen=True, slots=True)
class Traits:
    """By what a comment is found to belong with others."""

    text: str
    keys: dict[int, InCommon]
    network: str | None


def traits(
    site: Site,
    comment: Comment,
    keys: Keys,
    *,
    is_known: bool,
    hosts_trusted: Iterable[str],
    address: str = "",
) -> Traits:
    """What a comment could have in common with others. `is_known` says that its author was approved
    before or is trusted, `address` is where it came from.

    Of somebody who was approved before, the text alone counts: many link to one good source, and
    a family has one network. Nor do domains that the site trusts, or its own.
    """
    found = dict.fromkeys(keys.text, InCommon.TEXT)
    network = None
    if not is_known:
        # A private one may be a proxy's: then everybody would seem to come from it.
        network = comment.network_digest if privacy.is_public(address) else None
        known = {host.removeprefix("www.") for host in hosts_trusted} | _own_hosts(site)
        new = {key for host, key in keys.domains.items() if host not in known}
        found |= dict.fromkeys(new, InCommon.DOMAIN)
        # A digest already, under a key that is thrown away; the site stands beside it.
        found |= {int(network[:15], 16): InCommon.NETWORK} if network else {}
    return Traits(markup.plain(comment.html), found, network)


def _own_hosts(site: Site) -> set[str]:
    return {addresses.host(origin).removeprefix("www.") for origin in site.origins}


_bands, _comments = table(Band), table(Comment)
_member = _comments.alias()
_WAITING = (
    select(func.count())
    .where(_member.c.cluster_id == _comments.c.cluster_id, _member.c.status == Status.PENDING)
    .correlate(_comments)
    .scalar_subquery()
)
_HOUR = bindparam("hour", type_=Comment.created_at.type)
_NEIGHBOURS = (
    select(_member.c.id)
    .where(
        _member.c.network_digest == bindparam("network"),
        _member.c.created_at > _HOUR,
        _member.c.site_id == bindparam("site_id"),
    )
    .limit(NEIGHBOURS)
    .subquery()
)
#: What a comment has in common with others at the most: the names of the keys, always as many.
_KEYS = [f"key{number}" for number in range(BANDS + MOST_DOMAINS + 1)]
#: The comments that are found by these keys, with how many of them; the most, then the newest.
_FIND = Prepared(
    select(
        _bands.c.comment_id,
        _bands.c.kind,
        func.max(_bands.c.at).label("at"),
        _comments.c.html,
        _comments.c.status,
        _comments.c.cluster_id,
        _WAITING.label("waiting"),
        select(func.count()).select_from(_NEIGHBOURS).scalar_subquery().label("neighbours"),
    )
    .join(_comments, _comments.c.id == _bands.c.comment_id)
    .where(
        _bands.c.site_id == bindparam("site_id"),
        _bands.c.key.in_([bindparam(name) for name in _KEYS]),
        _bands.c.at > bindparam("since", type_=Band.at.type),
    )
    .group_by(_bands.c.comment_id, _bands.c.kind, _comments.c.id)
    .order_by(func.count().desc(), func.max(_bands.c.at).desc(), _bands.c.comment_id)
    .limit(_MOST_FOUND)
)


def find(session: Session, comment: Comment, known: Traits, now: datetime) -> None:
    """Put a comment that is to be stored into the cluster it belongs to, if there is one."""
    comment.cluster_id = comment.alike_by = None
    if not known.keys:
        return
    asked = {
        "site_id": comment.site_id,
        **filled(_KEYS, known.keys),
        "since": now - Band.KEPT,
        "network": known.network,
        "hour": now - WINDOW,
    }
    rows = _FIND.all(session, asked)
    found = _closest([row for row in rows if row.waiting < MOST], known, now)
    if found is not None:
        comment.cluster_id = found.cluster_id or _begun_by(found.comment_id, found.at)
        comment.alike_by = found.kind


def _closest(rows: Sequence[Any], known: Traits, now: datetime) -> Any | None:
    """Whom it is the most like: by its text, else by a domain, else by its network."""
    same = [row for row in rows if row.kind is InCommon.TEXT][:_COMPARED]
    first = alike.first_alike(known.text, (markup.plain(row.html) for row in same))
    if first is not None:
        return same[first]
    for row in rows:
        # What a moderator approved with this domain speaks for the domain.
        if row.kind is InCommon.DOMAIN and row.status is not Status.APPROVED:
            return row
    for row in rows:
        is_crowd = row.at > now - WINDOW and row.neighbours >= NEIGHBOURS
        if row.kind is InCommon.NETWORK and is_crowd:
            return row
    return None


def _begun_by(comment_id: str, at: datetime) -> str:
    """The cluster of those who are like a comment as it was at that moment: two who find it at
    once name it alike, and one whose text was changed begins another.
    """
    return f"{comment_id}-{int(at.timestamp() * 1000):x}"


def keep(session: Session, comment: Comment, known: Traits, now: datetime) -> None:
    """What is to be done once a comment is stored: its cluster takes in whom it begins with; one
    that belongs to none can be found from now on.

    The last step of a transaction: whoever waits here for another holds nothing that they need.
    """
    if comment.cluster_id is not None:
        first, _, began = comment.cluster_id.partition("-")
        until = datetime.fromtimestamp((int(began, 16) + 1) / 1000, UTC)
        _BEGIN.run(session, {"first": first, "cluster": comment.cluster_id, "until": until})
        return
    common = {"site_id": comment.site_id, "comment_id": comment.id, "at": now}
    # In one order, so that two at once cannot wait for each other.
    several = [common | {"key": key, "kind": known.keys[key]} for key in sorted(known.keys)]
    if several:
        _keep(session.get_bind().dialect.name).run(session, several)


_BEGIN = Prepared(
    update(_comments)
    .where(_comments.c.id == bindparam("first"), _comments.c.cluster_id.is_(None))
    # Unless it was changed or erased since then: what it is found by is newer now, or gone.
    .where(
        exists().where(
            _bands.c.comment_id == bindparam("first"),
            _bands.c.at < bindparam("until", type_=Band.at.type),
        )
    )
    .values(cluster_id=bindparam("cluster"))
)


@cache
def _keep(dialect: str) -> Prepared:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    made = insert(_bands)
    newest = {name: made.excluded[name] for name in ("kind", "comment_id", "at")}
    approved = select(_comments.c.id).where(
        _comments.c.id == _bands.c.comment_id, _comments.c.status == Status.APPROVED
    )
    # What was approved with a domain goes on speaking for it.
    others = or_(_bands.c.kind != InCommon.DOMAIN, ~approved.exists())
    kept = made.on_conflict_do_update(index_elements=["site_id", "key"], set_=newest, where=others)
    return Prepared(kept)


def leave(session: Session, comment: Comment) -> None:
    """Take a comment whose text changes, or goes, out of its cluster; nothing leads to it then."""
    comment.cluster_id = comment.alike_by = None
    _forget(session, _bands.c.comment_id == comment.id)


def tidy_up(session: Session, now: datetime) -> None:
    """Forget by what comments were found a while ago, a part of it at a time. What belongs together
    stays so.
    """
    of_an_hour = (_bands.c.kind == InCommon.NETWORK) & (_bands.c.at < now - WINDOW)
    past = or_(_bands.c.at < now - Band.KEPT, of_an_hour)
    newest_too_many = select(Band.at).order_by(Band.at.desc()).offset(Band.MOST_KEPT).limit(1)
    if (oldest := session.scalar(newest_too_many)) is not None:
        past = or_(past, _bands.c.at <= oldest)
    # What is being written just now is left for the next time.
    _forget(session, past, most=MOST_FORGOTTEN, skip_locked=True)


def _forget(
    session: Session, which: Any, *, most: int | None = None, skip_locked: bool = False
) -> None:
    """Delete keys in the order in which they are written: two at once cannot then wait for each
    other.
    """
    keys = select(_bands.c.site_id, _bands.c.key).where(which)
    ordered = keys.order_by(_bands.c.site_id, _bands.c.key).limit(most)
    held = session.execute(ordered.with_for_update(skip_locked=skip_locked)).all()
    if held:
        one = (_bands.c.site_id == bindparam("of")) & (_bands.c.key == bindparam("by"))
        several = [{"of": site_id, "by": key} for site_id, key in held]
        session.connection().execute(delete(_bands).where(one), several)
