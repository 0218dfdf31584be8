"""Killed at every point that matters: nothing is lost, nothing is said twice where twice does harm."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.outbox import Outbox
from channels.base import Outbound, SendResult
from tests.outbox_kit import House, Killed, Provider, mail


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    opened = await House.open(tmp_path)
    yield opened
    await opened.store.close()


class Fate:
    """Kills the process at the n-th of all the points it passes; `points` counts them."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.points = 0
        self.dead = asyncio.Event()

    def pass_(self) -> None:
        self.points += 1
        if self.points >= self.at:
            self.dead.set()
        if self.dead.is_set():
            raise Killed


class MortalStore:
    """The real store, with a point before and after each commit."""

    def __init__(self, house: House, fate: Fate) -> None:
        self.house, self.fate = house, fate

    async def write(self, fn: Callable[[Connection], Any]) -> Any:
        self.fate.pass_()
        result = await self.house.store.write(fn)
        self.fate.pass_()
        return result


class MortalProvider(Provider):
    """A provider, with a point before it takes a message and one before its answer comes back."""

    fate: Fate | None = None

    async def send(self, outbound: Outbound) -> SendResult:
        if self.fate is not None:
            self.fate.pass_()
        result = await super().send(outbound)
        if self.fate is not None:
            self.fate.pass_()
        return result


async def live_until_killed(out: Outbox, fate: Fate) -> None:
    """Run until done or dead; a dead process writes nothing down any more."""
    work = asyncio.create_task(out.run_once())
    death = asyncio.create_task(fate.dead.wait())
    await asyncio.wait([work, death], return_when=asyncio.FIRST_COMPLETED)
    fate.at = 0
    tasks = [task for _row, task in out._flying.values()]
    for task in (*tasks, work, death):
        task.cancel()
    await asyncio.gather(*tasks, work, death, return_exceptions=True)


@pytest.mark.parametrize("idempotent", [True, False])
async def test_killed_at_every_point_of_sending(tmp_path: Path, idempotent: bool) -> None:
    letters = [(f"t{t}/{n}", t) for n in range(3) for t in (1, 2)]
    at = passed = 0
    while True:
        at += 1
        (tmp_path / str(at)).mkdir()
        house = await House.open(tmp_path / str(at))
        provider = MortalProvider(idempotent=idempotent, medium="email" if idempotent else "chat")
        await house.queue(*(mail(key, f"p{t}@x.example", thread=t) for key, t in letters))
        fate = provider.fate = Fate(at)
        await live_until_killed(house.outbox(provider, store=MortalStore(house, fate), at_once=4), fate)
        survived = fate.points < at
        provider.fate = None
        after = house.outbox(provider, at_once=4)
        for _ in range(4):
            await after.run_once()
            house.clock.tick(minutes=2)
        states = await house.states()
        for key, thread in letters:
            mine = [one for one in provider.ids if one.startswith(f"t{thread}/")]
            if idempotent:
                assert states[key] == "sent", (at, states)
                assert provider.ids.count(key) in (1, 2)
                assert list(dict.fromkeys(mine)) == [f"t{thread}/{n}" for n in range(3)]
            else:
                assert states[key] in ("sent", "unknown"), (at, states)
                assert provider.ids.count(key) <= 1, f"killed at point {at}: said twice"
                assert provider.ids.count(key) == 1 or states[key] == "unknown"
                assert mine == sorted(mine)
        for one in {one.id: one for one in provider.took}.values():
            assert [other for other in provider.took if other.id == one.id][-1] == one, "same bytes again"
        await house.store.close()
        if survived:
            break
        passed += 1
    assert passed >= 20, "the points were really passed"


async def test_a_claim_whose_commit_is_in_doubt_is_given_back_and_sent_once(house: House) -> None:
    """A lost answer of the database: the claim may be stored, but its sending has not begun."""

    class Doubtful:
        def __init__(self) -> None:
            self.calls = 0

        async def write(self, fn: Callable[[Connection], Any]) -> Any:
            self.calls += 1
            if self.calls in (1, 4):
                raise OSError("disk full: nothing stored")
            result = await house.store.write(fn)
            if self.calls in (2, 3):
                raise ConnectionError("stored, but the answer was lost")
            return result

    chats = Provider(idempotent=False, medium="chat")
    chats.name = "telegram"
    out = house.outbox(chats, store=Doubtful())
    await house.queue(*(mail(f"k{n}", str(n), thread=n, channel="telegram") for n in range(5)))
    for _ in range(4):
        assert await out.run_once() == 0
        assert not out.health().ok
    assert await out.run_once() == 5
    assert sorted(chats.ids) == [f"k{n}" for n in range(5)]
    assert set((await house.states()).values()) == {"sent"}
    assert out.health().ok


async def test_an_answer_that_could_not_be_written_down_is_kept_and_not_sent_again(
    house: House,
) -> None:
    class FullAfterClaim:
        broken = False

        async def write(self, fn: Callable[[Connection], Any]) -> Any:
            if self.broken:
                raise OSError("no space left on device")
            return await house.store.write(fn)

    store = FullAfterClaim()
    chats = Provider(idempotent=False, medium="chat")
    chats.name = "telegram"

    async def fill_the_disk(_: Outbound) -> None:
        store.broken = True

    chats.during = fill_the_disk
    out = house.outbox(chats, store=store)
    await house.queue(mail("k", "1", thread=1, channel="telegram"))
    await out.run_once()
    assert await house.states() == {"k": "sending"}
    store.broken = False
    await out.run_once()
    assert await house.states() == {"k": "sent"}
    assert chats.ids == ["k"]


async def test_stopped_while_the_claim_is_being_committed_nothing_is_left_unknown(house: House) -> None:
    chats = Provider(idempotent=False, medium="chat")
    chats.name = "telegram"
    writing, go = asyncio.Event(), asyncio.Event()

    class Slow:
        async def write(self, fn: Callable[[Connection], Any]) -> Any:
            if not writing.is_set():
                writing.set()

                async def later() -> Any:
                    await go.wait()
                    return await house.store.write(fn)

                return await asyncio.shield(asyncio.create_task(later()))
            return await house.store.write(fn)

    out = house.outbox(chats, store=Slow(), grace=timedelta(seconds=1))
    await house.queue(mail("k", "1", thread=1, channel="telegram"))
    running = asyncio.create_task(out.run())
    await writing.wait()
    go.set()
    await asyncio.sleep(0)  # the job is now in the writer's queue, the caller goes away
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await house.states() == {"k": "queued"}
    await house.outbox(chats).run_once()
    assert chats.ids == ["k"]


async def test_what_was_being_sent_at_the_kill_is_unknown_where_twice_does_harm(house: House) -> None:
    chats = Provider(idempotent=False, medium="chat")
    chats.name = "telegram"
    mails = Provider()
    fate = Fate(at=3)  # after the claim's commit, before any send
    out = house.outbox(chats, mails, store=MortalStore(house, fate))
    await house.queue(mail("t", "1", thread=1, channel="telegram"), mail("m", thread=2))
    fate.at = 2
    await live_until_killed(out, fate)
    assert set((await house.states()).values()) == {"sending"}
    await house.outbox(chats, mails).run_once()
    assert await house.states() == {"t": "unknown", "m": "sent"}
    (unknown,) = await house.stuck()
    assert "may have left" in unknown.reason


async def test_a_process_beside_us_is_not_robbed_of_what_it_is_sending(house: House) -> None:
    """Several processes on PostgreSQL: only a claim that has lapsed is taken away."""
    begun, go = asyncio.Event(), asyncio.Event()
    provider = Provider()

    async def hold(_: Outbound) -> None:
        begun.set()
        await go.wait()

    provider.during = hold
    first = house.outbox(provider, alone=False)
    await house.queue(mail("a", thread=1))
    sending = asyncio.create_task(first.run_once())
    await begun.wait()
    other = Provider()
    second = house.outbox(other, alone=False)
    await second.run_once()
    assert other.calls == []
    house.clock.tick(minutes=16)  # the first one seems dead: its claim has lapsed
    await second.run_once()
    assert other.ids == ["a"]
    go.set()
    await sending
    assert await house.states() == {"a": "sent"}
    assert (await house.row("a"))["attempts"] == 2, "the word of a lapsed claim changes nothing"
