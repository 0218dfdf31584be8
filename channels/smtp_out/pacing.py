"""How fast mail goes to one domain: providers put off, and then block, who sends them too much at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

_FORGET = 1024
"""Domains remembered before those that are idle are forgotten."""


class Pace:
    """At most `at_once` mails to one domain side by side and `per_minute` in the long run (0: as fast as they
    come), with a `burst` at once at the beginning. Whoever has to wait longer than `patience` seconds is sent
    away with a time of its own, so that those who wait do not all come back together."""

    def __init__(
        self, *, per_minute: float = 300.0, at_once: int = 4, burst: int = 20, patience: float = 2.0
    ) -> None:
        self._gap = 60.0 / per_minute if per_minute > 0 else 0.0
        self._at_once, self._burst, self._patience = at_once, burst, patience
        self._next: dict[str, float] = {}
        self._promised: dict[str, float] = {}
        self._gates: dict[str, asyncio.Semaphore] = {}
        self._users: Counter[str] = Counter()

    def wait(self, key: str, domain: str, now: float) -> float:
        """Seconds until the mail `key` may go to `domain`. Up to `patience` the caller waits; for more it
        comes back then, and its place is kept. `now` on the clock of the event loop."""
        if not self._gap:
            return 0.0
        if key in self._promised and self._promised.pop(key) <= now + self._patience:
            return 0.0
        slot = max(self._next.get(domain, 0.0), now - self._burst * self._gap)
        self._next[domain] = slot + self._gap
        wait = max(slot - now, 0.0)
        if wait > self._patience:
            self._promised[key] = now + wait
        self._forget(now)
        return wait

    @contextlib.asynccontextmanager
    async def turn(self, domain: str) -> AsyncIterator[bool]:
        """One of the places of this domain: True, or False when none became free within `patience`."""
        gate = self._gates.setdefault(domain, asyncio.Semaphore(self._at_once))
        self._users[domain] += 1
        ours = False
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    ours = await gate.acquire()
            yield ours
        finally:
            if ours:
                gate.release()
            self._users[domain] -= 1
            if not self._users[domain]:
                del self._users[domain], self._gates[domain]

    @property
    def patience(self) -> float:
        """Seconds a mail waits here instead of being sent away."""
        return self._patience

    def _forget(self, now: float) -> None:
        if len(self._next) > _FORGET:
            self._next = {domain: at for domain, at in self._next.items() if at > now - 600}
        if len(self._promised) > 64 * _FORGET:
            self._promised = {key: at for key, at in self._promised.items() if at > now - 3600}
