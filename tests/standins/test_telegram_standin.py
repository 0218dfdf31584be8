"""The Bot API's stand-in against an independent client: python-telegram-bot's `Bot`."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut
from telegram.request import HTTPXRequest
from telegram.warnings import PTBUserWarning

from .faults import Fails, Garbage, Lost
from .telegram import JPEG, BotApi
from .telegram.markup import parse_html
from .webhooks import Receiver

pytestmark = pytest.mark.filterwarnings("ignore:.*retry_after:telegram.warnings.PTBDeprecationWarning")


def a_bot(api: BotApi, token: str = "") -> Bot:
    """One without certificates: loading them twice costs more than the rest of a test."""
    plain = [HTTPXRequest(connection_pool_size=8, httpx_kwargs={"verify": False}) for _ in range(2)]
    return Bot(
        token or api.token,
        base_url=api.base_url,
        base_file_url=api.base_file_url,
        request=plain[0],
        get_updates_request=plain[1],
    )


@asynccontextmanager
async def at_work(**given: Any) -> AsyncIterator[tuple[BotApi, Bot]]:
    async with BotApi(scale=0.01, **given) as api, a_bot(api) as bot:
        yield api, bot


async def raw_updates(bot: Bot, **asked: Any) -> list[dict[str, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PTBUserWarning)
        return await bot.do_api_request("getUpdates", api_kwargs=asked, read_timeout=30)  # type: ignore[no-any-return]


async def test_a_talk_with_a_keyboard_a_press_and_an_edit() -> None:
    async with at_work() as (api, bot):
        budi = api.person("Budi Santoso")
        assert (await bot.get_me()).username == "sapa_uji_bot"
        said = budi.says("Siang, minyaknya bocor")
        (update,) = await bot.get_updates(timeout=0)
        assert update.update_id > 2**32
        assert update.message is not None
        assert (update.message.text, update.message.chat.id) == ("Siang, minyaknya bocor", budi.id)
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Ya, betul", callback_data="m:yes")]])
        sent = await bot.send_message(
            budi.id,
            "Betul <b>bocor</b> 👍?",
            parse_mode="HTML",
            reply_markup=keyboard,
            reply_to_message_id=said,
        )
        asked = await budi.hears("bocor")
        assert asked.text == "Betul bocor 👍?"
        assert sent.entities[0].length == 5
        budi.presses(asked, "Ya, betul")
        (pressed,) = await bot.get_updates(offset=update.update_id + 1, timeout=5)
        assert pressed.callback_query is not None
        assert pressed.callback_query.data == "m:yes"
        await bot.answer_callback_query(pressed.callback_query.id, "Baik")
        assert budi.toasts == ["Baik"]
        with pytest.raises(BadRequest, match=r"(?i)query is too old"):
            await bot.answer_callback_query(pressed.callback_query.id)
        await bot.edit_message_reply_markup(budi.id, sent.message_id)
        assert asked.labels == []
        with pytest.raises(BadRequest, match=r"(?i)not modified"):
            await bot.edit_message_reply_markup(budi.id, sent.message_id)
        await bot.set_my_commands([BotCommand("help", "Bantuan")])
        assert (await bot.get_my_commands())[0].command == "help"


async def test_a_photo_comes_and_goes_byte_for_byte() -> None:
    async with at_work() as (api, bot):
        budi = api.person("Budi")
        budi.sends_album([JPEG + b"1", JPEG + b"2"], "rusak semua")
        first, second = await bot.get_updates(timeout=0)
        assert first.message is not None
        assert second.message is not None
        assert first.message.media_group_id == second.message.media_group_id
        assert (first.message.caption, second.message.caption) == ("rusak semua", None)
        file = await bot.get_file(first.message.photo[-1].file_id)
        assert bytes(await file.download_as_bytearray()) == JPEG + b"1"
        api.chats.files.expire()
        with pytest.raises(InvalidToken):  # python-telegram-bot's word for any 404
            await file.download_as_bytearray()
        await bot.send_photo(budi.id, JPEG + b"3", caption="Contoh")
        await bot.send_document(budi.id, b"%PDF-1.7", filename="nota.pdf")
        await bot.send_media_group(budi.id, [InputMediaPhoto(JPEG + b"4"), InputMediaPhoto(JPEG + b"5")])
        assert [g.file for g in budi.got] == [JPEG + b"3", b"%PDF-1.7", JPEG + b"4", JPEG + b"5"]


async def test_an_update_is_confirmed_by_a_higher_offset_only() -> None:
    async with at_work() as (api, bot):
        budi = api.person("Budi")
        for number in range(5):
            budi.says(str(number))
        first = (await raw_updates(bot, timeout=0, limit=2))[0]["update_id"]
        assert len(await raw_updates(bot, offset=first, timeout=0)) == 5
        assert len(await raw_updates(bot, offset=first, timeout=0)) == 1, "the same offset in haste: one only"
        assert [u["message"]["text"] for u in await raw_updates(bot, offset=first + 3, timeout=0)] == [
            "3",
            "4",
        ]
        assert [u["message"]["text"] for u in await raw_updates(bot, offset=-1, timeout=0)] == ["4"]
        api.clock.advance(hours=23.9)
        budi.presses_value(await _shown(api, bot), "x")
        assert len(await raw_updates(bot, offset=first + 4, timeout=0)) == 2
        api.clock.advance(seconds=151)
        assert len(await raw_updates(bot, offset=0, timeout=0)) == 1, "a press lives for 150 seconds"
        api.clock.advance(hours=0.2)
        assert await raw_updates(bot, offset=1, timeout=0) == []


async def _shown(api: BotApi, bot: Bot) -> Any:
    budi = api.person("Budi")
    await bot.send_message(budi.id, "?")
    return await budi.hears("?")


async def test_the_older_of_two_pollers_is_turned_away() -> None:
    async with at_work() as (api, bot), a_bot(api) as other:
        older = asyncio.create_task(raw_updates(bot, timeout=20))
        while not api.calls.of("getUpdates"):
            await asyncio.sleep(0.001)
        newer = asyncio.create_task(raw_updates(other, timeout=20))
        with pytest.raises(Conflict, match="terminated by other getUpdates"):
            await older
        api.person("Budi").says("halo")
        assert len(await newer) == 1


async def test_allowed_updates_are_remembered_and_a_block_is_told() -> None:
    async with at_work() as (api, bot):
        budi = api.person("Budi")
        budi.blocks()
        with pytest.raises(Forbidden, match="blocked by the user"):
            await bot.send_message(budi.id, "halo")
        await bot.get_updates(timeout=0, allowed_updates=["message"])
        budi.unblocks()
        budi.edits(budi.says("satu"), "dua")
        told = await raw_updates(bot, timeout=0, offset=-10)
        assert [set(u) - {"update_id"} for u in told] == [{"my_chat_member"}, {"message"}]
        budi.leaves_telegram()
        with pytest.raises(Forbidden, match="deactivated"):
            await bot.send_message(budi.id, "halo")
        with pytest.raises(Forbidden, match="can't initiate"):
            await bot.send_message(api.person("Sri", started=False).id, "halo")


async def test_what_telegram_refuses_is_refused() -> None:
    async with at_work() as (api, bot):
        id_ = api.person("Budi").id
        await bot.send_message(id_, "👍" * 2048)
        for words, why in (("👍" * 2049, "too long"), ("a <b>", "parse entities"), ("<x>", "Unsupported")):
            with pytest.raises(BadRequest, match=f"(?i){why}"):
                await bot.send_message(id_, words, parse_mode="HTML")
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Ya", callback_data="é" * 33)]])
        with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
            await bot.send_message(id_, "?", reply_markup=keyboard)
        with pytest.raises(BadRequest, match=r"[Cc]hat not found"):
            await bot.send_message(77, "?")
        stranger = a_bot(api, "1:" + "x" * 30)
        with pytest.raises(InvalidToken):
            await stranger.initialize()
        await stranger.shutdown()
        api.revoke()
        with pytest.raises(InvalidToken):
            await bot.send_message(id_, "?")


async def test_floods_and_faults_are_told_as_telegram_tells_them() -> None:
    async with at_work(per_chat=1.0) as (api, bot):
        budi, sri = api.person("Budi"), api.person("Sri")
        for _ in range(3):
            await bot.send_message(budi.id, "a")
        with pytest.raises(RetryAfter) as slow:
            await bot.send_message(budi.id, "b")
        assert slow.value._retry_after.total_seconds() == 1
        await bot.send_message(sri.id, "another chat is not held up")
        api.faults.next("sendMessage", Lost())
        with pytest.raises(NetworkError):
            await bot.send_message(sri.id, "lost")
        assert sri.texts[-1] == "lost"
        api.faults.next("sendMessage", Garbage())
        api.faults.next("sendMessage", Fails(502))
        for _ in range(2):
            with pytest.raises(NetworkError):
                await bot.send_message(sri.id, "refused")
        held = api.faults.hold("sendMessage", done=True)
        with pytest.raises(TimedOut):
            await bot.send_message(sri.id, "slow", read_timeout=0.05)
        held.release()
        assert sri.texts[-1] == "slow"
        assert [c.status for c in api.calls.of("sendMessage")][-5:-1] == [200, -1, 502, 502]


async def test_the_webhook_gets_each_queue_in_order_and_tries_again() -> None:
    async with at_work() as (api, bot), Receiver() as ours:
        budi, sri = api.person("Budi"), api.person("Sri")
        await bot.set_webhook(ours.url, secret_token="rahasia_1", max_connections=10)
        with pytest.raises(Conflict, match="webhook is active"):
            await bot.get_updates(timeout=0)
        await bot.send_message(budi.id, "?")
        ours.answers = [503, 500]
        budi.says("satu")
        budi.says("dua")
        await api.hook.idle()
        budi.presses_value(await budi.hears("?"), "m:yes")
        sri.says("tiga")
        await api.hook.idle()
        assert ours.posts[0].headers["content-type"] == "application/json"
        assert ours.posts[0].headers["x-telegram-bot-api-secret-token"] == "rahasia_1"
        texts = [p.json().get("message", {}).get("text") for p in ours.posts]
        assert [t for t in texts if t in ("satu", "dua")] == ["satu", "satu", "satu", "dua"]
        info = await bot.get_webhook_info()
        assert info.pending_update_count == 0
        assert "500" in (info.last_error_message or "")
        api.hook.deliveries.copies = 2
        budi.says("empat")
        await api.hook.idle()
        assert [p.json()["message"]["text"] for p in ours.posts[-2:]] == ["empat", "empat"]
        await bot.delete_webhook()
        budi.says("lima")
        assert [u.message.text for u in await bot.get_updates(timeout=0) if u.message] == ["lima"]


async def test_a_press_overtakes_a_text_that_is_held_up() -> None:
    async with at_work() as (api, bot), Receiver() as ours:
        budi = api.person("Budi")
        await bot.set_webhook(ours.url)
        await bot.send_message(budi.id, "?")
        text = ours.hold(lambda body: b"tertahan" in body)
        budi.says("tertahan")
        await text.reached.wait()
        budi.presses_value(await budi.hears("?"), "m:yes")
        await ours.got(lambda post: "callback_query" in post.json())
        text.release()
        await api.hook.idle()
        assert "callback_query" in ours.posts[0].json()


async def test_it_comes_back_on_its_port_with_all_it_knew() -> None:
    api = BotApi()
    await api.start()
    api.person("Budi").says("sebelum")
    async with a_bot(api) as bot:
        await api.stop()
        with pytest.raises(NetworkError):
            await bot.get_updates(timeout=0)
        await api.start()
        assert [u.message.text for u in await bot.get_updates(timeout=0) if u.message] == ["sebelum"]
    await api.stop()


async def test_an_own_process_is_told_what_people_do() -> None:
    async with BotApi() as api, httpx.AsyncClient(base_url=api.url, trust_env=False) as remote:
        await remote.post("/-/do", json={"person": "Budi", "act": "says", "args": ["halo"]})
        async with a_bot(api) as bot:
            (update,) = await bot.get_updates(timeout=0)
            await bot.send_message(update.effective_chat.id, "Halo, Kak")  # type: ignore[union-attr]
        assert (await remote.get("/-/got?person=Budi")).json()[0]["text"] == "Halo, Kak"
        assert [c["method"] for c in (await remote.get("/-/calls")).json()][-1] == "sendMessage"


def test_html_becomes_text_and_entities_in_utf16_units() -> None:
    text, entities = parse_html(
        '👍 <b>a<i>b</i></b> &lt;c&gt; &copy; <a href="https://x.example/?a=1&amp;b">d</a>'
    )
    assert text == "👍 ab <c> &copy; d"
    assert [(e["type"], e["offset"], e["length"]) for e in entities] == [
        ("bold", 3, 2),
        ("italic", 4, 1),
        ("text_link", 17, 1),
    ]
    assert entities[2]["url"] == "https://x.example/?a=1&b"
