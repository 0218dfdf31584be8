"""One provider's updates through a whole `sapa run`: acknowledged, answered, sent - and how fast.

Two processes: `sapa run` as it comes, and this one, which is the provider: it calls the webhook over kept
connections, answers what Sapa calls, and watches the database for the answers. CPU is that of `sapa run`
alone, so that what else the machine does matters less.

At each steady rate: `ack` is from the first byte of a webhook to its 200, which comes when it is on the disk;
`queued` to the moment when the answer is committed to the outbox, as another process sees it (looked at every
few milliseconds). In the closed loop each customer writes the next line as soon as the answer is queued.

Beside each rate stands the limit of that minute: the bare webhook (`bare.py`) at the same rate, which only
syncs to the disk, and how long this machine takes for ten million additions (0.4 s is a good hour of the one
it was written on). The goal's own line says up to which rate it is met, and up to which the bare one is.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

sys.path[:1] = [str(Path(__file__).parents[3])]
from tests.faults.house import House  # noqa: E402 - after the project is on the path

RATES, SECONDS, CUSTOMERS, CONNECTIONS = (50.0, 100.0, 200.0), 6.0, 300, 32
GOAL_RATE = 200.0
GOAL_ACK_MS = 50.0
LOOK = 0.004
LINES = (
    "siang, saya beli 5 dus minyak goreng 1 liter kemarin, yg datang cuma 4, INV-2611-0457",
    "iya betul",
    "Budi Santoso",
    "0812 3456 7890",
    "budi.santoso@contoh.co.id",
    "tidak ada",
    "tidak ada",
    "ya, sudah benar",
    "tidak, terima kasih",
)
QUEUED = """select o.id, t.key, o.created_at from outbox o join threads t on t.id = o.thread_id
    where o.id > ? order by o.id"""


class Provider(Protocol):
    """What the load must know of a provider."""

    name: str
    path: str

    def env(self, url: str, public: str) -> Mapping[str, str]:
        """The settings of a Sapa that talks with the provider at `url`."""

    def says(self, customer: int, text: str) -> tuple[bytes, Mapping[str, str]]:
        """A webhook's body and headers."""

    def thread(self, customer: int) -> str:
        """The key of the customer's thread."""

    def answer(self, path: str, body: bytes) -> tuple[bytes, list[tuple[bytes, Mapping[str, str]]]]:
        """What the provider answers to a call, and the webhooks that follow from it."""


@dataclass(slots=True)
class Measured:
    """What one phase gave; times in milliseconds."""

    acks: list[float]
    queued: list[float]
    updates: int
    seconds: float
    cpu: float
    refused: int


# ------------------------------------------------------------------------------------------- the provider


class Wire:
    """As little HTTP as will do: kept connections to the webhook, and a server for Sapa's calls."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.port = 0
        self.calls = 0
        self._target = ("127.0.0.1", 0)
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self._follow: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def connect(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        while not self._free.empty():
            self._free.get_nowait()[1].close()
        for _ in range(CONNECTIONS):
            self._free.put_nowait(await asyncio.open_connection(*self._target))

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """One webhook; its status."""
        reader, writer = await self._free.get()
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(
            f"POST {self.provider.path} HTTP/1.1\r\nHost: sapa\r\nContent-Type: application/json\r\n"
            f"{head}Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        try:
            status, _ = await _message(reader)
        except (asyncio.IncompleteReadError, ConnectionError):
            status = "HTTP/1.1 000"
        writer.close()  # as the porch does after each answer: the next webhook brings a new connection
        try:
            self._free.put_nowait(await asyncio.open_connection(*self._target))
        except ConnectionError:  # it has been stopped, and this was news that nobody waits for
            self._free.put_nowait((reader, writer))
        return int(status.split()[1])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                line, body = await _message(reader)
                answer, following = self.provider.answer(line.split()[1], body)
                self.calls += 1
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                    + f"Content-Length: {len(answer)}\r\n\r\n".encode()
                    + answer
                )
                for more, headers in following:
                    task = asyncio.create_task(self.post(more, headers))
                    self._follow.add(task)
                    task.add_done_callback(self._follow.discard)


async def _message(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """First line and body of a request or an answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    length = 0
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
        elif name.lower() == "transfer-encoding":
            raise ConnectionError("chunked: Sapa and its porch write a length")
    return first, await reader.readexactly(length) if length else b""


# ----------------------------------------------------------------------------------------------- the load


async def _at_random(rate: float, seconds: float) -> AsyncIterator[None]:
    """So many moments a second, as strangers come; the same ones each time."""
    dice, following = random.Random(7), time.perf_counter()
    ends = following + seconds
    while following < ends:
        if (wait := following - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        yield
        following += dice.expovariate(rate)


class Load:
    """Customers who write, and a look at the database for their answers."""

    def __init__(self, wire: Wire, database: Path, pid: int) -> None:
        self.wire, self.provider, self.pid = wire, wire.provider, pid
        self._database = sqlite3.connect(f"file:{database}?mode=ro", uri=True, check_same_thread=False)
        self._last = 0
        self._people = 0
        self._waiting: dict[str, tuple[float, Callable[[], None]]] = {}
        self.queued: list[float] = []

    def _cpu(self) -> float:
        ticks = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")

    async def watch(self) -> None:
        """Who was answered, in milliseconds since the webhook began."""
        while True:
            rows = await asyncio.to_thread(lambda: self._database.execute(QUEUED, (self._last,)).fetchall())
            now = time.perf_counter()
            for row, key, _ in rows:
                self._last = row
                began, then = self._waiting.pop(key, (0.0, None))
                if then is not None:
                    self.queued.append(1000 * (now - began))
                    then()
            await asyncio.sleep(LOOK)

    async def steady(self, rate: float, seconds: float) -> Measured:
        """So many updates a second, each of a customer who waits for nothing."""
        acks, refused = list[float](), [0]
        free: list[tuple[int, int]] = []
        self.queued, cpu = [], self._cpu()

        async def say(customer: int, line: int) -> None:
            body, headers = self.provider.says(customer, LINES[line])
            began = time.perf_counter()
            after = line + 1
            self._waiting[self.provider.thread(customer)] = (
                began,
                lambda: free.append((customer, after)) if after < len(LINES) else None,
            )
            status = await self.wire.post(body, headers)
            acks.append(1000 * (time.perf_counter() - began))
            refused[0] += status != 200

        tasks: list[asyncio.Task[None]] = []
        async for _ in _at_random(rate, seconds):
            customer, line = free.pop(0) if len(free) > 20 else (self._new(), 0)
            tasks.append(asyncio.create_task(say(customer, line)))
        spent = self._cpu() - cpu
        await asyncio.gather(*tasks)
        await self._quiet()
        return Measured(acks, self.queued, len(tasks), seconds, spent, refused[0])

    async def closed(self, customers: int, seconds: float) -> Measured:
        """Every customer writes as soon as answered."""
        acks, refused, count = list[float](), [0], [0]
        ends = time.perf_counter() + seconds
        self.queued, cpu = [], self._cpu()

        async def talk() -> None:
            while time.perf_counter() < ends:
                customer = self._new()
                for line in LINES:
                    answered = asyncio.Event()
                    body, headers = self.provider.says(customer, line)
                    began = time.perf_counter()
                    self._waiting[self.provider.thread(customer)] = (began, answered.set)
                    refused[0] += await self.wire.post(body, headers) != 200
                    acks.append(1000 * (time.perf_counter() - began))
                    await answered.wait()
                    if time.perf_counter() >= ends:
                        return
                    count[0] += 1

        async with asyncio.timeout(seconds + 60):
            await asyncio.gather(*(talk() for _ in range(customers)))
        return Measured(acks, self.queued, count[0], seconds, self._cpu() - cpu, refused[0])

    async def _quiet(self) -> None:
        """Until everybody was answered."""
        async with asyncio.timeout(60):
            while self._waiting:  # noqa: ASYNC110 - the database rings no bell here
                await asyncio.sleep(0.05)

    def _new(self) -> int:
        self._people += 1
        return self._people


# ------------------------------------------------------------------------------------------- the measuring


class Bare:
    """The bare webhook as a process of its own."""

    def __init__(self, provider: Provider, folder: Path) -> None:
        self._wire = Wire(provider)
        self._door = socket.create_server(("127.0.0.1", 0), backlog=2048)
        command = [sys.executable, str(Path(__file__).with_name("bare.py")), str(folder / "bare")]
        number = self._door.fileno()
        self._process = subprocess.Popen([*command, str(number)], pass_fds=[number])

    async def steady(self, rate: float, seconds: float) -> list[float]:
        """So many webhooks a second; how long each took, in milliseconds."""
        await self._wire.connect(self._door.getsockname()[1])
        acks = list[float]()

        async def say(customer: int) -> None:
            body, headers = self._wire.provider.says(customer, LINES[0])
            began = time.perf_counter()
            await self._wire.post(body, headers)
            acks.append(1000 * (time.perf_counter() - began))

        await say(0)  # what is imported at first use
        acks.clear()
        tasks = [asyncio.create_task(say(len(acks))) async for _ in _at_random(rate, seconds)]
        await asyncio.gather(*tasks)
        return acks

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        self._door.close()


def _speed() -> float:
    """Seconds of CPU for ten million additions, now."""
    began, total = time.process_time(), 0
    for n in range(2_000_000):
        total += n
    return round(5 * (time.process_time() - began), 2)


async def measure(provider: Provider, given: argparse.Namespace) -> None:
    """Both phases on one Sapa; a JSON line for each figure."""
    wire = Wire(provider)
    await wire.open()
    about = {"bench": provider.name, "by": "webhook"}
    met, bare_met = [0.0], [0.0]
    with tempfile.TemporaryDirectory(prefix="sapa-bench-") as folder:
        bare = Bare(provider, Path(folder))
        house = House(Path(folder) / "data")
        house._env = dict(provider.env(f"http://127.0.0.1:{wire.port}", house.web))
        await asyncio.to_thread(house.start)
        assert house.process is not None
        try:
            await wire.connect(house.web_port)
            load = Load(wire, house.database, house.process.pid)
            watching = asyncio.create_task(load.watch())
            await load.steady(50, 2)  # what is imported and compiled at first use
            for rate in given.rates:
                limit = _tail(await bare.steady(rate, given.seconds / 2))
                steady = await load.steady(rate, given.seconds)
                ack, good = _tail(steady.acks), _is_met(steady)
                met += [rate] if good else []
                bare_met += [rate] if limit["p99_ms"] < GOAL_ACK_MS else []
                _tell({**about, "figure": "ack", "rate_per_s": rate, **ack, "refused": steady.refused,
                       "goal_p99_ms": GOAL_ACK_MS, "met": good,
                       "bare_p50_ms": limit["p50_ms"], "bare_p99_ms": limit["p99_ms"],
                       "times_bare_p99": round(ack["p99_ms"] / max(limit["p99_ms"], 0.1), 1),
                       "ten_million_additions_s": _speed()})  # fmt: skip
                cpu = round(1000 * steady.cpu / max(1, steady.updates), 2)
                _tell({**about, "figure": "queued", "rate_per_s": rate, **_tail(steady.queued),
                       "cpu_ms_per_update": cpu})  # fmt: skip
            closed = await load.closed(given.customers, given.seconds)
            watching.cancel()
        finally:
            await asyncio.to_thread(house.stop)
            bare.close()
        with sqlite3.connect(house.database) as connection:
            tickets = connection.execute("select count(*) from tickets").fetchone()[0]
            dead = connection.execute("select count(*) from inbox where state = 'dead'").fetchone()[0]
    _tell({**about, "figure": "full flow", "customers": given.customers,
           "updates_per_s": round(closed.updates / closed.seconds), **_tail(closed.queued),
           "ack_p99_ms": _tail(closed.acks)["p99_ms"],
           "cpu_ms_per_update": round(1000 * closed.cpu / max(1, closed.updates), 2),
           "updates_per_cpu_s": round(closed.updates / max(closed.cpu, 0.001)),
           "refused": closed.refused, "tickets": tickets, "quarantined": dead, "calls": wire.calls,
           "load_cpu_s": round(sum(resource.getrusage(resource.RUSAGE_SELF)[:2]), 1),
           "ten_million_additions_s": _speed()})  # fmt: skip
    _tell({**about, "figure": "goal", "goal": f"ack p99 < {GOAL_ACK_MS:.0f} ms at {GOAL_RATE:.0f}/s",
           "met": max(met) >= GOAL_RATE, "met_at_per_s": max(met),
           "bare_met_at_per_s": max(bare_met)})  # fmt: skip


def _is_met(steady: Measured) -> bool:
    return _tail(steady.acks)["p99_ms"] < GOAL_ACK_MS and not steady.refused


def _tail(times: list[float]) -> dict[str, float]:
    found = sorted(times) or [0.0]
    return {
        "p50_ms": round(statistics.median(found), 1),
        "p99_ms": round(found[min(len(found) - 1, int(len(found) * 0.99))], 1),
    }


def _tell(line: Mapping[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def main(provider: Provider) -> int:
    """The command line of each bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="+", default=RATES, help="updates a second, one by one")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    asyncio.run(measure(provider, parser.parse_args()))
    return 0
