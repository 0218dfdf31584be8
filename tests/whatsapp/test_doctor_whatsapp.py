"""The doctor says of each thing that can be wrong with WhatsApp what it is and what to do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat_settings import WhatsAppSettings, WhatsAppTemplates
from bot.doctor import Finding, Verdict
from bot.doctor_whatsapp import _clock, examine
from bot.settings import Settings
from channels.whatsapp.graph import Answer
from tests.standins.graph import Graph
from tests.whatsapp.kit import BALAS, KABAR, at_work

OK, NOTE, BAD = Verdict.OK, Verdict.NOTE, Verdict.BAD
ALL = WhatsAppTemplates(update="sapa_kabar", reply="sapa_balas", languages=("id",))


async def findings(graph: Graph, *, public: str = "", **given: Any) -> dict[str, Finding]:
    whatsapp = WhatsAppSettings(
        **{
            "token": graph.token,
            "app_secret": graph.app_secret,
            "verify_token": graph.verify_token,
            "numbers": (graph.number.id,),
            "business_account": graph.waba,
            "base_url": graph.url,
            "templates": ALL,
            **given,
        }
    )
    settings = Settings(data=Path("nowhere"), web={"public_url": public}, whatsapp=whatsapp)  # type: ignore[arg-type]
    found = await asyncio.to_thread(lambda: list(examine(settings)))
    for one in found:
        assert graph.token not in one.detail
        assert graph.app_secret not in one.detail
        assert graph.verify_token not in one.detail
    return {one.what: one for one in found}


@asynccontextmanager
async def graph() -> AsyncIterator[Graph]:
    async with Graph() as made:
        made.template("sapa_kabar", KABAR)
        made.template("sapa_balas", BALAS)
        yield made


async def test_when_all_is_well_it_says_so_and_sends_nothing() -> None:
    async with at_work() as place:
        found = await findings(place.graph, public=place.desk.url)
        assert {one.verdict for one in found.values()} == {OK}, found
        assert place.graph.number.display in found[f"WhatsApp number {place.graph.number.id}"].detail
        assert f"{place.desk.url}/hooks/whatsapp" in found["WhatsApp webhook"].detail
        assert place.graph.calls.of("messages") == []


async def test_a_token_that_is_over_and_a_server_that_is_away_are_told_apart() -> None:
    async with graph() as meta:
        (refused,) = (await findings(meta, token="EAAnother0token")).values()
        assert (refused.verdict, "permanent one" in refused.detail) == (BAD, True)
        (strange,) = (await findings(meta, numbers=("123",))).values()
        assert (strange.verdict, "*id* of the number" in strange.detail) == (BAD, True)
        await meta.stop()
        (away,) = (await findings(meta)).values()
        assert (away.verdict, "cannot be reached" in away.detail) == (BAD, True)


async def test_secrets_that_look_wrong_are_named_and_not_shown() -> None:
    async with graph() as meta:
        found = await findings(meta, app_secret="my secret")
        assert found["WhatsApp secrets"].verdict is NOTE
        assert "app_secret" in found["WhatsApp secrets"].detail
        assert "my secret" not in found["WhatsApp secrets"].detail


async def test_an_account_without_a_subscription_hears_nothing() -> None:
    async with graph() as meta:
        meta.subscribed = False
        told = (await findings(meta))[f"WhatsApp account {meta.waba}"]
        assert (told.verdict, "subscribe yours" in told.detail) == (BAD, True)


async def test_numbers_that_the_account_and_the_settings_do_not_share_are_named() -> None:
    async with graph() as meta:
        meta.add_number("222", "628111")
        assert "222" in (await findings(meta))[f"WhatsApp account {meta.waba}"].detail


async def test_without_a_business_account_it_says_what_cannot_be_seen() -> None:
    async with graph() as meta:
        found = await findings(meta, business_account="")
        assert found["WhatsApp account"].verdict is NOTE
        assert not [what for what in found if "template" in what]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": "PENDING"}, "still looks at it"),
        ({"status": "REJECTED"}, "REJECTED"),
        ({"body": "Kabar: {{1}} dan {{2}}."}, "has the variables {{1}}, {{2}} and needs {{1}}"),
        ({"body": "Kabar: {{kabar}}."}, "{{kabar}}"),
        ({"body": "Kabar."}, "has the variables none"),
    ],
)
async def test_a_template_that_cannot_be_used_is_named(change: dict[str, str], words: str) -> None:
    async with graph() as meta:
        for name, value in change.items():
            setattr(meta.templates["sapa_kabar", "id"], name, value)
        told = (await findings(meta))["WhatsApp template sapa_kabar (update)"]
        assert (told.verdict, words in told.detail) == (BAD, True), told


async def test_a_template_that_is_not_there_in_one_language_is_named() -> None:
    async with graph() as meta:
        both = ALL.model_copy(update={"languages": ("id", "en")})
        told = (await findings(meta, templates=both))["WhatsApp template sapa_balas (reply)"]
        assert (told.verdict, "none in en" in told.detail) == (BAD, True)
        none = (await findings(meta, templates=WhatsAppTemplates()))["WhatsApp templates"]
        assert (none.verdict, "24 hours" in none.detail) == (NOTE, True)


async def test_the_webhooks_address_is_asked_what_meta_asks() -> None:
    async with at_work() as place:
        other = await findings(place.graph, public=place.desk.url, verify_token="another-word")
        assert "another verify_token" in other["WhatsApp webhook"].detail
        strange = await findings(place.graph, public=place.graph.url)
        assert "pass on /hooks/" in strange["WhatsApp webhook"].detail
        await place.desk.stop()
        away = await findings(place.graph, public=place.desk.url)
        assert "start `sapa run`" in away["WhatsApp webhook"].detail
        assert [found["WhatsApp webhook"].verdict for found in (other, strange, away)] == [BAD, BAD, NOTE]


async def test_a_number_of_poor_quality_and_one_not_registered_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with graph() as meta:
        usual = meta.business._number

        def told(**more: str) -> None:
            monkeypatch.setattr(meta.business, "_number", lambda number: {**usual(number), **more})

        what = f"WhatsApp number {meta.number.id}"
        told(quality_rating="RED")
        assert (await findings(meta))[what].verdict is NOTE
        told(platform_type="NOT_APPLICABLE")
        assert (await findings(meta))[what].verdict is BAD


def test_a_clock_that_is_off_is_told() -> None:
    now = datetime(2026, 11, 22, 3, tzinfo=UTC)
    (agreed,) = _clock([Answer({}, now - timedelta(minutes=2))], now)
    assert agreed.verdict is OK
    assert list(_clock([Answer({})], now)) == []
    (ahead,) = _clock([Answer({}, now - timedelta(minutes=5))], now)
    (behind,) = _clock([Answer({}, now + timedelta(minutes=5))], now)
    assert (ahead.verdict, "ahead of" in ahead.detail, "behind" in behind.detail) == (BAD, True, True)
