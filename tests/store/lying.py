"""A provider with whom files lie: slow, failing and wrong, as they are; and messages that name its files."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from bot.fetching import Fetching
from channels.base import Attachment, Fetched, FetchResult, Message, Sender
from tests.store.rooms import Rooms

JPEG = b"\xff\xd8\xff\xe0 a photo of five wet boxes"
Answer = FetchResult | Exception | Callable[[], Awaitable[FetchResult]]


class Lying:
    """Gives the file of each reference; `script` are its answers before it does, one for each call."""

    name = "memory"

    def __init__(self, *script: Answer, **files: bytes) -> None:
        self.script = list(script)
        self.files = files
        self.asked: list[str] = []
        self.most_at_once = self._at_once = 0

    async def fetch(self, account: str, attachment: Attachment) -> FetchResult:
        assert attachment.content is None
        assert attachment.reference
        self.asked.append(attachment.reference)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            await asyncio.sleep(0)
            answer = self.script.pop(0) if self.script else self.give(attachment.reference)
            if isinstance(answer, Exception):
                raise answer
            return answer if isinstance(answer, FetchResult) else await answer()
        finally:
            self._at_once -= 1

    def give(self, reference: str) -> Fetched:
        return Fetched(self.files.get(reference, JPEG), "image/jpeg")


class Clock:
    """Time that only moves when told to."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def tick(self, **of: float) -> None:
        self.now += timedelta(**of)

    def rules(self, rooms: Rooms) -> None:
        """From now on nothing in the rooms has another time."""
        rooms.inbox._clock = rooms.turns._clock = self


async def take_late(rooms: Rooms, clock: Clock) -> int:
    """Take the turns that would be due in a minute; no file comes meanwhile."""
    before, rooms.turns._clock = rooms.turns._clock, lambda: clock.now + timedelta(minutes=1)
    try:
        return await rooms.turns.run_once()
    finally:
        rooms.turns._clock = before


def fetching(rooms: Rooms, lying: Lying, clock: Clock, **more: Any) -> Fetching:
    given = {"alone": rooms.store.sqlite, **more}
    store, files = given.pop("store", rooms.store), given.pop("files", rooms.files)
    return Fetching(store, files, rooms.store.bells, {lying.name: lying}, clock=clock, **given)


def photo(
    reference: str,
    text: str = "",
    *,
    thread: str = "a",
    group: str = "",
    size: int = 0,
    digest: str = "",
    media_type: str = "image/jpeg",
) -> Message:
    """A message whose photo lies with the provider under `reference`."""
    return Message(
        channel="memory",
        account="local",
        external_id=f"{thread}/{reference}",
        sender=Sender(thread),
        thread=thread,
        sent_at=datetime.now(UTC),
        message_id=reference,
        text=text,
        group=group,
        attachments=(Attachment("foto.jpg", media_type, size, reference=reference, digest=digest),),
    )


def hexed(content: bytes) -> str:
    return sha256(content).hexdigest()
