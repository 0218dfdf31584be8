"""Photos on Telegram and WhatsApp, through the whole house: they are there when the answer is, edits are
shown, and a provider that fails costs no photo."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select
from starlette.routing import BaseRoute

from bot.house import House, open_house
from bot.settings import Settings
from bot.store.files import digest_of
from bot.store.items import Item, of_conversation
from bot.store.tables import conversations, fetches
from tests.standins.faults import Fails
from tests.standins.graph import Graph
from tests.standins.serving import StandIn
from tests.standins.telegram import JPEG, BotApi


@asynccontextmanager
async def at_work(settings: Settings) -> AsyncIterator[House]:
    """The house with its providers, all loops running."""
    async with open_house(settings, lambda _ground: {}, providers=True) as house:
        loops = [house.turns.run(), house.outbox.run(), house.fetching.run()]
        loops += [provider.run(house.inbox.accept) for provider in house.providers.values()]
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            yield house
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def said(house: House) -> list[Item]:
    """What the customer of the only conversation sees."""

    def read(connection: Any) -> list[Item]:
        (only,) = connection.execute(select(conversations.c.id)).scalars()
        return of_conversation(connection, only)

    return await house.store.read(read)


async def none_waits(house: House) -> None:
    """Until every file is there or lost."""
    async with asyncio.timeout(60):
        while True:
            states = await house.store.read(lambda c: set(c.execute(select(fetches.c.state)).scalars()))
            if states <= {"stored", "lost"}:
                return
            await asyncio.sleep(0.05)


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    async with BotApi() as running:
        yield running


def with_telegram(settings: Settings, api: BotApi) -> Settings:
    telegram = {"token": api.token, "base_url": api.url}
    return Settings(data=settings.data, telegram=telegram)  # type: ignore[arg-type]


async def test_an_album_on_telegram_is_answered_once_with_all_its_photos(
    settings: Settings, api: BotApi
) -> None:
    photos = [JPEG + str(n).encode() for n in range(3)]
    api.faults.next("file", Fails(502))
    async with at_work(with_telegram(settings, api)) as house:
        sri = api.person("Sri")
        sri.sends_album(photos, "siang, minyak goreng 1 liter bocor 2 dus, INV-2611-0900")
        await sri.hears("bocor", timeout=60)
        items = await said(house)
        shown = [file.digest for item in items for file in item.body.files]
        assert sorted(shown) == sorted(map(digest_of, photos))
        assert len([item for item in items if item.author == "bot"]) == len(sri.got)
        for photo in photos:
            assert await house.files.get(digest_of(photo)) == photo
    assert api.token not in str(items)


async def test_an_edit_on_telegram_is_shown_and_not_answered(settings: Settings, api: BotApi) -> None:
    async with at_work(with_telegram(settings, api)) as house:
        sri = api.person("Sri")
        first = sri.says("mau komplain soal gula")
        await sri.hears(timeout=60)
        heard = len(sri.got)
        sri.edits(first, "mau komplain soal terigu")
        async with asyncio.timeout(60):
            while (await said(house))[0].text != "mau komplain soal terigu":
                await asyncio.sleep(0.02)
        assert [each.text for each in (await said(house))[0].body.earlier] == ["mau komplain soal gula"]
        assert len(sri.got) == heard


class Door(StandIn):
    """Where a provider calls the house."""

    def __init__(self, house: House) -> None:
        super().__init__()
        self.house = house

    def routes(self) -> Sequence[BaseRoute]:
        accept = self.house.inbox.accept
        return [route for provider in self.house.providers.values() for route in provider.routes(accept)]


async def test_a_photo_on_whatsapp_survives_what_meta_does_and_is_taken_back_visibly(
    settings: Settings,
) -> None:
    """chatwoot#15754: a 503 left the message without its file for ever."""
    async with Graph() as graph:
        whatsapp = {
            "token": graph.token, "app_secret": graph.app_secret, "verify_token": graph.verify_token,
            "numbers": [graph.number.id], "base_url": graph.url,
        }  # fmt: skip
        changed = Settings(data=settings.data, whatsapp=whatsapp)  # type: ignore[arg-type]
        async with at_work(changed) as house, Door(house) as door:
            await graph.subscribe(f"{door.url}/hooks/whatsapp")
            graph.faults.next("media", Fails(503))
            budi = graph.person("Budi")
            wamid = budi.sends_photo(JPEG, "siang, minyak goreng 1 liter bocor 2 dus, INV-2611-0900")
            await budi.hears("bocor", timeout=60)
            await none_waits(house)
            async with asyncio.timeout(60):
                while not (first := (await said(house))[0]).body.files:
                    await asyncio.sleep(0.02)
            assert [file.digest for file in first.body.files] == [digest_of(JPEG)]
            assert first.body.unfetched == ()
            budi.takes_back(wamid)
            async with asyncio.timeout(60):
                while not (await said(house))[0].body.deleted:
                    await asyncio.sleep(0.02)


async def test_who_sent_a_photo_that_telegram_has_no_more_is_asked_for_it_again(
    settings: Settings, api: BotApi
) -> None:
    api.faults.always("getFile", Fails(400, reason="Bad Request: invalid file_id"))
    async with at_work(with_telegram(settings, api)) as house:
        sri = api.person("Sri")
        sri.sends_photo(JPEG, "siang, minyak goreng 1 liter bocor 2 dus, INV-2611-0900")
        await sri.hears("kirim", timeout=60)
        await none_waits(house)
        ((lost,),) = [item.body.unfetched for item in await said(house) if item.body.unfetched]
        assert "invalid file_id" in lost.lost
