"""Somebody of ours answers past Sapa: the conversation is theirs, and nobody is left without an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot import upkeep
from bot.errors import NotFound
from bot.house import House, open_house
from bot.settings import Settings
from bot.store import tables
from channels.base import Accepted, Echoed, Sender
from channels.memory import Memory


@dataclass
class Desk:
    """A house with one chat, and a clock that can be turned."""

    house: House
    memory: Memory
    now: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 3, 0, tzinfo=UTC))

    async def says(self, text: str) -> None:
        await self.house.inbox.accept([self.memory.message("budi", text)])
        await self.turns()

    async def turns(self) -> None:
        self.house.turns._clock = lambda: self.now
        await self.house.turns.run_once()

    async def later(self, **of: float) -> None:
        self.now += timedelta(**of)
        await self.house.timers.run_once(self.now)
        await self.turns()

    async def echo(self, text: str, external_id: str = "e1", thread: str = "budi") -> list[Accepted]:
        echoed = Echoed(
            channel="memory",
            account="local",
            external_id=external_id,
            sender=Sender("628111", "Rina"),
            thread=thread,
            sent_at=self.now,
            text=text,
        )
        word = await self.house.inbox.accept([echoed])
        await self.turns()
        return word

    async def rows(self, table: str, *columns: str) -> list[Any]:
        chosen = [tables.metadata.tables[table].c[name] for name in columns]
        return await self.house.store.read(
            lambda c: [tuple(r) for r in c.execute(select(*chosen).order_by(*chosen))]
        )

    async def said(self) -> list[tuple[str, str]]:
        return [(row[2], row[3]) for row in await self.rows("items", "thread_id", "seq", "author", "text")]

    async def owners(self) -> list[tuple[str, str]]:
        return [row[1:] for row in await self.rows("conversations", "id", "owner", "state")]


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Desk]:
    memory = Memory()
    async with open_house(Settings(data=folder / "data"), lambda _ground: {Memory.name: memory}) as house:
        yield Desk(house, memory)


async def test_who_answers_on_the_phone_has_the_conversation_and_the_bot_is_silent(tmp_path: Path) -> None:
    """The bot once went on asking for the order number while the owner of the shop was already answering."""
    async with opened(tmp_path) as desk:
        await desk.says("gula pasir kurang 2 dus, INV-2611-0210")
        queued = [row for row in await desk.rows("outbox", "id", "state") if row[1] == "queued"]
        assert queued
        assert await desk.echo("Siang pak, saya cek dulu ya") == [Accepted.NEW]
        assert {row[1] for row in await desk.rows("outbox", "id", "state")} == {"withdrawn"}
        assert await desk.owners() == [("agent:phone", "open")]
        before = await desk.said()
        assert before[-1] == ("agent:phone", "Siang pak, saya cek dulu ya")
        await desk.says("nama saya Sari, nomor 081322223333")
        assert await desk.said() == [*before, ("customer", "nama saya Sari, nomor 081322223333")]
        assert await desk.echo("Siang pak, saya cek dulu ya") == [Accepted.DUPLICATE]
        assert await desk.echo("Sudah saya kirim", "e2") == [Accepted.NEW]
        assert [who for who, _ in await desk.said()].count("agent:phone") == 2
        (conversation, *_), *_ = await desk.rows("conversations", "id")
        settings = desk.house.settings
        assert [one["owner"] for one in await upkeep.held(settings)] == ["agent:phone"]
        await upkeep.give(settings, conversation, "Rina", datetime.now(UTC))
        await desk.turns()
        assert await desk.owners() == [("bot", "open")]
        author, text = (await desk.said())[-1]
        assert author == "bot"
        assert "Rina" in (await desk.said())[-2][1] + text


async def test_an_echo_where_nobody_wrote_before_begins_a_conversation_of_that_person(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.echo("Barang sudah dikirim, Bu", thread="sari")
        assert await desk.said() == [("agent:phone", "Barang sudah dikirim, Bu")]
        assert await desk.owners() == [("agent:phone", "open")]
        assert not await desk.rows("outbox", "id")
        await desk.house.inbox.accept([desk.memory.message("sari", "baik, terima kasih")])
        await desk.turns()
        assert [who for who, _ in await desk.said()] == ["agent:phone", "customer"]
        (contact,) = await desk.rows("aliases", "value", "contact_id")
        assert contact[0] == "sari"


async def test_a_customer_whom_nobody_answers_on_the_phone_is_answered_by_the_bot(tmp_path: Path) -> None:
    """Who answers there hands nothing back: without this the customer would wait for ever."""
    async with opened(tmp_path) as desk:
        await desk.says("gula pasir kurang 2 dus, INV-2611-0210")
        await desk.echo("Siang pak, saya cek dulu")
        await desk.says("jadi bagaimana? sudah saya tunggu dari pagi")
        await desk.later(minutes=40)
        await desk.says("halo?")
        assert await desk.owners() == [("agent:phone", "open")]
        await desk.later(minutes=21)  # an hour after the first word that wants an answer, not the last
        assert await desk.owners() == [("bot", "open")]
        assert "Mohon maaf" in (await desk.said())[-1][1] or "Mohon maaf" in (await desk.said())[-2][1]


async def test_a_talk_on_the_phone_that_is_over_is_closed_without_a_word(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.echo("Sudah kami kirim ya pak")
        await desk.says("ok makasih")
        before = await desk.said()
        await desk.later(hours=2)
        assert await desk.owners() == [("agent:phone", "open")]
        await desk.later(hours=23)
        assert await desk.owners() == [("agent:phone", "closed")]
        assert await desk.said() == before
        await desk.says("selamat siang")
        assert (await desk.owners())[-1] == ("bot", "open")
        assert (await desk.said())[-1][0] == "bot"


async def test_who_takes_on_the_command_line_makes_the_bot_silent(tmp_path: Path) -> None:
    async with opened(tmp_path) as desk:
        await desk.says("gula pasir kurang 2 dus, INV-2611-0210")
        (conversation,) = (row[0] for row in await desk.rows("conversations", "id"))
        settings = desk.house.settings
        await upkeep.take(settings, conversation, "Rina", datetime.now(UTC))
        await desk.turns()
        assert await desk.owners() == [("agent:command", "open")]
        with pytest.raises(NotFound, match="No open conversation"):
            await upkeep.take(settings, 99, "Rina", datetime.now(UTC))
        await upkeep.give(settings, conversation, "", datetime.now(UTC))
        await desk.turns()
        with pytest.raises(NotFound, match="has conversation"):
            await upkeep.give(settings, conversation, "", datetime.now(UTC))
        spoken = " ".join(text for who, text in (await desk.said())[-2:] if who == "bot")
        assert "petugas kami" in spoken
