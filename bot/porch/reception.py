"""Where a webhook is proved genuine, written into the book and acknowledged: in the porch, and in the house
for the few calls that come there (on a connection that was used for a page, or while no porch stands)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bot.porch.book import Book, Call, Done
from bot.porch.wire import News
from channels import gates, signature
from channels.bodies import gathered, length_told
from channels.gates import Gate

KEPT = frozenset({"content-type"})
"""Headers that go into the book."""
SHOWN = frozenset({"content-type", "content-length", signature.HEADER})
"""Headers of a refused call that the house may see."""
SLOWEST = 30.0
"""Seconds in which a body has to be here."""
TOLD_EACH = 0.2
"""Seconds between two refused calls of which the house is told."""
TOLD_SIZE = 256 * 1024
MOST_BYTES = 64 * 1024 * 1024
"""Bytes of bodies at the same time; who comes on top is told to come back."""
COME_BACK = b"5"
SAY_NOTHING = -1

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]


class Desk:
    """Writes calls into the book, those that wait together at once, and strikes out what is done. `tell`
    answers whether the news was told."""

    def __init__(self, book: Book, tell: Callable[[News], bool]) -> None:
        self._book, self._tell = book, tell
        self._waiting: list[tuple[Call, asyncio.Future[None]]] = []
        self._done: Done | None = None
        self._wake = asyncio.Event()
        self._fault = ""
        self._ending = False
        self._thread = ThreadPoolExecutor(1)
        self._task = asyncio.create_task(self._run(), name="porch-desk")

    async def keep(self, call: Call) -> None:
        """On the disk when it returns. Raises `OSError` with what the disk says."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, written))
        self._wake.set()
        await written

    def strike_out(self, done: Done) -> None:
        """With the next call, or soon."""
        self._done = done
        asyncio.get_running_loop().call_later(1.0, self._wake.set)

    async def close(self) -> None:
        """Write what waits, and end."""
        self._ending = True
        self._wake.set()
        await self._task
        self._thread.shutdown()

    async def _run(self) -> None:
        while not self._ending or self._wake.is_set():
            await self._wake.wait()
            self._wake.clear()
            listed, self._waiting = self._waiting, []
            done, self._done = self._done, None
            if listed or done is not None:
                await self._write(listed, done)

    async def _write(self, listed: Sequence[tuple[Call, asyncio.Future[None]]], done: Done | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._book.write, [call for call, _ in listed], done)
            fault = ""
        except Exception as error:
            fault = str(error) or type(error).__name__
            self._done = self._done or done
        for _, written in listed:
            if not written.done():
                written.set_exception(OSError(fault)) if fault else written.set_result(None)
        if fault != self._fault and self._tell(News(fault=fault)):
            self._fault = fault
        if listed and not fault:
            self._tell(News(written=True))


class Reception:
    """An ASGI application: webhooks by `gates` are taken in at the `desk`, everything else is for `otherwise`
    (without it: 421, and the connection ends)."""

    def __init__(
        self, listed: Sequence[Gate], desk: Desk, tell: Callable[[News], bool], otherwise: App | None = None
    ) -> None:
        self._gates = {gate.path: gate for gate in listed}
        self._desk, self._tell, self._otherwise = desk, tell, otherwise
        self._told = 0.0
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        gate = self._gates.get(scope.get("path", "")) if scope["type"] == "http" else None
        if self._otherwise is not None and (gate is None or scope["method"] != "POST"):
            await self._otherwise(scope, receive, send)
            return
        status = 421 if gate is None or scope["method"] != "POST" else await self._take(gate, scope, receive)
        if status == SAY_NOTHING:
            return
        headers = [(b"content-length", b"0"), (b"connection", b"close")]  # the next may be for a page
        if status == 503:
            headers.append((b"retry-after", COME_BACK))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _take(self, gate: Gate, scope: Scope, receive: Receive) -> int:
        """The answer's status."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        told = Call(gate.path, scope["query_string"], _some(headers, SHOWN), b"")
        if not gates.may_come_in(gate, headers):
            return self._turned_away(told, gate.door)
        reserved = length_told(headers, gate.largest)
        if reserved is None:
            return self._turned_away(told, 413)
        if self._bytes + reserved > MOST_BYTES:
            return 503
        self._bytes += reserved
        try:
            async with asyncio.timeout(SLOWEST):
                body = await gathered(_chunks(receive), gate.largest)
            if body is None:
                return self._turned_away(told, 413)
            if not gates.is_genuine(gate, headers, body):
                return self._turned_away(Call(told.path, told.query, told.headers, body), gate.door)
            await self._desk.keep(Call(gate.path, scope["query_string"], _some(headers, KEPT), body))
        except _Left:
            return SAY_NOTHING
        except TimeoutError:
            return 408
        except OSError:
            return 503
        finally:
            self._bytes -= reserved
        return 200

    def _turned_away(self, call: Call, status: int) -> int:
        now = asyncio.get_running_loop().time()
        if now - self._told > TOLD_EACH and len(call.body) <= TOLD_SIZE:
            self._told = now
            self._tell(News(turned_away=call))
        return status


class _Left(Exception):
    """The caller went away in the middle."""


def _some(headers: dict[str, str], names: frozenset[str]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers.items() if name in names)


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise _Left
        yield message.get("body", b"")
        more = message.get("more_body", False)
