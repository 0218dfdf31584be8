"""Threads: the places where we talk with somebody; with the contacts and aliases that tell who that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from bot.store import ids
from bot.store.bulk import execute_many
from bot.store.tables import aliases, contacts, conversations, mail_ids, participants, threads, tickets
from bot.store.upsert import insert_missing


@dataclass(frozen=True, slots=True)
class NewThread:
    """A thread to be made, with the contact it is with; `body` is a mail thread's memory, `linked_to` the
    thread it goes on from (`link`: subject, later) or that a stranger answered (stranger)."""

    id: int
    channel: str
    account: str
    key: str
    contact_id: int
    address: str
    subject: str = ""
    body: bytes = b""
    linked_to: int | None = None
    link: str = ""


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
_by_id = (
    select(
        threads.c.id, threads.c.contact_id, threads.c.channel, threads.c.conversation_id, threads.c.address,
        threads.c.subject, threads.c.body, conversations.c.closed_at, conversations.c.last_at,
    )
    .select_from(threads.outerjoin(conversations, conversations.c.id == threads.c.conversation_id))
    .where(threads.c.id.in_(bindparam("ids", expanding=True)))
)  # fmt: skip
_last = threads.alias("last")
_latest = select(
    contacts.c.id,
    select(_last.c.id)
    .where(_last.c.contact_id == contacts.c.id)
    .order_by(_last.c.id.desc())
    .limit(1)
    .scalar_subquery(),
).where(contacts.c.id.in_(bindparam("ids", expanding=True)))
_participants = select(participants.c.thread_id, participants.c.address).where(
    participants.c.thread_id.in_(bindparam("ids", expanding=True)),
    participants.c.address.in_(bindparam("names", expanding=True)),
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
    """What tells whose thread it is; `conversation_id` is the open conversation or the last, `closed_at`
    when that was closed (None: it is open, or there is none), `last_at` when somebody last said something
    in it."""

    id: int
    contact_id: int
    channel: str
    conversation_id: int | None
    address: str
    subject: str
    body: bytes
    closed_at: datetime | None
    last_at: datetime | None


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
    return {row.id: Known(*row) for row in connection.execute(_by_id, {"ids": listed})}


def latest_of(connection: Connection, wanted: Iterable[int]) -> dict[int, Known]:
    """The newest thread of each contact, by contact id."""
    listed = sorted(set(wanted))
    if not listed:
        return {}
    newest = {row[0]: row[1] for row in connection.execute(_latest, {"ids": listed}) if row[1] is not None}
    known = by_id(connection, newest.values())
    return {contact: known[thread] for contact, thread in newest.items()}


def participating(connection: Connection, pairs: Sequence[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of the (thread id, address) pairs that are participants of the thread."""
    if not pairs:
        return set()
    wanted = {"ids": sorted({pair[0] for pair in pairs}), "names": sorted({pair[1] for pair in pairs})}
    return {(row[0], row[1]) for row in connection.execute(_participants, wanted)} & set(pairs)


def add_participants(connection: Connection, pairs: Iterable[tuple[int, str]]) -> None:
    """Record whom the customer wrote to besides us: they may write in the thread too."""
    insert_missing(
        connection, participants, [{"thread_id": t, "address": a} for t, a in dict.fromkeys(pairs)]
    )


def contacts_of(connection: Connection, channel: str, account: str, names: Iterable[str]) -> dict[str, int]:
    """Contact ids by alias value, for the aliases that are known."""
    wanted = sorted(set(names))
    if not wanted:
        return {}
    found = connection.execute(_aliases, {"in_channel": channel, "in_account": account, "names": wanted})
    return {row.value: row.contact_id for row in found}


def known_in(connection: Connection, thread: int, channel: str, account: str, sender: str) -> bool:
    """Whether the sender is the contact that the thread is with."""
    whose = by_id(connection, [thread]).get(thread)
    contact = contacts_of(connection, channel, account, [sender]).get(sender)
    return whose is not None and contact is not None and whose.contact_id == contact


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
                    "body": row.body,
                    "subject": row.subject,
                    "linked_to": row.linked_to,
                    "link": row.link,
                }
                for row in rows
            ],
        )


def add_mail_ids(connection: Connection, pairs: Sequence[tuple[str, int]]) -> None:
    """Record (Message-ID, thread id), so that answers find their thread. The first thread keeps an id."""
    insert_missing(connection, mail_ids, [{"message_id": m, "thread_id": t} for m, t in pairs if m])
