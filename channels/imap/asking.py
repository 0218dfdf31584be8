"""Asking a server through the mailbox's thread: together where it goes well, else mail by mail."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from channels.imap.faults import Fault, Lost
from channels.imap.fetching import TRIES_WHOLE
from channels.imap.worker import Worker

if TYPE_CHECKING:
    from channels.imap.session import Session

T = TypeVar("T")


class Asking:
    """The questions of one folder. Whoever is cancelled while he waits cuts the connection."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def call(self, session: Session, fn: Callable[..., Any], *args: Any) -> Any:
        """Run one call and give its answer."""
        return await self._worker.call(fn, *args, cut=session.cut)

    def begin(self, fn: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """Begin a call, to be waited for by `end_of`."""
        return self._worker.start(fn, *args)

    async def end_of(self, session: Session, begun: asyncio.Future[T]) -> T:
        """The answer to a call that was begun."""
        try:
            return await asyncio.shield(begun)
        except asyncio.CancelledError:
            session.cut()
            raise

    async def of_each(
        self, session: Session, ask: Callable[..., Any], uids: Sequence[int], tries: Counter[int]
    ) -> dict[int, Any]:
        """What the server says of each mail: of all together, but alone of those that made trouble before.
        Those that always do are left out. Raises `Lost`; `tries` then knows where it failed."""
        together = [uid for uid in uids if not tries[uid]]
        alone = [[uid] for uid in uids if 0 < tries[uid] < TRIES_WHOLE]
        found: dict[int, Any] = {}
        for group in ([together] if together else []) + alone:
            try:
                found |= await self.call(session, ask, group)
            except Fault as error:
                blame(tries, group)
                raise Lost(str(error)) from error
        return found


def blame(tries: Counter[int], uids: Sequence[int]) -> None:
    """Remember where it failed: the next time these mails are asked for one by one."""
    for uid in uids:
        tries[uid] = tries[uid] + 1 if len(uids) == 1 else max(tries[uid], 1)
