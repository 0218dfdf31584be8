"""The line in a real browser: dropped, held back, restarted, in many tabs; nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import BrowserContext, Page, Route

from channels.base import Message
from tests.browser.conftest import Open, numbers, say, shown, texts, until
from tests.web.double import Server
from tests.web.pictures import png

Contexts = Callable[..., Awaitable[BrowserContext]]


def said(server: Server) -> list[str]:
    return [one.text for one in server.memory.inbound if isinstance(one, Message)]


async def patched(page: Page, **constants: str) -> None:
    """The page's line with other waiting times: `STALE="500"`."""

    async def patch(route: Route) -> None:
        answer = await route.fetch()
        text = await answer.text()
        for name, value in constants.items():
            before, _, rest = text.partition(f"const {name} = ")
            assert rest, name
            text = f"{before}const {name} = {value};{rest.partition(';')[2]}"
        await route.fulfill(response=answer, body=text)

    await page.route("**/line.js", patch)
    await page.reload()
    await page.wait_for_selector(".line.online", state="attached")


async def test_reload_in_the_middle_shows_all_once_and_keeps_the_draft(
    open_chat: Open, server: Server
) -> None:
    page = await open_chat()
    await say(page, "satu")
    await shown(page, 2)
    await page.fill("#text", "belum selesai ditul")
    await page.reload()
    await shown(page, 2)
    assert await numbers(page) == [1, 2]
    assert await page.input_value("#text") == "belum selesai ditul"
    await say(page, "dua")
    await shown(page, 4)
    assert await numbers(page) == [1, 2, 3, 4]


async def test_server_gone_and_back_sends_what_was_written_meanwhile_in_order(
    open_chat: Open, server: Server
) -> None:
    page = await open_chat()
    await say(page, "sebelum")
    await shown(page, 2)
    await server.stop()
    for text in ("tengah 1", "tengah 2", "tengah 3"):
        await say(page, text)
    await page.wait_for_selector(".line.offline", state="attached")
    assert (await texts(page))[-3:] == ["tengah 1", "tengah 2", "tengah 3"]
    assert await page.locator(".state:has-text('Menunggu sambungan')").count() >= 1
    await server.start()
    await shown(page, 8)
    assert said(server) == ["sebelum", "tengah 1", "tengah 2", "tengah 3"]
    assert await numbers(page) == [1, 2, 3, 4, 5, 6, 7, 8]
    await page.wait_for_selector(".line.online", state="attached")


async def test_written_while_the_server_was_gone_and_the_page_reloaded(
    open_chat: Open, server: Server
) -> None:
    """What was not acknowledged lies in the browser and goes out after the reload, the photo as well."""
    page = await open_chat()
    server.memory.failing = 1_000_000
    await say(page, "jangan hilang")
    await page.set_input_files("#files", {"name": "bukti.png", "mimeType": "image/png", "buffer": png()})
    await say(page, "dan fotonya")
    await page.wait_for_selector(".state:has-text('Menunggu sambungan')")
    await page.wait_for_selector("#log .pending >> nth=1")  # shown once it lies in the browser, photo and all
    await page.reload()
    await page.wait_for_selector("#log .pending >> nth=1")
    assert said(server) == []
    server.memory.failing = 0
    await page.evaluate("dispatchEvent(new Event('online'))")
    await shown(page, 4)
    assert said(server) == ["jangan hilang", "dan fotonya"]
    assert len(server.memory.files) == 1
    assert await numbers(page) == [1, 2, 3, 4]


async def test_answer_lost_on_the_way_does_not_double_the_message(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    server.memory.lost = 2
    await say(page, "sekali saja")
    await shown(page, 2)
    await until(page, "Object.keys(localStorage).length === 0")
    assert said(server) == ["sekali saja"]
    assert await numbers(page) == [1, 2]


async def test_offline_and_back_at_once(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    await page.context.set_offline(True)
    await page.wait_for_selector(".line.offline", state="attached")
    await say(page, "dari gudang tanpa sinyal")
    assert said(server) == []
    await page.context.set_offline(False)
    await shown(page, 2)
    assert said(server) == ["dari gudang tanpa sinyal"]
    await page.wait_for_selector(".line.online", state="attached")


async def test_two_tabs_show_the_same_once(open_chat: Open, server: Server) -> None:
    one = await open_chat()
    two = await open_chat(context=one.context)
    await say(one, "dari tab satu")
    await shown(two, 2)
    await say(two, "dari tab dua")
    for page in (one, two):
        await shown(page, 4)
        assert await numbers(page) == [1, 2, 3, 4]
    assert said(server) == ["dari tab satu", "dari tab dua"]


async def test_two_tabs_do_not_send_twice_what_waits(open_chat: Open, server: Server) -> None:
    one = await open_chat()
    two = await open_chat(context=one.context)
    server.memory.failing = 3
    for text in ("a", "b", "c"):
        await say(one, text)
    await two.wait_for_selector("#log .msg >> nth=2")
    await one.close()  # the other tab takes the post over
    await two.evaluate("dispatchEvent(new Event('online'))")
    await shown(two, 6)
    assert said(server) == ["a", "b", "c"]
    assert await numbers(two) == [1, 2, 3, 4, 5, 6]


async def test_many_tabs_leave_a_connection_to_send_with(open_chat: Open, server: Server) -> None:
    """A browser opens six connections to one server; nine tabs must not take them all."""
    first = await open_chat()
    pages = [first, *[await open_chat(context=first.context) for _ in range(8)]]
    assert server.chat is not None
    assert server.chat.open_streams <= 3
    await say(pages[8], "dari tab terakhir")
    for page in pages:
        await shown(page, 2)
        assert await numbers(page) == [1, 2]


async def test_proxy_that_holds_streams_back(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    held: list[Route] = []
    await page.route("**/chat/events*", lambda route: held.append(route))
    await patched(page, FIRST_BYTE="300")
    await say(page, "lewat proksi kantor")
    await shown(page, 2)
    assert held
    key = server.memory.inbound[0].thread
    await server.memory.say(key, "kabar baru")
    await shown(page, 3)


async def test_line_that_fell_silent_is_dropped_and_taken_up_again(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    await patched(page, STALE="400")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await say(page, "halo")
    await shown(page, 2)
    async with asyncio.timeout(8):
        while not any(url.endswith("/chat/events?after=2") for url in asked):
            await asyncio.sleep(0.02)
    key = server.memory.inbound[0].thread
    await server.memory.say(key, "masih di sini")
    await shown(page, 3)
    assert await numbers(page) == [1, 2, 3]


@pytest.mark.parametrize("numbers_sent", [[4], [4, 2, 3, 3, 4], [1, 1, 4]])
async def test_gap_is_fetched_and_repeats_are_ignored(
    open_chat: Open, server: Server, numbers_sent: list[int]
) -> None:
    page = await open_chat()
    await say(page, "satu")
    await shown(page, 2)
    key = server.memory.inbound[0].thread

    async def jumping(route: Route) -> None:
        items = server.memory.items[key]
        lines = "".join(
            f'id: {n}\ndata: {{"seq": {n}, "author": "bot", "at": "{items[n - 1].at.isoformat()}", '
            f'"text": "{items[n - 1].text}"}}\n\n'
            for n in numbers_sent
        )
        await route.fulfill(status=200, content_type="text/event-stream", body=lines)

    await server.stop()
    await server.memory.say(key, "tiga")
    await server.memory.say(key, "empat")
    await page.route("**/chat/events*", jumping)
    await server.start()
    await shown(page, 4)
    assert await numbers(page) == [1, 2, 3, 4]
    assert (await texts(page))[2:] == ["tiga", "empat"]


async def test_hidden_tab_gives_its_line_back_and_catches_up(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    await patched(page, HIDDEN="100", LOOK="600_000")
    await page.evaluate(
        """() => { let hidden = true;
          Object.defineProperty(document, 'hidden', { get: () => hidden, configurable: true });
          window.setHidden = (now) => {
            hidden = now; document.dispatchEvent(new Event('visibilitychange')); };
          window.setHidden(true); }"""
    )
    assert server.chat is not None
    async with asyncio.timeout(12):
        while server.chat.open_streams:
            await asyncio.sleep(0.05)
    await say(page, "halo")
    async with asyncio.timeout(5):
        while not server.memory.inbound:
            await asyncio.sleep(0.02)
    await page.evaluate("window.setHidden(false)")
    await shown(page, 2)
    assert await numbers(page) == [1, 2]


async def test_new_data_folder_starts_over(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    await say(page, "lama")
    await shown(page, 2)
    await server.stop()
    server.memory.items.clear()
    server.memory.seen.clear()
    await server.start()
    await until(page, "!document.querySelector('#log .msg')")
    await say(page, "baru")
    await shown(page, 2)
    assert (await texts(page))[0] == "baru"


async def test_cookie_deleted_while_the_page_is_open(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    await say(page, "satu")
    await shown(page, 2)
    await page.context.clear_cookies()
    await say(page, "dua")
    async with asyncio.timeout(8):
        while said(server) != ["satu", "dua"]:
            await asyncio.sleep(0.02)
    assert len({one.thread for one in server.memory.inbound}) == 2
