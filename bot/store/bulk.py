"""Many rows by one constant statement, in as few steps of the database as can be.

SQLAlchemy prepares each row of an `executemany` anew (17 microseconds a row of the hot tables, measured; 5 of
them are SQLite's), and SQLite's driver gives the interpreter away and takes it back for each row: while turns
are being decided, each of these may wait for some milliseconds. A turn writes some fifteen rows. So on SQLite
a statement is compiled once for a number of rows, its values are converted column by column, and one step
writes them all, beside the interpreter. What reaches the database is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, repeat
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, LargeBinary, TypeDecorator, Update
from sqlalchemy.types import TypeEngine

from bot.store.tables import Instant

_Statement = Insert | Update | Delete
_Column = Callable[[Iterable[Any]], list[Any]]

STEPS = (256, 64, 16, 4)
"""Numbers of rows that are written in one step; what is left over is written row by row."""


class _Prepared:
    """A statement compiled for SQLite and these keys: its texts, and where each value comes from: the
    position of its key, or, where there is none, a constant."""

    __slots__ = ("one", "places", "statement", "together")

    def __init__(self, connection: Connection, statement: _Statement, keys: Sequence[str]) -> None:
        compiled: Any = statement.compile(dialect=connection.dialect, column_keys=list(keys))
        self.statement = statement  # kept, so that its id is not given to another
        self.one: str = compiled.string
        self.places: list[tuple[int | None, _Column | None, Any]] = []
        for name in compiled.positiontup:
            bind = compiled.binds[name]
            convert = _converter(connection, bind.type)
            if bind.key in keys:
                self.places.append((keys.index(bind.key), convert, None))
            else:
                self.places.append((None, None, convert([bind.value])[0] if convert else bind.value))
        width = len(self.places)
        self.together = {count: several(statement, self.one, width, count) for count in STEPS}


def several(statement: _Statement, one: str, width: int, count: int) -> str:
    """The text that does for `count` rows of `width` values at once what `one` does for one of them.

    No two rows may concern the same row of the table; the second would find it as it was before the first.
    """
    row = f"({', '.join('?' * width)})"
    rows = ", ".join([row] * count)
    if isinstance(statement, Insert):
        head, values, tail = one.partition(f"VALUES {row}")
        if not values:
            raise ValueError(f"not an insert of plain values: {one}")
        return f"{head}VALUES {rows}{tail}"
    pieces = one.split("?")
    if len(pieces) != width + 1:
        raise ValueError(f"not a statement of {width} values: {one}")
    named = "".join(f"{piece}v.c{n}" for n, piece in enumerate(pieces[:-1])) + pieces[-1]
    head, where, condition = named.partition("WHERE ")
    if not where:
        raise ValueError(f"a statement that changes every row: {one}")
    table = statement.table.name  # type: ignore[union-attr]
    given = f"WITH v({', '.join(f'c{n}' for n in range(width))}) AS (VALUES {rows}) "
    if isinstance(statement, Update):
        return f"{given}{head}FROM v WHERE {condition}"
    # CROSS JOIN: the given rows are gone through, and each is looked up in the table; never the reverse
    return f"{given}{head}WHERE rowid IN (SELECT {table}.rowid FROM v CROSS JOIN {table} WHERE {condition})"  # noqa: S608


def _one(dialect: Dialect, of: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(of, TypeDecorator) and of.type_engine(dialect).bind_processor(dialect) is None:
        return partial(of.process_bind_param, dialect=dialect)  # without SQLAlchemy's layers around it
    return of.dialect_impl(dialect).bind_processor(dialect)


def _converter(connection: Connection, of: TypeEngine[Any]) -> _Column | None:
    """What turns a column of values into what the driver takes; None: they are that already."""
    if isinstance(of, LargeBinary):
        return None  # bytes stay bytes; the general way wraps each in a memoryview for other drivers
    one = _one(connection.dialect, of)
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


def execute_rows(
    connection: Connection, statement: _Statement, keys: tuple[str, ...], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Execute `statement`, a constant of its module, once for each row of values, which stand in the order
    of `keys`. No two rows concern the same row of the table."""
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(statement, [dict(zip(keys, row, strict=True)) for row in rows])
        return
    prepared = _prepared.get((id(statement), keys))
    if prepared is None:
        prepared = _prepared[id(statement), keys] = _Prepared(connection, statement, keys)
    given = list(zip(*rows, strict=True))
    columns: list[Iterable[Any]] = []
    for position, convert, constant in prepared.places:
        if position is None:
            columns.append(repeat(constant, len(rows)))
        else:
            columns.append(given[position] if convert is None else convert(given[position]))
    values = list(zip(*columns, strict=True))
    begin = 0
    for count in STEPS:
        while len(values) - begin >= count:
            step = tuple(chain.from_iterable(values[begin : begin + count]))
            connection.exec_driver_sql(prepared.together[count], step)
            begin += count
    if begin < len(values):
        connection.exec_driver_sql(prepared.one, values[begin:])


def execute_many(connection: Connection, statement: _Statement, rows: Sequence[Mapping[str, Any]]) -> None:
    """As `execute_rows`, with rows that name their values; all have the same keys in the same order."""
    if rows:
        execute_rows(connection, statement, tuple(rows[0]), [tuple(row.values()) for row in rows])
