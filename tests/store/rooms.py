"""Inbox and turn-taker around a store, as the service builds them, with a channel that is only memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from bot.inbox import Inbox
from bot.letters import Mailbox
from bot.sop.model import Sop
from bot.store import Files, Store, tables
from bot.turns import Turns
from bot.turns.shelf import Understands, understander
from bot.understanding.heard import Expecting, Heard
from channels.base import Accepted, Attachment, Capabilities, MailFacts, Message, Sender
from channels.memory import Memory

SECRET = b"a secret for tests"
OURS = "support@localhost"
POISON = "POISON"

_ready: dict[str, Understands] = {}


class Fragile:
    """The real understanding, except that one word kills it."""

    def __init__(self, real: Understands) -> None:
        self.real = real

    def understand(self, text: str, expecting: Expecting) -> Heard:
        if POISON in text:
            raise ZeroDivisionError("a fault in the understanding")
        return self.real.understand(text, expecting)


def fragile(sop: Sop) -> Understands:
    """One for all tests: it takes a while to make."""
    if sop.hash not in _ready:
        _ready[sop.hash] = Fragile(understander(sop))
    return _ready[sop.hash]


@dataclass
class Rooms:
    store: Store
    files: Files
    sop: Sop
    inbox: Inbox
    turns: Turns
    memory: Memory

    async def say(self, thread: str, *texts: str) -> None:
        """Several messages, each answered before the next."""
        for text in texts:
            assert await self.inbox.accept([self.memory.message(thread, text)]) == [Accepted.NEW]
            await self.turns.run_once()

    async def rows(self, table: str, *columns: str) -> list[Any]:
        """All rows of a table, as tuples of these columns, in the order of the first ones."""
        chosen = [tables.metadata.tables[table].c[name] for name in columns]
        return await self.store.read(
            lambda c: [tuple(r) for r in c.execute(select(*chosen).order_by(*chosen))]
        )

    async def texts(self, author: str) -> list[str]:
        """What `author` said, in order."""
        found = await self.rows("items", "thread_id", "seq", "author", "text")
        return [row[3] for row in found if row[2] == author]

    async def take(self, *, later: int) -> int:
        """Take all turns that wait `later` minutes from now; how many there were."""
        before, self.turns._clock = self.turns._clock, lambda: datetime.now(UTC) + timedelta(minutes=later)
        try:
            return await self.turns.run_once()
        finally:
            self.turns._clock = before

    def again(self, *, later: int = 0) -> Turns:
        """A turn-taker as a restarted process would have it, `later` minutes from now."""
        return make_turns(self.store, self.files, self.sop, timedelta(minutes=later))


def make_turns(store: Store, files: Files, sop: Sop, later: timedelta = timedelta(0)) -> Turns:
    return Turns(
        store,
        files,
        sop=sop,
        secret=SECRET,
        mailbox=Mailbox(OURS, "PT Contoh", secret=SECRET),
        capabilities={
            "memory": Capabilities(buttons=10, stored=True),
            "email": Capabilities(medium="email", idempotent=True),
        },
        understanders=fragile,
        clock=lambda: datetime.now(UTC) + later,
    )


def open_rooms(store: Store, files: Files, sop: Sop) -> Rooms:
    inbox = Inbox(store, files, secret=SECRET, sop=sop, own_addresses=[OURS])
    return Rooms(store, files, sop, inbox, make_turns(store, files, sop), Memory())


def mail(
    name: str,
    text: str = "halo",
    *,
    sender: str = "budi@contoh.co.id",
    subject: str = "Pesanan",
    message_id: str = "",
    answers: Sequence[str] = (),
    tokens: Sequence[str] = (),
    automatic: str = "",
    reply_to: str = "",
    attachments: Sequence[Attachment] = (),
    raw: bytes = b"raw",
) -> Message:
    """A mail as the mail channel reads it; `name` makes its external id."""
    return Message(
        channel="email",
        account=OURS,
        external_id=name,
        sender=Sender(sender, "Budi", email=sender),
        thread=name,
        sent_at=datetime(2026, 11, 20, 3, tzinfo=UTC),
        raw=raw,
        text=text,
        attachments=tuple(attachments),
        mail=MailFacts(
            message_id=message_id or f"{name}@contoh.co.id",
            in_reply_to=tuple(answers),
            references=tuple(answers),
            subject=subject,
            to=(OURS,),
            tokens=tuple(tokens),
            automatic=automatic,
            reply_to=reply_to,
        ),
    )


COMPLAINT = (
    "siang, saya beli 5 dus minyak sari murni 1 l kemarin, yg datang cuma 4, INV-2611-0457",
    "iya betul",
    "Budi Santoso",
    "0812 3456 7890",
    "budi@contoh.co.id",
    "tidak ada",
    "tidak ada",
    "ya, sudah benar",
)
"""A complaint from the first word to the ticket."""
