"""Attachments and large raw messages, kept once each under the SHA-256 of their bytes.

A folder on this machine, or any object store that obstore knows (`s3://bucket/prefix`). A file is durable
when `put` returns: on a local disk that takes an fsync of the file and of its folder, which obstore leaves
to us.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.errors import NotFound

TOGETHER = 16
"""Files that are written at the same time."""

LARGE = 256 * 1024
"""Bytes from which on hashing leaves the event loop to others."""


def digest_of(content: bytes) -> str:
    """The name of a file: the SHA-256 of its bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class Files:
    """Files by digest in the folder or object store `place`."""

    def __init__(self, place: str | Path) -> None:
        self._folder = None if isinstance(place, str) and "://" in place else Path(place)
        self._place = str(place)
        self._opened: Any = None

    async def put(self, content: bytes) -> str:
        """Store `content`; durable when this returns. Returns its digest. Storing it again does no harm."""
        return (await self.put_all([content]))[0]

    async def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """As `put` for many, a few at a time, with one fsync for each folder. Digests in order."""
        if sum(map(len, contents)) > LARGE:
            digests = await asyncio.to_thread(lambda: [digest_of(content) for content in contents])
        else:
            digests = [digest_of(content) for content in contents]
        named = dict(zip(digests, contents, strict=True))
        if named:
            gate = asyncio.Semaphore(TOGETHER)
            await asyncio.gather(*(self._put_one(gate, digest, named[digest]) for digest in named))
            if self._folder is not None:
                await asyncio.to_thread(self._sync_folders, tuple(named))
        return digests

    async def get(self, digest: str) -> bytes:
        """The bytes of a stored file. Raises `NotFound` when there is none of that digest."""
        try:
            found = await self._store().get_async(_path(digest))
            return bytes(await found.bytes_async())
        except FileNotFoundError as error:
            raise NotFound(f"No file {digest[:12]} is stored.") from error

    async def get_all(self, digests: Iterable[str]) -> Mapping[str, bytes]:
        """Several files by digest."""
        wanted = tuple(dict.fromkeys(digests))
        return dict(zip(wanted, await asyncio.gather(*(self.get(d) for d in wanted)), strict=True))

    async def _put_one(self, gate: asyncio.Semaphore, digest: str, content: bytes) -> None:
        async with gate:
            store = self._store()
            try:
                there = (await store.head_async(_path(digest)))["size"] == len(content)
            except FileNotFoundError:
                there = False
            if not there:
                await store.put_async(_path(digest), content)
            if self._folder is not None:  # also when it was there: its writer may have died before the sync
                await asyncio.to_thread(_sync, self._folder / _path(digest))

    def _sync_folders(self, digests: Sequence[str]) -> None:
        assert self._folder is not None  # noqa: S101 - only called for folders
        for parent in {digest[:2] for digest in digests}:
            _sync(self._folder / parent)
        _sync(self._folder)

    def _store(self) -> Any:
        if self._opened is None:
            # imported when the first file comes or goes: a plain start has none
            from obstore.store import LocalStore, from_url

            if self._folder is None:
                self._opened = from_url(self._place)
            else:
                self._opened = LocalStore(self._folder, mkdir=True)
                _sync(self._folder.parent)
        return self._opened


def _path(digest: str) -> str:
    if len(digest) != 64 or not digest.isalnum():
        raise NotFound("That is not the digest of a file.")
    return f"{digest[:2]}/{digest}"


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
