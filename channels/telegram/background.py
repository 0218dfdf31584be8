"""Small courtesies that nobody waits for: the sign that somebody types, the answer to a pressed button."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from channels.telegram.faults import Fault

MOST = 200
"""Courtesies that wait or are under way; what comes on top is left out."""
AT_ONCE = 8
"""Of them at the same time: the connections are for messages first."""

log = logging.getLogger(__name__)


class Background:
    """Runs calls whose failure means nothing."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(AT_ONCE)

    def start(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Begin a call, unless too many are under way."""
        if len(self._tasks) >= MOST:
            return
        task = asyncio.create_task(self._run(call), name="telegram-courtesy")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        try:
            async with self._places:
                await call()
        except Fault as error:
            log.debug("telegram_courtesy_failed", extra={"why": str(error)})

    async def done(self) -> None:
        """Wait until all of them have ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Give up those under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
