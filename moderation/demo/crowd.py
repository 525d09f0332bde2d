"""A crowd of comments, to see how the queue bears them: rows in bulk, past the workflows.

Nine of ten wait; the others were decided by one of three moderators, some of them twice. Written in
the order of their time, which is the order of most indexes. Each transaction leaves a smaller crowd
that is whole: whoever stops half-way, or is stopped, keeps so many, and can ask for the others.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.orm import Session

from moderation import intake, measuring
from moderation.accounts import add_moderator
from moderation.database import Database, table
from moderation.keeping import network_digest
from moderation.models import (
    Author,
    Comment,
    CommentReason,
    Decision,
    Moderator,
    Role,
    Site,
    Thread,
)
from moderation.privacy import Keyring, new_token

from . import bulk
from .invented import Inventor

#: So many are written at a time, and told; so many are a transaction; of fewer the indexes are
#: kept row by row, since making them anew takes longer the more there was before.
BATCH, TRANSACTION, FEW = 5_000, 250_000, 25_000
_COMMENTS_OF_A_PAGE = 500
_COMMENTS_OF_AN_AUTHOR = 8
_REGULARS, _NETWORKS = 5, 200
_HELPERS = (("ben@example.org", "Ben"), ("cleo@example.org", "Cleo"))
_threads = table(Thread)
_SEEN = (
    update(_threads)
    .where(_threads.c.id == bindparam("thread"))
    .values(count=_threads.c.count + bindparam("more"), revision=_threads.c.revision + 1)
)


def crowd(
    database: Database,
    keyring: Keyring,
    site_key: str,
    number: int,
    tell: Callable[[int], Any],
    *,
    waiting: float = 0.9,
) -> None:
    """Add so many comments, this share of which waits; `tell` hears of each batch."""
    with database.writing() as session:
        inventor = _begin(session, keyring, site_key, number, waiting)
        session.commit()
    for begun in range(0, number, TRANSACTION):
        until = min(number, begun + TRANSACTION)
        with database.writing() as session, _large_cache(session):
            # Decisions of long ago: with the last of them is too late, should it not come to that.
            measuring.count_again(session)
            with _indexes(session, until - begun):
                for first in range(begun, until, BATCH):
                    size = min(BATCH, until - first)
                    _write(session, inventor, first, size)
                    tell(size)
            session.commit()


def _indexes(session: Session, number: int) -> AbstractContextManager[None]:
    if number <= FEW:
        return nullcontext()
    return bulk.indexes_later(session.connection(), Comment, CommentReason, Decision)


@contextmanager
def _large_cache(session: Session) -> Iterator[None]:
    """Keep SQLite's indexes in memory meanwhile: they are written to at random places."""
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    usual = session.scalar(text("PRAGMA cache_size"))
    session.execute(text("PRAGMA cache_size = -1000000"))
    try:
        yield
    finally:
        session.execute(text(f"PRAGMA cache_size = {usual}"))


def _begin(
    session: Session, keyring: Keyring, site_key: str, number: int, waiting: float
) -> Inventor:
    """Write what there must be before the first comment: moderators, pages, regulars."""
    now = datetime.now(UTC)
    site = session.scalars(select(Site).where(Site.key == site_key)).one()
    pages = min(2_000, max(1, number // _COMMENTS_OF_A_PAGE))
    urls = [f"{site.origins[0]}/archive/{n}" for n in range(1, pages + 1)]
    networks = [f"10.0.{n}.1" for n in range(_NETWORKS)]
    inventor = Inventor(
        keyring,
        site,
        threads=[intake.open_thread(session, site, url, now).id for url in urls],
        deciders=_deciders(session, keyring, site_key, now),
        networks=[network_digest(session, keyring, one, now) for one in networks],
        waiting=waiting,
        number=number,
        now=now,
    )
    regulars = [inventor.author() for _ in range(_REGULARS)]
    bulk.write(session.connection(), Author, regulars)
    inventor.regulars = [one["id"] for one in regulars]
    return inventor


def _deciders(session: Session, keyring: Keyring, site_key: str, at: datetime) -> list[str]:
    """The moderators who decided; two are added, whose passwords nobody knows."""
    known = set(session.scalars(select(Moderator.name)))
    for email, name in _HELPERS:
        if name not in known:
            role, sites = Role.MODERATOR, [site_key]
            add_moderator(session, keyring, email, name, role, sites, new_token(), at)
    session.flush()
    return list(session.scalars(select(Moderator.id).order_by(Moderator.created_at)))


def _write(session: Session, inventor: Inventor, first: int, size: int) -> None:
    """Write one batch: authors, comments, decisions, and what readers see of them."""
    authors = [inventor.author() for _ in range(max(1, size // _COMMENTS_OF_AN_AUTHOR))]
    ids = [one["id"] for one in authors]
    comments = [inventor.comment(first + n, ids) for n in range(size)]
    decisions = [one for comment in comments for one in inventor.decisions(comment)]
    rows = session.connection()
    for model, several in ((Author, authors), (Comment, comments), (Decision, decisions)):
        bulk.write(rows, model, several)
    seen = Counter(one["thread_id"] for one in comments if one["published"])
    if seen:
        rows.execute(_SEEN, [{"thread": one, "more": more} for one, more in seen.items()])
