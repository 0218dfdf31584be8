"""The page of scripts/stand-ins in a real browser: by keyboard, on a desk and on a phone; axe is content."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Complaints
from tests.browser.test_accessibility import LOOKS, Contexts, sound
from tests.standins.graph import Graph
from tests.standins.page import Desk, SmsPhone, TelegramPhone, WhatsAppPhone
from tests.standins.sms import Gateway
from tests.standins.telegram import BotApi
from tests.waiting import until

KEYBOARD = {"inline_keyboard": [[{"text": "Ya, betul", "callback_data": "m:yes"}]]}


@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[3]])
async def test_a_talk_by_keyboard(
    open_context: Contexts, complaints: Complaints, look: dict[str, object]
) -> None:
    async with BotApi() as api, Graph() as graph, Gateway() as sms:
        phones = [TelegramPhone(api), WhatsAppPhone(graph), SmsPhone(sms)]
        async with Desk(phones, "http://127.0.0.1:8080") as desk:
            page = await (await open_context(**look)).new_page()
            complaints.listen(page)
            await page.goto(desk.url)
            await sound(page)
            await page.focus("#telegram-text")
            await page.keyboard.type("siang")
            await page.keyboard.press("Enter")
            await expect(page.locator("#telegram .mine")).to_contain_text("siang")
            budi = api.person("Budi Santoso")
            asks = {"chat_id": budi.id, "text": "Betul?", "reply_markup": KEYBOARD}
            await api.sending.do("sendMessage", asks)
            button = page.get_by_role("button", name="Ya, betul")
            await button.focus()
            await page.keyboard.press("Enter")
            await until(lambda: len(api.updates.waiting()) == 2)  # a press is no line on the page
            kinds = [set(update.body) - {"update_id"} for update in api.updates.waiting()]
            assert kinds == [{"message"}, {"callback_query"}]
            await expect(page.locator("#telegram .log > .line")).to_have_count(2)
            await page.click("#telegram-knobs summary")
            blocked = page.get_by_role("switch", name="I have blocked the bot")
            await blocked.click()
            await expect(blocked).to_have_attribute("aria-checked", "true")
            await page.click("#telegram-acts summary")
            await sound(page)
            root = "document.documentElement"
            over = await page.evaluate(
                f"[{root}.scrollWidth - innerWidth, {root}.scrollHeight - innerHeight]"
            )
            assert max(over) <= 0, "nothing is larger than the screen: the messages scroll, the page does not"
            if await page.locator(".tabs").is_visible():
                await page.click("[data-tab=whatsapp]")
            await page.click("#whatsapp-acts summary")
            await page.locator("#whatsapp").get_by_role("button", name="Photo", exact=True).click()
            await expect(page.locator("#whatsapp .log img")).to_be_visible()
            await sound(page)
