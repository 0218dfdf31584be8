"""Giving fetched mails to the house, with the cursor that stands for them, until they are stored."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from channels.base import Accept, Accepted, Cursor, Message, NotStored, Unreadable
from channels.imap.mailbox import Pauses

TRIES_TOGETHER = 2
TRIES_ALONE = 3

log = logging.getLogger(__name__)


class Storing:
    """Stores batches in order. While the store refuses, nothing moves on; a mail that alone is refused
    while the store takes everything else is put on record as unreadable, so that it does not block the ones
    behind it.

    `trouble` hears why nothing is stored at the moment, "" when all is well.
    """

    def __init__(self, accept: Accept, pauses: Pauses, trouble: Callable[[str], None]) -> None:
        self._accept = accept
        self._pauses = pauses
        self._trouble = trouble

    async def store(
        self, mails: Sequence[tuple[Cursor, Message | Unreadable]], before: Cursor, after: Cursor
    ) -> list[Accepted]:
        """Store the mails, each with the cursor that stands for everything up to it, and `after` with the
        last; `before` is the cursor as it is. Returns when it is durable, however long that takes."""
        failures = 0
        while True:
            try:
                words = await self._accept([one for _, one in mails], after)
            except Exception as error:  # NotStored, or a fault of the store's: either way nothing was stored
                failures += 1
                self._failed(error, failures)
            else:
                self._trouble("")
                return words
            if len(mails) > 1 and failures >= TRIES_TOGETHER:
                return await self._one_by_one(mails, before, after)
            if len(mails) == 1 and failures >= TRIES_ALONE:
                (place, one) = mails[0]
                if isinstance(one, Message) and await self._takes(before):
                    mails = [(place, _unreadable(one))]
            await asyncio.sleep(self._pauses.after(self._pauses.not_stored, failures))

    async def _one_by_one(
        self, mails: Sequence[tuple[Cursor, Message | Unreadable]], before: Cursor, after: Cursor
    ) -> list[Accepted]:
        words: list[Accepted] = []
        for number, (place, one) in enumerate(mails, 1):
            cursor = after if number == len(mails) else place
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
        self._trouble(f"the store does not take the mails ({error}); they wait on the mail server")
        if not isinstance(error, NotStored) and failures == 1:
            log.error("imap: mails could not be stored", exc_info=error)


def _unreadable(one: Message) -> Unreadable:
    return Unreadable(
        channel=one.channel,
        account=one.account,
        external_id=one.external_id,
        raw=one.raw,
        cause="not_stored: this mail could not be stored as what it is, though others could",
        sent_at=one.sent_at,
    )
