"""`python -m tests.benchmarks.queue`: the queue with a thousand waiting, and with a million.

The first page is asked for in one process, without a server between: what is compared is what the
size of the queue costs. Both sizes take turns, so that what else the machine does falls on both.
What was written is kept in the folder, and found there by the next run.
"""

import argparse
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from flask.testing import FlaskClient
from sqlalchemy import event, select

from moderation import create_app, demo, measuring, migrations
from moderation.config import Settings, load
from moderation.database import Database
from moderation.models import Comment, Status, Thread
from moderation.web.service import Service, now

URL = "http://127.0.0.1:8000"


class Stage(NamedTuple):
    """An instance with so many waiting, a browser signed in, and what to filter by."""

    database: Database
    browser: FlaskClient
    page: str
    author: str


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.queue")
    parser.add_argument("--sizes", type=int, nargs=2, default=(1_000, 1_000_000))
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp/moderation-queue"))
    parser.add_argument("--urls", nargs=2, help="databases, for another one than SQLite")
    parser.add_argument("--rounds", type=int, default=15)
    asked = parser.parse_args()
    urls = asked.urls or [None, None]
    small, large = (
        _stage(asked.folder / str(size), size, url)
        for size, url in zip(asked.sizes, urls, strict=True)
    )
    print(
        f"\n| the first page | {asked.sizes[0]:,}, ms | {asked.sizes[1]:,}, ms | ratio | queries |"
    )
    print("|---|--:|--:|--:|--:|", flush=True)
    for name, paths in _paths(small, large).items():
        _print(name, [small, large], paths, asked.rounds)


def _stage(folder: Path, size: int, url: str | None) -> Stage:
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
    with service.database.reading() as session:
        waiting = session.scalars(select(Comment.id).where(Comment.status == Status.PENDING))
        missing = size - len(waiting.all())
    if missing > 0:
        print(f"Writing {missing:,} comments ...", flush=True)
        began = time.perf_counter()
        tell = _Tell()
        demo.crowd(service.database, service.keyring, demo.SITE, missing, tell, waiting=1)
        print(f"{missing / (time.perf_counter() - began):,.0f} a second.", flush=True)
    measuring.count_days(service.database, at)
    browser = app.test_client()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get("/login").text)
    assert token
    form = {"csrf_token": token[1], "email": sign_in.email, "password": sign_in.password}
    assert browser.post("/login", data=form).status_code == 303
    with service.database.reading() as session:
        one = session.scalars(
            select(Comment)
            .where(Comment.status == Status.PENDING)
            .order_by(Comment.created_at.desc())
        ).first()
        assert one
        page = session.scalars(select(Thread.page).where(Thread.id == one.thread_id)).one()
        return Stage(service.database, browser, page, one.author_id or "")


class _Tell:
    done = 0

    def __call__(self, more: int) -> None:
        self.done += more
        if self.done % 100_000 == 0:
            print(f"  {self.done:,}", flush=True)


def _paths(*stages: Stage) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """For each case, what is asked of each stage."""
    filters: dict[str, list[dict[str, str]]] = {
        "all": [{}, {}],
        "site": [{"site": demo.SITE}] * 2,
        "reason": [{"reason": "links"}] * 2,
        "page": [{"page": one.page} for one in stages],
        "author": [{"author": one.author} for one in stages],
        "language": [{"language": "de"}] * 2,
        "links": [{"links": "1"}] * 2,
        "reported": [{"reported": "1"}] * 2,
        "frequent word": [{"q": "street"}] * 2,
        "word that is nowhere": [{"q": "heliotrope"}] * 2,
        "reason, language, word": [{"reason": "first_time", "language": "de", "q": "light"}] * 2,
    }
    cases = {
        f"{name}, {order}": [("/queue", {**query, "order": order}) for query in queries]
        for name, queries in filters.items()
        for order in ("oldest", "priority")
    }
    return cases | {
        "how the queue is doing": [("/queue/health", {})] * 2,
        "the log": [("/queue/log", {"who": "policy"})] * 2,
    }


def _print(
    name: str, stages: list[Stage], paths: list[tuple[str, dict[str, Any]]], rounds: int
) -> None:
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for stage, path, kept in zip(stages, paths, times, strict=True):
            kept.append(_seconds(stage, *path))
    queries = [_queries(stage, *path) for stage, path in zip(stages, paths, strict=True)]
    few, many = (1_000 * statistics.median(one) for one in times)
    ratio = statistics.median(b / a for a, b in zip(*times, strict=True))
    asked = " and ".join(str(one) for one in dict.fromkeys(queries))
    print(f"| {name} | {few:.1f} | {many:.1f} | {ratio:.2f} | {asked} |", flush=True)


def _seconds(stage: Stage, path: str, query: dict[str, Any]) -> float:
    began = time.perf_counter()
    answer = stage.browser.get(path, query_string=query)
    took = time.perf_counter() - began
    assert answer.status_code == 200, (path, query, answer.status_code)
    return took


def _queries(stage: Stage, path: str, query: dict[str, Any]) -> int:
    with _heard(stage.database) as heard:
        _seconds(stage, path, query)
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
