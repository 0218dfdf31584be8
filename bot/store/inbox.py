"""The inbox: everything that came in, one row each, for ever. A row is the tombstone of its own id.

A row waits (`new`), or has its one outcome (`done`: conversation, appended or ignored), or is `dead`
(quarantined, with the cause, for a person to look at).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct
from msgspec.structs import astuple
from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from bot.store import ids
from bot.store.bells import after_commit
from bot.store.bulk import execute_rows
from bot.store.clean import fit
from bot.store.inputs import Act, encode
from bot.store.tables import conversations, inbox

BELL = "inbox"
EXTERNAL_ID = 255
"""Characters in an external id; longer ones end in a hash (see `clean.fit`)."""

CONVERSATION = "conversation"
APPENDED = "appended"
IGNORED = "ignored"
QUARANTINED = "quarantined"


class NewInput(Struct, frozen=True):
    """A row to insert. Without `outcome` it waits for its turn; `quarantined` makes it dead at once.

    With `ready_at` its thread's turn is not taken before: more of the same may be on its way. `same` is the
    mail whatever way it came (`bot.inbox` makes it); no other row has it. `message_id` is the chat's own id
    of the message, or of the one that an edit is of.
    """

    channel: str
    account: str
    external_id: str
    kind: str
    sent_at: datetime
    received_at: datetime
    body: bytes
    thread_id: int | None = None
    conversation_id: int | None = None
    raw: bytes | None = None
    raw_file: str | None = None
    outcome: str = ""
    cause: str = ""
    ready_at: datetime | None = None
    same: str | None = None
    message_id: str | None = None


class WaitingInput(Struct, frozen=True):
    """A row that waits for its turn. `shown`: a person released it from quarantine, and what it says has been
    visible to the customer since it went there."""

    id: int
    thread_id: int
    kind: str
    external_id: str
    sent_at: datetime
    received_at: datetime
    body: bytes
    attempts: int
    conversation_id: int | None
    shown: bool = False


class Outcome(Struct, frozen=True):
    """What became of a row."""

    id: int
    outcome: str
    cause: str = ""
    conversation_id: int | None = None


_insert = insert(inbox)
_INSERTED = ("id", "state", *NewInput.__struct_fields__)
_there = select(inbox.c.external_id).where(
    inbox.c.channel == bindparam("in_channel"),
    inbox.c.account == bindparam("in_account"),
    inbox.c.external_id.in_(bindparam("wanted", expanding=True)),
)
_same = select(inbox.c.same).where(inbox.c.same.in_(bindparam("wanted", expanding=True)))
_new = text("inbox.state = 'new'")  # the words of the partial indexes
_columns = (
    inbox.c.id, inbox.c.thread_id, inbox.c.kind, inbox.c.external_id, inbox.c.sent_at, inbox.c.received_at,
    inbox.c.body, inbox.c.attempts, inbox.c.conversation_id, (inbox.c.cause != "").label("shown"),
)  # fmt: skip
_quiet = text("inbox.state = 'new' AND inbox.ready_at IS NOT NULL")  # of the partial index ix_inbox_quiet
_now = bindparam("now", type_=inbox.c.ready_at.type)
still_quiet = select(inbox.c.thread_id).where(_quiet, inbox.c.ready_at > _now, inbox.c.thread_id.is_not(None))
"""Threads of which more may be on its way at `now`: no turn is taken there yet, whatever else waits."""
_waiting = (
    select(inbox.c.id, inbox.c.thread_id)
    .where(_new, inbox.c.thread_id.not_in(still_quiet))
    .order_by(inbox.c.id)
    .limit(bindparam("most"))
)
_rows = select(*_columns).where(inbox.c.id.in_(bindparam("wanted", expanding=True))).order_by(inbox.c.id)
_next_ready = select(func.min(inbox.c.ready_at)).where(_quiet, inbox.c.ready_at > _now)
_ready = (
    select(inbox.c.thread_id, inbox.c.ready_at)
    .where(_new, inbox.c.thread_id.in_(bindparam("threads", expanding=True)))
    .order_by(inbox.c.thread_id, inbox.c.id)
)
_of_threads = (
    select(*_columns)
    .where(_new, inbox.c.thread_id.in_(bindparam("threads", expanding=True)))
    .order_by(inbox.c.thread_id, inbox.c.id)
)
_settle = (
    update(inbox)
    .where(inbox.c.id == bindparam("row"))
    .values(
        state=bindparam("new_state", type_=inbox.c.state.type),
        outcome=bindparam("new_outcome", type_=inbox.c.outcome.type),
        cause=bindparam("new_cause", type_=inbox.c.cause.type),
        conversation_id=bindparam("conversation", type_=inbox.c.conversation_id.type),
    )
)
_suspect = (
    update(inbox).where(_new, inbox.c.attempts < bindparam("below")).values(attempts=inbox.c.attempts + 1)
)
_try = update(inbox).where(inbox.c.id == bindparam("row")).values(attempts=inbox.c.attempts + 1)


def known(connection: Connection, channel: str, account: str, external_ids: Iterable[str]) -> set[str]:
    """Those of the ids (already fitted) that were seen before, however long ago."""
    wanted = sorted(set(external_ids))
    if not wanted:
        return set()
    found = connection.execute(_there, {"in_channel": channel, "in_account": account, "wanted": wanted})
    return set(found.scalars())


def known_mails(connection: Connection, keys: Iterable[str]) -> set[str]:
    """Those of the keys (`NewInput.same`) that another row has."""
    wanted = sorted(set(keys))
    return set(connection.execute(_same, {"wanted": wanted}).scalars()) if wanted else set()


def add(connection: Connection, rows: Sequence[NewInput]) -> list[int]:
    """Insert rows; their ids in order. Rings `inbox` when one of them waits."""
    if not rows:
        return []
    taken = list(ids.take(connection, inbox, len(rows)))
    execute_rows(
        connection,
        _insert,
        _INSERTED,
        [_values(row_id, row) for row_id, row in zip(taken, rows, strict=True)],
    )
    if any(not row.outcome for row in rows):
        after_commit(connection, BELL)
    return taken


def _values(row_id: int, row: NewInput) -> tuple[object, ...]:
    state = "new" if not row.outcome else "dead" if row.outcome == QUARANTINED else "done"
    return (row_id, state, *astuple(row))


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a clock or an agent did to a conversation, or what became of a letter of it. `external_id` is
    unique for ever within `source` (timer, agent, returned): a repetition has no second effect."""

    conversation_id: int
    act: Act
    external_id: str
    at: datetime
    source: str


def submit(connection: Connection, wishes: Sequence[Submitted]) -> list[bool]:
    """Add inputs that no channel brought; whether each was new. Unknown conversations are skipped."""
    if not wishes:
        return []
    threads = {
        row.id: row.thread_id
        for row in connection.execute(
            select(conversations.c.id, conversations.c.thread_id).where(
                conversations.c.id.in_(sorted({wish.conversation_id for wish in wishes}))
            )
        )
    }
    seen: set[tuple[str, str]] = set()
    for source in {wish.source for wish in wishes}:
        named = [fit(wish.external_id, EXTERNAL_ID) for wish in wishes if wish.source == source]
        seen |= {(source, external_id) for external_id in known(connection, source, "", named)}
    rows: list[NewInput] = []
    answers: list[bool] = []
    for wish in wishes:
        external_id = fit(wish.external_id, EXTERNAL_ID)
        is_new = (wish.source, external_id) not in seen and wish.conversation_id in threads
        answers.append(is_new)
        if not is_new:
            continue
        seen.add((wish.source, external_id))
        rows.append(
            NewInput(
                channel=wish.source,
                account="",
                external_id=external_id,
                kind=wish.source,
                sent_at=wish.at,
                received_at=wish.at,
                body=encode(wish.act),
                thread_id=threads[wish.conversation_id],
                conversation_id=wish.conversation_id,
            )
        )
    add(connection, rows)
    return answers


def waiting(connection: Connection, most: int, now: datetime) -> list[tuple[int, int]]:
    """(id, thread id) of up to `most` waiting rows, oldest first, of threads that are not quiet any more."""
    return [(row[0], row[1]) for row in connection.execute(_waiting, {"most": most, "now": now})]


def rows(connection: Connection, wanted: Collection[int]) -> list[WaitingInput]:
    """Rows by id, in order."""
    if not wanted:
        return []
    return [WaitingInput(*row) for row in connection.execute(_rows, {"wanted": list(wanted)})]


def next_ready(connection: Connection, now: datetime) -> datetime | None:
    """When the next quiet thread may be taken; None when none is quiet."""
    found: datetime | None = connection.execute(_next_ready, {"now": now}).scalar_one()
    return found


def ready_with(connection: Connection, threads: Collection[int]) -> dict[int, datetime | None]:
    """For the threads where something waits already: when that may be taken (None: at once)."""
    if not threads:
        return {}
    times: dict[int, datetime | None] = {}
    for row in connection.execute(_ready, {"threads": sorted(threads)}):
        times.setdefault(row[0], row[1])
    return times


def of_threads(connection: Connection, threads: Collection[int]) -> list[WaitingInput]:
    """All waiting rows of these threads, in order within each thread."""
    if not threads:
        return []
    found = connection.execute(_of_threads, {"threads": sorted(threads)})
    return [WaitingInput(*row) for row in found]


def settle(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Give rows their one outcome."""
    if outcomes:
        execute_rows(
            connection,
            _settle,
            ("new_state", "row", "new_outcome", "new_cause", "conversation"),
            [("dead" if one.outcome == QUARANTINED else "done", *astuple(one)) for one in outcomes],
        )


def suspect(connection: Connection, below: int) -> None:
    """At start: one more attempt for every waiting row that has fewer than `below`."""
    connection.execute(_suspect, {"below": below})


def count_try(connection: Connection, row: int) -> None:
    """One more attempt for a suspected row, committed before it is tried alone."""
    connection.execute(_try, {"row": row})


@dataclass(frozen=True, slots=True)
class Figures:
    """How the inbox stands: rows that wait, since when the oldest does, and how many are dead."""

    waiting: int
    oldest: datetime | None
    dead: int


def figures(connection: Connection) -> Figures:
    """Count what waits and what is dead; costs as much as these are, not as much as ever came in."""
    waiting = connection.execute(
        select(func.count(), func.min(inbox.c.received_at)).select_from(inbox).where(_new)
    ).one()
    dead = connection.execute(
        select(func.count()).select_from(inbox).where(text("inbox.state = 'dead'"))
    ).scalar_one()
    return Figures(waiting[0], waiting[1], dead)
