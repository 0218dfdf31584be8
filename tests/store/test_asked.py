"""What waits for the customer to write, on both engines: asked, answered meanwhile, woken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from bot.store import outbox as rows
from bot.store.outbox import NewRow, Settled, State
from bot.store.tables import outbox, threads
from channels.base import Outbound
from tests.store.rooms import Rooms

AT = datetime(2026, 11, 23, 3, tzinfo=UTC)
LATER = AT + timedelta(days=7)


def thread(id_: int) -> dict[str, Any]:
    return {
        "id": id_, "channel": "whatsapp", "account": "a", "key": str(id_), "contact_id": 1,
        "address": str(id_), "item_seq": 3, "version": 1, "heard_at": AT - timedelta(days=2), "body": b"",
    }  # fmt: skip


def ask_both(conn: Connection) -> None:
    """Two messages to each of two customers; the first of each has to wait, and the second customer writes
    while being asked."""
    conn.execute(insert(threads), [thread(1), thread(2)])
    new = [
        NewRow(Outbound(id=f"{t}{key}", channel="whatsapp", account="a", to=str(t), text="x"), AT, thread=t)
        for t in (1, 2)
        for key in "ab"
    ]
    rows.queue(conn, new)
    taken = rows.start(conn, rows.heads(conn, "whatsapp", AT, 10, automatic=True), AT + timedelta(minutes=15))
    conn.execute(update(threads).where(threads.c.id == 2).values(heard_at=AT))
    rows.settle(conn, [Settled(each, State.QUEUED, AT, "asked", LATER, asked=True) for each in taken])


def due(conn: Connection) -> dict[str, datetime]:
    found = conn.execute(select(outbox.c.key, outbox.c.next_at).order_by(outbox.c.key))
    return {row.key: row.next_at for row in found}


async def test_what_waits_is_due_when_its_customer_writes_and_not_before(rooms: Rooms) -> None:
    await rooms.store.write(ask_both)
    waiting = {"1a": LATER, "1b": LATER, "2a": AT, "2b": AT}
    assert await rooms.store.read(due) == waiting
    await rooms.store.write(lambda conn: rows.heard(conn, [2, 3]))
    assert await rooms.store.read(due) == waiting
    await rooms.store.write(lambda conn: rows.heard(conn, [1]))
    assert await rooms.store.read(due) == dict.fromkeys(waiting, AT)

    def first(conn: Connection) -> Outbound:
        return rows.heads(conn, "whatsapp", AT, 10, automatic=True)[0].outbound()

    assert (await rooms.store.write(first)).asked
