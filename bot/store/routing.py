"""Whose thread a chat's arrival belongs to: found by the sender's aliases, not only by the thread's key.

Most channels have one id for a person, and the thread's key is enough. On WhatsApp a person has a phone
number and an id of the provider (BSUID), either of them may be missing, and numbers pass on to others:

- the phone decides where it is known, else the other ids; what is new is recorded with the contact;
- a phone that comes with another id than its contact has belongs to somebody else from now on: a new contact,
  who sees nothing of the old one's;
- when the phone and another id are known as two contacts, both stay; the provider named them as one account,
  and that is a proof that they are one person (`people`);
- `Identified` says that ids changed: they are one account's, whether it comes before or after the text.

A contact has one such thread in an account; answers go to its newest phone, else to its id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import Struct, structs
from sqlalchemy import Connection

from bot.store import ids, outbox, people, tables, threads
from bot.store.clean import fit
from bot.store.people import Held, Proof
from bot.store.threads import Alias, NewThread, Past, Place
from bot.store.upsert import insert_or_replace

PASSED = "passed:"
"""What the address of a thread begins with whose number belongs to somebody else now, and nothing else is
known of its contact."""
NOT_THEIRS = "the number belongs to somebody else now, and no other is known"
_PHONE = re.compile(r"\+?[0-9]{7,15}")


class Coming(Struct, frozen=True):
    """One arrival on a chat. `ids` are all ids of the sender, the phone first (`phone`, "" when none is
    named); `opens`: a thread is made when there is none; `moved`: it only tells that ids changed."""

    n: int
    key: str
    ids: tuple[str, ...]
    phone: str
    name: str
    address: str
    sent_at: datetime
    held: tuple[Held, ...] = ()
    opens: bool = True
    moved: bool = False

    @property
    def direct(self) -> bool:
        """Whether the thread is the person's own: it is named as the person is."""
        return self.key in self.ids

    @property
    def aliased(self) -> bool:
        """Whether the channel knows people by more than one id."""
        return bool(self.phone) or len(self.ids) > 1 or self.moved


class Routed(Struct, frozen=True):
    """Where an arrival belongs; None: nowhere yet."""

    thread: int | None = None
    conversation: int | None = None
    contact: int | None = None


def route(
    connection: Connection, channel: str, account: str, coming: Sequence[Coming], at: datetime
) -> dict[int, Routed]:
    """Where each arrival of an account belongs, by `n`; contacts and threads are made, aliases learnt."""
    places = threads.by_key(connection, channel, account, (c.key for c in coming))
    names = {v for c in coming if c.key not in places or c.moved or (c.direct and c.aliased) for v in c.ids}
    current = {alias.value: alias for alias in threads.known_aliases(connection, channel, account, names)}
    routes = _Routes(connection, channel, account, at, current, places)
    routes.expect(c for c in coming if not routes.plain(c))
    found = {c.n: routes.find(c) for c in coming}
    for c in coming:  # an edit may stand before the message that made its thread
        if not c.opens and not c.moved and found[c.n].thread is None:
            found[c.n] = routes.find(c)
    return routes.write(found)


@dataclass(slots=True)
class _Routes:
    """What is known while a batch is gone through, in order. New contacts and threads have negative ids
    until they are written."""

    connection: Connection
    channel: str
    account: str
    at: datetime
    current: dict[str, Alias]
    places: dict[str, Place]
    of: dict[int, list[Alias]] = field(default_factory=dict)
    past: dict[int, list[Past]] = field(default_factory=dict)
    threads: dict[int, list[Place]] = field(default_factory=dict)
    late: dict[str, list[Past]] = field(default_factory=dict)
    contacts: list[tuple[int, str]] = field(default_factory=list)  # new ones: id, name
    made: list[tuple[Place, bool]] = field(default_factory=list)  # new threads; whether the key is free
    learnt: dict[str, Alias] = field(default_factory=dict)
    dropped: list[Alias] = field(default_factory=list)
    gone: list[Past] = field(default_factory=list)
    moved: dict[int, tuple[str, str]] = field(default_factory=dict)  # thread: old and new address
    proofs: list[Proof] = field(default_factory=list)
    passed: list[tuple[int, str, datetime]] = field(default_factory=list)

    # ------------------------------------------------------------------------------------------ looking

    def plain(self, c: Coming) -> bool:
        """Whether nothing is new: all ids are the thread's contact's - or the key alone decides."""
        place = self.places.get(c.key)
        if place is None or c.moved:
            return False
        if not (c.direct and c.aliased):
            return True
        return all((a := self.current.get(v)) is not None and a.contact == place.contact for v in c.ids)

    def expect(self, coming: Iterable[Coming]) -> None:
        """Load at once what is known of those whose route is not plain."""
        listed = [c for c in coming if c.aliased or any(v in self.current for v in c.ids)]
        self._load({self.current[v].contact for c in listed for v in c.ids if v in self.current})
        names = {v for c in listed if c.aliased for v in c.ids}
        for each in threads.past_of_values(self.connection, self.channel, self.account, names):
            self.late.setdefault(each.value, []).append(each)

    def _load(self, contacts: Iterable[int]) -> None:
        wanted = {contact for contact in contacts if contact not in self.of}
        for contact in wanted:
            self.of[contact], self.past[contact], self.threads[contact] = [], [], []
        stored = [contact for contact in wanted if contact > 0]
        for alias in threads.aliases_of(self.connection, self.channel, self.account, stored):
            self.of[alias.contact].append(self.current.setdefault(alias.value, alias))
        for each in threads.past_of(self.connection, self.channel, self.account, stored):
            self.past[each.contact].append(each)
        for place in threads.of_contacts(self.connection, self.channel, self.account, stored):
            self.threads[place.contact].append(self.places.setdefault(place.key, place))

    # ------------------------------------------------------------------------------------------- finding

    def find(self, c: Coming) -> Routed:
        """Where one arrival belongs, with what it teaches."""
        if c.moved:
            return Routed(contact=self._identified(c))
        if self.plain(c):
            place = self.places[c.key]
            self._prove(place.contact, c)
            return Routed(place.id, place.conversation, place.contact)
        contact = self._contact(c) if c.opens else self._known(c)
        if contact is None:
            return Routed()
        place_ = self._thread(c, contact)
        if place_ is None:
            return Routed(contact=contact)
        return Routed(place_.id, place_.conversation, contact)

    def _known(self, c: Coming) -> int | None:
        known = next((self.current[v].contact for v in c.ids if v in self.current), None)
        return known if known is not None else self._late(c)

    def _late(self, c: Coming) -> int | None:
        """Who had the number when this was sent - unless they are known by another id than it names."""
        had = [p for v in c.ids for p in self.late.get(v, ()) if p.until >= c.sent_at]
        others = {v for v in c.ids if v != c.phone}
        for past in sorted(had, key=lambda p: p.until):
            theirs = {a.value for a in self._aliases(past.contact) if a.kind == threads.ID}
            if not others or not theirs or theirs & others:
                return past.contact
        return None

    def _contact(self, c: Coming) -> int:
        ids, late = self._whose_number(c)
        contact = next((self.current[v].contact for v in ids if v in self.current), None)
        if contact is None:
            contact = self._late(c)
        if contact is None:
            contact = self._new_contact(c.name)
        self._load([contact])
        if late is not None:
            self._leave(c.phone, contact, late)
        for value in ids:
            self._learn(contact, value, c)
        self._prove(contact, c)
        return contact

    def _whose_number(self, c: Coming) -> tuple[tuple[str, ...], datetime | None]:
        """The ids that count: a phone that came with another id than its contact has passed to another. Of
        what comes late: until when, at most, the phone was the sender's."""
        holder, others = self.current.get(c.phone), [v for v in c.ids if v != c.phone]
        if holder is None or not others:
            return c.ids, None
        self._load([holder.contact])
        theirs = {a.value for a in self.of[holder.contact] if a.kind == threads.ID} - {c.phone}
        known = next((self.current[v].contact for v in others if v in self.current), None)
        if known == holder.contact or theirs & set(others):
            return c.ids, None
        elsewhere = known is not None and any(a.kind == threads.PHONE for a in self._aliases(known))
        if not theirs and not elsewhere:
            return c.ids, None
        newer = [a.since for a in (self._aliases(known) if known else ()) if a.kind == threads.PHONE]
        after = [since for since in (holder.since, *newer) if since > c.sent_at]
        if after:
            return tuple(others), min(after)
        self._pass(holder, known if known is not None else self._new_contact(c.name), c.sent_at)
        return c.ids, None

    def _aliases(self, contact: int) -> list[Alias]:
        self._load([contact])
        return self.of[contact]

    def _thread(self, c: Coming, contact: int) -> Place | None:
        place = self.places.get(c.key)
        if place is not None and (place.contact == contact or not c.direct):
            return place
        self._load([contact])
        if c.direct:
            names = {a.value for a in self.of[contact]} | {p.value for p in self.past[contact]}
            own = [p for p in self.threads[contact] if p.key.removesuffix(f"~{contact}") in names]
            if own:
                return max(own, key=lambda p: abs(p.id))
        if not c.opens:
            return None
        phone = next((a.value for a in self.of[contact] if a.kind == threads.PHONE), "")
        address = phone if phone and c.direct else c.address
        new = Place(-len(self.made) - 1, c.key, contact, None, address)
        self.made.append((new, place is None))
        if place is None:
            self.places[c.key] = new
        self.threads[contact].append(new)
        return new

    # ------------------------------------------------------------------------------------------ learning

    def _new_contact(self, name: str) -> int:
        contact = -len(self.contacts) - 1
        self.contacts.append((contact, name))
        self.of[contact], self.past[contact], self.threads[contact] = [], [], []
        return contact

    def _learn(self, contact: int, value: str, c: Coming) -> None:
        """An id of this contact; what another contact has stays there, and they are one person."""
        alias = self.current.get(value)
        if alias is not None:
            if alias.contact != contact:
                self._tie(contact, alias.contact, (c.ids[0], value), c.sent_at)
            return
        if any(p.value == value and p.until >= c.sent_at for p in self.past[contact]):
            return  # it comes late: the number was theirs then
        number = value == c.phone or (c.aliased and len(c.ids) > 1 and is_number(value))
        alias = Alias(0, value, contact, threads.PHONE if number else threads.ID, c.sent_at)
        phones = [a for a in self.of[contact] if a.kind == threads.PHONE]
        if alias.kind == threads.PHONE and phones:
            newer = [a.since for a in phones if a.since > c.sent_at]
            if newer:
                self._leave(value, contact, min(newer))
                return
            for old in phones:
                self._retire(old, c.sent_at)
        self.current[value] = self.learnt[value] = alias
        self.of[contact].append(alias)
        if alias.kind == threads.PHONE:
            for place in self.threads[contact]:
                if place.address != value and self._direct(place, contact):
                    self._readdress(place, value)

    def _direct(self, place: Place, contact: int) -> bool:
        names = {a.value for a in self.of[contact]} | {p.value for p in self.past[contact]}
        return place.address in names or place.address.startswith(PASSED)

    def _readdress(self, place: Place, address: str) -> None:
        old = self.moved.get(place.id, (place.address, ""))[0]
        self.moved[place.id] = (old, address)
        place.address = address

    def _forget(self, alias: Alias) -> None:
        """Nobody's alias any more; what of it was not written yet is never written."""
        self.current.pop(alias.value, None)
        if alias in self.of.get(alias.contact, ()):
            self.of[alias.contact].remove(alias)
        if self.learnt.pop(alias.value, None) is None:
            self.dropped.append(alias)

    def _leave(self, value: str, contact: int, until: datetime) -> None:
        """A number that the contact had until then."""
        past = Past(value, contact, until)
        self.gone.append(past)
        self.past[contact].append(past)
        self.late.setdefault(value, []).append(past)
        self.passed.append((contact, value, until))

    def _retire(self, alias: Alias, at: datetime) -> None:
        """The contact has another number now."""
        self._forget(alias)
        self._leave(alias.value, alias.contact, at)

    def _pass(self, alias: Alias, to: int, at: datetime) -> None:
        """The number is somebody else's from now on: nothing for its old owner goes there any more."""
        old = alias.contact
        self._retire(alias, at)
        self._load([to])
        for phone in [a for a in self.of[to] if a.kind == threads.PHONE]:
            self._retire(phone, at)
        new = Alias(0, alias.value, to, threads.PHONE, at)
        self.current[alias.value] = self.learnt[alias.value] = new
        self.of[to].append(new)
        left = sorted(self.of[old], key=lambda a: (a.kind != threads.PHONE, a.since))
        for place in self.threads[old]:
            if place.address == alias.value:
                self._readdress(place, left[0].value if left else f"{PASSED}{alias.value}")
        for place in self.threads[to]:
            if self._direct(place, to):
                self._readdress(place, alias.value)

    def _tie(self, one: int, other: int, names: tuple[str, str], at: datetime) -> None:
        """The channel named two contacts as one account."""
        pair = fit(f"{self.channel}/{self.account}/{'|'.join(sorted(names))}", 320)
        self.proofs += [Proof(each, people.CHANNEL, pair, "channel", at) for each in (one, other)]

    def _prove(self, contact: int, c: Coming) -> None:
        for held in c.held:
            left = [
                past.until
                for past in self.past.get(contact, ())
                if past.until >= c.sent_at and people.phone(past.value) == held.value
            ]
            until = min(left) if left and held.kind == people.PHONE else people.EVER
            self._held(contact, held, c.sent_at, until)

    def _held(self, contact: int, held: Held, at: datetime, until: datetime = people.EVER) -> None:
        origin = f"{self.channel}/{self.account}"
        self.proofs.append(Proof(contact, held.kind, held.value, held.how, at, origin, until))

    def _identified(self, c: Coming) -> int:
        """Ids changed: all that are named are one account's, whenever that is told."""
        new = c.phone or c.ids[0]
        former = {v for v in c.ids if c.phone and v != c.phone and is_number(v)}
        had = {v: owner for v in former if (owner := self._owner(v, c)) is not None}
        steady = [v for v in c.ids if v not in former and v != new]
        known = [*had.values(), *(self.current[v].contact for v in steady if v in self.current)]
        if not known and new in self.current:
            self._load([self.current[new].contact])
            known = [self.current[new].contact] if self._same(self.current[new], c) else []
        contact = known[0] if known else self._new_contact(c.name)
        self._load({contact, *had.values()})
        for value in former:
            self._left(value, had.get(value, contact), contact, c)
        for value in c.ids:
            alias = self.current.get(value)
            if value in former:
                continue
            if alias is None:
                self._learn(contact, value, c)
            elif alias.contact != contact:
                self._load([alias.contact])
                if value != new or alias.kind == threads.ID or self._same(alias, c):
                    self._tie(contact, alias.contact, (new, value), c.sent_at)
                elif alias.since > c.sent_at:
                    self._leave(value, contact, alias.since)  # somebody else has it since
                else:
                    self._pass(alias, contact, c.sent_at)
        self._prove(contact, c)
        return contact

    def _owner(self, number: str, c: Coming) -> int | None:
        """Who had a number when this was sent, as far as it is known."""
        alias = self.current.get(number)
        if alias is not None and alias.since <= c.sent_at:
            return alias.contact
        had = [p for p in self.late.get(number, ()) if p.until >= c.sent_at]
        return min(had, key=lambda p: p.until).contact if had else None

    def _left(self, number: str, owner: int, contact: int, c: Coming) -> None:
        """`owner` left a number for that of `contact`: they are one account."""
        if owner != contact:
            self._tie(contact, owner, (c.phone, number), c.sent_at)
        alias = self.current.get(number)
        if alias is not None and alias.contact == owner and alias.since <= c.sent_at:
            self._retire(alias, c.sent_at)
        elif not any(p.value == number and p.until == c.sent_at for p in self.past[owner]):
            self._leave(number, owner, c.sent_at)
        for place in self.threads[owner]:
            if place.address == number:
                self._readdress(place, c.phone)
        if c.held:  # whose number is vouched for now, had the former one until now
            had = Held(people.PHONE, people.phone(number), "channel")
            self._held(owner, had, c.sent_at, c.sent_at)

    def _same(self, alias: Alias, c: Coming) -> bool:
        """Whether who writes under the new number is the one who changed to it, and not its former owner."""
        theirs = {a.value for a in self.of[alias.contact] if a.kind == threads.ID}
        if theirs & set(c.ids):
            return True
        named = any(not is_number(v) for v in c.ids)
        return alias.since >= c.sent_at and not (theirs and named)

    # ------------------------------------------------------------------------------------------- writing

    def write(self, found: Mapping[int, Routed]) -> dict[int, Routed]:
        """Write what was made and learnt; the routes with the ids that were given."""
        conn, channel, account = self.connection, self.channel, self.account
        made = threads.make_contacts(conn, [name for _, name in self.contacts], self.at)
        contact_of = dict(zip((contact for contact, _ in self.contacts), made, strict=True))
        for alias in self.learnt.values():
            alias.contact = contact_of.get(alias.contact, alias.contact)
        threads.drop_aliases(conn, [alias.id for alias in self.dropped])
        threads.add_aliases(conn, channel, account, list(self.learnt.values()))
        gone = [Past(p.value, contact_of.get(p.contact, p.contact), p.until) for p in self.gone]
        threads.add_past(conn, channel, account, gone)
        thread_of = self._write_threads(contact_of)
        self._write_addresses()
        self._write_proofs(contact_of)
        return {
            n: Routed(
                thread_of.get(r.thread, r.thread) if r.thread is not None else None,
                r.conversation,
                contact_of.get(r.contact, r.contact) if r.contact is not None else None,
            )
            for n, r in found.items()
        }

    def _write_threads(self, contact_of: Mapping[int, int]) -> dict[int, int]:
        taken = ids.take(self.connection, tables.threads, len(self.made))
        new: list[NewThread] = []
        for thread, (place, free) in zip(taken, self.made, strict=True):
            contact = contact_of.get(place.contact, place.contact)
            key = place.key if free else fit(f"{place.key}~{contact}", 320)
            new.append(NewThread(thread, self.channel, self.account, key, contact, place.address))
        threads.add(self.connection, new)
        return {place.id: row.id for (place, _), row in zip(self.made, new, strict=True)}

    def _write_addresses(self) -> None:
        for thread, (old, address) in self.moved.items():
            if address.startswith(PASSED):
                row = {"channel": self.channel, "address": address, "reason": NOT_THEIRS, "at": self.at}
                insert_or_replace(self.connection, tables.suppressed, [row])
            if thread > 0 and old != address:
                threads.readdress(self.connection, thread, address)
                outbox.readdress(self.connection, thread, old, address)

    def _write_proofs(self, contact_of: Mapping[int, int]) -> None:
        shown = [structs.replace(p, contact=contact_of.get(p.contact, p.contact)) for p in self.proofs]
        for contact, number, at in self.passed:
            owner, value = contact_of.get(contact, contact), people.phone(number)
            people.passed(self.connection, owner, people.PHONE, value, at)
            left = [
                structs.replace(p, until=at)
                if (p.contact, p.kind, p.value) == (owner, people.PHONE, value) and p.at <= at < p.until
                else p
                for p in shown
            ]  # what was shown and left in this very batch
            shown = left
        people.prove(self.connection, shown)


def is_number(value: str) -> bool:
    """Whether an id is a phone number: a provider's own ids have letters in them."""
    return bool(_PHONE.fullmatch(value))
