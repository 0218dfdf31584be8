"""Files that still lie with a provider: one row for each, from the moment its message is stored until the
file is stored too, or lost for good.

A row waits, is being fetched under a claim that lapses, and ends `stored` or `lost`. What its end changes in
the message that it belongs to is `amending`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import astuple, replace
from sqlalchemy import Connection, bindparam, func, insert, select, text, update

from bot.store.bells import after_commit
from bot.store.bulk import execute_rows
from bot.store.inbox import NewInput
from bot.store.tables import fetches, inbox

BELL = "files"

PATIENCE = timedelta(seconds=8)
"""So long a message waits for its files before it is answered without them."""
ALBUM = timedelta(seconds=1.5)
"""So long an album waits for its next picture; each picture is a message of its own."""
KEPT = timedelta(days=7)
"""So long a provider keeps a file (WhatsApp's media ids live for seven days)."""

WAITING = "waiting"
FETCHING = "fetching"
STORED = "stored"
LOST = "lost"


class Wanted(Struct, frozen=True):
    """A file of a message that is to be fetched; all but `position` as the provider says."""

    position: int
    reference: str
    name: str
    media_type: str = ""
    size: int = 0
    digest: str = ""


class Job(Struct, frozen=True):
    """A row as the one who fetches has it. `attempts` counts this one; `next_at` is when the claim lapses."""

    inbox_id: int
    position: int
    channel: str
    account: str
    reference: str
    name: str
    media_type: str
    size: int
    digest: str
    attempts: int
    next_at: datetime
    give_up_at: datetime

    @property
    def key(self) -> str:
        """Its name in logs and ids: `input/position`."""
        return f"{self.inbox_id}/{self.position}"


_columns = tuple(fetches.c[name] for name in Job.__struct_fields__)
_insert = insert(fetches)
_INSERTED = (
    "inbox_id", "channel", "account", "state", "next_at", "give_up_at",
    "position", "reference", "name", "media_type", "size", "digest",
)  # fmt: skip
_waiting = text("fetches.state = 'waiting'")  # the words of the partial indexes
_fetching = text("fetches.state = 'fetching'")
_this = (fetches.c.inbox_id == bindparam("of_input"), fetches.c.position == bindparam("of_position"))
_same_claim = (
    *_this,
    _fetching,
    fetches.c.attempts == bindparam("of_attempt"),
    fetches.c.next_at == bindparam("of_lapse", type_=fetches.c.next_at.type),
)
_due = (
    select(*_columns)
    .where(
        _waiting,
        fetches.c.channel == bindparam("of_channel"),
        fetches.c.next_at <= bindparam("now", type_=fetches.c.next_at.type),
    )
    .order_by(fetches.c.next_at, fetches.c.inbox_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_abandoned = (
    select(*_columns)
    .where(
        _waiting,
        fetches.c.channel.not_in(bindparam("channels", expanding=True)),
        fetches.c.give_up_at <= bindparam("now", type_=fetches.c.give_up_at.type),
    )
    .order_by(fetches.c.give_up_at, fetches.c.inbox_id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_start = (
    update(fetches)
    .where(*_this, _waiting)
    .values(
        state=FETCHING,
        attempts=fetches.c.attempts + 1,
        next_at=bindparam("lapses", type_=fetches.c.next_at.type),
    )
)
_next = select(func.min(fetches.c.next_at)).where(_waiting, fetches.c.channel == bindparam("of_channel"))
_put_off = (
    update(fetches)
    .where(*_same_claim)
    .values(
        state=WAITING,
        next_at=bindparam("then", type_=fetches.c.next_at.type),
        reason=bindparam("why", type_=fetches.c.reason.type),
    )
)
_lose = (
    update(fetches)
    .where(*_same_claim)
    .values(state=LOST, reason=bindparam("why", type_=fetches.c.reason.type))
)
_open = fetches.c.state.in_([WAITING, FETCHING])
# the file is there, whoever holds the claim by now
_store = update(fetches).where(*_this, _open).values(state=STORED, reason="")
_drop = update(fetches).where(fetches.c.inbox_id == bindparam("of_input"), _open)
_hurry = (
    update(fetches).where(*_this, _waiting).values(next_at=bindparam("then", type_=fetches.c.next_at.type))
)
_unclaim = (
    update(fetches)
    .where(*_same_claim)
    .values(
        state=WAITING,
        attempts=fetches.c.attempts - 1,
        next_at=bindparam("then", type_=fetches.c.next_at.type),
    )
)


def add(connection: Connection, rows: Iterable[tuple[int, NewInput, Sequence[Wanted]]], at: datetime) -> None:
    """Put the files of new messages - (inbox id, its row, its files) - on the list. Rings `files`."""
    listed = [
        (inbox_id, row.channel, row.account, WAITING, at, at + KEPT, *astuple(wanted))
        for inbox_id, row, files in rows
        for wanted in files
    ]
    if listed:
        execute_rows(connection, _insert, _INSERTED, listed)
        after_commit(connection, BELL)


_quiet_until = (
    select(inbox.c.thread_id, func.min(inbox.c.ready_at))
    .where(
        text("inbox.state = 'new' AND inbox.ready_at IS NOT NULL"),
        inbox.c.ready_at > bindparam("now", type_=inbox.c.ready_at.type),
        inbox.c.thread_id.in_(bindparam("threads", expanding=True)),
    )
    .group_by(inbox.c.thread_id)
)


def quiet_for(
    connection: Connection, rows: Sequence[NewInput], quiet: Collection[timedelta | None], at: datetime
) -> list[NewInput]:
    """New rows, each with the quiet time it asks for. What comes into a quiet time that has begun already
    ends with it: the files of a message keep nobody waiting for longer than those of the first one."""
    asking = {
        row.thread_id
        for row, time in zip(rows, quiet, strict=True)
        if time is not None and row.thread_id is not None and not row.outcome
    }
    if not asking:
        return list(rows)
    found = connection.execute(_quiet_until, {"now": at, "threads": sorted(asking)})
    until: dict[int | None, datetime] = {row[0]: row[1] for row in found}
    made: list[NewInput] = []
    for row, time in zip(rows, quiet, strict=True):
        if time is not None and not row.outcome:
            row = replace(row, ready_at=until.setdefault(row.thread_id, at + time))
        made.append(row)
    return made


def claim(connection: Connection, channel: str, now: datetime, most: int, lapses: datetime) -> list[Job]:
    """Take up to `most` due rows of a channel, the oldest first, until `lapses`; committed before a provider
    is asked. Rows that another process takes at this moment are passed over."""
    found = connection.execute(_due, {"of_channel": channel, "now": now, "most": most})
    return _taken(connection, [Job(*row) for row in found], lapses)


def claim_abandoned(
    connection: Connection, channels: Collection[str], now: datetime, most: int, lapses: datetime
) -> list[Job]:
    """Take up to `most` rows whose time is over and that none of these channels will ever fetch."""
    asked = {"channels": sorted(channels), "now": now, "most": most}
    return _taken(connection, [Job(*row) for row in connection.execute(_abandoned, asked)], lapses)


def _taken(connection: Connection, jobs: Sequence[Job], lapses: datetime) -> list[Job]:
    if jobs:
        connection.execute(_start, [{**_named(job), "lapses": lapses} for job in jobs])
    return [replace(job, attempts=job.attempts + 1, next_at=lapses) for job in jobs]


def next_due(connection: Connection, channel: str) -> datetime | None:
    """When the next row of a channel comes due; None when none waits."""
    at: datetime | None = connection.execute(_next, {"of_channel": channel}).scalar()
    return at


def recover(connection: Connection, now: datetime, *, lapsed_only: bool) -> int:
    """What was being fetched when a process died waits again; how many. `lapsed_only` leaves alone what
    another living process may be fetching."""
    again = update(fetches).where(_fetching).values(state=WAITING, next_at=now)
    if lapsed_only:
        again = again.where(fetches.c.next_at <= now)
    return connection.execute(again).rowcount


def unclaim(connection: Connection, jobs: Sequence[Job], now: datetime) -> None:
    """Give back rows whose fetching never began."""
    if jobs:
        connection.execute(_unclaim, [{**_claimed(job), "then": now} for job in jobs])


def hurry(connection: Connection, jobs: Sequence[Job], now: datetime) -> None:
    """Rows that were put off because their channel failed are due now."""
    if jobs:
        connection.execute(_hurry, [{**_named(job), "then": now} for job in jobs])


def put_off(connection: Connection, job: Job, then: datetime, why: str) -> bool:
    """A try in vain; whether the claim still held."""
    return connection.execute(_put_off, {**_claimed(job), "then": then, "why": why}).rowcount == 1


def lose(connection: Connection, job: Job, why: str) -> bool:
    """The file will never come; whether that is news."""
    return connection.execute(_lose, {**_claimed(job), "why": why}).rowcount == 1


def store(connection: Connection, job: Job) -> bool:
    """The file is stored; whether that is news."""
    return connection.execute(_store, _named(job)).rowcount == 1


def drop(connection: Connection, inbox_id: int, why: str) -> None:
    """Nobody wants the files of this message any more."""
    connection.execute(_drop.values(state=LOST, reason=why), {"of_input": inbox_id})


def _named(job: Job) -> dict[str, object]:
    return {"of_input": job.inbox_id, "of_position": job.position}


def _claimed(job: Job) -> dict[str, object]:
    return {**_named(job), "of_attempt": job.attempts, "of_lapse": job.next_at}


@dataclass(frozen=True, slots=True)
class Figures:
    """How the files stand: how many are on their way, since when the oldest is due (aware), and how many lie
    with a provider that is not set up any more."""

    waiting: int
    oldest_due: datetime | None
    no_channel: int = 0


_set_up = fetches.c.channel.in_(bindparam("channels", expanding=True))
_figures = select(
    func.count(),
    func.min(fetches.c.next_at).filter(
        fetches.c.next_at <= bindparam("now", type_=fetches.c.next_at.type), _set_up
    ),
    func.count().filter(_set_up),
).where(_waiting)
_any = select(fetches.c.inbox_id).where(_waiting).limit(1)


def figures(connection: Connection, now: datetime, channels: Collection[str]) -> Figures:
    """Count what waits for these channels, and for none; costs as much as waits."""
    row = connection.execute(_figures, {"now": now, "channels": sorted(channels)}).one()
    return Figures(row[2], row[1], row[0] - row[2])


def are_any(connection: Connection) -> bool:
    """Whether any file lies with a provider, set up or not."""
    return connection.execute(_any).first() is not None
