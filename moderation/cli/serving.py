"""Commands that serve, and what goes on beside the serving."""

import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import with_appcontext
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from moderation import demo, learning, measuring, migrations

from .batches import work_once
from .mail import deliver_once
from .outside import report_once
from .presence import serving
from .running import database, keyring, settings
from .upkeep import tidy_once

log = logging.getLogger("moderation")

#: Threads that serve in each process. SQLite has one writer at a time and Python runs one thread
#: at a time: more would only wait.
THREADS = 4
#: Bytes of a request's head that are taken; the server's own bound is 400 KB, and 16 MB in HTTP/2.
LARGEST_HEAD = 64 * 1024
TIDY_EVERY = timedelta(minutes=10)
#: How old the pictures of the queue's health may be.
COUNT_EVERY = timedelta(minutes=5)
DELIVER_EVERY = timedelta(seconds=5)
#: How long lessons may lie beside the models that they belong to.
LEARN_EVERY = timedelta(seconds=5)
#: Somebody looks at the bar of their batch.
WORK_EVERY = timedelta(seconds=1)
#: A mail server that cannot be used is left alone for so long.
REST = timedelta(minutes=1)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@with_appcontext
def serve(host: str, port: int, workers: int) -> None:
    """Serve, for production: processes that are started again when one dies."""
    _require_migrated()
    click.echo(f"Serving on http://{host}:{port}/ with {workers} processes.")
    run_server(host, port, workers)


@contextmanager
def _beside(act: Callable[[threading.Event], timedelta], first: timedelta) -> Iterator[None]:
    """Do something again and again in a thread while the block runs; `act` says when next."""
    over = threading.Event()

    def again() -> None:
        pause = first
        while not over.wait(pause.total_seconds()):
            try:
                pause = act(over)
            except Exception as error:
                # Were it to end here, mail would be kept back until somebody starts this again.
                log.error("a round of %s failed: %s", act.__module__, type(error).__name__)

    thread = threading.Thread(target=again, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        # What hangs is left: its lease ends, and the next process sends it again.
        thread.join(timeout=2)


def _tidying() -> Any:
    stored = database()

    def act(_over: threading.Event) -> timedelta:
        tidy_once(stored)
        return TIDY_EVERY

    return _beside(act, TIDY_EVERY)


def _counting() -> Any:
    stored = database()

    def act(_over: threading.Event) -> timedelta:
        measuring.count_days(stored, datetime.now(UTC))
        return COUNT_EVERY

    return _beside(act, timedelta(seconds=1))


def _delivering(app: Flask) -> Any:
    def act(over: threading.Event) -> timedelta:
        with app.app_context():
            tally = deliver_once(is_over=over.is_set)
        return REST if tally and tally.unreachable else DELIVER_EVERY

    return _beside(act, DELIVER_EVERY)


def _reporting(app: Flask) -> Any:
    def act(over: threading.Event) -> timedelta:
        with app.app_context():
            tally = report_once(is_over=over.is_set)
        return REST if tally.delayed else DELIVER_EVERY

    return _beside(act, DELIVER_EVERY)


def _working(app: Flask) -> Any:
    def act(over: threading.Event) -> timedelta:
        with app.app_context():
            work_once(is_over=over.is_set)
        return WORK_EVERY

    return _beside(act, WORK_EVERY)


def _learning() -> Any:
    stored = database()

    def act(over: threading.Event) -> timedelta:
        learning.catch_up(stored, is_over=over.is_set)
        return LEARN_EVERY

    return _beside(act, LEARN_EVERY)


def run_server(host: str, port: int, workers: int) -> None:
    """Run granian until it is told to stop."""
    database().dispose()
    # The threads beside it use the database. A process forked from this one would take SQLite's
    # open file over with all its book-keeping, believing that it holds the locks written there.
    multiprocessing.set_start_method("spawn", force=True)
    # Threads need the application itself, not the proxy, which is typed as if it were one.
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    known = serving(settings().instance_path, workers)
    beside = (
        _tidying(),
        _counting(),
        _delivering(app),
        _reporting(app),
        _working(app),
        _learning(),
    )
    with ExitStack() as running:
        for one in (known, *beside):
            running.enter_context(one)
        # Without the commands, which nobody gives to a process that serves.
        server("moderation.web:make_app", host, port, workers).serve()


def server(target: str, host: str, port: int, workers: int) -> Granian:
    """The server with our settings, for any WSGI factory: the benchmark compares with others."""
    return Granian(
        target,
        factory=True,
        address=host,
        port=port,
        workers=workers,
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        backlog=1024,
        # Plain HTTP/1.1 is what proxies speak to us; heads of 64 KB are more than enough.
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=LARGEST_HEAD),
        websockets=False,
        respawn_failed_workers=True,
        log_access=False,
        log_level="warning",
    )


def _require_migrated() -> None:
    with current_app.test_request_context():
        answer = current_app.view_functions["health.ready"]()
    if answer.status_code != 200:
        raise click.ClickException(answer.get_data(as_text=True).strip())


@click.command("demo")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65534))
@click.option("--comments", default=0, type=click.IntRange(0, 10_000_000), help="So many more.")
@with_appcontext
def demo_command(port: int, comments: int) -> None:
    """Serve a demonstration: an article with replies, and a queue worth looking at."""
    url = os.environ.get("MODERATION_PUBLIC_URL", f"http://127.0.0.1:{port}")
    migrations.upgrade(database().engine)
    sign_in = demo.prepare(database(), keyring(), settings().instance_path, url, port)
    if comments:
        with click.progressbar(length=comments, label="Writing comments") as bar:
            demo.crowd(database(), keyring(), demo.SITE, comments, bar.update)
    os.environ |= {"MODERATION_PUBLIC_URL": url, "MODERATION_DEMO": "on"}
    with demo.neighbour(port + 1, url):
        click.echo(demo.welcome(url, port, sign_in))
        run_server("127.0.0.1", port, 2)
