"""What a customer sees: the visible items of a thread, with a gap-free `seq` of their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from bot.dialogue.turn import File, Option
from bot.store.bulk import execute_rows
from bot.store.inputs import Unfetched, Version
from bot.store.tables import items

CUSTOMER = "customer"
BOT = "bot"


class ItemBody(Struct, frozen=True, omit_defaults=True):
    """The JSON beside an item's text. `client_id` is the external id the customer's page gave its message;
    `phrases` the pack's phrases a message of ours was made of; `by` who wrote it, where somebody did whom the
    customer had written to besides us. `unfetched` are files that are not here (yet). `earlier` are the words
    that stood here before, the oldest first; those of now were written at `edited_at`; `deleted`: the
    customer took it back."""

    files: tuple[File, ...] = ()
    choices: tuple[Option, ...] = ()
    client_id: str = ""
    subject: str = ""
    phrases: tuple[str, ...] = ()
    by: str = ""
    unfetched: tuple[Unfetched, ...] = ()
    earlier: tuple[Version, ...] = ()
    edited_at: datetime | None = None
    deleted: bool = False


class Item(Struct, frozen=True):
    """One visible item. `author` is `customer`, `bot` or `agent:<id>`."""

    thread_id: int
    seq: int
    conversation_id: int
    author: str
    at: datetime
    text: str
    body: ItemBody
    inbox_id: int | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ItemBody)
_insert = insert(items)
_of_conversation = (
    select(items).where(items.c.conversation_id == bindparam("conversation")).order_by(items.c.seq)
)


_last_of = (
    select(items)
    .where(items.c.thread_id == bindparam("thread"), items.c.author == bindparam("author_"))
    .order_by(items.c.seq.desc())
    .limit(1)
)


def add(connection: Connection, rows: Sequence[Item]) -> None:
    """Insert items."""
    if rows:
        encode = _encoder.encode
        execute_rows(
            connection,
            _insert,
            Item.__struct_fields__,
            [
                (r.thread_id, r.seq, r.conversation_id, r.author, r.at, r.text, encode(r.body), r.inbox_id)
                for r in rows
            ],
        )


def of_conversation(connection: Connection, conversation_id: int) -> list[Item]:
    """The items of a conversation in order: its transcript."""
    found = connection.execute(_of_conversation, {"conversation": conversation_id})
    return [_item(row) for row in found]


def last_of(connection: Connection, thread_id: int, author: str) -> Item | None:
    """The last item of an author in a thread."""
    found = connection.execute(_last_of, {"thread": thread_id, "author_": author}).first()
    return _item(found) if found is not None else None


_of_input = (
    select(items)
    .where(items.c.thread_id == bindparam("thread"), items.c.inbox_id == bindparam("input_"))
    .order_by(items.c.seq.desc())  # from the newest back: what is asked for was said lately
    .limit(1)
)
_rewrite = (
    update(items)
    .where(items.c.thread_id == bindparam("of_thread"), items.c.seq == bindparam("of_seq"))
    .values(
        text=bindparam("new_text", type_=items.c.text.type),
        body=bindparam("new_body", type_=items.c.body.type),
    )
)


def of_input(connection: Connection, thread_id: int, inbox_id: int) -> Item | None:
    """What a thread shows of an input; None when it is not visible."""
    found = connection.execute(_of_input, {"thread": thread_id, "input_": inbox_id}).first()
    return _item(found) if found is not None else None


def rewrite(connection: Connection, item: Item) -> None:
    """Show an item with other words or files; it stays where it is."""
    values = {"of_thread": item.thread_id, "of_seq": item.seq}
    body = _encoder.encode(item.body)
    connection.execute(_rewrite, {**values, "new_text": item.text, "new_body": body})


def adopt(connection: Connection, shown: Sequence[Item]) -> None:
    """Items that were shown before their input had its turn belong to the conversation it got (`seq` is as it
    was, whatever is given here)."""
    for item in shown:
        connection.execute(
            update(items)
            .where(items.c.thread_id == item.thread_id, items.c.inbox_id == item.inbox_id)
            .values(conversation_id=item.conversation_id)
        )


def _item(row: Row[Any]) -> Item:
    return Item(
        thread_id=row.thread_id,
        seq=row.seq,
        conversation_id=row.conversation_id,
        author=row.author,
        at=row.at,
        text=row.text,
        body=decode_body(row.body),
        inbox_id=row.inbox_id,
    )


def decode_body(data: bytes) -> ItemBody:
    """The JSON beside an item's text."""
    return _decoder.decode(data)


_of_conversations = (
    select(items)
    .where(items.c.conversation_id.in_(bindparam("wanted", expanding=True)))
    .order_by(items.c.thread_id, items.c.seq)
)


def of_conversations(connection: Connection, wanted: Collection[int]) -> dict[int, list[Item]]:
    """The items of several conversations, each in order."""
    listed: dict[int, list[Item]] = {}
    for row in connection.execute(_of_conversations, {"wanted": sorted(wanted)}):
        listed.setdefault(row.conversation_id, []).append(_item(row))
    return listed
