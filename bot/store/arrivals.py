"""What `accept` does in its one transaction: duplicates found, threads found or made, rows inserted.

Whose thread a chat's arrival belongs to, `routing` decides; a mail's, `belonging`. What belongs to none opens
a new one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection

from bot.dialogue.turn import File
from bot.letters import MailThread
from bot.store import (
    amending,
    attachments,
    belonging,
    fetches,
    gate,
    ids,
    inbox,
    outbox,
    people,
    pieces,
    returned,
    routing,
    threads,
)
from bot.store.amending import Edit
from bot.store.belonging import Belonging, Letter, Posted
from bot.store.fetches import Wanted
from bot.store.inbox import NewInput
from bot.store.inputs import EditedIn, StatusIn
from bot.store.people import Held, Proof
from bot.store.pieces import Piece
from bot.store.returned import Returned
from bot.store.routing import Coming
from bot.store.tables import cursors
from bot.store.tables import threads as threads_table
from bot.store.threads import NewContact, NewThread
from bot.store.upsert import insert_or_replace
from channels.base import Accepted, Cursor, Delivery

COPY = "copy: the same mail came by another way already"
"""Why a mail that came twice with other bytes is not answered again."""


class Place(Struct, frozen=True):
    """Where an input belongs: the key of its thread and who writes. All fitted to their columns.

    `claims` are the sender's other ids, `phone` that of the ids which is a phone number; `held` is what the
    channel shows the sender to hold.
    """

    key: str
    sender: str
    address: str
    name: str = ""
    claims: tuple[str, ...] = ()
    letter: Letter | None = None
    phone: str = ""
    held: tuple[Held, ...] = ()


class Arrival(Struct, frozen=True):
    """One prepared input. Without `place` it belongs to no thread. `only_known`: no thread is made for it
    (an edit, a status, automatic mail); `moved`: it only tells that the sender's ids changed; `status`,
    `edit` and `reachable` are news that need no turn, `returned` is what a bounce says of a letter. `wanted`
    are files to fetch; `quiet` is how long the message waits for them, or for the rest of its album; `piece`
    is which one of a long SMS it is."""

    row: NewInput
    place: Place | None = None
    files: tuple[File, ...] = ()
    only_known: bool = False
    moved: bool = False
    status: StatusIn | None = None
    reachable: bool | None = None
    returned: Returned | None = None
    wanted: tuple[Wanted, ...] = ()
    quiet: timedelta | None = None
    edit: EditedIn | None = None
    piece: Piece | None = None
    writer: str = ""


class Batch(Struct, frozen=True):
    """What one call of `accept` brought, and where its channel then stands. A mail in a conversation that was
    closed for longer than `closed_for` is a new matter, linked to it."""

    arrivals: tuple[Arrival, ...]
    cursor: Cursor | None
    at: datetime
    closed_for: timedelta = timedelta(days=30)


@dataclass(slots=True)
class _Found:
    """Where the new arrivals of a group belong, by position."""

    thread: dict[int, int] = field(default_factory=dict)
    conversation: dict[int, int | None] = field(default_factory=dict)
    contact: dict[int, int] = field(default_factory=dict)
    whose: dict[int, int] = field(default_factory=dict)  # the contact of the thread
    linked: dict[int, Belonging] = field(default_factory=dict)


def accept(connection: Connection, batches: Sequence[Batch]) -> list[list[Accepted]]:
    """Store batches together; for each batch one word per arrival, in order."""
    at = max(batch.at for batch in batches)
    arrivals = [arrival for batch in batches for arrival in batch.arrivals]
    fresh = _fresh(connection, arrivals)
    _copies(connection, arrivals, fresh)
    found = _find(connection, arrivals, fresh, at, max(batch.closed_for for batch in batches))
    _make(connection, arrivals, fresh, found, at)
    _prove(connection, arrivals, fresh, found)
    rows = _together(connection, [_row(connection, arrivals[n], found, n, at) for n in fresh])
    rows = fetches.quiet_for(connection, rows, [arrivals[n].quiet for n in fresh], at)
    rows = pieces.waiting(connection, rows, [arrivals[n].piece for n in fresh], at)
    taken = inbox.add(connection, rows)
    fetches.add(connection, zip(taken, rows, (arrivals[n].wanted for n in fresh), strict=True), at)
    _amend(connection, rows, taken, [arrivals[n].edit for n in fresh])
    attachments.keep(connection, [file for n in fresh for file in arrivals[n].files], at)
    _remember_letters(connection, [(arrivals[n], found.thread.get(n)) for n in fresh])
    _remember_others(connection, arrivals, fresh, found)
    returned.lift(connection, _writers(arrivals[n] for n in fresh))
    for n in fresh:
        if arrivals[n].reachable is not None:
            _reach(connection, arrivals[n], at)
    for batch in batches:
        if batch.cursor is not None:
            cursor = batch.cursor
            insert_or_replace(
                connection,
                cursors,
                [{"channel": cursor.channel, "account": cursor.account, "value": cursor.value}],
            )
    return _words(batches, set(fresh))


def _amend(
    connection: Connection,
    rows: Sequence[NewInput],
    taken: Sequence[int],
    edits: Sequence[EditedIn | None],
) -> None:
    """Edits that came, and messages whose edits came before them."""
    amending.edit(
        connection,
        [
            Edit(inbox_id, row.thread_id, edit, row.sent_at)
            for inbox_id, row, edit in zip(taken, rows, edits, strict=True)
            if edit is not None and row.thread_id is not None
        ],
    )
    amending.overtaken(
        connection,
        {
            (row.thread_id, row.message_id)
            for row, edit in zip(rows, edits, strict=True)
            if edit is None and row.thread_id is not None and row.message_id is not None
        },
    )


def _writers(arrivals: Iterable[Arrival]) -> set[str]:
    """Who wrote a mail: whoever writes from an address reads there, too. What a colleague passed on, the
    colleague wrote, whosever words it has."""
    return {a.writer for a in arrivals if a.writer and not a.row.outcome}


def _together(connection: Connection, rows: Sequence[NewInput]) -> list[NewInput]:
    """What comes into a thread where something waits already is ready when that is: they are answered
    together, and a quiet time never grows by what came in it."""
    quiet = {row.thread_id for row in rows if row.ready_at is not None and row.thread_id is not None}
    if not quiet:
        return list(rows)
    first = inbox.ready_with(connection, quiet)
    made: list[NewInput] = []
    for row in rows:
        if row.thread_id in quiet and not row.outcome:
            row = replace(row, ready_at=first.setdefault(row.thread_id, row.ready_at))
        made.append(row)
    return made


def _words(batches: Sequence[Batch], fresh: set[int]) -> list[list[Accepted]]:
    answers: list[list[Accepted]] = []
    n = 0
    for batch in batches:
        words = range(n, n + len(batch.arrivals))
        answers.append([Accepted.NEW if place in fresh else Accepted.DUPLICATE for place in words])
        n += len(batch.arrivals)
    return answers


def _fresh(connection: Connection, arrivals: Sequence[Arrival]) -> list[int]:
    """Positions of what was never seen; of two alike in the group the first."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for arrival in arrivals:
        groups[arrival.row.channel, arrival.row.account].append(arrival.row.external_id)
    seen = {
        (channel, account, external_id)
        for (channel, account), listed in groups.items()
        for external_id in inbox.known(connection, channel, account, listed)
    }
    fresh: list[int] = []
    for n, arrival in enumerate(arrivals):
        identity = (arrival.row.channel, arrival.row.account, arrival.row.external_id)
        if identity not in seen:
            seen.add(identity)
            fresh.append(n)
    return fresh


def _copies(connection: Connection, arrivals: list[Arrival], fresh: Sequence[int]) -> None:
    """One mail that came by two ways - to two mailboxes, by SMTP and by IMAP - has other bytes each time: the
    second is kept and not answered. Its Message-ID alone says little: some programs repeat it."""
    posted = [n for n in fresh if arrivals[n].row.same is not None]
    seen = inbox.known_mails(connection, (arrivals[n].row.same or "" for n in posted))
    for n in posted:
        arrival = arrivals[n]
        assert arrival.row.same is not None  # noqa: S101 - only those are posted
        if arrival.row.same in seen:
            row = replace(arrival.row, same=None, ready_at=None, outcome=inbox.IGNORED, cause=COPY)
            arrivals[n] = replace(arrival, row=row, only_known=True)
        seen.add(arrival.row.same)


def _find(
    connection: Connection,
    arrivals: Sequence[Arrival],
    fresh: Sequence[int],
    at: datetime,
    closed_for: timedelta,
) -> _Found:
    found = _Found()
    chats: dict[tuple[str, str], list[int]] = defaultdict(list)
    letters: list[int] = []
    for n in fresh:
        arrival = arrivals[n]
        if arrival.place is None:
            continue
        if arrival.place.letter is None:
            chats[arrival.row.channel, arrival.row.account].append(n)
        else:
            letters.append(n)
    for (channel, account), places in chats.items():
        coming = [c for n in places if (c := _coming(n, arrivals[n])) is not None]
        for n, routed in routing.route(connection, channel, account, coming, at).items():
            if routed.thread is not None:
                found.thread[n], found.conversation[n] = routed.thread, routed.conversation
    if letters:
        _find_letters(connection, arrivals, letters, found, at, closed_for)
    return found


def _coming(n: int, arrival: Arrival) -> Coming | None:
    """A chat's arrival for its route; None when it has no place."""
    place = arrival.place
    if place is None:
        return None
    ids = dict.fromkeys(filter(None, (place.phone, place.sender, *place.claims)))
    return Coming(
        n=n,
        key=place.key,
        ids=tuple(ids),
        phone=place.phone,
        name=place.name,
        address=place.address,
        sent_at=arrival.row.sent_at,
        held=place.held,
        opens=not arrival.only_known,
        moved=arrival.moved,
    )


def _prove(connection: Connection, arrivals: Sequence[Arrival], fresh: Sequence[int], found: _Found) -> None:
    """Mails by which their sender is shown to have the mailbox."""
    people.prove(
        connection,
        [
            Proof(contact, held.kind, held.value, held.how, arrivals[n].row.sent_at)
            for n in fresh
            if (place := arrivals[n].place) is not None
            and place.letter is not None
            and (contact := found.contact.get(n))
            for held in place.held
        ],
    )


def _find_letters(
    connection: Connection,
    arrivals: Sequence[Arrival],
    letters: Sequence[int],
    found: _Found,
    at: datetime,
    closed_for: timedelta,
) -> None:
    posted: list[Posted] = []
    for n in letters:
        row, place = arrivals[n].row, arrivals[n].place
        if place is not None and place.letter is not None:
            posted.append(Posted(n, row.channel, row.account, place.sender, place.letter))
    for n, belongs in belonging.find(connection, posted, at, closed_for).items():
        if belongs.contact is not None:
            found.contact[n] = belongs.contact
        if belongs.thread is not None:
            found.thread[n], found.conversation[n] = belongs.thread.id, belongs.thread.conversation_id
            found.whose[n] = belongs.thread.contact_id
        elif belongs.linked is not None:
            found.linked[n] = belongs


def _make(
    connection: Connection, arrivals: Sequence[Arrival], fresh: Sequence[int], found: _Found, at: datetime
) -> None:
    """Make the threads and contacts that are missing for letters, one for each key, in order of arrival."""
    wanted: dict[tuple[str, str, str], list[int]] = {}
    # by Message-ID, and by sender and subject: mails of this group that belong together
    inside: dict[str | tuple[str, str], int] = {}
    for n in fresh:
        arrival = arrivals[n]
        if arrival.place is None or arrival.only_known or n in found.thread:
            continue
        key = arrival.place.key
        letter = arrival.place.letter
        if letter is None:
            continue
        again = (arrival.place.sender, letter.subject)
        first = next((inside[a] for a in (*letter.answers, again) if a in inside), None)
        opener = arrivals[first].place if first is not None else None
        if opener is not None and opener.sender == arrival.place.sender and n not in found.linked:
            key = opener.key
        elif letter.message_id:
            inside.setdefault(letter.message_id, n)
            inside.setdefault(again, n)
        wanted.setdefault((arrival.row.channel, arrival.row.account, key), []).append(n)
    if not wanted:
        return
    openers = {identity: places[0] for identity, places in wanted.items()}
    contact_of = _contacts(connection, arrivals, list(openers.values()), found, at)
    made: list[NewThread] = []
    taken = ids.take(connection, threads_table, len(openers))
    for thread_id, ((channel, account, key), n) in zip(taken, openers.items(), strict=True):
        place = arrivals[n].place
        assert place is not None  # noqa: S101 - only places are wanted
        made.append(_new_thread(thread_id, arrivals[n], key, contact_of[n], found.linked.get(n)))
        for same in wanted[channel, account, key]:
            found.thread[same], found.conversation[same] = thread_id, None
            found.whose[same] = contact_of[n]
            if (other := arrivals[same].place) is not None:
                found.contact.setdefault(same, contact_of[n] if other.sender == place.sender else 0)
    threads.add(connection, made)


def place_anew(connection: Connection, row: NewInput, place: Place, at: datetime) -> int:
    """A thread of its own for what was kept without one; its id."""
    found = _Found()
    _make(connection, [Arrival(row, place)], [0], found, at)
    thread = found.thread[0]
    _remember_letters(connection, [(Arrival(row, place), thread)])
    return thread


def _new_thread(
    thread_id: int, arrival: Arrival, key: str, contact: int, belongs: Belonging | None
) -> NewThread:
    """A thread, with the memory and the link that a mail's has.

    What goes on from the customer's own thread is answered to the address that is known there: a Reply-To
    of this one mail moves no conversation.
    """
    row, place = arrival.row, arrival.place
    assert place is not None  # noqa: S101 - only letters are wanted
    assert place.letter is not None  # noqa: S101
    address, linked, memory = place.address, None, MailThread(whose=place.sender)
    if belongs is not None and belongs.linked is not None:
        linked = belongs.linked
        memory = memory.going_on(MailThread.load(linked.body), belongs.link)
        if belongs.link != "stranger":
            address = linked.address
    return NewThread(
        thread_id,
        row.channel,
        row.account,
        key,
        contact,
        address,
        subject=place.letter.subject,
        body=memory.dump(),
        linked_to=linked.id if linked else None,
        link=belongs.link if belongs else "",
    )


def _contacts(
    connection: Connection,
    arrivals: Sequence[Arrival],
    openers: Sequence[int],
    found: _Found,
    at: datetime,
) -> dict[int, int]:
    """A contact for each opener of a thread: known by the address, or new; one for all of the same sender."""
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for n in openers:
        place = arrivals[n].place
        if place is not None and n not in found.contact:
            names[arrivals[n].row.channel, arrivals[n].row.account].add(place.sender)
    known = {
        (channel, account, value): contact
        for (channel, account), values in names.items()
        for value, contact in threads.contacts_of(connection, channel, account, values).items()
    }
    contact_of = dict(found.contact)
    missing: dict[tuple[str, str, str], list[int]] = {}
    for n in openers:
        place = arrivals[n].place
        if place is None or n in contact_of:
            continue
        identity = (arrivals[n].row.channel, arrivals[n].row.account, place.sender)
        if identity in known:
            contact_of[n] = known[identity]
        else:
            missing.setdefault(identity, []).append(n)
    new = [
        NewContact(place.name if (place := arrivals[places[0]].place) else "", *identity)
        for identity, places in missing.items()
    ]
    for contact, places in zip(threads.add_contacts(connection, new, at), missing.values(), strict=True):
        contact_of.update(dict.fromkeys(places, contact))
    return contact_of


def _row(connection: Connection, arrival: Arrival, found: _Found, n: int, at: datetime) -> NewInput:
    row = replace(arrival.row, thread_id=found.thread.get(n))
    if not row.outcome:
        return row
    conversation = found.conversation.get(n)
    if arrival.status is not None:
        news = arrival.status
        known = outbox.delivered(
            connection,
            row.channel,
            row.account,
            Delivery(news.delivery),
            at,
            of=news.of,
            echo=news.echo,
            reason=news.reason,
            again=news.again,
            part=news.part,
        )
        if known is None:
            cause = row.cause or "status: of nothing we sent"
            return replace(row, outcome=inbox.IGNORED, cause=cause)
        if known.failed:
            returned.not_delivered(connection, known, news.reason, at)
        return replace(row, outcome=inbox.APPENDED, conversation_id=known.conversation)
    if arrival.returned is not None:
        told = returned.record(connection, row.account, arrival.returned, at)
        return replace(row, conversation_id=told or conversation)
    if row.outcome == inbox.APPENDED and conversation is None:
        return replace(row, outcome=inbox.IGNORED, cause=f"{row.kind}: of no conversation")
    return replace(row, conversation_id=conversation)


def _remember_letters(connection: Connection, posted: Sequence[tuple[Arrival, int | None]]) -> None:
    """Message-IDs that came in, so that the next mail that names them finds the thread."""
    pairs = [
        (arrival.place.letter.message_id, thread)
        for arrival, thread in posted
        if thread is not None and arrival.place and arrival.place.letter
    ]
    if pairs:
        threads.add_mail_ids(connection, pairs)


def _remember_others(
    connection: Connection, arrivals: Sequence[Arrival], fresh: Sequence[int], found: _Found
) -> None:
    """Whom the customer wrote to besides us. Only the thread's own contact names participants."""
    threads.add_participants(
        connection,
        (
            (found.thread[n], other)
            for n in fresh
            if (place := arrivals[n].place) is not None
            and place.letter is not None
            and n in found.thread
            and found.contact.get(n) == found.whose.get(n)
            for other in place.letter.others
        ),
    )


def _reach(connection: Connection, arrival: Arrival, at: datetime) -> None:
    if arrival.place is None:
        return
    channel, address = arrival.row.channel, gate.canonical(arrival.place.address)
    if arrival.reachable:
        gate.release(connection, channel, address)
    else:
        gate.suppress(connection, channel, address, "blocked by the customer", at)
