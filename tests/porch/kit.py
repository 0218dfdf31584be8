"""A porch in a process of its own before a house that the test plays."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from uvicorn.server import ServerState

from bot.porch.keeper import Keeper
from bot.porch.protocol import protocols
from channels.gates import Gate, Shown, Signed
from tests.waiting import until

SECRET = "rahasia-di-kepala-surat"
KEYS = (b"kunci-aplikasi", b"kunci-sebelumnya")
LARGEST = 100_000
SHOWN = Gate("/hooks/shown", LARGEST, Shown("x-secret", SECRET), door=403)
SIGNED = Gate("/hooks/signed", LARGEST, Signed(KEYS), door=401)


def signed(body: bytes, key: bytes = KEYS[0]) -> dict[str, str]:
    """The header with which Meta signs."""
    return {"X-Hub-Signature-256": f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"}


@dataclass
class House:
    """What the house was called with. `answers` decides with what status, by the body; 200 by default."""

    calls: list[tuple[str, bytes]] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    pages: list[tuple[str, int]] = field(default_factory=list)
    answers: Callable[[bytes], int] = lambda _: 200

    @property
    def bodies(self) -> list[str]:
        """What was taken in, in order."""
        return [body.decode() for _, body in self.calls]

    def app(self) -> Starlette:
        """The house's pages and webhooks."""

        async def shown(request: Request) -> Response:
            body = await request.body()
            if request.headers.get("x-secret") != SECRET:
                self.refused.append(dict(request.headers))
                return Response(status_code=403)
            return self._taken(request, body)

        async def as_signed(request: Request) -> Response:
            body = await request.body()
            right = [signed(body, key)["X-Hub-Signature-256"] for key in KEYS]
            if request.headers.get("x-hub-signature-256") not in right:
                self.refused.append(dict(request.headers))
                return Response(status_code=401)
            return self._taken(request, body)

        async def page(request: Request) -> Response:
            body = await request.body()
            assert request.client is not None
            self.pages.append((request.client.host, request.client.port))
            return PlainTextResponse(f"{request.method} {request.url.path} {len(body)}")

        return Starlette(
            routes=[
                Route(SHOWN.path, shown, methods=["POST"]),
                Route(SIGNED.path, as_signed, methods=["POST"]),
                Route("/{path:path}", page, methods=["GET", "POST"]),
            ]
        )

    def _taken(self, request: Request, body: bytes) -> Response:
        status = self.answers(body)
        if status == 200:
            self.calls.append((request.url.query, body))
        elif status == 500:
            raise RuntimeError("the house's own fault")
        return Response(status_code=status)


@dataclass
class Place:
    """A house with a porch."""

    house: House
    keeper: Keeper
    url: str
    client: httpx.AsyncClient
    task: asyncio.Task[None]

    async def post(self, body: str, **headers: str) -> int:
        """One webhook that shows the secret; its status."""
        given = {"X-Secret": SECRET, "Content-Type": "application/json"} | headers
        answer = await self.client.post(f"{self.url}/hooks/shown?a=1", content=body.encode(), headers=given)
        return answer.status_code


@asynccontextmanager
async def standing(folder: Path, house: House | None = None) -> AsyncIterator[Place]:
    """A porch that stands, with its book in the folder."""
    house = house or House()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setblocking(False)
    app = house.app()
    keeper = Keeper(app, [SHOWN, SIGNED], listening=listening, book=folder / "porch.db")
    config = uvicorn.Config(keeper.reception, log_config=None, lifespan="off", ws="none")
    config.load()
    state = ServerState()

    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    alone = httpx.Limits(max_keepalive_connections=0)  # a kept connection is the house's or the porch's
    async with httpx.AsyncClient(timeout=60, limits=alone) as client:
        with keeper.connections(protocols(config, state)):
            task = asyncio.create_task(keeper.run())
            working = asyncio.create_task(keeper.work_off())
            try:
                await until(lambda: keeper.stands or task.done())
                yield Place(house, keeper, url, client, task)
            finally:
                for each in (task, working):
                    each.cancel()
                    await asyncio.gather(each, return_exceptions=True)
                for connection in list(state.connections):
                    connection.shutdown()
                await until(lambda: not state.connections)
        await keeper.close()
        listening.close()
