"""What a mailbox's listener must know from before, and who else reads the same mailbox. The head fulfils
it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from typing import Protocol


class Memory(Protocol):
    """The doors a listener needs into the store. Each may raise when the store does not answer."""

    async def cursor(self, channel: str, account: str) -> str:
        """The value of the cursor that was committed last, "" when there is none."""

    async def known_ids(self, message_ids: Collection[str]) -> set[str]:
        """Those of the Message-IDs that a mail on record has."""

    def alone(self, name: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Wait until no other process holds `name`, and hold it. The event is set when it was lost again."""
