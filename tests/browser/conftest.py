"""A real Chromium in front of a real server process.

Nothing that the browser asks for leaves this machine: names of other hosts are not resolved.
"""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from served import Served, demonstration

FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A page that a test makes up has no network address, so this machine would be foreign to it.
    "--disable-features=LocalNetworkAccessChecks",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "The browser tests need Debian's chromium; `make test` installs it."
    flags = [*FLAGS, "--no-sandbox"] if os.getuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Open a browser with cookies and storage of its own, and the options one asks for."""
    opened: list[BrowserContext] = []

    def make(**options: Any) -> BrowserContext:
        screen = {"width": 1280, "height": 900}
        context = chromium.new_context(**{"viewport": screen, "locale": "en-GB", **options})
        context.set_default_timeout(20_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        # An answer under way would be cut off, and fail in the next test.
        context.unroute_all(behavior="ignoreErrors")
        for page in context.pages:
            page.unroute_all(behavior="ignoreErrors")
        context.close()


@pytest.fixture(scope="session")
def own_postgres(postgres_server: str) -> str:
    """A PostgreSQL database that no other test empties."""
    name = f"browser_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    before, mark, query = postgres_server.partition("?")
    return f"{before.rpartition('/')[0]}/{name}{mark}{query}"


@pytest.fixture(scope="session")
def sqlite_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with demonstration(tmp_path_factory.mktemp("demo")) as served:
        yield served


@pytest.fixture(scope="session")
def postgres_demo(tmp_path_factory: pytest.TempPathFactory, own_postgres: str) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("demo")
    with demonstration(folder, MODERATION_DATABASE_URL=own_postgres) as served:
        yield served


@pytest.fixture(params=["sqlite", "postgresql"])
def demo(request: pytest.FixtureRequest) -> Served:
    """The demonstration, on each database."""
    name = {"sqlite": "sqlite_demo", "postgresql": "postgres_demo"}[request.param]
    served: Served = request.getfixturevalue(name)
    return served
