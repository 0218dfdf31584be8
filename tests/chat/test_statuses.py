"""What providers say later of what left: forward only, once more where that helps, else before a person."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.house import House as Whole
from bot.house import open_house
from bot.settings import Settings
from bot.store import outbox as rows
from bot.store import tables
from channels.base import (
    Capabilities,
    Delivery,
    Outbound,
    Reachability,
    Refused,
    Retry,
    Sender,
    Sent,
    Status,
    Unknown,
)
from channels.memory import Memory
from tests.outbox_kit import START, House, Provider, mail


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    opened = await House.open(tmp_path)
    yield opened
    await opened.store.close()


def chats(*script: Any, name: str = "whatsapp") -> Provider:
    provider = Provider(*script, idempotent=False, medium="chat")
    provider.name = name
    return provider


def message(key: str, to: str, thread: int, channel: str = "whatsapp") -> rows.NewRow:
    return mail(key, to, thread=thread, channel=channel)


async def told(house: House, delivery: Delivery, of: str = "", **more: Any) -> rows.Told | None:
    return await house.store.write(
        lambda conn: rows.delivered(
            conn, "whatsapp", "support@support.example", delivery, house.clock(), of=of, **more
        )
    )


async def test_what_failed_as_the_window_was_closed_is_sent_once_more_and_not_twice(
    house: House,
) -> None:
    """Without the first, a customer never hears that the ticket is done; without the second, we would try
    for ever what Meta refuses."""
    out = house.outbox(provider := chats())
    await house.queue(message("a", "62811", 1), message("b", "62811", 1))
    await out.run_once()
    assert provider.calls == ["a", "b"]
    await told(house, Delivery.FAILED, "<a>", echo="a", reason="131047", again=True)
    await told(house, Delivery.SENT, "<a>", echo="a")  # a late word of the sending that failed
    assert (await house.states())["a"] == "queued"
    provider.script = [lambda _: Sent("<a2>")]
    house.clock.tick(seconds=6)
    await out.run_once()
    assert provider.calls == ["a", "b", "a"]
    row = await house.row("a")
    assert (row["state"], row["delivery"], row["provider_id"]) == ("sent", "sent", "<a2>")
    await told(house, Delivery.DELIVERED, "<a>", echo="a")
    assert (await house.row("a"))["delivery"] == "sent"
    assert not (await house.stuck())
    last = await told(house, Delivery.FAILED, "<a2>", echo="a", reason="131047", again=True)
    assert last is not None
    assert last.failed
    assert [one.key for one in await house.stuck()] == ["a"]


@pytest.mark.parametrize("first", ["delivered", "failed"])
async def test_a_part_that_failed_is_sent_again_whatever_becomes_of_the_last_one(
    house: House, first: str
) -> None:
    """ "Delivered" of the second part cancelled the sending of the first one, which was lost."""
    out = house.outbox(provider := chats(lambda _: Sent("<2>"), lambda _: Sent("<2b>")))
    await house.queue(message("a", "62811", 1))
    await out.run_once()
    lost = told(house, Delivery.FAILED, "<1>", echo="a", reason="131026", again=True, part=True)
    came = told(house, Delivery.DELIVERED, "<2>", echo="a")
    for news in (came, lost) if first == "delivered" else (lost, came):
        await news
    await told(house, Delivery.READ, "<2>", echo="a")
    assert (await house.states())["a"] == "queued"
    house.clock.tick(seconds=6)
    await out.run_once()
    assert provider.calls == ["a", "a"]
    await told(house, Delivery.READ, "<2>", echo="a")
    assert (await house.row("a"))["delivery"] == "sent", "it is of the sending that failed"
    await told(house, Delivery.DELIVERED, "<1b>", echo="a", part=True)
    await told(house, Delivery.DELIVERED, "<2b>", echo="a")
    assert (await house.row("a"))["delivery"] == "delivered"
    last = await told(house, Delivery.FAILED, "<1b>", echo="a", reason="131026", again=True, part=True)
    assert last is not None
    assert last.failed, "a third time is for a person to decide"


async def test_what_all_parts_fail_of_is_sent_once_more(house: House) -> None:
    out = house.outbox(provider := chats())
    await house.queue(message("a", "62811", 1))
    await out.run_once()
    for of, part in (("<1>", True), ("<2>", True), ("<a>", False)):
        await told(house, Delivery.FAILED, of, echo="a", reason="131047", again=True, part=part)
    house.clock.tick(seconds=6)
    await out.run_once()
    assert provider.calls == ["a", "a"]
    assert not await house.stuck()


async def test_a_part_that_left_says_nothing_of_the_next_one(house: House) -> None:
    """The row counted as sent before its second part was, and what was said of that one changed nothing."""

    async def first_arrives(outbound: Outbound) -> None:
        await told(house, Delivery.DELIVERED, "<1>", echo="a", part=True)

    out = house.outbox(provider := chats(lambda _: Retry("1 of 2 parts left")))
    provider.during = first_arrives
    await house.queue(message("a", "62811", 1))
    await out.run_once()
    assert (await house.states())["a"] == "queued"
    house.clock.tick(minutes=1)
    await out.run_once()
    assert provider.calls == ["a", "a"]


async def test_the_news_of_a_failure_may_come_before_the_answer_to_the_call(house: House) -> None:
    """Meta's webhook may be quicker than its answer: the row then is `sending` still."""

    async def fails_at_once(outbound: Outbound) -> None:
        if provider.calls == ["a"]:
            await told(house, Delivery.FAILED, "wamid.1", echo="a", reason="131047", again=True)

    out = house.outbox(provider := chats())
    provider.during = fails_at_once
    await house.queue(message("a", "62811", 1))
    await out.run_once()
    house.clock.tick(seconds=6)
    await out.run_once()
    assert provider.calls == ["a", "a"]
    row = await house.row("a")
    assert (row["state"], row["delivery"], row["failed_id"]) == ("sent", "sent", "wamid.1")


async def test_delivered_may_be_skipped_and_unknown_is_resolved_by_our_own_id(house: House) -> None:
    out = house.outbox(chats(lambda _: Unknown("timeout")))
    await house.queue(message("a", "62811", 1), message("b", "62812", 2))
    await out.run_once()
    assert [one.state for one in await house.stuck()] == ["unknown"]
    await told(house, Delivery.READ, "wamid.1", echo="a")
    await told(house, Delivery.DELIVERED, "wamid.1")
    row = await house.row("a")
    assert (row["state"], row["delivery"], row["provider_id"]) == ("sent", "read", "wamid.1")
    assert not await house.stuck()


async def test_one_recipient_that_has_to_wait_and_a_dead_channel_stop_nobody_else(house: House) -> None:
    slow = {"62811"}

    def one_waits(outbound: Outbound) -> Any:
        if outbound.to in slow:
            return Retry("131056 pair limit", timedelta(seconds=6), alone=True)
        return provider.take(outbound)

    provider = chats(*[one_waits] * 40)
    dead = chats(*[lambda _: Refused("401 Unauthorized", stop_channel=True)] * 40, name="telegram")
    out = house.outbox(provider, dead)
    await house.queue(*(message(f"a{n}", "62811", 1) for n in range(8)))
    await house.queue(*(message(f"t{n}", str(n), 500 + n, "telegram") for n in range(40)))
    await house.queue(*(message(f"b{n}", f"6282{n}", 100 + n) for n in range(8)))
    await out.run_once()
    assert sorted(provider.ids) == [f"b{n}" for n in range(8)]
    assert provider.calls.count("a0") == 1
    assert out.channels()["whatsapp"].ok
    assert not out.channels()["telegram"].ok
    assert "401 Unauthorized" in out.channels()["telegram"].detail
    assert len(dead.calls) <= 16, "what was on its way, and no more"
    slow.clear()
    house.clock.tick(seconds=7)
    await out.run_once()
    assert [one for one in provider.ids if one.startswith("a")] == [f"a{n}" for n in range(8)]


async def test_nothing_automatic_goes_to_who_blocked_us_before_they_write_again(house: House) -> None:
    """A bot that goes on writing to people who blocked it is limited by the provider in the end."""
    blocked = Refused("403 Forbidden: bot was blocked by the user", unreachable=True)
    out = house.outbox(provider := chats(lambda _: blocked, name="telegram"))
    await house.store.write(
        lambda conn: conn.execute(
            tables.threads.insert(),
            {"id": 1, "channel": "telegram", "account": "1", "key": "5", "contact_id": 1, "address": "5",
             "body": b"", "heard_at": START - timedelta(minutes=1)},
        )
    )  # fmt: skip
    await house.queue(message("a", "5", 1, "telegram"))
    await out.run_once()
    await house.queue(message("b", "5", 1, "telegram"))
    await out.run_once()
    assert provider.calls == ["a"]
    row = await house.row("b")
    assert (row["state"], row["reason"]) == (
        "refused",
        "the address gets nothing automatic: 403 Forbidden: bot was blocked by the user",
    )
    house.clock.tick(minutes=5)
    heard = {"heard_at": house.clock()}
    await house.store.write(lambda conn: conn.execute(update(tables.threads).values(heard)))
    await house.queue(message("c", "5", 1, "telegram"))
    await out.run_once()
    assert provider.calls == ["a", "c"]


# --------------------------------------------------------------------------------------- in a whole house


def news(external_id: str, kind: type[Any], **more: Any) -> Any:
    return kind(
        channel="memory",
        account="local",
        external_id=external_id,
        sender=Sender("IN.Budi"),
        thread="IN.Budi",
        sent_at=START,
        **more,
    )


async def flags(house: Whole) -> list[str]:
    asked = select(tables.conversations.c.flag)
    return await house.store.read(lambda c: list(c.execute(asked).scalars()))


async def test_a_failure_after_it_left_is_flagged_and_a_block_is_undone(
    settings: Settings,
) -> None:
    memory = Memory(capabilities=Capabilities())
    async with open_house(settings, lambda _ground: {Memory.name: memory}) as house:
        await house.inbox.accept([memory.message("IN.Budi", "gula kurang 2 dus")])
        await house.turns.run_once()
        await house.outbox.run_once()
        left = memory.sent[-1]
        failed = news("s1", Status, of="", delivery=Delivery.FAILED, echo=left.id, reason="131026")
        assert await flags(house) == [""]
        await house.inbox.accept([failed, failed])
        await house.turns.run_once()
        assert await flags(house) == ["undelivered"]
        (stuck,) = await house.store.read(rows.stuck)
        assert (stuck.key, stuck.reason) == (left.id, "131026")

        count = len(memory.sent)
        await house.inbox.accept([news("r1", Reachability, reachable=False)])
        await house.inbox.accept([memory.message("IN.Budi", "INV-2611-0210")])
        await house.store.write(
            lambda c: c.execute(update(tables.threads).values(heard_at=START - timedelta(days=9)))
        )
        await house.turns.run_once()
        await house.store.write(
            lambda c: c.execute(update(tables.threads).values(heard_at=START - timedelta(days=9)))
        )
        await house.outbox.run_once()
        assert len(memory.sent) == count, "who has blocked us gets nothing"
        await house.inbox.accept([news("r2", Reachability, reachable=True)])
        await house.inbox.accept([memory.message("IN.Budi", "Sari")])
        await house.turns.run_once()
        await house.outbox.run_once()
        assert len(memory.sent) > count
