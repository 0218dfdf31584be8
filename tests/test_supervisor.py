"""A part that dies is started again, and everybody can see it (freescout#545: a silent cron)."""

from __future__ import annotations

import asyncio

from bot import supervisor
from bot.supervisor import Part, Supervisor


async def test_a_part_that_dies_is_started_again_and_says_why(monkeypatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.0)
    lives: list[int] = []
    healed = asyncio.Event()

    async def run() -> None:
        lives.append(1)
        if len(lives) < 3:
            raise RuntimeError("the token is gone")
        healed.set()
        await asyncio.Event().wait()

    part = Part("telegram", run)
    parts = Supervisor([part])
    parts.start()
    await healed.wait()
    assert part.alive
    assert part.faults == 2
    assert part.last_fault == "RuntimeError: the token is gone"
    await parts.stop()


async def test_one_dead_part_never_stops_another(monkeypatch) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 60.0)
    works = asyncio.Event()

    async def dies() -> None:
        raise OSError("no route")

    async def lives() -> None:
        works.set()
        await asyncio.Event().wait()

    dead, alive = Part("dead", dies), Part("alive", lives)
    parts = Supervisor([dead, alive])
    parts.start()
    await works.wait()
    assert (dead.alive, alive.alive) == (False, True)
    await parts.stop()


async def test_parts_stop_in_order_so_that_what_was_taken_in_is_finished() -> None:
    ended: list[str] = []
    up = [asyncio.Event(), asyncio.Event()]

    def part(name: str, started: asyncio.Event) -> Part:
        async def run() -> None:
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                ended.append(name)

        return Part(name, run)

    parts = Supervisor([part("takes in", up[0]), part("sends out", up[1])])
    parts.start()
    await asyncio.gather(*(started.wait() for started in up))
    await parts.stop()
    assert ended == ["takes in", "sends out"]
