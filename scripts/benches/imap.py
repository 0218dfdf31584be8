"""Mails a second from an IMAP mailbox to a registered conversation whose answer is queued, beside their limit.

Its own Dovecot on 127.0.0.1 holds the mails: `plain` ones of 2 kB, and a `mix` (texts, HTML with its plain
twin, quoted replies, attachments; median about 4 kB). Three processes: this one starts the others and prints;
`--reader sapa` reads the mailbox with the real listener, inbox, store and turns, and is done when every mail has
its conversation and its answer stands in the outbox; `--reader bare` only fetches the same mails in the same
batches and gives them to Python's own parser (compat32). They take turns in one run. CPU is that of the reading
process alone, all its threads.
"""
# ruff: noqa: E501

from __future__ import annotations

import argparse
import asyncio
import base64
import contextlib
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

GOAL_PER_S, GOAL_MB = 350, 120
MAILS = 1_000

OPENING = (
    "Selamat siang,\r\n\r\nSaya beli 5 dus minyak goreng 1 liter, yang datang cuma 4.\r\n"
    "Nomor faktur INV-2611-{n:04d}. Mohon bantuannya.\r\n\r\nTerima kasih\r\nSari Dewi\r\nToko Makmur Jaya\r\n"
)
QUOTED = "\r\nPada Sen, 16 Nov 2026 pukul 09.00 Layanan <support@localhost> menulis:\r\n\r\n" + (
    "> Boleh minta nomor fakturnya, Ibu Sari? Contohnya INV-2611-0457.\r\n" * 24
)


def head(n: int, kind: str) -> str:
    """The headers of a mail that passed three servers."""
    received = "".join(
        f"Received: from mx{hop}.pelanggan.example (mx{hop}.pelanggan.example [192.0.2.{hop}])\r\n"
        f"\tby mx{hop + 1}.toko.example with ESMTPS id {n:08x}{hop}; Mon, 16 Nov 2026 09:1{hop}:00 +0700\r\n"
        for hop in (3, 2, 1)
    )
    return (
        f"Return-Path: <sari{n}@pelanggan.example>\r\nDelivered-To: support@localhost\r\n{received}"
        f"From: Sari Dewi <sari{n}@pelanggan.example>\r\nTo: support@localhost\r\n"
        f"Subject: Barang kurang {n}\r\nDate: Mon, 16 Nov 2026 09:12:00 +0700\r\n"
        f"Message-ID: <{kind}.{n}@pelanggan.example>\r\nMIME-Version: 1.0\r\n"
    )


def plain(n: int) -> bytes:
    """A plain mail of about 2 kB."""
    rest = "Content-Type: text/plain; charset=utf-8\r\n\r\n" + OPENING.format(n=n % 10_000) + QUOTED[:1000]
    return (head(n, "plain") + rest).encode()


def mixed(n: int) -> bytes:
    """One of a mix: a third plain, a third with HTML, a quarter quoted replies, the others with attachments."""
    dice = random.Random(n)
    text = OPENING.format(n=n % 10_000)
    which = dice.random()
    if which < 0.25:
        return plain(n)
    styled = "".join(f'<p style="margin:0;font-family:Calibri">{line}</p>' for line in text.split("\r\n"))
    page = f'<html><head><style>p{{margin:0}}</style></head><body><div class="wrap">{styled}</div>'
    if which < 0.6 or which >= 0.9:
        page += "<div>" + "<span>&nbsp;</span>" * dice.randrange(20, 120) + "</div></body></html>"
    else:
        text += QUOTED
        page += f'<div class="gmail_quote"><blockquote>{QUOTED}</blockquote></div></body></html>'
    both = (
        "--dalam\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(text.encode()).decode().replace("\n", "\r\n")
        + "\r\n--dalam\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        + page
        + "\r\n--dalam--\r\n"
    )
    if which < 0.9:
        return (
            head(n, "mix") + 'Content-Type: multipart/alternative; boundary="dalam"\r\n\r\n' + both
        ).encode()
    photo = base64.encodebytes(dice.randbytes(dice.randrange(5_000, 120_000))).decode().replace("\n", "\r\n")
    return (
        head(n, "mix")
        + 'Content-Type: multipart/mixed; boundary="luar"\r\n\r\n--luar\r\n'
        + 'Content-Type: multipart/alternative; boundary="dalam"\r\n\r\n'
        + both
        + '\r\n--luar\r\nContent-Type: image/jpeg\r\nContent-Disposition: attachment; filename="foto.jpg"\r\n'
        + f"Content-Transfer-Encoding: base64\r\n\r\n{photo}\r\n--luar--\r\n"
    ).encode()


KINDS = {"plain": plain, "mix": mixed}

# -------------------------------------------------------------------------------------------- the readers


def figures(count: int, begun: float, cpu: float, more: dict[str, object] | None = None) -> None:
    """Print what a reader measured."""
    took = time.perf_counter() - begun
    print(
        json.dumps(
            {
                "per_s": count / took,
                "cpu_ms": 1000 * (time.process_time() - cpu) / count,
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                **(more or {}),
            }
        )
    )


def bare(port: int, user: str, password: str, count: int) -> None:
    """The limit: fetched in batches of 50 and parsed by Python's own parser, nothing more."""
    from email import message_from_bytes
    from email.policy import compat32

    from imapclient import IMAPClient

    begun, cpu = time.perf_counter(), time.process_time()
    client = IMAPClient("127.0.0.1", port, ssl=False, timeout=60)
    client.login(user, password)
    client.select_folder("INBOX", readonly=True)
    uids = client.search(["UID", "1:*"])
    done = 0
    for at in range(0, len(uids), 50):
        for told in client.fetch(uids[at : at + 50], [b"BODY.PEEK[]"]).values():
            mail = message_from_bytes(told[b"BODY[]"], policy=compat32)
            for part in mail.walk():
                part.get_payload(decode=True)
            done += bool(mail["subject"])
    if done != count:
        raise SystemExit(f"{done} mails of {count}")
    figures(count, begun, cpu)


async def sapa(port: int, user: str, password: str, count: int, folder: Path) -> None:
    """Everything that Sapa does with a mail until its answer is in the outbox."""
    from sqlalchemy import func, select

    from bot import packs
    from bot.inbox import Inbox
    from bot.letters import Mailbox as Letterbox
    from bot.mailboxes import StoredMemory
    from bot.store import Bells, Files, Store
    from bot.store.tables import conversations, outbox
    from bot.store.tables import inbox as inbox_rows
    from bot.turns import Turns
    from channels.base import Capabilities, Cursor
    from channels.imap.listener import Imap
    from channels.imap.mailbox import Mailbox
    from channels.imap.standing import CHANNEL, Standing, account

    sop = packs.load()
    bells = Bells()
    store = await Store.open(folder / "sapa.db", bells=bells)
    files = Files(folder / "files")
    room = Inbox(store, files, secret=b"bench", sop=sop, own_addresses=("support@localhost",))
    turns = Turns(
        store,
        files,
        sop=sop,
        secret=b"bench",
        mailbox=Letterbox("support@localhost", "Bench"),
        capabilities={"email": Capabilities(medium="email", idempotent=True)},
    )
    box = Mailbox(host="127.0.0.1", port=port, user=user, password=password, tls="none", poll=3600)
    # as if it had been read to its beginning: what lies there is new
    validity = await asyncio.to_thread(_validity, port, user, password)
    value = Standing(validity, 0).encode()
    await room.accept([], Cursor(CHANNEL, account(box.key, "INBOX"), value))
    listener = Imap(box, StoredMemory(store), account="support@localhost", own=("support@localhost",))
    memory: list[float] = []
    begun, cpu = time.perf_counter(), time.process_time()
    working = [asyncio.create_task(listener.run(room.accept)), asyncio.create_task(turns.run())]
    waiting = select(func.count()).select_from(inbox_rows).where(inbox_rows.c.state == "new")
    while listener.health().figures["stored"] < count or await store.read(
        lambda connection: connection.execute(waiting).scalar()
    ):
        await asyncio.sleep(0.25)
        memory.append(_resident())
    taken = [await store.read(lambda c, t=t: c.execute(select(func.count()).select_from(t)).scalar()) for t in (conversations, outbox)]  # fmt: skip
    third = max(len(memory) // 3, 1)
    figures(
        count,
        begun,
        cpu,
        {
            "conversations": taken[0],
            "answers": taken[1],
            "decide_ms": 1000 * turns.decide_seconds / max(turns.taken, 1),
            "mb_after_a_third": round(memory[third - 1], 1) if memory else None,
            "mb_at_the_end": round(_resident(), 1),
        },
    )
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    await store.close()


def _validity(port: int, user: str, password: str) -> int:
    from imapclient import IMAPClient

    client = IMAPClient("127.0.0.1", port, ssl=False, timeout=60)
    client.login(user, password)
    found = int(client.select_folder("INBOX", readonly=True)[b"UIDVALIDITY"])
    client.logout()
    return found


def _resident() -> float:
    """MB this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


# --------------------------------------------------------------------------------------------------- a run


def measure(reader: str, port: int, user: str, password: str, count: int) -> dict[str, float]:
    """Run one reader in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).resolve()), "--reader", reader, "--port", str(port), "--user", user,
             "--password", password, "--mails", str(count), "--folder", name],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(argv: list[str] | None = None) -> int:
    """Print one JSON line for each kind of mail."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--mails", type=int, default=MAILS, help="how many of each kind (100000 shows memory)"
    )
    parser.add_argument("--kind", choices=tuple(KINDS), help="only these mails")
    for hidden in ("--reader", "--user", "--password", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    wanted = parser.parse_args(argv)
    if wanted.reader == "bare":
        bare(wanted.port, wanted.user, wanted.password, wanted.mails)
        return 0
    if wanted.reader == "sapa":
        asyncio.run(sapa(wanted.port, wanted.user, wanted.password, wanted.mails, Path(wanted.folder)))
        return 0

    from tests.imap.dovecot import PASSWORD, PRESENT, Dovecot

    if not PRESENT:
        raise SystemExit("This bench needs Dovecot (Debian: apt-get install dovecot-imapd) and openssl.")
    dovecot = Dovecot()
    dovecot.start()
    with contextlib.ExitStack() as stack:
        stack.callback(dovecot.stop)
        for kind, make in KINDS.items():
            if wanted.kind not in (None, kind):
                continue
            user = dovecot.new_user()
            dovecot.put(user, (make(n) for n in range(wanted.mails)))
            sizes = sorted(len(make(n)) for n in range(min(wanted.mails, 2_000)))
            with dovecot.client(user):  # the server has taken them in before anybody is measured
                pass
            limit = measure("bare", dovecot.port, user, PASSWORD, wanted.mails)
            found = measure("sapa", dovecot.port, user, PASSWORD, wanted.mails)
            print(
                json.dumps(
                    {
                        "bench": f"imap {kind}",
                        "mails": wanted.mails,
                        "median_bytes": sizes[len(sizes) // 2],
                        "mails_per_s": round(found["per_s"], 1),
                        **({"goal_per_s": GOAL_PER_S} if kind == "plain" else {}),
                        "limit_per_s": round(limit["per_s"], 1),
                        "cpu_ms": round(found["cpu_ms"], 3),
                        "limit_cpu_ms": round(limit["cpu_ms"], 3),
                        "decide_ms": round(found["decide_ms"], 3),
                        "conversations": found["conversations"],
                        "answers": found["answers"],
                        "peak_mb": round(found["peak_mb"], 1),
                        "mb_after_a_third": found["mb_after_a_third"],
                        "mb_at_the_end": found["mb_at_the_end"],
                        "goal_mb": GOAL_MB,
                    }
                ),
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
