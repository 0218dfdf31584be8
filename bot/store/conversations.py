"""Conversations and their record: the state, the append-only events, and the claim on a thread's turn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import astuple
from sqlalchemy import Connection, bindparam, insert, select, text, update

from bot.store.bulk import execute_rows
from bot.store.inbox import still_quiet
from bot.store.tables import conversations, events, inbox, threads

OPEN = "open"
CLOSED = "closed"


class Standing(Struct, frozen=True):
    """A thread as a turn finds it, with its open or last conversation (`conversation_id` None: none yet)."""

    id: int
    channel: str
    account: str
    key: str
    contact_id: int
    address: str
    item_seq: int
    version: int
    body: bytes
    conversation_id: int | None
    state: str | None
    owner: str | None
    pack: str | None
    event_no: int | None
    talk: bytes | None
    heard_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether a conversation is under way."""
        return self.state == OPEN


class State(Struct, frozen=True):
    """A conversation as it stands after a turn."""

    id: int
    thread_id: int
    owner: str
    closed: bool
    flag: str
    opened_at: datetime
    last_at: datetime
    pack: str
    event_no: int
    talk: bytes


class Recorded(Struct, frozen=True):
    """One event on record; `no` counts from 1 without gaps within its conversation."""

    conversation_id: int
    no: int
    at: datetime
    type: str
    body: bytes


class Advance(Struct, frozen=True):
    """A thread after a turn: its open or last conversation, the last item's number, its memory, and when the
    customer said something last (by the provider's clock)."""

    id: int
    conversation_id: int | None
    item_seq: int
    body: bytes
    heard_at: datetime | None


_standing = (
    select(
        threads.c.id, threads.c.channel, threads.c.account, threads.c.key, threads.c.contact_id,
        threads.c.address, threads.c.item_seq, threads.c.version, threads.c.body, threads.c.conversation_id,
        conversations.c.state, conversations.c.owner, conversations.c.pack, conversations.c.event_no,
        conversations.c.talk, threads.c.heard_at,
    )
    .select_from(threads.outerjoin(conversations, conversations.c.id == threads.c.conversation_id))
    .where(threads.c.id.in_(bindparam("wanted", expanding=True)))
)  # fmt: skip
_versions = (
    select(threads.c.id, threads.c.version)
    .where(threads.c.id.in_(bindparam("wanted", expanding=True)))
    .order_by(threads.c.id)
    .with_for_update()
)
_insert = insert(conversations)
_update = (
    update(conversations)
    .where(conversations.c.id == bindparam("row"))
    .values(
        owner=bindparam("new_owner"),
        state=bindparam("new_state"),
        flag=bindparam("new_flag"),
        closed_at=bindparam("new_closed_at", type_=conversations.c.closed_at.type),
        last_at=bindparam("new_last_at", type_=conversations.c.last_at.type),
        pack=bindparam("new_pack"),
        event_no=bindparam("new_event_no"),
        talk=bindparam("new_talk"),
    )
)
_INSERTED = (
    "thread_id",
    "opened_at",
    "id",
    "owner",
    "state",
    "flag",
    "closed_at",
    "last_at",
    "pack",
    "event_no",
    "talk",
)
_UPDATED = ("row", *(f"new_{name}" for name in _INSERTED[3:]))
_record = insert(events)
_advance = (
    update(threads)
    .where(threads.c.id == bindparam("row"))
    .values(
        conversation_id=bindparam("new_conversation", type_=threads.c.conversation_id.type),
        item_seq=bindparam("new_seq"),
        body=bindparam("new_body"),
        heard_at=bindparam("new_heard_at", type_=threads.c.heard_at.type),
        version=threads.c.version + 1,
        claimed_until=None,
    )
)
_ADVANCED = ("row", "new_conversation", "new_seq", "new_body", "new_heard_at")
_claim_candidates = (
    select(threads.c.id)
    .where(
        threads.c.id.in_(
            select(inbox.c.thread_id)
            .where(text("inbox.state = 'new'"), inbox.c.thread_id.not_in(still_quiet))
            .group_by(inbox.c.thread_id)
            .order_by(text("min(inbox.id)"))
            .limit(bindparam("window"))
        ),
        (threads.c.claimed_until.is_(None))
        | (threads.c.claimed_until < bindparam("now", type_=threads.c.claimed_until.type)),
    )
    .order_by(threads.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_claim = (
    update(threads)
    .where(threads.c.id.in_(bindparam("wanted", expanding=True)))
    .values(claimed_by=bindparam("who"), claimed_until=bindparam("until", type_=threads.c.claimed_until.type))
)


def standing(connection: Connection, wanted: Collection[int]) -> dict[int, Standing]:
    """Threads by id, each with its open or last conversation."""
    if not wanted:
        return {}
    found = connection.execute(_standing, {"wanted": sorted(wanted)})
    return {row.id: Standing(*tuple(row)) for row in found}


def versions(connection: Connection, wanted: Collection[int]) -> dict[int, int]:
    """Versions by thread id, locked for this transaction in ascending order."""
    if not wanted:
        return {}
    return {row[0]: row[1] for row in connection.execute(_versions, {"wanted": sorted(wanted)})}


def claim(
    connection: Connection, who: str, now: datetime, until: datetime, most: int, window: int
) -> list[int]:
    """PostgreSQL: take the turn of up to `most` threads with waiting inputs, out of the `window` that wait
    longest. Nobody else decides them before `until`; a turn that commits gives its thread back."""
    free = connection.execute(_claim_candidates, {"now": now, "most": most, "window": window})
    taken = list(free.scalars())
    if taken:
        connection.execute(_claim, {"wanted": taken, "who": who, "until": until})
    return taken


def give_back(connection: Connection, wanted: Collection[int]) -> None:
    """Give claimed threads back without a turn."""
    if wanted:
        connection.execute(_claim, {"wanted": sorted(wanted), "who": None, "until": None})


def write(connection: Connection, new: Sequence[State], changed: Sequence[State]) -> None:
    """Insert new conversations and update those that went on."""
    if new:
        execute_rows(connection, _insert, _INSERTED, [(s.thread_id, s.opened_at, *_values(s)) for s in new])
    if changed:
        execute_rows(connection, _update, _UPDATED, [_values(state) for state in changed])


def _values(s: State) -> tuple[object, ...]:
    closed_at = s.last_at if s.closed else None
    return (
        s.id,
        s.owner,
        CLOSED if s.closed else OPEN,
        s.flag,
        closed_at,
        s.last_at,
        s.pack,
        s.event_no,
        s.talk,
    )


def record(connection: Connection, rows: Sequence[Recorded]) -> None:
    """Append events."""
    if rows:
        execute_rows(connection, _record, Recorded.__struct_fields__, list(map(astuple, rows)))


def advance(connection: Connection, rows: Sequence[Advance]) -> None:
    """Move threads on by one version, and give back the claim on them."""
    if rows:
        execute_rows(connection, _advance, _ADVANCED, list(map(astuple, rows)))


def events_of(connection: Connection, conversation_id: int) -> list[tuple[int, bytes]]:
    """The events of a conversation in order, as (number, JSON)."""
    found = connection.execute(
        select(events.c.no, events.c.body)
        .where(events.c.conversation_id == conversation_id)
        .order_by(events.c.no)
    )
    return [(row[0], row[1]) for row in found]


def all_talks(connection: Connection, *, page: int = 500) -> Iterator[tuple[int, int, bytes]]:
    """Every conversation ever, as (id, number of its last event, JSON of its talk), a page at a time."""
    after = 0
    while True:
        found = connection.execute(
            select(conversations.c.id, conversations.c.event_no, conversations.c.talk)
            .where(conversations.c.id > after)
            .order_by(conversations.c.id)
            .limit(page)
        ).all()
        if not found:
            return
        for row in found:
            yield row[0], row[1], row[2]
        after = found[-1][0]


class Held(Struct, frozen=True):
    """An open conversation that the bot does not have, with the address of its customer."""

    id: int
    channel: str
    address: str
    owner: str
    last_at: datetime


def held(connection: Connection, *, most: int = 1000) -> list[Held]:
    """The open conversations that a person has, or waits for; those that stand still longest first."""
    found = connection.execute(
        select(
            conversations.c.id,
            threads.c.channel,
            threads.c.address,
            conversations.c.owner,
            conversations.c.last_at,
        )
        .select_from(conversations.join(threads, threads.c.id == conversations.c.thread_id))
        .where(text("conversations.state = 'open' AND conversations.owner <> 'bot'"))
        .order_by(conversations.c.last_at)
        .limit(most)
    )
    return [Held(*tuple(row)) for row in found]


def owner_of(connection: Connection, conversation_id: int) -> str | None:
    """Who has an open conversation; None when it is closed, or there is none of that number."""
    found: str | None = connection.execute(
        select(conversations.c.owner).where(
            conversations.c.id == conversation_id, conversations.c.state == OPEN
        )
    ).scalar()
    return found


def words_of_class(connection: Connection, wanted: Collection[int]) -> dict[int, list[bytes]]:
    """The `classified` events of conversations, as JSON in order: what their classes were read from."""
    found = connection.execute(
        select(events.c.conversation_id, events.c.body)
        .where(events.c.conversation_id.in_(sorted(wanted)), events.c.type == "classified")
        .order_by(events.c.conversation_id, events.c.no)
    )
    listed: dict[int, list[bytes]] = {}
    for row in found:
        listed.setdefault(row[0], []).append(row[1])
    return listed
