"""A bot of ours at the Bot API's stand-in: what it gives to the house, and how to wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.base import (
    Accepted,
    Attachment,
    Choice,
    Cursor,
    Inbound,
    Message,
    NotStored,
    Outbound,
    Unreadable,
)
from channels.telegram.pacing import Pace
from channels.telegram.polling import Pauses
from channels.telegram.provider import Telegram
from tests.standins.telegram import BotApi
from tests.waiting import until

QUICK = Pauses(lost=(0.01, 0.02), refused=(0.02, 0.03), conflict=(0.02, 0.03), not_stored=(0.01, 0.02))
SECRET = "kata-rahasia-untuk-webhook"
HOOK = "https://sapa.contoh.id/hooks/telegram"
Batch = Sequence[Inbound | Unreadable]


@dataclass
class Desk:
    """A house that keeps what it is given in memory, each thing once, and the cursor with it. `refuse` says
    which batches it does not store."""

    kept: dict[str, Inbound | Unreadable] = field(default_factory=dict)
    cursors: dict[tuple[str, str], str] = field(default_factory=dict)
    refuse: Callable[[Batch], bool] = lambda batch: False
    refused: int = 0
    batches: list[int] = field(default_factory=list)
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def accept(self, batch: Batch, cursor: Cursor | None = None) -> list[Accepted]:
        """`Accept`."""
        if self.refuse(batch):
            self.refused += 1
            self.bell.set()
            raise NotStored("the disk is full")
        words = [Accepted.DUPLICATE if one.external_id in self.kept else Accepted.NEW for one in batch]
        self.kept |= {one.external_id: one for one in batch if one.external_id not in self.kept}
        if cursor is not None:
            self.cursors[cursor.channel, cursor.account] = cursor.value
        self.batches.append(len(batch))
        self.bell.set()
        return words

    async def cursor(self, channel: str, account: str) -> str:
        """`Memory`."""
        return self.cursors.get((channel, account), "")

    @property
    def texts(self) -> list[str]:
        """The words of all messages, in order."""
        return [one.text for one in self.kept.values() if isinstance(one, Message)]

    async def has(self, number: int) -> list[Inbound | Unreadable]:
        """All that is kept, once it is so many."""
        await until(lambda: len(self.kept) >= number, self.bell)
        return list(self.kept.values())


@asynccontextmanager
async def a_bot(api: BotApi, desk: Desk | None = None, **given: Any) -> AsyncIterator[Telegram]:
    """Our channel at this stand-in."""
    given = {"pauses": QUICK, "look": 0.02, "base_url": api.url, "pace": Pace(per_chat=0, overall=0)} | given
    bot = Telegram(given.pop("token", api.token), desk or Desk(), **given)
    try:
        yield bot
    finally:
        await bot.close()


@asynccontextmanager
async def running(bot: Telegram, desk: Desk) -> AsyncIterator[asyncio.Task[None]]:
    """The bot listens meanwhile, and has not died of anything at the end."""
    task = asyncio.create_task(bot.run(desk.accept))
    try:
        yield task
    finally:
        alive = not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert alive, "it stopped listening by itself"


def answer(to: object, text: str = "Baik, Ibu.", *, key: str = "1/1/1", **more: Any) -> Outbound:
    """A message to a chat."""
    chosen = tuple(Choice(*each) for each in more.pop("choices", ()))
    return Outbound(
        id=key, channel="telegram", account="110201543", to=str(to), thread=str(to), text=text,
        choices=chosen, **more,
    )  # fmt: skip


def photo(content: bytes, name: str = "dus.jpg", media_type: str = "image/jpeg") -> Attachment:
    """A file that goes out."""
    return Attachment(name, media_type, len(content), content)


class Later:
    """A clock for `Telegram` that can be moved on."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead
