"""Killed at every point that matters, and beside another process: each file is stored once, none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.fetching import Fetching
from bot.store import invariants
from channels.base import Attachment, Fetched, FetchResult, Retry
from tests.store.lying import JPEG, Clock, Lying, fetching, hexed, photo, take_late
from tests.store.rooms import Rooms


class Killed(BaseException):
    """The process was killed here."""


class Fate:
    """Kills the process at the n-th of all the points it passes."""

    def __init__(self, at: int) -> None:
        self.at, self.points = at, 0
        self.dead = asyncio.Event()

    def pass_(self) -> None:
        self.points += 1
        if self.points >= self.at:
            self.dead.set()
        if self.dead.is_set():
            raise Killed


class Mortal:
    """The real store and the real files, with a point before and after each thing they do."""

    def __init__(self, rooms: Rooms, fate: Fate) -> None:
        self.rooms, self.fate = rooms, fate

    async def write(self, fn: Callable[[Connection], Any]) -> Any:
        self.fate.pass_()
        result = await self.rooms.store.write(fn)
        self.fate.pass_()
        return result

    async def put(self, content: bytes) -> str:
        self.fate.pass_()
        digest = await self.rooms.files.put(content)
        self.fate.pass_()
        return digest


async def live_until_killed(out: Fetching, fate: Fate) -> None:
    """Run until done or dead; a dead process writes nothing down any more."""
    work = asyncio.create_task(out.run_once())
    death = asyncio.create_task(fate.dead.wait())
    await asyncio.wait([work, death], return_when=asyncio.FIRST_COMPLETED)
    fate.at = 0
    tasks = [task for _job, task in out._flying.values()]
    for task in (*tasks, work, death):
        task.cancel()
    await asyncio.gather(*tasks, work, death, return_exceptions=True)


async def files_of(rooms: Rooms) -> list[tuple[str, ...]]:
    """The digests that each item of a customer shows."""
    from tests.store.test_fetching import items

    return [tuple(file.digest for file in body.files) for _, body in await items(rooms)]


async def test_killed_at_any_point_each_file_is_stored_once(rooms: Rooms) -> None:
    """Some messages are answered before their file comes, some after: none is lost, none is there twice."""
    clock, contents = Clock(), {}
    clock.rules(rooms)
    for at in range(1, 30):
        early, late = f"e{at}", f"l{at}"
        contents |= {early: JPEG + early.encode(), late: JPEG + late.encode()}
        await rooms.inbox.accept([photo(late, "gula basah", thread=late)])
        await take_late(rooms, clock)  # answered without its photo
        await rooms.inbox.accept([photo(early, "gula basah", thread=early)])
        clock.tick(minutes=1)
        fate = Fate(at)
        mortal = Mortal(rooms, fate)
        await live_until_killed(
            fetching(
                rooms, Lying(Retry("HTTP 503"), **contents), clock, store=mortal, files=mortal, alone=True
            ),
            fate,
        )
        reborn = fetching(rooms, Lying(**contents), clock, alone=True)
        await reborn.run_once()
        clock.tick(seconds=3)
        await reborn.run_once()
        await rooms.turns.run_once()
        if fate.points < at:
            break
    else:
        pytest.fail("the process never got through")
    assert at >= 8, "so many points there are at least"
    assert {row[0] for row in await rooms.rows("fetches", "state")} == {"stored"}
    wanted = [(hexed(contents[thread]),) for thread in contents]
    assert sorted(await files_of(rooms)) == sorted(wanted)
    assert len(await rooms.rows("files", "digest")) == len(contents)
    assert await rooms.store.read(invariants.broken) == []


async def test_stopped_in_the_middle_of_a_file_it_is_due_again_at_once(rooms: Rooms) -> None:
    clock, begun = Clock(), asyncio.Event()
    clock.rules(rooms)

    class Slow(Lying):
        async def fetch(self, account: str, attachment: Attachment) -> FetchResult:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError("never")

    await rooms.inbox.accept([photo("p1")])
    running = asyncio.create_task(fetching(rooms, Slow(), clock, grace=timedelta(0)).run())
    await begun.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await rooms.rows("fetches", "state", "attempts") == [("waiting", 0)]
    assert await fetching(rooms, Lying(), clock).run_once() == 1


async def test_several_processes_fetch_each_file_once_and_a_dead_ones_later(rooms: Rooms) -> None:
    clock, go, held = Clock(), asyncio.Event(), asyncio.Event()
    clock.rules(rooms)

    async def hold() -> Fetched:
        held.set()
        await go.wait()
        return Fetched(JPEG)

    await rooms.inbox.accept([photo(f"p{n}", thread=f"t{n}") for n in range(8)])
    dying, living = Lying(*[hold] * 8), Lying()
    first = fetching(rooms, dying, clock, alone=False)
    fetching_first = asyncio.create_task(first.run_once())
    await held.wait()
    assert await fetching(rooms, living, clock, alone=False).run_once() == 4
    assert set(dying.asked) | set(living.asked) == {f"p{n}" for n in range(8)}
    clock.tick(minutes=5)  # the first one seems dead: its claims have lapsed
    assert await fetching(rooms, living, clock, alone=False).run_once() == 4
    await rooms.turns.run_once()
    go.set()
    await fetching_first
    assert await rooms.turns.run_once() == 0, "what it says now is no news"
    assert await files_of(rooms) == [(hexed(JPEG),)] * 8


async def test_two_processes_beside_each_other_share_the_work(rooms: Rooms) -> None:
    if rooms.store.sqlite:
        pytest.skip("on SQLite there is one process")
    clock = Clock()
    clock.rules(rooms)
    await rooms.inbox.accept([photo(f"p{n}", thread=f"t{n}") for n in range(40)])
    one, two = Lying(), Lying()
    await asyncio.gather(fetching(rooms, one, clock).run_once(), fetching(rooms, two, clock).run_once())
    assert sorted([*one.asked, *two.asked]) == sorted(f"p{n}" for n in range(40))
