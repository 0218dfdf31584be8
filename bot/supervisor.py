"""Keeps the parts of one process alive: a part that dies is started again, and everybody can see it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

log = logging.getLogger(__name__)

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
HEALED_AFTER = timedelta(minutes=1)


@dataclass(slots=True)
class Part:
    """One long-running part: `run` works until it is cancelled. `faults` counts its deaths so far."""

    name: str
    run: Callable[[], Awaitable[None]]
    alive: bool = False
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    faults: int = 0
    last_fault: str = ""


class Supervisor:
    """Runs parts side by side and restarts a dead one with a growing pause.

    Stopping goes through the parts in the order they were given: those that take things in stop first, those
    that finish what was taken in stop last.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        self._tasks: list[tuple[Part, asyncio.Task[None]]] = []

    def start(self) -> None:
        """Start every part."""
        self._tasks = [(part, asyncio.create_task(self._keep(part), name=part.name)) for part in self.parts]

    async def stop(self, grace: float = 10.0) -> None:
        """Stop every part, one after the other; each has `grace` seconds to end what it is doing."""
        for part, task in self._tasks:
            task.cancel()
            _done, pending = await asyncio.wait([task], timeout=grace)
            if pending:
                log.error("part_would_not_stop", extra={"part": part.name, "grace": grace})

    async def _keep(self, part: Part) -> None:
        pause = FIRST_PAUSE
        while True:
            part.alive, part.since = True, datetime.now(UTC)
            try:
                await part.run()
                fault = "ended by itself"
            except Exception as error:
                fault = f"{type(error).__name__}: {error}"
                log.exception("part_died", extra={"part": part.name})
            if datetime.now(UTC) - part.since > HEALED_AFTER:
                pause = FIRST_PAUSE
            part.alive, part.since = False, datetime.now(UTC)
            part.faults, part.last_fault = part.faults + 1, fault
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
