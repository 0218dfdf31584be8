"""Wake-ups: whoever commits work rings the bell of whoever does it next.

Two kinds of names. A plain name (`inbox`, `outbox`, `timers`) has one loop that waits for it: its bell is
sticky, a ring while the loop is busy is answered by the next `wait` at once. A name with a colon
(`thread:17`) has any number of listeners that come and go: it is heard by those who listen at that moment,
so listen first, then look, then wait:

    with bells.listen(f"thread:{thread_id}") as listener:
        while not (items := await store.read(...)):
            if not await listener.wait(25):
                break

A bell is never the only way work is found: every loop also looks by itself now and then.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from types import TracebackType

from sqlalchemy import Connection

_ASKED = "sapa.bells"


def after_commit(connection: Connection, name: str) -> None:
    """Ask, inside a function given to `Store.write`, that `name` be rung once the transaction is durable."""
    connection.info.setdefault(_ASKED, {})[name] = None


def take_asked(connection: Connection) -> tuple[str, ...]:
    """The names asked for since the last call, each once, in order; for the writer."""
    return tuple(connection.info.pop(_ASKED, ()))


class Listener:
    """One pair of ears for one name, from `Bells.listen`; a context manager."""

    __slots__ = ("_bells", "_event", "name")

    def __init__(self, bells: Bells, name: str) -> None:
        self._bells = bells
        self._event = asyncio.Event()
        self.name = name

    def __enter__(self) -> Listener:
        self._bells._listeners.setdefault(self.name, set()).add(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        listeners = self._bells._listeners.get(self.name)
        if listeners is not None:
            listeners.discard(self)
            if not listeners:
                del self._bells._listeners[self.name]

    async def wait(self, timeout: float | None) -> bool:  # noqa: ASYNC109 - a wait that may end is its purpose
        """Whether the bell rang since the last `wait` or `with`, waiting up to `timeout` seconds."""
        if not self._event.is_set():
            try:
                async with asyncio.timeout(timeout):
                    await self._event.wait()
            except TimeoutError:
                return False
        self._event.clear()
        return True

    def _ring(self) -> None:
        self._event.set()


class Bells:
    """All bells of one process. Belongs to one event loop; `ring` must be called in it."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = {}
        self._sticky: dict[str, Listener] = {}
        self.heard: list[Callable[[str], None]] = []
        self.source = secrets.token_hex(8)
        """Tells this process's rings from those of others, see `others`."""

    def listen(self, name: str) -> Listener:
        """Ears for `name`; they hear from `with` on."""
        return Listener(self, name)

    def ring(self, name: str) -> None:
        """Wake whoever waits for `name`; also tells every function in `heard`."""
        if ":" not in name:
            self._own(name)._ring()
        for listener in self._listeners.get(name, ()):
            listener._ring()
        for tell in self.heard:
            tell(name)

    async def wait(self, name: str, timeout: float | None) -> bool:  # noqa: ASYNC109 - see above
        """Whether `name` rang since the last `wait`, waiting up to `timeout` seconds (None: for ever).

        Sticky for plain names; for names with a colon only a ring during the wait counts (see `listen`).
        """
        if ":" in name:
            with self.listen(name) as listener:
                return await listener.wait(timeout)
        return await self._own(name).wait(timeout)

    def _own(self, name: str) -> Listener:
        return self._sticky.setdefault(name, Listener(self, name))
