"""Taking rows that are due, in order, and writing down what became of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    TextClause,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from bot.store import gate
from bot.store.bells import after_commit
from bot.store.outbox.rows import BELL, Settled, State, Waiting, waiting, whole_rows
from bot.store.tables import outbox, threads
from channels.base import Delivery

_earlier = outbox.alias("earlier")
_in_lane = text("earlier.state IN ('queued', 'sending')")
_queued = text("outbox.state = 'queued'")
_lane_of = (_earlier.c.thread_id == outbox.c.thread_id, _earlier.c.id < outbox.c.id, _in_lane)
_behind = exists().where(*_lane_of).correlate(outbox)
_automatic_or_not = outbox.c.automatic.in_(bindparam("kinds", expanding=True))
_ALL, _BY_PEOPLE = [True, False], [False]

_heads = (
    whole_rows.where(
        _queued,
        outbox.c.channel == bindparam("of_channel"),
        outbox.c.next_at <= bindparam("now", type_=outbox.c.next_at.type),
        _automatic_or_not,
        ~_behind,
    )
    .order_by(outbox.c.next_at, outbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=outbox)
)

_next = (
    select(outbox.c.next_at)
    .where(_queued, outbox.c.channel == bindparam("of_channel"), _automatic_or_not, ~_behind)
    .order_by(outbox.c.next_at, outbox.c.id)
    .limit(1)
)


def lock_gate(conn: Connection) -> None:
    """One claim at a time over all processes, so that two of them never let one too many through."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(5261370)"))


def heads(
    conn: Connection, channel: str, now: datetime, most: int, *, automatic: bool = True
) -> list[Waiting]:
    """Up to `most` due rows of `channel` that are first in their lane, oldest first, locked for this
    transaction; rows another process holds are passed over. Without `automatic` only what people wrote."""
    kinds = _ALL if automatic else _BY_PEOPLE
    asked = {"of_channel": channel, "now": now, "most": most, "kinds": kinds}
    return [waiting(row) for row in conn.execute(_heads, asked).mappings()]


def next_due(conn: Connection, channel: str, *, automatic: bool = True) -> datetime | None:
    """When the next row of `channel` comes due; None when nothing waits."""
    asked = {"of_channel": channel, "kinds": _ALL if automatic else _BY_PEOPLE}
    at: datetime | None = conn.execute(_next, asked).scalar()
    return at


_park = (
    update(outbox)
    .where(
        _queued,
        outbox.c.channel == bindparam("of_channel"),
        outbox.c.next_at <= bindparam("now", type_=outbox.c.next_at.type),
        exists().where(
            *_lane_of,
            text("earlier.state = 'queued'"),
            _earlier.c.next_at > bindparam("now", type_=outbox.c.next_at.type),
        ),
    )
    .values(
        next_at=select(func.max(_earlier.c.next_at))
        .where(*_lane_of, text("earlier.state = 'queued'"))
        .scalar_subquery()
    )
)


def park(conn: Connection, channel: str, now: datetime) -> None:
    """Rows behind one that waits for a later try wait as long, so that no claim looks at them in vain."""
    conn.execute(_park, {"of_channel": channel, "now": now})


_start = (
    update(outbox)
    .where(outbox.c.id == bindparam("of_id"), _queued)
    .values(
        state=State.SENDING,
        attempts=outbox.c.attempts + 1,
        next_at=bindparam("lapses", type_=outbox.c.next_at.type),
    )
)


def start(conn: Connection, rows: Sequence[Waiting], lapses: datetime) -> list[Waiting]:
    """Mark rows as being sent, until `lapses` at the latest; committed before any provider is called."""
    if rows:
        conn.execute(_start, [{"of_id": row.id, "lapses": lapses} for row in rows])
    return [replace(row, state=State.SENDING, attempts=row.attempts + 1, next_at=lapses) for row in rows]


_halt = (
    update(outbox)
    .where(outbox.c.id == bindparam("of_id"), _queued)
    .values(
        state=bindparam("to_state"),
        reason=bindparam("why", type_=outbox.c.reason.type),
        next_at=bindparam("then", type_=outbox.c.next_at.type),
    )
)


def halt(conn: Connection, halted: Iterable[tuple[Waiting, State, str, datetime]]) -> None:
    """Rows the gate does not let out now: (row, its new state, the cause, when it is next due)."""
    values = [
        {"of_id": row.id, "to_state": state, "why": why, "then": then} for row, state, why, then in halted
    ]
    if values:
        conn.execute(_halt, values)


_same_claim = (
    outbox.c.id == bindparam("of_id"),
    outbox.c.attempts == bindparam("of_attempt"),
    outbox.c.next_at == bindparam("of_lapse", type_=outbox.c.next_at.type),
)
_settle = (
    update(outbox)
    .where(
        *_same_claim,
        or_(
            text("outbox.state = 'sending'"),
            text("outbox.state = 'unknown'") & (bindparam("to_state", type_=outbox.c.state.type) == "sent"),
        ),
    )
    .values(
        state=bindparam("to_state", type_=outbox.c.state.type),
        reason=bindparam("why", type_=outbox.c.reason.type),
        next_at=bindparam("then", type_=outbox.c.next_at.type),
        sent_at=bindparam("left_at", type_=outbox.c.sent_at.type),
        provider_id=bindparam("named", type_=outbox.c.provider_id.type),
        delivery=bindparam("reached", type_=outbox.c.delivery.type),
        asked_at=func.coalesce(bindparam("asking", type_=outbox.c.asked_at.type), outbox.c.asked_at),
    )
)
_hold_lane = (
    update(outbox)
    .where(
        outbox.c.thread_id == bindparam("of_thread"),
        text("outbox.state IN ('queued', 'sending')"),
        _queued,
        outbox.c.next_at < bindparam("then", type_=outbox.c.next_at.type),
    )
    .values(next_at=bindparam("then", type_=outbox.c.next_at.type))
)


def settle(conn: Connection, done: Sequence[Settled]) -> None:
    """Write down what the providers said. Saying it twice changes nothing; a claim that was taken away
    meanwhile is left alone, but what surely left is `sent` whatever was thought of it before."""
    if not done:
        return
    done = _answered_meanwhile(conn, done)
    conn.execute(_settle, [_settling(one) for one in done])
    for one in done:
        if one.unreachable:
            gate.suppress(conn, one.row.channel, gate.canonical(one.row.recipient), one.reason, one.at)
    held = [
        {"of_thread": one.row.thread, "then": one.next_at}
        for one in done
        if one.state is State.QUEUED and one.row.thread is not None and one.next_at is not None
    ]
    if held:
        conn.execute(_hold_lane, held)


def _answered_meanwhile(conn: Connection, done: Sequence[Settled]) -> Sequence[Settled]:
    """What waits for the customer to write is due at once where they did while they were being asked."""
    asking = {one.row.thread: one.row.heard_at for one in done if one.asked and one.row.thread is not None}
    if not asking:
        return done
    found = conn.execute(select(threads.c.id, threads.c.heard_at).where(threads.c.id.in_(sorted(asking))))
    moved = {
        row.id
        for row in found
        if row.heard_at is not None and ((before := asking[row.id]) is None or row.heard_at > before)
    }
    return [replace(one, next_at=one.at) if one.asked and one.row.thread in moved else one for one in done]


_hurry = (
    update(outbox)
    .where(outbox.c.id == bindparam("of_id"), _queued)
    .values(next_at=bindparam("now", type_=outbox.c.next_at.type))
)
_hurry_lane = (
    update(outbox)
    .where(
        outbox.c.thread_id == bindparam("of_thread"), text("outbox.state IN ('queued', 'sending')"), _queued
    )
    .values(next_at=bindparam("now", type_=outbox.c.next_at.type))
)


def hurry(conn: Connection, put_off: Sequence[Waiting], now: datetime) -> None:
    """Rows that were put off because their channel failed, and those behind them, are due now."""
    alone = [{"of_id": row.id, "now": now} for row in put_off if row.thread is None]
    if alone:
        conn.execute(_hurry, alone)
    lanes = sorted({row.thread for row in put_off if row.thread is not None})
    if lanes:
        conn.execute(_hurry_lane, [{"of_thread": thread, "now": now} for thread in lanes])


_asked = outbox.alias("asked")
_woken = (
    update(outbox)
    .where(
        outbox.c.thread_id == bindparam("of_thread"),
        text("outbox.state IN ('queued', 'sending')"),
        _queued,
        exists().where(
            _asked.c.thread_id == bindparam("of_thread"),
            text("asked.state IN ('queued', 'sending')"),
            _asked.c.asked_at.is_not(None),
        ),
    )
    .values(next_at=outbox.c.created_at)
)


def heard(conn: Connection, who: Collection[int]) -> None:
    """The customers of the threads `who` said something: what waited for that is due now. Rings `outbox`."""
    if not who:
        return
    done = conn.execute(_woken, [{"of_thread": thread} for thread in sorted(who)])
    if done.rowcount:  # -1 where a driver does not count
        after_commit(conn, BELL)


def _settling(one: Settled) -> dict[str, Any]:
    sent = one.state is State.SENT
    return {
        "of_id": one.row.id,
        "of_attempt": one.row.attempts,
        "of_lapse": one.row.next_at,
        "to_state": one.state,
        "why": one.reason,
        "then": one.next_at or one.at,
        "left_at": one.at if sent else None,
        "named": one.provider_id or None,
        "reached": Delivery.SENT if sent else "",
        "asking": one.at if one.asked else None,
    }


_unclaim = (
    update(outbox)
    .where(*_same_claim, text("outbox.state = 'sending'"))
    .values(
        state=State.QUEUED,
        attempts=outbox.c.attempts - 1,
        next_at=bindparam("then", type_=outbox.c.next_at.type),
    )
)


def unclaim(conn: Connection, rows: Sequence[Waiting], now: datetime) -> None:
    """Give back rows whose sending never began: nothing left, so nothing is unknown."""
    if rows:
        conn.execute(
            _unclaim,
            [
                {"of_id": row.id, "of_attempt": row.attempts, "of_lapse": row.next_at, "then": now}
                for row in rows
            ],
        )


def recover(
    conn: Connection, idempotent: Iterable[str], now: datetime, *, lapsed_only: bool = False
) -> tuple[int, int]:
    """What was being sent when a process died: queued again where twice does no harm, else unknown.

    `lapsed_only` leaves alone what another living process may be sending. Returns (queued, unknown).
    """
    found: list[ColumnElement[bool] | TextClause] = [text("outbox.state = 'sending'")]
    if lapsed_only:
        found.append(outbox.c.next_at <= now)
    harmless = outbox.c.channel.in_(list(idempotent))
    again = conn.execute(
        update(outbox)
        .where(*found, harmless)
        .values(state=State.QUEUED, next_at=now, reason="the process ended while it was being sent")
    ).rowcount
    lost = conn.execute(
        update(outbox)
        .where(*found, ~harmless)
        .values(state=State.UNKNOWN, reason="the process ended while it was being sent: it may have left")
    ).rowcount
    return again, lost


def abandon(conn: Connection, channels: Collection[str], now: datetime) -> int:
    """What waits for none of these channels and whose time is over becomes dead letters; how many."""
    return conn.execute(
        update(outbox)
        .where(
            text("outbox.state = 'queued'"),
            outbox.c.channel.not_in(list(channels)),
            outbox.c.give_up_at <= now,
        )
        .values(state=State.DEAD, reason="given up: its channel is not in the settings")
    ).rowcount
