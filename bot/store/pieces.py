"""Pieces of a long SMS, which come one by one and in any order. Each is stored as it comes; the thread's turn
waits until the last one is there, or for a while in vain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select, text, update

from bot.store.inbox import NewInput
from bot.store.inputs import MessageIn, decode
from bot.store.tables import inbox

PATIENCE = timedelta(seconds=45)
"""So long the pieces of a text wait for those that are missing; then what is there is taken."""

_quiet = (
    select(inbox.c.id, inbox.c.thread_id, inbox.c.ready_at, inbox.c.body)
    .where(
        text("inbox.state = 'new' AND inbox.ready_at IS NOT NULL"),  # the words of the partial index
        inbox.c.thread_id.in_(bindparam("threads", expanding=True)),
    )
    .order_by(inbox.c.id)
)
_ready = update(inbox).where(inbox.c.id.in_(bindparam("rows", expanding=True))).values(ready_at=None)


class Piece(Struct, frozen=True):
    """The `number`th (from 1) of `total` pieces of the text that `group` names within its thread."""

    group: str
    number: int
    total: int


class _Group(Struct):
    """What is there of one text: numbers, the rows that wait already, and until when they do."""

    numbers: set[int]
    rows: list[int]
    until: datetime | None


def waiting(
    connection: Connection, rows: Sequence[NewInput], pieces: Sequence[Piece | None], at: datetime
) -> list[NewInput]:
    """The rows, each piece with the time that its group waits until: `PATIENCE` after the first, so that it
    never grows. The last piece makes all of its group ready."""
    threads = {
        row.thread_id
        for row, piece in zip(rows, pieces, strict=True)
        if piece is not None and row.thread_id is not None
    }
    if not threads:
        return list(rows)
    groups: dict[tuple[int | None, str], _Group] = {}
    for there in connection.execute(_quiet, {"threads": sorted(threads)}):
        body = decode(there.body)
        if isinstance(body, MessageIn) and body.parts:
            group = groups.setdefault((there.thread_id, body.group), _Group(set(), [], there.ready_at))
            group.numbers.add(body.part)
            group.rows.append(there.id)
    for row, piece in zip(rows, pieces, strict=True):
        if piece is not None:
            group = groups.setdefault((row.thread_id, piece.group), _Group(set(), [], at + PATIENCE))
            group.numbers.add(piece.number)
    made: list[NewInput] = []
    whole: list[int] = []
    for row, piece in zip(rows, pieces, strict=True):
        if piece is not None:
            group = groups[row.thread_id, piece.group]
            is_whole = len(group.numbers) >= piece.total
            whole += group.rows if is_whole else ()
            row = replace(row, ready_at=None if is_whole else group.until)
        made.append(row)
    if whole:
        connection.execute(_ready, {"rows": sorted(set(whole))})
    return made
