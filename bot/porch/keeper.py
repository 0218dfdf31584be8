"""The house's side of the porch: starts it, takes over the connections it hands on, reads its book."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from bot.porch.book import Book, Call, Done
from bot.porch.wire import News, Orders, frame, read
from bot.rounds import land
from channels.base import Health
from channels.gates import Gate, Shown

TOGETHER = 64
"""Calls that are taken into the house at the same time: their inputs share a commit."""
LOOK = 2.0
"""Seconds after which the book is looked at in any case."""
PAUSE = 1.0
"""Seconds until calls that the house could not store are tried again."""
GRACE = 6.0
"""Seconds for the porch to end, and for what it acknowledged last to be taken in."""
NOT_STORED = 503
LATE = 30.0
"""Seconds after which calls that are not stored make the porch red."""

log = logging.getLogger(__name__)


class Keeper:
    """Keeps a porch before `app`, the house's web pages and webhooks. `listening` is where the world
    connects; `book` the porch's file. One at a time for a book."""

    def __init__(self, app: ASGIApp, gates: Sequence[Gate], *, listening: socket.socket, book: Path) -> None:
        self._app = app
        self._gates = {gate.path: gate for gate in gates}
        self._listening = listening
        self._path = book
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._ours.setblocking(False)
        self._book: Book | None = None
        self._read_up_to = 0
        self._aside: list[int] = []
        self._taking_since = 0.0
        self._fault = ""
        self._ending = False
        self._stands = False
        self._protocol: Callable[[], asyncio.Protocol] | None = None
        self._bell = asyncio.Event()
        self._connecting: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        """Keep the porch until cancelled; what it acknowledged by then is taken in, or stays in the book.

        Raises `RuntimeError` when the porch ends by itself.
        """
        if self._book is None:
            self._book = await asyncio.to_thread(Book, self._path)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", "bot.porch.process"),  # -P: not what happens to be called so in this folder
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(self._listening.fileno(), self._theirs.fileno()),
        )
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        orders = Orders(
            tuple(self._gates.values()), str(self._path), self._listening.fileno(), self._theirs.fileno()
        )
        process.stdin.write(frame(orders))
        self._ending = False
        hearing = asyncio.create_task(self._hear(process.stdout), name="porch-news")
        taking = asyncio.create_task(self._take_in(process.stdin), name="porch-book")
        try:
            ended, _ = await asyncio.wait((hearing, taking), return_when=asyncio.FIRST_COMPLETED)
            for each in ended:
                each.result()  # a fault of our side is told as it is
            raise RuntimeError(f"the porch ended ({await process.wait()})")
        finally:
            self._stands = False
            self._open_or_not()
            process.stdin.close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GRACE / 2)
            if process.returncode is None:
                process.kill()
                await process.wait()
            self._ending = True
            self._bell.set()
            await land([taking, hearing], timedelta(seconds=GRACE / 2))

    @property
    def stands(self) -> bool:
        """Whether the porch takes the connections; while it does not, the house does."""
        return self._stands

    def health(self) -> Health:
        """How the porch is: not well while it cannot write, or while calls of its book fail in the house."""
        if self._fault:
            return Health(False, f"webhooks cannot be kept ({self._fault}); see the disk. The providers wait")
        waited = asyncio.get_running_loop().time() - self._taking_since if self._taking_since else 0.0
        if waited > LATE:
            return Health(False, f"webhooks have waited {waited:.0f} s to be stored here; see store and log")
        if self._aside:
            return Health(
                False,
                f"{len(self._aside)} webhooks of {self._path.name} could not be taken in; the log says why."
                " They are kept, and tried again at the next start",
            )
        return Health()

    @contextlib.contextmanager
    def connections(self, protocol: Callable[[], asyncio.Protocol]) -> Iterator[None]:
        """Meanwhile serve the connections that the porch hands on, and all while no porch stands."""
        loop = asyncio.get_running_loop()
        self._protocol = protocol
        loop.add_reader(self._ours, self._handed_on)
        self._open_or_not()
        try:
            yield
        finally:
            self._protocol = None
            loop.remove_reader(self._ours)
            self._open_or_not()

    def close(self) -> None:
        """Let go of everything."""
        self._ours.close()
        self._theirs.close()
        if self._book is not None:
            self._book.close()

    def _open_or_not(self) -> None:
        """Take connections by ourselves while no porch does."""
        loop = asyncio.get_running_loop()
        if self._protocol is not None and not self._stands:
            loop.add_reader(self._listening, self._accept)
        else:
            loop.remove_reader(self._listening)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # somebody else has taken it, or it is gone; others wait
            self._serve(self._listening.accept()[0])

    def _handed_on(self) -> None:
        with contextlib.suppress(BlockingIOError, InterruptedError):
            for number in socket.recv_fds(self._ours, 1, 4)[1]:
                self._serve(socket.socket(fileno=number))

    def _serve(self, connection: socket.socket) -> None:
        assert self._protocol is not None  # noqa: S101 - nothing is heard of otherwise
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
        self._connecting.add(task)
        task.add_done_callback(self._connected)

    def _connected(self, task: asyncio.Task[Any]) -> None:
        self._connecting.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("connection_lost", extra={"error": type(error).__name__})  # who hung up at once

    # ------------------------------------------------------------------------------------------ the book

    async def _hear(self, news: asyncio.StreamReader) -> None:
        while (told := await read(news, News)) is not None:
            if told.open:
                self._stands = True
                self._open_or_not()
            if told.fault is not None:
                self._fault = told.fault
                if told.fault:
                    log.error("porch_cannot_write", extra={"error": told.fault})
            if told.turned_away is not None:  # the channel counts it, and says in its health what is wrong
                await self._call(told.turned_away, genuine=False)
            if told.written:
                self._bell.set()

    async def _take_in(self, porch: asyncio.StreamWriter) -> None:
        while True:
            self._bell.clear()
            if await self._take_all() and not self._ending:
                porch.write(frame(Done(self._read_up_to, tuple(self._aside))))
            if self._ending:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._bell.wait()

    async def _take_all(self) -> bool:
        """Take in all that stands in the book. Whether there was anything."""
        book, before = self._book, self._read_up_to
        assert book is not None  # noqa: S101 - opened before
        while rows := await asyncio.to_thread(book.read, self._read_up_to, TOGETHER):
            waiting = rows
            self._taking_since = asyncio.get_running_loop().time()
            while waiting := await self._take(waiting):
                if self._ending:
                    return False  # they stay in the book
                await asyncio.sleep(PAUSE)
            self._read_up_to = rows[-1][0]
            self._taking_since = 0.0
        return self._read_up_to > before

    async def _take(self, calls: Sequence[tuple[int, Call]]) -> list[tuple[int, Call]]:
        """Take in these calls; those of them that could not be stored now."""
        answers = await asyncio.gather(*(self._call(call) for _, call in calls))
        again: list[tuple[int, Call]] = []
        for (number, call), status in zip(calls, answers, strict=True):
            if status == NOT_STORED:
                again.append((number, call))
            elif not 200 <= status < 300:
                known = {"call": number, "path": call.path, "status": status}
                log.error("webhook_not_taken", extra=known)
                self._aside.append(number)
        return again

    async def _call(self, call: Call, *, genuine: bool = True) -> int:
        """What the house answers to a call."""
        gate = self._gates.get(call.path)
        headers = [*call.headers]
        if genuine:
            headers.append(("content-length", str(len(call.body))))
            if gate is not None and isinstance(gate.proof, Shown):
                headers.append((gate.proof.name, gate.proof.secret))
        statuses: list[int] = []
        messages = iter([{"type": "http.request", "body": call.body, "more_body": False}])

        async def receive() -> dict[str, Any]:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": call.path,
            "raw_path": call.path.encode(),
            "root_path": "",
            "query_string": call.query,
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            "client": None,
            "server": None,
        }
        try:
            await self._app(scope, receive, send)
        except Exception:
            log.exception("webhook_failed", extra={"path": call.path})
        return statuses[0] if statuses else 500
