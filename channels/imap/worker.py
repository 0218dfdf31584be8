"""A thread of its own for calls that block."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_PATIENCE = 3.0
"""Seconds that a cancelled caller waits for the call to end; then the thread is left to its time limits."""


class Worker:
    """Runs calls one after the other in one thread, which never keeps the process from ending."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def start(self, fn: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """Begin a call; what it returns or raises is in the future."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def job() -> None:
            result: T | None = None
            error: BaseException | None = None
            try:
                result = fn(*args)
            except BaseException as raised:  # it belongs to who asked, whatever it is
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
                loop.call_soon_threadsafe(settle, result, error)

        self._jobs.put(job)
        future.add_done_callback(_looked_at)
        return future

    async def call(self, fn: Callable[..., T], *args: Any, cut: Callable[[], None] | None = None) -> T:
        """Run `fn` and give its result. When the caller is cancelled, `cut` is called to make it end soon."""
        future = self.start(fn, *args)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if not future.done():
                if cut is not None:
                    cut()
                await asyncio.wait([future], timeout=_PATIENCE)
            raise

    def close(self) -> None:
        """Let the thread end after what it is doing."""
        self._jobs.put(None)


def _looked_at(future: asyncio.Future[Any]) -> None:
    """An error that nobody waits for any more is not reported a second time by the loop."""
    if not future.cancelled():
        future.exception()
