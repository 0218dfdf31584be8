"""Inputs that could not be handled: listed, shown as they came, and put back into the queue by a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, text, update

from bot.errors import NotFound
from bot.store.tables import inbox


@dataclass(frozen=True, slots=True)
class Held:
    """One input in quarantine; `received_at` is aware."""

    id: int
    channel: str
    account: str
    kind: str
    received_at: datetime
    attempts: int
    cause: str


def held(conn: Connection, limit: int = 1000) -> list[Held]:
    """The newest inputs in quarantine."""
    columns = [inbox.c[name] for name in Held.__slots__]
    rows = conn.execute(
        select(*columns).where(text("state = 'dead'")).order_by(inbox.c.id.desc()).limit(limit)
    )
    return [Held(*row) for row in rows]


def came(conn: Connection, id_: int) -> tuple[bytes | None, str | None, bytes]:
    """What came over the wire for one input: its bytes, or the digest of the file they are in; and its body.

    Raises `NotFound`.
    """
    row = conn.execute(select(inbox.c.raw, inbox.c.raw_file, inbox.c.body).where(inbox.c.id == id_)).first()
    if row is None:
        raise NotFound(f"No input has the id {id_}; `sapa quarantine list` shows them.")
    return row.raw, row.raw_file, row.body


def release(conn: Connection, id_: int) -> None:
    """Put an input back into the queue, tried from the start.

    Raises `NotFound` when it is not in quarantine, or nobody could read it and so no turn can be taken.
    """
    row = conn.execute(select(inbox.c.state, inbox.c.kind).where(inbox.c.id == id_)).first()
    if row is None or row.state != "dead":
        raise NotFound(f"No input {id_} is in quarantine; `sapa quarantine list` shows them.")
    if row.kind == "unreadable":
        raise NotFound(
            f"Input {id_} could not be read, so it cannot be answered: see it with `quarantine show`."
        )
    conn.execute(update(inbox).where(inbox.c.id == id_).values(state="new", outcome="", cause="", attempts=0))
