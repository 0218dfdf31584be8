"""The porch's process: `python -m bot.porch.process`, started by the house with `Orders` on its stdin.

It ends when the house ends, however that happens: its stdin is closed then, and on Linux the system ends it.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from bot.porch.book import Book, Done
from bot.porch.protocol import protocols
from bot.porch.reception import Desk, Reception
from bot.porch.wire import News, Orders, frame, read

SILENT = 60.0
"""Seconds after which a connection on which nothing was said is closed."""
LATEST = 2.0
"""Seconds in which calls under way are still acknowledged when the porch is to end."""
AT_ONCE = 1024
"""Webhooks at the same time; who comes on top is told to come back."""
MOST_FILES = 65_536
MOST_TO_TELL = 256 * 1024
"""Bytes of news that wait for the house; it looks into the book by itself now and then."""


class Hall:
    """Where connections come in and are told apart."""

    def __init__(self, orders: Orders, reception: Reception) -> None:
        self._beginnings = tuple(f"POST {gate.path}{end}".encode() for gate in orders.gates for end in " ?")
        self._longest = orders.longest
        self._listening = socket.socket(fileno=orders.listening)
        self._listening.setblocking(False)
        self._house = socket.socket(fileno=orders.house)
        self._house.setblocking(False)
        self._handed: deque[socket.socket] = deque()
        self._silent: dict[socket.socket, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        config = uvicorn.Config(
            reception,
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
        config.load()
        self.state = ServerState()
        self._protocol = protocols(config, self.state)

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
        loop = asyncio.get_running_loop()
        for _ in range(64):
            try:
                connection, _ = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # no more files may be open: those who wait are taken when some were closed
                loop.remove_reader(self._listening)
                loop.call_later(0.2, self.open)
                return
            connection.setblocking(False)
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
        loop = asyncio.get_running_loop()
        with suppress(OSError):  # who hung up at once
            transport, _ = await loop.connect_accepted_socket(self._protocol, connection)
            loop.call_later(self._longest, transport.abort)

    def _hand_on(self) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_writer(self._house)
        while self._handed:
            try:
                socket.send_fds(self._house, [b"c"], [self._handed[0].fileno()])
            except (BlockingIOError, InterruptedError):
                loop.add_writer(self._house, self._hand_on)
                return
            except OSError:  # the system has no room for it, or the house is gone, and then we go, too
                loop.call_later(0.2, self._hand_on)
                return
            self._handed.popleft().close()


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
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, lambda: None)  # the house says when it is time
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    out, _ = await loop.connect_write_pipe(asyncio.Protocol, sys.stdout)
    orders = await read(reader, Orders)
    if orders is None:
        return

    def tell(news: News) -> bool:
        room = not out.is_closing() and out.get_write_buffer_size() < MOST_TO_TELL
        if room:
            out.write(frame(news))
        return room

    book = Book(Path(orders.book))
    desk = Desk(book, tell)
    hall = Hall(orders, Reception(orders.gates, desk, tell))
    gc.collect()
    gc.freeze()
    hall.open()
    tell(News(open=True))
    while (done := await read(reader, Done)) is not None:
        desk.strike_out(done)
    await hall.close()
    await desk.close()
    book.close()


def main() -> None:
    """The process."""
    _end_with_the_house()
    logging.getLogger("uvicorn.error").disabled = True  # what strangers send is no event of the log
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if most == resource.RLIM_INFINITY else min(most, MOST_FILES)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    asyncio.run(serve())


if __name__ == "__main__":
    main()
