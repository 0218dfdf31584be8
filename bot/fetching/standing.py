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
"""Failures in a row before a channel counts as failing."""
FIRST_REST = 15.0
LONGEST_REST = 600.0


@dataclass(slots=True)
class Standing:
    """One channel. `failures` in a row; `stopped` says why it is unusable; `put_off` are the jobs that were
    tried in vain while it failed, `ready` those to try again now that it is back."""

    failures: int = 0
    stopped: str = ""
    reason: str = ""
    since: datetime | None = None
    rests_until: datetime | None = None
    put_off: dict[str, Job] = field(default_factory=dict)
    ready: list[Job] = field(default_factory=list)

    def heard(self, result: FetchResult, end: End, now: datetime) -> None:
        """Take an answer into account, and what it made of its job."""
        match result:
            case Fetched() | Refused(_, False):
                self.failures, self.stopped, self.reason = 0, "", ""
                self.since = self.rests_until = None
                self.ready += self.put_off.values()
                self.put_off.clear()
            case Retry(alone=True):
                pass  # says nothing of the channel
            case Retry(reason, _) | Refused(reason):
                self.failures += 1
                self.reason, self.since = reason, self.since or now
                if isinstance(result, Refused):
                    self.stopped = reason or "the provider refuses us"
                if self.failing:
                    doubled = max(self.failures - TOLERATED, 0)
                    rest = min(FIRST_REST * 2 ** min(doubled, 10), LONGEST_REST)
                    self.rests_until = now + timedelta(seconds=rest)
                    if isinstance(end, PutOff) and not (isinstance(result, Retry) and result.after):
                        self.put_off[end.job.key] = end.job

    @property
    def failing(self) -> bool:
        """Whether it is asked for one file at a time."""
        return bool(self.stopped) or self.failures >= TOLERATED

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
            detail = f"{self.failures} files in a row could not be fetched, last: {self.reason}"
            return Health(ok=False, detail=f"{detail}; trying one at a time", since=self.since)
        return Health()
