"""The page to type in: works without scripts, shows what Sapa said, and its settings are taken by Sapa."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from bot.settings import load

from .__main__ import settings, toml
from .graph import Graph
from .page import Desk, SmsPhone, TelegramPhone, WhatsAppPhone
from .sms import DIALECTS, Gateway
from .telegram import BotApi


@asynccontextmanager
async def at_hand() -> AsyncIterator[tuple[Desk, BotApi, Graph]]:
    async with BotApi() as api, Graph() as graph, Gateway() as sms:
        phones = [TelegramPhone(api), WhatsAppPhone(graph), SmsPhone(sms)]
        async with Desk(phones, "http://127.0.0.1:8080") as desk:
            yield desk, api, graph


async def test_a_talk_by_forms_alone() -> None:
    async with (
        at_hand() as (desk, api, graph),
        httpx.AsyncClient(base_url=desk.url, follow_redirects=True, verify=False) as browser,
    ):
        for phone in ("telegram", "whatsapp", "sms"):
            page = await browser.post(f"/say/{phone}?as=Budi+Santoso", data={"text": f"lewat <{phone}>"})
            assert page.status_code == 200
            assert f"lewat &lt;{phone}&gt;" in page.text
        budi = api.person("Budi Santoso")
        keyboard = '{"inline_keyboard": [[{"text": "Ya, betul", "callback_data": "m:yes"}]]}'
        asks = {"chat_id": budi.id, "text": "Betul?", "reply_markup": keyboard}
        await browser.post(f"{api.base_url}{api.token}/sendMessage", json=asks)
        assert "Ya, betul" in (await browser.get("/phone/telegram?as=Budi+Santoso")).text
        assert "Ya, betul" not in (await browser.get("/phone/telegram?as=Sri+Wahyuni")).text
        press = {"message": budi.got[0].id, "label": "Ya, betul"}
        await browser.post("/press/telegram?as=Budi+Santoso", data=press)
        kinds = [set(u.body) - {"update_id"} for u in api.updates.waiting()]
        assert kinds == [{"message"}, {"callback_query"}]
        assert (await browser.post("/press/telegram", data={"message": "1", "label": "x"})).status_code == 409
        photo = await browser.post("/do/whatsapp?as=Budi+Santoso", data={"act": "photo"})
        number = len(graph.person("Budi Santoso").log) - 1
        assert f"/file/whatsapp/{number}?" in photo.text
        shown = await browser.get(f"/file/whatsapp/{number}?as=Budi+Santoso")
        assert shown.headers["content-type"] == "image/png"
        page = await browser.post("/knob/sms", data={"knob": "off"})
        assert 'value="off" role="switch" aria-checked="true"' in page.text
        await browser.post("/knob/telegram", data={"knob": "down"})
        assert api.down
        assert (await browser.get("/", headers={"Host": "evil.example"})).status_code == 400


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_what_it_says_to_put_into_sapa_toml_is_taken(dialect: str, tmp_path: Path) -> None:
    wanted = settings(
        BotApi(port=9101), Graph(port=9102), Gateway(port=9103, dialect=dialect), 8080, webhook=True
    )
    text = toml(wanted)
    assert tomllib.loads(text) == wanted
    (tmp_path / "sapa.toml").write_text(text)
    taken = load(data=tmp_path)
    assert taken.telegram is not None
    assert taken.telegram.base_url == "http://127.0.0.1:9101"
    assert taken.whatsapp is not None
    assert taken.whatsapp.numbers == ("106540352242922",)
    assert taken.sms is not None
    assert taken.sms.numbers == ("+622150505050",)
