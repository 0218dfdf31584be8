"""The porch of a real `sapa run`: it acknowledges while the house stands still, and ends with it."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import httpx

from tests.faults.chat import settings
from tests.faults.house import House
from tests.faults.kill import settle
from tests.standins.graph import Graph
from tests.standins.telegram import BotApi
from tests.waiting import until


def running(process: int) -> bool:
    """Whether there is such a process, and not only what is left of it."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


async def test_webhooks_are_acknowledged_while_the_house_stands_still_and_survive_its_death(
    tmp_path: Path,
) -> None:
    async with BotApi(scale=0.02) as api, Graph(scale=0.02) as graph:
        house = House(tmp_path / "data", env=settings(api, graph))
        graph.hook.url = f"{house.web}/hooks/whatsapp"
        await asyncio.to_thread(house.start)
        assert house.process is not None
        try:
            porch = house.porch
            os.kill(house.process.pid, signal.SIGSTOP)
            people = [graph.person(f"Budi {n}") for n in range(6)]
            wamids = [one.says(line) for line in ("siang", "saya mau komplain") for one in people]
            await graph.hook.idle(20)  # nobody is at home, and the provider has all its acknowledgements
            assert house.acknowledged >= len(wamids)
            house.kill()
            await until(lambda: not running(porch))
            await asyncio.to_thread(house.start)
            await until(lambda: not house.acknowledged)
            await settle(house.database, 60)
            with sqlite3.connect(f"file:{house.database}?mode=ro", uri=True) as connection:
                found = connection.execute("select external_id from inbox where kind = 'message'").fetchall()
            assert Counter(key.rpartition(":")[2] for (key,) in found) == Counter(wamids)
            assert all(len(one.got) >= 1 for one in people)
        finally:
            assert await asyncio.to_thread(house.stop) == 0
        assert house.acknowledged == 0


async def test_a_porch_that_died_is_red_and_comes_back_by_itself(tmp_path: Path) -> None:
    async with BotApi(scale=0.02) as api, Graph(scale=0.02) as graph:
        house = House(tmp_path / "data", env=settings(api, graph))
        graph.hook.url = f"{house.web}/hooks/whatsapp"
        await asyncio.to_thread(house.start)
        try:
            async with httpx.AsyncClient(timeout=60) as kept, httpx.AsyncClient(timeout=60) as new:

                async def part() -> dict[str, object]:
                    report = (await kept.get(f"{house.web}/health?format=json")).json()
                    return dict(report["parts"]["porch"])

                assert (await part())["ok"]
                porch = house.porch
                os.kill(porch, signal.SIGKILL)
                ends = time.monotonic() + 60
                while (told := await part())["ok"]:  # over a connection that the house has
                    assert time.monotonic() < ends
                assert "died" in str(told["detail"])
                assert (await new.get(f"{house.web}/chat")).is_success  # the house takes them meanwhile
                graph.person("Sri").says("siang")
                await graph.hook.idle(20)
                await until(lambda: house.porch not in (0, porch))
                while not (await part())["ok"]:
                    assert time.monotonic() < ends
        finally:
            assert await asyncio.to_thread(house.stop) == 0
