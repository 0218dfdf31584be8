"""Connections to one provider for httpx, kept and taken again at a price that does not grow with them.

The pool that httpx brings looks at every one of its connections, and asks the system about the idle ones, at
the begin and the end of each request: with sixteen messages on their way that is a third of what a request
costs. Here each connection is a transport of httpx's own for one request at a time, which looks at itself
alone - whether it was kept too long, or the other side closed it - and the newest idle one is taken.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.request import getproxies

import httpx


def lines(verify: bool, most: int, kept: float) -> Lines | None:
    """A transport for `httpx.AsyncClient`; None where the environment names a proxy, with which httpx deals
    itself. `most` requests at a time, idle connections kept for `kept` seconds."""
    return None if getproxies() else Lines(httpx.create_ssl_context(verify=verify), most, kept)


class Lines(httpx.AsyncBaseTransport):
    """Raises what httpx's own transport raises; `httpx.PoolTimeout` when all lines are taken for too long."""

    def __init__(self, certificates: ssl.SSLContext, most: int, kept: float) -> None:
        self._certificates = certificates
        self._limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=kept)
        self._room = asyncio.Semaphore(most)
        self._closed = False
        self._idle: defaultdict[tuple[str, str, int | None], list[httpx.AsyncHTTPTransport]]
        self._idle = defaultdict(list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request. Its line is free again when the response is closed."""
        try:
            async with asyncio.timeout(request.extensions.get("timeout", {}).get("pool")):
                await self._room.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("all connections are in use", request=request) from None
        idle = self._idle[request.url.scheme, request.url.host, request.url.port]
        line = idle.pop() if idle else self._new()
        try:
            response = await line.handle_async_request(request)
        except BaseException:
            self._room.release()
            await line.aclose()
            raise

        async def ended(whole: bool) -> None:
            self._room.release()
            if whole and not self._closed:
                idle.append(line)
            else:
                await line.aclose()

        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 - the transport's word
        response.stream = _Stream(response.stream, ended)
        return response

    def _new(self) -> httpx.AsyncHTTPTransport:
        return httpx.AsyncHTTPTransport(verify=self._certificates, trust_env=False, limits=self._limits)

    async def aclose(self) -> None:
        """Close what is idle; what is under way is closed when it has been read."""
        self._closed = True
        for idle in self._idle.values():
            while idle:
                await idle.pop().aclose()


class _Stream(httpx.AsyncByteStream):
    """A response's bytes; tells once that it was closed, and whether that went well."""

    def __init__(self, inner: httpx.AsyncByteStream, ended: Callable[[bool], Awaitable[None]]) -> None:
        self._inner, self._ended = inner, ended
        self._open = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._inner:
            yield part

    async def aclose(self) -> None:
        if not self._open:
            return
        self._open = False
        whole = False
        try:
            await self._inner.aclose()
            whole = True
        finally:
            await self._ended(whole)
