"""Many rows by one constant statement, three times cheaper than the general way.

SQLAlchemy prepares each row of an `executemany` anew (17 microseconds a row of the hot tables, measured; 5 of
them are SQLite's). A turn writes some fifteen rows, so the statement is compiled once, its values are
converted column by column, and the driver gets plain tuples. What reaches the database is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Delete, Insert, LargeBinary, Update
from sqlalchemy.types import TypeEngine

from bot.store.tables import Instant

_Statement = Insert | Update | Delete
_Column = Callable[[Iterable[Any]], list[Any]]


class _Prepared:
    """A statement compiled for SQLite and these keys: its text, and where each value comes from."""

    __slots__ = ("places", "sql", "statement")

    def __init__(self, connection: Connection, statement: _Statement, keys: Sequence[str]) -> None:
        compiled: Any = statement.compile(dialect=connection.dialect, column_keys=list(keys))
        self.statement = statement  # kept, so that its id is not given to another
        self.sql: str = compiled.string
        self.places: list[tuple[str, _Column | None, Any]] = []
        for name in compiled.positiontup:
            bind = compiled.binds[name]
            convert = _converter(connection, bind.type)
            if bind.key in keys:
                self.places.append((bind.key, convert, None))
            else:
                self.places.append(("", None, convert([bind.value])[0] if convert else bind.value))


def _converter(connection: Connection, of: TypeEngine[Any]) -> _Column | None:
    """What turns a column of values into what the driver takes; None: they are that already."""
    if isinstance(of, LargeBinary):
        return None  # bytes stay bytes; the general way wraps each in a memoryview for other drivers
    one = of.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if one is None:
        return None

    def each(values: Iterable[Any]) -> list[Any]:
        return [one(value) for value in values]

    def runs(values: Iterable[Any]) -> list[Any]:
        """The rows of one turn have the very same instant: it is written once."""
        written: list[Any] = []
        last = text = None
        for value in values:
            if value is not last:
                last, text = value, one(value)
            written.append(text)
        return written

    return runs if isinstance(of, Instant) else each


_prepared: dict[tuple[int, tuple[str, ...]], _Prepared] = {}


def execute_many(connection: Connection, statement: _Statement, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute `statement`, a constant of its module, once for each row; all rows have the same keys."""
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(statement, rows)
        return
    keys = tuple(rows[0])
    prepared = _prepared.get((id(statement), keys))
    if prepared is None:
        prepared = _prepared[id(statement), keys] = _Prepared(connection, statement, keys)
    columns: list[Iterable[Any]] = []
    for key, convert, constant in prepared.places:
        if not key:
            columns.append(repeat(constant, len(rows)))
            continue
        column = [row[key] for row in rows]
        columns.append(column if convert is None else convert(column))
    connection.exec_driver_sql(prepared.sql, list(zip(*columns, strict=True)))
