"""Token buckets: how much one visitor, and one network address, may send."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then `per_second`."""

    burst: float
    per_second: float


class Buckets:
    """One bucket per key, refilled by time. The `most` keys used last are remembered."""

    def __init__(self, rate: Rate, *, most: int = 20_000) -> None:
        self._rate = rate
        self._most = most
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float, amount: float = 1.0) -> float:
        """Take `amount` at monotonic time `now` (seconds).

        Returns 0.0 when it was there, else the seconds until it will be; nothing is taken then. More than
        a full bucket holds is let through when the bucket is full, and has to be worked off.
        """
        level, then = self._levels.pop(key, (self._rate.burst, now))
        level = min(self._rate.burst, level + max(0.0, now - then) * self._rate.per_second)
        wanted = min(amount, self._rate.burst)
        wait = 0.0 if level >= wanted else (wanted - level) / self._rate.per_second
        self._levels[key] = (level if wait else level - amount, now)
        if len(self._levels) > self._most:
            self._levels.popitem(last=False)
        return wait
