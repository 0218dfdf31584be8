"""The house around a mailbox: a listener, the real inbox and the real store."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot import packs
from bot.inbox import Inbox
from bot.mailboxes import StoredMemory
from bot.sop.model import Sop
from bot.store import Bells, Files, Store, cursors
from bot.store.tables import inbox as inbox_rows
from channels.base import Accepted, Cursor, Inbound, NotStored, Unreadable
from channels.imap.listener import Imap
from channels.imap.mailbox import Mailbox, Pauses
from channels.imap.standing import CHANNEL, Standing
from tests.imap.dovecot import PASSWORD, Dovecot
from tests.waiting import PATIENCE, until

OWN = "cs@toko.example"
QUICK = Pauses(lost=(0.05, 0.1, 0.2), refused=(0.2, 0.3), not_stored=(0.02, 0.05))


def mailbox(dovecot: Dovecot, user: str, **given: Any) -> Mailbox:
    """A mailbox on the test's server, quick to try again and without TLS."""
    usual: dict[str, Any] = {
        "host": "127.0.0.1", "port": dovecot.port, "user": user, "password": PASSWORD, "tls": "none",
        "first": "history", "poll": 0.2, "idle": 0.3, "timeout": 5.0, "connect_timeout": 5.0,
    }  # fmt: skip
    return Mailbox(**{**usual, **given})


@dataclass(frozen=True)
class Row:
    """What the inbox has of one mail."""

    external_id: str
    state: str
    outcome: str
    cause: str
    kind: str
    raw: bytes | None


@dataclass
class Desk:
    """The inbox behind `accept`; `refuse` decides which calls are not stored, `calls` are those that were."""

    store: Store
    inbox: Inbox
    refuse: Callable[[Sequence[Inbound | Unreadable]], bool] = lambda batch: False
    calls: list[tuple[Sequence[Inbound | Unreadable], Cursor | None]] = field(default_factory=list)
    refused: int = 0

    async def accept(
        self, batch: Sequence[Inbound | Unreadable], cursor: Cursor | None = None
    ) -> list[Accepted]:
        if self.refuse(batch):
            self.refused += 1
            raise NotStored("refused by the test")
        words = await self.inbox.accept(batch, cursor)
        self.calls.append((batch, cursor))
        return words

    async def rows(self) -> list[Row]:
        """Every mail on record, in order."""
        columns = [inbox_rows.c[name] for name in Row.__dataclass_fields__]
        found = select(*columns).where(inbox_rows.c.channel == "email").order_by(inbox_rows.c.id)
        return [Row(*row) for row in await self.store.read(lambda c: list(c.execute(found)))]

    async def standing(self, user: str, folder: str = "INBOX") -> Standing | None:
        """Where a folder stands."""
        account = f"{user}@127.0.0.1/{folder}"
        return Standing.decode(await self.store.read(lambda c: cursors.value(c, CHANNEL, account)))


@functools.cache
def _sop() -> Sop:
    return packs.load()


@contextlib.asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    """A store and an inbox."""
    store = await Store.open(folder / "sapa.db", bells=Bells())
    inbox = Inbox(store, Files(folder / "files"), secret=b"s" * 32, sop=_sop(), own_addresses=(OWN,))
    try:
        yield Desk(store, inbox)
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def listening(at: Desk, box: Mailbox) -> AsyncIterator[Imap]:
    """A listener at work."""
    listener = Imap(box, StoredMemory(at.store), account=OWN, own=(OWN,), pauses=QUICK)
    task = asyncio.create_task(listener.run(at.accept))
    try:
        yield listener
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def rounds(listener: Imap, more: int = 1) -> None:
    """Wait until all folders were brought up to date again: whatever lay there at the call has been seen."""
    target = listener.rounds + more + 1  # one may be under way
    await until(lambda: listener.rounds >= target)


async def have(at: Desk, count: int) -> list[Row]:
    """Wait until so many mails are on record; no more are."""
    async with asyncio.timeout(PATIENCE):
        while len(rows := await at.rows()) < count:
            await asyncio.sleep(0.01)
    assert len(rows) == count
    return rows
