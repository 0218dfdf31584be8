"""How each channel stands: a channel that fails is tried with one message at a time until it works again.

Each try takes another message, so that a message which breaks the channel never stands in the way for ever.
When the channel is back, all that was put off meanwhile leaves at once instead of sitting out long pauses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.store.outbox import Settled, State, Waiting
from channels.base import Health, Refused, Retry, SendResult, Unknown

TOLERATED = 5
"""Failures in a row before a channel counts as failing."""


@dataclass(slots=True)
class Standing:
    """One channel. `failures` in a row; `stopped` says why it is unusable; `rests_until` when to try next;
    `put_off` are the rows that were tried in vain while it failed, `ready` those to try again now."""

    failures: int = 0
    stopped: str = ""
    reason: str = ""
    since: datetime | None = None
    rests_until: datetime | None = None
    full_until: datetime | None = None
    put_off: dict[int, Waiting] = field(default_factory=dict)
    ready: list[Waiting] = field(default_factory=list)

    def heard(self, result: SendResult, now: datetime) -> None:
        """Take a verdict into account."""
        match result:
            case Refused(reason, True):
                self._fail(reason, now)
                self.stopped = reason or "the provider refuses us"
                self.rests_until = now + min(timedelta(minutes=self.failures), timedelta(minutes=15))
            case Retry(alone=True):
                pass  # says nothing of the channel
            case Retry(reason, _) | Unknown(reason):
                self._fail(reason, now)
                if self.failures >= TOLERATED:
                    pause = min(5 * 2 ** min(self.failures - TOLERATED, 4), 60)
                    self.rests_until = now + timedelta(seconds=pause)
            case _:
                self.failures, self.stopped, self.reason = 0, "", ""
                self.since = self.rests_until = None

    def settled(self, one: Settled, result: SendResult) -> None:
        """Remember what is put off because of the channel, and let it go when the channel is back."""
        asked = isinstance(result, Retry) and (result.after is not None or result.alone)
        if self.failing and one.state is State.QUEUED and not asked:
            self.put_off[one.row.id] = one.row
        elif not self.failing and self.put_off:
            self.ready += self.put_off.values()
            self.put_off.clear()

    def _fail(self, reason: str, now: datetime) -> None:
        self.failures += 1
        self.reason = reason
        self.since = self.since or now

    @property
    def failing(self) -> bool:
        """Whether it is tried with one message at a time."""
        return bool(self.stopped) or self.failures >= TOLERATED

    def room(self, free: int, flying: int, now: datetime) -> int:
        """How many messages it may get now."""
        if not self.failing:
            return free
        if flying or (self.rests_until is not None and now < self.rests_until):
            return 0
        return min(free, 1)

    def automatic(self, now: datetime) -> bool:
        """Whether the overall cap lets automatic messages out."""
        return self.full_until is None or now >= self.full_until

    def health(self, now: datetime) -> Health:
        """The channel's way out, for people."""
        if self.stopped:
            detail = f"it cannot be used: {self.stopped}; correct its settings, its messages wait meanwhile"
            return Health(ok=False, detail=detail, since=self.since)
        if self.failures >= TOLERATED:
            detail = f"{self.failures} failures in a row, last: {self.reason}; trying one message at a time"
            return Health(ok=False, detail=detail, since=self.since)
        if not self.automatic(now):
            detail = "the overall cap of automatic messages is reached; the others wait their turn"
            return Health(ok=False, detail=detail, since=self.since)
        return Health()
