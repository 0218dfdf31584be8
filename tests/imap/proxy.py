"""A line between Sapa and its mail server that can be cut, go silent, or change words."""

from __future__ import annotations

import asyncio
import contextlib


class Proxy:
    """Passes on what both sides say.

    `cut_at`: a connection ends after so many bytes from the server, as often as `cuts` says. `silent`:
    nothing passes any more, and nobody is told. `words`: bytes of the server that are replaced by as many
    others. `said` is what clients said.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.cut_at: int | None = None
        self.cuts = 0
        self.silent = False
        self.words: dict[bytes, bytes] = {}
        self.said = bytearray()
        self.connections = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Proxy:
        self._server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    async def _connection(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            to_client.transport.abort()
            return
        tasks = [
            asyncio.create_task(self._pass_on(client, to_server, from_server=False)),
            asyncio.create_task(self._pass_on(server, to_client, from_server=True)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in tasks:
                each.cancel()
            for writer in (to_client, to_server):
                writer.transport.abort()

    async def _pass_on(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, from_server: bool
    ) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                if self.silent:
                    await asyncio.Event().wait()  # for ever: the line is dead and says nothing
                if not from_server:
                    self.said += data
                else:
                    for word, other in self.words.items():
                        data = data.replace(word, other)
                    if self.cuts and self.cut_at is not None and passed + len(data) >= self.cut_at:
                        target.write(data[: self.cut_at - passed])
                        await target.drain()
                        self.cuts -= 1
                        return
                passed += len(data)
                target.write(data)
                await target.drain()
