"""Inputs that could not be handled: a person sees what came, and tries them again or lets them be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, case, func, null, select, text, update

from bot.errors import NotFound
from bot.store.bells import after_commit
from bot.store.inbox import BELL, IGNORED
from bot.store.inputs import EditedIn, MessageIn, PressedIn, decode
from bot.store.tables import inbox, threads

SHOWN_BYTES = 64 * 1024
"""A longer input is not read for a list; a person downloads it."""
PEEK = 1500
"""Bytes shown of what nobody could read."""

_dead = text("inbox.state = 'dead'")  # the words of the partial index


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

    @property
    def readable(self) -> bool:
        """Whether it can be tried again: a turn can be taken on it."""
        return self.kind != "unreadable"


@dataclass(frozen=True, slots=True)
class Seen:
    """An input in quarantine as a person looks at it: who wrote, and the words as far as they can be read.

    `text` is the beginning of the raw bytes where nobody could read them, empty where it is too long.
    """

    held: Held
    who: str
    subject: str
    text: str
    files: tuple[str, ...]


def held(conn: Connection, limit: int = 1000) -> list[Held]:
    """The newest inputs in quarantine."""
    columns = [inbox.c[name] for name in Held.__slots__]
    rows = conn.execute(select(*columns).where(_dead).order_by(inbox.c.id.desc()).limit(limit))
    return [Held(*row) for row in rows]


def seen(conn: Connection, *, before: int | None = None, most: int = 50) -> list[Seen]:
    """The newest inputs in quarantine with their words, from below the id `before` on."""
    short = func.length(inbox.c.body) <= SHOWN_BYTES
    rows = conn.execute(
        select(
            *(inbox.c[name] for name in Held.__slots__),
            case((short, inbox.c.body), else_=null()).label("body"),
            func.substr(inbox.c.raw, 1, PEEK).label("raw"),
            func.coalesce(threads.c.address, "").label("address"),
        )
        .select_from(inbox.outerjoin(threads, threads.c.id == inbox.c.thread_id))
        .where(and_(_dead, inbox.c.id < before) if before is not None else _dead)
        .order_by(inbox.c.id.desc())
        .limit(most)
    )
    return [_seen(Held(*row[:7]), row.body, row.raw, row.address) for row in rows]


def _seen(one: Held, body: bytes | None, raw: bytes | None, address: str) -> Seen:
    try:
        parsed = decode(body) if body else None
    except msgspec.MsgspecError:
        parsed = None
    match parsed:
        case MessageIn():
            who = " ".join(filter(None, (parsed.name, parsed.email or address, parsed.phone)))
            names = (*(file.name for file in parsed.files), *(name for name, _ in parsed.unfetched))
            return Seen(one, who, parsed.subject, parsed.text or parsed.placeholder, names)
        case PressedIn():
            return Seen(one, address, "", parsed.label or parsed.value, ())
        case EditedIn():
            return Seen(one, address, "", parsed.text, ())
        case _:
            return Seen(one, address, "", (raw or b"").decode("utf-8", "replace"), ())


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
    if row.kind == "unreadable":  # see `Held.readable`
        raise NotFound(
            f"Input {id_} could not be read, so it cannot be answered: see it with `quarantine show`."
        )
    conn.execute(update(inbox).where(inbox.c.id == id_).values(state="new", outcome="", cause="", attempts=0))
    after_commit(conn, BELL)


def discard(conn: Connection, id_: int) -> None:
    """A person decides that an input shall not be answered; it stays on record with its cause.

    Raises `NotFound` when it is not in quarantine.
    """
    found = conn.execute(select(inbox.c.cause).where(inbox.c.id == id_, inbox.c.state == "dead")).first()
    if found is None:
        raise NotFound(f"No input {id_} is in quarantine; `sapa quarantine list` shows them.")
    cause = f"discarded by an operator; it was in quarantine: {found.cause}"
    conn.execute(update(inbox).where(inbox.c.id == id_).values(state="done", outcome=IGNORED, cause=cause))
