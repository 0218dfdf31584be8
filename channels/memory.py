"""A channel made of two queues: for tests, `sapa chat` and practice. A real channel, only without a wire."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from channels.base import (
    Accept,
    Accepted,
    Attachment,
    Capabilities,
    Health,
    Inbound,
    Message,
    Outbound,
    Pressed,
    Sender,
    SendResult,
    Sent,
)


class Memory:
    """Hears what `say` and `press` put in, and puts what it is told to send into `sent`.

    Listener and SenderOut. `sent` grows with every message; `next_sent` waits for the next one.
    """

    name = "memory"

    def __init__(self, account: str = "local", capabilities: Capabilities | None = None) -> None:
        self.account = account
        self.capabilities = capabilities or Capabilities(buttons=10, idempotent=True)
        self.sent: list[Outbound] = []
        self._heard: asyncio.Queue[tuple[Inbound, asyncio.Future[Accepted]]] = asyncio.Queue()
        self._left: asyncio.Queue[Outbound] = asyncio.Queue()
        self._ids: set[str] = set()
        self._said = 0

    async def say(
        self, thread: str, text: str, *, attachments: Sequence[Attachment] = (), external_id: str = ""
    ) -> Accepted:
        """A person writes in `thread`; returns once it is stored. Needs `run` to be running."""
        return await self.hear(self.message(thread, text, attachments=attachments, external_id=external_id))

    async def press(self, thread: str, value: str, label: str = "", *, external_id: str = "") -> Accepted:
        """A person presses a button."""
        return await self.hear(
            Pressed(
                channel=self.name,
                account=self.account,
                external_id=external_id or self._next_id(thread),
                sender=Sender(thread),
                thread=thread,
                sent_at=datetime.now(UTC),
                value=value,
                label=label,
            )
        )

    def message(
        self, thread: str, text: str, *, attachments: Sequence[Attachment] = (), external_id: str = ""
    ) -> Message:
        """A message as `say` would bring it, for tests that call `accept` themselves."""
        own = external_id or self._next_id(thread)
        return Message(
            channel=self.name,
            account=self.account,
            external_id=own,
            sender=Sender(thread),
            thread=thread,
            sent_at=datetime.now(UTC),
            message_id=own,
            text=text,
            attachments=tuple(attachments),
        )

    async def hear(self, inbound: Inbound) -> Accepted:
        """Bring any inbound; returns what `accept` said, raises what it raised."""
        answer: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self._heard.put_nowait((inbound, answer))
        return await answer

    async def next_sent(self) -> Outbound:
        """The next message that left."""
        return await self._left.get()

    async def run(self, accept: Accept) -> None:
        """Bring what is heard, one by one, until cancelled."""
        while True:
            inbound, answer = await self._heard.get()
            try:
                (word,) = await accept([inbound])
            except Exception as error:
                if not answer.done():
                    answer.set_exception(error)
            else:
                if not answer.done():
                    answer.set_result(word)

    async def send(self, outbound: Outbound) -> SendResult:
        """Send one message, once: the same outbox row again changes nothing."""
        if outbound.id not in self._ids:
            self._ids.add(outbound.id)
            self.sent.append(outbound)
            self._left.put_nowait(outbound)
        return Sent(f"memory-{outbound.id}")

    def health(self) -> Health:
        """Always well."""
        return Health()

    def _next_id(self, thread: str) -> str:
        self._said += 1
        return f"{thread}/{self._said}/{datetime.now(UTC).timestamp()}"
