"""Keys given before the insert, so that many rows go in with one `executemany`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, Table, TextClause, func, select, text

_highest: dict[str, Select[Any]] = {}
_sequence: dict[str, TextClause] = {}


def take(connection: Connection, table: Table, count: int) -> range | list[int]:
    """`count` unused keys of `table`, ascending. To be used in this transaction.

    SQLite has one writer, so the next ones are free; PostgreSQL takes them from the column's sequence.
    """
    if count == 0:
        return range(0)
    name = table.name
    if connection.dialect.name == "sqlite":
        statement = _highest.get(name)
        if statement is None:
            statement = _highest[name] = select(func.coalesce(func.max(table.c.id), 0))
        first: int = connection.execute(statement).scalars().one() + 1
        return range(first, first + count)
    ask = _sequence.get(name)
    if ask is None:
        ask = _sequence[name] = text(
            f"SELECT nextval(pg_get_serial_sequence('{name}', 'id')) FROM generate_series(1, :count)"  # noqa: S608
        )
    return sorted(connection.execute(ask, {"count": count}).scalars().all())
