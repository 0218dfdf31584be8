"""The store as the web chat reads it: `channels.history.History` over the items of one thread."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from sqlalchemy import Connection

from bot.errors import NotFound
from bot.store import Bells, Files, Store, history
from channels.base import Choice
from channels.history import Item, ItemFile, StoredFile

LOOK = 5.0
"""Seconds after which a waiting reader looks by itself: another process may have written."""


class StoredHistory:
    """What visitors of one channel and account may read. `arrived` and the bells wake who waits."""

    def __init__(self, store: Store, files: Files, bells: Bells, *, channel: str, account: str) -> None:
        self._store = store
        self._files = files
        self._bells = bells
        self._channel = channel
        self._account = account

    async def last(self, thread_key: str) -> int:
        """The highest number of the thread, 0 when there is none."""
        place = await self._find(thread_key)
        return place.last if place else 0

    async def after(self, thread_key: str, seq: int, limit: int) -> Sequence[Item]:
        """Items with a higher number, lowest first, at most `limit`."""

        def read(connection: Connection) -> list[history.Row]:
            place = history.find(connection, self._channel, self._account, thread_key)
            if place is None or place.last <= seq:
                return []
            return history.after(connection, place.thread_id, seq, limit)

        return [_item(row) for row in await self._store.read(read)]

    async def wait(self, thread_key: str, seq: int, timeout: float) -> bool:  # noqa: ASYNC109 - a wait that may end
        """Whether an item with a higher number came within `timeout` seconds."""
        loop = asyncio.get_running_loop()
        until = loop.time() + timeout
        place: history.Place | None = None
        while True:
            with ExitStack() as stack:
                # ears first, then eyes: what is committed in between rings
                ears = stack.enter_context(self._bells.listen(_name(thread_key, place)))
                found = await self._find(thread_key)
                if found and found.last > seq:
                    return True
                left = until - loop.time()
                if left <= 0:
                    return False
                if found and place is None:
                    place = found  # it exists by now: listen to its own bell, and look once more
                    continue
                await ears.wait(min(left, LOOK))

    async def file(self, thread_key: str, digest: str) -> StoredFile | None:
        """A file that was shown in this very thread, else None."""

        def read(connection: Connection) -> Any:
            place = history.find(connection, self._channel, self._account, thread_key)
            return None if place is None else history.file(connection, place.thread_id, digest)

        shown = await self._store.read(read)
        if shown is None:
            return None
        try:
            content = await self._files.get(digest)
        except NotFound:
            return None
        return StoredFile(shown.name, shown.media_type, content)

    def arrived(self, thread_key: str) -> None:
        """Wake who waits on a thread that did not exist until now."""
        self._bells.ring(_name(thread_key, None))

    async def _find(self, thread_key: str) -> history.Place | None:
        return await self._store.read(lambda c: history.find(c, self._channel, self._account, thread_key))


def _name(thread_key: str, place: history.Place | None) -> str:
    return f"thread:{place.thread_id}" if place else f"visitor:{thread_key}"


def _item(row: history.Row) -> Item:
    author, _, _agent = row.author.partition(":")
    return Item(
        seq=row.seq,
        author=author,
        at=row.at,
        text=row.text,
        choices=tuple(Choice(option.value, option.label) for option in row.body.choices),
        files=tuple(ItemFile(f.digest, f.name, f.media_type, f.size) for f in row.body.files),
        client_id=row.body.client_id.rpartition("/")[2],
    )
