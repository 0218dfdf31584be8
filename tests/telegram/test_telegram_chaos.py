"""Whatever goes wrong, in whatever order: each message once, and in the order of its chat."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict

import pytest

from channels.base import Message
from tests.standins.faults import Dropped, Fails, Fault, Garbage, Lost
from tests.standins.telegram import BotApi
from tests.telegram.kit import Desk, a_bot, running
from tests.telegram.test_telegram_webhook import at_work

FAULTS: tuple[Fault, ...] = (
    Fails(502), Fails(500), Fails(409), Dropped(), Lost(), Garbage(), Garbage(200, b"{}"), Fails(401),
)  # fmt: skip
PEOPLE, EACH = 6, 20


def told(desk: Desk) -> dict[str, list[int]]:
    """What each chat has said, in the order it was stored."""
    found = defaultdict(list)
    for one in desk.kept.values():
        assert isinstance(one, Message)
        found[one.thread].append(int(one.text))
    return dict(found)


async def talk(api: BotApi, chance: random.Random) -> None:
    """Everybody counts, in their own time."""

    async def count(name: str) -> None:
        for number in range(EACH):
            api.person(name).says(str(number))
            await asyncio.sleep(chance.random() * 0.01)

    await asyncio.gather(*(count(f"P{n}") for n in range(PEOPLE)))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_polling_through_faults_refusals_and_restarts(seed: int) -> None:
    chance = random.Random(seed)
    desk = Desk()
    desk.refuse = lambda batch: chance.random() < 0.2
    async with BotApi(scale=0.01) as api:
        for _ in range(25):
            api.faults.next("getUpdates", chance.choice(FAULTS), when=lambda call: chance.random() < 0.5)
        talking = asyncio.create_task(talk(api, chance))
        for _ in range(4):
            async with a_bot(api, desk) as bot, running(bot, desk):
                await asyncio.sleep(chance.random() * 0.1)  # and then it dies, wherever it stands
        async with a_bot(api, desk) as bot, running(bot, desk):
            await talking
            await desk.has(PEOPLE * EACH)
        assert told(desk) == {str(api.person(f"P{n}").id): list(range(EACH)) for n in range(PEOPLE)}


@pytest.mark.parametrize("seed", [1, 2])
async def test_webhooks_doubled_disordered_refused_and_unseen(seed: int) -> None:
    chance = random.Random(seed)
    desk = Desk()
    desk.refuse = lambda batch: chance.random() < 0.2
    async with BotApi(scale=0.001) as api, at_work(api, desk) as (bot, _), running(bot, desk):
        api.hook.deliveries.copies = 2
        api.hook.deliveries.unseen = 15
        api.hook.deliveries.chance = chance
        await talk(api, chance)
        await desk.has(PEOPLE * EACH)
        await api.hook.idle()
        assert told(desk) == {str(api.person(f"P{n}").id): list(range(EACH)) for n in range(PEOPLE)}
