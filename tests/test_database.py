"""The database: sound, migrated, and the same on both kinds."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from characters import World
from sqlalchemy import column, func, select, table, text, union_all

from moderation import database as database_module
from moderation import migrations
from moderation.config import Settings
from moderation.database import (
    Base,
    Database,
    DatabaseUnsafe,
    UtcDateTime,
    has_wal_reset_bug,
    sqlite_module,
)


@pytest.mark.parametrize(
    ("version", "bad"),
    [
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 0), True),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_versions_with_the_wal_reset_bug_are_known(
    version: tuple[int, int, int], bad: bool
) -> None:
    assert has_wal_reset_bug(version) is bad


def test_a_sound_sqlite_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    version = tuple(int(part) for part in sqlite_module().sqlite_version.split("."))
    assert not has_wal_reset_bug(version)
    monkeypatch.setattr(database_module, "has_wal_reset_bug", lambda _version: True)
    with pytest.raises(DatabaseUnsafe, match="can corrupt a database"):
        sqlite_module()


def test_sqlite_waits_for_the_disk_and_checks_its_keys(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('db')}/x.sqlite3")
    with made.engine.connect() as connection:
        found = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    made.dispose()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 20_000,
    }


def test_models_and_migrations_agree(world: World) -> None:
    with world.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_changes_nothing(world: World) -> None:
    migrations.upgrade(world.database.engine)
    assert world.client().get("/readyz").status_code == 200


def test_a_database_that_is_not_migrated_is_not_ready(settings: Settings) -> None:
    from moderation import create_app

    app = create_app(settings)
    database = app.extensions["moderation"].database
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    try:
        answer = app.test_client().get("/readyz")
        assert answer.status_code == 503
        assert "moderation upgrade" in answer.text
        assert app.test_client().get("/healthz").status_code == 200
    finally:
        with database.engine.begin() as connection:
            connection.execute(
                text("UPDATE alembic_version SET version_num = :head"),
                {"head": migrations.newest()},
            )
        database.dispose()


def test_the_newest_revision_is_the_one_that_migrations_lead_to(own_world: World) -> None:
    head = ScriptDirectory.from_config(migrations.configuration()).get_current_head()
    with own_world.database.engine.connect() as connection:
        assert migrations.newest() == head == migrations.current(connection)


def test_an_empty_database_has_no_revision(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    with database.engine.connect() as connection:
        assert migrations.current(connection) is None
    database.dispose()


THINGS = table("thing", column("name"))
ENDINGS = {
    "limit": (select(THINGS.c.name).limit(3), "LIMIT ? + 0"),
    "limit and offset": (select(THINGS.c.name).limit(3).offset(5), "LIMIT ? + 0 OFFSET ?"),
    "offset alone": (select(THINGS.c.name).offset(5), "OFFSET ?"),
    "several": (
        union_all(select(THINGS.c.name), select(THINGS.c.name)).limit(3),
        "LIMIT ? + 0",
    ),
    "limit within a limit": (
        select(THINGS.c.name).limit(
            select(func.count()).select_from(THINGS).limit(1).scalar_subquery()
        ),
        "LIMIT ? + 0) + 0",
    ),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_sqlite_is_not_shown_how_many_rows_are_wanted(ending: str, tmp_path: Path) -> None:
    """It would plan the statement anew at each call (see `database._SqliteCompiler`)."""
    statement, expected = ENDINGS[ending]
    engine = Database(f"sqlite:///{tmp_path / 'things.sqlite3'}").engine
    assert str(statement.compile(engine)).endswith(expected)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE thing (name TEXT)")
        connection.execute(THINGS.insert(), [{"name": letter} for letter in "abcdef"])
        found = connection.execute(statement).all()
    engine.dispose()
    assert len(found) == {"limit": 3, "several": 3, "limit within a limit": 6}.get(ending, 1)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), None)  # type: ignore[arg-type]  # noqa: DTZ001


def test_moments_come_back_in_utc(world: World) -> None:
    with world.database.reading() as session:
        made = world.moderator(session, "Ann").created_at
    assert made.tzinfo is not None
    assert abs((datetime.now(UTC) - made).total_seconds()) < 60
