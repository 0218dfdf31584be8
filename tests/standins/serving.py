"""A stand-in as a server on 127.0.0.1: in the running loop (`async with`), or by `main` as a process."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from .faults import Call, Calls, Dropped, Fails, Faults, Garbage, Held, Lost, Slow


class Clock:
    """The provider's clock: it can be moved on, and its waits can be made short.

    `scale` multiplies every wait that the provider itself chooses (3 s before a 409, the delay before a
    webhook is tried again), never a wait that the caller asked for.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self.ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead

    def advance(self, *, hours: float = 0, seconds: float = 0) -> None:
        """Make it later."""
        self.ahead += hours * 3600 + seconds

    async def wait(self, seconds: float) -> None:
        """Wait so long, by the scale."""
        await asyncio.sleep(seconds * self.scale)


_open: dict[tuple[str, int], asyncio.Transport] = {}


class _Protocol(H11Protocol):
    """uvicorn's, which remembers the connection so that it can be dropped."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client:
            _open[self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.client:
            _open.pop(self.client, None)
        super().connection_lost(exc)


class _Drop(Response):
    """No answer at all: the connection is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = _open.get(tuple(scope["client"]))
        if transport:
            transport.abort()
        await receive()  # http.disconnect: uvicorn then knows that nobody waits for an answer


class StandIn:
    """What all stand-ins are: a server with a clock, faults, a record of calls; it can push webhooks."""

    def __init__(self, *, port: int = 0, scale: float = 1.0, clock: Clock | None = None) -> None:
        self.port = port
        self.clock = clock or Clock(scale)
        self.faults = Faults()
        self.calls = Calls()
        self.closing = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._state = ServerState()
        self._client: httpx.AsyncClient | None = None

    @property
    def down(self) -> bool:
        """Whether nobody listens."""
        return self._server is None

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def routes(self) -> Sequence[BaseRoute]:
        """The provider's own routes."""
        raise NotImplementedError

    def middleware(self) -> list[Middleware]:
        """What stands before the routes."""
        return []

    def failure(self, fault: Fails) -> Response:
        """The provider's way to say no."""
        raise NotImplementedError

    def person(self, name: str) -> Any:
        """Somebody with a phone, made when first named; an own process is told what they do by `/-/do`."""
        raise NotImplementedError

    async def answer(
        self,
        request: Request,
        method: str,
        args: dict[str, Any],
        work: Callable[[], Awaitable[Response]],
    ) -> Response:
        """Record the call, meet the fault planned for it, do the work, answer."""
        call = Call(method, args, request.headers, self.clock.now())
        self.calls.append(call)
        fault = self.faults.take(call)
        held = fault if isinstance(fault, Held) else None
        match fault:
            case Fails():
                return _told(call, self.failure(fault))
            case Garbage(status, body, media_type):
                return _told(call, Response(body, status, media_type=media_type))
            case Dropped():
                call.status = -1
                return _Drop()
            case Slow(seconds):
                await asyncio.sleep(seconds)
        if held and not held.done:
            await _stand_at(held)
        response = await work()
        call.taken = response.status_code < 300
        if held and held.done:
            await _stand_at(held)
        if isinstance(fault, Lost):
            call.status = -1
            return _Drop()
        return _told(call, response)

    async def push(
        self, url: str, body: bytes, headers: dict[str, str], timeout: float = 10.0, method: str = "POST"
    ) -> httpx.Response | str:
        """Call the customer's webhook: the answer, or why there is none."""
        if self._client is None:
            self._client = httpx.AsyncClient(
                trust_env=False,
                verify=False,
                limits=httpx.Limits(max_connections=100, max_keepalive_connections=100),
            )
        try:
            return await self._client.request(method, url, content=body, headers=headers, timeout=timeout)
        except httpx.TimeoutException:
            return "Read timeout expired"
        except httpx.ConnectError:
            return "Connection refused"
        except httpx.HTTPError as lost:
            return f"{type(lost).__name__}"

    async def started(self) -> None:
        """What is to be done once the server listens."""

    async def stopped(self) -> None:
        """What is to be done before the server is gone; waiting calls end by `closing`."""

    async def start(self) -> None:
        """Listen; a stand-in that was stopped comes back on its port, with all it knew."""
        self.closing = asyncio.Event()
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        app = Starlette(routes=[*self._control(), *self.routes()], middleware=self.middleware())
        config = uvicorn.Config(app, http=_Protocol, ws="none", log_level="error", lifespan="off")
        config.load()
        self._state, loop = ServerState(), asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Protocol(config, self._state, {}), sock=listening)
        await self.started()

    async def stop(self) -> None:
        """Be gone: connections are refused from now on."""
        if self._server is None:
            return
        self.closing.set()
        self.faults.clear()
        await self.stopped()
        for each in self._server.sockets:  # nobody new; asyncio forgets who comes in the turn of the closing
            asyncio.get_running_loop().remove_reader(each.fileno())
        await asyncio.sleep(0.005)
        self._server.close()
        self._server = None
        if self._state.tasks:
            await asyncio.wait(self._state.tasks, timeout=2.0)
        for connection in list(self._state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
        if self._client:
            await self._client.aclose()
            self._client = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    def _control(self) -> list[BaseRoute]:
        """For a stand-in in its own process: what people do (`/-/do`), have got (`/-/got`), and the calls."""

        async def do(request: Request) -> Response:
            told = await request.json()
            person = self.person(told["person"])
            getattr(person, told["act"])(*told.get("args", ()), **told.get("named", {}))
            return JSONResponse({"ok": True})

        async def got(request: Request) -> Response:
            person = self.person(request.query_params["person"])
            return JSONResponse([{"id": g.id, "text": g.text, "labels": g.labels} for g in person.got])

        async def calls(request: Request) -> Response:
            fields = ("method", "args", "at", "status", "taken")
            return JSONResponse(
                json.loads(json.dumps([{f: getattr(c, f) for f in fields} for c in self.calls], default=str))
            )

        return [
            Route("/-/do", do, methods=["POST"]),
            Route("/-/got", got),
            Route("/-/calls", calls),
        ]


async def _stand_at(held: Held) -> None:
    held.reached.set()
    await held.released.wait()


def _told(call: Call, response: Response) -> Response:
    call.status = response.status_code
    return response


def main(make: Callable[[argparse.Namespace], StandIn], about: str, *options: str) -> None:
    """Run one stand-in as a process until SIGTERM or Ctrl-C; its first line says where it listens."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.0, help="factor on the provider's own waits")
    for option in options:
        parser.add_argument(f"--{option}", default="")
    asyncio.run(_until_told(make, parser.parse_args()))


async def _until_told(make: Callable[[argparse.Namespace], StandIn], args: argparse.Namespace) -> None:
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    async with make(args) as standin:
        print(standin.url, flush=True)
        await end.wait()
