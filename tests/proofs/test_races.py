"""Sixteen moderators decide the same comments at once, on several processes, and undo each other.

No decision is lost, none is made twice on one version, nobody hears of a locked database, and what
readers see is what was decided last. A published reply never hangs from an unpublished one.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from characters import ANN, OLGA, PAGE, PASSWORD, World
from servers import SIZE, Caller, Server, at_once, callers, serving, written
from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import Select

from moderation import policy
from moderation.config import Settings
from moderation.models import Comment, Decision, Site, Status, Thread
from moderation.models.comment import Pen

pytestmark = pytest.mark.proof

POST = "/api/v1/sites/blog/comments"
CLIENTS, COMMENTS = 16, 12
#: Decisions and undos that each client tries, on each database: 1,024 and more in all.
TRIES = 64 * SIZE
#: Pairs of a parent and its reply that are decided at the same moment.
PAIRS = 25 * SIZE
#: SQLite as its driver has it: transactions that read first, and only then want to write.
DEFERRED = """
from contextlib import contextmanager
from sqlalchemy.orm import Session
from moderation import database
@contextmanager
def writing(self):
    with Session(self.engine, expire_on_commit=False) as session:
        yield session
database.Database.writing = writing
"""
#: No moderator waits for another: threads are not locked, and a version is not looked at.
UNHELD = """
from sqlalchemy.sql.selectable import Select
from moderation.models import comment
Select.with_for_update = lambda self, **_options: self
decide = comment.Comment.decide
def hasty(self, became, **more):
    return decide(self, became, **{**more, "version": None})
comment.Comment.decide = hasty
"""


@dataclass
class Ledger:
    """What one client was told: decisions taken, undos taken, statuses of all answers."""

    taken: list[tuple[str, int, str]] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    heard: Counter[int] = field(default_factory=Counter)


def moderate(
    client: Caller, world: World, comments: list[str], seed: int, csrf: str, tries: int
) -> Ledger:
    """Decide at random on versions last seen, and now and then take the latest decision back."""
    draw, known, ledger = random.Random(seed), dict.fromkeys(comments, 1), Ledger()
    for _ in range(tries):
        comment = draw.choice(comments)
        if draw.random() < 0.2:
            _undo(client, world, comment, csrf, ledger)
        else:
            _decide(client, world, comment, draw.choice(list(Status)), known, ledger)
    return ledger


def _decide(
    client: Caller, world: World, comment: str, status: Status, known: Any, ledger: Ledger
) -> None:
    wish = {"comment": comment, "status": status, "version": known[comment]}
    heard = client.post("/api/v1/decisions", {"decisions": [wish]}, world.bearer(ANN))
    ledger.heard[heard.status] += 1
    if heard.status != 200:
        return
    (result,) = heard.json["results"]
    if "error" not in result:
        ledger.taken.append((comment, result["version"], result["status"]))
    known[comment] = (result.get("current") or result)["version"]


def _undo(client: Caller, world: World, comment: str, csrf: str, ledger: Ledger) -> None:
    latest = select(Decision.id).where(Decision.comment_id == comment)
    with world.database.reading() as session:
        decision = session.scalar(latest.order_by(Decision.version.desc()).limit(1))
    heard = client.submit("/queue/undo", decision=str(decision), csrf_token=csrf)
    ledger.heard[heard.status] += 1
    if heard.status == 303:
        ledger.undone.append(str(decision))


def _signed_in(client: Caller) -> str:
    """Sign in: the token that the forms of this browser carry."""
    form = client.get("/login")
    client.submit("/login", email=OLGA, password=PASSWORD, csrf_token=_csrf(form.body))
    return _csrf(client.get("/queue/account").body)


def _csrf(page: bytes) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.decode())
    assert found, page
    return found[1]


def read(client: Caller, sort: str, tries: int) -> Ledger:
    """Load the thread again and again, as readers do meanwhile."""
    ledger = Ledger()
    for _ in range(tries):
        ledger.heard[client.get("/api/v1/sites/blog/thread", page=PAGE, sort=sort).status] += 1
    return ledger


def raced(world: World, server: Server, comments: list[str], tries: int = TRIES) -> list[Ledger]:
    """Everybody at once: sixteen moderators, and two readers."""
    with callers(server, CLIENTS + 2) as (first, second, *moderators):
        csrf = _signed_in(moderators[0])
        for client in moderators:
            client.cookies = moderators[0].cookies
        acts: list[Callable[[], Ledger]] = [
            lambda client=client, seed=seed: moderate(client, world, comments, seed, csrf, tries)
            for seed, client in enumerate(moderators)
        ]
        readers = [
            lambda: read(first, "oldest", tries),
            lambda: read(second, "newest", tries),
        ]
        return at_once([*acts, *readers])


def faults(world: World, ledgers: list[Ledger], before: int) -> Counter[str]:
    """What went wrong, by kind: nothing may. `before` is how many decisions there were already."""
    found: Counter[str] = Counter()
    taken = [one for ledger in ledgers for one in ledger.taken]
    undone = [one for ledger in ledgers for one in ledger.undone]
    for status, times in sum((ledger.heard for ledger in ledgers), Counter()).items():
        found["refused"] += times if status >= 500 else 0
    with world.database.reading() as session:
        made = list(session.scalars(select(Decision).order_by(Decision.version)))
        for comment in session.scalars(select(Comment)):
            found["broken chain"] += not _is_chain(comment, _on(made, comment))
    stored = Counter((one.comment_id, one.version, str(one.became)) for one in made)
    found["lost"] += sum(stored[one] != 1 for one in taken)
    found["lost"] += sum(sum(one.undoes_id == each for one in made) != 1 for each in undone)
    found["double"] += sum(times - 1 for times in Counter(taken).values())
    found["double"] += sum(times - 1 for times in Counter(undone).values())
    found["unknown"] += abs(len(made) - before - len(taken) - len(undone))
    return +found


def _on(made: list[Decision], comment: Comment) -> list[Decision]:
    return [decision for decision in made if decision.comment_id == comment.id]


def _is_chain(comment: Comment, made: list[Decision]) -> bool:
    """Whether each decision began where the one before ended, and the last one holds."""
    versions = [one.version for one in made] == list(range(1, comment.version + 1))
    steps = all(one.became == two.was for one, two in pairwise(made))
    return versions and steps and made[-1].became == comment.status


def shown_wrongly(world: World) -> Counter[str]:
    """What readers are shown that is not so: in the count, the document, the tree."""
    found: Counter[str] = Counter()
    parent = aliased(Comment)
    orphans = select(func.count(Comment.id)).join(parent, parent.id == Comment.parent_id)
    with world.database.reading() as session:
        orphaned = orphans.where(Comment.published, ~parent.published)
        found["published under what is not"] += session.scalar(orphaned) or 0
        for thread in session.scalars(select(Thread).join(Site).where(Site.key == "blog")):
            seen = select(Comment.id).where(
                Comment.thread_id == thread.id,
                Comment.published,
                Comment.status == Status.APPROVED,
            )
            ids = set(session.scalars(seen))
            shown = world.thread(thread.page)
            given = {one["id"] for one in shown["comments"] if not one["deleted"]}
            found["count"] += thread.count != len(ids)
            found["document"] += (given, shown["thread"]["count"]) != (ids, len(ids))
    return +found


def begun(world: World) -> list[str]:
    """Comments to be decided: half of them replies to the others."""
    tops = [world.published() for _ in range(COMMENTS // 2)]
    replies = [world.left(parent=top) for top in tops]
    return tops + replies


def decisions(world: World) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count(Decision.id))) or 0


def test_decisions_at_once_are_all_made_and_none_twice(world: World, settings: Settings) -> None:
    comments = begun(world)
    before = decisions(world)
    with serving(settings) as server:
        ledgers = raced(world, server, comments)
    assert faults(world, ledgers, before) == {}, server.log()
    assert shown_wrongly(world) == {}
    assert sum(ledger.heard.total() for ledger in ledgers) >= 1_000 * SIZE
    assert decisions(world) - before > 100


def test_control_transactions_that_do_not_wait_go_wrong(
    world: World, settings: Settings, backend: str
) -> None:
    comments = begun(world)
    before = decisions(world)
    with serving(settings, DEFERRED if backend == "sqlite" else UNHELD) as server:
        ledgers = raced(world, server, comments, TRIES // 4)
    assert faults(world, ledgers, before).total() > 0


def pairs_decided(world: World, pairs: int = PAIRS) -> Counter[int]:
    """Parents rejected while a reply is approved, or left and published at once: the statuses of
    the answers. Each round begins with a parent that readers see.

    A new reply that came too late begins sooner in the next round, and one in time later: on a fast
    machine as on a slow one the rounds soon meet where it is decided who was first.
    """
    heard: Counter[int] = Counter()
    ahead, step = 0.0, 0.01
    # Bob is known and stays so; the others are strangers, whose replies wait for Ann.
    world.published()
    for number in range(pairs):
        strangers = [f"{who}{number}@example.org" for who in ("parent", "other", "reply")]
        parent, other = (world.published(email=email) for email in strangers[:2])
        reply = world.left(parent=parent, email=strangers[2])
        new = written(world, f"Published at once, number {number}.", parent=other)
        acts = [
            lambda parent=parent: _ruled(world, parent, "rejected", 2),
            lambda reply=reply: _ruled(world, reply, "approved", 1),
            lambda other=other, after=ahead: _ruled(world, other, "rejected", 2, after),
            lambda new=new, after=-ahead: _posted(world, new, after),
        ]
        answers = at_once(acts if number % 2 else acts[::-1])
        heard.update(answers)
        turn = -1 if 201 in answers else 1
        # Further and further until it turns out the other way, then by half.
        step = min(2 * step, 0.5) if turn * ahead >= 0 else step / 2
        ahead += turn * step
    return heard


def _ruled(world: World, comment: str, status: str, version: int, after: float = 0) -> int:
    """Decide, some seconds from now: the status of the answer."""
    time.sleep(max(0, after))
    wish = {"comment": comment, "status": status, "version": version}
    return (
        world.client()
        .post("/api/v1/decisions", json={"decisions": [wish]}, headers=world.bearer())
        .status_code
    )


def _posted(world: World, reply: dict[str, Any], after: float) -> int:
    """Leave a reply, some seconds from now: the status of the answer."""
    time.sleep(max(0, after))
    return world.client().post(POST, json=reply).status_code


#: What holds whoever writes much and fast, as everybody does here.
HURRIED = ("newcomer", "haste", "network_speed", "page_speed")
OFF = {"does": "off"}


@pytest.fixture
def slow(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which everything stops for a moment between reading and writing, and in which
    those whom a moderator approved before are published at once.
    """
    judge, spread = policy.judge, Comment._spread

    def pondered(facts: policy.Facts) -> policy.Verdict:
        time.sleep(0.01)
        return judge(facts)

    def spread_slowly(comment: Comment, pen: Pen) -> int:
        more = spread(comment, pen)
        time.sleep(0.01)
        return more

    with world.database.writing() as session:
        for site in session.scalars(select(Site)):
            site.options = {"hold_everything": False, "rules": dict.fromkeys(HURRIED, OFF)}
        session.commit()
    monkeypatch.setattr(policy, "judge", pondered)
    monkeypatch.setattr(Comment, "_spread", spread_slowly)
    return world


def test_no_reply_stays_published_under_what_is_rejected_meanwhile(slow: World) -> None:
    heard = pairs_decided(slow)
    assert set(heard) <= {200, 201, 422}, heard
    assert heard[201] > 0
    assert heard[422] > 0
    assert shown_wrongly(slow) == {}


def test_control_without_waiting_for_each_other_replies_stay_published(
    slow: World, backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend == "postgresql":
        monkeypatch.setattr(Select, "with_for_update", lambda self, **_options: self)
    else:
        monkeypatch.setattr(slow.database, "writing", slow.database.reading)
    heard = pairs_decided(slow, PAIRS // 2)
    assert heard[503] or shown_wrongly(slow)
