"""How a provider stands in the house: what an answer brings it, one that polls, health, and its hook."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.health import Watch
from bot.house import open_house
from bot.providers import listen
from bot.settings import Settings
from bot.turns.marks import parse
from bot.web.guard import Doors, Guard
from channels.base import (
    Accept,
    Accepted,
    Attachment,
    Capabilities,
    Cursor,
    FetchResult,
    Health,
    Inbound,
    Message,
    Outbound,
    Refused,
    Sender,
    SendResult,
    Unreadable,
)
from channels.memory import Memory
from channels.webchat import WebChat

HEARD = datetime(2026, 11, 20, 3, tzinfo=UTC)


def said(text: str, external_id: str, at: datetime) -> Message:
    return Message(
        channel="memory", account="local", external_id=external_id, sender=Sender("budi"), thread="budi",
        sent_at=at, text=text,
    )  # fmt: skip


async def test_an_answer_brings_what_its_channel_needs(settings: Settings) -> None:
    """The window of WhatsApp is counted from the provider's time of what the customer said last - also when
    that came after the answer had been queued; buttons carry the turn that offered them."""
    memory = Memory(capabilities=Capabilities(buttons=10, list_rows=10))
    async with open_house(settings, lambda _ground: {Memory.name: memory}) as house:
        await house.inbox.accept([said("halo", "m1", HEARD), said("selamat siang", "m2", HEARD)])
        await house.turns.run_once()
        await house.inbox.accept([said("gula kurang 2 dus", "m3", HEARD + timedelta(hours=5))])
        await house.turns.run_once()
        await house.inbox.accept([said("INV-2611-0210", "m4", HEARD + timedelta(hours=3))])
        await house.turns.run_once()
        await house.outbox.run_once()
    first, *_, last = memory.sent
    assert first.answers == "m2"
    assert [one.answers for one in memory.sent if one.answers] == ["m2", "m3", "m4"]
    assert {one.heard_at for one in memory.sent} == {HEARD + timedelta(hours=5)}
    offered = [one for one in memory.sent if one.choices]
    assert offered
    for one in offered:
        assert one.menu == "Pilih"
        marks = {parse(choice.value)[0] for choice in one.choices}
        assert len(marks) == 1
        assert None not in marks
    assert len({parse(one.choices[0].value)[0] for one in offered}) == len(offered)
    assert last.channel == "memory"


class Poller:
    """A provider that does in `run` what it is told."""

    name = "telegram"
    capabilities = Capabilities()

    def __init__(self, *runs: Callable[[], None]) -> None:
        self.runs = list(runs)
        self.stopped = 0

    async def run(self, accept: Accept) -> None:
        self.runs.pop(0)()
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped += 1

    async def send(self, outbound: Outbound) -> SendResult:
        return Refused("no")

    async def fetch(self, account: str, attachment: Attachment) -> FetchResult:
        return Refused("no")

    def routes(self, accept: Accept) -> Sequence[Route]:
        return ()

    def health(self) -> Health:
        return Health()

    async def close(self) -> None:
        return None


class Alone:
    """A lock that is lost when it is told so."""

    def __init__(self) -> None:
        self.lost: list[asyncio.Event] = []

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[asyncio.Event]:
        self.lost.append(asyncio.Event())
        yield self.lost[-1]


async def nothing(batch: Sequence[Inbound | Unreadable], cursor: Cursor | None = None) -> list[Accepted]:
    return []


async def test_who_loses_the_lock_polls_no_more_until_it_has_it_again() -> None:
    """Two that poll with one token steal each other's messages."""
    second = asyncio.Event()
    alone = Alone()
    provider = Poller(lambda: alone.lost[0].set(), second.set)
    task = asyncio.create_task(listen(provider, nothing, alone))
    await second.wait()
    assert (provider.stopped, len(alone.lost)) == (1, 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert provider.stopped == 2


async def test_a_provider_that_dies_is_seen_dead() -> None:
    def dies() -> None:
        raise ZeroDivisionError("a fault in the channel")

    with pytest.raises(ZeroDivisionError):
        await listen(Poller(dies), nothing, Alone())


async def test_a_provider_reaches_its_hook_by_whatever_name_and_nobody_else_anything() -> None:
    """Behind a proxy or a tunnel the Host is any: a hook that answered 421 would lose messages."""

    async def answer(_request: object) -> PlainTextResponse:
        return PlainTextResponse("ok")

    app = Starlette(
        routes=[Route("/hooks/whatsapp", answer, methods=["POST"]), Route("/chat", answer)],
        middleware=[Middleware(Guard, doors=Doors())],
    )
    async with AsyncClient(transport=ASGITransport(app), base_url="http://tunnel.example") as client:
        called = await client.post("/hooks/whatsapp")
        assert called.status_code == 200
        assert called.headers["x-content-type-options"] == "nosniff"
        assert (await client.get("/chat")).status_code == 421


async def test_what_waits_for_a_channel_that_was_taken_out_is_in_health(settings: Settings) -> None:
    photo = Attachment("foto.jpg", "image/jpeg", 0, reference="p1")
    memory = Memory(capabilities=Capabilities())
    async with open_house(settings, lambda _ground: {Memory.name: memory}) as house:
        await house.inbox.accept([replace(said("ini fotonya", "m1", HEARD), attachments=(photo,))])
        chat = cast(WebChat, None)  # it is asked for figures only
        told = await Watch(house, smtp=None, imap={}, webchat=chat).health()
        assert told["parts"]["without a channel"]["detail"].startswith("1 file of channels that are not in")
        assert told["ok"], "whoever took it out knows"
