"""The outbox and the timers on both engines, and with two processes beside each other on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.outbox import Cap, Caps, Gate
from bot.store import Bells, Store
from bot.store import gate as memory
from bot.store import outbox as rows
from bot.store import timers as timer_rows
from bot.store.timers import Timer
from bot.timers import Timers
from channels.base import Delivery, Outbound, Refused, Retry
from tests.outbox_kit import OURS, START, House, Provider, mail
from tests.store.conftest import _database, postgres, url

__all__ = ["postgres", "url"]


@pytest.fixture
async def house(url: str) -> AsyncIterator[House]:
    bells = Bells()
    opened = House(await Store.open(url, bells=bells), bells)
    yield opened
    await opened.store.close()


@pytest.fixture
async def pair(postgres: object) -> AsyncIterator[tuple[House, House]]:
    """Two processes on one PostgreSQL database."""
    address = _database(postgres)  # type: ignore[arg-type]
    houses = []
    for _ in range(2):
        bells = Bells()
        houses.append(House(await Store.open(address, bells=bells), bells))
    houses[1].clock = houses[0].clock
    yield houses[0], houses[1]
    for house in houses:
        await house.store.close()


async def test_a_row_goes_its_whole_way(house: House) -> None:
    provider = Provider(lambda _: Retry("busy"), lambda _: Refused("no such user"))
    out = house.outbox(provider, gate=Gate([OURS]))
    await house.queue(mail("a", thread=1), mail("b", thread=1), mail("c", "siti@x.example", thread=2))
    await house.queue(mail("a", thread=1))
    await out.run_once()
    assert await house.states() == {"a": "queued", "b": "queued", "c": "refused"}
    house.clock.tick(minutes=2)
    await out.run_once()
    assert provider.ids == ["a", "b"]
    (dead,) = await house.stuck()
    assert await house.store.write(lambda conn: rows.release(conn, [dead.id], house.clock())) == 1
    await out.run_once()
    assert provider.ids == ["a", "b", "c"]
    now = house.clock()
    assert await house.store.write(
        lambda conn: rows.delivered(conn, "email", OURS, Delivery.DELIVERED, now, of="<a>")
    )
    assert (await house.row("a"))["delivery"] == "delivered"
    figures = await out.figures()
    assert (figures.queued, figures.sending, figures.dead) == (0, 0, 0)


async def test_takeover_caps_suppression_and_recovery(house: House) -> None:
    provider = Provider()
    caps = Caps(address=Cap(2, timedelta(hours=3)), thread=Cap(9, timedelta(hours=3)))
    out = house.outbox(provider, gate=Gate([OURS], mail=caps))
    await house.open_conversation(1, thread=1)
    await house.store.write(lambda conn: memory.suppress(conn, "email", "x@x.example", "bounced", START))
    await house.store.write(
        lambda conn: memory.suppress(conn, "email", "x@x.example", "bounced twice", START)
    )
    await house.queue(
        mail("s", "x@x.example", thread=2),
        *(mail(f"c{n}", "y@x.example", thread=3) for n in range(3)),
        mail("late", thread=1, conversation=1),
    )
    assert await house.take_over(1) == []
    await out.run_once()
    assert await house.states() == {
        "s": "refused",
        "c0": "sent",
        "c1": "sent",
        "c2": "dead",
        "late": "withdrawn",
    }
    assert "bounced twice" in (await house.stuck())[0].reason
    await house.queue(mail("cut off", "z@x.example", thread=4))
    await house.store.write(
        lambda conn: rows.start(conn, rows.heads(conn, "email", house.clock(), 5), house.clock())
    )
    await house.outbox(provider).run_once()
    assert (await house.states())["cut off"] == "sent"


@pytest.mark.postgres
async def test_two_processes_share_the_work_and_nothing_is_sent_twice(pair: tuple[House, House]) -> None:
    first, second = pair
    taken: list[str] = []
    open_threads: set[str] = set()

    async def slowly(outbound: Outbound) -> None:
        assert outbound.thread not in open_threads, "one conversation is one lane, over all processes"
        open_threads.add(outbound.thread)
        taken.append(outbound.id)
        await asyncio.sleep(0.002)
        open_threads.discard(outbound.thread)

    providers = Provider(), Provider()
    for provider in providers:
        provider.during = slowly
    outs = [h.outbox(p, alone=False, at_once=8) for h, p in zip(pair, providers, strict=True)]
    await first.queue(
        *(mail(f"{t:02}/{n}", f"p{t}@x.example", thread=t) for n in range(4) for t in range(30))
    )
    while {"queued", "sending"} & set((await first.states()).values()):
        await asyncio.gather(*(out.run_once() for out in outs))
    assert sorted(taken) == sorted(await second.states())
    assert all(provider.took for provider in providers), "both worked"
    for t in range(30):
        assert [key for key in taken if key.startswith(f"{t:02}/")] == [f"{t:02}/{n}" for n in range(4)]


@pytest.mark.postgres
async def test_two_processes_never_let_one_too_many_through_a_cap(pair: tuple[House, House]) -> None:
    providers = Provider(), Provider()
    caps = Caps(address=Cap(10, timedelta(hours=3)), thread=Cap(99, timedelta(hours=3)))
    outs = [
        h.outbox(p, alone=False, at_once=2, gate=Gate(mail=caps))
        for h, p in zip(pair, providers, strict=True)
    ]
    await pair[0].queue(*(mail(f"{n}", "loop@x.example", thread=n) for n in range(40)))
    await asyncio.gather(*(out.run_once() for out in outs))
    assert len(providers[0].took) + len(providers[1].took) == 10
    assert len(await pair[0].stuck()) == 30


@pytest.mark.postgres
async def test_a_takeover_in_another_process_and_a_claim_never_both_win(pair: tuple[House, House]) -> None:
    first, second = pair
    provider = Provider()
    out = first.outbox(provider, alone=False)
    for n in range(1, 31):
        await first.open_conversation(n, thread=n)
        await first.queue(*(mail(f"{n}/{m}", f"p{n}@x.example", thread=n, conversation=n) for m in range(3)))
    taken_over: dict[int, set[str]] = {}
    late: list[str] = []

    async def note(outbound: Outbound) -> None:
        number = int(outbound.id.partition("/")[0])
        if number in taken_over and outbound.id not in taken_over[number]:
            late.append(outbound.id)

    provider.during = note

    async def agents() -> None:
        for n in range(1, 31):
            leaving = await second.take_over(n)
            taken_over[n] = {row.key for row in leaving}

    await asyncio.gather(out.run_once(), agents())
    await out.run_once()
    assert late == [], "no bot message starts after a takeover, but what the agent was shown as leaving"
    assert set((await first.states()).values()) <= {"sent", "withdrawn"}


@pytest.mark.postgres
async def test_two_processes_make_one_input_of_a_timer(pair: tuple[House, House]) -> None:
    first, second = pair
    for n in range(1, 201):
        await first.open_conversation(n, thread=n)
    due = [Timer(n, "remind", START, 1) for n in range(1, 201)]
    await first.store.write(lambda conn: timer_rows.set_timers(conn, due))
    both = [Timers(h.store, h.bells, most=7) for h in pair]
    made = await asyncio.gather(*(timers.run_once(START) for timers in both))
    assert sum(made) == 200
    assert await second.store.read(timer_rows.next_timer) is None
