"""Inserts that keep or replace what is there, for both engines by one name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Insert, Table

from bot.store.bulk import execute_many

Rows = Sequence[Mapping[str, Any]]

_made: dict[tuple[str, str, str], Insert] = {}


def insert_missing(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert the rows whose key is not there yet; the others stay as they are."""
    if rows:
        execute_many(connection, _statement(connection, table, "missing"), rows)


def insert_or_replace(connection: Connection, table: Table, rows: Rows) -> None:
    """Insert the rows; where the primary key is there already, all other columns are replaced."""
    if rows:
        execute_many(connection, _statement(connection, table, "replace"), rows)


def _statement(connection: Connection, table: Table, what: str) -> Insert:
    name = connection.dialect.name
    key = (name, table.name, what)
    if key not in _made:
        insert: Any = own_insert(connection, table)
        if what == "missing":
            _made[key] = insert.on_conflict_do_nothing()
        else:
            keys = [column.name for column in table.primary_key]
            others = {c.name: insert.excluded[c.name] for c in table.c if c.name not in keys}
            _made[key] = insert.on_conflict_do_update(index_elements=keys, set_=others)
    return _made[key]


def own_insert(connection: Connection, table: Table) -> Any:
    """The `INSERT` of the connection's own dialect; the other dialect is not even loaded (2 MB)."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as on_sqlite

        return on_sqlite(table)
    from sqlalchemy.dialects.postgresql import insert as on_postgres

    return on_postgres(table)
