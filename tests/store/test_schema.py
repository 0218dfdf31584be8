"""A new database is made at once, an old one is migrated, and both have the same schema."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, inspect, select, text

from bot.store import Bells, Store, schema
from bot.store.engine import open_engines
from bot.store.tables import metadata
from bot.store.writer import Writer


def shape(connection: Connection) -> dict[str, Any]:
    """All that a migration could get wrong, comparable between two databases of one kind."""
    look = inspect(connection)
    found: dict[str, Any] = {}
    for table in sorted(look.get_table_names()):
        found[table] = (
            sorted(
                (c["name"], str(c["type"]), c["nullable"], str(c["default"])) for c in look.get_columns(table)
            ),
            look.get_pk_constraint(table)["constrained_columns"],
            sorted((u["name"] or "", tuple(u["column_names"])) for u in look.get_unique_constraints(table)),
            sorted((c["name"] or "", c["sqltext"]) for c in look.get_check_constraints(table)),
            sorted(
                (
                    i["name"] or "",
                    tuple(i["column_names"]),
                    sorted(f"{k}={v}" for k, v in i.get("dialect_options", {}).items()),
                )
                for i in look.get_indexes(table)
            ),
        )
    if connection.dialect.name == "sqlite":
        listed = text("SELECT name FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%' ORDER BY name")
        found["without rowid"] = list(connection.execute(listed).scalars())
    return found


async def test_the_migrations_make_the_schema_of_the_tables(url: str, tmp_path: Any) -> None:
    engines = open_engines(url)
    writer = Writer(engines.writing, Bells())

    def both(connection: Connection) -> tuple[dict[str, Any], dict[str, Any]]:
        schema._versions.create(connection)
        schema._migrate(connection, None)
        migrated = shape(connection)
        version = connection.execute(select(schema._versions.c.version_num)).scalars().all()
        assert version == [schema.HEAD]
        everything = MetaData()
        everything.reflect(connection)
        everything.drop_all(connection)
        assert schema.prepare(connection) == "made"
        return migrated, shape(connection)

    migrated, made = await writer.write(both)
    assert migrated == made
    assert set(metadata.tables) < set(made)
    await writer.close()
    await engines.dispose()


async def test_an_existing_database_is_opened_as_it_is(url: str) -> None:
    for _ in range(2):
        store = await Store.open(url, bells=Bells())
        await store.close()
    store = await Store.open(url, bells=Bells())
    assert await store.write(schema.prepare) == "current"
    await store.close()


async def test_a_database_from_the_future_is_refused_with_a_word(url: str) -> None:
    store = await Store.open(url, bells=Bells())
    await store.write(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    await store.close()
    with pytest.raises(schema.NewerDatabase, match="9999"):
        await Store.open(url, bells=Bells())


def test_a_plain_start_does_not_import_alembic() -> None:
    """Start-up time is a feature: alembic only when the schema differs, asyncpg only for PostgreSQL."""
    program = (
        "import asyncio, sys, tempfile\n"
        "from bot.store import Bells, Store\n"
        "async def main():\n"
        "    with tempfile.TemporaryDirectory() as folder:\n"
        "        store = await Store.open(folder + '/sapa.db', bells=Bells())\n"
        "        await store.close()\n"
        "asyncio.run(main())\n"
        "print([name for name in ('alembic', 'asyncpg', 'obstore', 'mako') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
