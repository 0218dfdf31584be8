"""Updates by long polling: each batch is committed with its cursor, then asked for with the higher offset.

The server forgets an update only when a later one is asked for; so what a crash loses is only what was not
committed, and that comes again. Ids of updates begin anew, at random, after a week without any: an offset
older than the day for which the server keeps updates is not used any more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from channels.base import Accept, Cursor, Inbound, Unreadable
from channels.storing import Storing
from channels.telegram import CHANNEL
from channels.telegram.calls import Calls
from channels.telegram.condition import REVOKED, Condition, in_the_way
from channels.telegram.faults import Declined, Fault, TooLarge
from channels.telegram.presses import Presses
from channels.telegram.reading import read
from channels.telegram.update import id_of, unreadable

OFFSET_LIVES = timedelta(hours=24)
MOST = 100
"""Updates of one answer; the server gives no more."""

log = logging.getLogger(__name__)


class Memory(Protocol):
    """What is to be known from before."""

    async def cursor(self, channel: str, account: str) -> str:
        """The value that was committed last, "" when there is none."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds to wait before the next try, growing from first to last."""

    lost: tuple[float, ...] = (1, 2, 5, 10, 30)
    refused: tuple[float, ...] = (60, 300, 900)
    conflict: tuple[float, ...] = (10, 30, 60)
    not_stored: tuple[float, ...] = (1, 2, 5, 10, 30)

    @staticmethod
    def after(ladder: tuple[float, ...], failures: int) -> float:
        """The pause after so many failures in a row (at least 1)."""
        return ladder[min(failures, len(ladder)) - 1]


@dataclass(frozen=True, slots=True)
class Place:
    """How far the updates are committed: the next id, and when the last one came. 0: nothing is known."""

    offset: int = 0
    at: datetime = field(default=datetime.fromtimestamp(0, UTC))

    @classmethod
    def of(cls, value: str) -> Place:
        """The place that a cursor stands for; the beginning for what is none."""
        try:
            offset, seconds = (int(each) for each in value.split(" "))
            return cls(offset, datetime.fromtimestamp(seconds, UTC))
        except (ValueError, OverflowError, OSError):
            return cls()

    def cursor(self, account: str) -> Cursor:
        """As it is committed."""
        return Cursor(CHANNEL, account, f"{self.offset} {int(self.at.timestamp())}")

    def fresh(self, now: datetime) -> int:
        """The offset to ask with; 0, from the oldest on, when it is too old to be relied on."""
        return self.offset if abs(now - self.at) < OFFSET_LIVES else 0


class Polling:
    """Asks for updates as long as it runs. `hook` is our own webhook's address, "" when there is none: only
    that one is taken away when it stands in the way, or any with `take_over`."""

    def __init__(
        self,
        calls: Calls,
        memory: Memory,
        condition: Condition,
        presses: Presses,
        *,
        allowed: Sequence[str],
        wait: int = 25,
        hook: str = "",
        take_over: bool = False,
        pauses: Pauses | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._calls, self._memory, self._condition, self._presses = calls, memory, condition, presses
        self._allowed, self._wait, self._hook, self._take_over = tuple(allowed), wait, hook, take_over
        self._pauses, self._clock = pauses or Pauses(), clock
        self._account = calls.bot_id
        self._place = Place()
        self._limit = MOST
        self._failures = 0

    async def run(self, accept: Accept) -> None:
        """Poll until cancelled. Raises only what the store raises when the cursor is read."""
        self._place = Place.of(await self._memory.cursor(CHANNEL, self._account))
        self._limit, self._failures = MOST, 1  # the first look does not wait: health shall know soon
        storing = Storing(
            accept,
            self._pauses.not_stored,
            self._condition.cannot_store,
            what="updates",
            where="at Telegram, for a day",
        )
        while True:
            try:
                found = await self._calls.updates(
                    self._place.fresh(self._clock()),
                    limit=self._limit,
                    wait=0 if self._failures else self._wait,
                    allowed=self._allowed,
                )
            except Fault as error:
                await asyncio.sleep(await self._failed(error))
                continue
            self._failures = 0
            self._condition.well("polling")
            await self._take(found, storing)

    # ------------------------------------------------------------------------------------------- storing

    async def _take(self, found: list[bytes] | bytes, storing: Storing) -> None:
        if isinstance(found, bytes):
            if self._limit > 1:
                self._limit = 1  # one at a time, until the one that spoils the answer is through
                return
            found = [found]
        self._limit = MOST
        if not found:
            return
        now = self._clock()
        before, items = self._place, list[tuple[Cursor, Inbound | Unreadable]]()
        place = before
        for raw in found:
            number = id_of(raw)
            after = place if number is None else Place(number + 1, now)
            *others, last = self._read(raw, now)
            items += [(place.cursor(self._account), one) for one in others]
            items.append((after.cursor(self._account), last))
            place = after
        words = await storing.store(items, before.cursor(self._account), place.cursor(self._account))
        self._condition.stored(words)
        self._presses.stored(one for _, one in items)
        if place is before:  # none of them has an id: there is no way to get past them
            self._condition.ill("Telegram's answer cannot be read; it is asked again")
            await asyncio.sleep(self._pauses.lost[-1])
        self._place = place

    def _read(self, raw: bytes, now: datetime) -> Sequence[Inbound | Unreadable]:
        try:
            return read(raw, account=self._account, at=now)
        except Exception as error:  # of one update: it is put on record, and the others go on
            if not isinstance(error, ValueError):
                log.exception("telegram_not_read")
            self._condition.counts["unreadable"] += 1
            return [unreadable(raw, account=self._account, at=now, cause=str(error))]

    # ------------------------------------------------------------------------------------------- troubles

    async def _failed(self, error: Fault) -> float:
        """Say what is wrong; seconds until the next try."""
        self._failures += 1
        pauses, failures = self._pauses, max(self._failures - 1, 1)
        if isinstance(error, TooLarge):
            self._limit = 1
        if not isinstance(error, Declined):
            if failures > 1 or self._condition.looked is None:
                self._condition.ill(f"Telegram cannot be reached: {error}. It is tried on and on")
            return pauses.after(pauses.lost, failures)
        if error.token_refused:
            self._condition.ill(REVOKED)
            return pauses.after(pauses.refused, failures)
        if error.code == 409:
            return await self._conflict(error, failures)
        if error.code == 429:
            self._condition.ill("Telegram says that we ask too often; it is asked again when it said")
        elif error.code >= 500 or not error.own:
            if failures > 1 or self._condition.looked is None:
                self._condition.ill(f"Telegram answers {error}. It is tried on and on")
        else:
            self._condition.ill(f"Telegram does not give updates: {error}; see docs/channels/telegram.md")
        return max(error.retry_after or 0.0, pauses.after(pauses.lost, failures))

    async def _conflict(self, error: Declined, failures: int) -> float:
        pause = self._pauses.after(self._pauses.conflict, failures)
        if "webhook" not in error.description.lower():
            self._condition.ill(
                "another program polls with the same token, and each takes updates away from the other. Stop "
                "it; if you do not know it, have the token made anew by @BotFather (/revoke)"
            )
            return pause
        try:
            url = str((await self._calls.call("getWebhookInfo")).get("url", ""))
            if url in ("", self._hook) or self._take_over:
                await self._calls.call("deleteWebhook", drop_pending_updates=False)
                log.info("telegram_webhook_taken_away", extra={"host": urlsplit(url).hostname or ""})
                return self._pauses.lost[0]
        except Fault as other:
            self._condition.ill(f"a webhook stands in the way of polling, and cannot be asked for: {other}")
            return pause
        self._condition.ill(in_the_way(url))
        return pause
