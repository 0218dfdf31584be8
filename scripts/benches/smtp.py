"""Mail in: mails a second that are accepted durably by SMTP. Mail out: mails a second through one relay.

In: `--serve sapa` is Sapa's SMTP intake with the real inbox and store; its limits are aiosmtpd as it comes,
`bare` keeps nothing at all and says 250, `synced` appends each mail to a file and syncs it. `--load` plays the
senders: many connections, one mail after the other on each; a 250 counts. The servers take turns in one run,
each in a process of its own; CPU is the server's alone, so that what else the machine does matters less.

Out: the same mails through connections that are used again, and with a new connection for each mail.
"""
# ruff: noqa: E501

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SECONDS, ROUNDS, CONNECTIONS, OUT = 4.0, 2, 64, 300
GOAL_RATIO = 0.5
KINDS = ("bare", "synced", "sapa")
WROTE = (
    "Selamat siang,\r\n\r\nSaya beli 2 dus minyak goreng Sari Murni, yang datang cuma 1.\r\n"
    "Nomor faktur INV-2611-{n:04d}, HP 0812-3344-5566.\r\n\r\nTerima kasih\r\nSari\r\n\r\n"
    "Pada Sen, 16 Nov 2026 pukul 09.00 Layanan <support@localhost> menulis:\r\n\r\n"
)
QUOTED = "> Boleh minta nomor fakturnya, Ibu Sari? Contohnya INV-2611-0457.\r\n" * 24


def one_mail(worker: int, number: int) -> bytes:
    """A plain mail of about 2 kB, unlike every other one."""
    head = (
        f"From: Sari Dewi <sari{worker}@pelanggan.example>\r\nTo: support@localhost\r\nSubject: Barang kurang {number}\r\n"
        f"Date: Mon, 16 Nov 2026 09:12:00 +0700\r\nMessage-ID: <{os.getpid()}.{worker}.{number}@pelanggan.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    )
    return (head + WROTE.format(n=number % 10_000) + QUOTED).encode()


# --------------------------------------------------------------------------------------------- the servers


async def serve(kind: str, folder: Path) -> None:
    """Serve until SIGTERM; the port stands in `port` when it is open. SIGUSR1 starts the count of CPU, which
    stands in `used` at the end with the memory."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    begun = [0.0]
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, lambda: begun.__setitem__(0, time.process_time()))
    await (serve_sapa(folder, stop) if kind == "sapa" else serve_bare(folder, stop, synced=kind == "synced"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (folder / "used").write_text(
        json.dumps({"cpu_s": time.process_time() - begun[0], "peak_mb": round(peak, 1)})
    )


async def serve_sapa(folder: Path, stop: asyncio.Event) -> None:
    from bot import packs
    from bot.inbox import Inbox
    from bot.store import Bells, Files, Store
    from channels.smtp_in import Place, SmtpIn

    store = await Store.open(folder / "sapa.db", bells=Bells())
    inbox = Inbox(
        store,
        Files(folder / "files"),
        secret=b"bench",
        sop=packs.load(),
        own_addresses=("support@localhost",),
    )
    smtp = SmtpIn(
        Place(port=0), ("support@localhost",), max_connections=2 * CONNECTIONS + 16, max_commands=10**9
    )
    task = asyncio.create_task(smtp.run(inbox.accept))
    await smtp.listening.wait()
    (folder / "port").write_text(str(smtp.port))
    await stop.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await store.close()


async def serve_bare(folder: Path, stop: asyncio.Event, *, synced: bool) -> None:
    from aiosmtpd.smtp import SMTP, Envelope, Session

    class Keep:
        """Says 250; with `synced` the least that may: the mail is appended and synced before."""

        file = os.open(folder / "mails", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
            if synced:
                os.write(self.file, envelope.original_content or b"")
                os.fsync(self.file)
            return "250 OK"

    loop = asyncio.get_running_loop()
    keep = Keep()
    server = await loop.create_server(
        lambda: SMTP(keep, hostname="localhost", loop=loop), "127.0.0.1", 0, backlog=1024
    )
    (folder / "port").write_text(str(server.sockets[0].getsockname()[1]))
    await stop.wait()
    server.close()


# ------------------------------------------------------------------------------------------------ the load


async def load(port: int, seconds: float, connections: int) -> None:
    """One mail on each connection to warm up, "ready", and on a line of input as many as go in `seconds`.
    Prints how many were answered 250, and how long each took."""
    took: list[float] = []
    failed: list[str] = []
    gate, end = asyncio.Event(), [0.0]
    warm = asyncio.Semaphore(0)

    async def sender(worker: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def said(code: bytes) -> bool:
            while True:
                line = await reader.readline()
                if line[3:4] != b"-":
                    if not line.startswith(code):
                        failed.append(line.decode("ascii", "replace").strip())
                    return line.startswith(code)

        async def send(number: int) -> bool:
            ok = True
            for line, code in (
                (b"MAIL FROM:<sari%d@pelanggan.example>\r\n" % worker, b"250"),
                (b"RCPT TO:<support@localhost>\r\n", b"250"),
                (b"DATA\r\n", b"354"),
                (one_mail(worker, number) + b".\r\n", b"250"),
            ):
                writer.write(line)
                ok = ok and await said(code)
            return ok

        await said(b"220")
        writer.write(b"EHLO bench\r\n")
        await said(b"250")
        await send(0)
        warm.release()
        await gate.wait()
        number = 0
        while time.perf_counter() < end[0]:
            number += 1
            begin = time.perf_counter()
            if await send(number):
                took.append(time.perf_counter() - begin)
        writer.close()

    tasks = [asyncio.create_task(sender(worker)) for worker in range(connections)]
    for _ in tasks:
        await warm.acquire()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    begin = time.perf_counter()
    end[0] = begin + seconds
    gate.set()
    await asyncio.gather(*tasks)
    spent = time.perf_counter() - begin
    took.sort()
    print(json.dumps({
        "mails": len(took),
        "per_s": len(took) / spent,
        "p50_ms": 1000 * statistics.median(took) if took else None,
        "p99_ms": 1000 * took[int(len(took) * 0.99)] if took else None,
        "failed": len(failed),
        "why": failed[:3],
    }))  # fmt: skip


# -------------------------------------------------------------------------------------------------- a run


def run(kind: str, seconds: float, connections: int) -> dict[str, float]:
    """One server with its load: what the load measured, the server's CPU for each mail and its peak memory."""
    me = [sys.executable, str(Path(__file__).resolve())]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = subprocess.Popen([*me, "--serve", kind, "--folder", name])
        try:
            while not (folder / "port").exists() or not (folder / "port").read_text():
                if server.poll() is not None:
                    raise SystemExit(f"the server ({kind}) ended with {server.returncode}")
                time.sleep(0.01)
            port = (folder / "port").read_text()
            loading = subprocess.Popen(
                [*me, "--load", port, "--seconds", str(seconds), "--connections", str(connections)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert loading.stdin is not None
            assert loading.stdout is not None
            loading.stdout.readline()
            server.send_signal(signal.SIGUSR1)
            time.sleep(0.1)
            loaded: dict[str, Any] = json.loads(loading.communicate("go\n")[0])
        finally:
            server.terminate()
            server.wait()
        used = json.loads((folder / "used").read_text())
        return {
            **loaded,
            "cpu_ms": 1000 * used["cpu_s"] / max(loaded["mails"], 1),
            "peak_mb": used["peak_mb"],
        }


def mail_in(seconds: float, rounds: int, connections: int) -> dict[str, Any]:
    """The three servers in turns; medians."""
    runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind, done in runs.items():
            done.append(run(kind, seconds, connections))

    def middle(kind: str, key: str) -> float:
        return statistics.median(each[key] for each in runs[kind])

    per_s, cpu = middle("sapa", "per_s"), middle("sapa", "cpu_ms")
    ratio = per_s / middle("bare", "per_s")
    return {
        "bench": "smtp in",
        "mails_per_s": round(per_s, 1),
        "bare_per_s": round(middle("bare", "per_s"), 1),
        "synced_per_s": round(middle("synced", "per_s"), 1),
        "ratio": round(ratio, 3),
        "goal_ratio": GOAL_RATIO,
        "met": ratio >= GOAL_RATIO,
        "ratio_synced": round(per_s / middle("synced", "per_s"), 3),
        "cpu_ms": round(cpu, 3),
        "bare_cpu_ms": round(middle("bare", "cpu_ms"), 3),
        "ratio_cpu": round(middle("bare", "cpu_ms") / cpu, 3),
        **{f"{key}_ms": round(middle("sapa", f"{key}_ms"), 1) for key in ("p50", "p99")},
        "bare_p99_ms": round(middle("bare", "p99_ms"), 1),
        "peak_mb": middle("sapa", "peak_mb"),
        "connections": connections,
        "failed": sum(int(each["failed"]) for done in runs.values() for each in done),
    }


# ---------------------------------------------------------------------------------------------------- out


async def send_out(port: int, mails: int) -> dict[str, Any]:
    """`mails` through `Relay`, sixteen at a time as the outbox does: connections used again, then one each."""
    from channels.base import MailHead, Outbound, Sent
    from channels.pacing import Pace
    from channels.smtp_out import Relay

    letter = Outbound(
        id="1", channel="email", account="support@sapa.example", to="sari@pelanggan.example", text=WROTE.format(n=1) + QUOTED,
        mail=MailHead(message_id="1@sapa.example", subject="Re: Barang kurang", sender="support@sapa.example", date=datetime(2026, 11, 16, tzinfo=UTC)),
    )  # fmt: skip
    found: dict[str, Any] = {"bench": "smtp out", "mails": mails}
    for name, each in (("", mails), ("fresh_", 1)):
        relay = Relay("127.0.0.1", port, tls="none", mails_each=each, pace=Pace(per_minute=0, at_once=16))
        assert isinstance(await relay.send(letter), Sent)  # what is needed is loaded
        at_once = asyncio.Semaphore(16)

        async def one(number: int, relay: Relay = relay, at_once: asyncio.Semaphore = at_once) -> None:
            head = replace(letter.mail, message_id=f"{number}@sapa.example") if letter.mail else None
            async with at_once:
                assert isinstance(await relay.send(replace(letter, id=str(number), mail=head)), Sent)

        begin, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(one(number) for number in range(mails)))
        found[f"{name}mails_per_s"] = round(mails / (time.perf_counter() - begin), 1)
        found[f"{name}cpu_ms"] = round(1000 * (time.process_time() - cpu) / mails, 3)
        found[f"{name}connections"] = relay.connections.opened
        await relay.close()
    return found


def mail_out(mails: int) -> dict[str, Any]:
    """A bare server in a process of its own, and what goes through it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), "--serve", "bare", "--folder", name]
        )
        try:
            while not (folder / "port").exists() or not (folder / "port").read_text():
                time.sleep(0.01)
            return asyncio.run(send_out(int((folder / "port").read_text()), mails))
        finally:
            server.terminate()
            server.wait()


def main(argv: list[str] | None = None) -> int:
    """Print a JSON line for mail in and one for mail out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--out", type=int, default=OUT, help="mails to send out")
    parser.add_argument("--serve", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--load", type=int, help=argparse.SUPPRESS)
    wanted = parser.parse_args(argv)
    if wanted.serve:
        asyncio.run(serve(wanted.serve, wanted.folder))
        return 0
    if wanted.load:
        asyncio.run(load(wanted.load, wanted.seconds, wanted.connections))
        return 0
    print(json.dumps(mail_in(wanted.seconds, wanted.rounds, wanted.connections)), flush=True)
    print(json.dumps(mail_out(wanted.out)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
