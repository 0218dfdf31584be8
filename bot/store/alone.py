"""One at a time across processes and machines: advisory locks of PostgreSQL, held by a connection of their
own.

On SQLite there is one process on the data folder, which its own lock sees to.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from bot.store.engine import Engines, on_loop

TRY_AGAIN = 5.0
"""Seconds between two tries to get the lock."""
LOOK = 10.0
"""Seconds between two looks whether it is still held; a look that takes longer counts as no."""

_TAKE = text("select pg_try_advisory_lock(:key)")
_STILL_THERE = text("select 1")


@asynccontextmanager
async def alone(
    engines: Engines, name: str, *, try_again: float = TRY_AGAIN, look: float = LOOK
) -> AsyncIterator[asyncio.Event]:
    """Wait until nobody else holds `name`, then hold it. The event is set when the connection that held it
    is gone: then another process may hold it, and whoever stands here stops.

    It keeps work from being done twice for nothing; that nothing is *stored* twice, the unique keys see to.
    """
    lost = asyncio.Event()
    if engines.sqlite:
        yield lost
        return
    key = int.from_bytes(hashlib.sha256(f"sapa/{name}".encode()).digest()[:8], "big", signed=True)
    engine = create_engine(engines.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    connection = await _taken(engine, key, try_again)
    watching = asyncio.create_task(_watch(connection, lost, look))
    try:
        yield lost
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        with contextlib.suppress(Exception):  # with the connection the lock goes, however it goes
            await on_loop(Connection.close, connection)


async def _taken(engine: Engine, key: int, try_again: float) -> Connection:
    while True:
        with contextlib.suppress(Exception):  # whatever the driver says: the server is away, and will be back
            connection = await on_loop(_take, engine, key)
            if connection is not None:
                return connection
        await asyncio.sleep(try_again)


def _take(engine: Engine, key: int) -> Connection | None:
    connection = engine.connect()
    try:
        if connection.execute(_TAKE, {"key": key}).scalar():
            return connection
    except BaseException:
        connection.invalidate()
        raise
    connection.close()
    return None


async def _watch(connection: Connection, lost: asyncio.Event, look: float) -> None:
    try:
        while True:
            await asyncio.sleep(look)
            async with asyncio.timeout(look):
                await on_loop(connection.execute, _STILL_THERE)
    except Exception:  # whatever the driver says: the lock cannot be relied on any more
        lost.set()
