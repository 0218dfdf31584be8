"""By polling nothing is lost, doubled or blocked, whatever the server, the network and the store do."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from channels.base import Edited, Message, Noted, Pressed, Reachability, Unreadable
from channels.telegram.polling import Place
from tests.standins.faults import Dropped, Fails, Garbage, Lost, Slow
from tests.standins.telegram import BotApi
from tests.telegram.kit import HOOK, Desk, Later, a_bot, answer, running
from tests.waiting import until


async def test_everything_people_do_comes_in_once_and_in_order() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api, a_bot(api, desk) as bot, running(bot, desk):
        sri = api.person("Sri")
        said = sri.says("Susu menggembung")
        sri.sends_photo(caption="ini fotonya")
        sri.edits(said, "Susu UHT menggembung")
        sri.blocks()
        sri.unblocks()
        sri.sends_unknown()
        kinds = [type(one) for one in await desk.has(6)]
        assert kinds == [Message, Message, Edited, Reachability, Reachability, Message]
        sri.says("masih di sini?")
        await desk.has(7)
        assert bot.health().ok
        assert bot.health().figures["stored"] == 7
        await until(lambda: not api.updates.waiting())  # the next question told the server that all is ours


async def test_an_update_is_asked_for_again_until_it_is_committed() -> None:
    """What python-telegram-bot's own polling loses by a crash: it acknowledges before anybody has stored."""
    desk = Desk()
    desk.refuse = lambda batch: True
    async with BotApi(scale=0.01) as api:
        sri = api.person("Sri")
        async with a_bot(api, desk) as bot, running(bot, desk):
            sri.says("satu")
            await until(lambda: desk.refused >= 2)
            assert "the store does not take the updates" in bot.health().detail
            assert not bot.health().ok
        assert len(api.updates.waiting()) == 1  # the process died: the server still has it
        desk.refuse = lambda batch: False
        async with a_bot(api, desk) as bot, running(bot, desk):
            await desk.has(1)
            assert desk.texts == ["satu"]
            await until(lambda: not api.updates.waiting())


async def test_cursor_and_updates_are_one_and_a_restart_goes_on_behind_them() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api:
        sri = api.person("Sri")
        async with a_bot(api, desk) as bot, running(bot, desk):
            sri.says("satu")
            await desk.has(1)
        (value,) = desk.cursors.values()
        assert Place.of(value).offset == api.updates.next_id
        sri.says("dua")
        async with a_bot(api, desk) as bot, running(bot, desk):
            await desk.has(2)
            asked = [call.args.get("offset") for call in api.calls.of("getUpdates")]
            assert str(api.updates.next_id - 1) in asked
        assert desk.texts == ["satu", "dua"]
        assert sum(desk.batches) == 2


async def test_after_a_quiet_day_the_old_offset_is_not_relied_on() -> None:
    """After a week without updates ids begin anew at random: a lower one would never be given out, or all of
    them be confirmed unread."""
    desk, later = Desk(), Later()
    async with BotApi(scale=0.01) as api:
        sri = api.person("Sri")
        async with a_bot(api, desk, clock=later) as bot, running(bot, desk):
            sri.says("lama")
            await desk.has(1)
            await until(lambda: not api.updates.waiting())
        later.ahead = timedelta(days=8)
        api.updates.next_id = 5
        sri.says("baru")
        async with a_bot(api, desk, clock=later) as bot, running(bot, desk):
            await desk.has(2)
            assert desk.texts == ["lama", "baru"]
            assert Place.of(next(iter(desk.cursors.values()))).offset == 6


async def test_a_bad_update_blocks_nobody_and_is_on_record() -> None:
    """In python-telegram-bot one update that raises holds up every chat, 140 times a second."""
    desk = Desk()
    async with BotApi(scale=0.01) as api, a_bot(api, desk) as bot, running(bot, desk):
        api.person("Sri").says("sebelum")
        api.updates.put({"message": {"chat": "rusak", "from": {"first_name": 5}, "date": "kemarin"}})
        api.updates.put({"message": None})
        api.person("Budi").says("sesudah")
        found = await desk.has(4)
        assert [type(one) for one in found] == [Message, Noted, Noted, Message]
        assert desk.texts == ["sebelum", "sesudah"]
        assert bot.health().ok


async def test_an_update_that_makes_our_own_reading_fail_is_kept_for_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from channels.telegram import polling

    real = polling.read

    def faulty(raw: bytes, **given: object) -> object:
        if b"ranjau" in raw:
            raise KeyError("a fault of ours")
        return real(raw, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(polling, "read", faulty)
    desk = Desk()
    async with BotApi(scale=0.01) as api, a_bot(api, desk) as bot, running(bot, desk):
        for text in ("satu", "ranjau", "dua"):
            api.person("Sri").says(text)
        found = await desk.has(3)
        assert [type(one) for one in found] == [Message, Unreadable, Message]
        assert b"ranjau" in found[1].raw
        assert bot.health().figures["unreadable"] == 1


async def test_an_answer_that_cannot_be_taken_apart_costs_one_update_only() -> None:
    """One update that is no JSON at all, as no server should send: the others come through one by one."""
    desk = Desk()
    nested = b'{"ok":true,"result":[{"update_id":%d,"message":' + b"[" * 3000 + b"]" * 3000 + b"}]}"
    async with BotApi(scale=0.01) as api:
        number = api.updates.put({"message": {"text": "akan rusak"}})
        for limit in ("100", "1"):
            api.faults.next(
                "getUpdates",
                Garbage(200, nested % number, "application/json"),
                when=lambda call, limit=limit: call.args.get("limit") == limit,  # type: ignore[misc]
            )
        api.person("Sri").says("sesudah")
        async with a_bot(api, desk) as bot, running(bot, desk):
            first, second = await desk.has(2)
            assert isinstance(first, Unreadable)
            assert first.external_id.startswith(f"{number}/raw/")
            assert isinstance(second, Message)


async def test_one_update_that_alone_cannot_be_stored_is_put_aside() -> None:
    desk = Desk()
    desk.refuse = lambda batch: any(isinstance(one, Message) and one.text == "racun" for one in batch)
    async with BotApi(scale=0.01) as api:
        for text in ("satu", "racun", "dua"):
            api.person("Sri").says(text)
        async with a_bot(api, desk) as bot, running(bot, desk):
            kept = await desk.has(3)
            assert [type(one) for one in kept] == [Message, Unreadable, Message]
            await until(lambda: bot.health().ok)


@pytest.mark.parametrize(
    "fault",
    [
        Fails(502), Fails(500), Fails(429, retry_after=1), Dropped(), Lost(), Garbage(), Garbage(200, b"{}"),
        Garbage(200, b"<html>Please log in</html>"), Slow(0.05),
    ],
    ids=repr,
)  # fmt: skip
async def test_whatever_goes_wrong_on_the_way_it_goes_on(fault: Fails) -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api:
        api.faults.next("getUpdates", fault, times=2 if not isinstance(fault, Fails) else 1)
        api.person("Sri").says("satu")
        async with a_bot(api, desk) as bot, running(bot, desk):
            await desk.has(1)
            assert desk.texts == ["satu"]
            await until(lambda: bot.health().ok)


async def test_a_server_that_is_away_turns_the_channel_red_and_green_again() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api, a_bot(api, desk) as bot, running(bot, desk):
        await until(lambda: bot.health().detail.startswith("polling"))
        await api.stop()
        await until(lambda: not bot.health().ok)
        assert "cannot be reached" in bot.health().detail
        assert bot.health().since is not None
        await api.start()
        api.person("Sri").says("halo lagi")
        await desk.has(1)
        assert bot.health().ok


async def test_a_revoked_token_turns_the_channel_red_and_says_what_to_do() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api, a_bot(api, desk) as bot, running(bot, desk):
        await until(lambda: bot.health().detail.startswith("polling"))
        api.revoke()
        await until(lambda: not bot.health().ok)
        detail = bot.health().detail
        assert "@BotFather" in detail
        assert api.token not in detail
        asked = len(api.calls.of("getUpdates"))
        api.revoked = False
        await until(lambda: bot.health().ok)
        assert len(api.calls.of("getUpdates")) > asked


async def test_a_second_poller_is_named_and_does_not_cost_an_update() -> None:
    desk, other = Desk(), Desk()
    async with BotApi(scale=0.01) as api:
        async with a_bot(api, desk) as bot, running(bot, desk):
            await until(lambda: bot.health().detail.startswith("polling"))
            async with a_bot(api, other) as thief, running(thief, other):
                await until(lambda: "another program polls" in bot.health().detail + thief.health().detail)
                for number in range(20):
                    api.person("Sri").says(str(number))
                await until(lambda: len(desk.kept | other.kept) >= 20)
            await until(lambda: bot.health().ok)
        assert sorted(map(int, {*desk.texts, *other.texts})) == list(range(20))


async def test_our_own_webhook_of_before_is_taken_away_and_nothing_that_waits_is_dropped() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api, a_bot(api, desk, hook=HOOK) as bot:
        await bot.calls.call("setWebhook", url=HOOK)
        api.hook.stop()
        api.person("Sri").says("selama itu")
        async with running(bot, desk):
            await desk.has(1)
            assert desk.texts == ["selama itu"]
            assert bot.health().ok
        (call,) = api.calls.of("deleteWebhook")
        assert call.args["drop_pending_updates"] == "false"


async def test_a_webhook_of_another_program_is_left_alone_until_we_are_told_to() -> None:
    """A test installation with the token of the real one must not cut it off."""
    desk, theirs = Desk(), "https://n8n.example.com/webhook/sangat-rahasia"
    async with BotApi(scale=0.01) as api:
        async with a_bot(api, desk, hook=HOOK) as bot, running(bot, desk):
            await bot.calls.call("setWebhook", url=theirs)
            await until(lambda: not bot.health().ok)
            assert "n8n.example.com" in bot.health().detail
            assert "take_over" in bot.health().detail
            assert "sangat-rahasia" not in bot.health().detail
            assert not api.calls.of("deleteWebhook")
        async with a_bot(api, desk, hook=HOOK, take_over=True) as bot, running(bot, desk):
            api.person("Sri").says("halo")
            await desk.has(1)
            assert bot.health().ok


async def test_a_pressed_button_stops_turning_and_shows_what_was_chosen() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api, a_bot(api, desk) as bot, running(bot, desk):
        sri = api.person("Sri")
        await bot.send(answer(sri.id, "Benar?", choices=[("c1:yes", "Ya, betul"), ("c1:no", "Bukan")]))
        asked = await sri.hears("Benar?")
        assert asked.labels == ["Ya, betul", "Bukan"]
        pressed = sri.presses(asked, "Bukan")
        (one,) = await desk.has(1)
        assert isinstance(one, Pressed)
        assert (one.value, one.label, one.of) == ("c1:no", "Bukan", asked.id)
        await until(lambda: asked.labels == ["» Bukan"])
        assert [call.args["callback_query_id"] for call in api.calls.of("answerCallbackQuery")] == [pressed]
        sri.presses(asked, "» Bukan")
        await until(lambda: len(desk.kept) == 2)
        assert isinstance(list(desk.kept.values())[1], Noted)
        await until(lambda: len(api.calls.of("answerCallbackQuery")) == 2)


async def test_courtesies_that_fail_disturb_nothing() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api, a_bot(api, desk) as bot, running(bot, desk):
        sri = api.person("Sri")
        await bot.send(answer(sri.id, "Benar?", choices=[("c1:yes", "Ya")]))
        api.faults.always("answerCallbackQuery", Fails(400, reason="Bad Request: query is too old"))
        api.faults.always("editMessageReplyMarkup", Dropped())
        sri.presses(await sri.hears("Benar?"), "Ya")
        sri.says("halo")
        await desk.has(2)
        await until(lambda: len(api.calls.of("editMessageReplyMarkup")) == 1)
        assert bot.health().ok


async def test_only_what_we_understand_is_asked_for() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api:
        async with a_bot(api, desk) as bot, running(bot, desk):
            await until(lambda: api.calls.of("getUpdates"))
        async with a_bot(api, desk, business=True) as bot, running(bot, desk):
            await until(lambda: "business_message" in api.updates.allowed)
        asked = json.loads(api.calls.of("getUpdates")[0].args["allowed_updates"])
        assert asked == ["message", "edited_message", "callback_query", "my_chat_member"]


@pytest.mark.parametrize("value", ["", "x", "1", "a b", "5 99999999999999999999", "1 2 3", "\0"])
def test_a_cursor_that_is_none_is_the_beginning(value: str) -> None:
    assert Place.of(value) == Place()


async def test_what_has_no_id_is_kept_once_and_not_asked_for_in_haste() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api:
        api.faults.next("getUpdates", Garbage(200, b'{"ok":true,"result":[5]}', "application/json"), times=3)
        api.person("Sri").says("sesudah")
        async with a_bot(api, desk) as bot, running(bot, desk):
            first, second = await desk.has(2)
            assert isinstance(first, Unreadable)
            assert isinstance(second, Message)
            assert Place.of(next(iter(desk.cursors.values()))).offset == api.updates.next_id
