"""The doctor says of each thing that can be wrong with the bot what it is and what to do."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat_settings import TelegramSettings
from bot.doctor import Finding, Verdict, clock
from bot.doctor_telegram import _address, examine
from bot.settings import Settings
from tests.standins.telegram import BotApi
from tests.telegram.kit import a_bot

PUBLIC = "https://sapa.contoh.id"


async def findings(api: BotApi, folder: Path, **given: Any) -> dict[str, Finding]:
    settings = Settings(
        data=folder,
        web={"public_url": given.pop("public", PUBLIC)},  # type: ignore[arg-type]
        telegram=TelegramSettings(
            token=given.pop("token", api.token), base_url=given.pop("base_url", api.url), **given
        ),
    )
    found = await asyncio.to_thread(lambda: list(examine(settings)))
    return {one.what: one for one in found}


async def test_a_bot_in_order_is_named_with_the_address_for_customers(tmp_path: Path) -> None:
    async with BotApi() as api:
        api.person("Sri").says("halo")
        found = await findings(api, tmp_path)
        assert found["Telegram bot"].verdict is Verdict.OK
        assert "https://t.me/sapa_uji_bot" in found["Telegram bot"].detail
        assert found["Telegram updates"].verdict is Verdict.OK
        assert "1 update waits" in found["Telegram updates"].detail
        assert len(api.updates.waiting()) == 1  # looking takes nothing
        assert {call.method for call in api.calls} == {"getMe", "getWebhookInfo"}


async def test_a_token_that_is_refused_and_a_server_that_is_away_are_told_apart(tmp_path: Path) -> None:
    async with BotApi() as api:
        api.revoke()
        (refused,) = (await findings(api, tmp_path)).values()
        assert refused.verdict is Verdict.BAD
        assert "@BotFather" in refused.detail
        await api.stop()
        (away,) = (await findings(api, tmp_path)).values()
        assert away.verdict is Verdict.BAD
        assert "gives no answer" in away.detail
        for one in (refused, away):
            assert api.token.partition(":")[2] not in one.detail


@pytest.mark.parametrize(
    ("there", "given", "verdict", "words"),
    [
        ("", {"mode": "webhook"}, Verdict.NOTE, "sets https://sapa.contoh.id/hooks/telegram"),
        (f"{PUBLIC}/hooks/telegram", {"mode": "webhook"}, Verdict.OK, "by webhook"),
        (f"{PUBLIC}/hooks/telegram", {}, Verdict.NOTE, "from before"),
        ("https://lain.example/x", {"mode": "webhook"}, Verdict.BAD, "lain.example"),
        ("https://lain.example/x", {}, Verdict.BAD, "take_over"),
        ("https://lain.example/x", {"take_over": True}, Verdict.NOTE, "takes it away"),
    ],
)
async def test_webhook_and_polling_in_each_others_way_are_seen(
    tmp_path: Path, there: str, given: dict[str, Any], verdict: Verdict, words: str
) -> None:
    async with BotApi(scale=0.01) as api, a_bot(api) as bot:
        if there:
            await bot.calls.call("setWebhook", url=there)
            api.hook.stop()
        found = (await findings(api, tmp_path, **given))["Telegram updates"]
        assert found.verdict is verdict
        assert words in found.detail


async def test_deliveries_that_fail_are_told_with_the_reason(tmp_path: Path) -> None:
    async with BotApi(scale=0.01) as api, a_bot(api) as bot:
        await bot.calls.call("setWebhook", url=f"{PUBLIC}/hooks/telegram")
        api.hook.stop()
        api.person("Sri").says("halo")
        api.hook.hook.error = "SSL error {certificate verify failed}"
        api.hook.hook.error_at = int(api.clock.now())
        found = (await findings(api, tmp_path, mode="webhook"))["Telegram updates"]
        assert found.verdict is Verdict.BAD
        assert "certificate is not good" in found.detail


@pytest.mark.parametrize(
    ("public", "fault"),
    [
        ("https://sapa.contoh.id", ""),
        ("https://sapa.contoh.id:8443", ""),
        ("https://sapa.contoh.id:9443", "port"),
        ("http://sapa.contoh.id", "https only"),
        ("https://sapa.contoh.id:x", "no address"),
    ],
)
def test_an_address_that_telegram_does_not_call_is_seen_before_it_is_tried(public: str, fault: str) -> None:
    assert fault in _address(public, "https://api.telegram.org")
    assert bool(_address(public, "https://api.telegram.org")) == bool(fault)
    assert _address(public, "http://127.0.0.1:8081") == ""


def test_a_clock_that_is_wrong_is_seen() -> None:
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert clock("Telegram", now, now + timedelta(minutes=2)).verdict is Verdict.OK
    assert "7 minutes ahead" in clock("Telegram", now, now + timedelta(minutes=7)).detail
    assert "60 minutes behind" in clock("Telegram", now, now - timedelta(hours=1)).detail


async def test_what_waits_here_is_counted(tmp_path: Path) -> None:
    from bot.store import Bells, Store

    async with BotApi() as api:
        store = await Store.open(f"sqlite:///{tmp_path / 'sapa.db'}", bells=Bells())
        await store.close()
        found = (await findings(api, tmp_path))["Telegram messages here"]
        assert (found.verdict, found.detail) == (Verdict.OK, "0 to be answered, 0 to leave, 0 in doubt")
