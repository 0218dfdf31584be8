"""Tickets, the gapless counters that number them, and the codes that prove whose they are."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from bot.dialogue.turn import IssueTicket
from bot.store.bulk import execute_many
from bot.store.tables import codes, counters, tickets
from bot.store.upsert import insert_missing, insert_or_replace

NEW = "new"
"""The state of a ticket that its department has not looked at."""


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket to insert."""

    number: str
    conversation_id: int
    thread_id: int
    contact_id: int
    wish: IssueTicket
    at: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as a status question needs it."""

    number: str
    thread_id: int
    contact_id: int
    state: str
    department: str
    title: str
    email: str
    phone: str
    created_at: datetime
    due_at: datetime


_add_up = (
    update(counters)
    .where(counters.c.name == bindparam("counter"))
    .values(value=counters.c.value + bindparam("by"))
    .returning(counters.c.value)
)
_insert = insert(tickets)
_find = select(
    tickets.c.number, tickets.c.thread_id, tickets.c.contact_id, tickets.c.state, tickets.c.department,
    tickets.c.title, tickets.c.email, tickets.c.phone, tickets.c.created_at, tickets.c.due_at,
).where(tickets.c.number == bindparam("wanted"))  # fmt: skip
_of = (
    select(tickets.c.number, tickets.c.department)
    .where(tickets.c.conversation_id == bindparam("conversation"))
    .order_by(tickets.c.id)
)
_code = select(codes.c.hash, codes.c.left, codes.c.expires_at).where(
    codes.c.conversation_id == bindparam("of"), codes.c.number == bindparam("wanted")
)
_encoder = msgspec.json.Encoder()


def count(connection: Connection, wanted: Mapping[str, int]) -> dict[str, int]:
    """Take `wanted[name]` numbers from each counter; the first of each. Gapless: the rows stay locked until
    the transaction ends, so take them last; always in the order of names, so that two takers never deadlock.
    """
    first: dict[str, int] = {}
    for name in sorted(wanted):
        parameters = {"counter": name, "by": wanted[name]}
        value = connection.execute(_add_up, parameters).scalar()
        if value is None:
            insert_missing(connection, counters, [{"name": name, "value": 0}])
            value = connection.execute(_add_up, parameters).scalar_one()
        first[name] = value - wanted[name] + 1
    return first


def add(connection: Connection, rows: Sequence[NewTicket]) -> None:
    """Insert tickets."""
    if rows:
        execute_many(
            connection,
            _insert,
            [
                {
                    "number": row.number,
                    "conversation_id": row.conversation_id,
                    "ref": row.wish.ref,
                    "thread_id": row.thread_id,
                    "contact_id": row.contact_id,
                    "kind": row.wish.kind,
                    "class": row.wish.class_,
                    "department": row.wish.department,
                    "state": NEW,
                    "urgent": row.wish.urgent,
                    "title": row.wish.title,
                    "email": row.wish.identity.get("email", ""),
                    "phone": row.wish.identity.get("phone", "")[:32],
                    "body": _encoder.encode(row.wish),
                    "created_at": row.at,
                    "due_at": row.wish.due_at,
                }
                for row in rows
            ],
        )


def of_conversation(connection: Connection, conversation_id: int) -> list[tuple[str, str]]:
    """(number, department) of the tickets that a conversation made, in order."""
    return [(row[0], row[1]) for row in connection.execute(_of, {"conversation": conversation_id})]


def find(connection: Connection, number: str) -> Ticket | None:
    """The ticket of that number; None when there is none."""
    row = connection.execute(_find, {"wanted": number}).first()
    return None if row is None else Ticket(*tuple(row))


def hash_code(secret: bytes, conversation_id: int, number: str, code: str) -> str:
    """What is kept of an identity code: useless to whoever reads the database."""
    message = f"identity code/{conversation_id}/{number}/{code}".encode()
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def asked_by(connection: Connection, number: str, besides: int, since: datetime) -> int:
    """How many other conversations were sent a code for this ticket that expired, or will, after `since`."""
    asked = select(func.count()).where(
        codes.c.number == number, codes.c.conversation_id != besides, codes.c.expires_at > since
    )
    return int(connection.execute(asked).scalar_one())


def keep_code(
    connection: Connection, conversation_id: int, number: str, hashed: str, tries: int, expires_at: datetime
) -> None:
    """Keep a code for one conversation and one ticket; an earlier one of theirs is void."""
    insert_or_replace(
        connection,
        codes,
        [
            {
                "conversation_id": conversation_id,
                "number": number,
                "hash": hashed,
                "left": tries,
                "expires_at": expires_at,
            }
        ],
    )


def try_code(
    connection: Connection, conversation_id: int, number: str, hashed: str, now: datetime
) -> tuple[bool, int]:
    """Whether the code is right, and how many tries are left. A right code is spent; so is every try."""
    which = {"of": conversation_id, "wanted": number}
    row = connection.execute(_code.with_for_update(), which).first()
    if row is None or row.expires_at < now or row.left <= 0:
        return False, 0
    mine = (codes.c.conversation_id == conversation_id, codes.c.number == number)
    if hmac.compare_digest(row.hash, hashed):
        connection.execute(delete(codes).where(*mine))
        return True, row.left - 1
    connection.execute(update(codes).where(*mine).values(left=row.left - 1))
    return False, row.left - 1
