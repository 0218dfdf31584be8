"""Connections to a provider: kept, shared out one by one, and never handed on broken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
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


@asynccontextmanager
async def answering(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server by this function; its address."""
    ended = asyncio.Queue[None]()
    begun = 0

    async def whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal begun
        begun += 1
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
            ended.put_nowait(None)

    listening = await asyncio.start_server(whole, "127.0.0.1", 0)
    async with listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    for _ in range(begun):
        await ended.get()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize(
    ("said", "raised"),
    [
        (b"", httpx.ReadError),
        (b"HTTP/1.1 200 OK\r\nContent-Le", httpx.ReadError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", httpx.ReadError),
        (b"what is this?\r\n\r\n", httpx.ReadError),
        (None, httpx.ReadTimeout),
    ],
    ids=["nothing", "half a head", "half a body", "no HTTP", "silence"],
)
async def test_what_may_have_arrived_is_asked_once_and_never_called_unsent(
    method: str, said: bytes | None, raised: type[Exception]
) -> None:
    asked: list[bytes] = []

    async def breaks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        if len(asked) == 1:  # the connection has been good once
            writer.write(ANSWER)
            asked.append(await reader.readuntil(b"\r\n\r\n"))
        if said is None:
            await reader.read()
        else:
            writer.write(said)

    async with answering(breaks) as url, a_client(1) as client:
        await client.request(method, url)
        with pytest.raises(raised):
            await client.request(method, url, timeout=0.2 if said is None else 30.0)
        assert len(asked) == 2


async def test_a_large_body_arrives_whole_with_its_length() -> None:
    content, got = bytes(range(256)) * 8000, asyncio.Queue[bytes]()

    async def takes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        assert f"content-length: {len(content)}\r\n".encode() in head.lower()
        got.put_nowait(await reader.readexactly(len(content)))
        writer.write(ANSWER)

    async with answering(takes) as url, a_client(1) as client:
        assert (await client.post(url, content=content)).text == "ok"
    assert got.get_nowait() == content


async def test_an_address_is_asked_for_as_it_is_written() -> None:
    heads = asyncio.Queue[bytes]()

    async def takes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.put_nowait(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ANSWER)

    async with answering(takes) as url, a_client(1) as client:
        await client.get(f"{url}/a%2Fb/%41?text=5%20kg%2Bgaram&x=%e2%82%ac", headers={"X-A": "b"})
    head = heads.get_nowait()
    assert head.startswith(b"GET /a%2Fb/%41?text=5%20kg%2Bgaram&x=%e2%82%ac HTTP/1.1\r\n")
    assert f"\r\nhost: {url.removeprefix('http://')}\r\n".encode() in head.lower()
    assert b"\r\nx-a: b\r\n" in head.lower()
    assert head.lower().count(b"user-agent:") == 1


async def test_what_a_server_says_unasked_is_no_answer_to_the_next_request() -> None:
    said = asyncio.Event()
    connections = 0

    async def takes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER)
            if connections == 1:
                writer.write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()
                said.set()

    async with answering(takes) as url, a_client(1) as client:
        await client.get(url)
        await said.wait()
        await asyncio.sleep(0.05)
        assert (await client.post(url, content=b"a message")).status_code == 200
        assert connections == 2


async def test_a_body_that_nobody_takes_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channels.lines.SLOWEST", 1e9)

    async def takes(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(3)

    async with answering(takes) as url, a_client(1) as client:
        with pytest.raises(httpx.ReadTimeout):  # some of it may have arrived
            await client.post(url, content=bytes(30_000_000), timeout=httpx.Timeout(0.3))
    await asyncio.sleep(0.1)  # the server has hung up: what was not sent is let go


async def test_a_name_that_nobody_resolves_in_time_was_surely_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def slow(*_: object, **__: object) -> list[object]:
        await asyncio.sleep(5)
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", slow)
    async with a_client(1) as client:
        with pytest.raises(httpx.ConnectTimeout):
            await client.post("http://gateway.example/", timeout=httpx.Timeout(5, connect=0.1))


async def test_a_login_in_the_address_is_shown_once() -> None:
    async with served() as server, a_client(1) as client:
        url = server.url.replace("//", "//user:pass@")
        assert (await client.get(url)).text == "ok"


async def test_nobody_there_is_a_connect_error_and_leaves_room() -> None:
    async with served() as server:
        url = server.url
    async with a_client(1) as client:
        for _ in range(3):
            with pytest.raises(httpx.ConnectError):
                await client.get(url)
