"""What house and porch tell each other: frames of msgpack, each after its length in four bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec import Struct

from bot.porch.book import Call
from channels.gates import Gate

T = TypeVar("T")

LARGEST = 64 * 1024 * 1024
"""Bytes of one frame; a longer one is a fault."""


class Orders(Struct, frozen=True):
    """The first frame to the porch: the webhooks, the book, and the numbers of the two open sockets it was
    started with: where the world connects, and where connections are handed on to the house. `longest`:
    seconds after which a connection on which a webhook comes, which brings a single one, is ended."""

    gates: Sequence[Gate]
    book: str
    listening: int
    house: int
    longest: float


class News(Struct, frozen=True):
    """A frame from the porch. `open`: it takes connections from now on. `written`: something new stands in
    the book. `turned_away` is a call that was refused; the house hears of some of them. `fault` says why
    calls could not be written ("": they can)."""

    open: bool = False
    written: bool = False
    turned_away: Call | None = None
    fault: str | None = None


def frame(of: Struct) -> bytes:
    """The bytes of one frame."""
    body = msgspec.msgpack.encode(of)
    return len(body).to_bytes(4, "big") + body


async def read(reader: asyncio.StreamReader, of: type[T]) -> T | None:
    """The next frame; None when the other side is gone."""
    try:
        length = int.from_bytes(await reader.readexactly(4), "big")
        if length > LARGEST:
            raise ValueError(f"a frame of {length} bytes")
        return msgspec.msgpack.decode(await reader.readexactly(length), type=of)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
