"""Bells between processes on PostgreSQL: who commits work in one process wakes who does it next in another.

The names ride in the transaction (`NOTIFY`): they arrive if and only if it is committed. One connection of
each process listens. While it is away nothing is lost: every loop also looks by itself now and then, and when
it is back all bells that loops wait for are rung once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from bot.store.bells import Bells
from bot.store.engine import Engines, on_loop

CHANNEL = "sapa"
PLAIN = ("inbox", "outbox", "timers", "files")
"""The bells that loops wait for; those with a colon belong to whoever listens at that moment."""

TRY_AGAIN = 2.0
LOOK = 30.0
"""Seconds after which the connection is asked whether it is still there."""

_NOTIFY = text("SELECT pg_notify(:channel, :source || name) FROM unnest(CAST(:names AS text[])) AS name")
_STILL_THERE = text("SELECT 1")

log = logging.getLogger(__name__)


def tell_others(connection: Connection, source: str, names: Sequence[str]) -> None:
    """PostgreSQL: ring `names` in all other processes once this transaction is committed."""
    if names and connection.dialect.name == "postgresql":
        said = {"channel": CHANNEL, "source": f"{source}/", "names": list(names)}
        connection.execute(_NOTIFY, said)


async def hear_others(engines: Engines, bells: Bells) -> None:
    """Ring here what other processes tell, until cancelled. Comes back by itself when the server was away."""
    engine = create_engine(engines.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    while True:
        try:
            await _hear(engine, bells)
        except Exception as error:  # every driver has its own errors; all mean: the server is away
            log.warning("others_not_heard", extra={"error": type(error).__name__})
        await asyncio.sleep(TRY_AGAIN)


async def _hear(engine: Engine, bells: Bells) -> None:
    """Ring what is told over one connection, until that is gone."""
    gone = asyncio.Event()

    def told(_connection: Any, _server: int, _channel: str, payload: str) -> None:
        source, _, name = payload.partition("/")
        if source != bells.source:
            bells.ring(name)

    async with asyncio.timeout(LOOK):
        connection = await on_loop(Engine.connect, engine)
    try:
        driver: Any = connection.connection.driver_connection
        driver.add_termination_listener(lambda _connection: gone.set())
        await driver.add_listener(CHANNEL, told)
        for name in PLAIN:
            bells.ring(name)  # what was told while nobody listened
        while not gone.is_set():
            try:
                async with asyncio.timeout(LOOK):
                    await gone.wait()
            except TimeoutError:
                async with asyncio.timeout(LOOK):
                    await on_loop(connection.execute, _STILL_THERE)
    finally:
        await on_loop(_leave, connection)


def _leave(connection: Connection) -> None:
    try:
        connection.close()
    except Exception:  # it is gone already
        connection.invalidate()
