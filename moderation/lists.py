"""A site's list of whom and what it blocks or trusts: read for every reply, kept by moderators."""

import unicodedata
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

from moderation.database import table
from moderation.drafts import author_digest
from moderation.models import (
    Author,
    Change,
    Comment,
    Listed,
    ListEntry,
    ListKind,
    Moderator,
    Site,
    Standing,
    What,
)
from moderation.prepared import Prepared, filled
from moderation.privacy import Keyring, new_id
from moderation.text import addresses, plain
from moderation.text.disguises import is_same

PAGE_SIZE = 50
LONGEST_NAME = 100
#: For how long an entry may stand; "" for ever.
LASTING: dict[str, timedelta | None] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
    "": None,
}


class BadEntry(ValueError):
    """Nothing that a list could hold; `wanted` says what is wrong."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted


class NobodyToList(Exception):
    """The comment has no author any more: everything of theirs was erased."""


_entries = table(ListEntry)
_NOW = bindparam("now", type_=ListEntry.created_at.type)
#: Names are compared one by one, since they come in disguise: all of a site's are read.
_NAMES = (ListEntry.key_of(ListKind.NAME, ""), f"{ListKind.NAME};")


def _found(keys: Any) -> CompoundSelect[Any]:
    """What counts of these keys, and of all names. Apart, and in no order: together, or to have an
    order, SQLite would walk the whole list.
    """
    wanted = (
        _entries.c.key,
        _entries.c.standing,
        _entries.c.kind,
        _entries.c.shown,
        _entries.c.created_at,
        _entries.c.id,
    )
    counting = select(*wanted).where(
        _entries.c.site_id == bindparam("site_id"),
        or_(_entries.c.expires_at.is_(None), _entries.c.expires_at > _NOW),
    )
    is_name = and_(_entries.c.key >= _NAMES[0], _entries.c.key < _NAMES[1])
    return counting.where(_entries.c.key.in_(keys)).union_all(counting.where(is_name))


_FOUND = _found(bindparam("keys", expanding=True))
#: Most replies ask for few: always as many names, so that the statement is prepared once.
_FEW = [f"key{number}" for number in range(8)]
_FOUND_FEW = Prepared(_found([bindparam(name) for name in _FEW]))


class Asked(NamedTuple):
    """What a list may say something of: `author` is the digest of a reply's address."""

    author: str
    name: str
    website: str
    links: tuple[str, ...]

    @property
    def hosts(self) -> list[str]:
        """Where its links lead."""
        return [host for link in self.links if (host := _host(link))]

    @property
    def keys(self) -> set[str]:
        """What is looked for by itself; names are not."""
        hosts = (*self.hosts, _host(self.website))
        domains = {domain for host in hosts for domain in _with_above(host)}
        author = ListEntry.key_of(ListKind.ADDRESS, self.author)
        return {author} | {ListEntry.key_of(ListKind.DOMAIN, one) for one in domains}


def listed(session: Session, site_id: str, asked: Asked, *, now: datetime) -> Listed:
    """What the list says of a reply, in one query."""
    return _said_of(asked, _said(session, site_id, asked.keys, now))


def listed_each(
    session: Session, site_id: str, asked: Iterable[Asked], *, now: datetime
) -> list[Listed]:
    """The same of several, in few queries, in their order."""
    several = list(asked)
    keys = sorted({key for one in several for key in one.keys})
    said = _Said({}, {})
    for begin in range(0, len(keys), _MOST_KEYS):
        more = _said(session, site_id, keys[begin : begin + _MOST_KEYS], now)
        said = _Said(said.standings | more.standings, said.names | more.names)
    return [_said_of(one, said) for one in several]


#: So many are looked for at once: both databases take more in one statement.
_MOST_KEYS = 5_000


class _Said(NamedTuple):
    """What counts of a list: by what is looked for, and names as they were given, by their keys."""

    standings: dict[str, Standing]
    names: dict[str, str]


def _said(session: Session, site_id: str, keys: Iterable[str], now: datetime) -> _Said:
    several, asked = list(keys), {"site_id": site_id, "now": now}
    if len(several) <= len(_FEW):
        rows = _FOUND_FEW.all(session, asked | filled(_FEW, several))
    else:
        rows = session.connection().execute(_FOUND, {**asked, "keys": several}).all()
    # The newest last, so that it is what remains.
    rows = sorted(rows, key=attrgetter("created_at", "id"))
    standings = {row.key: row.standing for row in rows}
    return _Said(standings, {row.key: row.shown for row in rows if row.kind is ListKind.NAME})


def _standing_of_name(name: str, known: _Said) -> Standing | None:
    """What is said of a name, in whatever disguise; the worst where that is several things."""
    same = {known.standings[key] for key, shown in known.names.items() if is_same(shown, name)}
    return next((one for one in (Standing.BLOCKED, Standing.WATCHED) if one in same), None)


def _said_of(asked: Asked, known: _Said) -> Listed:
    said = known.standings
    if not said:
        return Listed()
    hosts = asked.hosts
    deciding = {host: _deciding(host, said) for host in (*hosts, _host(asked.website))}
    author_is = said.get(ListEntry.key_of(ListKind.ADDRESS, asked.author))
    name_is = _standing_of_name(asked.name, known)
    return Listed(
        address_blocked=author_is is Standing.BLOCKED,
        name_blocked=name_is is Standing.BLOCKED,
        domains_blocked=_with(Standing.BLOCKED, deciding),
        address_watched=author_is is Standing.WATCHED,
        name_watched=name_is is Standing.WATCHED,
        domains_watched=_with(Standing.WATCHED, deciding),
        author_trusted=author_is is Standing.TRUSTED,
        links_trusted=sum(deciding[host][1] is Standing.TRUSTED for host in hosts),
        hosts_trusted=frozenset(
            host for host, (_, standing) in deciding.items() if standing is Standing.TRUSTED
        ),
    )


def _with(standing: Standing, deciding: dict[str, tuple[str, Standing | None]]) -> tuple[str, ...]:
    return tuple(sorted({domain for domain, said in deciding.values() if said is standing}))


#: So many trusted domains are looked at for others that look like them.
_MOST_TRUSTED = 200
_TRUSTED = (
    select(_entries.c.shown)
    .where(
        _entries.c.site_id == bindparam("site_id"),
        _entries.c.kind == ListKind.DOMAIN,
        _entries.c.standing == Standing.TRUSTED,
        or_(_entries.c.expires_at.is_(None), _entries.c.expires_at > _NOW),
    )
    .order_by(_entries.c.created_at.desc())
    .limit(_MOST_TRUSTED)
)


def trusted_domains(session: Session, site_id: str, now: datetime) -> list[str]:
    """The latest domains that were trusted on a site."""
    found = session.connection().execute(_TRUSTED, {"site_id": site_id, "now": now})
    return list(found.scalars())


def _deciding(host: str, said: dict[str, Standing]) -> tuple[str, Standing | None]:
    """The closest domain above a host that is listed, with what is said of it."""
    for domain in _with_above(host):
        if (standing := said.get(ListEntry.key_of(ListKind.DOMAIN, domain))) is not None:
            return domain, standing
    return host, None


def _with_above(host: str) -> Iterator[str]:
    """A host and what it lies in, the closest first, as far as somebody can own it."""
    while "." in host:
        yield host
        host = host.partition(".")[2]


def _host(link: str) -> str:
    if link.startswith("mailto:"):
        return link.partition("?")[0].rpartition("@")[2].lower()
    try:
        return addresses.host(link)
    except addresses.BadAddress:
        return ""


def _name_key(name: str) -> str:
    folded = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    return ListEntry.key_of(ListKind.NAME, folded)


def enter(
    session: Session,
    keyring: Keyring,
    site: Site,
    kind: ListKind,
    standing: Standing,
    text: str,
    *,
    by: Moderator,
    at: datetime,
    expires_at: datetime | None = None,
    note: str = "",
) -> ListEntry:
    """Put an address, a name or a domain on the list. Raises BadEntry."""
    if kind is ListKind.NAME and standing is Standing.TRUSTED:
        # Anybody can type it.
        raise BadEntry("trusted name")
    entry = ListEntry(
        id=new_id(), site_id=site.id, kind=kind, standing=standing, created_at=at, by_id=by.id
    )
    entry.expires_at, entry.note = expires_at, note
    try:
        _fill(entry, keyring, site, plain.one_line(text))
    except (addresses.BadAddress, plain.Unreadable) as error:
        raise BadEntry(str(kind)) from error
    return _entered(session, keyring, entry, by)


def _fill(entry: ListEntry, keyring: Keyring, site: Site, text: str) -> None:
    if entry.kind is ListKind.ADDRESS:
        email = addresses.email(text)
        digest = author_digest(site.open_key(keyring), email)
        entry.key = ListEntry.key_of(ListKind.ADDRESS, digest)
        entry.seal(email, keyring)
    elif entry.kind is ListKind.NAME:
        if plain.is_blank(text) or len(text) > LONGEST_NAME:
            raise BadEntry(str(ListKind.NAME))
        entry.key, entry.shown = _name_key(text), text
    else:
        url = text if "://" in text else f"https://{text.removeprefix('*.')}"
        domain = addresses.host(url)
        if "." not in domain:
            raise BadEntry(str(ListKind.DOMAIN))
        entry.key, entry.shown = ListEntry.key_of(ListKind.DOMAIN, domain), domain


_TOLD = {
    Standing.BLOCKED: What.BLOCKED,
    Standing.WATCHED: What.WATCHED,
    Standing.TRUSTED: What.TRUSTED,
}


def _entered(session: Session, keyring: Keyring, entry: ListEntry, by: Moderator) -> ListEntry:
    session.add(entry)
    what = _TOLD[entry.standing]
    subject = entry.label(keyring)
    # Its key, so that the masked address can be taken out when its owner has everything erased.
    session.add(Change.of(what, entry.site_id, by, entry.created_at, subject, became=entry.key))
    session.flush()
    return entry


def block(
    session: Session, keyring: Keyring, comment: Comment, *, by: Moderator, at: datetime
) -> ListEntry | None:
    """Block a comment's author on its site, for good; None where they are blocked so already.

    Raises NobodyToList. What is taken back by `take_back` leaves what was said before.
    """
    return _list_author(session, keyring, comment, Standing.BLOCKED, by=by, at=at)


def trust(
    session: Session, keyring: Keyring, comment: Comment, *, by: Moderator, at: datetime
) -> ListEntry | None:
    """Trust a comment's author on its site, as `block` blocks them."""
    return _list_author(session, keyring, comment, Standing.TRUSTED, by=by, at=at)


def _list_author(
    session: Session,
    keyring: Keyring,
    comment: Comment,
    standing: Standing,
    *,
    by: Moderator,
    at: datetime,
) -> ListEntry | None:
    author = comment.author
    if author is None:
        raise NobodyToList
    key = ListEntry.key_of(ListKind.ADDRESS, author.email_digest)
    now = _newest(session, comment.site_id, key, at)
    if now is not None and now.standing is standing and now.expires_at is None:
        return None
    entry = ListEntry(id=new_id(), site_id=comment.site_id, kind=ListKind.ADDRESS, key=key)
    entry.standing, entry.created_at, entry.by_id = standing, at, by.id
    entry.seal(author.email(keyring), keyring)
    return _entered(session, keyring, entry, by)


def about(session: Session, author: Author, now: datetime) -> ListEntry | None:
    """What counts about an author on their site at this moment."""
    key = ListEntry.key_of(ListKind.ADDRESS, author.email_digest)
    return _newest(session, author.site_id, key, now)


def _newest(session: Session, site_id: str, key: str, now: datetime) -> ListEntry | None:
    about = select(ListEntry).where(ListEntry.site_id == site_id, ListEntry.key == key)
    newest = about.where(_counts(now)).order_by(ListEntry.created_at.desc(), ListEntry.id.desc())
    return session.scalar(newest.limit(1))


def find(session: Session, site_id: str, entry_id: str) -> ListEntry | None:
    """An entry of a site's list."""
    entry = session.get(ListEntry, entry_id)
    return entry if entry is not None and entry.site_id == site_id else None


def is_about(entry: ListEntry, author: Author | None) -> bool:
    """Whether an entry is about the address of this author."""
    if author is None:
        return False
    return entry.key == ListEntry.key_of(ListKind.ADDRESS, author.email_digest)


def take_back(
    session: Session, keyring: Keyring, entry: ListEntry, *, by: Moderator, at: datetime
) -> bool:
    """Take one entry back, so that what was said before it counts again; False where something
    newer was said meanwhile: then nothing is done.
    """
    now = _newest(session, entry.site_id, entry.key, at)
    if now is not None and now.id != entry.id:
        return False
    _tell_unlisted(session, keyring, entry, by, at)
    session.delete(entry)
    session.flush()
    return True


def remove(
    session: Session, keyring: Keyring, entry: ListEntry, *, by: Moderator, at: datetime
) -> None:
    """Take an entry off the list, with all that was ever said of the same."""
    _tell_unlisted(session, keyring, entry, by, at)
    same = ListEntry.site_id == entry.site_id, ListEntry.key == entry.key
    session.execute(delete(ListEntry).where(*same))


def _tell_unlisted(
    session: Session, keyring: Keyring, entry: ListEntry, by: Moderator, at: datetime
) -> None:
    said = {"subject": entry.label(keyring), "was": str(entry.standing), "became": entry.key}
    session.add(Change.of(What.UNLISTED, entry.site_id, by, at, **said))


def page(
    session: Session, site_id: str, standing: Standing | None, now: datetime, after: str = ""
) -> tuple[list[ListEntry], str]:
    """A page of what counts, the newest first, and the id after which the next one begins."""
    query = _counting(site_id, now)
    if standing is not None:
        query = query.where(ListEntry.standing == standing)
    last = find(session, site_id, after) if after else None
    if last is not None:
        earlier = ListEntry.created_at < last.created_at
        same = (ListEntry.created_at == last.created_at) & (ListEntry.id < last.id)
        query = query.where(or_(earlier, same))
    query = query.order_by(ListEntry.created_at.desc(), ListEntry.id.desc())
    found = list(session.scalars(query.limit(PAGE_SIZE + 1)))
    more = len(found) > PAGE_SIZE
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].id if more else ""


def _counting(site_id: str, now: datetime) -> Select[ListEntry]:
    newer = aliased(ListEntry)
    is_later = or_(
        newer.created_at > ListEntry.created_at,
        (newer.created_at == ListEntry.created_at) & (newer.id > ListEntry.id),
    )
    about_the_same = newer.site_id == ListEntry.site_id, newer.key == ListEntry.key
    counts = or_(newer.expires_at.is_(None), newer.expires_at > now)
    outdone = select(newer.id).where(*about_the_same, is_later, counts).exists()
    return select(ListEntry).where(ListEntry.site_id == site_id, _counts(now), ~outdone)


def _counts(now: datetime) -> ColumnElement[bool]:
    return or_(ListEntry.expires_at.is_(None), ListEntry.expires_at > now)


def forget(session: Session, site_id: str, author: str) -> None:
    """Forget the address of somebody who had everything erased; `author` is its digest.

    That they are blocked stays, without their address: or erasing would be a way around it.
    """
    key = ListEntry.key_of(ListKind.ADDRESS, author)
    theirs = (ListEntry.site_id == site_id, ListEntry.key == key)
    latest = select(ListEntry.standing).where(*theirs)
    latest = latest.order_by(ListEntry.created_at.desc(), ListEntry.id.desc()).limit(1)
    blocked = session.scalar(latest) is Standing.BLOCKED
    gone = ListEntry.standing == Standing.TRUSTED if blocked else ListEntry.id.is_not(None)
    session.execute(delete(ListEntry).where(*theirs, gone))
    session.execute(update(ListEntry).where(*theirs).values(sealed=None, note=""))
    told = (Change.site_id == site_id, Change.became == key)
    session.execute(update(Change).where(*told).values(subject="", became=""))


def tidy_up(session: Session, now: datetime) -> None:
    """Throw away what has run out."""
    session.execute(delete(ListEntry).where(ListEntry.expires_at <= now))
