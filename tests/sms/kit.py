"""A small gateway for these tests: settings as an operator would write them, and a server to call."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette

from channels.base import Accepted, Cursor, Inbound, NotStored, Unreadable
from channels.sms import Fields, Gateway, Hook, Out, Reports, Sms

SECRET = "sesame-sesame-sesame"
OURS = "+6281100001111"
CUSTOMER = "+6281234567890"
FORM = {"to": "{to}", "text": "{text}", "ref": "{id}", "from": "{from}"}


def gateway(
    *,
    hook: Hook | None = None,
    fields: Fields | None = None,
    reports: Reports | None = None,
    out: Out | None = None,
    **more: Any,
) -> Gateway:
    return Gateway(
        numbers=more.pop("numbers", (OURS,)),
        hook=hook or Hook(),
        fields=fields or Fields(time="time"),
        reports=reports or Reports(status="status", id="id", echo="ref", reason="error"),
        out=out or Out(url="http://127.0.0.1:9/send", fields=FORM),
        **more,
    )


@dataclass
class Store:
    """Where `accept` puts things: every id once, as the real one."""

    kept: list[Inbound | Unreadable] = field(default_factory=list)
    calls: int = 0
    broken: bool = False

    async def accept(
        self, batch: Sequence[Inbound | Unreadable], cursor: Cursor | None = None
    ) -> list[Accepted]:
        self.calls += 1
        if self.broken:
            raise NotStored("the disk is full")
        seen = {each.external_id for each in self.kept}
        words: list[Accepted] = []
        for each in batch:
            words.append(Accepted.DUPLICATE if each.external_id in seen else Accepted.NEW)
            if each.external_id not in seen:
                seen.add(each.external_id)
                self.kept.append(each)
        return words


@asynccontextmanager
async def hooked(sms: Sms, store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """A client that calls the hook as the gateway does."""
    app = Starlette(routes=list(sms.routes(store.accept)))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="https://sapa.example"
    ) as client:
        yield client


@dataclass
class Request:
    """What the stand-in was asked."""

    line: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Request], bytes | None]


def answering(status: int = 200, body: str = "", headers: str = "") -> bytes:
    told = body.encode()
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(told)}\r\n{headers}\r\n".encode() + told


@dataclass
class Server:
    """A gateway's server: `answer` makes the bytes of its answer, None hangs up without one."""

    answer: Answer = lambda _request: answering()
    asked: list[Request] = field(default_factory=list)
    url: str = ""
    lines: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines[writer] = asyncio.current_task()
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *lines = head.decode("latin-1").split("\r\n")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (each.partition(":") for each in lines if each)
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.asked.append(Request(line, headers, body))
                said = self.answer(self.asked[-1])
                if said is None:
                    break
                writer.write(said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def end(self) -> None:
        """Hang up on everybody and see them gone."""
        for line in self.lines:
            line.close()
        tasks = [task for task in self.lines.values() if task is not None and not task.done()]
        if tasks:
            await asyncio.wait(tasks)


@asynccontextmanager
async def serving(answer: Answer | None = None) -> AsyncIterator[Server]:
    made = Server(answer) if answer else Server()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/send"
    async with server:
        try:
            yield made
        finally:
            server.close()
            await made.end()
