"""Timers come due once, and never while the customer's words still wait to be read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update

from bot.dialogue.turn import Due
from bot.store import inbox as inbox_rows
from bot.store import timers as rows
from bot.store.inbox import NewInput
from bot.store.inputs import Act, decode
from bot.store.tables import inbox, timers
from bot.store.timers import Timer
from bot.timers import Timers
from tests.outbox_kit import START, House, Killed


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    opened = await House.open(tmp_path)
    for number in (1, 2, 3):
        await opened.open_conversation(number, thread=number)
    yield opened
    await opened.store.close()


def after(minutes: float, conversation: int = 1, name: str = "remind", set_no: int = 1) -> Timer:
    return Timer(conversation, name, START + timedelta(minutes=minutes), set_no)


async def set_timers(house: House, *which: Timer) -> None:
    await house.store.write(lambda conn: rows.set_timers(conn, which))


async def inputs(house: House) -> list[tuple[str, int, Any]]:
    found = await house.store.read(
        lambda conn: conn.execute(
            select(inbox.c.external_id, inbox.c.thread_id, inbox.c.body)
            .where(inbox.c.kind == "timer")
            .order_by(inbox.c.id)
        ).all()
    )
    return [(external_id, thread, decode(body)) for external_id, thread, body in found]


async def left(house: House) -> int:
    return len(await house.store.read(lambda conn: conn.execute(select(timers)).all()))


async def test_a_due_timer_becomes_an_input_of_its_conversation_and_is_gone(
    house: House,
) -> None:
    due = Timers(house.store, house.bells)
    await set_timers(house, after(60), after(120, name="close"))
    assert await due.run_once(START + timedelta(minutes=59)) == 0
    assert await due.run_once(START + timedelta(minutes=60)) == 1
    assert await inputs(house) == [("1/remind/1", 1, Act(Due("remind")))]
    assert await due.run_once(START + timedelta(minutes=61)) == 0
    assert await left(house) == 1
    assert await house.bells.wait("inbox", 0.0), "the turns are woken"


async def test_a_timer_set_again_replaces_the_old_one_and_a_cleared_one_is_silent(house: House) -> None:
    due = Timers(house.store, house.bells)
    await set_timers(house, after(60), after(60, name="close"))
    await set_timers(house, after(90, set_no=2), after(80, set_no=3), after(95, set_no=4))
    await house.store.write(lambda conn: rows.clear_timers(conn, [(1, "close"), (1, "never set")]))
    assert await due.run_once(START + timedelta(minutes=94)) == 0
    assert await due.run_once(START + timedelta(minutes=95)) == 1
    assert [external_id for external_id, _, _ in await inputs(house)] == ["1/remind/4"]


async def test_a_silence_is_not_judged_while_the_customers_words_wait_to_be_read(house: House) -> None:
    """After an outage the reminder must not overtake the answer that came meanwhile."""
    due = Timers(house.store, house.bells)
    await set_timers(house, after(60), after(60, conversation=2))
    said = NewInput("email", "a", "m1", "message", START, START, b"{}", thread_id=1)
    await house.store.write(lambda conn: inbox_rows.add(conn, [said]))
    assert await due.run_once(START + timedelta(minutes=61)) == 1
    assert [thread for _, thread, _ in await inputs(house)] == [2]
    await house.store.write(lambda conn: conn.execute(update(inbox).values(state="done")))
    assert await due.run_once(START + timedelta(minutes=62)) == 1


async def test_many_held_timers_do_not_hide_the_one_that_is_free(house: House) -> None:
    due = Timers(house.store, house.bells, most=5)
    await set_timers(house, *(after(1, name=f"n{n}") for n in range(20)), after(2, conversation=2))
    said = NewInput("email", "a", "m1", "message", START, START, b"{}", thread_id=1)
    await house.store.write(lambda conn: inbox_rows.add(conn, [said]))
    assert await due.run_once(START + timedelta(minutes=5)) == 1


async def test_a_thousand_timers_come_due_together(house: House) -> None:
    due = Timers(house.store, house.bells)
    many = range(10, 1010)
    await asyncio.gather(*(house.open_conversation(n, thread=n) for n in many))
    await set_timers(house, *(after(1, conversation=n) for n in many))
    assert await due.run_once(START + timedelta(minutes=5)) == 1000
    assert len(await inputs(house)) == 1000
    assert await left(house) == 0


async def test_a_timer_of_a_conversation_that_is_gone_does_not_stay_for_ever(house: House) -> None:
    await house.store.write(
        lambda conn: conn.execute(
            insert(timers), {"conversation_id": 99, "name": "x", "due_at": START, "set_no": 1}
        )
    )
    await Timers(house.store, house.bells).run_once(START)
    assert await left(house) == 0
    assert await inputs(house) == []


@pytest.mark.parametrize("committed", [True, False])
async def test_killed_at_the_commit_a_timer_still_fires_exactly_once(house: House, committed: bool) -> None:
    class Dying:
        async def write(self, fn: Callable[[Connection], Any]) -> Any:
            if committed:
                await house.store.write(fn)
            raise Killed

    await set_timers(house, after(1), after(1, conversation=2), after(1, conversation=3))
    with pytest.raises(Killed):
        await Timers(Dying(), house.bells).run_once(START + timedelta(minutes=2))
    await Timers(house.store, house.bells).run_once(START + timedelta(minutes=2))
    assert sorted(external_id for external_id, _, _ in await inputs(house)) == [
        "1/remind/1", "2/remind/1", "3/remind/1",
    ]  # fmt: skip


async def test_an_input_that_is_there_already_is_not_there_twice(house: House) -> None:
    """The submit went through and the timer was put back from a backup: no second reminder."""
    due = Timers(house.store, house.bells)
    await set_timers(house, after(1))
    await due.run_once(START + timedelta(minutes=2))
    await set_timers(house, after(1))
    await house.store.write(lambda conn: conn.execute(update(inbox).values(state="done")))
    await due.run_once(START + timedelta(minutes=3))
    assert len(await inputs(house)) == 1
    assert await left(house) == 0


async def test_the_loop_wakes_for_a_timer_that_is_set_while_it_waits(house: House) -> None:
    due = Timers(house.store, house.bells, clock=house.clock, settle=timedelta(0))
    running = asyncio.create_task(due.run())
    await house.bells.wait("inbox", 0.0)
    await asyncio.sleep(0)
    await set_timers(house, Timer(1, "remind", START, 1))
    async with asyncio.timeout(10):
        assert await house.bells.wait("inbox", 10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(await inputs(house)) == 1
    assert due.health().ok


async def test_a_store_that_fails_turns_the_timers_red_until_it_works_again(house: House) -> None:
    """freescout#545: a silent cron."""

    class Full:
        full = True

        async def write(self, fn: Callable[[Connection], Any]) -> Any:
            if self.full:
                raise OSError("no space left on device")
            return await house.store.write(fn)

    store = Full()
    due = Timers(store, house.bells, clock=house.clock, settle=timedelta(0))
    await set_timers(house, Timer(1, "remind", START, 1))
    running = asyncio.create_task(due.run())
    async with asyncio.timeout(10):
        while due.health().ok:
            await asyncio.sleep(0)
        assert "OSError" in due.health().detail
        store.full = False
        await house.bells.wait("inbox", 10)
        while not due.health().ok:
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(await inputs(house)) == 1
