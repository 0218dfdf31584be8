"""Two processes hear the same person at once: one contact, one thread, one person; nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.store import Bells, Files, Store, people
from channels.base import Accepted, Identified, Message
from tests.store.rooms import Rooms, open_rooms
from tests.store.whatsapp import moved, shared, wa

ROUNDS = 12


@pytest.fixture
async def other(rooms: Rooms, url: str, files: Files) -> AsyncIterator[Rooms]:
    """The rooms of a second process on the same PostgreSQL."""
    if url.startswith("sqlite"):
        pytest.skip("on SQLite there is one process")
    store = await Store.open(url, bells=Bells())
    yield open_rooms(store, files, rooms.sop)
    await store.close()


async def at_once(
    one: Rooms, first: Message | Identified, other: Rooms, second: Message | Identified
) -> None:
    answers = await asyncio.gather(one.inbox.accept([first]), other.inbox.accept([second]))
    assert answers == [[Accepted.NEW], [Accepted.NEW]]


async def whose(rooms: Rooms) -> dict[str, int]:
    """The contact of each message's thread."""
    threads = dict(await rooms.rows("threads", "id", "contact_id"))
    found = await rooms.rows("inbox", "external_id", "thread_id")
    return {row[0]: threads[row[1]] for row in found if row[1] is not None}


async def test_a_number_and_an_id_learnt_at_once_are_one_contact(rooms: Rooms, other: Rooms) -> None:
    for n in range(ROUNDS):
        phone, bsuid = f"62812000{n:05}", f"ID.{n}"
        await at_once(rooms, wa(f"a{n}", phone=phone, bsuid=bsuid), other, wa(f"b{n}", bsuid=bsuid, at=1))
    found = await whose(rooms)
    for n in range(ROUNDS):
        pair = {found[f"wamid.a{n}"], found[f"wamid.b{n}"]}
        first = min(pair)
        assert pair <= await rooms.store.read(lambda c, first=first: people.person(c, first))
    assert len(set(found.values())) == len(await rooms.rows("contacts", "id")), (
        "nobody is left without a thread"
    )


async def test_two_proofs_at_once_make_one_person(rooms: Rooms, other: Rooms) -> None:
    for n in range(ROUNDS):
        phone = f"62813000{n:05}"
        await at_once(rooms, wa(f"p{n}", phone=phone), other, shared(f"p{n}", phone, user=f"9{n}"))
    found = await whose(rooms)
    for n in range(ROUNDS):
        pair = {found[f"wamid.p{n}"], found[f"tg.p{n}"]}
        assert await rooms.store.read(lambda c, p=pair: people.person(c, min(p))) == pair


async def test_a_change_and_a_text_at_once_are_one_person(rooms: Rooms, other: Rooms) -> None:
    for n in range(ROUNDS):
        old, new = f"62814000{n:05}", f"62815000{n:05}"
        await rooms.inbox.accept([wa(f"o{n}", phone=old)])
        await at_once(rooms, moved(f"m{n}", old=(old,), phone=new, at=5), other, wa(f"n{n}", phone=new, at=6))
    found = await whose(rooms)
    for n in range(ROUNDS):
        pair = {found[f"wamid.o{n}"], found[f"wamid.n{n}"]}
        assert pair <= await rooms.store.read(lambda c, p=pair: people.person(c, min(p)))
