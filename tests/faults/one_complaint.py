"""One complaint from the first word to the ticket, step by step, in a process that may be killed anywhere.

`python -m tests.faults.one_complaint FOLDER` writes `SEND id` before it gives a message to `accept` and
`ACK id` right after it returned: what a provider would be told. Ids that are named as further arguments were
acknowledged in an earlier life and are not sent again. `DONE` comes last.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from bot.house import open_house
from bot.settings import Settings
from channels.memory import Memory

LINES = (
    "siang, saya beli 2 dus minyak goreng Sari Murni 1 liter kemarin, yang datang cuma 1, INV-2611-0457",
    "betul",
    "saya Budi, hp 0812-3344-5566, email budi@toko.example",
    "tidak ada",
    "tidak ada",
    "betul",
    "tidak ada, terima kasih",
)


def _tell(word: str) -> None:
    os.write(1, f"{word}\n".encode())


async def complain(folder: Path, acknowledged: frozenset[str]) -> None:
    """Give each line to the house and let it do all that follows."""
    memory = Memory()
    settings = Settings(data=folder)
    async with open_house(settings, lambda _ground: {Memory.name: memory}) as house:
        await house.turns.run_once()
        await house.outbox.run_once()
        for no, line in enumerate(LINES):
            message_id = f"m{no}"
            if message_id not in acknowledged:
                _tell(f"SEND {message_id}")
                await house.inbox.accept([memory.message("budi", line, external_id=message_id)])
                _tell(f"ACK {message_id}")
            await house.turns.run_once()
            await house.outbox.run_once()
    _tell("DONE")


if __name__ == "__main__":
    asyncio.run(complain(Path(sys.argv[1]), frozenset(sys.argv[2:])))
