"""Server processes are killed under load, one or all of them; what they acknowledged is there.

A ledger outside the server holds every reply and every decision that was acknowledged. After the
last kill each of them is stored exactly once, and SQLite finds its file whole.
"""

import http.client
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

import pytest
from characters import ANN, World
from servers import SIZE, Caller, Heard, Server, kill, serving, written
from sqlalchemy import select, text

from moderation.config import Settings
from moderation.models import Comment, Decision, Status

pytestmark = pytest.mark.proof

#: On each database: acknowledged replies and decisions, and kills among them.
ACKNOWLEDGED, KILLS = 500 * SIZE, 5 * SIZE
WRITERS, DECIDERS = 6, 2
GIVES_UP_AFTER = 300 * SIZE
POST = "/api/v1/sites/blog/comments"
#: Every process answers before anything is stored, as if the disk could be trusted to follow.
TOO_SOON = """
from sqlalchemy.orm import Session
Session.commit = Session.flush
"""


@dataclass
class Ledger:
    """What was acknowledged: replies by id with their text, decisions by comment."""

    replies: dict[str, str] = field(default_factory=dict)
    decided: dict[str, str] = field(default_factory=dict)
    waiting: "SimpleQueue[str]" = field(default_factory=SimpleQueue)
    is_over: threading.Event = field(default_factory=threading.Event)

    def __len__(self) -> int:
        return len(self.replies) + len(self.decided)


def insist(ledger: Ledger, caller: Caller, path: str, body: Any, headers: dict[str, str]) -> Any:
    """Ask again until there is an answer, as a client with a weak line does."""
    while not ledger.is_over.is_set():
        try:
            heard: Heard = caller.post(path, body, headers)
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            continue
        if heard.status < 500:
            return heard
        time.sleep(0.05)
    return None


def write(world: World, server: Server, ledger: Ledger, writer: int) -> None:
    """Leave replies, each with a key of its own, and enter those that were acknowledged."""
    caller, number = server.caller(), 0
    while not ledger.is_over.is_set():
        number += 1
        body = f"Writer {writer}, number {number}."
        reply = written(world, body, name="Bob")
        heard = insist(ledger, caller, POST, reply, {"Idempotency-Key": f"{writer}-{number}"})
        if heard is not None:
            assert heard.status in {201, 202}, heard.body
            ledger.replies[heard.json["id"]] = body
            ledger.waiting.put(heard.json["id"])
    caller.close()


def decide(world: World, server: Server, ledger: Ledger, seed: int) -> None:
    """Decide what was acknowledged, and enter the decisions that were."""
    caller, draw = server.caller(), random.Random(seed)
    while not ledger.is_over.is_set():
        try:
            comment = ledger.waiting.get(timeout=0.05)
        except Empty:
            continue
        status = draw.choice([Status.APPROVED, Status.REJECTED, Status.SPAM])
        wish = {"comment": comment, "status": status, "version": 1}
        path, body = "/api/v1/decisions", {"decisions": [wish]}
        heard = insist(ledger, caller, path, body, world.bearer(ANN))
        # A repeated one is stale where the first was stored and its answer lost: no entry.
        if heard is not None and "error" not in heard.json["results"][0]:
            ledger.decided[comment] = str(status)
    caller.close()


def under_load(world: World, server: Server, acknowledged: int, kills: int) -> Ledger:
    """Write and decide until so much is acknowledged, with so many kills on the way."""
    ledger = Ledger()
    threads = [
        *(threading.Thread(target=write, args=(world, server, ledger, n)) for n in range(WRITERS)),
        *(
            threading.Thread(target=decide, args=(world, server, ledger, n))
            for n in range(DECIDERS)
        ),
    ]
    for thread in threads:
        thread.start()
    try:
        _kill_on_the_way(server, ledger, acknowledged, kills)
    finally:
        ledger.is_over.set()
        for thread in threads:
            thread.join()
    return ledger


def _kill_on_the_way(server: Server, ledger: Ledger, acknowledged: int, kills: int) -> None:
    draw = random.Random(3)
    for number in range(1, kills + 1):
        _until(ledger, server, acknowledged * number // (kills + 1))
        time.sleep(draw.random() / 20)
        if number % 2:
            server.kill()
            server.begin()
        else:
            kill(draw.choice(server.workers))
    _until(ledger, server, acknowledged)


def _until(ledger: Ledger, server: Server, number: int) -> None:
    end = time.monotonic() + GIVES_UP_AFTER
    while len(ledger) < number:
        assert time.monotonic() < end, (len(ledger), server.log())
        if server.process.poll() is not None:
            server.begin()
        time.sleep(0.01)


def faults(world: World, ledger: Ledger) -> Counter[str]:
    """What was acknowledged and is not there, or is there twice."""
    with world.database.reading() as session:
        replies = session.execute(select(Comment.id, Comment.source, Comment.version)).all()
        made = session.scalars(select(Decision).order_by(Decision.version)).all()
    stored = {row.id: row.source for row in replies}
    often = Counter(row.source for row in replies)
    became = {(one.comment_id, one.version): str(one.became) for one in made}
    found: Counter[str] = Counter()
    found["lost reply"] = sum(stored.get(one) != body for one, body in ledger.replies.items())
    found["doubled reply"] = sum(times - 1 for times in often.values())
    found["lost decision"] = sum(
        became.get((one, 2)) != status for one, status in ledger.decided.items()
    )
    versions = Counter(one.comment_id for one in made)
    found["half a reply"] = sum(versions[row.id] != row.version for row in replies)
    found["doubled decision"] = sum(times > 2 for times in versions.values())
    return +found


def test_what_was_acknowledged_is_there_once(world: World, settings: Settings) -> None:
    with serving(settings) as server:
        ledger = under_load(world, server, ACKNOWLEDGED, KILLS)
        server.kill()
    assert len(ledger) >= ACKNOWLEDGED
    assert ledger.decided
    assert faults(world, ledger) == {}
    if world.database.is_sqlite:
        with world.database.engine.connect() as connection:
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


@pytest.mark.parametrize("backend", ["sqlite"])
def test_control_what_was_acknowledged_too_soon_is_lost(world: World, settings: Settings) -> None:
    with serving(settings, TOO_SOON) as server:
        ledger = under_load(world, server, 20, 0)
        server.kill()
    assert faults(world, ledger)["lost reply"] == len(ledger.replies)
