"""The chat page in a real browser: by keyboard, on a phone, without a script, and with hostile words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import BrowserContext, Page, Route

from channels.base import Message, Pressed
from tests.browser.conftest import DESK, PHONE, Open, numbers, say, shown, texts, until
from tests.web.double import NUMBER, Server
from tests.web.pictures import png

Contexts = Callable[..., Awaitable[BrowserContext]]
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</p></div><h1>palsu</h1>",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    'javascript:alert(1) https://a.example/"onmouseover=alert(1)',
    "'; DROP TABLE items; --",
    "\u202egnirts nettirw\u200b\u2066 abc",
)


async def focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


async def test_talk_to_the_ticket_by_keyboard_only(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    assert await focused(page) == "text"
    await page.keyboard.type("siang, 2 dus minyak datang cuma 1")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("INV-2611-0457")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#choices button:has-text('Ya, betul')")
    assert await focused(page) == "text"
    await page.keyboard.press("Shift+Tab")  # the attachment
    await page.keyboard.press("Shift+Tab")  # the last choice
    assert await focused(page) == "Bukan"
    await page.keyboard.press("Shift+Tab")
    assert await focused(page) == "Ya, betul"
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".ticket")
    assert await focused(page) == "text"
    for _ in range(8):
        await page.keyboard.press("Shift+Tab")
        if await focused(page) == "Salin":
            break
    assert await focused(page) == "Salin"
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".copy:has-text('Tersalin')")
    await page.keyboard.press("Escape")
    assert await focused(page) == "text"
    first, second = server.memory.inbound
    assert isinstance(first, Message)
    assert first.text == "siang, 2 dus minyak datang cuma 1\nINV-2611-0457"
    assert isinstance(second, Pressed)
    assert (second.value, second.of) == ("yes", "2")


async def test_talk_on_a_small_phone_by_keyboard(open_chat: Open, server: Server) -> None:
    page = await open_chat(**PHONE)
    await page.focus("#text")
    await page.keyboard.type("produk rusak")
    await page.keyboard.press("Enter")  # a phone's Enter begins a line
    await page.keyboard.type("satu dus")
    await page.keyboard.press("Tab")
    assert await focused(page) in ("send", "Kirim")
    await page.keyboard.press("Enter")
    await shown(page, 2)
    await page.focus("#text")
    await page.keyboard.type("ya")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(f".ticket:has-text('{NUMBER}')")
    assert [one.text for one in server.memory.inbound if isinstance(one, Message)] == [
        "produk rusak\nsatu dus",
        "ya",
    ]
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    box = await page.locator("#send").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 640


async def test_buttons_belong_to_the_last_question_only(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    assert await page.locator("#choices button").count() == 3  # ways to begin
    await page.click("#choices button >> nth=0")
    await shown(page, 2)
    assert await page.locator("#choices button").all_inner_texts() == ["Ya, betul", "Bukan"]
    await say(page, "ya")
    await shown(page, 4)
    assert await page.locator("#choices").is_hidden()
    assert isinstance(server.memory.inbound[0], Message)


async def test_hostile_words_are_shown_as_words(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    for n, text in enumerate(HOSTILE, 1):
        await say(page, text)
        await shown(page, 2 * n)
    await page.reload()
    await shown(page, 2 * len(HOSTILE))
    assert (await texts(page))[::2] == list(HOSTILE)
    assert await page.locator("#log img, #log script, #log h1").count() == 0
    assert await page.locator("#log a").evaluate_all("all => all.map(a => a.protocol)") == ["https:"] * 1
    key = server.memory.inbound[0].thread
    await server.memory.say(key, "<b>tebal</b> https://resmi.example/a?b=c. javascript:alert(1)")
    await shown(page, 2 * len(HOSTILE) + 1)
    link = page.locator("#log .msg >> nth=-1").locator("a")
    assert await link.get_attribute("href") == "https://resmi.example/a?b=c"
    assert "noopener" in str(await link.get_attribute("rel"))


async def test_hostile_words_without_a_script(open_chat: Open, open_context: Contexts) -> None:
    page = await open_chat(java_script_enabled=False)
    await page.fill("#text", HOSTILE[0] + HOSTILE[1])
    await page.click("#send")
    assert HOSTILE[0] in str(await page.text_content("#log"))
    assert await page.locator("#log img, #log script").count() == 0


async def test_talk_without_a_script(open_chat: Open, server: Server) -> None:
    page = await open_chat(java_script_enabled=False)
    await page.fill("#text", "2 dus kurang")
    await page.set_input_files("#files", {"name": "kardus.png", "mimeType": "image/png", "buffer": png()})
    await page.click("#send")
    assert "2 dus kurang" in str(await page.text_content("#log"))
    assert await page.locator("#log img").evaluate("i => i.naturalWidth") == 40
    await page.click("button:has-text('Ya, betul')")
    assert NUMBER in str(await page.text_content("#log"))
    await page.click("noscript a, a:has-text('Muat ulang')")
    assert len(server.memory.inbound) == 2
    assert isinstance(server.memory.inbound[1], Pressed)


async def test_form_of_the_page_goes_through_once_when_pressed_twice(open_chat: Open, server: Server) -> None:
    page = await open_chat(java_script_enabled=False)
    await page.fill("#text", "halo")
    await page.dblclick("#send")
    await page.wait_for_selector("#log .msg")
    assert len(server.memory.inbound) == 1


async def test_too_long_a_text_is_kept_and_said(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    await say(page, "x" * 10_001)
    assert "terlalu panjang" in await page.inner_text("#notice")
    assert len(await page.input_value("#text")) == 10_001
    await say(page, "pendek")
    await shown(page, 2)
    assert await page.locator("#notice").is_hidden()


async def test_photo_is_seen_at_once_and_still_there_after_a_reload(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    await page.set_input_files(
        "#files",
        [
            {"name": "kardus <b>.png", "mimeType": "image/png", "buffer": png()},
            {"name": "nota.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n"},
        ],
    )
    assert await page.locator("#chips li").count() == 2
    await page.click("#chips button >> nth=1")
    assert await page.locator("#chips li").count() == 1
    await say(page, "fotonya")
    await shown(page, 1)
    await page.reload()
    await shown(page, 1)
    picture = page.locator("#log img")
    await picture.scroll_into_view_if_needed()
    await until(page, "document.querySelector('#log img')?.naturalWidth === 40")
    assert await picture.get_attribute("alt") == "Foto kardus b.png"


async def test_file_that_is_not_what_it_says_is_refused_with_words(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    fake = {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": b"<html><script>alert(1)</script>"}
    await page.set_input_files("#files", fake)
    await say(page, "ini fotonya")
    await page.wait_for_selector(".failure:has-text('foto.jpg')")
    await say(page, "yang ini jalan")  # nothing stands in the way of what comes after
    await shown(page, 2)
    await page.click(".failure button:has-text('Ubah')")
    assert await page.input_value("#text") == "ini fotonya"
    assert await page.locator(".failure").count() == 0
    await page.reload()
    await shown(page, 2)
    assert await page.locator(".failure").count() == 0
    assert [one.text for one in server.memory.inbound if isinstance(one, Message)] == ["yang ini jalan"]


async def test_own_message_is_read_out_once(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    await page.evaluate(
        """() => { window.added = []; new MutationObserver(list => { for (const m of list)
          window.added.push(...[...m.addedNodes].filter(n => n.classList.contains('msg')));
        }).observe(document.getElementById('log'), {childList: true}); }"""
    )
    await say(page, "halo")
    await shown(page, 2)
    assert await page.evaluate("window.added.length") == 2
    assert await page.get_attribute("#log", "aria-live") == "polite"
    assert await page.get_attribute("#log", "role") == "log"


async def test_dots_are_shown_only_while_an_answer_may_come(open_chat: Open, server: Server) -> None:
    server.memory.silent = True
    page = await open_chat()
    await say(page, "halo")
    await shown(page, 1)
    assert await page.locator("#typing").is_hidden() or server.memory.silent
    key = server.memory.inbound[0].thread
    await server.memory.say(key, "Selamat siang, Kak.")
    await shown(page, 2)
    assert await page.locator("#typing").is_hidden()


async def test_earlier_messages_come_on_request_and_in_order(open_chat: Open, server: Server) -> None:
    page = await open_chat()
    await say(page, "halo")
    await shown(page, 2)
    key = server.memory.inbound[0].thread
    for n in range(118):
        await server.memory.say(key, f"pesan {n}")
    await shown(page, 120)
    await page.reload()
    await shown(page, 120)
    assert await numbers(page) == list(range(71, 121))
    await page.click("#older")
    await shown(page, 21)
    await page.click("#older")
    await shown(page, 1)
    assert await numbers(page) == list(range(1, 121))
    assert await page.locator("#older").is_hidden()


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
async def test_nothing_is_wider_than_the_screen(open_chat: Open, server: Server, width: int) -> None:
    page = await open_chat(viewport={"width": width, "height": 640})
    await say(page, "w" * 500 + " https://panjang.example/" + "a" * 300)
    await shown(page, 2)
    await say(page, "ya")
    await page.wait_for_selector(".ticket")
    await page.set_input_files(
        "#files",
        [{"name": "n" * 90 + f"{n}.png", "mimeType": "image/png", "buffer": png()} for n in range(5)],
    )
    wide = await page.evaluate(
        """() => [...document.querySelectorAll('body *')].filter(e => {
          const r = e.getBoundingClientRect();
          return r.width > 1 && r.right > innerWidth + 1 && getComputedStyle(e).position !== 'absolute';
        }).map(e => e.className || e.tagName)"""
    )
    assert wide == []
    box = await page.locator("#text").bounding_box()
    assert box is not None
    assert box["width"] >= 120


async def test_language_can_be_changed_and_stays(open_chat: Open) -> None:
    page = await open_chat()
    await page.click(".language")
    await page.wait_for_selector("html[lang=en]")
    assert await page.inner_text("#choices button >> nth=0") == "Some of my goods are missing"
    await page.goto(page.url.partition("?")[0])
    assert await page.get_attribute("html", "lang") == "en"


async def test_answer_of_a_server_that_is_no_json_is_not_the_end(open_chat: Open, server: Server) -> None:
    """A captive portal or a proxy answers in our place."""
    page = await open_chat()
    tries = 0

    async def portal(route: Route) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            await route.fulfill(status=502, body="<html>Bad gateway</html>", content_type="text/html")
        else:
            await route.continue_()

    await page.route("**/chat/messages", portal)
    await say(page, "halo")
    await shown(page, 2)
    assert tries == 2
    assert len(server.memory.inbound) == 1


async def test_all_words_fit_both_ways_round(open_chat: Open) -> None:
    for size in (DESK, PHONE):
        page = await open_chat(**size, locale="en-GB")
        assert await page.locator("h1").is_visible()
        await asyncio.sleep(0)
