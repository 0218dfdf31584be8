"""Waiting for what comes to be by itself, in a test: one place, so that none waits for too short a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

PATIENCE = 60.0
"""Seconds; long, for a busy machine. What comes to be is not waited for any longer than it takes."""


async def until(what: Callable[[], Any], bell: asyncio.Event | None = None) -> None:
    """Wait until it is so; looked at when the bell rings, and a few hundred times a second without one.

    Raises:
        TimeoutError: it never came to be.
    """
    async with asyncio.timeout(PATIENCE):
        while not what():
            if bell is None:
                await asyncio.sleep(0.003)
            else:
                bell.clear()
                if not what():
                    await bell.wait()
