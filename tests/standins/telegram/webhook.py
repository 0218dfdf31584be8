"""Pushes updates to the bot's webhook as the real WebhookActor does: in order within a queue, queues at once.

Any 2xx is enough. Otherwise the update is tried again - after `Retry-After`, else a doubling delay - until it
is too old; it holds up its own queue only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from ..serving import Clock
from .updates import Update, Updates

Push = Callable[[str, bytes, dict[str, str]], Awaitable[httpx.Response | str]]


@dataclass(slots=True)
class Deliveries:
    """Faults on the way to the webhook: each update `copies` times, queues in any order (`chance`), the
    answer of ours not seen for the next `unseen` deliveries (it is then delivered again)."""

    copies: int = 1
    unseen: int = 0
    chance: random.Random | None = None


@dataclass(slots=True)
class Hook:
    """What setWebhook set."""

    url: str = ""
    secret: str = ""
    max_connections: int = 40
    allowed: list[str] = field(default_factory=list)
    error: str = ""
    error_at: int = 0


class Pusher:
    """The actor: looks for updates whose queue is free, as long as a webhook is set."""

    def __init__(self, updates: Updates, clock: Clock, push: Push) -> None:
        self.hook = Hook()
        self.deliveries = Deliveries()
        self.pushed: list[tuple[int, int]] = []  # (update id, status): every attempt that was answered
        self._updates, self._clock, self._push = updates, clock, push
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    def set(self, hook: Hook) -> None:
        """Push there from now on; what is under way to the old place is let go of."""
        self.stop()
        self.hook = hook
        if hook.url:
            self._task = asyncio.create_task(self._run())

    def stop(self) -> None:
        """Push no more, for now."""
        for task in (self._task, *self._busy.values()):
            if task:
                task.cancel()
        self._task = None
        self._busy.clear()

    async def _run(self) -> None:
        while True:
            self._updates.news.clear()
            self._wake.clear()
            free = [u for u in self._updates.waiting() if u.queue not in self._busy]
            if self.deliveries.chance:
                self._shuffle(free, self.deliveries.chance)
            for update in free:
                if update.queue in self._busy or len(self._busy) >= self.hook.max_connections:
                    continue
                self._busy[update.queue] = asyncio.create_task(self._deliver(update))
            waits = [asyncio.create_task(e.wait()) for e in (self._updates.news, self._wake)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()

    @staticmethod
    def _shuffle(updates: list[Update], chance: random.Random) -> None:
        """Queues in any order; each queue keeps its own."""
        rank = {queue: chance.random() for queue in {u.queue for u in updates}}
        updates.sort(key=lambda u: (rank[u.queue], u.id))

    async def _deliver(self, update: Update) -> None:
        delay = 1.0
        try:
            while update.expires > self._clock.now():
                answer = await self._once(update)
                if isinstance(answer, httpx.Response):
                    self.pushed.append((update.id, answer.status_code))
                    if answer.is_success and self.deliveries.unseen <= 0:
                        for _ in range(self.deliveries.copies - 1):
                            await self._once(update)
                        break
                    self.deliveries.unseen = max(0, self.deliveries.unseen - 1)
                    after = answer.headers.get("retry-after", "")
                    problem = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
                else:
                    after, problem = "", answer
                self.hook.error, self.hook.error_at = problem, int(self._clock.now())
                await self._clock.wait(min(int(after), 3600) if after.isdigit() else delay)
                delay = min(delay * 2, 60.0)
            self._updates.forget(update.id)
        finally:
            if self._busy.get(update.queue) is asyncio.current_task():
                del self._busy[update.queue]
                self._wake.set()

    async def _once(self, update: Update) -> httpx.Response | str:
        headers = {"Content-Type": "application/json"}
        if self.hook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.hook.secret
        body = json.dumps(update.body, ensure_ascii=False, separators=(",", ":")).encode()
        return await self._push(self.hook.url, body, headers)

    def info(self) -> dict[str, Any]:
        """`getWebhookInfo`."""
        told: dict[str, Any] = {
            "url": self.hook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._updates.waiting()),
        }
        if self.hook.url:
            told["max_connections"] = self.hook.max_connections
            told["ip_address"] = "127.0.0.1"
        if self._updates.allowed:
            told["allowed_updates"] = list(self._updates.allowed)
        if self.hook.error:
            told["last_error_date"] = self.hook.error_at
            told["last_error_message"] = self.hook.error
        return told

    async def idle(self, timeout: float = 10.0) -> None:
        """Until everything that waits has been delivered."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while self._updates.waiting():
                    await asyncio.wait(list(self._busy.values()), timeout=0.05) if self._busy else None
                    await asyncio.sleep(0)
                return
        raise AssertionError(f"{len(self._updates.waiting())} updates were not delivered: {self.hook.error}")
