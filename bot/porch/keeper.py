"""The house's side of the porch: starts it, takes over the connections it hands on, works off its book."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from bot.porch.book import Book, Call, Done
from bot.porch.reception import Desk, Reception
from bot.porch.wire import News, Orders, frame, read
from channels.base import Health
from channels.gates import Gate, proof_of

TOGETHER = 64
"""Calls that are taken into the house at the same time: their inputs share a commit."""
LOOK = 2.0
"""Seconds after which the book is looked at in any case."""
PAUSE = 1.0
"""Seconds until a call that the house could not store is tried again."""
PATIENT = 10
"""Tries after which a call that the house cannot store is put aside, if it can store the next one."""
ASIDE = 60.0
"""Seconds between two tries of what was put aside."""
LATE = 30.0
"""Seconds after which calls that are not stored make the porch red."""
GRACE = 3.0
"""Seconds for the porch to end when it is told to."""
LONGEST = 45.0
"""Seconds that a webhook's connection lives at most."""
NOT_STORED = 503

log = logging.getLogger(__name__)


class Keeper:
    """Keeps a porch before `app`, the house's web pages and webhooks. `listening` is where the world
    connects; `book` the porch's file. One at a time for a book.

    Two parts of it run: `run` keeps the porch itself, `work_off` reads the book.
    """

    def __init__(self, app: ASGIApp, gates: Sequence[Gate], *, listening: socket.socket, book: Path) -> None:
        self._app = app
        self._gates = {gate.path: gate for gate in gates}
        self._listening = listening
        self._path = book
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._ours.setblocking(False)
        self._reading = Book(book)
        self._writing = Book(book)
        self._desk = Desk(self._writing, self._heard)
        self.reception = Reception(gates, self._desk, self._heard, app)
        """The ASGI application for connections that come to the house."""
        self._read_up_to = 0
        self._aside: set[int] = set()
        self._aside_at = 0.0
        self._taking_since = 0.0
        self._fault = ""
        self._ending = False
        self._porch: asyncio.StreamWriter | None = None
        self._protocol: Callable[[], asyncio.Protocol] | None = None
        self._bell = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    # ----------------------------------------------------------------------------------------- the porch

    async def run(self) -> None:
        """Keep the porch until cancelled. Raises `RuntimeError` when it ends by itself."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", "bot.porch.process"),  # -P: not what happens to be called so in this folder
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=(self._listening.fileno(), self._theirs.fileno()),
        )
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        orders = Orders(
            tuple(self._gates.values()),
            str(self._path),
            self._listening.fileno(),
            self._theirs.fileno(),
            LONGEST,
        )
        process.stdin.write(frame(orders))
        try:
            while (told := await read(process.stdout, News)) is not None:
                if told.open:
                    self._porch, self._fault = process.stdin, ""
                    self._open_or_not()
                    self._strike_out()
                self._heard(told)
        finally:
            self._porch = None
            self._open_or_not()
            process.stdin.close()
            ending = asyncio.create_task(_ended(process))
            self._tasks.add(ending)  # it ends also when we are cancelled once more
            ending.add_done_callback(self._tasks.discard)
            code = await asyncio.shield(ending)
        raise RuntimeError(f"the porch ended ({code})")

    @property
    def stands(self) -> bool:
        """Whether the porch takes the connections; while it does not, the house does."""
        return self._porch is not None

    def health(self) -> Health:
        """How it is: not well while calls cannot be written, or while some wait to be stored in the house."""
        if self._fault:
            return Health(False, f"webhooks cannot be kept ({self._fault}); see the disk. The providers wait")
        waited = asyncio.get_running_loop().time() - self._taking_since if self._taking_since else 0.0
        if waited > LATE:
            return Health(False, f"webhooks have waited {waited:.0f} s to be stored here; see store and log")
        if self._aside:
            return Health(
                False,
                f"{len(self._aside)} webhooks of {self._path.name} could not be taken in; the log says why."
                " They are kept, and tried again every minute",
            )
        return Health()

    async def close(self) -> None:
        """Let go of everything."""
        self._ours.close()
        self._theirs.close()
        await self._desk.close()
        self._reading.close()
        self._writing.close()

    # ----------------------------------------------------------------------------------- the connections

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

    def _open_or_not(self) -> None:
        """Take connections by ourselves while no porch does."""
        loop = asyncio.get_running_loop()
        if self._protocol is not None and self._porch is None:
            loop.add_reader(self._listening, self._accept)
        else:
            loop.remove_reader(self._listening)

    def _accept(self) -> None:
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):  # somebody else has taken it
            return
        except OSError:  # no more files may be open
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._listening)
            loop.call_later(0.2, self._open_or_not)
            return
        self._serve(connection)

    def _handed_on(self) -> None:
        with contextlib.suppress(BlockingIOError, InterruptedError):
            for number in socket.recv_fds(self._ours, 1, 4)[1]:
                self._serve(socket.socket(fileno=number))

    def _serve(self, connection: socket.socket) -> None:
        assert self._protocol is not None  # noqa: S101 - nothing is heard of otherwise
        connection.setblocking(False)
        loop = asyncio.get_running_loop()
        self._start(loop.connect_accepted_socket(self._protocol, connection))

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.info("connection_lost", extra={"error": type(error).__name__})  # who hung up at once

    # ------------------------------------------------------------------------------------------ the book

    def _heard(self, told: News) -> bool:
        """News from the porch, or from our own desk."""
        if told.fault is not None:
            self._fault = told.fault
            if told.fault:
                log.error("porch_cannot_write", extra={"error": told.fault})
        if told.turned_away is not None:  # the channel counts it, and says in its health what is wrong
            self._start(self._call(told.turned_away, told.turned_away.headers))
        if told.written:
            self._bell.set()
        return True

    async def work_off(self) -> None:
        """Take in what stands in the book, until cancelled; what stands there then is taken in."""
        self._ending = False
        working = asyncio.create_task(self._work_off(), name="porch-book")
        try:
            await asyncio.shield(working)
        finally:
            self._ending = True
            self._bell.set()
            await working

    async def _work_off(self) -> None:
        while True:
            self._bell.clear()
            while rows := await asyncio.to_thread(self._reading.read, self._read_up_to, TOGETHER):
                if not await self._take(rows):
                    return
                self._read_up_to = rows[-1][0]
                self._strike_out()
            await self._try_aside()
            if self._ending:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await self._bell.wait()

    def _strike_out(self) -> None:
        """Have what is done taken out of the book: by the porch with what it writes next, or by ourselves."""
        done = Done(self._read_up_to, tuple(sorted(self._aside)))
        if self._porch is not None:
            self._porch.write(frame(done))
        else:
            self._desk.strike_out(done)

    async def _take(self, rows: Sequence[tuple[int, Call]]) -> bool:
        """Take in these calls, in their order; False when the house ends and they stay in the book.

        From the first that cannot be stored on, one after the other: doubles do no harm, another order does.
        """
        self._taking_since = asyncio.get_running_loop().time()
        answers = await asyncio.gather(*(self._taken(call) for _, call in rows))
        failed = answers.index(NOT_STORED) if NOT_STORED in answers else len(rows)
        for (number, _), status in zip(rows[:failed], answers[:failed], strict=True):
            self._judge(number, status)
        for number, call in rows[failed:]:
            if not await self._take_one(number, call):
                return False
        self._taking_since = 0.0
        return True

    async def _take_one(self, number: int, call: Call) -> bool:
        """As `_take`. A call that alone cannot be stored, while the next one can, is put aside."""
        tries = 0
        while (status := await self._taken(call)) == NOT_STORED:
            if self._ending:
                return False
            await asyncio.sleep(PAUSE)
            tries += 1
            if tries >= PATIENT:
                following = await asyncio.to_thread(self._reading.read, number, 1)
                if following and await self._taken(following[0][1]) != NOT_STORED:
                    break
        self._judge(number, status)
        return True

    def _judge(self, number: int, status: int) -> None:
        if 200 <= status < 300:
            self._aside.discard(number)
        elif number not in self._aside:
            log.error("webhook_not_taken", extra={"call": number, "status": status})
            self._aside.add(number)
            self._aside_at = asyncio.get_running_loop().time()

    async def _try_aside(self) -> None:
        now = asyncio.get_running_loop().time()
        if not self._aside or now - self._aside_at < ASIDE:
            return
        self._aside_at = now
        for number in sorted(self._aside):
            for found, call in await asyncio.to_thread(self._reading.read, number - 1, 1):
                if found == number:
                    self._judge(number, await self._taken(call))
        self._strike_out()

    async def _taken(self, call: Call) -> int:
        """What the house answers to a genuine call of the book. It was proved when it came: the proof of
        today stands in for that of then, which was a secret, or is made with another one now."""
        headers = [*call.headers, ("content-length", str(len(call.body)))]
        if gate := self._gates.get(call.path):
            headers.append(proof_of(gate, call.body))
        return await self._call(call, headers)

    async def _call(self, call: Call, headers: Sequence[tuple[str, str]]) -> int:
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


async def _ended(process: asyncio.subprocess.Process) -> int:
    """Let the process end, or end it; its code."""
    try:
        return await asyncio.wait_for(process.wait(), GRACE)
    except TimeoutError:
        process.kill()
        return await process.wait()
