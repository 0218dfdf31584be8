"""Turns a second on an empty database and on one with 1,000,000 stored messages, in turn in one run.

No query in the hot path may depend on history: the full database may be at most 1.2 times slower. The load is
that of the `turns` bench. Each round measures both, in changing order, and is judged by itself: what else the
machine does meanwhile meets both alike; the median of the rounds counts. Seeded by SQL: threads with closed
conversations, events, items, inbox rows and their ids, as a year of customers leaves them.
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
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from turns import measure

MESSAGES = 1_000_000
PER_CONVERSATION = 10
PAGE = 5_000
WARM_UP = 6.0
GOAL = 1.2

CONVERSATIONS = "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
MESSAGES_OF = f"{CONVERSATIONS}, m(j) AS (SELECT 1 UNION ALL SELECT j + 1 FROM m WHERE j < :each)"
SEEDS = (
    f"""INSERT INTO contacts (id, name, created_at)
    {CONVERSATIONS} SELECT i, 'Pelanggan ' || i, :at FROM n""",
    f"""INSERT INTO aliases (id, channel, account, value, contact_id)
    {CONVERSATIONS} SELECT i, 'bench', '', 'old-' || i, i FROM n""",
    f"""INSERT INTO threads (id, channel, account, "key", contact_id, address, conversation_id, item_seq,
        version, body)
    {CONVERSATIONS} SELECT i, 'bench', '', 'old-' || i, i, 'old-' || i, i, 2 * :each, :each, x'' FROM n""",
    f"""INSERT INTO conversations (id, thread_id, owner, state, flag, opened_at, closed_at, last_at, pack,
        event_no, talk)
    {CONVERSATIONS} SELECT i, i, 'bot', 'closed', '', :at, :at, :at, :pack, :each, :talk FROM n""",
    f"""INSERT INTO inbox (id, channel, account, external_id, kind, thread_id, sent_at, received_at, body,
        state, outcome, cause, conversation_id)
    {MESSAGES_OF} SELECT (i - 1) * :each + j, 'bench', '', 'old-' || i || '/' || j, 'message', i, :at, :at,
        :said, 'done', 'appended', '', i FROM n CROSS JOIN m""",
    f"""INSERT INTO events (conversation_id, no, at, type, body)
    {MESSAGES_OF} SELECT i, j, :at, :kind, :event FROM n CROSS JOIN m""",
    f"""INSERT INTO items (thread_id, seq, conversation_id, author, at, text, body)
    {MESSAGES_OF}, who(w, author) AS (VALUES (1, 'customer'), (2, 'bot'))
    SELECT i, 2 * j - 2 + w, i, author, :at, 'terima kasih, kami periksa', :empty
        FROM n CROSS JOIN m CROSS JOIN who""",
)


async def seed(database: Path, messages: int) -> None:
    """Fill `database` with `messages` messages of customers, each answered."""
    from sqlalchemy import Connection, text

    from bot import packs
    from bot.dialogue import Opening, begin, encode_event, encode_talk, event_type, fold
    from bot.store import Bells, Store
    from bot.store.inputs import MessageIn, encode

    store = await Store.open(database, bells=Bells())
    sop = packs.load()
    at = datetime.now(UTC) - timedelta(days=300)
    first = begin(Opening("bench", "chat", {}, at), sop)
    values = {
        "at": at.isoformat(" ", "microseconds")[:26],
        "each": PER_CONVERSATION,
        "pack": sop.hash,
        "talk": encode_talk(fold(None, first)),
        "kind": event_type(first[0]),
        "event": encode_event(first[0]),
        "said": encode(MessageIn("minyak goreng yang datang kurang satu dus, mohon dibantu")),
        "empty": b"{}",
    }
    total = messages // PER_CONVERSATION

    def page(begun: int) -> Callable[[Connection], None]:
        def write(connection: Connection) -> None:
            ends = {"first": begun + 1, "last": min(begun + PAGE, total)}
            for statement in SEEDS:
                connection.execute(text(statement), {**values, **ends})

        return write

    for begun in range(0, total, PAGE):
        await store.write(page(begun))
    await store.close()


def main() -> int:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        (base / "full").mkdir()
        began = time.perf_counter()
        asyncio.run(seed(base / "full" / "sapa.db", given.messages))
        seeded = time.perf_counter() - began
        size = sum(path.stat().st_size for path in (base / "full").iterdir()) / 1024**2
        rounds: list[dict[str, dict[str, float]]] = []
        for n in range(given.rounds):
            figures: dict[str, dict[str, float]] = {}
            for which in ("empty", "full")[:: 1 if n % 2 else -1]:
                folder_ = base / which
                folder_.mkdir(exist_ok=True)
                figures[which] = measure(folder_ / "sapa.db", seconds=given.seconds, warm_up=WARM_UP)
            shutil.rmtree(base / "empty")
            rounds.append(figures)

    def middle(which: str, figure: str) -> float:
        return statistics.median(each[which][figure] for each in rounds)

    slower = statistics.median(r["empty"]["turns_per_s"] / r["full"]["turns_per_s"] for r in rounds)
    dearer = statistics.median(r["full"]["cpu_ms"] / r["empty"]["cpu_ms"] for r in rounds)
    print(
        json.dumps(
            {
                "bench": "growth",
                "messages": given.messages,
                "seed_s": round(seeded, 1),
                "database_mb": round(size),
                "rounds": given.rounds,
                "empty_per_s": round(middle("empty", "turns_per_s")),
                "full_per_s": round(middle("full", "turns_per_s")),
                "times_slower": round(slower, 3),
                "goal": GOAL,
                "empty_cpu_ms": round(middle("empty", "cpu_ms"), 3),
                "full_cpu_ms": round(middle("full", "cpu_ms"), 3),
                "times_the_cpu": round(dearer, 3),
                "met": slower <= GOAL,
            }
        )
    )
    return 0 if slower <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
