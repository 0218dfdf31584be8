"""What a channel reads back when the customer reads the store itself: the visible items of one thread.

A contract like `channels.base`: the web chat names it, the head fulfils it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from channels.base import Choice


@dataclass(frozen=True, slots=True)
class ItemFile:
    """A file shown with an item; `digest` is the SHA-256 of its bytes (hex), `size` in bytes."""

    digest: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing a visitor sees. `seq` starts at 1 and has no gaps within a thread.

    `author` is `customer`, `bot` or `agent`; `name` is an agent's name to show. `client_id` is the id the
    visitor's own script gave the message, so that its pending bubble becomes this item.
    """

    seq: int
    author: str
    at: datetime
    text: str
    name: str = ""
    choices: tuple[Choice, ...] = ()
    files: tuple[ItemFile, ...] = ()
    client_id: str = ""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it lies in the store."""

    name: str
    media_type: str
    content: bytes


class History(Protocol):
    """The store as such a channel sees it. `thread_key` is the hash of a visitor's secret; a key that was
    never heard of simply has no items. All methods may raise; the channel then answers 503."""

    async def last(self, thread_key: str) -> int:
        """The highest `seq` of the thread, 0 when there is none."""

    async def after(self, thread_key: str, seq: int, limit: int) -> Sequence[Item]:
        """Items with a higher `seq`, lowest first, at most `limit`."""

    async def wait(self, thread_key: str, seq: int, timeout: float) -> bool:  # noqa: ASYNC109 - a wait that may end
        """Wait until there is an item with a higher `seq` (True) or `timeout` seconds passed (False).

        Subscribes before it looks, so that nothing committed in between is slept through.
        """

    async def file(self, thread_key: str, digest: str) -> StoredFile | None:
        """A file that belongs to this very thread, else None."""

    def arrived(self, thread_key: str) -> None:
        """Something of this thread was just accepted: who waits on a thread still unknown looks again."""
