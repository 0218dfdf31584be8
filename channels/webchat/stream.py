"""Items down to the browser: an event stream, or a long poll with the same cursor."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from channels.history import History, Item
from channels.webchat.kinds import SHOWN

PAGE = 100
HEARTBEAT = 15.0
SLOW = 20.0
Numbers = Callable[[str], Iterable[str]]


def shown(item: Item, numbers: Numbers) -> dict[str, Any]:
    """An item as the script reads it. Ticket numbers are named only where we said them ourselves."""
    body: dict[str, Any] = {"seq": item.seq, "author": item.author, "at": item.at, "text": item.text}
    if item.name:
        body["name"] = item.name
    if item.client_id:
        body["client_id"] = item.client_id
    if item.choices:
        body["choices"] = [{"value": choice.value, "label": choice.label} for choice in item.choices]
    if item.files:
        body["files"] = [
            {
                "url": f"/chat/files/{file.digest}",
                "name": file.name,
                "size": file.size,
                "image": file.media_type in SHOWN,
            }
            for file in item.files
        ]
    if item.author != "customer" and (found := list(numbers(item.text))):
        body["numbers"] = found
    return body


class Places:
    """How many streams are open, per visitor and in all: who leaks them must not eat the server."""

    def __init__(self, each: int, all_: int) -> None:
        self._each = each
        self._all = all_
        self._open: Counter[str] = Counter()

    def enter(self, key: str) -> bool:
        """Take a place; False when there is none left."""
        if self._open[key] >= self._each or self._open.total() >= self._all:
            return False
        self._open[key] += 1
        return True

    def leave(self, key: str) -> None:
        """Give the place back."""
        self._open[key] -= 1
        if self._open[key] <= 0:
            del self._open[key]

    def __len__(self) -> int:
        return self._open.total()


class ItemStream:
    """An event stream (ASGI) of one thread's items after `seq`.

    It keeps nothing in memory: it reads a page, sends it, waits for the next. A reader that does not take
    what it is sent for 20 s is dropped, and resumes by its cursor. It ends when the server closes.
    """

    def __init__(
        self,
        history: History,
        thread_key: str,
        seq: int,
        *,
        numbers: Numbers,
        closing: asyncio.Event,
        places: Places,
    ) -> None:
        self._history = history
        self._key = thread_key
        self._seq = seq
        self._numbers = numbers
        self._closing = closing
        self._places = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the reader goes, is too slow, or the server closes."""
        if not self._places.enter(self._key):
            busy = Response(status_code=429, headers={"Retry-After": "20", "Cache-Control": "no-store"})
            await busy(scope, receive, send)
            return
        tasks = {
            asyncio.create_task(self._pump(send)),
            asyncio.create_task(_gone(receive)),
            asyncio.create_task(self._closing.wait()),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if self._closing.is_set():
                with contextlib.suppress(OSError, TimeoutError):
                    await asyncio.wait_for(send({"type": "http.response.body", "body": b""}), 1.0)
            for task in done:
                error = task.exception()
                if error and not isinstance(error, OSError | TimeoutError):
                    raise error
        finally:
            self._places.leave(self._key)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await self._put(send, b": sapa\n\n")
        if self._seq > await self._history.last(self._key):
            # a cursor from before the data folder was replaced, or from another visitor: start over
            await self._put(send, b"event: reset\ndata: {}\n\n")
            self._seq = 0
        while True:
            items = await self._history.after(self._key, self._seq, PAGE)
            if items:
                await self._put(send, b"".join(map(self._event, items)))
                self._seq = items[-1].seq
            elif not await self._history.wait(self._key, self._seq, HEARTBEAT):
                await self._put(send, b":\n\n")

    def _event(self, item: Item) -> bytes:
        return b"id: %d\ndata: %s\n\n" % (item.seq, msgspec.json.encode(shown(item, self._numbers)))

    @staticmethod
    async def _put(send: Send, body: bytes) -> None:
        await asyncio.wait_for(send({"type": "http.response.body", "body": body, "more_body": True}), SLOW)


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
