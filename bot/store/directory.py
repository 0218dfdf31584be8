"""Contacts as an operator looks at them: who is there, on which channels, with what history.

Nothing of this is on the hot path: a search reads whole tables.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Select, func, or_, select, union

from bot.store import people
from bot.store.people import Shown
from bot.store.tables import aliases, contacts, conversations, past_aliases, proofs, threads, tickets


@dataclass(slots=True)
class Entry:
    """One contact: its ids by channel and account, and those it had before."""

    id: int
    name: str
    since: datetime
    ids: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    earlier: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    person: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Talked:
    """A conversation of one of the person's contacts."""

    id: int
    contact: int
    channel: str
    state: str
    owner: str
    opened_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Filed:
    """A ticket of one of the person's contacts."""

    number: str
    contact: int
    channel: str
    state: str
    department: str
    title: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Whole:
    """A person: the contacts, what joins them, what of it was undone, and their history, the newest first."""

    contacts: list[Entry]
    joined_by: list[Shown]
    undone: list[Shown]
    conversations: list[Talked]
    tickets: list[Filed]


def find(connection: Connection, who: str, most: int) -> list[Entry]:
    """The newest contacts, or those that `who` names: an id of a channel, a phone number, an address, the
    number of a ticket, a part of the name."""
    if not who:
        wanted: Iterable[int] = connection.execute(
            select(contacts.c.id).order_by(contacts.c.id.desc()).limit(most)
        ).scalars()
        return entries(connection, list(wanted))
    values = {who, who.lower(), people.phone(who), people.phone(who).removeprefix("+")} - {""}
    if people.phone(who).startswith("+0"):  # 0812...: as an Indonesian writes it
        values |= {"+62" + people.phone(who)[2:], "62" + people.phone(who)[2:]}
    by_name = func.lower(contacts.c.name).contains(who.lower(), autoescape=True)
    each: list[Select[tuple[int]]] = [
        select(aliases.c.contact_id).where(aliases.c.value.in_(values)),
        select(proofs.c.contact_id).where(proofs.c.value.in_(values)),
        select(tickets.c.contact_id).where(
            or_(
                tickets.c.number == who.upper(),
                tickets.c.email.in_(values),
                tickets.c.phone.in_(values),
            )
        ),
        select(contacts.c.id).where(by_name),
    ]
    found: set[int] = {row.contact_id for row in connection.execute(union(*each))}
    return entries(connection, sorted(found, reverse=True)[:most])


def entries(connection: Connection, wanted: Collection[int]) -> list[Entry]:
    """Contacts by id, the newest first."""
    if not wanted:
        return []
    chosen = contacts.c.id.in_(sorted(wanted))
    rows = connection.execute(
        select(contacts.c.id, contacts.c.name, contacts.c.created_at)
        .where(chosen)
        .order_by(contacts.c.id.desc())
    )
    found = {row.id: Entry(row.id, row.name, row.created_at) for row in rows}
    for table, where in ((aliases, "ids"), (past_aliases, "earlier")):
        named = connection.execute(
            select(table.c.contact_id, table.c.channel, table.c.account, table.c.value)
            .where(table.c.contact_id.in_(sorted(found)))
            .order_by(table.c.id)
        )
        for row in named:
            place = f"{row.channel} {row.account}".strip()
            getattr(found[row.contact_id], where)[place].append(row.value)
    persons = people.persons(connection, list(found))
    for entry in found.values():
        entry.person = persons[entry.id]
    return list(found.values())


def whole(connection: Connection, contact: int, most: int = 100) -> Whole | None:
    """The person a contact belongs to; None when there is no such contact."""
    if connection.execute(select(contacts.c.id).where(contacts.c.id == contact)).first() is None:
        return None
    person = people.person(connection, contact)
    undone = [row for row in people.of_contacts(connection, person) if row.undone_by]
    talked = connection.execute(
        select(
            conversations.c.id,
            threads.c.contact_id,
            threads.c.channel,
            conversations.c.state,
            conversations.c.owner,
            conversations.c.opened_at,
            conversations.c.last_at,
        )
        .join(threads, threads.c.id == conversations.c.thread_id)
        .where(threads.c.contact_id.in_(sorted(person)))
        .order_by(conversations.c.id.desc())
        .limit(most)
    )
    filed = connection.execute(
        select(
            tickets.c.number,
            tickets.c.contact_id,
            threads.c.channel,
            tickets.c.state,
            tickets.c.department,
            tickets.c.title,
            tickets.c.created_at,
        )
        .join(threads, threads.c.id == tickets.c.thread_id)
        .where(tickets.c.contact_id.in_(sorted(person)))
        .order_by(tickets.c.id.desc())
        .limit(most)
    )
    return Whole(
        entries(connection, person),
        people.joined_by(connection, person),
        undone,
        [Talked(*tuple(row)) for row in talked],
        [Filed(*tuple(row)) for row in filed],
    )
