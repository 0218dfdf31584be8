"""The real Sapa in a real browser: from the first word to the ticket, whatever happens in between."""

from __future__ import annotations

import re
import signal
from collections.abc import Awaitable, Callable

import httpx
import pytest
from playwright.async_api import BrowserContext, Page

from tests.browser.conftest import DESK, PHONE, Complaints, Sapa, numbers, texts, until
from tests.web.pictures import png

Contexts = Callable[..., Awaitable[BrowserContext]]
FIRST = {
    "id": "siang, saya beli 2 dus minyak goreng kemarin, yg datang cuma 1, INV-2611-0457",
    "en": "hello, I ordered 2 boxes of cooking oil yesterday and only 1 arrived, INV-2611-0457",
}
ANSWERS = (
    (r"yang mana|which", "Minyak Sari Murni 1 L", "Minyak Sari Murni 1 L"),
    (r"foto|photo", "tidak ada", "I have none"),
    (r"email", "budi@toko-maju.example", "budi@toko-maju.example"),
    (r"nomor hp|telepon|phone|mobile", "081234567890", "081234567890"),
    (r"surat jalan|\bdo\b|delivery", "DO-2611-0812", "DO-2611-0812"),
    (r"tanggal|kapan|date|when", "kemarin", "yesterday"),
    (r"nama|name", "Budi Santoso", "Budi Santoso"),
    (r"alamat|address", "Jl. Melati No. 12, Bekasi", "Jl. Melati No. 12, Bekasi"),
)


class Customer:
    """Somebody who answers what is asked, with a keyboard and nothing else."""

    def __init__(self, page: Page, language: str = "id", *, touch: bool = False) -> None:
        self.page = page
        self.language = language
        self.touch = touch
        self.said: list[str] = []

    async def type(self, text: str) -> None:
        await self.page.keyboard.press("Escape")
        await self.page.keyboard.type(text)
        if self.touch:  # a phone's Enter begins a new line
            await self.page.keyboard.press("Tab")
        await self.page.keyboard.press("Enter")
        self.said.append(text)

    async def answered(self, before: int) -> None:
        """Wait until the bot has spoken after message number `before`, and for the last time."""
        await until(
            self.page,
            f"""(() => {{ const all = [...document.querySelectorAll('#log .msg[data-seq]')];
              return all.length > {before} && !document.querySelector('.pending')
                && all.at(-1).classList.contains('bot')
                && document.getElementById('typing').hidden; }})()""",
        )

    async def step(self, while_dead: Sapa | None = None) -> bool:
        """Answer the last question; False when the ticket has come. `while_dead` is killed before the answer
        is given and started after it."""
        if await self.page.locator(".ticket").count():
            return False
        before = max(await numbers(self.page), default=0)
        asked = (await texts(self.page))[-1].lower()
        if while_dead:
            await while_dead.stop(signal.SIGKILL)
        yes = self.page.locator("#choices button").filter(has_text=re.compile(r"^(ya|yes)\b", re.IGNORECASE))
        if await yes.count():
            await self.press(yes.first)
        else:
            column = 2 if self.language == "en" else 1
            question = asked.split("?")[0].split(". ")[-1]
            found = next((row for row in ANSWERS if re.search(row[0], question)), None)
            assert found is not None, asked
            await self.type(found[column])
        if while_dead:
            await self.page.wait_for_selector(".msg.pending")
            await while_dead.start()
            await self.page.evaluate("dispatchEvent(new Event('online'))")
        await self.answered(before + 1)
        return True

    async def press(self, button: object) -> None:
        """Go back by Shift+Tab to a button, and press it with the keyboard."""
        label = await button.inner_text()  # type: ignore[attr-defined]
        await self.page.keyboard.press("Escape")
        for _ in range(15):
            await self.page.keyboard.press("Shift+Tab")
            if await self.page.evaluate("document.activeElement.textContent.trim()") == label:
                break
        else:
            pytest.fail(f"{label!r} cannot be reached by keyboard")
        await self.page.keyboard.press("Enter")
        self.said.append(label)


async def visit(open_context: Contexts, complaints: Complaints, url: str, **given: object) -> Page:
    page = await (await open_context(**given)).new_page()
    complaints.listen(page)
    await page.goto(url)
    await page.wait_for_selector(".line.online", state="attached")
    return page


async def whole(page: Page, customer: Customer) -> None:
    """Nothing is lost, nothing is there twice, and there is one ticket."""
    found = await numbers(page)
    assert found == list(range(1, len(found) + 1))
    mine = await page.eval_on_selector_all("#log .me .text", "all => all.map(e => e.innerText)")
    assert mine == customer.said
    tickets = set(await page.locator(".ticket strong").all_inner_texts())
    assert len(tickets) == 1
    assert re.fullmatch(r"[A-Z]{2,4}-\d{4}-\w{4,}-\w", tickets.pop())


@pytest.mark.slow
@pytest.mark.sop("E2", "E3", "E9", "K4", "K5")
@pytest.mark.parametrize(
    ("language", "size"), [("id", DESK), ("id", PHONE), ("en", DESK)], ids=["desk", "phone", "english"]
)
async def test_to_the_ticket_by_keyboard(
    kept_sapa: Sapa,
    open_context: Contexts,
    complaints: Complaints,
    language: str,
    size: dict[str, object],
) -> None:
    page = await visit(
        open_context, complaints, kept_sapa.url, locale="en-GB" if language == "en" else "id-ID", **size
    )
    customer = Customer(page, language, touch=size is PHONE)
    await customer.type(FIRST[language])
    await customer.answered(1)
    for _ in range(20):
        if not await customer.step():
            break
    await whole(page, customer)
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    async with httpx.AsyncClient(base_url=kept_sapa.url, timeout=10) as client:
        assert (await client.get("/health")).json()["ok"] is True
        mails = ""
        while (number := (await page.locator(".ticket strong").first.inner_text())) not in mails:
            mails = (await client.get("/mailbox", headers={"Accept": "text/html"})).text
    assert number in mails


@pytest.mark.slow
async def test_killed_and_restarted_and_reloaded_at_every_step(
    running_sapa: Sapa, open_context: Contexts, complaints: Complaints
) -> None:
    page = await visit(open_context, complaints, running_sapa.url)
    customer = Customer(page)
    await customer.type(FIRST["id"])
    await customer.answered(1)
    for step in range(20):
        if step % 3 == 1:
            await page.reload()
            await page.wait_for_selector(".line.online", state="attached")
        if not await customer.step(while_dead=running_sapa if step % 3 == 0 else None):
            break
    await page.reload()
    await page.wait_for_selector(".ticket")
    await whole(page, customer)


@pytest.mark.slow
async def test_photo_reaches_the_department(
    kept_sapa: Sapa, open_context: Contexts, complaints: Complaints
) -> None:
    page = await visit(open_context, complaints, kept_sapa.url)
    customer = Customer(page)
    await page.set_input_files("#files", {"name": "kardus.png", "mimeType": "image/png", "buffer": png()})
    await customer.type("minyak goreng datang kurang 1 dus, INV-2611-0457, ini fotonya")
    await customer.answered(1)
    await until(page, "document.querySelector('#log .msg[data-seq] img')?.naturalWidth === 40")
    for _ in range(20):
        if not await customer.step():
            break
    await page.wait_for_selector(".ticket")
    async with httpx.AsyncClient(base_url=kept_sapa.url, timeout=10) as client:
        number = await page.locator(".ticket strong").first.inner_text()
        path = ""
        while not path:
            listed = (await client.get("/mailbox", headers={"Accept": "text/html"})).text
            letters = re.findall(r'href="(/mailbox/[0-9a-f]+)">(.*?)</a>', listed, re.DOTALL)
            path = next((path for path, about in letters if number in about), "")
        shown = (await client.get(path, headers={"Accept": "text/html"})).text
        file = await client.get(f"{path}/files/0")
    assert "kardus.png" in shown
    assert file.content == png()


async def test_told_to_stop_it_stops_although_browsers_listen(
    running_sapa: Sapa, open_context: Contexts, complaints: Complaints
) -> None:
    page = await visit(open_context, complaints, running_sapa.url)
    assert await running_sapa.stop() == 0
    await page.wait_for_selector(".line.offline", state="attached")
    await running_sapa.start()
    await page.wait_for_selector(".line.online", state="attached", timeout=40_000)
