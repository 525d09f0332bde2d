"""Rows written as fast as the database takes them: by its driver, past SQLAlchemy's statements."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Column, Connection, Dialect

from moderation.database import Base, table


def write(connection: Connection, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all name the same columns, as the columns' types store their values.

    Triggers see them as any other rows. On PostgreSQL they are copied in, in one statement: its
    triggers run once for all of them.
    """
    if not rows:
        return
    into = table(model)
    columns = [into.c[name] for name in rows[0]]
    stored = zip(*(_stored(connection.dialect, column, rows) for column in columns), strict=True)
    names = ", ".join(column.name for column in columns)
    if connection.dialect.name == "sqlite":
        places = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {into.name} ({names}) VALUES ({places})"  # noqa: S608 - our names
        connection.exec_driver_sql(statement, list(stored))
    else:
        _copy(connection, f"COPY {into.name} ({names}) FROM STDIN", stored)


@contextmanager
def indexes_later(connection: Connection, *models: type[Base]) -> Iterator[None]:
    """Do without SQLite's indexes of these tables meanwhile, and make each anew at the end.

    An index is sorted at once in a fraction of the time that it takes to keep it row by row, at
    random places. All of it is one transaction, which belongs to the caller: whoever is stopped
    finds the indexes as they were, and nobody else ever misses one.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    tables = ", ".join(f"'{table(model).name}'" for model in models)
    named = f"type = 'index' AND sql IS NOT NULL AND tbl_name IN ({tables})"
    indexes = connection.exec_driver_sql(f"SELECT name, sql FROM sqlite_master WHERE {named}").all()  # noqa: S608 - our names
    for name, _statement in indexes:
        connection.exec_driver_sql(f"DROP INDEX {name}")
    yield
    for _name, statement in indexes:
        connection.exec_driver_sql(statement)


def _stored(dialect: Dialect, column: Column[Any], rows: Iterable[dict[str, Any]]) -> Iterator[Any]:
    """A column's values as its type gives them to the driver. One object stands in many rows (a
    status, a list of reasons), and is converted once.
    """
    values = [row[column.name] for row in rows]
    convert = column.type.dialect_impl(dialect).bind_processor(dialect)
    if convert is None:
        return iter(values)
    known = {key: convert(value) for key, value in {id(one): one for one in values}.items()}
    return (known[id(one)] for one in values)


def _copy(connection: Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    driver = connection.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection was closed")
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
