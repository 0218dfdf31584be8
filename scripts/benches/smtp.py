"""Mails a second that are accepted durably by SMTP, beside bare aiosmtpd with an fsync per mail.

Three processes: this one starts the others and prints; `--serve sapa` is Sapa's SMTP intake with the real inbox
and store, `--serve bare` aiosmtpd as it comes, which appends each mail to a file and syncs it; `--load` plays the
senders, many connections with one mail after the other. The two servers take turns in one run. A 250 counts.
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
from pathlib import Path

SECONDS, ROUNDS, CONNECTIONS = 5.0, 2, 64
GOAL_RATIO = 0.5
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
    """Serve until SIGTERM; the port stands in `port` when it is open, the peak memory in `peak` at the end."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await (serve_sapa if kind == "sapa" else serve_bare)(folder, stop)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (folder / "peak").write_text(f"{peak:.1f}")


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


async def serve_bare(folder: Path, stop: asyncio.Event) -> None:
    from aiosmtpd.smtp import SMTP, Envelope, Session

    class Keep:
        """The least that may say 250: appended and synced."""

        file = os.open(folder / "mails", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
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
    """Send for `seconds` and print how many were answered 250, and how long each took."""
    took: list[float] = []
    failed: list[str] = []
    gate, end = asyncio.Event(), [0.0]

    async def sender(worker: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def said(code: bytes) -> bool:
            while True:
                line = await reader.readline()
                if line[3:4] != b"-":
                    if not line.startswith(code):
                        failed.append(line.decode("ascii", "replace").strip())
                    return line.startswith(code)

        await said(b"220")
        writer.write(b"EHLO bench\r\n")
        await said(b"250")
        await gate.wait()
        number = 0
        while time.perf_counter() < end[0]:
            number += 1
            begin = time.perf_counter()
            ok = True
            for line, code in (
                (b"MAIL FROM:<sari%d@pelanggan.example>\r\n" % worker, b"250"),
                (b"RCPT TO:<support@localhost>\r\n", b"250"),
                (b"DATA\r\n", b"354"),
                (one_mail(worker, number) + b".\r\n", b"250"),
            ):
                writer.write(line)
                ok = ok and await said(code)
            if ok and time.perf_counter() <= end[0]:
                took.append(time.perf_counter() - begin)
        writer.close()

    tasks = [asyncio.create_task(sender(worker)) for worker in range(connections)]
    await asyncio.sleep(0.5)
    end[0] = time.perf_counter() + seconds
    gate.set()
    await asyncio.gather(*tasks)
    took.sort()
    print(json.dumps({
        "per_s": len(took) / seconds,
        "p50_ms": 1000 * statistics.median(took) if took else None,
        "p99_ms": 1000 * took[int(len(took) * 0.99)] if took else None,
        "failed": len(failed),
        "why": failed[:3],
    }))  # fmt: skip


# -------------------------------------------------------------------------------------------------- a run


def run(kind: str, seconds: float, connections: int) -> dict[str, object]:
    """One server with its load: what the load measured, and the server's peak memory in MB."""
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
            loaded = subprocess.run(
                [*me, "--load", port, "--seconds", str(seconds), "--connections", str(connections)],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
        finally:
            server.terminate()
            server.wait()
        return {**json.loads(loaded.stdout), "peak_mb": float((folder / "peak").read_text())}


def main(argv: list[str] | None = None) -> int:
    """Print one JSON line with the figure, its limit and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--serve", choices=("sapa", "bare"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--load", type=int, help=argparse.SUPPRESS)
    wanted = parser.parse_args(argv)
    if wanted.serve:
        asyncio.run(serve(wanted.serve, wanted.folder))
        return 0
    if wanted.load:
        asyncio.run(load(wanted.load, wanted.seconds, wanted.connections))
        return 0
    runs: dict[str, list[dict[str, object]]] = {"bare": [], "sapa": []}
    for _ in range(wanted.rounds):
        for kind, done in runs.items():
            done.append(run(kind, wanted.seconds, wanted.connections))

    def middle(kind: str, key: str) -> float:
        return statistics.median(float(str(each[key])) for each in runs[kind])

    ratio = middle("sapa", "per_s") / middle("bare", "per_s")
    print(json.dumps({
        "bench": "smtp",
        "mails_per_s": round(middle("sapa", "per_s"), 1),
        "limit_per_s": round(middle("bare", "per_s"), 1),
        "ratio": round(ratio, 3),
        "goal_ratio": GOAL_RATIO,
        "p50_ms": round(middle("sapa", "p50_ms"), 1),
        "p99_ms": round(middle("sapa", "p99_ms"), 1),
        "limit_p99_ms": round(middle("bare", "p99_ms"), 1),
        "peak_mb": middle("sapa", "peak_mb"),
        "connections": wanted.connections,
        "failed": sum(int(str(each["failed"])) for done in runs.values() for each in done),
    }))  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
