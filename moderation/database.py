"""Engine, sessions and column types, for SQLite and PostgreSQL alike.

Three facts decide what stands here (all measured, see docs/durability.md):

* SQLite before 3.51.3 (and its 3.50.7 and 3.44.6 back-ports) can corrupt a WAL database when two
  connections write and checkpoint at once; Debian 12 ships 3.40.1. So `pysqlite3`, whose wheel
  brings a newer SQLite, is taken where the interpreter's own has the bug.
* Transactions that read first and then write lose updates, or fail with "database is locked". A
  writing session therefore begins with BEGIN IMMEDIATE.
* `synchronous=NORMAL` forgets acknowledged commits at a power cut; FULL does not.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from types import ModuleType
from typing import Any

from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    MetaData,
    String,
    Table,
    TypeDecorator,
    create_engine,
    event,
    inspect,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Session

from moderation.lookups import LookUps
from moderation.prepared import Prepared

BUSY_SECONDS = 20
ASK_AGAIN_SECONDS = 0.001
POOL_SIZE = 20
#: Statements that a SQLite connection keeps prepared: more than one request after another asks.
STATEMENTS_KEPT = 512
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

#: Text that sorts by its bytes on both databases, whatever the server's locale: ids, positions.
Ascii = String().with_variant(String(collation="C"), "postgresql")


class DatabaseUnsafe(RuntimeError):
    """The database cannot be used without risking what is stored; the message says why."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, aware in Python; SQLite, which knows no zones, stores it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone: it could be any of 26 hours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every stored moment its zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """What every stored thing has in common: names that migrations can rely on, and UTC."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012 - SQLAlchemy's own idiom


class Database:
    """One engine, and sessions of two kinds: those that only read, and those that write."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        self._writing_engine = self.engine.execution_options(immediate=True)
        self.look_ups = LookUps(self.engine)
        self._turn = threading.Lock()

    def reading(self) -> Session:
        """A session that begins plainly; it sees one consistent state and blocks nobody."""
        return Session(self.engine, expire_on_commit=False)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose transaction takes SQLite's write lock at its first statement.

        Whoever leaves without a commit has written nothing. The threads of one process wait for
        their turn here, in the order they came: SQLite's own waiting sleeps and retries, which
        is slower, and unfair to whoever has waited longest.
        """
        if not self.is_sqlite:
            with Session(self._writing_engine, expire_on_commit=False) as session:
                yield session
            return
        with self._turn, Session(self._writing_engine, expire_on_commit=False) as session:
            yield session

    def dispose(self) -> None:
        """Close every connection."""
        self.look_ups.close()
        self.engine.dispose()


def has_wal_reset_bug(version: tuple[int, int, int]) -> bool:
    """Whether this SQLite can corrupt a WAL database (fixed in 3.51.3, 3.50.7 and 3.44.6)."""
    if version >= (3, 51, 3):
        return False
    return not ((3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0))


def sqlite_module() -> ModuleType:
    """The SQLite to use: the interpreter's own where it is sound, else pysqlite3's.

    Raises DatabaseUnsafe where neither is.
    """
    if not has_wal_reset_bug(_version(sqlite3)):
        return sqlite3
    try:
        import pysqlite3
    except ImportError:
        pysqlite3 = None
    if pysqlite3 is not None and not has_wal_reset_bug(_version(pysqlite3)):
        return pysqlite3  # type: ignore[no-any-return]  # the package has no types
    raise DatabaseUnsafe(
        f"SQLite {sqlite3.sqlite_version} can corrupt a database that several processes write; "
        "install the package pysqlite3, use Python with SQLite 3.51.3 or newer, or PostgreSQL."
    )


def _version(module: ModuleType) -> tuple[int, int, int]:
    major, minor, patch = (int(part) for part in module.sqlite_version.split("."))
    return major, minor, patch


class _SqliteCompiler(SQLiteCompiler):
    """Writes LIMIT so that SQLite does not plan a statement anew each time.

    Where a bare parameter stands there, SQLite looks at its value to guess how many rows there
    will be, and throws the plan away whenever a value is bound, even the same one
    (`sqlite3ExprIsInteger`, since 3.46). Planning costs ten to forty times what running does; that
    the planner guesses without the number is borne.
    """

    def limit_clause(self, select: Any, **kw: Any) -> str:
        """The clause; LIMIT as an expression, whose value is not looked at."""
        most, past = select._limit_clause, select._offset_clause
        if most is None:
            # SQLAlchemy has no types there.
            written: str = super().limit_clause(select, **kw)  # type: ignore[no-untyped-call]
            return written
        clause = f"\n LIMIT {self.process(most, **kw)} + 0"
        return clause if past is None else f"{clause} OFFSET {self.process(past, **kw)}"


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        module=sqlite_module(),
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        # SQLite throws a connection's pages away once another one has written: the fewer are
        # used, the more is still in memory.
        pool_use_lifo=True,
        connect_args={
            "timeout": BUSY_SECONDS,
            "check_same_thread": False,
            "cached_statements": STATEMENTS_KEPT,
        },
    )
    engine.dialect.statement_compiler = _SqliteCompiler
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver would begin transactions of its own, deferred ones: it is told not to.
    connection.isolation_level = None
    for pragma in SQLITE_PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


SQLITE_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    f"busy_timeout = {BUSY_SECONDS * 1000}",
    "cache_size = -16000",
    "temp_store = MEMORY",
    # What the journal may keep of the disk once it was emptied: an import makes it large.
    f"journal_size_limit = {64 * 1024 * 1024}",
)


def _begin_sqlite(connection: Any) -> None:
    driver = connection.connection.driver_connection
    if connection.get_execution_options().get("immediate"):
        _take_write_lock(driver)
    else:
        driver.execute("BEGIN")


def _take_write_lock(driver: Any) -> None:
    """Begin a transaction that writes, asking every millisecond while another process does.

    SQLite's own waiting sleeps up to a tenth of a second at a time, whoever has waited longest
    the most: under load one process wrote, and the others slept.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite_module().OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(ASK_AGAIN_SECONDS)
            else:
                return
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def _postgres_engine(url: str) -> Engine:
    return create_engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_SIZE,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 10, "options": "-c timezone=UTC"},
    )


def table(model: type[Base]) -> Table:
    """A model's table, for statements on the ways where an object a row would cost too much."""
    found = inspect(model).local_table
    if not isinstance(found, Table):
        raise TypeError(f"{model.__name__} has no table of its own")
    return found


def insert_once(session: Session, model: Any, row: dict[str, Any]) -> bool:
    """Insert a row unless its key is taken; True when it was free.

    Where another transaction is inserting the same key, PostgreSQL waits for it to end first.
    """
    dialect = session.get_bind().dialect.name
    return _insert_unless_taken(model, dialect).wrote(session, row)


@cache
def _insert_unless_taken(model: Any, dialect: str) -> Prepared:
    """The statement. Not every driver tells how many rows it wrote: the key is asked for."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    rows = table(model)
    return Prepared(insert(rows).on_conflict_do_nothing().returning(*rows.primary_key))
