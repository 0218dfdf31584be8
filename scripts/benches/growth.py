"""Turns a second on an empty database and on one with 1,000,000 stored messages, in turn in one run.

No query in the hot path may depend on history: the full database may be at most 1.2 times slower. The load is
that of the `turns` bench. Seeded by executemany: threads with closed conversations, events, items, inbox rows
and their ids, as a year of customers leaves them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from turns import measure

MESSAGES = 1_000_000
PER_CONVERSATION = 10
PAGE = 5_000
GOAL = 1.2


async def seed(database: Path, messages: int) -> None:
    """Fill `database` with `messages` messages of customers, each answered."""
    from bot import packs
    from bot.dialogue import Opening, begin, encode_event, encode_talk, event_type, fold
    from bot.store import Bells, Store, tables
    from bot.store.inputs import MessageIn, encode

    store = await Store.open(database, bells=Bells())
    sop = packs.load()
    at = datetime.now(UTC) - timedelta(days=300)
    first = begin(Opening("bench", "chat", {}, at), sop)
    talk = encode_talk(fold(None, first))
    event, kind = encode_event(first[0]), event_type(first[0])
    body = encode(MessageIn("minyak goreng yang datang kurang satu dus, mohon dibantu"))

    def page(begun: int, count: int):  # type: ignore[no-untyped-def]
        def write(connection):  # type: ignore[no-untyped-def]
            insert = {name: table.insert() for name, table in tables.metadata.tables.items()}
            ids = range(begun + 1, begun + count + 1)
            connection.execute(
                insert["contacts"], [{"id": n, "name": f"Pelanggan {n}", "created_at": at} for n in ids]
            )
            connection.execute(
                insert["aliases"],
                [
                    {"id": n, "channel": "bench", "account": "", "value": f"old-{n}", "contact_id": n}
                    for n in ids
                ],
            )
            connection.execute(
                insert["threads"],
                [
                    {
                        "id": n, "channel": "bench", "account": "", "key": f"old-{n}", "contact_id": n,
                        "address": f"old-{n}", "conversation_id": n, "item_seq": 2 * PER_CONVERSATION,
                        "version": PER_CONVERSATION, "body": b"",
                    }
                    for n in ids
                ],
            )  # fmt: skip
            connection.execute(
                insert["conversations"],
                [
                    {
                        "id": n, "thread_id": n, "owner": "bot", "state": "closed", "flag": "",
                        "opened_at": at, "closed_at": at, "last_at": at, "pack": sop.hash,
                        "event_no": PER_CONVERSATION, "talk": talk,
                    }
                    for n in ids
                ],
            )  # fmt: skip
            each = [(n, m) for n in ids for m in range(PER_CONVERSATION)]
            connection.execute(
                insert["inbox"],
                [
                    {
                        "id": (n - 1) * PER_CONVERSATION + m + 1, "channel": "bench", "account": "",
                        "external_id": f"old-{n}/{m}", "kind": "message", "thread_id": n, "sent_at": at,
                        "received_at": at, "body": body, "raw": None, "raw_file": None, "state": "done",
                        "outcome": "appended", "cause": "", "conversation_id": n,
                    }
                    for n, m in each
                ],
            )  # fmt: skip
            connection.execute(
                insert["events"],
                [{"conversation_id": n, "no": m + 1, "at": at, "type": kind, "body": event} for n, m in each],
            )
            connection.execute(
                insert["items"],
                [
                    {
                        "thread_id": n, "seq": 2 * m + 1 + who, "conversation_id": n,
                        "author": ("customer", "bot")[who], "at": at, "text": "terima kasih, kami periksa",
                        "body": b"{}", "inbox_id": None,
                    }
                    for n, m in each
                    for who in (0, 1)
                ],
            )  # fmt: skip

        return write

    for begun in range(0, messages // PER_CONVERSATION, PAGE):
        await store.write(page(begun, min(PAGE, messages // PER_CONVERSATION - begun)))
    await store.close()


def main() -> int:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "full").mkdir()
        began = time.perf_counter()
        asyncio.run(seed(base / "full" / "sapa.db", given.messages))
        seeded = time.perf_counter() - began
        size = sum(path.stat().st_size for path in (base / "full").iterdir()) / 1024**2
        empty: list[float] = []
        full: list[float] = []
        for n in range(given.rounds):
            (base / f"empty{n}").mkdir()
            empty.append(measure(base / f"empty{n}" / "sapa.db", seconds=given.seconds)["turns_per_s"])
            shutil.rmtree(base / f"empty{n}")
            full.append(measure(base / "full" / "sapa.db", seconds=given.seconds)["turns_per_s"])
    slower = statistics.median(empty) / statistics.median(full)
    print(
        json.dumps(
            {
                "bench": "growth",
                "messages": given.messages,
                "seed_s": round(seeded, 1),
                "database_mb": round(size),
                "empty_per_s": round(statistics.median(empty)),
                "full_per_s": round(statistics.median(full)),
                "times_slower": round(slower, 3),
                "goal": GOAL,
                "met": slower <= GOAL,
            }
        )
    )
    return 0 if slower <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
