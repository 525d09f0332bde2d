"""StopForumSpam's lists, loaded from files that the owner downloads: nothing leaves the machine.

Of an entry 60 bits of a keyed digest are kept, so that a copy of the database is no copy of the
lists; among a million entries a reply meets one by chance once in 10**12. What is looked for is the
very address, name or domain: no list says anything of its neighbours.
"""

import csv
import gzip
import hashlib
import io
import ipaddress
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, cast

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from moderation.database import Database, table
from moderation.models import OutsideList, OutsideListed, Secret
from moderation.privacy import Keyring, digest
from moderation.text import addresses

from .said import Said

#: Entries that are written, or thrown away, in one transaction.
CHUNK = 5_000
_PURPOSE = "lists"
_MD5 = re.compile(r"[0-9a-f]{32}")
_listed = table(OutsideListed)


class BadList(ValueError):
    """The file is no list of this kind; the message says so in a sentence."""


def _ip(text: str) -> str:
    ip = ipaddress.ip_address(text.partition("%")[0])
    inner = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(inner or ip)


def _email(text: str) -> str:
    """StopForumSpam gives some lists as MD5 digests: so both kinds are kept as such."""
    low = text.lower()
    if _MD5.fullmatch(low):
        return low
    if "@" not in low:
        raise ValueError
    return hashlib.md5(low.encode(), usedforsecurity=False).hexdigest()


def _domain(text: str) -> str:
    return addresses.host(f"https://{text}").removeprefix("www.")


def _name(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


#: How what is on a list of each kind is written, however it was typed.
NORMAL: dict[str, Callable[[str], str]] = {
    "ip": _ip,
    "email": _email,
    "domain": _domain,
    "name": _name,
}
#: How their files are called: listed_ip_30.zip, toxic_domains_whole.txt …
_CALLED = {"ip": "ip", "email": "email", "domain": "domain", "username": "name"}


def kind_of(path: Path) -> str | None:
    """The kind that a file's name tells, as StopForumSpam calls its files."""
    return next((kind for word, kind in _CALLED.items() if word in path.name.lower()), None)


def load(
    database: Database,
    keyring: Keyring,
    path: Path,
    kind: str,
    now: datetime,
    told: Callable[[int, int], None] = lambda _done, _all: None,
) -> tuple[int, int]:
    """Load a file in place of the list of this kind: how many entries, how many lines were none.

    What is current stays so until the last entry is written. Raises BadList.
    """
    key = _key(database, keyring, now)
    keys, skipped = _read(path, kind, key)
    if not keys:
        raise BadList(f"{path.name} has no entry of the kind {kind}.")
    made = _begin(database, kind, now)
    # In their order, so that pages of the table are filled and not split.
    ordered = sorted(keys)
    for start in range(0, len(ordered), CHUNK):
        rows = [{"list_id": made, "key": one} for one in ordered[start : start + CHUNK]]
        with database.writing() as session:
            session.connection().execute(insert(_listed), rows)
            session.commit()
        told(min(start + CHUNK, len(ordered)), len(ordered))
    _switch(database, kind, made, len(ordered))
    return len(ordered), skipped


def forget(database: Database, kind: str) -> bool:
    """Throw the list of a kind away; False where there is none."""
    there = any(one.kind == kind for one in current(database))
    with database.writing() as session:
        of_kind = update(OutsideList).where(OutsideList.kind == kind)
        session.execute(of_kind.values(is_current=False))
        session.commit()
    _sweep(database, kind)
    return there


def current(database: Database) -> list[OutsideList]:
    """The lists that replies are looked up in."""
    with database.reading() as session:
        return loaded(session)


def loaded(session: Session) -> list[OutsideList]:
    """The same, in a session."""
    query = select(OutsideList).where(OutsideList.is_current).order_by(OutsideList.kind)
    return list(session.scalars(query))


def _begin(database: Database, kind: str, now: datetime) -> int:
    with database.writing() as session:
        made = OutsideList(kind=kind, is_current=False, entries=0, loaded_at=now)
        session.add(made)
        session.commit()
        return made.id


def _switch(database: Database, kind: str, made: int, entries: int) -> None:
    with database.writing() as session:
        of_kind = update(OutsideList).where(OutsideList.kind == kind)
        session.execute(of_kind.values(is_current=False))
        this = update(OutsideList).where(OutsideList.id == made)
        session.execute(this.values(is_current=True, entries=entries))
        session.commit()
    _sweep(database, kind)


def _sweep(database: Database, kind: str) -> None:
    """Throw away what is no list any more, also what a load left that was broken off."""
    old = select(OutsideList.id).where(OutsideList.kind == kind, OutsideList.is_current.is_(False))
    with database.reading() as session:
        left = list(session.scalars(old))
    for one in left:
        first = select(_listed.c.key).where(_listed.c.list_id == one).limit(CHUNK)
        gone = delete(_listed).where(_listed.c.list_id == one, _listed.c.key.in_(first))
        removed = CHUNK
        while removed:
            with database.writing() as session:
                removed = session.connection().execute(gone).rowcount
                session.commit()
        with database.writing() as session:
            session.execute(delete(OutsideList).where(OutsideList.id == one))
            session.commit()


def look(session: Session, keyring: Keyring, said: Said) -> str:
    """The kinds of list on which something of a reply stands, such as "email ip"; or ""."""
    stored = session.scalar(select(Secret).where(Secret.purpose == _PURPOSE))
    if stored is None:
        return ""
    key = stored.open(keyring)
    keys = {number for kind, text in _of(said) for number in _number_or_none(key, kind, text)}
    query = select(OutsideList.kind).distinct()
    query = query.join(OutsideListed, OutsideListed.list_id == OutsideList.id)
    found = query.where(OutsideList.is_current, OutsideListed.key.in_(keys))
    return " ".join(sorted(session.scalars(found)))


def _of(said: Said) -> Iterator[tuple[str, str]]:
    yield "ip", said.address
    yield "email", said.email
    yield "name", said.name
    yield "domain", said.email.rpartition("@")[2]
    for link in (said.website, *said.links):
        yield "domain", link.partition("://")[2].partition("/")[0]


def _number_or_none(key: bytes, kind: str, text: str) -> Iterator[int]:
    try:
        yield _number(key, kind, NORMAL[kind](text.strip()))
    except ValueError:
        return


def _number(key: bytes, kind: str, normal: str) -> int:
    return int(digest(key, f"stopforumspam {kind}", normal)[:15], 16)


def _key(database: Database, keyring: Keyring, now: datetime) -> bytes:
    """The random key that the digests of all lists are made with."""
    with database.writing() as session:
        found = session.scalar(select(Secret).where(Secret.purpose == _PURPOSE))
        if found is None:
            found = Secret.make(_PURPOSE, keyring=keyring, at=now)
            session.add(found)
            session.commit()
        return found.open(keyring)


def _read(path: Path, kind: str, key: bytes) -> tuple[set[int], int]:
    found: set[int] = set()
    skipped = 0
    try:
        with _opened(path) as lines:
            for row in csv.reader(lines):
                # Only addresses may stand side by side on a line; else what follows is a count.
                entries = row if kind == "ip" else row[:1]
                keys = [one for text in entries for one in _number_or_none(key, kind, text)]
                skipped += bool(row) and not keys
                found.update(keys)
    except (OSError, EOFError, zipfile.BadZipFile, UnicodeError, csv.Error) as error:
        raise BadList(f"{path.name} could not be read ({type(error).__name__}).") from error
    return found, skipped


@contextmanager
def _opened(path: Path) -> Iterator[Iterable[str]]:
    """The lines of a file, or of the first file in an archive."""
    with (
        path.open("rb") as file,
        _unpacked(file) as plain,
        io.TextIOWrapper(plain, encoding="utf-8", errors="replace", newline="") as text,
    ):
        # Old lists have NULs in names, which csv takes for an error.
        yield (line.replace("\0", "") for line in text)


def _unpacked(file: IO[bytes]) -> IO[bytes]:
    if zipfile.is_zipfile(file):
        archive = zipfile.ZipFile(file)
        return archive.open(archive.namelist()[0])
    file.seek(0)
    is_packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return cast("IO[bytes]", gzip.open(file)) if is_packed else file
