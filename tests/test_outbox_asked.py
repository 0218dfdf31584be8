"""What may leave only when the customer has written again: it waits, is told so, and leaves first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, update

from bot.house import open_house
from bot.settings import Settings
from bot.store import outbox as rows
from bot.store.outbox import State
from bot.store.tables import threads
from channels.base import Message, Outbound, Refused, Retry, Sender, SendResult, Sent
from channels.memory import Memory
from tests.outbox_kit import START, House, Provider, mail

ASKED = Retry("they have to write first", alone=True, until_heard=True)
LONG_AGO = START - timedelta(days=2)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A thread whose customer wrote two days ago, and two messages for them."""
    house = await House.open(tmp_path)
    thread = {
        "id": 7, "channel": "whatsapp", "account": "a", "key": "k", "contact_id": 1, "address": "+62811",
        "item_seq": 3, "version": 1, "heard_at": LONG_AGO, "body": b"",
    }  # fmt: skip
    await house.store.write(lambda conn: conn.execute(insert(threads), thread))
    await house.queue(*(mail(key, "+62811", thread=7, channel="whatsapp") for key in "ab"))
    yield house
    await house.store.close()


def whatsapp(*script: object) -> Provider:
    provider = Provider(*script, idempotent=False, medium="chat")  # type: ignore[arg-type]
    provider.name = "whatsapp"
    return provider


async def writes(house: House, at: datetime) -> None:
    """The customer's turn, as it is committed."""

    def turn(conn: Connection) -> None:
        conn.execute(update(threads).values(heard_at=at))
        rows.heard(conn, [7])

    await house.store.write(turn)


async def test_it_waits_for_a_week_and_no_longer_and_nothing_overtakes_it(house: House) -> None:
    provider = whatsapp(lambda _: ASKED)
    out = house.outbox(provider)
    await out.run_once()
    house.clock.tick(days=6)
    await out.run_once()
    assert provider.calls == ["a"]
    assert (await house.row("a"))["asked_at"] == START
    house.clock.tick(days=1, seconds=1)
    seen: list[bool] = []

    def still_waits(outbound: Outbound) -> Retry:
        seen.append(outbound.asked)
        return ASKED

    provider.script = [still_waits]
    await out.run_once()
    assert seen == [True]
    assert (await house.row("a"))["state"] == State.DEAD
    assert (await house.row("a"))["reason"].endswith(ASKED.reason)
    assert provider.ids == ["b"]


async def test_it_leaves_when_they_write_before_what_came_after_it(house: House) -> None:
    provider = whatsapp(lambda _: ASKED)
    out = house.outbox(provider)
    await out.run_once()
    house.clock.tick(days=1)
    await writes(house, house.clock())
    await out.run_once()
    assert provider.ids == ["a", "b"]
    assert provider.took[0].heard_at == house.clock()


async def test_who_writes_while_being_asked_does_not_wait(house: House) -> None:
    """The answer to the question may be quicker than our own note that it was asked."""

    async def answers_at_once(outbound: Outbound) -> None:
        if provider.calls == ["a"]:
            await writes(house, START)

    provider = whatsapp(lambda _: ASKED)
    provider.during = answers_at_once
    await house.outbox(provider).run_once()
    assert provider.calls == ["a", "a", "b"]
    assert provider.ids == ["a", "b"]


async def test_who_writes_for_another_reason_hurries_nothing(house: House) -> None:
    provider = whatsapp(lambda _: Retry("too many messages to them", timedelta(hours=1), alone=True))
    out = house.outbox(provider)
    await out.run_once()
    house.clock.tick(minutes=5)
    await writes(house, house.clock())
    await out.run_once()
    assert provider.calls == ["a"]


class Asking(Memory):
    """A channel that asks the customer to write before the first message leaves."""

    async def send(self, outbound: Outbound) -> SendResult:
        if not outbound.asked:
            return ASKED
        return await super().send(outbound)


async def test_the_turn_that_hears_them_lets_it_leave_even_after_a_minute(tmp_path: Path) -> None:
    """A provider may count its window otherwise than we do."""
    memory = Asking()
    async with open_house(Settings(data=tmp_path / "data"), lambda _ground: {Memory.name: memory}) as house:
        for n, text in enumerate(("gula kurang 2 dus", "ya?")):
            said = Message(
                channel="memory", account="local", external_id=f"m{n}", sender=Sender("budi"), thread="budi",
                sent_at=START + timedelta(minutes=n), text=text,
            )  # fmt: skip
            await house.inbox.accept([said])
            await house.turns.run_once()
            await house.outbox.run_once()
            if n == 0:
                assert memory.sent == []
        first, *_rest = memory.sent
        assert first.answers == "m0"


async def test_how_it_left_is_on_record_and_others_are_told_nothing(house: House) -> None:
    provider = whatsapp(lambda _: Sent("w1", "by the template sapa_kabar"), lambda _: Refused("no template"))
    await house.outbox(provider).run_once()
    first, second = await house.row("a"), await house.row("b")
    assert (first["state"], first["reason"]) == (State.SENT, "by the template sapa_kabar")
    assert (second["state"], second["asked_at"]) == (State.REFUSED, None)
