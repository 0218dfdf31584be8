"""The store: the only SQL of Sapa. Modules hold one aggregate each, as plain functions of a `Connection`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from bot.store.bells import Bells
from bot.store.engine import Engines, open_engines, run
from bot.store.files import Files
from bot.store.others import hear_others
from bot.store.schema import prepare
from bot.store.writer import StoreClosed, Writer

__all__ = ["Bells", "Files", "Store", "StoreClosed"]

T = TypeVar("T")
A = TypeVar("A")


class Store:
    """One database: functions of a `Connection` go in, what they return comes out once it is durable."""

    def __init__(self, engines: Engines, writer: Writer, bells: Bells) -> None:
        self.engines = engines
        self.writer = writer
        self.bells = bells
        self._reading: set[asyncio.Task[Any]] = set()
        self._hearing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str | Path, *, bells: Bells) -> Store:
        """Open the database at `url` (or in the SQLite file at that path), making or migrating its schema.

        Raises `WrongSettings` for a URL that cannot be, `NewerDatabase` for one from the future.
        """
        engines = open_engines(url)
        writer = Writer(engines.writing, bells)
        store = cls(engines, writer, bells)
        try:
            await store.write(prepare)
            if not engines.sqlite:
                store._hearing = asyncio.create_task(hear_others(engines, bells), name="store-hears")
        except BaseException:
            await store.close()
            raise
        return store

    @property
    def sqlite(self) -> bool:
        """Whether this is SQLite: then this process is the only one that works here."""
        return self.engines.sqlite

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in a transaction shared with other callers; returns only after the durable commit.

        `fn` touches nothing but its connection and may be run again. What it raises is raised here, and
        nothing of it is stored. Safe to cancel: the job is then done or not done, never half.
        """
        return await self.writer.write(fn)

    async def write_each(
        self, fn: Callable[[Connection, Sequence[A]], Sequence[T]], arg: A, *, first: bool = False
    ) -> T:
        """As `write`; callers that wait with the same `fn` are served by one call, for fewer statements.
        `first`: before what nobody outside waits for."""
        return await self.writer.write_each(fn, arg, first=first)

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` on a snapshot of what is committed; it cannot write.

        Whoever is cancelled stops waiting; the read itself goes to its end, so that no connection is left
        half used.
        """
        reading = asyncio.create_task(run(_read, self.engines.reading, fn))
        self._reading.add(reading)
        reading.add_done_callback(self._read_done)
        return await asyncio.shield(reading)

    def _read_done(self, reading: asyncio.Task[Any]) -> None:
        self._reading.discard(reading)
        if not reading.cancelled():
            reading.exception()  # who waited has it, or nobody waits any more

    async def close(self) -> None:
        """Commit what waits, end what is being read, then close every connection."""
        await self.writer.close()
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
        await asyncio.gather(*self._reading, return_exceptions=True)
        await self.engines.dispose()


def _read(engine: Engine, fn: Callable[[Connection], T]) -> T:
    with engine.connect() as connection:
        try:
            return fn(connection)
        finally:
            connection.rollback()
