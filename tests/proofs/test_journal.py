"""The database is not kept from clearing up by the service itself, for as long as it serves.

Whoever leaves a transaction open that has read keeps SQLite from emptying its journal, which then
grows with everything that is written, and PostgreSQL from throwing away what was deleted.
"""

import time
from collections.abc import Callable

import pytest
from characters import World
from servers import callers, serving, sum_asked, written
from sqlalchemy import text

from moderation.config import Settings
from moderation.database import Database

pytestmark = pytest.mark.proof

#: More than any transaction of the service takes while nobody asks it for anything.
PATIENCE = 15
POST = "/api/v1/sites/blog/comments"
_LEFT_OPEN = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xmin IS NOT NULL
"""


def is_clear(database: Database) -> bool:
    """Whether nobody has a transaction open that keeps an old state; on SQLite the journal is
    empty then.
    """
    if database.is_sqlite:
        connection = database.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA busy_timeout = 0")
            busy, left, _moved = (
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            )
        finally:
            connection.close()
        return (busy, left) == (0, 0)
    with database.engine.connect() as connection:
        return connection.scalar(text(_LEFT_OPEN)) == 0


def soon(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.1)
    return held


def test_what_serves_leaves_no_transaction_open(world: World, settings: Settings) -> None:
    own = Database(settings.database_url)
    with serving(settings) as server, callers(server, 1) as (client,):
        for number in range(20):
            reply = written(world, f"Reply {number}.", email=f"reader{number}@example.org")
            assert client.post(POST, reply).status == 202
        assert soon(lambda: is_clear(own))
        # The control: one who reads and does not stop.
        with own.reading() as session:
            session.connection(
                execution_options={} if own.is_sqlite else {"isolation_level": "REPEATABLE READ"}
            )
            session.execute(text("SELECT count(*) FROM comment"))
            assert client.post(POST, written(world, "One more.", **sum_asked(world))).status == 202
            assert not is_clear(own)
        assert soon(lambda: is_clear(own))
    own.dispose()
