"""People: which contacts are one person, after proof and never by guess.

A contact is somebody on one channel. What it was shown to hold is a row of `proofs`: a phone number that the
channel made sure of, a mailbox that a code was sent to or that a trusted server vouched for (DMARC), or that
a person of the company said so. Contacts that hold the same at the same time are one person. There is no row
for the person itself: it is worked out from the proofs when it is needed, so that it is the same in whatever
order they came, and two proofs at once need no lock.

Numbers pass on to other people. A number joins only those who showed it within some time of each other
(`FRESH`) and before they left it (`until`). And two contacts of one account that showed the same number are
two of its owners, one after the other - unless something else says that they are one: no third who showed it,
too, makes them one person.

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
    """A contact is shown to hold something at `at` (the provider's time), and to have left it at `until`.
    `origin` is where it was shown: channel and account. `by` and `note`: of a person."""

    contact: int
    kind: str
    value: str
    how: str
    at: datetime
    origin: str = ""
    until: datetime = EVER
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
    origin: str
    at: datetime
    seen_at: datetime
    until: datetime
    by: str = ""
    note: str = ""
    undone_at: datetime | None = None
    undone_by: str = ""
    undone_why: str = ""

    @property
    def fresh_until(self) -> datetime:
        """Until when this tells who holds it."""
        fresh = FRESH.get(self.kind)
        return self.until if fresh is None else min(self.until, self.seen_at + fresh)

    @property
    def place(self) -> tuple[str, str] | None:
        """A number in an account of ours, where it has one owner at a time; None elsewhere."""
        return (self.value, self.origin) if self.kind == PHONE and self.how == "channel" else None


_columns = tuple(proofs.c[name] for name in Shown.__dataclass_fields__)
_of_contacts = select(*_columns).where(proofs.c.contact_id.in_(bindparam("wanted", expanding=True)))
_of_values = select(*_columns).where(proofs.c.value.in_(bindparam("wanted", expanding=True)))
_seen = (
    update(proofs)
    .where(proofs.c.id == bindparam("row"))
    .values(at=bindparam("first", type_=proofs.c.at.type), seen_at=bindparam("last", type_=proofs.c.at.type))
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
    mine = {(row.contact_id, row.kind, row.value, row.until): row for row in known}
    new: dict[tuple[int, str, str, datetime], list[Proof]] = {}
    for proof in shown:
        key = (proof.contact, proof.kind, proof.value, proof.until)
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
            "origin": listed[0].origin,
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
    """`contact` does not hold `value` any more since `at`."""
    mine = [row for row in of_values(connection, [value]) if (row.contact_id, row.kind) == (contact, kind)]
    if any(row.until == at for row in mine):
        return  # it is known
    held = sorted((row.until, row.id) for row in mine if row.at <= at < row.until)
    if held:
        connection.execute(update(proofs).where(proofs.c.id == held[0][1]).values(until=at))


# ---------------------------------------------------------------------------------------------- who is who


def _touching(rows: Iterable[Shown]) -> list[tuple[Shown, Shown]]:
    """Pairs of proofs by different contacts of the same thing, one not long after the other."""
    by_value: dict[tuple[str, str], list[Shown]] = defaultdict(list)
    for row in rows:
        if row.undone_at is None:
            by_value[row.kind, row.value].append(row)
    pairs: list[tuple[Shown, Shown]] = []
    for listed in by_value.values():
        listed.sort(key=lambda row: (row.at, row.contact_id, row.until))
        for n, later in enumerate(listed):
            pairs += [
                (earlier, later)
                for earlier in listed[:n]
                if later.at <= earlier.fresh_until and earlier.contact_id != later.contact_id
            ]
    return pairs


def _links(rows: Collection[Shown]) -> tuple[dict[int, int], list[tuple[Shown, Shown]]]:
    """The leader of each contact's person, and the pairs of proofs that make them one.

    What does not pass on joins first. Then numbers, in the order of time, the newest owner first; never two
    owners of one number in one account.
    """
    leader = {row.contact_id: row.contact_id for row in rows}

    def lead(contact: int) -> int:
        while leader[contact] != contact:
            leader[contact] = contact = leader[leader[contact]]
        return contact

    def one(first: Shown, second: Shown) -> None:
        low, high = sorted((lead(first.contact_id), lead(second.contact_id)))
        leader[high] = low
        links.append((first, second))

    links: list[tuple[Shown, Shown]] = []
    pairs = _touching(rows)
    for pair in pairs:
        if pair[0].kind != PHONE:
            one(*pair)
    owners: dict[int, dict[tuple[str, str], set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        if row.place is not None and row.undone_at is None:
            owners[lead(row.contact_id)][row.place].add(lead(row.contact_id))
    numbers = [pair for pair in pairs if pair[0].kind == PHONE]
    numbers.sort(key=lambda p: (p[1].at, -p[0].at.timestamp(), p[0].contact_id, p[1].contact_id))
    for earlier, later in numbers:
        first, second = lead(earlier.contact_id), lead(later.contact_id)
        if first != second:
            mine, theirs = owners[first], owners[second]
            if any(mine[place] != theirs[place] for place in mine.keys() & theirs.keys()):
                continue
            for place, whose in theirs.items():
                mine[place] |= whose
            for place, whose in mine.items():
                theirs[place] |= whose
        one(earlier, later)
        if first != second:
            owners[lead(first)] = mine
    return {contact: lead(contact) for contact in leader}, links


def _around(connection: Connection, contacts: Collection[int]) -> dict[int, Shown]:
    """All proofs that may make these contacts one person with others, by id."""
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
        ahead = {row.contact_id for pair in _touching(rows.values()) for row in pair} - seen
    return {id_: row for id_, row in rows.items() if row.contact_id in seen}


def persons(connection: Connection, contacts: Collection[int]) -> dict[int, frozenset[int]]:
    """For each contact all contacts of the same person, itself among them."""
    leader, _ = _links(_around(connection, contacts).values())
    together: dict[int, set[int]] = defaultdict(set)
    for contact, lead in leader.items():
        together[lead].add(contact)
    return {each: frozenset(together[leader[each]] if each in leader else {each}) for each in contacts}


def person(connection: Connection, contact: int) -> frozenset[int]:
    """All contacts of the same person as `contact`, itself among them."""
    return persons(connection, [contact])[contact]


def holds(connection: Connection, contacts: Collection[int], kind: str, value: str, since: datetime) -> bool:
    """Whether one of the contacts is shown to hold `value` now, and nobody else was its owner at `since`."""
    if not value:
        return False
    rows = [row for row in of_values(connection, [value]) if row.kind == kind]
    if any(since < row.until < EVER for row in rows):
        return False  # somebody has left it since then
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
    prove(connection, [Proof(each, SAID, joining, "person", at, by=by, note=note) for each in wanted])
    return True


def joined_by(connection: Connection, contacts: Collection[int]) -> list[Shown]:
    """The proofs that make these contacts one person with another, in the order of time."""
    _, links = _links(_around(connection, contacts).values())
    rows = {row.id: row for pair in links for row in pair if row.contact_id in contacts}
    return sorted(rows.values(), key=lambda row: (row.at, row.id))


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
