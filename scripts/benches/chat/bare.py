"""The least that a durable webhook can cost here: the same web server, and each body on the disk by fsync.

No reading, no signature, no database, no turns, nobody who answers. Bodies that come together share one
fsync, as Sapa's updates share a commit. What this takes on the same machine in the same minute is the limit
that an acknowledgement is measured against.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Disk:
    """One file; whoever waits together is written together."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, body: bytes) -> None:
        """Durable when it returns."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((body, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            listed, self._waiting = self._waiting, []
            await asyncio.to_thread(self._sync, b"".join(body for body, _ in listed))
            for _, done in listed:
                done.set_result(None)

    def _sync(self, content: bytes) -> None:
        os.write(self._file, content)
        os.fsync(self._file)


def main(path: str, number: int) -> None:
    """Serve on the socket that was handed over, until terminated."""
    disk = Disk(path)

    async def take(request: Request) -> Response:
        await disk.keep(await request.body())
        return Response(status_code=200)

    app = Starlette(routes=[Route("/{path:path}", take, methods=["POST"])])
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", ws="none")
    asyncio.run(uvicorn.Server(config).serve([socket.socket(fileno=number)]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
