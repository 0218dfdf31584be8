"""The two engines of a database: one that writes and one that only reads.

SQLite: WAL, `synchronous=FULL`, one connection that writes with `BEGIN IMMEDIATE`, a few that read in plain
transactions and can do nothing else (`query_only`). PostgreSQL: pools of asyncpg connections.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from bot.errors import WrongSettings

BUSY_SECONDS = 10
READERS = 4


@dataclass(frozen=True, slots=True)
class Engines:
    """`writing` for the writer task alone, `reading` for everybody."""

    url: URL
    writing: AsyncEngine
    reading: AsyncEngine

    @property
    def sqlite(self) -> bool:
        """Whether this is SQLite: one process, one writer."""
        return self.url.get_backend_name() == "sqlite"

    async def dispose(self) -> None:
        """Close every connection."""
        await self.reading.dispose()
        await self.writing.dispose()


def open_engines(url: str | Path) -> Engines:
    """Engines for a database URL or for the path of an SQLite file; connects to nothing yet."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    return _postgres(parsed)


def _parse(url: str | Path) -> URL:
    if isinstance(url, Path) or "://" not in url:
        return URL.create("sqlite+aiosqlite", database=str(url))
    parsed = make_url(url)
    drivers = {
        "sqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+asyncpg",
        "postgres": "postgresql+asyncpg",
    }
    name = parsed.drivername.partition("+")[0]
    if name not in drivers:
        raise WrongSettings(f"The database must be sqlite or postgresql, not {name!r}.")
    if name == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise WrongSettings("An SQLite database needs a file: what only lives in memory is lost.")
    return parsed.set(drivername=drivers[name])


def _sqlite(url: URL) -> Engines:
    options: dict[str, Any] = {
        # Python 3.11's driver opens transactions by itself unless told not to; we say BEGIN IMMEDIATE.
        "connect_args": {"isolation_level": None, "timeout": BUSY_SECONDS},
        "pool_reset_on_return": None,
    }
    writing = create_async_engine(url, poolclass=StaticPool, **options)
    reading = create_async_engine(url, pool_size=READERS, max_overflow=0, pool_timeout=60, **options)

    @event.listens_for(writing.sync_engine, "connect")
    def prepare_writer(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA cache_size=-16384")
        cursor.execute("PRAGMA journal_size_limit=67108864")
        cursor.close()

    @event.listens_for(reading.sync_engine, "connect")
    def prepare_reader(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA query_only=ON")
        cursor.execute("PRAGMA cache_size=-4096")
        cursor.close()

    @event.listens_for(writing.sync_engine, "begin")
    def begin_writing(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(reading.sync_engine, "begin")
    def begin_reading(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return Engines(url, writing, reading)


def _postgres(url: URL) -> Engines:
    writing = create_async_engine(url, pool_size=1, max_overflow=1, pool_recycle=1800)
    reading = create_async_engine(
        url,
        pool_size=READERS,
        max_overflow=READERS,
        pool_pre_ping=True,
        execution_options={"postgresql_readonly": True},
        isolation_level="REPEATABLE READ",  # one snapshot per read, as SQLite gives
    )
    return Engines(url, writing, reading)
