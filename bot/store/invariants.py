"""Sapa's promises, checked on a database as it stands; for tests, `sapa doctor` and after a crash.

Each check returns sentences about what is broken; none when the promise holds. They read everything: not for
the hot path.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from sqlalchemy import Connection, func, select, text

from bot.store.inputs import EchoedIn, MessageIn, decode
from bot.store.items import ItemBody, decode_body
from bot.store.tables import (
    conversations,
    counters,
    events,
    fetches,
    files,
    inbox,
    items,
    outbox,
    threads,
    tickets,
)

OUTCOMES = frozenset({"conversation", "appended", "ignored", "quarantined"})


def outcomes(connection: Connection) -> list[str]:
    """Every input that is not waiting has exactly one outcome, and the right state for it."""
    found = connection.execute(
        select(inbox.c.id, inbox.c.state, inbox.c.outcome, inbox.c.cause, inbox.c.conversation_id)
    )
    broken: list[str] = []
    for row in found:
        waits = row.state == "new"
        fits = (
            row.outcome == ""
            if waits
            else row.outcome in OUTCOMES and (row.state == "dead") == (row.outcome == "quarantined")
        )
        if not fits:
            broken.append(f"input {row.id}: state {row.state} with outcome {row.outcome!r}")
        if row.outcome in ("ignored", "quarantined") and not row.cause:
            broken.append(f"input {row.id}: {row.outcome} without a cause")
        if row.outcome == "conversation" and row.conversation_id is None:
            broken.append(f"input {row.id}: began a conversation that is not named")
    return broken


def idle(connection: Connection) -> list[str]:
    """Nothing waits. Holds only when everything has come to rest."""
    waiting = connection.execute(select(inbox.c.id).where(text("inbox.state = 'new'"))).scalars()
    return [f"input {row} waits" for row in waiting]


def beginnings(connection: Connection) -> list[str]:
    """Every conversation was begun by exactly one input."""
    begun = connection.execute(
        select(conversations.c.id, func.count(inbox.c.id))
        .select_from(
            conversations.outerjoin(
                inbox, (inbox.c.conversation_id == conversations.c.id) & (inbox.c.outcome == "conversation")
            )
        )
        .group_by(conversations.c.id)
        .having(func.count(inbox.c.id) != 1)
    )
    return [f"conversation {row[0]}: begun by {row[1]} inputs" for row in begun]


def ticket_numbers(connection: Connection) -> list[str]:
    """Ticket numbers are unique and gapless: each counter stands at the count of its tickets."""
    broken: list[str] = []
    by_counter: dict[str, list[str]] = defaultdict(list)
    for number in connection.execute(select(tickets.c.number)).scalars():
        by_counter["-".join(number.split("-")[:2])].append(number)
    values = {row.name: row.value for row in connection.execute(select(counters))}
    for name in sorted({*values, *by_counter}):
        counts = sorted(int(number.split("-")[2]) for number in by_counter[name])
        if counts != list(range(1, values.get(name, 0) + 1)):
            broken.append(f"counter {name} stands at {values.get(name, 0)} with {len(counts)} tickets")
    return broken


def ticket_letters(connection: Connection) -> list[str]:
    """Every ticket has the letter to its department in the outbox, once."""
    keys = set(connection.execute(select(outbox.c.key)).scalars())
    return [
        f"ticket {row.number}: no letter to {row.department}"
        for row in connection.execute(select(tickets.c.number, tickets.c.department))
        if f"{row.number}/{row.department}" not in keys
    ]


def item_numbers(connection: Connection) -> list[str]:
    """What customers see is numbered from 1 without gaps in each thread."""
    found = connection.execute(
        select(threads.c.id, threads.c.item_seq, func.count(items.c.seq), func.max(items.c.seq))
        .select_from(threads.outerjoin(items, items.c.thread_id == threads.c.id))
        .group_by(threads.c.id, threads.c.item_seq)
    )
    return [
        f"thread {row[0]}: stands at item {row[1]}, has {row[2]} up to {row[3] or 0}"
        for row in found
        if not row[1] == row[2] == (row[3] or 0)
    ]


def items_once(connection: Connection) -> list[str]:
    """Every input is visible at most once."""
    twice = connection.execute(
        select(items.c.inbox_id)
        .where(items.c.inbox_id.is_not(None))
        .group_by(items.c.inbox_id)
        .having(func.count() > 1)
    ).scalars()
    return [f"input {row}: visible more than once" for row in twice]


def event_numbers(connection: Connection) -> list[str]:
    """Events are numbered from 1 without gaps in each conversation."""
    found = connection.execute(
        select(conversations.c.id, conversations.c.event_no, func.count(events.c.no), func.max(events.c.no))
        .select_from(conversations.outerjoin(events, events.c.conversation_id == conversations.c.id))
        .group_by(conversations.c.id, conversations.c.event_no)
    )
    return [
        f"conversation {row[0]}: stands at event {row[1]}, has {row[2]}"
        for row in found
        if not row[1] == row[2] == (row[3] or 0)
    ]


def outbox_keys(connection: Connection) -> list[str]:
    """No message was queued twice."""
    twice = connection.execute(select(outbox.c.key).group_by(outbox.c.key).having(func.count() > 1)).scalars()
    return [f"outbox key {key}: queued twice" for key in twice]


def files_whole(connection: Connection) -> list[str]:
    """What is known of a file that was to be fetched is the same everywhere: on its list, in its message, and
    in what is shown of that; what was stored is on record."""
    broken: list[str] = []
    digests = set(connection.execute(select(files.c.digest)).scalars())
    listed = connection.execute(
        select(
            fetches.c.inbox_id, fetches.c.position, fetches.c.state, inbox.c.body, items.c.body.label("item")
        )
        .select_from(
            fetches.join(inbox, inbox.c.id == fetches.c.inbox_id).outerjoin(
                items, (items.c.thread_id == inbox.c.thread_id) & (items.c.inbox_id == inbox.c.id)
            )
        )
        .order_by(fetches.c.inbox_id, fetches.c.position)
    )
    for row in listed:
        bodies = [decode(row.body), *([decode_body(row.item)] if row.item is not None else [])]
        for body in bodies:
            if isinstance(body, MessageIn | EchoedIn | ItemBody):
                missing = {one.position: one.lost for one in body.unfetched}
                told = (
                    "stored"
                    if row.position not in missing
                    else "lost"
                    if missing[row.position]
                    else "waiting"
                )
                if told != {"fetching": "waiting"}.get(row.state, row.state):
                    where = "item" if isinstance(body, ItemBody) else "message"
                    broken.append(f"file {row.inbox_id}/{row.position}: {row.state}, in its {where} {told}")
                broken += [
                    f"input {row.inbox_id}: file {file.digest[:12]} is not on record"
                    for file in body.files
                    if file.digest not in digests
                ]
    return broken


ALWAYS: tuple[Callable[[Connection], list[str]], ...] = (
    outcomes,
    beginnings,
    ticket_numbers,
    ticket_letters,
    item_numbers,
    items_once,
    event_numbers,
    outbox_keys,
    files_whole,
)
"""What holds at every moment."""


def broken(connection: Connection, *, at_rest: bool = True) -> list[str]:
    """Every broken promise; with `at_rest` also what still waits."""
    checks = (*ALWAYS, idle) if at_rest else ALWAYS
    return [sentence for check in checks for sentence in check(connection)]
