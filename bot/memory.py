"""What a channel that fetches may know of the store: where it stands, and that it is the only one."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import AbstractAsyncContextManager

from bot.store import Store, cursors
from bot.store.alone import alone


class StoredMemory:
    """`channels.imap.Memory` over the store; providers have it, too."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def cursor(self, channel: str, account: str) -> str:
        """The value that was committed last, "" when there is none."""
        return await self._store.read(lambda connection: cursors.value(connection, channel, account))

    async def known_ids(self, message_ids: Collection[str]) -> set[str]:
        """Those of the Message-IDs that a mail on record has."""
        return await self._store.read(lambda connection: cursors.known_mail(connection, message_ids))

    def alone(self, name: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """Wait until no other process holds `name`, and hold it; the event says when it was lost."""
        return alone(self._store.engines, name)
