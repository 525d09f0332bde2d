"""`python -m tests.benchmarks.queue`: the queue with a thousand waiting, and with a million.

The first page is asked for in one process, without a server between: what is compared is what the
size of the queue costs. Both sizes take turns, so that what else the machine does falls on both.
Pages are compared that show as many cards. What was written is kept in the folder, and found there
by the next run.
"""

import argparse
import os
import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from moderation import create_app, demo, measuring, migrations, queueing
from moderation.config import Settings, load
from moderation.database import Database
from moderation.models import Bearer, Comment, Moderator, Report, Status, Thread
from moderation.privacy import new_id
from moderation.web.service import Service, now

URL = "http://127.0.0.1:8000"
#: So many of the demonstration's crowd wait; the others were decided.
WAITING = 0.9
REPORTED = 100
#: An author of so many, and so many comments of the others are looked through for one.
OF_AN_AUTHOR, LOOKED_THROUGH = 8, 20_000


class Stage(NamedTuple):
    """An instance with so many waiting, a browser signed in, and what to filter by."""

    database: Database
    browser: FlaskClient
    waiting: int
    page: str
    author: str


Ask = Callable[[Stage], None]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.queue")
    parser.add_argument("--sizes", type=int, nargs=2, default=(1_000, 1_000_000))
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp/moderation-queue"))
    parser.add_argument("--urls", nargs=2, help="databases, for another one than SQLite")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    urls = asked.urls or [None, None]
    stages = [
        stage(asked.folder / str(size), size, url)
        for size, url in zip(asked.sizes, urls, strict=True)
    ]
    few, many = (f"{stage.waiting:,} wait, ms" for stage in stages)
    print(f"\nLoad of the machine: {_load()}")
    print(f"\n| the first page | {few} | {many} | ratio | queries |")
    print("|---|--:|--:|--:|--:|", flush=True)
    for name, ask in _cases().items():
        _print(name, stages, ask, asked.rounds)
    print(f"\nLoad of the machine: {_load()}")


def _load() -> str:
    return ", ".join(f"{one:.1f}" for one in os.getloadavg())


def stage(folder: Path, size: int, url: str | None) -> Stage:
    folder.mkdir(parents=True, exist_ok=True)
    more = {"MODERATION_DATABASE_URL": url} if url else {}
    settings: Settings = load({"MODERATION_INSTANCE_PATH": str(folder), **more})
    app = create_app(settings)
    app.testing = True
    service: Service = app.extensions["moderation"]
    migrations.upgrade(service.database.engine)
    sign_in = demo.prepare(service.database, service.keyring, folder, URL, 8000)
    with app.test_request_context():
        at = now()
    missing = size - _waiting(service.database)
    if missing > size / 20:
        _write(service, round(missing / WAITING))
    measuring.count_days(service.database, at)
    browser = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/login").text)
    assert token
    form = {"csrf_token": token[1], "email": sign_in.email, "password": sign_in.password}
    assert browser.post("/login", data=form).status_code == 303
    with service.database.reading() as session:
        latest = select(Comment.thread_id).where(Comment.status == Status.PENDING)
        thread = session.scalars(latest.order_by(Comment.created_at.desc()).limit(1)).one()
        page = session.scalars(select(Thread.page).where(Thread.id == thread)).one()
        author = _author(session)
    return Stage(service.database, browser, _waiting(service.database), page, author)


def _waiting(database: Database) -> int:
    with database.reading() as session:
        return queueing.counts(session, _everything(session), None)[Status.PENDING]


def _everything(session: Session) -> Bearer:
    return Bearer(session.scalars(select(Moderator.id)).first() or "", None)


def _write(service: Service, number: int) -> None:
    print(f"Writing {number:,} comments ...", flush=True)
    began = time.perf_counter()
    demo.crowd(service.database, service.keyring, demo.SITE, number, _Tell(), waiting=WAITING)
    print(f"{number / (time.perf_counter() - began):,.0f} a second.", flush=True)
    with service.database.writing() as session:
        waiting = select(Comment).where(Comment.status == Status.PENDING)
        for one in session.scalars(waiting.order_by(Comment.created_at).limit(REPORTED)):
            told = {"reason": "spam", "network_digest": new_id(), "at": one.created_at}
            session.add(Report(comment_id=one.id, **told))
        session.commit()


class _Tell:
    done = 0

    def __call__(self, more: int) -> None:
        self.done += more
        if self.done % 100_000 == 0:
            print(f"  {self.done:,}", flush=True)


def _author(session: Session) -> str:
    """One of the latest, who wrote OF_AN_AUTHOR that wait."""
    latest = select(Comment.author_id).where(Comment.status == Status.PENDING)
    some = latest.order_by(Comment.created_at.desc()).limit(LOOKED_THROUGH).subquery()
    wrote = select(some.c.author_id).group_by(some.c.author_id)
    return session.scalars(wrote.having(func.count() == OF_AN_AUTHOR)).first() or ""


def _cases() -> dict[str, Ask]:
    """What is asked of each stage, by name."""
    filters: dict[str, Callable[[Stage], dict[str, str]]] = {
        "all": lambda _: {},
        "site": lambda _: {"site": demo.SITE},
        "status": lambda _: {"status": "approved"},
        "reason": lambda _: {"reason": "links"},
        "page": lambda stage: {"page": stage.page},
        "language": lambda _: {"language": "de"},
        "author of a few": lambda stage: {"author": stage.author},
        "links": lambda _: {"links": "1"},
        "reported": lambda _: {"reported": "1"},
        "frequent word": lambda _: {"q": "street"},
        "word that is nowhere": lambda _: {"q": "heliotrope"},
        "reason, language, word": lambda _: {
            "reason": "first_time",
            "language": "de",
            "q": "light",
        },
    }
    cases = {
        f"{name}, {order}": _got("/queue", query, order)
        for name, query in filters.items()
        for order in queueing.Order
    }
    return cases | {
        "the counts alone": _counted,
        "how the queue is doing": _got("/queue/health"),
        "the log": _got("/queue/log", lambda _: {"who": "policy"}),
    }


def _got(
    path: str, query: Callable[[Stage], dict[str, str]] = lambda _: {}, order: str = ""
) -> Ask:
    def get(stage: Stage) -> None:
        asked = query(stage) | ({"order": order} if order else {})
        answer = stage.browser.get(path, query_string=asked)
        assert answer.status_code == 200, (path, asked, answer.status_code)

    return get


def _counted(stage: Stage) -> None:
    with stage.database.reading() as session:
        everything = _everything(session)
        queueing.counts(session, everything, None)
        queueing.counted(session, everything, queueing.Filter())


def _print(name: str, stages: list[Stage], ask: Ask, rounds: int) -> None:
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for stage, kept in zip(stages, times, strict=True):
            kept.append(_seconds(stage, ask))
    queries = [_queries(stage, ask) for stage in stages]
    few, many = (1_000 * statistics.median(one) for one in times)
    ratio = statistics.median(b / a for a, b in zip(*times, strict=True))
    asked = " and ".join(str(one) for one in dict.fromkeys(queries))
    print(f"| {name} | {few:.1f} | {many:.1f} | {ratio:.2f} | {asked} |", flush=True)


def _seconds(stage: Stage, ask: Ask) -> float:
    began = time.perf_counter()
    ask(stage)
    return time.perf_counter() - began


def _queries(stage: Stage, ask: Ask) -> int:
    with _heard(stage.database) as heard:
        ask(stage)
    return len(heard)


@contextmanager
def _heard(database: Database) -> Iterator[list[str]]:
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        heard.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(database.engine, "before_cursor_execute", hear)


if __name__ == "__main__":
    main()
