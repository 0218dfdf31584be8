"""What leaves arrives once, at a pace that Telegram likes, and every failure says what is certain."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from channels.base import Refused, Retry, Sent, Unknown
from channels.telegram.pacing import Pace
from channels.telegram.provider import Telegram
from tests.standins.faults import Dropped, Fails, Garbage, Lost
from tests.standins.telegram import JPEG, BotApi, Refusal
from tests.telegram.kit import a_bot, answer, photo
from tests.waiting import until

PDF = b"%PDF-1.7 nota"


async def test_a_text_leaves_as_it_is_and_is_named_by_its_message_id() -> None:
    """No markup: signs that would be HTML or Markdown are neither refused nor lost."""
    text = "Produk <b>A&B</b> *rusak* _2_ dus [x](http://y.z) 👍 & lagi"
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        result = await bot.send(answer(sri.id, text))
        got = await sri.hears()
        assert got.text == text
        assert result == Sent(got.id)
        (call,) = api.calls.of("sendMessage")
        assert "parse_mode" not in call.args
        assert json.loads(call.args["link_preview_options"]) == {"is_disabled": True}


async def test_choices_are_buttons_that_bring_back_their_value_untouched() -> None:
    choices = [("1a:yes", "Ya"), ("1a:no", "Bukan"), ("1a:x", "Saya ingin bicara dengan orang")]
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        assert isinstance(await bot.send(answer(sri.id, "Benar?", choices=choices)), Sent)
        asked = await sri.hears("Benar?")
        assert [(button.value, button.label) for button in asked.buttons] == choices
        (call,) = api.calls.of("sendMessage")
        rows = json.loads(call.args["reply_markup"])["inline_keyboard"]
        assert [len(row) for row in rows] == [2, 1]


async def test_a_value_too_long_for_a_button_makes_a_list_instead_of_a_refusal() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        choices = [("n" * 65, "Ya"), ("no", "Bukan")]
        assert isinstance(await bot.send(answer(sri.id, "Benar?", choices=choices)), Sent)
        assert (await sri.hears()).text == "Benar?\n1. Ya\n2. Bukan"


@pytest.mark.parametrize("unit", ["Kalimat yang panjang sekali. ", "😀", "tanpaspasi"])
async def test_a_text_beyond_the_limit_arrives_whole_in_several_parts(unit: str) -> None:
    """4096 is counted in UTF-16 units: 3,000 emoji are too many."""
    text = unit * (9000 // len(unit))
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        result = await bot.send(answer(sri.id, text, choices=[("a", "Ya")]))
        assert isinstance(result, Sent)
        assert "".join(sri.texts).replace(" ", "") == text.replace(" ", "")
        assert len(sri.got) >= 3
        assert [bool(got.buttons) for got in sri.got] == [False] * (len(sri.got) - 1) + [True]
        assert result.external_id == sri.got[-1].id


async def test_files_leave_as_what_they_are() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        await bot.send(answer(sri.id, "Fotonya", attachments=(photo(JPEG),), choices=[("y", "Ya")]))
        one = await sri.hears("Fotonya")
        assert (one.kind, one.file, one.labels) == ("photo", JPEG, ["Ya"])
        files = (photo(PDF, "nota juli.pdf", "application/pdf"), photo(b"film", "a.mp4", "video/mp4"))
        await bot.send(answer(sri.id, "Dua berkas", key="2", attachments=files))
        assert [(got.kind, got.file) for got in sri.got[1:]] == [
            ("document", PDF), ("video", b"film"), ("text", b""),
        ]  # fmt: skip
        assert sri.got[1].file_name == "nota juli.pdf"
        assert sri.got[-1].text == "Dua berkas"
        large = photo(JPEG + bytes(10 * 1024 * 1024))
        await bot.send(answer(sri.id, "", key="3", attachments=(large,)))
        assert sri.got[-1].kind == "document"  # a photo may have 10 MB, a document 50
        long = "kata " * 300
        await bot.send(answer(sri.id, long, key="4", attachments=(photo(JPEG),)))
        assert [got.text for got in sri.got[-2:]] == ["", long.strip()]  # longer than a caption may be


async def test_a_photo_that_telegram_cannot_read_goes_as_a_document() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        api.faults.next("sendPhoto", Fails(400, reason="Bad Request: PHOTO_INVALID_DIMENSIONS"))
        assert isinstance(await bot.send(answer(sri.id, "Lihat", attachments=(photo(JPEG),))), Sent)
        assert [(got.kind, got.text) for got in sri.got] == [("document", "Lihat")]


async def test_what_cannot_be_sent_at_all_is_refused_without_a_call() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        assert isinstance(await bot.send(answer(1, "  ")), Refused)
        large = photo(bytes(50 * 1024 * 1024 + 1), "film.mp4", "video/mp4")
        refused = await bot.send(answer(1, "Lihat", attachments=(large,)))
        assert isinstance(refused, Refused)
        assert "film.mp4" in refused.reason
        assert not api.calls


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fails(403), "blocked the bot"),
        (Fails(403, reason="Forbidden: user is deactivated"), "account is gone"),
        (Fails(403, reason="Forbidden: bot can't initiate conversation with a user"), "never written"),
        (Fails(400, reason="Bad Request: chat not found"), "no such chat"),
        (Fails(400, reason="Bad Request: BUTTON_TYPE_INVALID"), "BUTTON_TYPE_INVALID"),
        (Fails(413, reason="Request Entity Too Large"), "larger than Telegram takes"),
    ],
)
async def test_what_is_refused_for_good_is_a_dead_letter_with_plain_words(fault: Fails, reason: str) -> None:
    async with BotApi() as api, a_bot(api) as bot:
        api.faults.next("sendMessage", fault)
        result = await bot.send(answer(api.person("Sri").id))
        assert isinstance(result, Refused)
        assert not result.stop_channel
        assert reason in result.reason
        assert len(api.calls.of("sendMessage")) == 1


async def test_who_blocked_the_bot_or_left_is_told_apart() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        sri, budi, ani = api.person("Sri"), api.person("Budi"), api.person("Ani", started=False)
        sri.blocks()
        budi.leaves_telegram()
        words = [(await bot.send(answer(each.id))) for each in (sri, budi, ani)]
        assert all(isinstance(each, Refused) for each in words)
        assert len({each.reason for each in words if isinstance(each, Refused)}) == 3


async def test_a_revoked_token_stops_the_channel_and_no_message_is_lost() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        api.revoke()
        result = await bot.send(answer(api.person("Sri").id))
        assert isinstance(result, Refused)
        assert result.stop_channel
        assert "@BotFather" in result.reason


@pytest.mark.parametrize(
    "fault", [Lost(), Dropped(), Fails(500), Fails(502), Garbage(), Garbage(200, b"{}")], ids=repr
)
async def test_what_leaves_a_message_in_doubt_is_unknown_and_never_sent_again_by_itself(fault: Any) -> None:
    """python-telegram-bot#1045: timed out yet delivered, and then sent three times."""
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        api.faults.next("sendMessage", fault)
        assert isinstance(await bot.send(answer(sri.id)), Unknown)
        assert len(api.calls.of("sendMessage")) == 1


@pytest.mark.parametrize("fault", [Fails(503), Garbage(403), Garbage(302)], ids=repr)
async def test_what_was_certainly_not_taken_is_tried_again(fault: Any) -> None:
    async with BotApi() as api, a_bot(api) as bot:
        api.faults.next("sendMessage", fault)
        assert isinstance(await bot.send(answer(api.person("Sri").id)), Retry)


async def test_without_a_connection_nothing_was_sent() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        await api.stop()
        result = await bot.send(answer(sri.id))
        assert isinstance(result, Retry)
        assert not result.alone
        await api.start()
        assert isinstance(await bot.send(answer(sri.id)), Sent)


async def test_an_hour_without_telegram_costs_one_doubtful_message_and_not_all() -> None:
    """After an answer in doubt the server is asked a harmless question before the next message is risked."""
    async with BotApi() as api, a_bot(api) as bot:
        people = [api.person(f"P{n}") for n in range(6)]
        api.faults.always("*", Fails(502))
        words = [await bot.send(answer(each.id, key=str(each.id))) for each in people]
        assert [type(each) for each in words] == [Unknown] + [Retry] * 5
        assert len(api.calls.of("sendMessage")) == 1
        api.faults.clear()
        words = [await bot.send(answer(each.id, key=str(each.id))) for each in people[1:]]
        assert {type(each) for each in words} == {Sent}
        assert len(api.calls.of("getMe")) == 5 + 1


async def test_a_429_holds_its_own_chat_and_no_other() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        sri, budi = api.person("Sri"), api.person("Budi")
        api.faults.next("sendMessage", Fails(429, retry_after=7))
        told = await bot.send(answer(sri.id))
        assert told == Retry("Telegram asks to write more slowly", timedelta(seconds=7), alone=True)
        assert isinstance(await bot.send(answer(budi.id)), Sent)
        again = await bot.send(answer(sri.id))
        assert isinstance(again, Retry)
        assert again.alone
        assert again.after is not None
        assert again.after > timedelta(seconds=5)
        assert len(api.calls.of("sendMessage")) == 2  # the held chat's message was not even tried


async def test_a_busy_chat_waits_with_the_sign_of_typing_and_stalls_nobody() -> None:
    """python-telegram-bot#5338: its rate limiter stalls all chats for one."""
    async with BotApi(per_chat=1.0) as api, a_bot(api, pace=Pace()) as bot:
        sri, budi = api.person("Sri"), api.person("Budi")
        words = [await bot.send(answer(sri.id, str(n), key=str(n))) for n in range(5)]
        assert [type(each) for each in words] == [Sent] * 3 + [Retry] * 2
        assert all(each.alone for each in words if isinstance(each, Retry))
        assert isinstance(await bot.send(answer(budi.id)), Sent)
        await until(lambda: api.sending.typing == [sri.id])
        assert not [call for call in api.calls if call.status == 429]


async def test_at_the_pace_of_all_nothing_is_refused() -> None:
    async with BotApi(overall=200.0) as api, a_bot(api, pace=Pace(overall=1 / 100)) as bot:
        people = [api.person(f"P{n}") for n in range(40)]
        words = await asyncio.gather(*(bot.send(answer(each.id, key=str(each.id))) for each in people))
        assert {type(each) for each in words} == {Sent}


async def test_a_chat_that_moved_is_followed() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        refusal = Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat")
        moved = json.dumps({
            "ok": False, "error_code": 400, "description": refusal.description,
            "parameters": {"migrate_to_chat_id": sri.id},
        })  # fmt: skip
        api.faults.next("sendMessage", Garbage(400, moved.encode(), "application/json"))
        assert isinstance(await bot.send(answer(-77)), Sent)
        assert sri.texts == ["Baik, Ibu."]


async def test_a_message_of_several_parts_goes_on_where_it_stood() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        long = "Kalimat nomor satu. " * 300
        api.faults.next("sendMessage", Fails(429, retry_after=1), when=lambda call: bool(sri.got))
        first = await bot.send(answer(sri.id, long))
        assert isinstance(first, Retry)
        assert len(sri.got) == 1
        assert isinstance(await _until_sent(bot, sri.id, long), Sent)
        assert " ".join(sri.texts) == long.strip()


async def test_messages_begun_and_never_finished_leave_room_for_those_that_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a person withdrew half sent was remembered for ever: once there was no room left, every message
    that was interrupted came again from its first part."""
    monkeypatch.setattr("channels.telegram.sending._UNFINISHED", 1)
    async with BotApi() as api, a_bot(api) as bot:
        sri, budi = api.person("Sri"), api.person("Budi")
        long = "Kalimat nomor satu. " * 300
        for person in (sri, budi):
            api.faults.next("sendMessage", Fails(429, retry_after=1), when=lambda _, of=person: bool(of.got))
            assert isinstance(await bot.send(answer(person.id, long, key=person.name)), Retry)
        assert isinstance(await _until_sent(bot, budi.id, long, budi.name), Sent)
        assert " ".join(budi.texts) == long.strip()


async def _until_sent(bot: Telegram, to: int, text: str, key: str = "1/1/1") -> object:
    result: object = None
    while isinstance(result := await bot.send(answer(to, text, key=key)), Retry):
        await asyncio.sleep(0.05)
    return result


async def test_a_half_sent_message_is_never_called_unsent() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        api.faults.next("sendMessage", Lost(), when=lambda call: bool(sri.got))
        result = await bot.send(answer(sri.id, "Kalimat nomor satu. " * 300))
        assert isinstance(result, Unknown)
        assert "1 of its 2 parts" in result.reason


async def test_a_business_chat_is_answered_over_its_connection() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        await bot.send(answer(f"{sri.id}@cAb-9"))
        (call,) = api.calls.of("sendMessage")
        assert (call.args["chat_id"], call.args["business_connection_id"]) == (str(sri.id), "cAb-9")
        await bot.send(answer(sri.id, key="2"))
        assert "business_connection_id" not in api.calls.of("sendMessage")[1].args


async def test_where_the_phone_number_is_asked_for_one_press_sends_it() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        sri = api.person("Sri")
        await bot.send(answer(sri.id, "Nomor HP-nya?", share="Kirim nomor saya"))
        await bot.send(answer(sri.id, "Terima kasih.", key="2"))
        await bot.send(answer(sri.id, "Benar?", key="3", share="Kirim nomor saya", choices=[("y", "Ya")]))
        await bot.send(answer(f"{sri.id}@b", "Nomor HP-nya?", key="4", share="Kirim nomor saya"))
        hung = [json.loads(call.args.get("reply_markup", "{}")) for call in api.calls.of("sendMessage")]
        assert hung[0]["keyboard"] == [[{"text": "Kirim nomor saya", "request_contact": True}]]
        assert hung[0]["one_time_keyboard"] is True
        assert hung[1] == {"remove_keyboard": True}
        assert list(hung[2]) == ["inline_keyboard"]
        assert hung[3] == {}
