"""Giving what was fetched to the house, with the cursor that stands for it, until it is stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from channels.base import Accept, Accepted, Cursor, Inbound, NotStored, Unreadable

TRIES_TOGETHER = 2
TRIES_ALONE = 3

log = logging.getLogger(__name__)


class Storing:
    """Stores batches in order. While the store refuses, nothing moves on; what alone is refused while the
    store takes everything else is put on record as unreadable, so that it does not block what is behind it.

    `what` is fetched and `where` it waits meanwhile, for people; `pauses` in seconds, growing from first to
    last. `trouble` hears why nothing is stored at the moment, "" when all is well.
    """

    def __init__(
        self,
        accept: Accept,
        pauses: Sequence[float],
        trouble: Callable[[str], None],
        *,
        what: str = "mails",
        where: str = "on the mail server",
    ) -> None:
        self._accept = accept
        self._pauses = pauses
        self._trouble = trouble
        self._what, self._where = what, where

    async def store(
        self, items: Sequence[tuple[Cursor, Inbound | Unreadable]], before: Cursor, after: Cursor
    ) -> list[Accepted]:
        """Store the items, each with the cursor that stands for everything up to it, and `after` with the
        last; `before` is the cursor as it is. Returns when it is durable, however long that takes."""
        failures = 0
        while True:
            try:
                words = await self._accept([one for _, one in items], after)
            except Exception as error:  # NotStored, or a fault of the store's: either way nothing was stored
                failures += 1
                self._failed(error, failures)
            else:
                self._trouble("")
                return words
            if len(items) > 1 and failures >= TRIES_TOGETHER:
                return await self._one_by_one(items, before, after)
            if len(items) == 1 and failures >= TRIES_ALONE:
                (place, one) = items[0]
                if not isinstance(one, Unreadable) and await self._takes(before):
                    items = [(place, _unreadable(one))]
            await asyncio.sleep(self._pauses[min(failures, len(self._pauses)) - 1])

    async def _one_by_one(
        self, items: Sequence[tuple[Cursor, Inbound | Unreadable]], before: Cursor, after: Cursor
    ) -> list[Accepted]:
        words: list[Accepted] = []
        for number, (place, one) in enumerate(items, 1):
            cursor = after if number == len(items) else place
            words += await self.store([(place, one)], before, cursor)
            before = cursor
        return words

    async def _takes(self, before: Cursor) -> bool:
        """Whether the store stores at all."""
        try:
            await self._accept([], before)
        except Exception:
            return False
        return True

    def _failed(self, error: Exception, failures: int) -> None:
        self._trouble(f"the store does not take the {self._what} ({error}); they wait {self._where}")
        if not isinstance(error, NotStored) and failures == 1:
            log.error("%s could not be stored", self._what, exc_info=error)


def _unreadable(one: Inbound) -> Unreadable:
    return Unreadable(
        channel=one.channel,
        account=one.account,
        external_id=one.external_id,
        raw=one.raw,
        cause="not_stored: this could not be stored as what it is, though others could",
        sent_at=one.sent_at,
    )
