"""Bytes that others send us, read up to a limit: what a stranger sends may have any size."""

from __future__ import annotations

from collections.abc import AsyncIterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request


async def gathered(chunks: AsyncIterable[bytes], most: int) -> bytes | None:
    """The chunks as one; None as soon as they are more than `most` bytes: then no more of them is read."""
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > most:
            return None
        parts.append(chunk)
    return b"".join(parts)


def length_told(headers: Mapping[str, str], most: int) -> int | None:
    """The bytes that a body says it has, `most` where it does not say; None for more, or for what is no
    number. Names in lower case."""
    told = headers.get("content-length", str(most))
    if not (told.isascii() and told.isdigit()) or len(told) > 15 or int(told) > most:
        return None
    return int(told)


async def body_of(request: Request, most: int) -> bytes | None:
    """The body of a request as it came; None when it is larger than `most` bytes, unread where it says so.

    Raises `ClientDisconnect` when the sender went away in the middle.
    """
    if length_told(request.headers, most) is None:
        return None
    return await gathered(request.stream(), most)
