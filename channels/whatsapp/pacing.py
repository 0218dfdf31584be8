"""How fast one customer is written to: in order, and not more than Meta takes.

Meta promises no order between messages that are under way together, so the next one of a conversation leaves
when the one before has its first status, or after a moment. Who gets too many in a row gets none for a while
(the pair limit): 6 seconds, then four times as long each time.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

SETTLES = 3.0
"""Seconds after which a message counts as arrived though no status told so."""
FIRST_PAUSE = timedelta(seconds=6)
LONGEST_PAUSE = timedelta(hours=6)
MOST = 20_000
"""Customers that are remembered."""


@dataclass(slots=True)
class _Customer:
    """What is under way to one customer: Meta's ids, when the last was taken, how often it was too many."""

    waiting: set[str] = field(default_factory=set)
    taken_at: float = 0.0
    refusals: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)


class Pacing:
    """By number and customer. `clock` in seconds, never going back. `patience`: so many seconds a message
    waits here for news of the one before; after that it waits in the outbox, and others leave meanwhile."""

    def __init__(self, settles: float = SETTLES, clock: Callable[[], float] = time.monotonic) -> None:
        self._settles, self.patience = settles, max(settles / 3, 1.0)
        self._clock = clock
        self._customers: OrderedDict[tuple[str, str], _Customer] = OrderedDict()
        self._of: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._early: OrderedDict[str, None] = OrderedDict()

    def pause(self, who: tuple[str, str]) -> float:
        """Seconds that the next message has to wait at most, unless a status comes."""
        one = self._customers.get(who)
        if one is None or not one.waiting:
            return 0.0
        return max(0.0, one.taken_at + self._settles - self._clock())

    async def turn(self, who: tuple[str, str], patience: float | None = None) -> bool:
        """Wait until the next message to this customer may leave; False when that takes longer than
        `patience` seconds."""
        until = self._clock() + (self._settles if patience is None else patience)
        while (left := self.pause(who)) > 0:
            here = min(left, until - self._clock())
            if here <= 0:
                return False
            news = self._customers[who].news
            news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(here):
                    await news.wait()
        return True

    def taken(self, who: tuple[str, str], id_: str) -> None:
        """Meta took a message and named it."""
        one = self._customers.setdefault(who, _Customer())
        self._customers.move_to_end(who)
        one.refusals = 0
        one.taken_at = self._clock()
        one.waiting = set() if self._early.pop(id_, 0) is None else {id_}
        self._of[id_] = who
        for book in (self._customers, self._of):
            while len(book) > MOST:
                book.popitem(last=False)

    def told(self, id_: str) -> tuple[str, str] | None:
        """A status came, perhaps before the answer that names the message. Whose it is, None: not known."""
        who = self._of.pop(id_, None)
        if who is None:
            self._early[id_] = None
            while len(self._early) > 1000:
                self._early.popitem(last=False)
            return None
        one = self._customers.get(who)
        if one is not None:
            one.waiting.discard(id_)
            one.news.set()
        return who

    def too_many(self, who: tuple[str, str]) -> timedelta:
        """Meta refused for the pair limit; how long to leave this customer alone."""
        one = self._customers.setdefault(who, _Customer())
        wait = min(FIRST_PAUSE * 4.0 ** min(one.refusals, 8), LONGEST_PAUSE)
        one.refusals += 1
        return wait
