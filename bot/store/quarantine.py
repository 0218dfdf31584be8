"""What was not answered: a person sees what came, and tries it again or lets it be.

In quarantine is what could not be handled. *Unanswered* is what machines wrote (bounces, automatic replies,
lists, junk ...): it is kept with its cause and answered only when a person releases it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, case, func, null, select, text, update

from bot.errors import NotFound
from bot.store.arrivals import Place, place_anew
from bot.store.bells import after_commit
from bot.store.belonging import Letter
from bot.store.clean import fit
from bot.store.inbox import BELL, IGNORED, NewInput
from bot.store.inputs import EchoedIn, EditedIn, MessageIn, PressedIn, decode
from bot.store.tables import inbox, threads
from bot.store.threads import known_in

SHOWN_BYTES = 64 * 1024
"""A longer input is not read for a list; a person downloads it."""
PEEK = 1500
"""Bytes shown of what nobody could read."""

_dead = text("inbox.state = 'dead'")  # the words of the partial indexes
_unanswered = text("inbox.outcome = 'ignored' AND inbox.kind = 'message'")
RELEASED = "released by an operator"
"""The cause of an input that waits again: see `inbox.WaitingInput.shown`."""
DISCARDED = "discarded by an operator; it was in quarantine: "


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
    `missing` are files that are not here.
    """

    held: Held
    who: str
    subject: str
    text: str
    files: tuple[str, ...]
    missing: tuple[str, ...] = ()


def held(conn: Connection, limit: int = 1000) -> list[Held]:
    """The newest inputs in quarantine."""
    columns = [inbox.c[name] for name in Held.__slots__]
    rows = conn.execute(select(*columns).where(_dead).order_by(inbox.c.id.desc()).limit(limit))
    return [Held(*row) for row in rows]


def unanswered(conn: Connection, limit: int = 1000, *, kind: str = "") -> list[Held]:
    """The newest messages that were not answered; of one mail kind ("bounce", "list" ...) if it is given."""
    columns = [inbox.c[name] for name in Held.__slots__]
    which = and_(_unanswered, inbox.c.cause.startswith(f"{kind}:", autoescape=True)) if kind else _unanswered
    rows = conn.execute(select(*columns).where(which).order_by(inbox.c.id.desc()).limit(limit))
    return [Held(*row) for row in rows]


def seen(
    conn: Connection, *, before: int | None = None, most: int = 50, unanswered: bool = False
) -> list[Seen]:
    """The newest inputs in quarantine, or unanswered, with their words; from below the id `before` on."""
    which = _unanswered if unanswered else _dead
    short = func.length(inbox.c.body) <= SHOWN_BYTES
    rows = conn.execute(
        select(
            *(inbox.c[name] for name in Held.__slots__),
            case((short, inbox.c.body), else_=null()).label("body"),
            func.substr(inbox.c.raw, 1, PEEK).label("raw"),
            func.coalesce(threads.c.address, "").label("address"),
        )
        .select_from(inbox.outerjoin(threads, threads.c.id == inbox.c.thread_id))
        .where(and_(which, inbox.c.id < before) if before is not None else which)
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
            files = tuple(file.name for file in parsed.files)
            missing = tuple(each.name or each.media_type for each in parsed.unfetched)
            return Seen(one, who, parsed.subject, parsed.text or parsed.placeholder, files, missing)
        case PressedIn():
            return Seen(one, address, "", parsed.label or parsed.value, ())
        case EchoedIn():
            return Seen(one, parsed.name or address, "", parsed.text or parsed.placeholder, ())
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
    """Put an input back into the queue, tried from the start; unanswered mail is then a customer's.

    Raises `NotFound` when it is neither in quarantine nor unanswered, or nobody could read it and so no turn
    can be taken.
    """
    row = conn.execute(select(*_kept).where(inbox.c.id == id_)).first()
    if row is not None and row.outcome == IGNORED and row.kind == "message":
        _answer_after_all(conn, row)
        return
    if row is None or row.state != "dead":
        raise NotFound(f"No input {id_} is in quarantine; `sapa quarantine list` shows them.")
    if row.kind == "unreadable":  # see `Held.readable`
        raise NotFound(
            f"Input {id_} could not be read, so it cannot be answered: see it with `quarantine show`."
        )
    again = {"state": "new", "outcome": "", "cause": RELEASED, "attempts": 0}
    conn.execute(update(inbox).where(inbox.c.id == id_).values(again))
    after_commit(conn, BELL)


_kept = (
    inbox.c.id, inbox.c.channel, inbox.c.account, inbox.c.external_id, inbox.c.kind, inbox.c.thread_id,
    inbox.c.sent_at, inbox.c.received_at, inbox.c.body, inbox.c.state, inbox.c.outcome,
    inbox.c.cause,
)  # fmt: skip


def _answer_after_all(conn: Connection, row: Row[*tuple[Any, ...]]) -> None:
    """A person decides that a customer wrote this. In the thread that it was kept with it is answered only if
    its sender is known there; otherwise it gets a thread of its own, as every stranger's mail."""
    body = decode(row.body)
    sender = body.email.lower() if isinstance(body, MessageIn) and body.email else row.external_id
    thread = row.thread_id
    if thread is None or not known_in(conn, thread, row.channel, row.account, sender):
        letter = Letter(body.message_id) if isinstance(body, MessageIn) and body.message_id else Letter("")
        name = body.name if isinstance(body, MessageIn) else ""
        place = Place(row.external_id, fit(sender, 320), fit(sender, 320), name, (), letter)
        new = NewInput(
            channel=row.channel, account=row.account, external_id=row.external_id, kind=row.kind,
            sent_at=row.sent_at, received_at=row.received_at, body=row.body,
        )  # fmt: skip
        thread = place_anew(conn, new, place, row.received_at)
    cause = RELEASED if row.cause.startswith(DISCARDED) else ""  # only what was in quarantine has been shown
    conn.execute(
        update(inbox)
        .where(inbox.c.id == row.id)
        .values(state="new", outcome="", cause=cause, attempts=0, thread_id=thread, conversation_id=null())
    )
    after_commit(conn, BELL)


def discard(conn: Connection, id_: int) -> None:
    """A person decides that an input shall not be answered; it stays on record with its cause.

    Raises `NotFound` when it is not in quarantine.
    """
    found = conn.execute(select(inbox.c.cause).where(inbox.c.id == id_, inbox.c.state == "dead")).first()
    if found is None:
        raise NotFound(f"No input {id_} is in quarantine; `sapa quarantine list` shows them.")
    cause = DISCARDED + found.cause
    conn.execute(update(inbox).where(inbox.c.id == id_).values(state="done", outcome=IGNORED, cause=cause))
