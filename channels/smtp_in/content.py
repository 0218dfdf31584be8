"""One mail while it comes: few bytes in memory, many in a nameless file, and only CRLF.CRLF ends it."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import IO

IN_MEMORY = 512 * 1024
"""Bytes of one mail kept in memory while it comes; a larger one goes to the disk until it is whole."""
_END = b"\r\n.\r\n"


class Spool:
    """The disk room for mails that are on their way in: `most` bytes together, files in `folder`
    (None: the system's folder for temporary files)."""

    def __init__(self, folder: Path | None, most: int) -> None:
        self.folder, self.most = folder, most
        self.used = 0


class Content:
    """The bytes of one mail of at most `max_size`, counted and kept as they come.

    What is beyond the limit or finds no room on the disk is counted and thrown away: `too_large` and
    `no_room` then say so. `close` gives all room back and may be called twice.
    """

    def __init__(self, max_size: int, spool: Spool) -> None:
        self._max_size = max_size
        self._spool = spool
        self._pieces: list[bytes] = []
        self._file: IO[bytes] | None = None
        self._held = 0
        self.size = 0
        self.no_room = False

    @property
    def too_large(self) -> bool:
        """Whether more came than a mail may have (dots that are not part of it counted, but for the last)."""
        return self.size > self._max_size + IN_MEMORY

    @property
    def spooled(self) -> bool:
        """Whether it lies on the disk."""
        return self._file is not None

    def add(self, piece: bytes) -> None:
        """Keep the next piece."""
        self.size += len(piece)
        if self.too_large or self.no_room:
            self.close()
            return
        if self._file is None and self.size <= IN_MEMORY:
            self._pieces.append(piece)
            return
        try:
            self._write(piece)
        except OSError:  # the disk is full: the sender is told to come again
            self.no_room = True
            self.close()

    def _write(self, piece: bytes) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._spool.folder)  # noqa: SIM115 - closed by `close`
            self._pieces.append(piece)
            piece = b"".join(self._pieces)
            self._pieces.clear()
        if self._spool.used + len(piece) > self._spool.most:
            raise OSError("no room in the spool")
        self._spool.used += len(piece)
        self._held += len(piece)
        self._file.write(piece)

    def whole(self) -> bytes:
        """The mail without what the transport added: the first line end, the last dot, doubled dots.

        Raises `OSError` when the disk does not give back what it took.
        """
        if self._file is not None:
            self._file.seek(0)
            stuffed = self._file.read()
        else:
            stuffed = b"".join(self._pieces)
        mail = stuffed[2 : -len(b".\r\n")]
        del stuffed
        return mail.removeprefix(b".").replace(b"\r\n.", b"\r\n")

    def close(self) -> None:
        """Let all of it go."""
        self._pieces.clear()
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None
        self._spool.used -= self._held
        self._held = 0


class Endless(Exception):
    """It went on far beyond what a mail may have: nobody sends so much by mistake."""


async def receive(reader: asyncio.StreamReader, content: Content, most: int) -> None:
    """Read one mail to its end into `content`. Raises `Endless` after `most` bytes.

    Only CRLF.CRLF ends a mail, so no bare LF or CR can smuggle a second one in. The line end of the DATA
    command counts as the first CRLF: it is put back in front, so that one search finds every end.
    """
    reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]  # a StreamReader has no public way to unread
    while True:
        try:
            content.add(await reader.readuntil(_END))
            return
        except asyncio.LimitOverrunError as more:
            content.add(await reader.readexactly(max(more.consumed, 1)))
        if content.size > most:
            raise Endless
