"""The event stream: in order, from any cursor, over everything that can go wrong on the way."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest

from channels.webchat import stream
from tests.waiting import until
from tests.web.double import Server, serving


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with serving() as running:
        yield running


@pytest.fixture
async def browser(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, timeout=10) as client:
        await client.get("/chat")
        yield client


async def send(client: httpx.AsyncClient, text: str) -> None:
    body = {"client_msg_id": str(uuid.uuid4()), "text": text}
    assert (await client.post("/chat/messages", json=body)).status_code == 200


async def blocks(answer: httpx.Response) -> AsyncIterator[str]:
    rest = ""
    async for part in answer.aiter_text():
        *whole, rest = (rest + part).split("\n\n")
        for block in whole:
            yield block


async def seqs(client: httpx.AsyncClient, query: str, until: int, **headers: str) -> list[int]:
    found: list[int] = []
    async with client.stream("GET", f"/chat/events{query}", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        async for block in blocks(answer):
            if "data: " in block and "event: " not in block:
                lines = dict(line.split(": ", 1) for line in block.split("\n"))
                assert json.loads(lines["data"])["seq"] == int(lines["id"])
                found.append(int(lines["id"]))
            if found and found[-1] >= until:
                break
    return found


async def test_backlog_and_what_comes_after_without_a_gap(server: Server, browser: httpx.AsyncClient) -> None:
    await send(browser, "satu")
    reading = asyncio.create_task(seqs(browser, "?after=0", 8))
    for text in ("dua", "tiga", "empat"):
        await send(browser, text)
    assert await reading == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_resumes_by_query_and_by_last_event_id(server: Server, browser: httpx.AsyncClient) -> None:
    for text in ("satu", "dua"):
        await send(browser, text)
    assert await seqs(browser, "?after=2", 4) == [3, 4]
    assert await seqs(browser, "?after=0", 4, **{"Last-Event-ID": "3"}) == [4]
    assert await seqs(browser, "?after=x", 4, **{"Last-Event-ID": "x"}) == [1, 2, 3, 4]


async def test_long_backlog_comes_whole(server: Server, browser: httpx.AsyncClient) -> None:
    await send(browser, "halo")
    key = server.memory.inbound[0].thread
    for n in range(500):
        await server.memory.say(key, f"{n}")
    assert await seqs(browser, "?after=0", 502) == list(range(1, 503))


async def test_cursor_of_another_store_starts_over(server: Server, browser: httpx.AsyncClient) -> None:
    await send(browser, "halo")
    async with browser.stream("GET", "/chat/events?after=99") as answer:
        found = []
        async for block in blocks(answer):
            found.append(block)
            if "id: 2" in block:
                break
    assert "event: reset" in found[1]
    assert [block.split("\n")[0] for block in found[2:]] == ["id: 1", "id: 2"]
    poll = (await browser.get("/chat/items?after=99")).json()
    assert poll["reset"] is True


async def test_heartbeat_tells_that_the_line_lives(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT", 0.02)
    async with browser.stream("GET", "/chat/events?after=0") as answer:
        found = [block async for block in _first(blocks(answer), 4)]
    assert found[1:] == [":", ":", ":"]


async def test_stream_of_a_visitor_who_has_not_written_wakes_with_the_first_message(
    server: Server, browser: httpx.AsyncClient
) -> None:
    reading = asyncio.create_task(seqs(browser, "?after=0", 2))
    while not server.chat.open_streams:  # type: ignore[union-attr]
        await asyncio.sleep(0.005)
    await send(browser, "halo")
    assert await reading == [1, 2]


async def test_stream_without_a_cookie_is_refused(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/chat/events")).status_code == 401


async def test_one_visitor_cannot_hold_all_streams(server: Server, browser: httpx.AsyncClient) -> None:
    limits = httpx.Limits(max_connections=20)
    async with httpx.AsyncClient(base_url=server.url, cookies=browser.cookies, limits=limits) as client:
        opened = [client.stream("GET", "/chat/events?after=0") for _ in range(9)]
        answers = [await one.__aenter__() for one in opened]
        assert [answer.status_code for answer in answers] == [200] * 8 + [429]
        assert answers[8].headers["retry-after"]
        for one in opened:
            await one.__aexit__(None, None, None)
        await until(lambda: server.chat.open_streams == 0)  # type: ignore[union-attr]


async def test_who_goes_away_leaves_nothing_behind(server: Server, browser: httpx.AsyncClient) -> None:
    async with browser.stream("GET", "/chat/events?after=0") as answer:
        await anext(blocks(answer))
        assert server.chat.open_streams == 1  # type: ignore[union-attr]
    await until(lambda: server.chat.open_streams == 0)  # type: ignore[union-attr]


async def test_who_does_not_read_is_dropped(
    server: Server, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "SLOW", 0.2)
    await send(browser, "halo")
    key = server.memory.inbound[0].thread
    for _ in range(3000):
        await server.memory.say(key, "x" * 9000)
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    cookie = f"sapa_visitor={browser.cookies['sapa_visitor']}"
    writer.write(f"GET /chat/events?after=0 HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
    await reader.readline()
    assert server.chat.open_streams == 1  # type: ignore[union-attr]
    await until(lambda: server.chat.open_streams == 0)  # type: ignore[union-attr]
    writer.close()


async def test_server_stops_although_browsers_listen(server: Server, browser: httpx.AsyncClient) -> None:
    poll = asyncio.create_task(browser.get("/chat/items?after=0&wait=25"))
    async with browser.stream("GET", "/chat/events?after=0") as answer:
        chunks = blocks(answer)
        await anext(chunks)
        await until(lambda: server.chat.open_streams == 2)  # type: ignore[union-attr]
        async with asyncio.timeout(4):
            await server.stop()
            assert [block async for block in chunks] == []
            assert (await poll).json()["items"] == []
    await server.start()


async def _first(source: AsyncIterator[str], many: int) -> AsyncIterator[str]:
    async for one in source:
        yield one
        many -= 1
        if not many:
            return
