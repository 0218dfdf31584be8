"""Connections to a provider: kept, shared out one by one, and never handed on broken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from channels.lines import Lines

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request when it may; counts connections."""

    def __init__(self) -> None:
        self.connections: list[asyncio.StreamWriter] = []
        self.asked = asyncio.Semaphore(0)
        self.may = asyncio.Event()
        self.may.set()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append(writer)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked.release()
                await self.may.wait()
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def served() -> AsyncIterator[Server]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
    try:
        yield server
    finally:
        listening.close()
        for writer in server.connections:
            writer.close()


def a_client(most: int, pool: float = 30.0) -> httpx.AsyncClient:
    transport = Lines(httpx.create_ssl_context(verify=False), most, 15.0)
    return httpx.AsyncClient(transport=transport, timeout=httpx.Timeout(30.0, pool=pool))


async def test_one_after_the_other_goes_over_one_connection() -> None:
    async with served() as server, a_client(4) as client:
        for _ in range(5):
            assert (await client.post(server.url, content=b"")).text == "ok"
        assert len(server.connections) == 1


async def test_no_more_than_the_most_are_under_way() -> None:
    async with served() as server, a_client(3) as client:
        server.may.clear()
        calls = [asyncio.create_task(client.get(server.url)) for _ in range(10)]
        for _ in range(3):
            await server.asked.acquire()
        server.may.set()
        assert {answer.status_code for answer in await asyncio.gather(*calls)} == {200}
        assert len(server.connections) == 3


async def test_all_taken_for_too_long_is_a_pool_timeout_and_surely_not_sent() -> None:
    async with served() as server, a_client(1, pool=0.01) as client:
        server.may.clear()
        first = asyncio.create_task(client.get(server.url))
        await server.asked.acquire()
        with pytest.raises(httpx.PoolTimeout):
            await client.get(server.url)
        server.may.set()
        assert (await first).text == "ok"


async def test_a_connection_that_the_other_side_closed_is_not_risked() -> None:
    async with served() as server, a_client(1) as client:
        await client.get(server.url)
        server.connections[0].close()
        await server.connections[0].wait_closed()
        assert (await client.post(server.url, content=b"")).text == "ok"
        assert len(server.connections) == 2


@pytest.mark.parametrize("whole", [True, False], ids=["waiting", "reading"])
async def test_who_is_cancelled_leaves_room_and_no_half_read_connection(whole: bool) -> None:
    async with served() as server, a_client(1) as client:
        if whole:
            server.may.clear()
            call = asyncio.create_task(client.get(server.url))
            await server.asked.acquire()
            call.cancel()
            await asyncio.gather(call, return_exceptions=True)
            server.may.set()
        else:
            async with client.stream("GET", server.url):
                pass  # not read
        assert (await client.get(server.url)).text == "ok"


async def test_nobody_there_is_a_connect_error_and_leaves_room() -> None:
    async with served() as server:
        url = server.url
    async with a_client(1) as client:
        for _ in range(3):
            with pytest.raises(httpx.ConnectError):
                await client.get(url)
