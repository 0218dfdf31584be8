"""Whose thread a mail belongs to, decided once, never on a sender's word alone.

A signed reply token, else a Message-ID that the mail answers, else a ticket number in its subject *names* a
thread. Whether the mail goes there, its sender decides:

- the thread's contact: yes - unless the subject is another one, or the conversation was closed long ago:
  then it is a new matter in a new thread, linked to the old one (chatwoot#15869, zammad#5286);
- somebody the contact wrote to besides us (Cc, To): a participant, who writes in the same thread;
- a department of ours, and automatic mail: kept with the thread, for the record;
- anybody else who has the token or a Message-ID: a stranger. A new thread, linked to the one that was
  answered; nothing of the other's is told there. A number alone does not even link: anybody can guess one
  (zammad#5064).

A mail that names nothing begins a new thread, except when the sender's last one is on the same subject and
still open, and this one says that it answers (some programs lose the ids, libredesk#176), or that was a
moment ago: sent twice, or in pieces, it is one matter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.letters.subjects import changed
from bot.store import threads
from bot.store.threads import Known

TOGETHER = timedelta(minutes=15)
"""A second mail on the same subject by the same sender within this time is of the same matter."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What of a mail names its thread.

    `tokens` are thread ids whose signature was checked; `answers` the Message-IDs it answers, nearest
    first; `tickets` the numbers in its subject; `subject` is without reply marks and numbers, and
    `answering` tells that it had such a mark. `others` are who else it was sent to. `department`: it comes
    from a department of ours, which is no customer and may write in any thread without being answered;
    `record`: it is automatic, and only kept.
    """

    message_id: str
    tokens: tuple[int, ...] = ()
    answers: tuple[str, ...] = ()
    tickets: tuple[str, ...] = ()
    subject: str = ""
    answering: bool = False
    others: tuple[str, ...] = ()
    department: bool = False
    record: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """A mail to be placed: position in its group, channel, account, sender's address, and its letter."""

    n: int
    channel: str
    account: str
    sender: str
    letter: Letter


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where a mail belongs: to `thread`, or (None) to a new one, `link`ed to `linked` where that is not None.
    `contact` is the sender's, None when unknown."""

    thread: Known | None = None
    contact: int | None = None
    linked: Known | None = None
    link: str = ""


def find(
    connection: Connection, posted: Sequence[Posted], at: datetime, closed_for: timedelta
) -> dict[int, Belonging]:
    """Where each mail belongs, by position. A conversation that closed `closed_for` ago is not gone on
    with."""
    named = _named(connection, posted)
    known = threads.by_id(connection, (thread for ids in named.values() for thread in ids))
    contact_of = _contacts(connection, posted)
    guests = _guests(connection, posted, named, known, contact_of)
    found: dict[int, Belonging] = {}
    fresh: list[Posted] = []
    for each in posted:
        contact = contact_of.get((each.channel, each.account, each.sender))
        candidates = [known[thread] for thread in named[each.n] if thread in known]
        found[each.n] = _judge(each, candidates, contact, guests, at, closed_for)
        if found[each.n] == Belonging(contact=contact) and contact is not None and not named[each.n]:
            fresh.append(each)
    for each, thread in _same_matter(connection, fresh, found, at):
        found[each.n] = Belonging(thread, found[each.n].contact)
    return found


def _named(connection: Connection, posted: Sequence[Posted]) -> dict[int, list[int]]:
    """The threads that each mail names, the surest first."""
    by_mail = threads.by_mail_ids(connection, (a for each in posted for a in each.letter.answers))
    by_ticket = threads.by_tickets(connection, (t for each in posted for t in each.letter.tickets))
    named: dict[int, list[int]] = {}
    for each in posted:
        letter = each.letter
        ids = [*letter.tokens]
        ids += [by_mail[a] for a in letter.answers if a in by_mail]
        ids += [by_ticket[t] for t in letter.tickets if t in by_ticket]
        named[each.n] = list(dict.fromkeys(ids))
    return named


def _contacts(connection: Connection, posted: Sequence[Posted]) -> dict[tuple[str, str, str], int]:
    senders: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in posted:
        senders[each.channel, each.account].add(each.sender)
    return {
        (channel, account, value): contact
        for (channel, account), values in senders.items()
        for value, contact in threads.contacts_of(connection, channel, account, values).items()
    }


def _guests(
    connection: Connection,
    posted: Sequence[Posted],
    named: Mapping[int, Sequence[int]],
    known: Mapping[int, Known],
    contact_of: Mapping[tuple[str, str, str], int],
) -> set[tuple[int, str]]:
    """(thread, address) of those senders who are participants of a thread that is not their own."""
    asked: list[tuple[int, str]] = []
    for each in posted:
        contact = contact_of.get((each.channel, each.account, each.sender))
        asked += [
            (thread, each.sender)
            for thread in named[each.n]
            if thread in known and known[thread].contact_id != contact
        ]
    return threads.participating(connection, asked)


def _judge(
    each: Posted,
    candidates: Sequence[Known],
    contact: int | None,
    guests: set[tuple[int, str]],
    at: datetime,
    closed_for: timedelta,
) -> Belonging:
    letter = each.letter
    stranger: Known | None = None
    for thread in candidates:
        if letter.department or letter.record:
            return Belonging(thread, contact)
        if thread.channel != each.channel:
            continue
        if contact is not None and thread.contact_id == contact:
            link = _moved_on(letter, thread, at, closed_for)
            return Belonging(None, contact, thread, link) if link else Belonging(thread, contact)
        if (thread.id, each.sender) in guests:
            return Belonging(thread, contact)
        stranger = stranger or thread
    if stranger is not None and (letter.tokens or letter.answers):
        return Belonging(None, contact, stranger, "stranger")
    return Belonging(contact=contact)


def _moved_on(letter: Letter, thread: Known, at: datetime, closed_for: timedelta) -> str:
    """Why this is a new matter though its sender answers in his own thread: `subject`, `later`, or ""."""
    if thread.closed_at is not None and thread.closed_at < at - closed_for:
        return "later"
    if not letter.tickets and changed(thread.subject, letter.subject):
        return "subject"
    return ""


def _same_matter(
    connection: Connection, fresh: Sequence[Posted], found: Mapping[int, Belonging], at: datetime
) -> list[tuple[Posted, Known]]:
    """Of mails by known senders that name no thread, those that are of the sender's last one."""
    contacts = {each.n: contact for each in fresh if (contact := found[each.n].contact) is not None}
    if not contacts:
        return []
    latest = threads.latest_of(connection, set(contacts.values()))
    same: list[tuple[Posted, Known]] = []
    for each in fresh:
        thread = latest.get(contacts[each.n])
        if thread is None or thread.channel != each.channel or thread.subject != each.letter.subject:
            continue
        if thread.closed_at is not None:
            continue
        answers = each.letter.answering and bool(thread.subject)
        if answers or thread.last_at is None or thread.last_at >= at - TOGETHER:
            same.append((each, thread))
    return same
