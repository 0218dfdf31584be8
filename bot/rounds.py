"""What loops that work in rounds have in common: what wakes them, how long they rest, how they let go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

T = TypeVar("T")

IDLE = 30.0
"""Seconds after which a loop looks by itself, bell or not."""
SOONEST = 0.05
"""Seconds between two looks that found nothing to do: whatever goes wrong, a loop never spins."""


class StoreLike(Protocol):
    """What a loop needs of the store."""

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in a transaction; durable when it returns."""

    async def read(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` on a snapshot."""


class BellsLike(Protocol):
    """What a loop needs of the bells."""

    async def wait(self, name: str, timeout: float | None) -> bool:  # noqa: ASYNC109 - a wait that may end
        """Whether `name` rang."""


class Alarm:
    """Wakes one loop: when the store's bell `name` rings, and when `ring` is called."""

    def __init__(self, bells: BellsLike, name: str) -> None:
        self._bells, self._name = bells, name
        self._rang = asyncio.Event()

    async def listen(self) -> None:
        """Hear the bell until cancelled."""
        while True:
            if await self._bells.wait(self._name, IDLE):
                self._rang.set()

    def ring(self) -> None:
        """Wake the loop: something came to an end."""
        self._rang.set()

    def clear(self) -> None:
        """What rang so far is being looked after."""
        self._rang.clear()

    async def wait(self) -> None:
        """Until it rings."""
        await self._rang.wait()

    async def rest(self, seconds: float) -> None:
        """Until it rings, at most so many seconds."""
        if seconds > 0:
            try:
                async with asyncio.timeout(seconds):
                    await self._rang.wait()
            except TimeoutError:
                pass


def until_first(times: Iterable[datetime], now: datetime) -> float:
    """Seconds until the first of the times, for `Alarm.rest`."""
    first = min(times, default=None)
    return IDLE if first is None else min(max((first - now).total_seconds(), SOONEST), IDLE)


async def land(tasks: Sequence[asyncio.Task[Any]], grace: timedelta) -> None:
    """Let tasks come to their end for as long as `grace`, then cancel the others; none is left running."""
    if tasks:
        _done, late = await asyncio.wait(tasks, timeout=grace.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
