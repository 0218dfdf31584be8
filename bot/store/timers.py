"""The timers' SQL: what was set for when, and what is due.

A timer is (conversation, name, due, set_no). `set_no` is the number of the event that set it, so that every
setting has an identity of its own and comes due at most once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, bindparam, delete, exists, func, select, text

from bot.store.bells import after_commit
from bot.store.bulk import execute_many
from bot.store.tables import conversations, inbox, timers
from bot.store.upsert import insert_or_replace

BELL = "timers"


class Timer(Struct, frozen=True):
    """Wake `conversation` with `name` at `due_at`."""

    conversation: int
    name: str
    due_at: datetime
    set_no: int

    @property
    def external_id(self) -> str:
        """The input's id: unique for ever, since an event number is never used twice."""
        return f"{self.conversation}/{self.name}/{self.set_no}"


def set_timers(conn: Connection, rows: Sequence[Timer]) -> None:
    """Set timers; each replaces an earlier one of its conversation and name. Of two in `rows` the last
    counts. Rings `timers`."""
    last = {(row.conversation, row.name): row for row in rows}
    if not last:
        return
    insert_or_replace(
        conn,
        timers,
        [
            {
                "conversation_id": row.conversation,
                "name": row.name,
                "due_at": row.due_at,
                "set_no": row.set_no,
            }
            for _, row in sorted(last.items())
        ],
    )
    after_commit(conn, BELL)


_clear = delete(timers).where(
    timers.c.conversation_id == bindparam("of_conversation"), timers.c.name == bindparam("of_name")
)


def clear_timers(conn: Connection, which: Sequence[tuple[int, str]]) -> None:
    """Forget timers, by (conversation, name); those not set are no fault."""
    if which:
        execute_many(conn, _clear, [{"of_conversation": one, "of_name": name} for one, name in sorted(which)])


# While something a customer wrote waits to be read, a silence is not judged: the turn that reads it sets or
# clears the timer itself. A timer whose conversation is gone is due too, so that it does not stay for ever.
_waits = exists().where(inbox.c.thread_id == conversations.c.thread_id, text("inbox.state = 'new'"))
_due = (
    select(timers)
    .outerjoin(conversations, conversations.c.id == timers.c.conversation_id)
    .where(timers.c.due_at <= bindparam("now", type_=timers.c.due_at.type), ~_waits.correlate(conversations))
    .order_by(timers.c.due_at, timers.c.conversation_id, timers.c.name)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=timers)
)


def due_timers(conn: Connection, now: datetime, most: int) -> list[Timer]:
    """Up to `most` timers due at `now`, the oldest first, locked for this transaction; those of a thread in
    which an input waits to be read are held back."""
    return [
        Timer(row["conversation_id"], row["name"], row["due_at"], row["set_no"])
        for row in conn.execute(_due, {"now": now, "most": most}).mappings()
    ]


_spend = delete(timers).where(
    timers.c.conversation_id == bindparam("of_conversation"),
    timers.c.name == bindparam("of_name"),
    timers.c.set_no == bindparam("of_set"),
)


def spend(conn: Connection, rows: Sequence[Timer]) -> None:
    """Remove timers that became inputs; one that was set anew meanwhile stays."""
    if rows:
        conn.execute(
            _spend,
            [
                {"of_conversation": row.conversation, "of_name": row.name, "of_set": row.set_no}
                for row in rows
            ],
        )


def next_timer(conn: Connection) -> datetime | None:
    """When the next timer comes due; None when none is set."""
    at: datetime | None = conn.execute(select(func.min(timers.c.due_at))).scalar()
    return at
