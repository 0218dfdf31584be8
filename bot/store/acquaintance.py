"""What is known of somebody who asks: who they are on other channels, and what that lets them see and spares
them to say again.

Who writes on a chat is who the channel says. Who sends a mail is whoever says so: but what is answered there
reaches the mailbox and nobody else, so a mail may ask for all that the holder of its mailbox may see - when
the answer goes to the address it came from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, bindparam, select

from bot.store import people
from bot.store.people import EVER, Shown
from bot.store.tables import contacts, tickets
from bot.store.tickets import Ticket


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks: a contact, and of a mail whose answer goes to its sender the `mailbox`, "" elsewhere.
    `fresh`: it is the contact's first conversation, and nothing of its own is looked for."""

    contact: int
    mailbox: str = ""
    fresh: bool = False


class Known(Struct, frozen=True):
    """What the person gave before, on whatever channel: the number of their last `ticket`, "" for none, and
    the `identity` confirmed with it, by field id; empty where that may be somebody else's."""

    ticket: str = ""
    identity: Mapping[str, str] = {}


class _Confirmed(Struct, frozen=True):
    """The identity in a ticket's body."""

    identity: dict[str, str] = {}


_decoder = msgspec.json.Decoder(_Confirmed)
_each = tickets.alias("each")
_newest = select(
    contacts.c.id,
    select(_each.c.id)
    .where(_each.c.contact_id == contacts.c.id)
    .order_by(_each.c.id.desc())
    .limit(1)
    .scalar_subquery(),
).where(contacts.c.id.in_(bindparam("wanted", expanding=True)))
_bodies = select(tickets.c.id, tickets.c.number, tickets.c.contact_id, tickets.c.body).where(
    tickets.c.id.in_(bindparam("wanted", expanding=True))
)


def may_see(connection: Connection, asker: Asker, ticket: Ticket) -> bool:
    """Whether a ticket may be told to who asks: it is the same person's, or they hold the number or the
    mailbox that stands on it, and did so when it was made."""
    whose = _circles(connection, [asker])[asker]
    if ticket.contact_id in whose:
        return True
    email, phone = people.email(ticket.email), people.phone(ticket.phone)
    return people.holds(connection, whose, people.EMAIL, email, ticket.created_at) or people.holds(
        connection, whose, people.PHONE, phone, ticket.created_at
    )


def prove_mailbox(connection: Connection, contact: int, address: str, at: datetime) -> None:
    """A code that was sent to the mailbox was typed by this contact."""
    if mailbox := people.email(address):
        people.prove(connection, [people.Proof(contact, people.EMAIL, mailbox, "code", at)])


def known(connection: Connection, askers: Collection[Asker]) -> dict[Asker, Known]:
    """What is known of each of them, for the beginning of a conversation."""
    circles = _circles(connection, askers)
    everybody = {
        contact
        for asker, circle in circles.items()
        if not asker.fresh or len(circle) > 1
        for contact in circle
    }
    newest = _last_tickets(connection, everybody)
    held = _held(connection, everybody) if any(len(circle) > 1 for circle in circles.values()) else {}
    found: dict[Asker, Known] = {}
    for asker, circle in circles.items():
        theirs = [newest[contact] for contact in circle if contact in newest]
        if not theirs:
            found[asker] = Known()
            continue
        _, number, contact, body = max(theirs)
        identity = _decoder.decode(body).identity
        own = contact == asker.contact or _is_theirs(identity, [held.get(c, ()) for c in circle])
        found[asker] = Known(number, identity if own else {})
    return found


def _circles(connection: Connection, askers: Collection[Asker]) -> dict[Asker, frozenset[int]]:
    """All contacts of each asker's person; of a mail also those that hold its mailbox."""
    boxes = people.holders(connection, people.EMAIL, {asker.mailbox for asker in askers if asker.mailbox})
    seeds = {asker: {asker.contact} | boxes.get(asker.mailbox, set()) for asker in askers}
    persons = people.persons(connection, {contact for each in seeds.values() for contact in each})
    return {asker: frozenset().union(*(persons[c] for c in each)) for asker, each in seeds.items()}


def _last_tickets(connection: Connection, wanted: Collection[int]) -> dict[int, tuple[int, str, int, bytes]]:
    """The newest ticket of each contact: its id, number, contact, body."""
    if not wanted:
        return {}
    last = [row[1] for row in connection.execute(_newest, {"wanted": sorted(wanted)}) if row[1] is not None]
    if not last:
        return {}
    return {row[2]: (row[0], row[1], row[2], row[3]) for row in connection.execute(_bodies, {"wanted": last})}


def _held(connection: Connection, wanted: Collection[int]) -> dict[int, list[Shown]]:
    held: dict[int, list[Shown]] = {}
    for row in people.of_contacts(connection, wanted):
        if row.undone_at is None and row.until == EVER:
            held.setdefault(row.contact_id, []).append(row)
    return held


def _is_theirs(identity: Mapping[str, str], held: Sequence[Sequence[Shown]]) -> bool:
    """Whether a ticket names its own maker, and not somebody they wrote for: by what the person holds."""
    named = {
        (people.PHONE, people.phone(identity.get("phone", ""))),
        (people.EMAIL, people.email(identity.get("email", ""))),
    }
    return any((row.kind, row.value) in named for rows in held for row in rows)
