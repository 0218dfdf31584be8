"""Group commit: everybody's work in one transaction, and nobody pays for another's fault."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from bot.store import Store, StoreClosed
from bot.store import bells as ringing
from bot.store.tables import counters
from bot.store.writer import FEW


def put(name: str):
    def write(connection: Connection) -> str:
        connection.execute(counters.insert(), [{"name": name, "value": 1}])
        return name

    return write


async def names(store: Store) -> list[str]:
    return await store.read(
        lambda c: list(c.execute(select(counters.c.name).order_by(counters.c.name)).scalars())
    )


async def test_what_waits_together_is_committed_together(store: Store) -> None:
    before = store.writer.commits
    assert await asyncio.gather(*(store.write(put(f"n{n:03}")) for n in range(200))) == [
        f"n{n:03}" for n in range(200)
    ]
    assert len(await names(store)) == 200
    assert store.writer.commits - before <= 3


async def test_only_the_guilty_one_of_a_group_fails(store: Store) -> None:
    answers = await asyncio.gather(
        *(store.write(put("same" if n < 3 else f"n{n}")) for n in range(50)), return_exceptions=True
    )
    assert [type(a) for a in answers[:3]].count(IntegrityError) == 2
    assert all(isinstance(answer, str) for answer in answers[3:])
    assert len(await names(store)) == 48


async def test_a_failed_function_leaves_nothing_of_itself(store: Store) -> None:
    def half(connection: Connection) -> None:
        put("half")(connection)
        raise KeyError("after the insert")

    with pytest.raises(KeyError):
        await store.write(half)
    assert await names(store) == []


async def test_a_cancelled_caller_leaves_no_open_transaction(store: Store) -> None:
    """mautrix: a cancelled task left the transaction open. Here its job is done or not; the next works."""
    callers = [asyncio.create_task(store.write(put(f"n{n}"))) for n in range(20)]
    await asyncio.sleep(0)
    for caller in callers[::2]:
        caller.cancel()
    answers = await asyncio.gather(*callers, return_exceptions=True)
    assert [isinstance(a, asyncio.CancelledError) for a in answers] == [n % 2 == 0 for n in range(20)]
    await store.write(put("after"))
    kept = await names(store)
    assert {"after", *(f"n{n}" for n in range(1, 20, 2))} <= set(kept)
    assert len(kept) == len(set(kept))


async def test_each_of_many_callers_gets_its_own_answer_from_one_call(store: Store) -> None:
    calls: list[int] = []

    def many(connection: Connection, wanted: Sequence[int]) -> list[int]:
        calls.append(len(wanted))
        connection.execute(counters.insert(), [{"name": f"n{n}", "value": n} for n in wanted])
        return [n * 10 for n in wanted]

    assert await asyncio.gather(*(store.write_each(many, n) for n in range(100))) == [
        n * 10 for n in range(100)
    ]
    assert len(calls) < 10


async def test_one_bad_argument_among_many_fails_alone(store: Store) -> None:
    def many(connection: Connection, wanted: Sequence[int]) -> list[int]:
        if 7 in wanted:
            raise ValueError("seven")
        connection.execute(counters.insert(), [{"name": f"n{n}", "value": n} for n in wanted])
        return list(wanted)

    answers = await asyncio.gather(*(store.write_each(many, n) for n in range(20)), return_exceptions=True)
    assert [n for n, answer in enumerate(answers) if isinstance(answer, ValueError)] == [7]
    assert len(await names(store)) == 19


async def test_a_bell_rings_only_for_what_was_committed(store: Store) -> None:
    def ask(connection: Connection) -> None:
        ringing.after_commit(connection, "outbox")

    def ask_and_fail(connection: Connection) -> None:
        ask(connection)
        raise KeyError

    with pytest.raises(KeyError):
        await store.write(ask_and_fail)
    assert not await store.bells.wait("outbox", 0)
    await store.write(ask)
    assert await store.bells.wait("outbox", 0)
    assert not await store.bells.wait("outbox", 0)


async def test_a_bell_rung_between_look_and_wait_is_heard(store: Store) -> None:
    with store.bells.listen("thread:1") as listener:
        store.bells.ring("thread:1")
        assert await listener.wait(0)
    store.bells.ring("thread:1")
    assert not await store.bells.wait("thread:1", 0)


async def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises(DBAPIError):
        await store.read(put("sneaky"))


async def test_closing_commits_what_waits_and_takes_nothing_new(url: str) -> None:
    from bot.store import Bells

    store = await Store.open(url, bells=Bells())
    waiting = [asyncio.create_task(store.write(put(f"n{n}"))) for n in range(10)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting)
    with pytest.raises(StoreClosed):
        await store.write(put("late"))
    again = await Store.open(url, bells=Bells())
    assert len(await names(again)) == 10
    await again.close()


async def test_who_waits_outside_goes_before_what_waits_inside(store: Store) -> None:
    order: list[str] = []

    def inside(connection: Connection) -> None:
        order.append("inside")

    def outside(connection: Connection, wanted: Sequence[int]) -> Sequence[int]:
        order.append("outside")
        return wanted

    rest = [asyncio.create_task(store.write(inside)) for _ in range(20)]
    assert await asyncio.gather(*(store.write_each(outside, n, first=True) for n in range(5))) == [*range(5)]
    await asyncio.gather(*rest)
    assert order == ["outside", *["inside"] * 20]


async def test_who_waits_outside_never_starves_the_rest(store: Store) -> None:
    """A flood of webhooks, the next one there before the last is stored: turns are committed in between."""
    order: list[str] = []
    flood: list[asyncio.Task[int]] = []
    loop = asyncio.get_running_loop()

    def inside(connection: Connection) -> None:
        order.append("inside")

    def comes() -> None:
        flood.append(asyncio.create_task(store.write_each(outside, 1, first=True)))

    def outside(connection: Connection, wanted: Sequence[int]) -> Sequence[int]:
        order.append("outside")
        if len(order) < 60:
            loop.call_soon_threadsafe(comes)
        connection.execute(select(1))  # it takes a moment
        return wanted

    comes()
    rest = [asyncio.create_task(store.write(inside)) for _ in range(3 * FEW)]
    await asyncio.gather(*rest)
    turns = "".join(one[0] for one in order)
    assert "o" + "i" * FEW + "o" + "i" * FEW + "o" + "i" * FEW in turns
    while not all(each.done() for each in flood):
        await asyncio.gather(*flood)


async def test_calm_is_when_nobody_outside_waits_any_more(store: Store) -> None:
    done: list[int] = []

    def outside(connection: Connection, wanted: Sequence[int]) -> Sequence[int]:
        done.extend(wanted)
        return wanted

    waiting = asyncio.create_task(store.write_each(outside, 1, first=True))
    await asyncio.sleep(0)
    await store.writer.calm(30)
    assert done == [1]
    await store.writer.calm(0)
    assert await waiting == 1
