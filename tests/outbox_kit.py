"""Stand-ins for the tests of outbox and timers: a clock one can turn, and providers that behave as providers
do. The store is the real one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from bot.outbox import Gate, Outbox
from bot.store import Bells, Store
from bot.store import outbox as rows
from bot.store.outbox import NewRow
from bot.store.tables import conversations, outbox
from channels.base import Capabilities, MailHead, Outbound, SendResult, Sent

OURS = "support@support.example"
START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


class Killed(BaseException):
    """The process was killed here."""


class Clock:
    """Time that only moves when told to."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **of: float) -> datetime:
        self.now += timedelta(**of)
        return self.now


Verdict = Callable[[Outbound], Awaitable[SendResult] | SendResult]


class Provider:
    """A provider: what it `took` is with the customer, whatever it answers. `script` gives one behaviour per
    call (then `sent`); `during` is awaited while a message is on its way."""

    name = "email"

    def __init__(self, *script: Verdict, idempotent: bool = True, medium: str = "email") -> None:
        self.capabilities = Capabilities(medium=medium, idempotent=idempotent)
        self.script = list(script)
        self.calls: list[str] = []
        self.took: list[Outbound] = []
        self.on_their_way = 0
        self.most_at_once = 0
        self.threads_on_their_way: list[str] = []
        self.during: Callable[[Outbound], Awaitable[None]] | None = None

    async def send(self, outbound: Outbound) -> SendResult:
        self.calls.append(outbound.id)
        assert outbound.thread not in self.threads_on_their_way or not outbound.thread
        self.on_their_way += 1
        self.threads_on_their_way.append(outbound.thread)
        self.most_at_once = max(self.most_at_once, self.on_their_way)
        try:
            if self.during is not None:
                await self.during(outbound)
            verdict = self.script.pop(0)(outbound) if self.script else self.take(outbound)
            return verdict if not asyncio.iscoroutine(verdict) else await verdict  # type: ignore[return-value]
        finally:
            self.on_their_way -= 1
            self.threads_on_their_way.remove(outbound.thread)

    def take(self, outbound: Outbound) -> SendResult:
        self.took.append(outbound)
        return Sent(f"<{outbound.id}>")

    @property
    def ids(self) -> list[str]:
        return [outbound.id for outbound in self.took]


class NoFiles:
    async def get(self, digest: str) -> bytes:
        raise FileNotFoundError(digest)


@dataclass
class House:
    """A real store with an outbox before it."""

    store: Store
    bells: Bells
    clock: Clock = field(default_factory=Clock)

    @classmethod
    async def open(cls, folder: Path) -> House:
        bells = Bells()
        return cls(await Store.open(folder / "sapa.db", bells=bells), bells)

    def outbox(self, *providers: Any, gate: Gate | None = None, store: Any = None, **more: Any) -> Outbox:
        senders = {provider.name: provider for provider in providers}
        files = more.pop("files", NoFiles())
        return Outbox(store or self.store, files, self.bells, senders, gate=gate, clock=self.clock, **more)

    async def queue(self, *new: NewRow) -> None:
        await self.store.write(lambda conn: rows.queue(conn, new))

    async def open_conversation(self, number: int, thread: int, owner: str = "bot") -> None:
        values = {
            "id": number, "thread_id": thread, "owner": owner, "pack": "p", "talk": b"{}",
            "opened_at": self.clock(), "last_at": self.clock(),
        }  # fmt: skip
        await self.store.write(lambda conn: conn.execute(insert(conversations), values))

    async def take_over(self, number: int, agent: str = "agent:7") -> list[rows.Waiting]:
        def act(conn: Any) -> list[rows.Waiting]:
            conn.execute(update(conversations).where(conversations.c.id == number).values(owner=agent))
            return rows.withdraw(conn, number, "an agent took over")

        return await self.store.write(act)

    async def states(self) -> dict[str, str]:
        """The state of every row by key, in the order they were queued."""
        found = await self.store.read(
            lambda conn: conn.execute(select(outbox.c.key, outbox.c.state).order_by(outbox.c.id)).all()
        )
        return {row.key: row.state for row in found}

    async def row(self, key: str) -> Any:
        return await self.store.read(
            lambda conn: conn.execute(select(outbox).where(outbox.c.key == key)).mappings().one()
        )

    async def stuck(self) -> list[rows.Waiting]:
        return await self.store.read(rows.stuck)


def mail(
    key: str,
    to: str = "budi@pelanggan.example",
    *,
    thread: int | None = None,
    conversation: int | None = None,
    subject: str = "Re: Kurang kirim",
    automatic: bool = True,
    mark: str = "auto-replied",
    at: datetime = START,
    channel: str = "email",
) -> NewRow:
    """A letter to queue."""
    head = MailHead(
        message_id=f"sapa.t{thread}.{key}@support.example",
        subject=subject,
        sender=OURS,
        automatic=mark,
        date=at,
    )
    outbound = Outbound(
        id=key,
        channel=channel,
        account=OURS,
        to=to,
        thread=str(thread or ""),
        text=f"Isi {key}",
        mail=head if channel == "email" else None,
    )
    return NewRow(outbound, at, conversation=conversation, thread=thread, automatic=automatic)
