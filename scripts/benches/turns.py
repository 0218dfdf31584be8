"""Turns a second: 500 complaints at once, from the first word to the ticket, durable, entering at `accept`.

Three processes: this one starts the others and prints; `--serve` is the server (store, inbox, turns) alone;
`--load` plays the customers. The two talk through a Unix socket. A customer writes the next line when the
answer to the last one is committed. The limit is the same server fed with recorded turns: all of the store's
work and none of understanding, deciding and wording.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

CUSTOMERS = 500
SECONDS = 12.0
WARM_UP = 20.0
GOAL_TURNS, GOAL_RATIO, GOAL_P99_MS, GOAL_MB = 1000, 0.40, 150, 150

TALKS = (
    (
        "siang, saya beli 5 dus minyak goreng 1 liter kemarin, yg datang cuma 4, INV-2611-0457",
        "iya betul",
        "Budi Santoso",
        "0812 3456 7890",
        "budi.santoso@contoh.co.id",
        "tidak ada",
        "tidak ada",
        "ya, sudah benar",
        "tidak, terima kasih",
    ),
    (
        "pagi, gula pasir yang dikirim tadi rusak, karungnya sobek 3 sak. faktur INV-2611-0388",
        "ya",
        "nama saya Siti Rahma",
        "081298765432",
        "siti@contoh.co.id",
        "tidak tahu",
        "tidak ada",
        "tidak ada",
        "benar",
        "sudah itu saja, makasih",
    ),
    (
        "min kiriman telat terus, pesanan INV-2611-0512 belum sampai dari hari senin",
        "iya",
        "Andi Wijaya",
        "085712345678",
        "andi@contoh.co.id",
        "tidak ada",
        "tidak ada",
        "ya",
        "cukup, terima kasih",
    ),
    (
        "good morning, I ordered 10 cartons of cooking oil and only 8 arrived, INV-2611-0777",
        "yes",
        "John Miller",
        "+62 811 2233 4455",
        "john@example.com",
        "yesterday",
        "I don't have it",
        "I have no photo",
        "yes, correct",
        "no, thank you",
    ),
)


LAP = CUSTOMERS * max(map(len, TALKS))

# ---------------------------------------------------------------------------------------------- the server


async def serve(socket: Path, database: Path, recorded: bool) -> None:
    """Store, inbox and turn-taker behind a socket: lines in are messages, lines out are answered threads."""
    from sqlalchemy import select

    from bot import packs
    from bot.inbox import Inbox
    from bot.letters import Mailbox
    from bot.store import Bells, Files, Store
    from bot.store.tables import threads
    from bot.turns import Turns
    from channels.base import Capabilities, Message, Sender

    sop = packs.load()
    bells = Bells()
    store = await Store.open(database, bells=bells)
    files = Files(database.parent / "files")
    inbox = Inbox(store, files, secret=b"bench", sop=sop)
    turns = Turns(
        store,
        files,
        sop=sop,
        secret=b"bench",
        mailbox=Mailbox("support@localhost", "Bench"),
        capabilities={"bench": Capabilities(buttons=10, stored=True)},
    )
    if recorded:
        await record(turns)
    keys: dict[int, str] = {}
    rung: set[int] = set()
    wake = asyncio.Event()
    writers: list[asyncio.StreamWriter] = []

    def heard(name: str) -> None:
        if name.startswith("thread:"):
            rung.add(int(name[7:]))
            wake.set()

    bells.heard.append(heard)

    async def tell() -> None:
        while True:
            await wake.wait()
            wake.clear()
            now, unknown = list(rung), [one for one in rung if one not in keys]
            rung.clear()
            if unknown:
                found = select(threads.c.id, threads.c.key).where(threads.c.id.in_(unknown))
                keys.update(await store.read(lambda c: c.execute(found).all()))  # type: ignore[arg-type]  # noqa: B023
            writers[0].write("".join(f"{keys[one]}\n" for one in now).encode())

    async def take(key: str, n: str, text: str) -> None:
        await inbox.accept(
            [
                Message(
                    channel="bench", account="", external_id=f"{key}/{n}", sender=Sender(key), thread=key,
                    sent_at=datetime.now(UTC), text=text,
                )
            ]
        )  # fmt: skip

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        tasks: set[asyncio.Task[None]] = set()
        try:
            while line := await reader.readline():
                if line == b"figures\n":
                    figures = {
                        "taken": turns.taken,
                        "decide_s": turns.decide_seconds,
                        "commits": store.writer.commits,
                        "quarantined": turns.quarantined,
                        "cpu_s": time.process_time(),
                        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                    }
                    writer.write(f"={json.dumps(figures)}\n".encode())
                    continue
                task = asyncio.create_task(take(*line.decode().rstrip("\n").split("\t")))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        except ConnectionError:
            return  # the load generator is gone: the measuring is over
        finally:
            done.set()

    done = asyncio.Event()
    server = await asyncio.start_unix_server(listen, socket)
    working = [asyncio.create_task(turns.run()), asyncio.create_task(tell())]
    await done.wait()
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    server.close()
    await store.close()


async def record(turns: object) -> None:
    """Take every turn of every talk once, for real, and from then on only repeat what was decided."""
    import bot.turns as room
    import bot.turns.committing as committing
    from bot.dialogue import Finished, encode_talk
    from bot.store.conversations import Standing
    from bot.store.inbox import WaitingInput
    from bot.store.inputs import MessageIn, encode
    from bot.turns import planning
    from bot.turns.planning import Plan
    from bot.turns.spoken import readable

    shelf = turns._shelf  # type: ignore[attr-defined]
    carrying = turns._carrying["bench"]  # type: ignore[attr-defined]
    played: dict[tuple[int, int], tuple[Plan, Finished]] = {}
    now = datetime.now(UTC)
    for number, lines in enumerate(TALKS):
        thread = Standing(1, "bench", "", "k", 1, "k", 0, 0, b"", None, None, None, None, None, None)
        for n, text in enumerate(lines):
            row = WaitingInput(n, 1, "message", f"k/{n}", now, now, encode(MessageIn(text)), 0, None)
            made = planning.plan(thread, (row,), shelf.current, now, carrying)
            wishes = [e for e in made.turn.effects if isinstance(e, planning.IssueTicket)]
            finished = made.finished or planning.complete(made, {e.ref: "SP-2611-0001-0" for e in wishes})
            played[number, n] = (made, finished)
            state = "closed" if finished.talk.closed else "open"
            thread = Standing(
                1, "bench", "", "k", 1, "k", 0, 0, b"", 1, state, "bot",
                shelf.current.sop.hash, 0, encode_talk(finished.talk),
            )  # fmt: skip

    def line_of(row: WaitingInput) -> tuple[int, int]:
        key, _, n = row.external_id.rpartition("/")
        return int(key.partition("-")[0]), int(n)

    def plan(thread: Standing, rows: tuple[WaitingInput, ...], *_: object) -> Plan:
        made, _finished = played[line_of(rows[0])]
        new = Plan(thread, rows, made.sop, datetime.now(UTC), made.carrying)
        new.spoken = tuple(filter(None, map(readable, rows)))
        new.before, new.first, new.turn = made.before, made.first, made.turn
        new.finished = None if made.needs_store else made.finished
        return new

    def complete(made: Plan, _numbers: object) -> Finished:
        return played[line_of(made.rows[0])][1]

    room.plan = plan  # type: ignore[assignment]
    committing.complete = complete  # type: ignore[assignment]


# ------------------------------------------------------------------------------------------------ the load


async def load(socket: Path, seconds: float, rate: float, warm_up: float) -> None:
    """500 customers. `rate` 0: each writes as soon as answered; else that many messages a second in all.
    Measured are `seconds`, after a lap of all talks or `warm_up` seconds, whichever is first."""
    reader, writer = await asyncio.open_unix_connection(socket)
    dice = random.Random(7)
    talk: dict[int, tuple[str, int, int]] = {}  # customer -> key, which talk, next line
    of_key: dict[str, int] = {}
    sent_at: dict[str, float] = {}
    visits = 0
    took: list[tuple[float, float]] = []

    def begin(customer: int) -> None:
        nonlocal visits
        visits += 1
        which = visits % len(TALKS)
        key = f"{which}-{customer}-{visits}-{started:.0f}"
        of_key.pop(talk[customer][0], None) if customer in talk else None
        of_key[key] = customer
        talk[customer] = (key, which, 0)

    def say(customer: int) -> None:
        key, which, n = talk[customer]
        writer.write(f"{key}\t{n}\t{TALKS[which][n]}\n".encode())
        sent_at[key] = time.perf_counter()
        talk[customer] = (key, which, n + 1)

    started = time.time()
    begun = time.perf_counter()
    ends = begun + warm_up + seconds
    warm = ends
    at_warm: dict[str, float] = {}
    at_end: dict[str, float] = {}
    for customer in range(CUSTOMERS):
        begin(customer)
        talk[customer] = (talk[customer][0], talk[customer][1], 0)
    free = set(range(CUSTOMERS))

    async def closed_loop() -> None:
        for customer in range(CUSTOMERS):
            say(customer)

    async def open_loop() -> None:
        following = time.perf_counter()
        while following < ends:
            wait = following - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            if free:
                customer = dice.choice(tuple(free)) if len(free) < 50 else next(iter(free))
                free.discard(customer)
                say(customer)
            following += dice.expovariate(rate)

    async def watch() -> None:
        """Measure once every talk has come to its end about once, so that all turns of a talk are mixed."""
        nonlocal warm
        while time.perf_counter() < begun + warm_up and len(took) < LAP:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        warm = time.perf_counter()
        writer.write(b"figures\n")
        await asyncio.sleep(seconds)
        writer.write(b"figures\n")

    speaking = asyncio.create_task(open_loop() if rate else closed_loop())
    watching = asyncio.create_task(watch())
    while True:
        line = (await reader.readline()).decode().rstrip("\n")
        now = time.perf_counter()
        if line.startswith("="):
            figures = {**json.loads(line[1:]), "at": now}
            if at_warm:
                at_end = figures
                break
            at_warm = figures
            continue
        customer = of_key.get(line)
        if customer is None or line not in sent_at:
            continue
        took.append((now, now - sent_at.pop(line)))
        if talk[customer][2] >= len(TALKS[talk[customer][1]]):
            begin(customer)
        free.add(customer)
        if not rate:
            free.discard(customer)
            say(customer)
    speaking.cancel()
    watching.cancel()
    delays = sorted(1000 * delay for at, delay in took if at > warm)
    turns = at_end["taken"] - at_warm["taken"]
    span = at_end["at"] - at_warm["at"]
    print(
        json.dumps(
            {
                "turns_per_s": turns / span,
                "decide_ms": 1000 * (at_end["decide_s"] - at_warm["decide_s"]) / max(1, turns),
                "cpu_ms": 1000 * (at_end["cpu_s"] - at_warm["cpu_s"]) / max(1, turns),
                "turns_per_commit": turns / max(1, at_end["commits"] - at_warm["commits"]),
                "p50_ms": statistics.median(delays) if delays else None,
                "p99_ms": delays[int(len(delays) * 0.99)] if delays else None,
                "peak_mb": at_end["peak_mb"],
                "quarantined": at_end["quarantined"],
            }
        )
    )
    writer.close()


# -------------------------------------------------------------------------------------------- the measuring


def measure(
    database: Path,
    *,
    recorded: bool = False,
    rate: float = 0.0,
    seconds: float = SECONDS,
    warm_up: float = WARM_UP,
) -> dict[str, float]:
    """One run of a server on `database` with its own load process; the load's figures."""
    me = [sys.executable, __file__]
    socket = database.parent / f"s{random.randrange(10**9)}"
    mode = ["--recorded"] if recorded else []
    server = subprocess.Popen([*me, "--serve", str(socket), str(database), *mode])
    try:
        while not socket.exists():
            if server.poll() is not None:
                raise SystemExit("the server ended")
            time.sleep(0.02)
        out = subprocess.run(
            [
                *me, "--load", str(socket), "--seconds", str(seconds), "--rate", str(rate),
                "--warm-up", str(warm_up),
            ],
            check=True, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        server.wait(60)
    finally:
        server.kill()
    figures: dict[str, float] = json.loads(out.stdout)
    return figures


def tickets_in(database: Path) -> int:
    """How many tickets a database has: the talks did come to their end."""
    import sqlite3

    with sqlite3.connect(database) as connection:
        count: int = connection.execute("SELECT count(*) FROM tickets").fetchone()[0]
    return count


def main() -> int:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--serve", nargs=2, metavar=("SOCKET", "DATABASE"))
    parser.add_argument("--load", metavar="SOCKET")
    parser.add_argument("--recorded", action="store_true")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--warm-up", type=float, default=WARM_UP)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(Path(given.serve[0]), Path(given.serve[1]), given.recorded))
        return 0
    if given.load:
        asyncio.run(load(Path(given.load), given.seconds, given.rate, given.warm_up))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        full = measure(base / "full.db", seconds=given.seconds)
        limit = measure(base / "limit.db", recorded=True, seconds=given.seconds)
        half = measure(base / "half.db", rate=full["turns_per_s"] / 2, seconds=given.seconds)
        tickets = tickets_in(base / "full.db")
    ratio = full["turns_per_s"] / limit["turns_per_s"]
    peak = max(full["peak_mb"], half["peak_mb"])
    good = (
        full["turns_per_s"] >= GOAL_TURNS
        and ratio >= GOAL_RATIO
        and half["p99_ms"] < GOAL_P99_MS
        and peak < GOAL_MB
        and tickets > 0
    )
    print(
        json.dumps(
            {
                "bench": "turns",
                "conversations": CUSTOMERS,
                "turns_per_s": round(full["turns_per_s"]),
                "goal_turns_per_s": GOAL_TURNS,
                "limit_per_s": round(limit["turns_per_s"]),
                "ratio": round(ratio, 3),
                "decide_ms": round(full["decide_ms"], 3),
                "cpu_ms": round(full["cpu_ms"], 3),
                "turns_per_commit": round(full["turns_per_commit"], 1),
                "p50_ms": round(half["p50_ms"], 1),
                "p99_ms": round(half["p99_ms"], 1),
                "at_full_load_p99_ms": round(full["p99_ms"], 1),
                "peak_mb": round(peak, 1),
                "tickets": tickets,
                "met": good,
            }
        )
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
