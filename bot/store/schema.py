"""The schema's version: a new database is made at once, an older one is migrated, a newer one is refused.

Alembic costs memory and start-up time, so it is imported only when the version differs.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, String, Table, inspect, select

from bot.errors import SapaError
from bot.store.tables import metadata

HEAD = "0001"
"""The newest revision in `migrations/versions`; a test holds the two together."""

MIGRATIONS = Path(__file__).parent / "migrations"

_versions = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))


class NewerDatabase(SapaError):
    """The database was made by a newer Sapa; install that version, or restore a backup."""


def prepare(connection: Connection) -> str:
    """Bring the schema to `HEAD` in this transaction. Returns what was done: made, migrated, or current."""
    if not inspect(connection).has_table("alembic_version"):
        metadata.create_all(connection)
        _versions.create(connection)
        connection.execute(_versions.insert().values(version_num=HEAD))
        return "made"
    version = connection.execute(select(_versions.c.version_num)).scalar()
    if version == HEAD:
        return "current"
    _migrate(connection, version)
    return "migrated"


def _migrate(connection: Connection, version: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise NewerDatabase(f"It stands at revision {version!r}, this program knows {HEAD!r}.")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
