"""Letters that came back: each bounce is tied to the letter it is about, and what follows is recorded there.

A bounce is believed as far as it names what only its receiver can know: the Message-ID of a letter of ours,
in which a token or a seal stands that nobody can guess, or the signed token of its return path. A bounce that
names neither changes nothing, and so does one of a letter that still waits to leave: nobody can have it yet.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from bot.dialogue.turn import CameBack
from bot.store import outbox
from bot.store.gate import canonical, suppress
from bot.store.inbox import Submitted, submit
from bot.store.inputs import Act
from bot.store.outbox import Told
from bot.store.tables import outbox as letters
from bot.store.tables import suppressed, threads
from channels.base import Delivery

CHANNEL = "email"
SOURCE = "returned"
"""Where the inputs come from that tell a conversation of its returned letter."""

UNDELIVERABLE = "undeliverable"
"""How the reason of a suppression begins that a bounce caused, and a mail from there lifts."""

GUESSED = timedelta(days=10)
"""How old the last letter of a thread may be that a bounce with the thread's token alone is tied to."""

_OURS = re.compile(r"(?:sapa\.[A-Za-z0-9_-]{6,120}|letter\.[a-z0-9]{16})\.([A-Za-z0-9._-]{1,160})@")
_GONE = re.compile(r"5\.1\.(?:1|2|3|6|10)\Z|5\.2\.1\Z")
"""Statuses that say there is nobody at this address, or no such domain."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What a bounce says. `original` is the Message-ID it names, `threads` those whose signed token it was
    sent to; the rest as in `channels.base.Bounce`. `departments` are addresses that must be told."""

    original: str = ""
    threads: tuple[int, ...] = ()
    action: str = "failed"
    status: str = ""
    cause: str = ""
    recipient: str = ""
    reason: str = ""
    departments: frozenset[str] = frozenset()


def record(conn: Connection, account: str, news: Returned, at: datetime) -> int | None:
    """Record on our letter that it came back; its conversation's id, None when no letter of ours is meant.

    A letter that failed becomes a dead letter, for a person to see, and its conversation is told by an input
    of its own, once. A delayed one is only noted: its mail system goes on trying.
    """
    letter = _by_id(conn, account, news.original) or _last_of(conn, news.threads, news.recipient, at)
    if letter is None or letter.state == outbox.State.QUEUED:
        return None
    if news.action == "delayed":
        note = f"delayed: {news.reason}".rstrip(": ")[:2000]
        conn.execute(
            update(letters).where(letters.c.id == letter.id, letters.c.state == "sent").values(reason=note)
        )
        return letter.conversation_id
    department = letter.thread_id is None and letter.recipient.lower() in news.departments
    reason = f"came back ({news.cause or 'unknown'}): {news.reason or news.status}".rstrip(": ")[:2000]
    outbox.delivered(conn, CHANNEL, letter.account, Delivery.FAILED, at, echo=letter.key, reason=reason)
    if _nobody_there(letter, news) and not department:
        said = f"{UNDELIVERABLE}: {news.status} {news.reason}"[:2000]
        suppress(conn, CHANNEL, canonical(letter.recipient), said, at)
    if letter.conversation_id is not None:
        told = CameBack(letter.recipient, news.cause, (news.reason or news.status)[:500], department)
        submit(conn, [Submitted(letter.conversation_id, Act(told), letter.key, at, SOURCE)])
    return letter.conversation_id


def not_delivered(conn: Connection, what: Told, reason: str, at: datetime) -> None:
    """A message that had left did not reach its customer: its conversation is told by an input of its own,
    once, and flagged by it."""
    if what.conversation is not None:
        told = CameBack(what.recipient, "", reason[:500])
        submit(conn, [Submitted(what.conversation, Act(told), what.key, at, SOURCE)])


def lift(conn: Connection, addresses: Collection[str]) -> None:
    """Mail came from these addresses, so that they are not undeliverable any more."""
    wanted = sorted({canonical(each) for each in addresses if each})
    if wanted:
        conn.execute(
            delete(suppressed).where(
                suppressed.c.channel == CHANNEL,
                suppressed.c.address.in_(wanted),
                suppressed.c.reason.startswith(f"{UNDELIVERABLE}:", autoescape=True),
            )
        )


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter of ours, as far as it matters here."""

    id: int
    key: str
    account: str
    conversation_id: int | None
    thread_id: int | None
    recipient: str
    state: str
    provider_id: str | None


_columns = (
    letters.c.id, letters.c.key, letters.c.account, letters.c.conversation_id, letters.c.thread_id,
    letters.c.recipient, letters.c.state, letters.c.provider_id,
)  # fmt: skip


def _by_id(conn: Connection, account: str, message_id: str) -> _Letter | None:
    """The letter with this Message-ID: our ids hold the key of their row, but for odd keys."""
    if not message_id:
        return None
    ours = _OURS.match(message_id)
    keys = (ours[1].replace(".", "/"), ours[1]) if ours else ()
    for key in keys:
        row = conn.execute(
            select(letters.c.body, *_columns).where(letters.c.key == key, letters.c.channel == CHANNEL)
        ).first()
        if row is not None and (row.provider_id or _own_id(row.body)) == message_id:
            return _Letter(*tuple(row)[1:])
    found = conn.execute(
        select(*_columns)
        .where(
            letters.c.channel == CHANNEL, letters.c.account == account, letters.c.provider_id == message_id
        )
        .limit(1)
    ).first()
    return _Letter(*found) if found else None


def _own_id(body: bytes) -> str:
    """The Message-ID of a letter of which it is not on record yet under which id it left."""
    head = outbox.decode(body).mail
    return head.message_id if head else ""


def _last_of(conn: Connection, among: Collection[int], recipient: str, at: datetime) -> _Letter | None:
    """The last letter that left in one of the threads; to this recipient, when the bounce names one."""
    if not among:
        return None
    wanted = select(*_columns).where(
        letters.c.conversation_id.in_(
            select(threads.c.conversation_id).where(threads.c.id.in_(sorted(among)))
        ),
        letters.c.thread_id.in_(sorted(among)),
        letters.c.channel == CHANNEL,
        letters.c.state == "sent",
        letters.c.sent_at > at - GUESSED,
    )
    if recipient:
        wanted = wanted.where(func.lower(letters.c.recipient) == recipient.lower())
    found = conn.execute(wanted.order_by(letters.c.id.desc()).limit(1)).first()
    return _Letter(*found) if found else None


def _nobody_there(letter: _Letter, news: Returned) -> bool:
    """It is sure that nobody reads mail there: the address we wrote to, and a status that says so."""
    same = not news.recipient or news.recipient.lower() == letter.recipient.lower()
    tagged = "+" in letter.recipient  # its plain address may well be somebody's
    return news.cause == "hard" and same and not tagged and bool(_GONE.match(news.status))
