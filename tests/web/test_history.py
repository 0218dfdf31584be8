"""What a visitor reads back from the real store: in order, only their own, and woken at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, update

from bot.dialogue.turn import File, Option
from bot.store import Bells, Files, Store, history, items, threads
from bot.store.bells import after_commit
from bot.store.tables import threads as thread_table
from bot.web.history import StoredHistory

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
async def bells() -> Bells:
    return Bells()


@pytest.fixture
async def store(tmp_path: Path, bells: Bells) -> AsyncIterator[Store]:
    opened = await Store.open(tmp_path / "sapa.db", bells=bells)
    yield opened
    await opened.close()


@pytest.fixture
def read(store: Store, tmp_path: Path, bells: Bells) -> StoredHistory:
    return StoredHistory(store, Files(tmp_path / "files"), bells, channel="webchat", account="web")


async def thread(store: Store, id_: int, key: str, channel: str = "webchat") -> None:
    row = threads.NewThread(id_, channel, "web", key, 1, "")
    await store.write(lambda c: threads.add(c, [row]))


async def say(store: Store, id_: int, seqs: range, body: items.ItemBody | None = None) -> None:
    def write(c: Connection) -> None:
        rows = [
            items.Item(id_, n, 1, "customer" if n % 2 else "bot", NOW, f"pesan {n}", body or items.ItemBody())
            for n in seqs
        ]
        items.add(c, rows)
        c.execute(update(thread_table).where(thread_table.c.id == id_).values(item_seq=seqs[-1]))
        after_commit(c, f"thread:{id_}")

    await store.write(write)


async def test_unknown_thread_has_nothing(read: StoredHistory) -> None:
    assert await read.last(KEY) == 0
    assert list(await read.after(KEY, 0, 10)) == []
    assert await read.file(KEY, "c" * 64) is None
    assert await read.wait(KEY, 0, 0.01) is False


async def test_items_come_in_order_by_pages_and_only_of_this_thread(
    store: Store, read: StoredHistory
) -> None:
    await thread(store, 1, KEY)
    await thread(store, 2, OTHER)
    await thread(store, 3, KEY, channel="telegram")
    await say(store, 1, range(1, 8))
    await say(store, 2, range(1, 3))
    await say(store, 3, range(1, 30))
    assert await read.last(KEY) == 7
    assert [item.seq for item in await read.after(KEY, 2, 3)] == [3, 4, 5]
    assert [item.seq for item in await read.after(KEY, 5, 100)] == [6, 7]
    assert [item.author for item in await read.after(OTHER, 0, 100)] == ["customer", "bot"]


async def test_item_says_all_that_the_page_shows(store: Store, read: StoredHistory) -> None:
    await thread(store, 1, KEY)
    body = items.ItemBody(
        files=(File("d" * 64, "kardus.jpg", "image/jpeg", 5),),
        choices=(Option("yes", "Ya, betul"),),
        client_id=f"{KEY}/6f1c2f9e-7a53-4c6e-9a70-0f6b8a1d2c3e",
    )
    await say(store, 1, range(1, 2), body)
    (item,) = await read.after(KEY, 0, 10)
    assert item.at == NOW
    assert item.client_id == "6f1c2f9e-7a53-4c6e-9a70-0f6b8a1d2c3e"
    assert [(choice.value, choice.label) for choice in item.choices] == [("yes", "Ya, betul")]
    assert item.files[0].name == "kardus.jpg"


async def test_waiting_ends_with_the_commit(store: Store, read: StoredHistory) -> None:
    await thread(store, 1, KEY)
    await say(store, 1, range(1, 3))
    assert await read.wait(KEY, 1, 60) is True
    waiting = asyncio.create_task(read.wait(KEY, 2, 60))
    await _listening(store.bells, "thread:1")
    await say(store, 1, range(3, 4))
    async with asyncio.timeout(4):
        assert await waiting is True


async def test_waiting_on_a_thread_that_is_not_there_yet(store: Store, read: StoredHistory) -> None:
    waiting = asyncio.create_task(read.wait(KEY, 0, 60))
    await _listening(store.bells, f"visitor:{KEY}")
    await thread(store, 1, KEY)
    read.arrived(KEY)
    await _listening(store.bells, "thread:1")
    await say(store, 1, range(1, 2))
    async with asyncio.timeout(4):
        assert await waiting is True


async def test_nothing_is_slept_through_however_it_falls(store: Store, read: StoredHistory) -> None:
    """Writers and a reader at full speed: each number once, in order."""
    await thread(store, 1, KEY)
    seen: list[int] = []

    async def reading() -> None:
        while len(seen) < 60:
            found = await read.after(KEY, seen[-1] if seen else 0, 7)
            seen.extend(item.seq for item in found)
            if not found:
                assert await read.wait(KEY, seen[-1] if seen else 0, 30)

    async with asyncio.timeout(20):
        reader = asyncio.create_task(reading())
        for n in range(1, 61, 3):
            await say(store, 1, range(n, n + 3))
            await asyncio.sleep(0)
        await reader
    assert seen == list(range(1, 61))


async def test_reader_who_goes_away_does_not_harm_the_next(store: Store, read: StoredHistory) -> None:
    await thread(store, 1, KEY)
    await say(store, 1, range(1, 3))
    for _ in range(50):
        task = asyncio.create_task(read.after(KEY, 0, 10))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert len(await read.after(KEY, 0, 10)) == 2


async def test_file_opens_only_in_the_thread_that_showed_it(
    store: Store, read: StoredHistory, tmp_path: Path
) -> None:
    digest = await Files(tmp_path / "files").put(b"\xff\xd8\xff rahasia")
    await thread(store, 1, KEY)
    await thread(store, 2, OTHER)
    body = items.ItemBody(files=(File(digest, "nota.jpg", "image/jpeg", 11),))
    await say(store, 1, range(1, 2), body)
    await say(store, 2, range(1, 2), items.ItemBody(client_id=digest))
    found = await read.file(KEY, digest)
    assert found is not None
    assert (found.name, found.media_type, found.content) == (
        "nota.jpg",
        "image/jpeg",
        b"\xff\xd8\xff rahasia",
    )
    assert await read.file(OTHER, digest) is None
    gone = items.ItemBody(files=(File("e" * 64, "hilang.jpg", "image/jpeg", 1),))
    await say(store, 2, range(2, 3), gone)
    assert await read.file(OTHER, "e" * 64) is None


async def test_reading_on_does_not_grow_with_the_history(store: Store) -> None:
    await thread(store, 1, KEY)
    await say(store, 1, range(1, 3))
    plan = await store.read(
        lambda c: [
            str(row)
            for query in (history._thread, history._after)
            for row in c.exec_driver_sql(
                "EXPLAIN QUERY PLAN "
                + str(query.compile(c.engine, compile_kwargs={"render_postcompile": True})),
                tuple("x" * query.compile(c.engine).string.count("?")),
            )
        ]
    )
    assert plan
    assert all("SEARCH" in row for row in plan), plan


async def _listening(bells: Bells, name: str) -> None:
    async with asyncio.timeout(4):
        while name not in bells._listeners:
            await asyncio.sleep(0.001)
