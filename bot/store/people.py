"""People: which contacts are one person, after proof and never by guess.

A contact is somebody on one channel. What it was shown to hold is a row of `proofs`: a phone number that the
channel made sure of, a mailbox that a code was sent to or that a trusted server vouched for (DMARC), or that
a person of the company said so. Contacts that hold the same at the same time are one person. There is no row
for the person itself: it is worked out when it is needed, so that it is the same in whatever order the proofs
came, and two proofs at once need no lock.

What is held can pass on: a number is given to somebody else. From then on (`until`) it is another thing, and
joins nobody with those who had it before. And it grows old (`FRESH`): somebody who shows the same number a
year later may be its next owner.

A joining is undone by marking its row: it is kept, joins no more, and the same proof does not join again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from sqlalchemy import Connection, bindparam, select, update

from bot.store import ids
from bot.store.clean import fit
from bot.store.tables import proofs
from bot.store.upsert import insert_missing

PHONE, EMAIL, CHANNEL, SAID = "phone", "email", "channel", "said"
"""Kinds of proof: the same number, the same mailbox, two ids that the channel named as one account, what a
person of the company said."""

EVER = datetime(9999, 12, 31, tzinfo=UTC)
"""`until` of what has not passed on."""

FRESH = {PHONE: timedelta(days=90), EMAIL: timedelta(days=365)}
"""So long after it was last shown a number or a mailbox is taken to have the same owner. Prepaid numbers are
given out anew a few months after their last top-up."""

AGAIN = timedelta(days=7)
"""What is shown again and again is noted again after this time."""

MOST = 200
"""Contacts of one person that are looked for; more are left aside."""


class Held(Struct, frozen=True):
    """What somebody is shown to hold: `kind` phone or email, its canonical `value`, and `how` that is known
    (channel, dmarc, code)."""

    kind: str
    value: str
    how: str


class Proof(Struct, frozen=True):
    """A contact is shown to hold something at `at` (the provider's time). `by` and `note`: of a person."""

    contact: int
    kind: str
    value: str
    how: str
    at: datetime
    by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A proof on record."""

    id: int
    contact_id: int
    kind: str
    value: str
    how: str
    at: datetime
    seen_at: datetime
    until: datetime
    by: str = ""
    note: str = ""
    undone_at: datetime | None = None
    undone_by: str = ""
    undone_why: str = ""

    @property
    def thing(self) -> tuple[str, str, datetime]:
        """What is held: the same number after it passed to somebody else is another thing."""
        return self.kind, self.value, self.until


_columns = tuple(proofs.c[name] for name in Shown.__dataclass_fields__)
_of_contacts = select(*_columns).where(proofs.c.contact_id.in_(bindparam("wanted", expanding=True)))
_of_values = select(*_columns).where(proofs.c.value.in_(bindparam("wanted", expanding=True)))
_seen = (
    update(proofs)
    .where(proofs.c.id == bindparam("row"))
    .values(at=bindparam("first", type_=proofs.c.at.type), seen_at=bindparam("last", type_=proofs.c.at.type))
)
_passed = (
    update(proofs)
    .where(
        proofs.c.kind == bindparam("of_kind"),
        proofs.c.value == bindparam("of_value"),
        proofs.c.until > bindparam("moment", type_=proofs.c.until.type),
        proofs.c.at < bindparam("moment", type_=proofs.c.until.type),
    )
    .values(until=bindparam("moment", type_=proofs.c.until.type))
)


def phone(number: str) -> str:
    """A number in the one way it is compared: `+` and digits; "" when there is no digit."""
    digits = "".join(c for c in number if c.isascii() and c.isdigit())
    return f"+{digits}" if digits else ""


def email(address: str) -> str:
    """An address in the one way it is compared; "" when it is none."""
    bare = address.strip().lower()
    return fit(bare, 320) if "@" in bare else ""


# ------------------------------------------------------------------------------------------------- to prove


def of_contacts(connection: Connection, contacts: Iterable[int]) -> list[Shown]:
    """All proofs of these contacts, those that are undone or passed on too."""
    wanted = sorted(set(contacts))
    return [Shown(*row) for row in connection.execute(_of_contacts, {"wanted": wanted})] if wanted else []


def of_values(connection: Connection, values: Iterable[str]) -> list[Shown]:
    """All proofs of these values, whosesoever."""
    wanted = sorted(set(values))
    return [Shown(*row) for row in connection.execute(_of_values, {"wanted": wanted})] if wanted else []


def prove(connection: Connection, shown: Sequence[Proof]) -> None:
    """Put proofs on record. Those that are there stay, also when they are undone; what is shown again after a
    while is noted as seen again."""
    if not shown:
        return
    known = of_values(connection, (proof.value for proof in shown))
    mine = {(row.contact_id, *row.thing): row for row in known}
    ends: dict[tuple[str, str], set[datetime]] = defaultdict(set)
    for row in known:
        ends[row.kind, row.value].add(row.until)
    new: dict[tuple[int, str, str, datetime], list[Proof]] = {}
    for proof in shown:
        until = min((u for u in ends[proof.kind, proof.value] if u > proof.at), default=EVER)
        key = (proof.contact, proof.kind, proof.value, until)
        there = mine.get(key)
        if there is None:
            new.setdefault(key, []).append(proof)
        elif proof.at > there.seen_at + AGAIN or proof.at < there.at:
            first, last = min(there.at, proof.at), max(there.seen_at, proof.at)
            connection.execute(_seen, {"row": there.id, "first": first, "last": last})
    rows = [
        {
            "id": row_id,
            "contact_id": contact,
            "kind": kind,
            "value": value,
            "how": listed[0].how,
            "at": min(proof.at for proof in listed),
            "seen_at": max(proof.at for proof in listed),
            "until": until,
            "by": listed[0].by,
            "note": listed[0].note,
        }
        for row_id, ((contact, kind, value, until), listed) in zip(
            ids.take(connection, proofs, len(new)), new.items(), strict=True
        )
    ]
    insert_missing(connection, proofs, rows)


def passed(connection: Connection, contact: int, kind: str, value: str, at: datetime) -> None:
    """`contact` does not hold `value` any more since `at`: whoever shows it after that is somebody else."""
    connection.execute(_passed, {"of_kind": kind, "of_value": value, "moment": at})
    (row_id,) = ids.take(connection, proofs, 1)
    mark = {"id": row_id, "contact_id": contact, "kind": kind, "value": value, "how": "passed"}
    times = {"at": at, "seen_at": at, "until": at, "undone_at": at}
    insert_missing(connection, proofs, [mark | times])  # where nothing was proven, the time is still known


# ---------------------------------------------------------------------------------------------- who is who


def _groups(rows: Iterable[Shown]) -> list[list[Shown]]:
    """Proofs that make their contacts one person: of the same thing, one not long after another."""
    by_thing: dict[tuple[str, str, datetime], list[Shown]] = defaultdict(list)
    for row in rows:
        if row.undone_at is None:
            by_thing[row.thing].append(row)
    groups: list[list[Shown]] = []
    for (kind, _, _), listed in by_thing.items():
        listed.sort(key=lambda row: (row.at, row.id))
        fresh = FRESH.get(kind)
        last = None
        for row in listed:
            if last is None or (fresh is not None and row.at - last > fresh):
                groups.append([])
            groups[-1].append(row)
            last = row.seen_at if last is None else max(last, row.seen_at)
    return groups


def persons(connection: Connection, contacts: Collection[int]) -> dict[int, frozenset[int]]:
    """For each contact all contacts of the same person, itself among them."""
    seen: set[int] = set()
    looked: set[str] = set()
    rows: dict[int, Shown] = {}
    ahead = set(contacts)
    while ahead and len(seen) < MOST + len(contacts):
        rows |= {row.id: row for row in of_contacts(connection, ahead)}
        seen |= ahead
        values = {row.value for row in rows.values() if row.contact_id in seen and row.undone_at is None}
        rows |= {row.id: row for row in of_values(connection, values - looked)}
        looked |= values
        ahead = {
            row.contact_id
            for group in _groups(rows.values())
            if any(row.contact_id in seen for row in group)
            for row in group
        } - seen
    leader = {contact: contact for contact in seen}

    def lead(contact: int) -> int:
        while leader[contact] != contact:
            leader[contact] = contact = leader[leader[contact]]
        return contact

    for group in _groups(rows.values()):
        here = [lead(row.contact_id) for row in group if row.contact_id in seen]
        for other in here:
            first, second = sorted((lead(here[0]), lead(other)))
            leader[second] = first
    together: dict[int, set[int]] = defaultdict(set)
    for contact in seen:
        together[lead(contact)].add(contact)
    return {contact: frozenset(together[lead(contact)]) for contact in contacts}


def person(connection: Connection, contact: int) -> frozenset[int]:
    """All contacts of the same person as `contact`, itself among them."""
    return persons(connection, [contact])[contact]


def holds(connection: Connection, contacts: Collection[int], kind: str, value: str, since: datetime) -> bool:
    """Whether one of the contacts is shown to hold `value` now, and nobody else was its owner at `since`."""
    if not value:
        return False
    rows = [row for row in of_values(connection, [value]) if row.kind == kind]
    if any(since < row.until < EVER for row in rows):
        return False  # it has passed on since then
    early = since + FRESH.get(kind, timedelta(0))
    return any(
        row.contact_id in contacts and row.undone_at is None and row.until == EVER and row.at <= early
        for row in rows
    )


def holders(connection: Connection, kind: str, values: Collection[str]) -> dict[str, set[int]]:
    """The contacts that are shown to hold these values now."""
    found: dict[str, set[int]] = defaultdict(set)
    for row in of_values(connection, values):
        if row.kind == kind and row.undone_at is None and row.until == EVER:
            found[row.value].add(row.contact_id)
    return found


# ------------------------------------------------------------------------------------------ said by a person


def join(connection: Connection, contacts: Collection[int], by: str, note: str, at: datetime) -> bool:
    """A person of the company says that these contacts are one person; False when they are already."""
    wanted = sorted(set(contacts))
    if set(wanted) <= person(connection, wanted[0]):
        return False
    joining = f"{'+'.join(map(str, wanted))} {at.isoformat()}"
    prove(connection, [Proof(each, SAID, joining, "person", at, by, note) for each in wanted])
    return True


def joined_by(connection: Connection, contacts: Collection[int]) -> list[Shown]:
    """The proofs that make these contacts one person with another, in the order of time."""
    mine = of_contacts(connection, contacts)
    groups = _groups(of_values(connection, (row.value for row in mine)))
    rows = [row for group in groups if len({row.contact_id for row in group}) > 1 for row in group]
    return sorted((row for row in rows if row.contact_id in contacts), key=lambda row: (row.at, row.id))


def split(
    connection: Connection, contact: int, by: str, why: str, at: datetime, *, only: int | None = None
) -> list[Shown]:
    """Undo what makes a contact one person with others: all of it, or the one proof `only`. The rows are kept
    and join no more, also when the same is shown again. Returns them as they were."""
    rows = [row for row in joined_by(connection, [contact]) if only is None or row.id == only]
    if rows:
        connection.execute(
            update(proofs)
            .where(proofs.c.id.in_([row.id for row in rows]), proofs.c.undone_at.is_(None))
            .values(undone_at=at, undone_by=by, undone_why=why)
        )
    return rows
