"""Threads: the places where we talk with somebody; with the contacts and aliases that tell who that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from bot.store import ids
from bot.store.bulk import execute_many
from bot.store.tables import aliases, contacts, mail_ids, threads, tickets
from bot.store.upsert import insert_missing


@dataclass(frozen=True, slots=True)
class NewThread:
    """A thread to be made, with the contact it is with."""

    id: int
    channel: str
    account: str
    key: str
    contact_id: int
    address: str


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact to be made, with all names the channel knows them by."""

    id: int
    name: str
    channel: str
    account: str
    values: tuple[str, ...]


_by_key = select(threads.c.key, threads.c.id, threads.c.conversation_id).where(
    threads.c.channel == bindparam("in_channel"),
    threads.c.account == bindparam("in_account"),
    threads.c.key.in_(bindparam("keys", expanding=True)),
)
_by_id = select(threads.c.id, threads.c.contact_id, threads.c.channel, threads.c.conversation_id).where(
    threads.c.id.in_(bindparam("ids", expanding=True))
)
_aliases = select(aliases.c.value, aliases.c.contact_id).where(
    aliases.c.channel == bindparam("in_channel"),
    aliases.c.account == bindparam("in_account"),
    aliases.c.value.in_(bindparam("names", expanding=True)),
)
_mail_ids = select(mail_ids.c.message_id, mail_ids.c.thread_id).where(
    mail_ids.c.message_id.in_(bindparam("ids", expanding=True))
)
_tickets = select(tickets.c.number, tickets.c.thread_id).where(
    tickets.c.number.in_(bindparam("numbers", expanding=True))
)
_insert = insert(threads)
_insert_contact = insert(contacts)


@dataclass(frozen=True, slots=True)
class Known:
    """What tells whose thread it is; `conversation_id` is the open conversation or the last."""

    id: int
    contact_id: int
    channel: str
    conversation_id: int | None


def by_key(
    connection: Connection, channel: str, account: str, keys: Iterable[str]
) -> dict[str, tuple[int, int | None]]:
    """(thread id, its open or last conversation) by key, for the keys that are known."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    found = connection.execute(_by_key, {"in_channel": channel, "in_account": account, "keys": wanted})
    return {row.key: (row.id, row.conversation_id) for row in found}


def by_id(connection: Connection, wanted: Iterable[int]) -> dict[int, Known]:
    """Threads by id."""
    listed = sorted(set(wanted))
    if not listed:
        return {}
    return {
        row.id: Known(row.id, row.contact_id, row.channel, row.conversation_id)
        for row in connection.execute(_by_id, {"ids": listed})
    }


def contacts_of(connection: Connection, channel: str, account: str, names: Iterable[str]) -> dict[str, int]:
    """Contact ids by alias value, for the aliases that are known."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    found = connection.execute(_aliases, {"in_channel": channel, "in_account": account, "names": wanted})
    return {row.value: row.contact_id for row in found}


def by_mail_ids(connection: Connection, message_ids: Iterable[str]) -> dict[str, int]:
    """Thread ids by Message-ID of a mail that came in or went out."""
    wanted = sorted(set(message_ids))
    if not wanted:
        return {}
    return {row.message_id: row.thread_id for row in connection.execute(_mail_ids, {"ids": wanted})}


def by_tickets(connection: Connection, numbers: Iterable[str]) -> dict[str, int]:
    """Thread ids by number of a ticket that was made there."""
    wanted = sorted(set(numbers))
    if not wanted:
        return {}
    return {row.number: row.thread_id for row in connection.execute(_tickets, {"numbers": wanted})}


def add_contacts(connection: Connection, rows: Sequence[NewContact], at: datetime) -> None:
    """Insert contacts and their aliases; an alias that another contact has stays there."""
    if not rows:
        return
    execute_many(connection, _insert_contact, [{"id": r.id, "name": r.name, "created_at": at} for r in rows])
    named = [(row, value) for row in rows for value in row.values]
    insert_missing(
        connection,
        aliases,
        [
            {
                "id": alias_id,
                "channel": row.channel,
                "account": row.account,
                "value": value,
                "contact_id": row.id,
            }
            for alias_id, (row, value) in zip(ids.take(connection, aliases, len(named)), named, strict=True)
        ],
    )


def add(connection: Connection, rows: Sequence[NewThread]) -> None:
    """Insert threads."""
    if rows:
        execute_many(
            connection,
            _insert,
            [
                {
                    "id": row.id,
                    "channel": row.channel,
                    "account": row.account,
                    "key": row.key,
                    "contact_id": row.contact_id,
                    "address": row.address,
                    "body": b"",
                }
                for row in rows
            ],
        )


def add_mail_ids(connection: Connection, pairs: Sequence[tuple[str, int]]) -> None:
    """Record (Message-ID, thread id), so that answers find their thread. The first thread keeps an id."""
    insert_missing(connection, mail_ids, [{"message_id": m, "thread_id": t} for m, t in pairs if m])
