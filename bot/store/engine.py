"""The two engines of a database: one that writes and one that only reads.

Both are plain engines on asyncio drivers, and whatever uses them runs in `on_loop`: that is what SQLAlchemy's
own asyncio package does too, but that package loads the ORM, which costs every start 6 MB and 0.1 s.

SQLite: WAL, `synchronous=FULL`, one connection that writes with `BEGIN IMMEDIATE`, a few that read in plain
transactions and can do nothing else (`query_only`). PostgreSQL: pools of asyncpg connections.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import StaticPool
from sqlalchemy.util import greenlet_spawn

from bot.errors import WrongSettings

T = TypeVar("T")
Given = TypeVarTuple("Given")

BUSY_SECONDS = 10
READERS = 4


async def on_loop(fn: Callable[[*Given], T], *given: *Given) -> T:
    """Run a plain function that works with an engine; while its driver waits, the event loop goes on."""
    return await greenlet_spawn(fn, *given)


@dataclass(frozen=True, slots=True)
class Engines:
    """`writing` for the writer task alone, `reading` for everybody."""

    url: URL
    writing: Engine
    reading: Engine

    @property
    def sqlite(self) -> bool:
        """Whether this is SQLite: one process, one writer."""
        return self.url.get_backend_name() == "sqlite"

    async def dispose(self) -> None:
        """Close every connection."""
        await on_loop(Engine.dispose, self.reading)
        await on_loop(Engine.dispose, self.writing)


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
        "hide_parameters": True,  # an error names the statement, not what a customer wrote
    }
    writing = create_engine(url, poolclass=StaticPool, **options)
    reading = create_engine(url, pool_size=READERS, max_overflow=0, pool_timeout=60, **options)

    @event.listens_for(writing, "connect")
    def prepare_writer(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA cache_size=-16384")
        cursor.execute("PRAGMA journal_size_limit=67108864")
        cursor.close()

    @event.listens_for(reading, "connect")
    def prepare_reader(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA query_only=ON")
        cursor.execute("PRAGMA cache_size=-4096")
        cursor.close()

    @event.listens_for(writing, "begin")
    def begin_writing(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    @event.listens_for(reading, "begin")
    def begin_reading(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return Engines(url, writing, reading)


def _postgres(url: URL) -> Engines:
    writing = create_engine(url, pool_size=1, max_overflow=1, pool_recycle=1800, hide_parameters=True)
    reading = create_engine(
        url,
        pool_size=READERS,
        max_overflow=READERS,
        pool_pre_ping=True,
        hide_parameters=True,
        execution_options={"postgresql_readonly": True},
        isolation_level="REPEATABLE READ",  # one snapshot per read, as SQLite gives
    )
    return Engines(url, writing, reading)
