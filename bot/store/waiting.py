"""What waits, for health and metrics: read from the partial indexes, never from history."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from bot.store import fetches, inbox, outbox, tables, timers


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many inputs wait for a turn, letters for the outbox, things for a person; since when (aware)."""

    inputs: int
    oldest_input: datetime | None
    letters: int
    oldest_letter: datetime | None
    oldest_timer: datetime | None
    quarantined: int
    stuck: int
    untold: int = 0  # of `stuck`, letters to departments: a ticket that nobody works on
    files: int = 0  # that still lie with a provider
    oldest_file: datetime | None = None
    letters_without_channel: int = 0  # of `letters`, those whose channel is not set up
    files_without_channel: int = 0  # beside `files`


def look(
    conn: Connection,
    now: datetime,
    channels: Sequence[str],
    departments: Collection[str] = (),
    fetching: Collection[str] = (),
) -> Waiting:
    """Look once; `channels` are those that can send, `departments` the addresses tickets are forwarded to,
    `fetching` the channels whose files are fetched."""
    arrived = inbox.figures(conn)
    lying = fetches.figures(conn, now, fetching)
    leaving = outbox.figures(conn, now, channels)
    return Waiting(
        inputs=arrived.waiting,
        oldest_input=arrived.oldest,
        letters=leaving.queued,
        oldest_letter=leaving.oldest_due,
        oldest_timer=timers.next_timer(conn),
        quarantined=arrived.dead,
        stuck=leaving.unknown + leaving.refused + leaving.dead,
        untold=outbox.untold(conn, departments),
        files=lying.waiting,
        oldest_file=lying.oldest_due,
        letters_without_channel=leaving.no_channel,
        files_without_channel=lying.no_channel,
    )


@dataclass(frozen=True, slots=True)
class OfChannel:
    """What of one channel waits for an answer, waits to leave, and left or did not: nobody knows."""

    unanswered: int
    leaving: int
    doubtful: int


def of_channel(conn: Connection, channel: str) -> OfChannel:
    """Look once; costs as much as waits."""
    new = select(func.count()).select_from(tables.inbox)
    new = new.where(text("inbox.state = 'new'"), tables.inbox.c.channel == channel)
    out = select(func.count()).select_from(tables.outbox).where(tables.outbox.c.channel == channel)
    leaving = sum(
        conn.execute(out.where(text(f"outbox.state = '{state}'"))).scalar_one()
        for state in ("queued", "sending")
    )
    doubtful = conn.execute(out.where(text("outbox.state = 'unknown'"))).scalar_one()
    return OfChannel(conn.execute(new).scalar_one(), leaving, doubtful)
