"""How each channel gives its files: one that fails is asked for one file at a time, with pauses that grow.

WhatsApp locks out for half an hour who fails twenty times in an hour: with these pauses a channel that is
down is asked some fifteen times in its first hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.store.amending import End, PutOff
from bot.store.fetches import Job
from channels.base import Fetched, FetchResult, Health, Refused, Retry

TOLERATED = 5
"""Failures in a row before a channel counts as failing; of those that a provider lays on the file alone (HTTP
502 for one file says little), so many different files."""
FIRST_REST = 15.0
LONGEST_REST = 600.0


@dataclass(slots=True)
class Standing:
    """One channel. `failures` in a row; `alone` are the files that failed by themselves in that time;
    `stopped` says why it is unusable; `put_off` are the jobs that were tried in vain while it failed, `ready`
    those to try again now that it is back."""

    failures: int = 0
    alone: set[str] = field(default_factory=set)
    stopped: str = ""
    reason: str = ""
    since: datetime | None = None
    rests_until: datetime | None = None
    put_off: dict[str, Job] = field(default_factory=dict)
    ready: list[Job] = field(default_factory=list)

    def heard(self, result: FetchResult, end: End, now: datetime) -> None:
        """Take an answer into account, and what it made of its job."""
        match result:
            case Refused(too_large=True):
                pass  # nobody had to ask the provider for it
            case Fetched() | Refused(_, False):
                self.failures, self.stopped, self.reason = 0, "", ""
                self.alone.clear()
                self.since = self.rests_until = None
                self.ready += self.put_off.values()
                self.put_off.clear()
            case Retry(reason, _, alone):
                self._fail(reason, end, now, alone=alone)
            case Refused(reason):
                self.stopped = reason or "the provider refuses us"
                self._fail(reason, end, now)
        if self.failing and isinstance(end, PutOff) and not (isinstance(result, Retry) and result.after):
            self.put_off[end.job.key] = end.job

    def _fail(self, reason: str, end: End, now: datetime, *, alone: bool = False) -> None:
        self.reason, self.since = reason, self.since or now
        if alone:
            self.alone.add(end.job.key)
        if not alone or self.failing:
            self.failures += 1
        if self.failing:
            rest = FIRST_REST * 2 ** min(max(self.failures - TOLERATED, 0), 10)
            self.rests_until = now + timedelta(seconds=min(rest, LONGEST_REST))

    @property
    def failing(self) -> bool:
        """Whether it is asked for one file at a time."""
        return bool(self.stopped) or self.failures >= TOLERATED or len(self.alone) >= TOLERATED

    def room(self, free: int, flying: int, now: datetime) -> int:
        """How many files it may be asked for now."""
        if not self.failing:
            return free
        if flying or (self.rests_until is not None and now < self.rests_until):
            return 0
        return min(free, 1)

    def health(self) -> Health:
        """The channel's files, for people."""
        if self.stopped:
            detail = f"it gives no files: {self.stopped}; correct its settings, its files wait meanwhile"
            return Health(ok=False, detail=detail, since=self.since)
        if self.failing:
            tries = max(self.failures, len(self.alone))
            detail = f"no file came in {tries} tries, last: {self.reason}; trying one at a time"
            return Health(ok=False, detail=detail, since=self.since)
        return Health()
