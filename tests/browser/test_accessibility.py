"""axe-core finds nothing on any page, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page

from tests.browser.conftest import DESK, PHONE, Complaints, Open, say, shown
from tests.web.double import Server, serving
from tests.web.pictures import png
from tests.web.test_app import letter

Contexts = Callable[..., Awaitable[BrowserContext]]
LOOKS = [
    pytest.param({**size, "color_scheme": scheme}, id=f"{scheme}-{name}")
    for name, size in (("desk", DESK), ("phone", PHONE))
    for scheme in ("light", "dark")
]


async def sound(page: Page) -> None:
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("look", LOOKS)
async def test_chat(open_chat: Open, server: Server, look: dict[str, object]) -> None:
    page = await open_chat(**look)
    await sound(page)
    await page.set_input_files("#files", {"name": "kardus.png", "mimeType": "image/png", "buffer": png()})
    await sound(page)
    await page.fill("#text", "2 dus minyak")
    await page.click("#send")
    await shown(page, 2)
    await sound(page)
    fake = {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": b"<html>"}
    await page.set_input_files("#files", fake)
    await page.click("#send")
    await page.wait_for_selector(".failure")
    await page.click("#choices button >> nth=0") if await page.locator("#choices button").count() else None
    await page.fill("#text", "ya")
    await page.click("#send")
    await page.wait_for_selector(".ticket")
    await sound(page)
    await server.stop()
    await page.fill("#text", "halo")
    await page.click("#send")
    await page.wait_for_selector(".line.offline")
    await page.fill("#text", "x" * 10_001)
    await page.click("#send")
    await page.wait_for_selector("#notice:not([hidden])")
    await sound(page)
    await server.start()


@pytest.mark.parametrize("look", LOOKS)
async def test_chat_without_a_script(open_chat: Open, browser: object, look: dict[str, object]) -> None:
    page = await open_chat(**look)
    await say(page, "halo")
    await page.click("#send")
    await shown(page, 2)
    # what the server itself writes, before any script: the same page with the module taken out
    await page.route("**/main.js", lambda route: route.abort())
    await page.reload()
    await page.wait_for_selector("#log .msg >> nth=1")
    await sound(page)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Server]:
    letter(tmp_path, "a1", html="<p>Halo</p>")
    letter(tmp_path, "a2", subject="")

    async def health() -> dict[str, object]:
        return {
            "ok": False,
            "parts": {
                "turns": {"ok": False, "detail": "died: OSError: no space left on device", "lag": 12.0},
                "store": {"ok": True, "detail": "", "lag": None},
            },
        }

    async with serving(mailbox=tmp_path, health=health) as running:
        yield running


@pytest.mark.parametrize("look", LOOKS)
async def test_pages(
    office: Server, open_context: Contexts, complaints: Complaints, look: dict[str, object]
) -> None:
    page = await (await open_context(**look)).new_page()
    complaints.listen(page)
    for path in ("/health", "/mailbox", "/mailbox/a1", "/mailbox?page=7", "/nope"):
        await page.goto(office.url + path)
        await sound(page)
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), path
