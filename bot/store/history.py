"""What a customer who reads the store itself (web chat) may read: the items of one thread, and its files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from bot.dialogue.turn import File
from bot.store.items import ItemBody, decode_body
from bot.store.tables import items, threads

_thread = select(threads.c.id, threads.c.item_seq).where(
    threads.c.channel == bindparam("in_channel"),
    threads.c.account == bindparam("in_account"),
    threads.c.key == bindparam("in_key"),
)
_after = (
    select(items.c.seq, items.c.author, items.c.at, items.c.text, items.c.body)
    .where(items.c.thread_id == bindparam("thread"), items.c.seq > bindparam("seen"))
    .order_by(items.c.seq)
    .limit(bindparam("most"))
)
_bodies = select(items.c.body).where(items.c.thread_id == bindparam("thread")).order_by(items.c.seq.desc())


@dataclass(frozen=True, slots=True)
class Place:
    """A thread by id, and the number of its last item (0: none yet)."""

    thread_id: int
    last: int


@dataclass(frozen=True, slots=True)
class Row:
    """One visible item; numbers in a thread start at 1 and have no gap."""

    seq: int
    author: str
    at: datetime
    text: str
    body: ItemBody


def find(connection: Connection, channel: str, account: str, key: str) -> Place | None:
    """The thread of a key, None when nothing was ever accepted from there."""
    row = connection.execute(_thread, {"in_channel": channel, "in_account": account, "in_key": key}).first()
    return None if row is None else Place(row.id, row.item_seq)


def after(connection: Connection, thread_id: int, seq: int, limit: int) -> list[Row]:
    """Items with a higher number than `seq`, lowest first, at most `limit`."""
    found = connection.execute(_after, {"thread": thread_id, "seen": seq, "most": limit})
    return [Row(row.seq, row.author, row.at, row.text, decode_body(row.body)) for row in found]


def file(connection: Connection, thread_id: int, digest: str) -> File | None:
    """A file that was shown in this very thread, as it was named there; None when it was not."""
    wanted = digest.encode("ascii")
    for row in connection.execute(_bodies, {"thread": thread_id}):
        if wanted in row.body:
            for shown in decode_body(row.body).files:
                if shown.digest == digest:
                    return shown
    return None
