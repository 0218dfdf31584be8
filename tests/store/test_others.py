"""Two processes on one PostgreSQL: what one commits wakes the other at once, not at its next look."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

import bot.turns
from bot import packs
from bot.store import Bells, Files, Store, others
from bot.store.bells import after_commit
from channels.base import Accepted
from tests.store.conftest import _database
from tests.store.rooms import open_rooms

pytestmark = pytest.mark.postgres
LONG = 60.0
"""Seconds a test would wait before it fails; what is waited for comes in milliseconds."""


@pytest.fixture
async def pair(postgres: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Store, Store]]:
    """The stores of two processes, both listening."""
    monkeypatch.setattr(others, "TRY_AGAIN", 0.01)
    address = _database(postgres)
    stores = [await Store.open(address, bells=Bells()) for _ in range(2)]
    for store in stores:
        assert await store.bells.wait("inbox", LONG)  # rung when it begins to listen
    yield stores[0], stores[1]
    for store in stores:
        await store.close()


def ring(*names: str, fail: bool = False):  # type: ignore[no-untyped-def]
    def write(connection: Connection) -> None:
        for name in names:
            after_commit(connection, name)
        if fail:
            raise KeyError("rolled back")

    return write


async def test_a_commit_rings_in_the_other_process_and_once_in_its_own(pair: tuple[Store, Store]) -> None:
    one, other = pair
    heard: dict[str, list[str]] = {"one": [], "other": []}
    one.bells.heard.append(heard["one"].append)
    other.bells.heard.append(heard["other"].append)
    with one.bells.listen("thread:3") as answer, other.bells.listen("thread:2") as asked:
        with pytest.raises(KeyError):
            await one.write(ring("thread:1", fail=True))
        await one.write(ring("inbox", "thread:2"))
        assert await asked.wait(LONG)
        await other.write(ring("thread:3"))
        assert await answer.wait(LONG)
    assert heard == {"one": ["inbox", "thread:2", "thread:3"], "other": ["inbox", "thread:2", "thread:3"]}
    assert await other.bells.wait("inbox", 0)


async def test_a_message_taken_in_by_one_process_is_answered_by_another_at_once(
    pair: tuple[Store, Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.turns, "LOOK_ANYWAY", 3600.0)
    files, sop = Files(tmp_path / "files"), packs.load()
    door, head = open_rooms(pair[0], files, sop), open_rooms(pair[1], files, sop)
    working = asyncio.create_task(head.turns.run())
    try:
        with pair[0].bells.listen("thread:1") as listener:
            for line in ("halo", "minyak goreng saya kurang 1 dus"):
                assert await door.inbox.accept([door.memory.message("a", line)]) == [Accepted.NEW]
                assert await listener.wait(LONG)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert len(await door.texts("bot")) >= 2


async def test_who_lost_the_connection_listens_again_and_looks_at_what_was_missed(
    pair: tuple[Store, Store],
) -> None:
    one, other = pair
    await other.bells.wait("timers", 0)
    cut = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND query LIKE 'LISTEN%'"
    )
    assert len(await one.write(lambda c: c.execute(cut).all())) == 2
    assert await other.bells.wait("timers", LONG)  # rung when it listens again
    with other.bells.listen("thread:9") as listener:
        await one.write(ring("thread:9"))
        assert await listener.wait(LONG)
