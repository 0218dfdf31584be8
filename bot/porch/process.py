"""The porch's process: `python -m bot.porch.process`, started by the house with `Orders` on its stdin.

It ends when the house ends, however that happens: its stdin is closed then, and on Linux the system ends it.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn
from msgspec.structs import replace
from uvicorn.server import ServerState

from bot.porch.book import Book, Call, Done
from bot.porch.wire import News, Orders, frame, read
from channels import gates, signature
from channels.bodies import gathered

KEPT = frozenset({"content-type", signature.HEADER})
"""Headers that go into the book."""
SILENT = 60.0
"""Seconds after which a connection on which nothing was said is closed."""
SLOWEST = 30.0
"""Seconds in which a body has to be here."""
LATEST = 5.0
"""Seconds in which calls under way are still acknowledged when the porch is to end."""
AT_ONCE = 512
"""Calls at the same time; who comes on top is told to come back."""
TOLD_EACH = 0.2
"""Seconds between two refused calls of which the house is told."""
TOLD_SIZE = 256 * 1024
COME_BACK = b"5"
SAY_NOTHING = -1

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Desk:
    """Writes calls into the book, those that wait together at once, and strikes out what is done."""

    def __init__(self, book: Book, tell: Callable[[News], None]) -> None:
        self._book, self._tell = book, tell
        self._waiting: list[tuple[Call, asyncio.Future[None]]] = []
        self._done: Done | None = None
        self._wake = asyncio.Event()
        self._fault = ""
        self._thread = ThreadPoolExecutor(1)
        self._task = asyncio.create_task(self._run())

    async def keep(self, call: Call) -> None:
        """On the disk when it returns. Raises what the disk says."""
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
        while self._waiting:
            await asyncio.gather(*(written for _, written in self._waiting), return_exceptions=True)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._thread.shutdown()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._wake.wait()
            self._wake.clear()
            listed, self._waiting = self._waiting, []
            done, self._done = self._done, None
            if not listed and done is None:
                continue
            try:
                await loop.run_in_executor(self._thread, self._book.write, [call for call, _ in listed], done)
                fault = ""
            except Exception as error:
                fault = str(error) or type(error).__name__
                self._done = self._done or done
            for _, written in listed:
                if not written.done():
                    written.set_exception(OSError(fault)) if fault else written.set_result(None)
            if fault != self._fault:
                self._fault = fault
                self._tell(News(fault=fault))
            if listed and not fault:
                self._tell(News(written=True))


class Porch:
    """The webhooks as an ASGI application, and the hall where connections are told apart."""

    def __init__(self, orders: Orders, desk: Desk, tell: Callable[[News], None]) -> None:
        self._gates = {gate.path: gate for gate in orders.gates}
        self._beginnings = tuple(f"POST {path}{end}".encode() for path in self._gates for end in " ?")
        self._desk, self._tell = desk, tell
        self._told = 0.0
        self._listening = socket.socket(fileno=orders.listening)
        self._listening.setblocking(False)
        self._house = socket.socket(fileno=orders.house)
        self._house.setblocking(False)
        self._handed: deque[socket.socket] = deque()
        self._silent: dict[socket.socket, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._config = uvicorn.Config(
            self,
            log_config=None,
            access_log=False,
            server_header=False,
            http="h11",
            ws="none",
            lifespan="off",
            timeout_keep_alive=10,
            limit_concurrency=AT_ONCE,
            h11_max_incomplete_event_size=64 * 1024,
        )
        self._config.load()
        self.state = ServerState()

    # --------------------------------------------------------------------------------------- connections

    def open(self) -> None:
        """Take connections from now on."""
        if self._listening.fileno() >= 0:  # it may have been closed while no more files could be opened
            asyncio.get_running_loop().add_reader(self._listening, self._connected)

    async def close(self) -> None:
        """Take no more; calls under way get their answer."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listening)
        self._listening.close()
        for waiting in list(self._silent):
            self._forget(waiting)
            waiting.close()
        for connection in list(self.state.connections):
            connection.shutdown()
        if self.state.tasks:
            await asyncio.wait(self.state.tasks, timeout=LATEST)
        await asyncio.sleep(0)  # what they wrote leaves

    def _connected(self) -> None:
        for _ in range(64):
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # no more files may be open: those who wait are taken when some were closed
                loop = asyncio.get_running_loop()
                loop.remove_reader(self._listening)
                loop.call_later(0.2, self.open)
                return
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            self._silent[connection] = loop.call_later(SILENT, self._silent_for_too_long, connection)
            loop.add_reader(connection, self._spoke, connection)

    def _forget(self, connection: socket.socket) -> None:
        self._silent.pop(connection).cancel()
        asyncio.get_running_loop().remove_reader(connection)

    def _silent_for_too_long(self, connection: socket.socket) -> None:
        self._forget(connection)
        connection.close()

    def _spoke(self, connection: socket.socket) -> None:
        """Who begins as a provider does is ours; the house takes everybody else, and knows what to do also
        with a provider whose first bytes came in pieces."""
        try:
            first = connection.recv(256, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        self._forget(connection)
        if not first:
            connection.close()
        elif first.startswith(self._beginnings):
            task = asyncio.create_task(self._serve(connection))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._handed.append(connection)
            self._hand_on()

    async def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):  # who hung up at once
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, connection)

    def _hand_on(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_writer(self._house)
        while self._handed:
            try:
                socket.send_fds(self._house, [b"c"], [self._handed[0].fileno()])
            except (BlockingIOError, InterruptedError):
                loop.add_writer(self._house, self._hand_on)
                return
            except OSError:  # the house is gone, and we go, too
                return
            self._handed.popleft().close()

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self._config.http_protocol_class(  # type: ignore[call-arg]
            config=self._config, server_state=self.state, app_state={}
        )
        return made

    # --------------------------------------------------------------------------------------------- calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One call."""
        status = await self._take(scope, receive)
        if status == SAY_NOTHING:
            return
        headers = [(b"content-length", b"0"), (b"connection", b"close")]  # the next may be for the house
        if status == 503:
            headers.append((b"retry-after", COME_BACK))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _take(self, scope: Scope, receive: Receive) -> int:
        gate = self._gates.get(scope["path"])
        if gate is None or scope["method"] != "POST":
            return 421
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        kept = tuple((name, value) for name, value in headers.items() if name in KEPT)
        told = tuple((name, value) for name, value in headers.items() if name == "content-length")
        call = Call(gate.path, scope["query_string"], (*kept, *told), b"")
        if not gates.may_come_in(gate, headers):
            return self._turned_away(call, gate.door)
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or len(length) > 15 or int(length) > gate.largest:
            return self._turned_away(call, 413)
        try:
            async with asyncio.timeout(SLOWEST):
                body = await gathered(_chunks(receive), gate.largest)
        except _Left:
            return SAY_NOTHING
        except TimeoutError:
            return 408
        if body is None:
            return self._turned_away(call, 413)
        call = Call(gate.path, scope["query_string"], kept, body)
        if not gates.is_genuine(gate, headers, body):
            return self._turned_away(replace(call, headers=(*kept, *told)), gate.door)
        try:
            await self._desk.keep(call)
        except OSError:
            return 503
        return 200

    def _turned_away(self, call: Call, status: int) -> int:
        now = asyncio.get_running_loop().time()
        if now - self._told > TOLD_EACH and len(call.body) <= TOLD_SIZE:
            self._told = now
            self._tell(News(turned_away=call))
        return status


class _Left(Exception):
    """The caller went away in the middle."""


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise _Left
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _end_with_the_house() -> None:
    """The system kills us when the house is killed: nobody else may wait at its address."""
    if sys.platform == "linux":
        house = os.getppid()
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != house:
            sys.exit(1)


async def serve() -> None:
    """Take in until the house closes our stdin."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    out, _ = await loop.connect_write_pipe(asyncio.Protocol, sys.stdout)
    orders = await read(reader, Orders)
    if orders is None:
        return

    def tell(news: News) -> None:
        if not out.is_closing() and out.get_write_buffer_size() < TOLD_SIZE:
            out.write(frame(news))

    book = Book(Path(orders.book))
    desk = Desk(book, tell)
    porch = Porch(orders, desk, tell)
    gc.collect()
    gc.freeze()
    porch.open()
    tell(News(open=True))
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, lambda: None)  # the house says when it is time
    while (done := await read(reader, Done)) is not None:
        desk.strike_out(done)
    await porch.close()
    await desk.close()
    book.close()


if __name__ == "__main__":
    _end_with_the_house()
    asyncio.run(serve())
