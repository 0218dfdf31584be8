"""The two engines of a database: one that writes and one that only reads.

Both are plain engines, and whatever uses them is given to `run`. PostgreSQL's driver is an asynchronous one;
SQLAlchemy's own asyncio package would do the same for it, but loads the ORM, which costs every start 6 MB and
0.1 s. On SQLite a transaction runs whole in a thread: a driver that crosses to its thread and back for each
statement makes every statement wait for the event loop, which is deciding turns at that time; with thirty
statements a transaction, that was most of the time a customer waited.

SQLite: WAL, `synchronous=FULL`, one connection that writes with `BEGIN IMMEDIATE`, a few that read in plain
transactions and can do nothing else (`query_only`). PostgreSQL: pools of asyncpg connections.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool, StaticPool
from sqlalchemy.util import greenlet_spawn

from bot.errors import WrongSettings

T = TypeVar("T")
Given = TypeVarTuple("Given")

BUSY_SECONDS = 10
READERS = 4
OLDEST_SQLITE = (3, 33)  # UPDATE ... FROM, see `bulk`
STATEMENTS = 512
"""Prepared statements a connection to SQLite keeps: `bulk` has some for each table, by number of rows."""
CHECKPOINT = 4000
"""Pages of the log (16 MB) after which it is copied into the database: the default of 1000 is one big commit,
and what every commit changes would be copied, and synced twice more, each time."""
SWITCH_SECONDS = 0.001
"""How long a thread may keep the interpreter when another wants it. A transaction gives it away at each
statement; with Python's own 5 ms, thirty statements wait for 150 ms while turns are being decided."""


_threads: WeakKeyDictionary[Engine, ThreadPoolExecutor] = WeakKeyDictionary()
"""The threads of SQLite's engines. The asynchronous driver of PostgreSQL needs none."""


async def on_loop(fn: Callable[[*Given], T], *given: *Given) -> T:
    """Run a plain function on the asynchronous driver of PostgreSQL."""
    return await greenlet_spawn(fn, *given)


async def run(fn: Callable[[Engine, *Given], T], engine: Engine, *given: *Given) -> T:
    """Run a plain function that works with `engine`; while the database works, the event loop goes on."""
    threads = _threads.get(engine)
    if threads is None:
        return await on_loop(fn, engine, *given)
    return await asyncio.get_running_loop().run_in_executor(threads, fn, engine, *given)


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
        for engine in (self.reading, self.writing):
            await run(Engine.dispose, engine)
            if engine in _threads:
                _threads.pop(engine).shutdown(wait=False)


def open_engines(url: str | Path) -> Engines:
    """Engines for a database URL or for the path of an SQLite file; connects to nothing yet."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    return _postgres(parsed)


@contextlib.contextmanager
def only_reading(path: Path) -> Iterator[Connection]:
    """A look into a database file that may be in use: nothing is made, changed or locked. Raises what
    SQLAlchemy raises, all of it `SQLAlchemyError`."""
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5),
        poolclass=NullPool,
    )
    with engine.connect() as connection:
        yield connection


def _parse(url: str | Path) -> URL:
    if isinstance(url, Path) or "://" not in url:
        return URL.create("sqlite+pysqlite", database=str(url))
    parsed = make_url(url)
    drivers = {
        "sqlite": "sqlite+pysqlite",
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
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise WrongSettings(
            f"This Python brings SQLite {sqlite3.sqlite_version}; Sapa needs 3.33 or newer."
            " Use a Python that brings a newer one, or a PostgreSQL server (SAPA_DATABASE)."
        )
    sys.setswitchinterval(SWITCH_SECONDS)
    options: dict[str, Any] = {
        "connect_args": {
            # Python 3.11's driver opens transactions by itself unless told not to; we say BEGIN IMMEDIATE.
            "isolation_level": None,
            "timeout": BUSY_SECONDS,
            "cached_statements": STATEMENTS,
            "check_same_thread": False,  # used by one thread at a time, not always the same
        },
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
        cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT}")
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

    _threads[writing] = ThreadPoolExecutor(1, thread_name_prefix="store-writes")
    _threads[reading] = ThreadPoolExecutor(READERS, thread_name_prefix="store-reads")
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
