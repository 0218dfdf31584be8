"""Many rows by one constant statement, three times cheaper than the general way.

SQLAlchemy prepares each row of an `executemany` anew (17 microseconds a row of the hot tables, measured; 5 of
them are SQLite's). A turn writes some fifteen rows, so the statement is compiled once, its values are
converted column by column, and the driver gets plain tuples. What reaches the database is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, Insert, Update

_Converter = Callable[[Any], Any] | None


class _Prepared:
    """A statement compiled for SQLite and these keys: its text, and where each value comes from."""

    __slots__ = ("places", "sql", "statement")

    def __init__(self, connection: Connection, statement: Insert | Update, keys: Sequence[str]) -> None:
        compiled: Any = statement.compile(dialect=connection.dialect, column_keys=list(keys))
        self.statement = statement  # kept, so that its id is not given to another
        self.sql: str = compiled.string
        self.places: list[tuple[str, _Converter, Any]] = []
        for name in compiled.positiontup:
            bind = compiled.binds[name]
            convert: _Converter = bind.type.dialect_impl(connection.dialect).bind_processor(
                connection.dialect
            )
            constant = None if bind.key in keys else convert(bind.value) if convert else bind.value
            self.places.append((bind.key if bind.key in keys else "", convert, constant))


_prepared: dict[tuple[int, tuple[str, ...]], _Prepared] = {}


def execute_many(
    connection: Connection, statement: Insert | Update, rows: Sequence[Mapping[str, Any]]
) -> None:
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
    columns: list[Any] = []
    for key, convert, constant in prepared.places:
        if not key:
            columns.append(repeat(constant, len(rows)))
        elif convert is None:
            columns.append([row[key] for row in rows])
        else:
            columns.append([convert(row[key]) for row in rows])
    connection.exec_driver_sql(prepared.sql, list(zip(*columns, strict=True)))
