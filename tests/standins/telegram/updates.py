"""The updates that wait for the bot: confirmed by a higher offset only, gone in their time, for one poller.

After tdlib/telegram-bot-api 10.0: Client.cpp `do_get_updates`, `abort_long_poll`, `fail_query_conflict`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

from ..serving import Clock
from .markup import Refusal

DAY, CALLBACK_LIFE = 86_400.0, 150.0
LONGEST_POLL = 50
CONFLICT_PAUSE = 3.0
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
TERMINATED = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)
BY_WEBHOOK = "Conflict: terminated by setWebhook request"
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


@dataclass(slots=True)
class Update:
    """One update with its queue (webhooks keep order only within one) and the time it is dropped at."""

    id: int
    queue: int
    expires: float
    body: dict[str, Any]


@dataclass(slots=True, eq=False)
class _Poll:
    aborted: asyncio.Event = field(default_factory=asyncio.Event)
    why: str = ""


class Updates:
    """The queue of one bot."""

    def __init__(self, clock: Clock, first: int) -> None:
        self._clock = clock
        self._waiting: list[Update] = []
        self.next_id = first
        self.allowed: list[str] = []
        self.news = asyncio.Event()
        self._poll: _Poll | None = None
        self._last_offset: int | None = None
        self._last_start = -100.0
        self._next_conflict = 0.0

    def add(self, kind: str, body: dict[str, Any], queue: int, date: float | None = None) -> int:
        """A new update; 0 when the bot does not want this kind. `date`: since when it ages."""
        wanted = kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT
        if not wanted:
            return 0
        life = CALLBACK_LIFE if kind == "callback_query" else DAY
        id_, self.next_id = self.next_id, self.next_id + 1
        update = {"update_id": id_, kind: body}
        self._waiting.append(Update(id_, queue, (date or self._clock.now()) + life, update))
        self.news.set()
        return id_

    def put(self, raw: dict[str, Any], queue: int = 0) -> int:
        """An update as it is, however malformed, under the next id."""
        id_, self.next_id = self.next_id, self.next_id + 1
        self._waiting.append(Update(id_, queue, self._clock.now() + DAY, {**raw, "update_id": id_}))
        self.news.set()
        return id_

    def waiting(self) -> list[Update]:
        """What has not been confirmed and is not too old, in order."""
        now = self._clock.now()
        self._waiting = [u for u in self._waiting if u.expires > now]
        return self._waiting

    def forget(self, *ids: int) -> None:
        """These have been delivered by webhook."""
        self._waiting = [u for u in self._waiting if u.id not in ids]

    def drop(self) -> None:
        """`drop_pending_updates`."""
        self._waiting.clear()

    def abort(self, why: str) -> None:
        """The long poll that waits, if any, is answered with a conflict."""
        if self._poll:
            self._poll.why = why
            self._poll.aborted.set()
            self._poll = None

    async def conflict(self, why: str) -> Refusal:
        """A 409: the first at once, repeated ones after 3 s."""
        now = time.monotonic()
        if now < self._next_conflict:
            await self._clock.wait(CONFLICT_PAUSE)
        else:
            self._next_conflict = now + CONFLICT_PAUSE * self._clock.scale
        return Refusal(409, why)

    async def get(
        self, offset: int, limit: int, timeout: int, closing: asyncio.Event
    ) -> list[dict[str, Any]]:
        """`getUpdates`. Raises a 409 when a later call takes over."""
        self.abort(TERMINATED)
        limit, timeout = min(max(limit, 1), 100), min(max(timeout, 0), LONGEST_POLL)
        now = time.monotonic()
        wait, hasty = float(timeout), self._last_offset == offset
        if hasty and now < self._last_start + 3.0 and timeout < 3:
            wait = 3.0 * self._clock.scale
        if hasty and now < self._last_start + 0.5:
            limit = 1
        self._last_offset, self._last_start = offset, now
        found = self._take(offset, limit)
        if found or not wait:
            return found
        poll = self._poll = _Poll()
        until = now + wait
        try:
            while not found and not poll.aborted.is_set() and not closing.is_set():
                left = until - time.monotonic()
                if left <= 0:
                    break
                self.news.clear()
                await _first(left, self.news, poll.aborted, closing)
                if not poll.aborted.is_set():
                    found = self._take(offset, limit)
            if poll.aborted.is_set():
                raise await self.conflict(poll.why)
        finally:
            if self._poll is poll:
                self._poll = None
        return found

    def _take(self, offset: int, limit: int) -> list[dict[str, Any]]:
        """What lies at and behind `offset`; all before it is confirmed, and forgotten."""
        waiting = self.waiting()
        if offset < 0:
            self._waiting = waiting = waiting[offset:]
        elif offset > 0 and offset <= self.next_id + 10:  # an offset from the future is none
            self._waiting = waiting = [u for u in waiting if u.id >= offset]
        return [u.body for u in waiting[:limit]]


async def _first(timeout: float, *events: asyncio.Event) -> None:
    """Until one of them is set, or the time is over."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
