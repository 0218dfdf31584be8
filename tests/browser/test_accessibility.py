"""axe-core finds nothing on any page, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, expect

from bot.store.quarantine import Held, Seen
from bot.web.attention import Letter
from tests.browser.conftest import DESK, PHONE, Complaints, Open, on_one_loop, say, shown
from tests.web.double import NothingWaits, Server, serving
from tests.web.pictures import png
from tests.web.test_app import letter
from tests.web.test_attention import opened

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


class Waiting(NothingWaits):
    """Something of each kind to look at, long words and right-to-left ones among it."""

    async def inputs(self, before: int | None) -> list[Seen]:
        at = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
        cause = "ValueError: the value of a step cannot be read: " + "x" * 90
        bad = Held(7, "email", "support@localhost", "message", at, 4, cause)
        return [
            Seen(
                bad, "Budi budi@toko-maju.example", "Barang kurang", "minyak datang kurang\n" * 30, ("a.png",)
            ),
            Seen(Held(6, "webchat", "web", "unreadable", at, 0, "no JSON"), "", "", "مرحبا <b>", ()),
        ]

    async def letters(self, after: int) -> list[Letter]:
        at = datetime(2026, 11, 22, 3, 4, tzinfo=UTC)
        to, why = "gudang@sumbermakmur.example", "550 5.1.1 no such user"
        return [
            Letter(3, "email", to, "refused", why, at, "[SP-2611-0042-7] Barang kurang", "Ada tiket baru.")
        ]


@on_one_loop
async def office(tmp_path: Path) -> AsyncIterator[Server]:
    letter(tmp_path, "a1", html="<p>Halo</p>")
    letter(tmp_path, "a2", subject="")

    async def health() -> dict[str, object]:
        return {
            "ok": False,
            "parts": {
                "turns": {"ok": False, "detail": "died: OSError: no space left on device", "lag": 12.0},
                "store": {"ok": True, "detail": "", "lag": None},
                "quarantine": {"ok": True, "detail": "2 inputs for a person to look at", "lag": None},
            },
        }

    async with serving(mailbox=tmp_path, health=health, waiting=Waiting()) as running:
        yield running


@pytest.mark.parametrize("look", LOOKS)
async def test_pages(
    office: Server, open_context: Contexts, complaints: Complaints, look: dict[str, object]
) -> None:
    page = await (await open_context(**look)).new_page()
    complaints.listen(page)
    for path in (
        "/health",
        "/mailbox",
        "/mailbox/a1",
        "/mailbox?page=7",
        "/attention?done=input_release",
        "/nope",
    ):
        await page.goto(office.url + path)
        await sound(page)
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), path


async def test_what_waits_is_decided_by_keyboard(
    tmp_path: Path, open_context: Contexts, complaints: Complaints
) -> None:
    async with opened(tmp_path) as here:
        first, second = await here.poison("halo"), await here.poison("selamat siang")
        page = await (await open_context(**PHONE)).new_page()
        complaints.listen(page)
        await page.goto(f"{str(here.client.base_url).rstrip('/')}/attention")
        await reach(page, f"Abaikan Pesan {second}")
        await page.keyboard.press("Enter")
        await sound(page)
        await reach(page, f"Ya, abaikan Pesan {second}")
        await page.keyboard.press("Enter")
        await expect(page.locator("[role=status]")).to_have_text("Pesan itu tidak akan dijawab.")
        await reach(page, f"Coba lagi Pesan {first}")
        await page.keyboard.press("Enter")
        await expect(page.locator("[role=status]")).to_have_text("Pesan itu dicoba lagi.")
        assert await page.locator("article").count() == 0
        assert (await here.state(first))[0] == "new"
        assert (await here.state(second))[1] == "ignored"


async def reach(page: Page, name: str) -> None:
    """Go forward by Tab to what has this name."""
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    pytest.fail(f"{name!r} cannot be reached by keyboard")
