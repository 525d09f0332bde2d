"""A crowd of comments, to see how the queue bears them: rows in bulk, past the workflows.

They read like the demonstration's own: sentences of its replies, put together anew, so that hardly
two are the same. Nine of ten wait; the others were decided by one of three moderators, some of
them twice. Written in the order of their time, which is the order of most indexes.
"""

import json
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from moderation import intake, measuring
from moderation.accounts import add_moderator
from moderation.database import Database, table
from moderation.models import (
    Actor,
    Author,
    Comment,
    Decision,
    Moderator,
    Role,
    Site,
    Status,
    Thread,
)
from moderation.models.comment import segment
from moderation.privacy import Keyring, digest, new_id, new_token
from moderation.text import markup

BATCH = 5_000
#: They arrived over so many days, up to now.
DAYS = 30
_COMMENTS_OF_A_PAGE = 500
_COMMENTS_OF_AN_AUTHOR = 8
_HOST = "a-host-to-be.example"
#: What the policy may have found: code, share of the score, detail; and how often of a hundred.
_FINDINGS = (
    (50, [("first_time", 5, ""), ("hold_everything", 0, "")]),
    (20, [("hold_everything", 0, "")]),
    (12, [("stranger_links", 10, "1"), ("first_time", 5, ""), ("hold_everything", 0, "")]),
    (8, [("links", 30, "3"), ("stranger_links", 10, "3"), ("first_time", 5, "")]),
    (6, [("same_text", 25, "1"), ("first_time", 5, ""), ("hold_everything", 0, "")]),
    (3, [("blocked_words", 30, "casino"), ("stranger_links", 10, "1"), ("first_time", 5, "")]),
    (1, [("haste", 30, "1"), ("links", 45, "4"), ("stranger_links", 10, "4")]),
)
_ENDS = (Status.APPROVED, Status.APPROVED, Status.APPROVED, Status.REJECTED, Status.SPAM)
_HELPERS = (("ben@example.org", "Ben"), ("cleo@example.org", "Cleo"))


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
    now = datetime.now(UTC)
    with database.writing() as session:
        site = session.scalars(select(Site).where(Site.key == site_key)).one()
        deciders = _deciders(session, keyring, site_key, now)
        pages = min(2_000, max(1, number // _COMMENTS_OF_A_PAGE))
        threads = [
            intake.open_thread(session, site, f"{site.origins[0]}/archive/{n}", now).id
            for n in range(1, pages + 1)
        ]
        session.commit()
    writing = _Writing(keyring, site, threads, deciders, waiting, now, number)
    for first in range(0, number, BATCH):
        size = min(BATCH, number - first)
        with database.writing() as session, _large_cache(session):
            writing.write(session, first, size)
            session.commit()
        tell(size)
    with database.writing() as session:
        measuring.count_again(session)
        session.commit()


@contextmanager
def _large_cache(session: Session) -> Iterator[None]:
    """Keep SQLite's indexes in memory meanwhile: they are written to at random places."""
    if session.get_bind().dialect.name != "sqlite":
        yield
        return
    usual = session.scalar(text("PRAGMA cache_size"))
    session.execute(text("PRAGMA cache_size = -1000000"))
    yield
    session.execute(text(f"PRAGMA cache_size = {usual}"))


def _deciders(session: Session, keyring: Keyring, site_key: str, at: datetime) -> list[str]:
    """The moderators who decided; two are added, whose passwords nobody knows."""
    known = set(session.scalars(select(Moderator.name)))
    for email, name in _HELPERS:
        if name not in known:
            role, sites = Role.MODERATOR, [site_key]
            add_moderator(session, keyring, email, name, role, sites, new_token(), at)
    session.flush()
    return list(session.scalars(select(Moderator.id).order_by(Moderator.created_at)))


@dataclass
class _Writing:
    """What is the same for all of them, and the way to write some."""

    keyring: Keyring
    site: Site
    threads: list[str]
    deciders: list[str]
    waiting: float
    now: datetime
    number: int
    #: The same crowd each time; only what must not be guessed is truly random.
    #: The same crowd each time; nobody gains from guessing it.
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311

    @cached_property
    def site_key(self) -> bytes:
        return self.site.open_key(self.keyring)

    @cached_property
    def said(self) -> tuple[list[str], list[str]]:
        """Sentences and names of the demonstration's replies."""
        with (Path(__file__).parent / "comments.json").open(encoding="utf-8") as file:
            replies = [one for thread in json.load(file)["threads"] for one in thread["comments"]]
        sentences = {
            one
            for reply in replies
            for one in re.split(r"(?<=[.!?]) ", reply["body"])
            if re.fullmatch(r"[A-Z][\w ,;:’“”()-]{20,160}[.!?]", one)
        }
        return sorted(sentences), sorted({reply["name"] for reply in replies})

    @cached_property
    def link(self) -> str:
        """The end of a reply with a link, as our markup draws it."""
        html = markup.render(f"x https://{_HOST}/offer").html
        return html.removeprefix("<p>x").removesuffix("</p>")

    def write(self, session: Session, first: int, size: int) -> None:
        """Write one batch: authors, comments, decisions, and what readers see of them."""
        authors = [self._author(n) for n in range(max(1, size // _COMMENTS_OF_AN_AUTHOR))]
        comments = [self._comment(first + n, authors) for n in range(size)]
        decisions = [one for comment in comments for one in self._decisions(comment)]
        rows = session.connection()
        for model, several in ((Author, authors), (Comment, comments), (Decision, decisions)):
            rows.execute(insert(table(model)), several)
        seen: dict[str, int] = {}
        for comment in comments:
            seen[comment["thread_id"]] = seen.get(comment["thread_id"], 0) + comment["published"]
        for thread, more in seen.items():
            if more:
                told = {"count": Thread.count + more, "revision": Thread.revision + 1}
                session.execute(update(Thread).where(Thread.id == thread).values(told))

    def _moment(self, n: int) -> datetime:
        """Evenly over the days, each later than the one before it."""
        left = (self.number - n - self.chance.random()) / self.number
        return self.now - timedelta(days=DAYS) * left

    def _author(self, n: int) -> dict[str, Any]:
        author = new_id()
        email = f"reader.{author}@example.org"
        return {
            "id": author,
            "site_id": self.site.id,
            "email_digest": digest(self.site_key, "email", email),
            "email_sealed": self.keyring.seal(email, Author.email_row(author)),
            "avatar": digest(self.site_key, "avatar", email)[:8],
            "created_at": self.now - timedelta(days=DAYS),
        }

    def _comment(self, n: int, authors: list[dict[str, Any]]) -> dict[str, Any]:
        sentences, names = self.said
        found = self.chance.choices(
            [one for _often, one in _FINDINGS], [often for often, _one in _FINDINGS]
        )[0]
        words = " ".join(self.chance.choices(sentences, k=self.chance.randint(2, 4)))
        links = int(next((detail for code, _s, detail in found if code == "links"), "0"))
        links = links or any(code == "stranger_links" for code, _s, _d in found)
        hosts = [f"offer-{self.chance.randrange(9_000)}.example" for _ in range(links)]
        source = words + "".join(f" https://{host}/offer" for host in hosts)
        html = escape(words, quote=False) + "".join(self.link.replace(_HOST, one) for one in hosts)
        written = self._moment(n)
        waits = self.chance.random() < self.waiting
        status = Status.PENDING if waits else self.chance.choice(_ENDS)
        position = segment(written)
        return {
            "id": new_id(),
            "site_id": self.site.id,
            "thread_id": self.chance.choice(self.threads),
            "author_id": self.chance.choice(authors)["id"],
            "name": self.chance.choice(names),
            "website": "",
            "title": "",
            "source": source,
            "html": f"<p>{html}</p>",
            "markup_version": markup.MARKUP_VERSION,
            "links": [f"https://{host}/offer" for host in hosts],
            "status": status,
            "published": status == Status.APPROVED,
            "version": 1 if waits else 2,
            "score": sum(score for _code, score, _detail in found),
            "reasons": [
                {"code": code, "effect": "hold", "score": score, "detail": detail}
                for code, score, detail in found
            ],
            "position": position,
            "root": position,
            "text_digest": digest(self.site_key, "text", source.casefold()),
            "locale": self.chance.choices(["en", "de", "fr", "ru"], [80, 10, 6, 4])[0],
            "notify": False,
            "created_at": written,
        }

    def _decisions(self, comment: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The policy's, and for what does not wait a moderator's, some of them overturned."""
        yield Decision.first(comment["id"], Status.PENDING, comment["created_at"])
        if comment["version"] == 1:
            return
        took = timedelta(minutes=self.chance.lognormvariate(3.5, 1.2))
        steps = [comment["status"]]
        if self.chance.random() < 0.04:
            steps.insert(0, Status.SPAM if steps[0] != Status.SPAM else Status.APPROVED)
        was = Status.PENDING
        for version, became in enumerate(steps, 2):
            at = min(self.now, comment["created_at"] + took * (version - 1))
            yield self._decision(comment["id"], version, was, became, at)
            was, comment["version"] = became, version

    def _decision(
        self, comment: str, version: int, was: Status, became: Status, at: datetime
    ) -> dict[str, Any]:
        return {
            **Decision.first(comment, became, at),
            "version": version,
            "was": was,
            "actor": Actor.MODERATOR,
            "by_id": self.chance.choice(self.deciders),
            "reason": "advertising" if became == Status.SPAM else "",
        }
