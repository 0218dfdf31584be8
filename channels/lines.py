"""Connections to one provider for httpx, on aiohttp's, which cost a sixth of those that httpx brings.

A request over httpx's own connections takes 3.9 million instructions, of which 3.1 are spent below httpx;
here it takes 1.3. What raised tells apart what never left this machine and what may have arrived: from that
follows whether a message is sent again.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.request import getproxies

import aiohttp
import httpx
from yarl import URL

SLOWEST = 20_000.0
"""Bytes a second at which a body leaves at least."""
LARGE = 256 * 1024
"""Bytes of a body from which on it is sent piece by piece; as a whole it would hold up the event loop."""


def lines(verify: bool, most: int, kept: float) -> Lines | None:
    """A transport for `httpx.AsyncClient`; None where the environment names a proxy, with which httpx deals
    itself. `most` requests at a time, idle connections kept for `kept` seconds."""
    return None if getproxies() else Lines(httpx.create_ssl_context(verify=verify), most, kept)


class Lines(httpx.AsyncBaseTransport):
    """Raises what httpx's own transport raises; `httpx.PoolTimeout` when all lines are taken for too long.
    `ConnectError` and `ConnectTimeout` mean that nothing was sent, every other that it may have been."""

    def __init__(self, certificates: ssl.SSLContext, most: int, kept: float) -> None:
        self._certificates, self._kept = certificates, kept
        self._room = asyncio.Semaphore(most)
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One request. Its line is free again when the response is closed."""
        timeout = request.extensions.get("timeout", {})
        content = await request.aread()
        try:
            async with asyncio.timeout(timeout.get("pool")):
                await self._room.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("all connections are in use", request=request) from None
        try:
            # what the other side closed meanwhile is known once the loop has looked: nothing is risked there
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            with _told_by_httpx(request):
                answer = await self._asked(request, content, timeout)
        except BaseException:
            self._room.release()
            raise
        return httpx.Response(
            answer.status,
            headers=answer.raw_headers,
            stream=_Stream(request, answer, self._room.release),
            request=request,
        )

    async def _asked(
        self, request: httpx.Request, content: bytes, times: Mapping[str, float | None]
    ) -> aiohttp.ClientResponse:
        """The head of the answer. aiohttp counts the time to read from the moment when all is written; a body
        that nobody takes must end, too."""
        connect, read = times.get("connect"), times.get("read")
        whole = None if connect is None or read is None else connect + read + len(content) / SLOWEST
        async with asyncio.timeout(whole):
            return await self._opened().request(
                request.method,
                URL(str(request.url.copy_with(userinfo=b"")), encoded=True),
                headers=[pair for pair in request.headers.multi_items() if pair[0] != "transfer-encoding"],
                data=BytesIO(content) if len(content) > LARGE else content or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(connect=connect, sock_connect=connect, sock_read=read),
            )

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=_Kept(limit=0, ssl=self._certificates, keepalive_timeout=self._kept),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            )
            # aiohttp asks again by itself where a connection broke under a GET; with some gateways that is
            # how an SMS is sent, and it would be sent twice
            self._session._retry_connection = False
        return self._session

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # the sockets are closed in the loop's next turn


class _Kept(aiohttp.TCPConnector):
    """Connections that are used again only when nothing came on them meanwhile: what a server says unasked -
    that it is about to close - would be taken for the answer to the next request."""

    async def _get(self, key: Any, traces: Any) -> Any:
        while (kept := await super()._get(key, traces)) is not None:
            if kept.protocol is None or not kept.protocol.should_close:
                break
            kept.close()
        return kept


class _Stream(httpx.AsyncByteStream):
    """A response's bytes; a connection that was not read to its end is not used again."""

    def __init__(
        self, request: httpx.Request, answer: aiohttp.ClientResponse, ended: Callable[[], None]
    ) -> None:
        self._request, self._answer, self._ended = request, answer, ended
        self._open = True

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _told_by_httpx(self._request):
            async for part in self._answer.content.iter_any():
                yield part

    async def aclose(self) -> None:
        if self._open:
            self._open = False
            self._answer.release()
            self._ended()


@contextmanager
def _told_by_httpx(request: httpx.Request) -> Iterator[None]:
    """Aiohttp's errors as those that httpx raises in the same place."""
    try:
        yield
    except aiohttp.ConnectionTimeoutError as error:
        raise httpx.ConnectTimeout(str(error), request=request) from error
    except aiohttp.ClientConnectorError as error:
        raise httpx.ConnectError(str(error), request=request) from error
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise httpx.UnsupportedProtocol(str(error), request=request) from error
    except (aiohttp.ServerTimeoutError, TimeoutError) as error:
        raise httpx.ReadTimeout(str(error), request=request) from error
    except (aiohttp.ClientError, OSError) as error:
        raise httpx.ReadError(str(error), request=request) from error
    except ValueError as error:  # a header that no HTTP can carry
        raise httpx.LocalProtocolError(str(error), request=request) from error
