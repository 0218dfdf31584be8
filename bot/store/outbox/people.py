"""What people and providers say about rows later: takeovers, news of delivery, dead letters."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select, text, update

from bot.store.bells import after_commit
from bot.store.outbox.rows import (
    BELL,
    RELEASED,
    WEEK,
    State,
    Waiting,
    decode,
    encode,
    waiting,
    whole_rows,
)
from bot.store.tables import outbox
from channels.base import Delivery


def withdraw(conn: Connection, conversation: int, reason: str) -> list[Waiting]:
    """A person takes the conversation over: what the bot has queued in its thread will not leave. Returns
    what is being sent at this moment, for the agent to see; call it in the takeover's transaction, after
    the owner is set."""
    own = (outbox.c.conversation_id == conversation, outbox.c.automatic, outbox.c.thread_id.is_not(None))
    conn.execute(
        update(outbox)
        .where(*own, text("outbox.state = 'queued'"))
        .values(state=State.WITHDRAWN, reason=reason)
    )
    leaving = conn.execute(whole_rows.where(*own, text("outbox.state = 'sending'")))
    return [waiting(row) for row in leaving.mappings()]


def readdress(conn: Connection, thread: int, old: str, new: str) -> None:
    """What waits in a thread for the address `old` leaves for `new`."""
    lane = (outbox.c.thread_id == thread, text("outbox.state = 'queued'"), outbox.c.recipient == old)
    for row in conn.execute(select(outbox.c.id, outbox.c.body).where(*lane)).all():
        body = encode(replace(decode(row.body), to=new))
        conn.execute(
            update(outbox)
            .where(outbox.c.id == row.id, text("outbox.state = 'queued'"))
            .values(recipient=new, body=body)
        )


_FARTHER: Mapping[Delivery, tuple[str, ...]] = {
    Delivery.SENT: ("",),
    Delivery.DELIVERED: ("", "sent"),
    Delivery.READ: ("", "sent", "delivered"),
    Delivery.FAILED: ("", "sent"),
}
_ANY = ("", "sent", "delivered", "read")


@dataclass(frozen=True, slots=True)
class Told:
    """A row that news of something sent were about. `failed`: by these it did not reach the customer, and
    waits for a person."""

    id: int
    key: str
    conversation: int | None
    recipient: str
    failed: bool = False


_told = select(
    outbox.c.id, outbox.c.key, outbox.c.conversation_id, outbox.c.recipient, outbox.c.state,
    outbox.c.provider_id, outbox.c.failed_id, outbox.c.reason,
).limit(1)  # fmt: skip
AGAIN_AFTER = timedelta(seconds=5)
"""Most of what fails after it has left and may be sent once more was too much at once."""
ONCE_MORE = "once more: "
"""So begins the reason of a row that failed after it had left, until its second sending has ended."""
_UNDER_WAY = (State.SENDING, State.SENT, State.UNKNOWN)


def delivered(
    conn: Connection,
    channel: str,
    account: str,
    delivery: Delivery,
    now: datetime,
    *,
    of: str = "",
    echo: str = "",
    reason: str = "",
    again: bool = False,
    part: bool = False,
) -> Told | None:
    """Record news of something sent, named by the provider's id (`of`) or ours (`echo`); only forward.

    A row of unknown fate is resolved by it. A failure after it left sends it once more where that may help
    (`again`), and puts it before a person otherwise. None when there is no such row. Of a `part` that others
    followed it counts only that it failed, whatever became of the last.
    """
    named: list[ColumnElement[bool]] = []
    if of:
        named.append((outbox.c.provider_id == of) & (outbox.c.account == account))
    if echo:
        named.append(outbox.c.key == echo)
    for which in named:
        row = conn.execute(_told.where(outbox.c.channel == channel, which)).first()
        if row is not None:
            break
    else:
        return None
    told = Told(row.id, row.key, row.conversation_id, row.recipient)
    of_first = row.state == State.QUEUED and row.reason.startswith(ONCE_MORE)
    if of_first or (of and of in (row.failed_id or "").split()):
        return told  # of the sending that failed: nothing of the one that follows
    if part and delivery is not Delivery.FAILED:
        return told
    farther = _ANY if part else _FARTHER[delivery]
    forward = (outbox.c.id == row.id, outbox.c.delivery.in_(farther))
    if delivery is Delivery.FAILED:
        why = reason or "the provider could not deliver it"
        names = dict.fromkeys(filter(None, (of, row.provider_id)))
        if again and _once_more(conn, forward, " ".join(names) or row.key, why, now):
            return told
        changes: dict[str, Any] = {"state": State.REFUSED, "reason": why}
    else:
        changes = {
            "state": State.SENT,
            "sent_at": func.coalesce(outbox.c.sent_at, now),
            "provider_id": func.coalesce(outbox.c.provider_id, of or None),
            # a remark on how it left stays, a doubt whether it did is over
            "reason": case((outbox.c.state == State.SENT, outbox.c.reason), else_=""),
        }
    changed = conn.execute(
        update(outbox)
        .where(*forward, outbox.c.state.in_([*_UNDER_WAY, State.QUEUED]))
        .values(delivery=delivery, **changes)
    ).rowcount
    return replace(told, failed=delivery is Delivery.FAILED and bool(changed))


def _once_more(
    conn: Connection, forward: tuple[ColumnElement[bool], ...], failed: str, why: str, now: datetime
) -> bool:
    """Queue what failed once more; False when that was done before. `failed`: the provider's names of it, set
    apart by blanks. What the first sending answers, should its answer still be on the way, finds another
    claim and changes nothing."""
    done = conn.execute(
        update(outbox)
        .where(*forward, outbox.c.failed_id.is_(None), outbox.c.state.in_(_UNDER_WAY))
        .values(
            state=State.QUEUED,
            delivery="",
            provider_id=None,
            sent_at=None,
            failed_id=failed,
            next_at=now + AGAIN_AFTER,
            reason=f"{ONCE_MORE}{why}",
        )
    ).rowcount
    if done:
        after_commit(conn, BELL)
    return bool(done)


def stuck(conn: Connection, *, after: int = 0, most: int = 100) -> list[Waiting]:
    """The dead letters: rows unknown, refused or dead, oldest first, from row id `after` on."""
    found = conn.execute(
        whole_rows.where(text("outbox.state IN ('unknown', 'refused', 'dead')"), outbox.c.id > after)
        .order_by(outbox.c.id)
        .limit(most)
    )
    return [waiting(row) for row in found.mappings()]


def untold(conn: Connection, departments: Collection[str]) -> int:
    """How many of the dead letters are for these addresses."""
    if not departments:
        return 0
    return conn.execute(
        select(func.count())
        .select_from(outbox)
        .where(
            text("outbox.state IN ('unknown', 'refused', 'dead')"),
            outbox.c.thread_id.is_(None),
            func.lower(outbox.c.recipient).in_(sorted({each.lower() for each in departments})),
        )
    ).scalar_one()


def release(conn: Connection, ids: Sequence[int], now: datetime) -> int:
    """A person sends dead letters on their way again, for another week. Returns how many. Rings `outbox`."""
    after_commit(conn, BELL)
    return conn.execute(
        update(outbox)
        .where(outbox.c.id.in_(ids), text("outbox.state IN ('unknown', 'refused', 'dead')"))
        .values(state=State.QUEUED, attempts=0, next_at=now, give_up_at=now + WEEK, reason=RELEASED)
    ).rowcount


def discard(conn: Connection, ids: Sequence[int], reason: str) -> int:
    """A person decides that dead letters shall not leave; the rows stay on record. Returns how many."""
    return conn.execute(
        update(outbox)
        .where(outbox.c.id.in_(ids), text("outbox.state IN ('unknown', 'refused', 'dead')"))
        .values(state=State.WITHDRAWN, reason=reason)
    ).rowcount


@dataclass(frozen=True, slots=True)
class Figures:
    """How the outbox stands: rows per state that wait, how many of the queued ones are for a channel that
    is not set up, and since when the oldest is due."""

    queued: int
    sending: int
    unknown: int
    refused: int
    dead: int
    no_channel: int
    oldest_due: datetime | None


def figures(conn: Connection, now: datetime, channels: Sequence[str]) -> Figures:
    """Count what waits; costs as much as waits, not as much as was ever sent."""
    counts: dict[str, int] = {}
    for states in ("= 'queued'", "= 'sending'", "IN ('unknown', 'refused', 'dead')"):
        which = text(f"outbox.state {states}")  # the words of the partial indexes
        rows = conn.execute(select(outbox.c.state, func.count()).where(which).group_by(outbox.c.state))
        counts.update((row[0], row[1]) for row in rows)
    queued = text("outbox.state = 'queued'")
    oldest = conn.execute(select(func.min(outbox.c.next_at)).where(queued, outbox.c.next_at <= now)).scalar()
    homeless = conn.execute(
        select(func.count()).select_from(outbox).where(queued, outbox.c.channel.not_in(channels))
    ).scalar_one()
    return Figures(
        queued=counts.get(State.QUEUED, 0),
        sending=counts.get(State.SENDING, 0),
        unknown=counts.get(State.UNKNOWN, 0),
        refused=counts.get(State.REFUSED, 0),
        dead=counts.get(State.DEAD, 0),
        no_channel=homeless,
        oldest_due=oldest,
    )
