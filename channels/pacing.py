"""How fast messages go to one place: who sends too much at once is put off, and then blocked."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

_FORGET = 1024
"""Places remembered before those that are idle are forgotten."""


class Pace:
    """A place is whatever counts for itself: the domain of a mail, a gateway ("").

    At most `at_once` messages to one place side by side and `per_minute` in the long run (0: as fast as they
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

    def wait(self, key: str, place: str, now: float) -> float:
        """Seconds until the message `key` may go to `place`. Up to `patience` the caller waits; for more it
        comes back then, and its turn is kept. `now` on the clock of the event loop."""
        if not self._gap:
            return 0.0
        if key in self._promised and self._promised.pop(key) <= now + self._patience:
            return 0.0
        slot = max(self._next.get(place, 0.0), now - self._burst * self._gap)
        self._next[place] = slot + self._gap
        wait = max(slot - now, 0.0)
        if wait > self._patience:
            self._promised[key] = now + wait
        self._forget(now)
        return wait

    @contextlib.asynccontextmanager
    async def turn(self, place: str) -> AsyncIterator[bool]:
        """One of the turns at this place: True, or False when none became free within `patience`."""
        gate = self._gates.setdefault(place, asyncio.Semaphore(self._at_once))
        self._users[place] += 1
        ours = False
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    ours = await gate.acquire()
            yield ours
        finally:
            if ours:
                gate.release()
            self._users[place] -= 1
            if not self._users[place]:
                del self._users[place], self._gates[place]

    @property
    def patience(self) -> float:
        """Seconds a message waits here instead of being sent away."""
        return self._patience

    def _forget(self, now: float) -> None:
        if len(self._next) > _FORGET:
            self._next = {place: at for place, at in self._next.items() if at > now - 600}
        if len(self._promised) > 64 * _FORGET:
            self._promised = {key: at for key, at in self._promised.items() if at > now - 3600}
