"""What a database is asked, for tests of how often and how."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from moderation import prepared
from moderation.database import Database


@contextmanager
def listening(database: Database) -> Iterator[list[tuple[str, Any]]]:
    """Every statement with its values, while the block runs; prepared ones too, which SQLAlchemy's
    own events do not see. Of several rows that are written at once, the values of the first.
    """
    heard: list[tuple[str, Any]] = []
    run = prepared._run

    def hear(_c: Any, _cursor: Any, statement: str, values: Any, _x: Any, _many: Any) -> None:
        heard.append((statement, values))

    def hear_prepared(connection: Any, sql: str, given: Any, *, many: bool = False) -> Any:
        heard.append((sql, tuple(given[0] if many else given)))
        return run(connection, sql, given, many=many)

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        with patch.object(prepared, "_run", hear_prepared):
            yield heard
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)
