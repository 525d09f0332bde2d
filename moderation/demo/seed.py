"""Filling the demonstration, through the same workflows as everybody else."""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from moderation import intake, notices
from moderation.accounts import add_moderator, add_site
from moderation.database import Database
from moderation.models import (
    Comment,
    Decision,
    Kind,
    Moderator,
    Role,
    Site,
    Status,
    Subscription,
    Thread,
)
from moderation.models.comment import segment
from moderation.privacy import Keyring, digest, new_id
from moderation.text import addresses, markup, plain

SITE = "demo"
EMAIL = "moderator@example.org"
#: The newest comment of the demonstration is some minutes old whenever it is made.
PUBLISHED_BEFORE = timedelta(minutes=17_060)
DECIDED_AFTER = timedelta(minutes=9)


@dataclass(frozen=True, slots=True)
class SignInKept:
    """How the demonstration's moderator signs in; made at random, kept in the instance folder."""

    email: str
    password: str


def prepare(
    database: Database, keyring: Keyring, instance: Path, url: str, port: int
) -> SignInKept:
    """Fill an empty database with the demonstration; what is there already is kept."""
    sign_in = SignInKept(EMAIL, _kept_password(instance / "demo_password"))
    with database.writing() as session:
        site = session.scalar(select(Site).where(Site.key == SITE))
        origins = [url, f"http://127.0.0.1:{port + 1}"]
        if site is None:
            _fill(session, keyring, origins, sign_in)
        elif site.origins != origins:
            _move(session, site, origins)
        session.commit()
    return sign_in


def welcome(url: str, port: int, sign_in: SignInKept) -> str:
    """What the terminal says when the demonstration is up."""
    return "\n".join(
        (
            "",
            f"  The article, with its replies:  {url}/",
            f"  The moderators' queue:          {url}/queue",
            f"  Sign in as {sign_in.email} with the password {sign_in.password}",
            f"  The same thread service on another origin: http://127.0.0.1:{port + 1}/",
            "",
            "  Ctrl+C stops it; what was written stays in the instance folder.",
            "",
        )
    )


def fill_thread(
    database: Database, keyring: Keyring, site: Site, page: str, number: int, status: Status
) -> None:
    """Write many plain comments under a page at once, as an import would, each with its first
    decision.
    """
    at, site_key = datetime.now(UTC), site.open_key(keyring)
    with database.writing() as session:
        thread = intake.open_thread(session, site, page, at)
        rows = [_plain_row(site, thread, site_key, status, at, n) for n in range(number)]
        session.execute(insert(Comment), rows)
        session.execute(
            insert(Decision),
            [Decision.first(row["id"], row["status"], row["created_at"]) for row in rows],
        )
        thread.readers_see(more=number if status == Status.APPROVED else 0)
        session.commit()


def _plain_row(
    site: Site, thread: Thread, site_key: bytes, status: Status, at: datetime, n: int
) -> dict[str, Any]:
    words = [_WORDS[secrets.randbelow(len(_WORDS))] for _ in range(24)]
    source = f"{' '.join(words).capitalize()}."
    written = at - timedelta(seconds=secrets.randbelow(30 * 24 * 3600), microseconds=n)
    position = segment(written)
    return {
        "id": new_id(),
        "site_id": site.id,
        "thread_id": thread.id,
        "name": f"{words[0].capitalize()} {words[1].capitalize()}",
        "website": "",
        "source": source,
        "html": f"<p>{source}</p>",
        "markup_version": markup.MARKUP_VERSION,
        "links": [],
        "status": status,
        "published": status == Status.APPROVED,
        "version": 1,
        "score": 5,
        "reasons": [],
        "position": position,
        "root": position,
        "text_digest": digest(site_key, "text", source.casefold()),
        "created_at": written,
    }


_WORDS = [
    "lamp",
    "street",
    "dark",
    "night",
    "road",
    "town",
    "council",
    "moth",
    "star",
    "sleep",
    "child",
    "bus",
    "walk",
    "fear",
    "safe",
    "quiet",
    "bright",
    "owl",
    "energy",
    "cost",
    "winter",
    "summer",
    "corner",
    "shop",
    "light",
    "window",
    "curtain",
    "dog",
    "morning",
    "evening",
    "neighbour",
    "vote",
    "petition",
    "crossing",
    "hedge",
    "bicycle",
    "bell",
    "late",
    "early",
    "always",
    "never",
    "perhaps",
    "still",
]


def _kept_password(kept: Path) -> str:
    if not kept.exists():
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(15))
    return kept.read_text(encoding="utf-8").strip()


def _move(session: Session, site: Site, origins: list[str]) -> None:
    """Follow the service to another address, its port for one."""
    was, site.origins = site.origins[0], origins
    for thread in session.scalars(select(Thread).where(Thread.site_id == site.id)):
        if thread.page.startswith(f"{was}/"):
            thread.page = origins[0] + thread.page.removeprefix(was)
            thread.readers_see(more=0)


def _fill(session: Session, keyring: Keyring, origins: list[str], sign_in: SignInKept) -> None:
    start = datetime.now(UTC) - PUBLISHED_BEFORE
    site = add_site(session, keyring, SITE, "The Daymark", origins, start)
    site.options = {"blocked_words": ["casino", "viagra", "crypto", "payday loan"]}
    moderator = add_moderator(
        session, keyring, sign_in.email, "Ann", Role.OWNER, [], sign_in.password, start
    )
    story = _Story(session, keyring, site, site.open_key(keyring), moderator, origins[0], start)
    with (Path(__file__).parent / "comments.json").open(encoding="utf-8") as file:
        threads = json.load(file)["threads"]
    steps = [step for thread in threads for step in story.steps(thread)]
    for moment, step in sorted(steps, key=lambda pair: pair[0]):
        step(moment)
    _owe_a_letter(session)


def _owe_a_letter(session: Session) -> None:
    """Something in the outbox, to be looked at there: the demonstration sends nothing."""
    answers = select(Comment).where(Comment.parent_id.is_not(None), Comment.published)
    answer = session.scalars(answers.order_by(Comment.created_at.desc()).limit(1)).first()
    if answer is None or answer.parent is None or answer.parent.author_id is None:
        return
    wish = Subscription(
        id=new_id(),
        comment_id=answer.parent.id,
        author_id=answer.parent.author_id,
        created_at=answer.parent.created_at,
        confirmed_at=answer.parent.created_at,
    )
    session.add(wish)
    session.flush()
    notices.owe(
        session,
        Kind.REPLY,
        answer.id,
        at=datetime.now(UTC),
        author_id=wish.author_id,
        comment_id=answer.id,
        subscription_id=wish.id,
    )


_Step = tuple[datetime, Callable[[datetime], None]]


@dataclass(slots=True)
class _Story:
    """What happened in the demonstration: each comment left, then decided, at its time."""

    session: Session
    keyring: Keyring
    site: Site
    site_key: bytes
    moderator: Moderator
    origin: str
    start: datetime
    known: dict[str, Comment] = field(default_factory=dict)

    def steps(self, thread: dict[str, Any]) -> Iterator[_Step]:
        """The steps of one thread. What was answered had been approved by then, whatever was
        decided about it in the end.
        """
        page = addresses.page(self.origin + thread["slug"])
        for said in thread["comments"]:
            written = self._at(said)
            answered = [self._at(one) for one in thread["comments"] if one["parent"] == said["key"]]
            yield written, partial(self._leave, page, thread["title"], said)
            if answered:
                soon = written + (min(answered) - written) / 2
                yield min(soon, written + DECIDED_AFTER), partial(self._approve, said)
            if said["status"] not in {"pending", "approved"} or not answered:
                last = max(answered, default=written)
                yield last + DECIDED_AFTER, partial(self._decide, said)

    def _at(self, said: dict[str, Any]) -> datetime:
        return self.start + timedelta(minutes=said["minutes"])

    def _leave(self, page: str, title: str, said: dict[str, Any], at: datetime) -> None:
        parent = self.known.get(said["parent"] or "")
        reply = intake.Reply(
            page=page,
            title=title,
            parent=parent.id if parent else None,
            name=plain.one_line(said["name"]),
            email=said["email"],
            website=addresses.website(said["website"]) if said["website"] else "",
            body=plain.tidy(said["body"]),
        )
        left = intake.draft(reply, self.site_key)
        taken = intake.take(self.session, self.keyring, self.site, left, seconds=95, now=at)
        self.known[said["key"]] = self.session.get_one(Comment, taken.id)

    def _approve(self, said: dict[str, Any], at: datetime) -> None:
        self._become(said, Status.APPROVED, at)

    def _decide(self, said: dict[str, Any], at: datetime) -> None:
        self._become(said, Status(said["status"]), at)

    def _become(self, said: dict[str, Any], status: Status, at: datetime) -> None:
        comment = self.known[said["key"]]
        if comment.status == status:
            return
        reason = (said["reason"] or "") if status != Status.APPROVED else ""
        comment.decide(status, by=self.moderator, at=at, reason=reason, note=said["note"] or "")
        self.session.flush()
        self.session.refresh(comment.thread)
