"""What waits, for health and metrics: read from the partial indexes, never from history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text

from bot.store.tables import inbox, outbox, timers


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


# literal states, not bound values: SQLite uses a partial index only where it can see that its condition holds
_INPUTS = select(func.count(), func.min(inbox.c.received_at)).where(text("state = 'new'"))
_LETTERS = select(func.count(), func.min(outbox.c.next_at)).where(text("state = 'queued'"))
_TIMER = select(func.min(timers.c.due_at))
_QUARANTINED = select(func.count()).select_from(inbox).where(text("state = 'dead'"))
_STUCK = select(func.count()).select_from(outbox).where(text("state IN ('unknown', 'refused', 'dead')"))


def look(conn: Connection) -> Waiting:
    """Look once."""
    inputs, oldest_input = conn.execute(_INPUTS).one()
    letters, oldest_letter = conn.execute(_LETTERS).one()
    return Waiting(
        inputs,
        oldest_input,
        letters,
        oldest_letter,
        conn.execute(_TIMER).scalar_one(),
        conn.execute(_QUARANTINED).scalar_one(),
        conn.execute(_STUCK).scalar_one(),
    )
