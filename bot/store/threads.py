"""Threads: the places where we talk with somebody; with the contacts and aliases that tell who that is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from bot.store import ids
from bot.store.bulk import execute_many
from bot.store.tables import (
    aliases,
    contacts,
    conversations,
    mail_ids,
    participants,
    past_aliases,
    threads,
    tickets,
)
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
    """A contact to be made, with the name the channel knows them by (`value`)."""

    name: str
    channel: str
    account: str
    value: str


ID, PHONE = "id", "phone"
"""Kinds of alias: a provider's own id is somebody's for ever, a phone number passes on."""


@dataclass(slots=True)
class Alias:
    """A name that a channel knows a contact by, shown first at `since`; `id` 0: not written yet."""

    id: int
    value: str
    contact: int
    kind: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Past:
    """A number that a contact had `until` then."""

    value: str
    contact: int
    until: datetime


@dataclass(slots=True)
class Place:
    """A thread as its account sees it: where answers go, and its open or last conversation."""

    id: int
    key: str
    contact: int
    conversation: int | None
    address: str


_place = (threads.c.id, threads.c.key, threads.c.contact_id, threads.c.conversation_id, threads.c.address)
_in_account = (
    threads.c.channel == bindparam("in_channel"),
    threads.c.account == bindparam("in_account"),
)
_by_key = select(*_place).where(*_in_account, threads.c.key.in_(bindparam("keys", expanding=True)))
_of_contacts = select(*_place).where(
    *_in_account, threads.c.contact_id.in_(bindparam("contacts", expanding=True))
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
_alias = (aliases.c.id, aliases.c.value, aliases.c.contact_id, aliases.c.kind, aliases.c.since)
_alias_here = (
    aliases.c.channel == bindparam("in_channel"),
    aliases.c.account == bindparam("in_account"),
)
_aliases = select(*_alias).where(*_alias_here, aliases.c.value.in_(bindparam("names", expanding=True)))
_aliases_of = select(*_alias).where(
    *_alias_here, aliases.c.contact_id.in_(bindparam("contacts", expanding=True))
)
_past = (past_aliases.c.value, past_aliases.c.contact_id, past_aliases.c.until)
_past_here = (
    past_aliases.c.channel == bindparam("in_channel"),
    past_aliases.c.account == bindparam("in_account"),
)
_past_of_values = select(*_past).where(
    *_past_here, past_aliases.c.value.in_(bindparam("names", expanding=True))
)
_past_of = select(*_past).where(
    *_past_here, past_aliases.c.contact_id.in_(bindparam("contacts", expanding=True))
)
_readdress = (
    update(threads)
    .where(threads.c.id == bindparam("row"))
    .values(address=bindparam("to"), version=threads.c.version + 1)
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


def by_key(connection: Connection, channel: str, account: str, keys: Iterable[str]) -> dict[str, Place]:
    """Threads of an account by key, for the keys that are known."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    found = connection.execute(_by_key, {"in_channel": channel, "in_account": account, "keys": wanted})
    return {row.key: Place(*row) for row in found}


def of_contacts(
    connection: Connection, channel: str, account: str, contacts: Collection[int]
) -> Iterator[Place]:
    """All threads of these contacts in an account."""
    if contacts:
        given = {"in_channel": channel, "in_account": account, "contacts": sorted(contacts)}
        yield from (Place(*row) for row in connection.execute(_of_contacts, given))


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
    return {alias.value: alias.contact for alias in known_aliases(connection, channel, account, names)}


def known_aliases(
    connection: Connection, channel: str, account: str, names: Iterable[str]
) -> Iterator[Alias]:
    """Those of the names that are somebody's."""
    if wanted := sorted(set(names)):
        given = {"in_channel": channel, "in_account": account, "names": wanted}
        yield from (Alias(*row) for row in connection.execute(_aliases, given))


def aliases_of(
    connection: Connection, channel: str, account: str, contacts: Collection[int]
) -> Iterator[Alias]:
    """The names of these contacts in an account."""
    if contacts:
        given = {"in_channel": channel, "in_account": account, "contacts": sorted(contacts)}
        yield from (Alias(*row) for row in connection.execute(_aliases_of, given))


def past_of_values(connection: Connection, channel: str, account: str, names: Collection[str]) -> list[Past]:
    """Who had these numbers before."""
    if not names:
        return []
    given = {"in_channel": channel, "in_account": account, "names": sorted(names)}
    return [Past(*row) for row in connection.execute(_past_of_values, given)]


def past_of(connection: Connection, channel: str, account: str, contacts: Collection[int]) -> list[Past]:
    """The numbers that these contacts had before."""
    if not contacts:
        return []
    given = {"in_channel": channel, "in_account": account, "contacts": sorted(contacts)}
    return [Past(*row) for row in connection.execute(_past_of, given)]


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


class Raced(Exception):
    """Another process learnt the same ids a moment ago; what was decided without them is decided again."""


def make_contacts(connection: Connection, names: Sequence[str], at: datetime) -> list[int]:
    """Insert a contact for each name; their ids."""
    taken = list(ids.take(connection, contacts, len(names)))
    rows = [{"id": i, "name": name, "created_at": at} for i, name in zip(taken, names, strict=True)]
    execute_many(connection, _insert_contact, rows)
    return taken


def add_contacts(connection: Connection, rows: Sequence[NewContact], at: datetime) -> list[int]:
    """Insert contacts, each with its alias; their ids."""
    made = make_contacts(connection, [row.name for row in rows], at)
    named: dict[tuple[str, str], list[Alias]] = {}
    for contact, row in zip(made, rows, strict=True):
        named.setdefault((row.channel, row.account), []).append(Alias(0, row.value, contact, ID, at))
    for (channel, account), listed in named.items():
        add_aliases(connection, channel, account, listed)
    return made


def add_aliases(connection: Connection, channel: str, account: str, rows: Sequence[Alias]) -> None:
    """Insert aliases, which nobody has. Raises `Raced` when somebody got one of them meanwhile."""
    if not rows:
        return
    taken = ids.take(connection, aliases, len(rows))
    here = {"channel": channel, "account": account}
    insert_missing(
        connection,
        aliases,
        [
            {"id": i, **here, "value": a.value, "contact_id": a.contact, "kind": a.kind, "since": a.since}
            for i, a in zip(taken, rows, strict=True)
        ],
    )
    if connection.dialect.name != "sqlite":  # which has one writer
        wanted = {alias.value: alias.contact for alias in rows}
        if contacts_of(connection, channel, account, wanted) != wanted:
            raise Raced


def drop_aliases(connection: Connection, rows: Sequence[int]) -> None:
    """Delete aliases: they are nobody's now."""
    if rows:
        connection.execute(delete(aliases).where(aliases.c.id.in_(sorted(rows))))


def add_past(connection: Connection, channel: str, account: str, rows: Sequence[Past]) -> None:
    """Record until when contacts had numbers."""
    here = {"channel": channel, "account": account}
    named = [{**here, "value": p.value, "contact_id": p.contact, "until": p.until} for p in rows]
    if named:
        connection.execute(insert(past_aliases), named)


def readdress(connection: Connection, thread: int, address: str) -> None:
    """Answers of a thread go to another address; a turn that is being decided is decided again."""
    connection.execute(_readdress, {"row": thread, "to": address})


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
