"""Small courtesies that nobody waits for: that somebody types, that a message was read, a button heard."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

MOST = 200
"""Courtesies that wait or are under way; what comes on top is left out."""
AT_ONCE = 8
"""Of them at the same time: the connections are for messages first."""

log = logging.getLogger(__name__)


class Courtesies:
    """Runs the calls of a channel whose failure means nothing."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(AT_ONCE)

    def start(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> asyncio.Task[None] | None:
        """Begin a call; None where too many are under way, and it is left out."""
        if len(self._tasks) >= MOST:
            return None
        task = asyncio.create_task(self._run(call), name=f"{self._channel}-courtesy")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _run(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        try:
            async with self._places:
                await call()
        except Exception as error:  # its words are not told: an address with a token may stand in them
            log.debug("courtesy_failed", extra={"channel": self._channel, "error": type(error).__name__})

    async def close(self) -> None:
        """Give up those under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
