"""Statements on the way of every reply and every decision: built by SQLAlchemy, run by the driver.

What SQLAlchemy does for a statement each time (its parameters, its result, its events) costs three
times what SQLite takes to run it, and all of it while nobody else may write. Here it is compiled
once; the values go to the driver as SQLAlchemy's types would send them, and come back as such.
PostgreSQL's way is the usual one: there the round trip is what counts.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Executable, SelectBase
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

Values = Mapping[str, Any]
_Processor = Callable[[Any], Any]


def filled(names: Sequence[str], values: Iterable[Any]) -> dict[str, Any]:
    """Values for a list of one length: what is missing is NULL, which equals nothing. Raises
    ValueError where there are more than names.
    """
    given = list(values)
    missing = len(names) - len(given)
    if missing < 0:
        raise ValueError(f"{len(given)} values for {len(names)} places")
    return dict(zip(names, [*given, *[None] * missing], strict=True))


class Prepared:
    """One statement, of SQLAlchemy's Core. It sees what was flushed, as any such statement."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._made: dict[tuple[str, ...], _Made] = {}

    def all(self, session: Session, values: Values) -> Sequence[Any]:
        """The rows that a SELECT finds. Raises SQLAlchemy's errors on both databases."""
        connection = session.connection()
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, values).all()
        made = self._made_for(connection.dialect, values)
        return made.rows(_run(connection, made.sql, made.given(values)).fetchall())

    def one(self, session: Session, values: Values) -> Any:
        """The row of a statement that always finds one."""
        return self.all(session, values)[0]

    def first(self, session: Session, values: Values) -> Any:
        """The first of them, or None."""
        found = self.all(session, values)
        return found[0] if found else None

    def wrote(self, session: Session, values: Values) -> bool:
        """Whether a statement that returns what it wrote wrote anything."""
        connection = session.connection()
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, values).first() is not None
        made = self._made_for(connection.dialect, values)
        return bool(_run(connection, made.sql, made.given(values)).fetchall())

    def run(self, session: Session, values: Values | Sequence[Values]) -> None:
        """Run it for what it does: once for each of several, which all name the same values."""
        if not isinstance(values, Mapping) and not values:
            return
        connection = session.connection()
        if connection.dialect.name != "sqlite":
            connection.execute(self._statement, values)
        elif isinstance(values, Mapping):
            made = self._made_for(connection.dialect, values)
            _run(connection, made.sql, made.given(values))
        else:
            made = self._made_for(connection.dialect, values[0])
            _run(connection, made.sql, list(map(made.given, values)), many=True)

    def _made_for(self, dialect: Dialect, values: Values) -> "_Made":
        names = tuple(values)
        made = self._made.get(names)
        if made is None:
            made = self._made[names] = _make(self._statement, dialect, names)
        return made


@dataclass(frozen=True, slots=True)
class _Made:
    """A statement as SQLite runs it."""

    sql: str
    #: For each place: the name of the value that is given, or None with the value itself; and what
    #: makes of it what the driver takes.
    bound: tuple[tuple[str | None, Any], ...]
    row: Callable[[Iterable[Any]], Any]
    #: The columns whose cells are not as the driver gives them.
    read: tuple[tuple[int, _Processor], ...]

    def given(self, values: Values) -> list[Any]:
        """What is bound, in its order."""
        return [
            sent if name is None else sent(values[name]) if sent else values[name]
            for name, sent in self.bound
        ]

    def rows(self, found: Sequence[Sequence[Any]]) -> list[Any]:
        """What the driver found, as SQLAlchemy would give it."""
        several = []
        for one in found:
            cells = list(one)
            for at, read in self.read:
                cells[at] = read(cells[at])
            several.append(self.row(cells))
        return several


def _run(connection: Any, sql: str, given: Sequence[Any], *, many: bool = False) -> Any:
    driver, kind = connection.connection.driver_connection, connection.dialect.loaded_dbapi.Error
    try:
        return driver.executemany(sql, given) if many else driver.execute(sql, given)
    except kind as error:
        # Without the values, which are private.
        raise DBAPIError.instance(sql, None, error, kind) from error


def _make(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> _Made:
    is_select = isinstance(statement, SelectBase)
    compiled = statement.compile(dialect=dialect, column_keys=None if is_select else list(names))
    if compiled.post_compile_params:
        raise TypeError("a prepared statement has no lists that differ in length")
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise TypeError("a prepared statement is given every value: it knows no defaults")
    bound: list[tuple[str | None, Any]] = []
    for place in compiled.positiontup:
        one = compiled.binds[place]
        sent = one.type.dialect_impl(dialect).bind_processor(dialect)
        if one.required and one.key not in names:
            raise TypeError(f"a prepared statement is given every value: {one.key} is missing")
        if one.key in names:
            bound.append((one.key, sent))
        else:
            bound.append((None, sent(one.effective_value) if sent else one.effective_value))
    columns = list(statement.selected_columns) if is_select else []
    processors = [one.type.dialect_impl(dialect).result_processor(dialect, None) for one in columns]
    read = tuple((at, one) for at, one in enumerate(processors) if one is not None)
    row = namedtuple("Row", [one.key for one in columns])._make if is_select else _unread
    return _Made(compiled.string, tuple(bound), row, read)


def _unread(_row: Iterable[Any]) -> Any:
    raise TypeError("only the rows of a SELECT are read: ask whether anything was written")
