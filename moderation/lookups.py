"""Look-ups that need no transaction: one statement each, by one value, most of them repeated.

The site and the token of a request, a ready-made thread. SQLAlchemy's session, transaction and
objects cost twenty times what SQLite takes to answer.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

#: Answers that one connection keeps in memory until the database changes: so many, and so many
#: bytes of them. A ready-made thread can be large; a thousand of twenty comments fit.
_KEPT, _KEPT_BYTES = 2048, 16 * 1024 * 1024

Rows = list[tuple[Any, ...]]


class LookUps:
    """Answers to single statements, each on its own: what two of them say may be of two moments."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._is_sqlite = engine.dialect.name == "sqlite"
        self._driver_error = engine.dialect.loaded_dbapi.Error
        self._idle: list[_Own] = []

    def find(self, statement: str, value: str) -> Rows:
        """The rows of a statement with `{0}` where `value` belongs, as the driver gives them.

        Raises SQLAlchemy's errors on both databases.
        """
        if not self._is_sqlite:
            with self._engine.connect() as connection:
                found = connection.exec_driver_sql(statement.format("%s"), (value,))
                return [tuple(row) for row in found]
        own = self._borrowed()
        try:
            return own.find(statement, value)
        except self._driver_error as error:
            raise DBAPIError.instance(statement, None, error, self._driver_error) from error
        finally:
            self._idle.append(own)

    def close(self) -> None:
        """Close the connections that are kept from one look-up to the next."""
        while self._idle:
            self._idle.pop().connection.close()

    def _borrowed(self) -> "_Own":
        """A connection that nobody else has meanwhile: as many are opened as there are look-ups
        at a time. They are no thread's own, since the server ends idle threads and begins others;
        each would leave its connection behind.
        """
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def _open(self) -> "_Own":
        pooled = self._engine.raw_connection()
        own = _Own(pooled.driver_connection)
        pooled.detach()
        return own


class _Own:
    """A connection, and what was found by it since the file last changed."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self._kept: dict[tuple[str, str], Rows] = {}
        self._bytes = 0
        self._version = -1

    def find(self, statement: str, value: str) -> Rows:
        """One look-up, or none: `data_version` tells whether any connection has changed the file
        since this one last looked, so what was found before is still what would be found.
        """
        version = self.connection.execute("PRAGMA data_version").fetchone()[0]
        if self._version != version:
            self._forget()
            self._version = version
        found = self._kept.get((statement, value))
        if found is None:
            found = self.connection.execute(statement.format("?"), (value,)).fetchall()
            if found:
                # What is not there is not kept: anybody could ask for a thousand such things.
                self._keep(statement, value, found)
        return found

    def _keep(self, statement: str, value: str, found: Rows) -> None:
        size = len(value) + sum(_size(cell) for row in found for cell in row)
        if size > _KEPT_BYTES:
            return
        if len(self._kept) >= _KEPT or self._bytes + size > _KEPT_BYTES:
            self._forget()
        self._kept[statement, value] = found
        self._bytes += size

    def _forget(self) -> None:
        self._kept.clear()
        self._bytes = 0


def _size(cell: Any) -> int:
    return len(cell) if isinstance(cell, str | bytes) else 0
