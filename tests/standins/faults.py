"""The knobs for faults - "the next n calls of method X do Y" - and the record of calls, of all stand-ins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Call:
    """One call that reached the stand-in. `status` is the HTTP status it was answered with, 0 while it is not
    answered, -1 when the connection was dropped instead; `taken` whether the call had its effect."""

    method: str
    args: dict[str, Any]
    headers: Mapping[str, str]
    at: float
    status: int = 0
    taken: bool = False


class Calls(list[Call]):
    """All calls, in the order in which they came."""

    def of(self, *methods: str) -> list[Call]:
        """The calls of these methods."""
        return [call for call in self if call.method in methods]


@dataclass(frozen=True, slots=True)
class Fails:
    """Not taken, and said so, in the provider's own shape. `code` is the provider's error code (Graph), 0 for
    the usual one of this status; `retry_after` in seconds."""

    status: int
    retry_after: int | None = None
    code: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """Taken, done - and then the connection is dropped without an answer."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The connection is dropped before anything was done."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """Not taken, answered as no provider should: a proxy's HTML page, half a JSON."""

    status: int = 502
    body: bytes = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
    media_type: str = "text/html"


@dataclass(frozen=True, slots=True)
class Slow:
    """Done and answered, after so many seconds."""

    seconds: float


@dataclass(slots=True)
class Held:
    """Waits until the test lets it go on: `reached` is set when a call stands here, `release` lets it go.

    `done`: the call has had its effect already, only the answer waits.
    """

    done: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let it, and all after it, go on."""
        self.released.set()


Fault = Fails | Lost | Dropped | Garbage | Slow | Held


@dataclass(slots=True)
class _Planned:
    method: str
    fault: Fault
    times: int
    when: Callable[[Call], bool] | None


class Faults:
    """What goes wrong next."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []

    def next(
        self,
        method: str,
        fault: Fault,
        *,
        times: int = 1,
        when: Callable[[Call], bool] | None = None,
    ) -> None:
        """The next `times` calls of `method` ("*": of any) for which `when` holds meet `fault`."""
        self._planned.append(_Planned(method, fault, times, when))

    def always(self, method: str, fault: Fault) -> None:
        """All calls of `method` meet `fault`, until `clear`."""
        self.next(method, fault, times=2**62)

    def hold(self, method: str, *, done: bool = False) -> Held:
        """The next call of `method` waits until it is released."""
        held = Held(done)
        self.next(method, held)
        return held

    def clear(self, method: str = "*") -> None:
        """Nothing goes wrong (with `method`) any more; held calls go on."""
        for planned in self._planned:
            if method in ("*", planned.method) and isinstance(planned.fault, Held):
                planned.fault.release()
        self._planned = [p for p in self._planned if method not in ("*", p.method)]

    def take(self, call: Call) -> Fault | None:
        """The fault that this call meets; it is used up by that."""
        for planned in self._planned:
            if planned.method not in ("*", call.method) or (planned.when and not planned.when(call)):
                continue
            planned.times -= 1
            if planned.times <= 0:
                self._planned.remove(planned)
            return planned.fault
        return None

    def __iter__(self) -> Iterator[tuple[str, Fault, int]]:
        return iter([(p.method, p.fault, p.times) for p in self._planned])
