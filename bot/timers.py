"""Deadlines and silences that come due become inputs, exactly once, in one transaction with their removal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from sqlalchemy import Connection

from bot.dialogue.turn import Due
from bot.rounds import BellsLike
from bot.store import inbox
from bot.store import timers as rows
from bot.store.inbox import Submitted
from bot.store.inputs import Act
from bot.store.timers import BELL
from channels.base import Health

log = logging.getLogger(__name__)

T = TypeVar("T")

IDLE = 60.0
"""Seconds after which the loop looks by itself, bell or not."""
SOURCE = "timer"

Submit = Callable[[Connection, Sequence[Submitted]], object]
"""Adds inputs in the caller's transaction; one with a known external id is not added again."""


class StoreLike(Protocol):
    """What the timers need of the store."""

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in a transaction; durable when it returns."""


class Timers:
    """Turns due timers into inputs.

    While something a customer wrote still waits to be read, the timers of that thread are held: the turn
    that reads it sets or clears them itself. `settle` is how long `run` waits before its first look, so that
    messages which came while we were down can arrive before silence is judged. `most` timers are taken in
    one transaction.
    """

    def __init__(
        self,
        store: StoreLike,
        bells: BellsLike,
        submit: Submit = inbox.submit,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        settle: timedelta = timedelta(seconds=5),
        most: int = 256,
    ) -> None:
        self._store = store
        self._bells = bells
        self._submit = submit
        self._clock = clock
        self._settle = settle
        self._most = most
        self._health = Health()
        self.fired = 0
        """Inputs made since the start, for metrics."""

    async def run(self) -> None:
        """Work until cancelled; a fault of the store is reported in `health` and tried again."""
        await asyncio.sleep(self._settle.total_seconds())
        while True:
            now = self._clock()
            try:
                fired, following = await self._fire(now)
            except Exception as error:
                if self._health.ok:
                    log.exception("timers_not_stored")
                detail = (
                    f"the store does not take due timers ({type(error).__name__}); see the disk and the log"
                )
                self._health = Health(ok=False, detail=detail, since=self._health.since or now)
                await asyncio.sleep(1.0)
                continue
            self._health = Health(figures={"fired": float(self.fired)})
            if fired < self._most:
                await self._bells.wait(BELL, self._seconds(now, following))

    async def run_once(self, now: datetime) -> int:
        """Take what is due at `now`; how many timers became inputs."""
        total = 0
        while fired := (await self._fire(now))[0]:
            total += fired
        return total

    def health(self) -> Health:
        """How the timers are."""
        return self._health

    async def _fire(self, now: datetime) -> tuple[int, datetime | None]:
        def turn(conn: Connection) -> tuple[int, datetime | None]:
            due = rows.due_timers(conn, now, self._most)
            self._submit(
                conn,
                [
                    Submitted(timer.conversation, Act(Due(timer.name)), timer.external_id, now, SOURCE)
                    for timer in due
                ],
            )
            rows.spend(conn, due)
            return len(due), rows.next_timer(conn)

        fired, following = await self._store.write(turn)
        self.fired += fired
        return fired, following

    @staticmethod
    def _seconds(now: datetime, following: datetime | None) -> float:
        """Until the next timer; one that is due already is held, and looked at again in a second."""
        if following is None:
            return IDLE
        return min(max((following - now).total_seconds(), 1.0), IDLE)
