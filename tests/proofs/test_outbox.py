"""Every message arrives, though whoever delivers is killed again and again and the mail server is
bad: it refuses for now, cuts the line before and after it has taken a letter, and is slow.

What arrives twice has the same Message-ID twice, so a mail program knows it.
"""

import asyncio
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from mailbox import SENDER, Mailbox, mail_server
from pathlib import Path
from typing import Any

import pytest
from characters import PAGE, World
from first import python_path
from servers import SIZE, callers, kill, serving, until_gone, written
from sqlalchemy import func, insert, select

from moderation.config import Settings
from moderation.demo.seed import fill_thread
from moderation.models import (
    Author,
    Comment,
    Kind,
    Message,
    Site,
    State,
    Status,
    Subscription,
)
from moderation.privacy import new_id

pytestmark = pytest.mark.proof

NUMBER, KILLS = 500 * SIZE, 5 * SIZE
GIVES_UP_AFTER = 900 * SIZE
#: The same command, whose minutes are short: nothing else is another.
IMPATIENT = """
from datetime import timedelta
from moderation import outbox
outbox.LEASE = timedelta(seconds=1)
outbox.WAITS = (timedelta(seconds=0.01),)
outbox.MOST_ATTEMPTS = 1_000
"""
#: Marks a message as sent before it is: what a kill hits then is lost.
TOO_SOON = """
from sqlalchemy import update
from moderation.models import Message, State
taken = outbox.lease
def lease(database, moment):
    found = taken(database, moment)
    with database.writing() as session:
        session.execute(update(Message).where(Message.id == found).values(state=State.SENT))
        session.commit()
    return found
outbox.lease = lease
"""


@dataclass
class BadServer:
    """What a mail server does with a letter: mostly it takes it."""

    box: Mailbox
    kill: Callable[[int], None]
    #: At so many letters, whoever sends is killed: in turn before and after the letter is taken.
    kills: set[int]
    draw: random.Random = field(default_factory=lambda: random.Random(11))
    asked: int = 0
    killed: int = 0
    trouble: Counter[str] = field(default_factory=Counter)

    async def take(self, server: Any, _session: Any, envelope: Any) -> str:
        self.asked += 1
        if self.asked in self.kills:
            self.killed += 1
            if self.killed % 2:
                self.kill(self.killed)
                return "451 Too late"
            self.box.keep(envelope)
            self.kill(self.killed)
            return "250 Kept, and nobody hears it"
        chance = self.draw.random()
        if chance < 0.03:
            return self._note("refused", "451 Come back later")
        if chance < 0.05:
            server.transport.abort()
            return self._note("cut before", "250 Never heard")
        if chance < 0.08:
            await asyncio.sleep(0.05)
            self._note("slow")
        answer = self.box.keep(envelope)
        if chance > 0.98:
            server.transport.abort()
            self._note("cut after")
        return answer

    def _note(self, what: str, answer: str = "") -> str:
        self.trouble[what] += 1
        return answer


@dataclass
class Deliverers:
    """`moderation outbox deliver`, two at a time, begun again whenever one has ended."""

    settings: Settings
    port: int
    broken: str
    running: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": python_path(self.settings.instance_path, IMPATIENT + self.broken),
            "MODERATION_INSTANCE_PATH": str(self.settings.instance_path),
            "MODERATION_DATABASE_URL": self.settings.database_url,
            "MODERATION_SECRET_KEY": self.settings.secret_keys[0],
            "MODERATION_MAIL_SERVER": "127.0.0.1",
            "MODERATION_MAIL_PORT": str(self.port),
            "MODERATION_MAIL_USE_TLS": "off",
            "MODERATION_MAIL_DEFAULT_SENDER": SENDER,
        }
        with (self.settings.instance_path / "deliver.log").open("ab") as log:
            self.forks = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("forked.py"))],
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )

    def keep_up(self) -> None:
        self.running = [pid for pid in self.running if Path(f"/proc/{pid}").exists()]
        while len(self.running) < 2:
            self.running.append(self._begin())

    def kill(self, number: int) -> None:
        """In turn every one of them at once, and one of them: the other goes on with its work."""
        for pid in self.running[: 2 if number % 4 < 2 else 1]:
            kill(pid)

    def end(self) -> None:
        self.forks.communicate()
        for pid in self.running:
            kill(pid)
            until_gone(pid)

    def _begin(self) -> int:
        asked, told = self.forks.stdin, self.forks.stdout
        assert asked
        assert told
        asked.write(b"\n")
        asked.flush()
        return int(told.readline())


def owe(world: World, number: int) -> set[str]:
    """So many published replies whose authors are to be asked whether they want mail: the ids."""
    with world.database.reading() as session:
        site = session.scalars(select(Site).where(Site.key == "blog")).one()
    page = "https://blog.example/long"
    fill_thread(world.database, world.keyring, site, page, number, Status.APPROVED)
    now = datetime.now(UTC)
    with world.database.writing() as session:
        comments = session.scalars(select(Comment.id)).all()
        rows: dict[Any, list[dict[str, Any]]] = {Author: [], Subscription: [], Message: []}
        for place, comment in enumerate(comments):
            author, wish = new_id(), new_id()
            sealed = world.keyring.seal(f"reader{place}@example.org", Author.email_row(author))
            rows[Author].append(
                {
                    "id": author,
                    "site_id": site.id,
                    "email_digest": author,
                    "email_sealed": sealed,
                    "avatar": "000000",
                    "created_at": now,
                }
            )
            about = {"author_id": author, "comment_id": comment, "created_at": now}
            rows[Subscription].append({"id": wish, **about})
            more = {"id": new_id(), "kind": Kind.CONFIRM, "occasion": comment, "due_at": now}
            rows[Message].append({**more, "subscription_id": wish, **about})
        for model, several in rows.items():
            session.execute(insert(model), several)
        session.commit()
    return {row["id"] for row in rows[Message]}


def delivered(
    world: World, settings: Settings, number: int, kills: int, broken: str = ""
) -> tuple[set[str], Mailbox, BadServer]:
    """Owe so many messages and deliver until none is due: what was owed, and what arrived."""
    owed = owe(world, number)
    with mail_server() as box:
        deliverers = Deliverers(settings, box.port, broken)
        step = number // (kills + 1)
        bad = BadServer(box, deliverers.kill, {step * turn for turn in range(1, kills + 1)})
        box.take = bad.take
        try:
            _until_nothing_is_due(world, deliverers)
        finally:
            deliverers.end()
    return owed, box, bad


def _until_nothing_is_due(world: World, deliverers: Deliverers) -> None:
    due = select(func.count()).where(Message.state == State.DUE)
    end = time.monotonic() + GIVES_UP_AFTER
    while True:
        deliverers.keep_up()
        with world.database.reading() as session:
            if not session.scalar(due):
                return
        log = deliverers.settings.instance_path / "deliver.log"
        assert time.monotonic() < end, log.read_text()[-2_000:]
        time.sleep(0.05)


def missing(owed: set[str], box: Mailbox) -> set[str]:
    """What did not arrive."""
    return owed - {str(one["Message-ID"]).strip("<>").partition("@")[0] for one in box.letters}


def test_every_message_arrives_and_repeats_are_known_as_such(
    world: World, settings: Settings
) -> None:
    owed, box, bad = delivered(world, settings, NUMBER, KILLS)
    assert bad.killed == KILLS
    assert all(bad.trouble[kind] for kind in ("refused", "cut before", "cut after", "slow"))
    assert missing(owed, box) == set()
    ids: dict[str, set[str]] = {}
    for letter, receiver in zip(box.letters, box.receivers, strict=True):
        ids.setdefault(receiver, set()).add(str(letter["Message-ID"]))
    assert len(ids) == NUMBER
    assert {len(several) for several in ids.values()} == {1}
    # Some were repeated indeed: those whose taking nobody heard of.
    assert len(box.letters) > NUMBER
    with world.database.reading() as session:
        states = session.execute(select(Message.state, func.count()).group_by(Message.state))
        assert dict(states.all()) == {State.SENT: NUMBER}


def test_the_server_delivers_by_itself_and_readers_wait_for_no_mail_server(
    world: World, settings: Settings
) -> None:
    owe(world, 1)
    with mail_server() as box:
        hangs, goes_on = threading.Event(), threading.Event()

        async def hang(_server: Any, _session: Any, envelope: Any) -> str:
            hangs.set()
            while not goes_on.is_set():
                await asyncio.sleep(0.05)
            return box.keep(envelope)

        box.take = hang
        with serving(replace(settings, mail=box.mail)) as server, callers(server, 1) as (bob,):
            assert hangs.wait(GIVES_UP_AFTER), server.log()
            assert bob.get("/api/v1/sites/blog/counts", page=PAGE).status == 200
            left = bob.post("/api/v1/sites/blog/comments", written(world, "Said meanwhile."))
            assert left.status == 202, left.body
            assert box.letters == []
            goes_on.set()
            until(lambda: bool(box.letters))
    assert len(box.letters) == 1


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + GIVES_UP_AFTER
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("backend", ["sqlite"])
def test_control_what_is_marked_before_it_is_sent_is_lost(world: World, settings: Settings) -> None:
    owed, box, bad = delivered(world, settings, 60, 4, TOO_SOON)
    assert bad.killed
    assert missing(owed, box)
