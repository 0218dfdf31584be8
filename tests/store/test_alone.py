"""One process at a time reads a mailbox: advisory locks on a real PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from sqlalchemy import text

from bot.store import Bells, Store
from bot.store.alone import alone


@pytest.mark.postgres
async def test_the_second_waits_until_the_first_leaves_or_loses_its_connection(url: str) -> None:
    if url.startswith("sqlite"):
        pytest.skip("on SQLite there is one process")
    first, second = await Store.open(url, bells=Bells()), await Store.open(url, bells=Bells())
    order: list[str] = []
    leave = asyncio.Event()

    async def read(store: Store, name: str) -> None:
        async with alone(store.engines, "imap:cs", try_again=0.02, look=0.05) as lost:
            order.append(name)
            waits = [asyncio.create_task(each.wait()) for each in (lost, leave)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            order.append(f"{name} lost" if lost.is_set() else f"{name} left")
            for each in waits:
                each.cancel()

    async def until(count: int) -> None:
        async with asyncio.timeout(20):
            while len(order) < count:
                await asyncio.sleep(0.01)

    one = asyncio.create_task(read(first, "one"))
    await until(1)
    two = asyncio.create_task(read(second, "two"))
    async with alone(second.engines, "imap:another", try_again=0.02):  # another mailbox is nobody's
        assert order == ["one"]
    with contextlib.suppress(Exception):  # the server ends every connection that holds a lock
        await first.write(
            lambda c: c.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' "
                    "and granted and database ="
                    " (select oid from pg_database where datname = current_database())"
                )
            ).all()
        )
    await until(3)
    assert sorted(order) == ["one", "one lost", "two"]
    leave.set()
    await asyncio.gather(one, two)
    assert order[-1] == "two left"
    await first.close()
    await second.close()


async def test_on_sqlite_nobody_waits(store: Store) -> None:
    if not store.sqlite:
        pytest.skip("PostgreSQL is tested above")
    async with alone(store.engines, "imap:cs") as one, alone(store.engines, "imap:cs") as two:
        assert not one.is_set()
        assert not two.is_set()
