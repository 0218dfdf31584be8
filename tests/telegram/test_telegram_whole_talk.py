"""A customer on Telegram from hello to the ticket, with a real `sapa run` and the Bot API's stand-in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import MailClient, plain
from tests.faults.house import House, free_port
from tests.standins.people import Got
from tests.standins.telegram import JPEG, BotApi, Person

NUMBER = re.compile(r"SP-\d{4}-\d{4}-\d")
PHOTO = JPEG + b" enam botol pecah"


@asynccontextmanager
async def sapa_at(api: BotApi, folder: Path, *, web_port: int = 0, **more: str) -> AsyncIterator[House]:
    """`sapa run` whose Telegram is the stand-in; its token is to be found nowhere afterwards."""
    env = {"SAPA_TELEGRAM__TOKEN": api.token, "SAPA_TELEGRAM__BASE_URL": api.url} | more
    house = House(folder / "data", env=env)
    if web_port:
        house.web_port, house.web = web_port, f"http://127.0.0.1:{web_port}"
    await asyncio.to_thread(house.start)
    try:
        yield house
    finally:
        assert await asyncio.to_thread(house.stop) == 0, house.log.read_text()[-3000:]
        assert api.token.partition(":")[2] not in house.log.read_text()
        for file in house.data.rglob("*"):
            if file.is_file():
                assert api.token.partition(":")[2].encode() not in file.read_bytes(), file


async def presses(person: Person, message: Got, label: str) -> None:
    """A button whose label has these words."""
    person.presses(message, next(each for each in message.labels if label.casefold() in each.casefold()))


@pytest.mark.slow
@pytest.mark.sop("K3", "K4", "K5", "E3", "E6", "E8")
async def test_a_complaint_with_buttons_and_a_photo_becomes_a_ticket_and_a_letter(tmp_path: Path) -> None:
    async with BotApi() as api, sapa_at(api, tmp_path) as house:
        rudi = api.person("Rudi Hartono")
        rudi.starts()
        await rudi.hears()
        rudi.says("minyak goreng 1 liter 6 botol pecah, INV-2611-0620, diterima kemarin, saya Rudi")
        restated = await rudi.hears(lambda got: bool(got.buttons))
        assert "INV-2611-0620" in restated.text
        await presses(rudi, restated, "ya")
        while not NUMBER.search((got := await rudi.hears()).text):
            words = got.text.casefold()
            if "nomor hp" in words and "rangkum" not in words:
                (key,) = got.raw["reply_markup"]["keyboard"][0]
                assert key == {"text": "Kirim nomor saya", "request_contact": True}
                rudi.shares_contact()
            elif "email" in words:
                rudi.says("rudi@abc.example")
            elif "kode produksi" in words:
                rudi.says("tidak ada")
            elif "foto" in words and "rangkum" not in words:
                rudi.sends_photo(PHOTO, "ini fotonya")
            elif got.buttons:
                await presses(rudi, got, "ya")
        number = NUMBER.search(got.text)
        assert number
        (letter,) = await asyncio.to_thread(MailClient(house).inbox, "mutu@")
        assert number[0] in letter["Subject"]
        for particular in ("Rudi", "INV-2611-0620", "6 botol", "0812-0000-0001"):
            assert particular in plain(letter), particular
        assert [part.get_content() for part in letter.iter_attachments()] == [PHOTO]
        async with httpx.AsyncClient(trust_env=False) as client:
            health = (await client.get(f"{house.web}/health")).json()
        assert health["parts"]["telegram"]["ok"] is True
        assert not [call for call in api.calls if call.status >= 400 and call.method.startswith("send")]


@pytest.mark.slow
async def test_killed_in_the_middle_nothing_is_lost_and_nothing_answered_twice(tmp_path: Path) -> None:
    async with BotApi() as api, sapa_at(api, tmp_path) as house:
        people = [api.person(f"Pelanggan {n}") for n in range(6)]
        for person in people:
            person.says("halo")
        await people[0].hears()
        await asyncio.to_thread(house.kill)
        for person in people:
            person.says("dus saya kurang satu, INV-2611-0457")
        await asyncio.to_thread(house.start)
        for person in people:
            await person.hears("INV-2611-0457", timeout=30)
        assert not api.updates.waiting() or await _taken(api)
        for person in people:
            assert len([text for text in person.texts if "INV-2611-0457" in text]) == 1, person.texts


async def _taken(api: BotApi) -> bool:
    async with asyncio.timeout(10):
        while api.updates.waiting():
            await asyncio.sleep(0.01)
    return True


@pytest.mark.slow
async def test_by_webhook_the_talk_is_the_same(tmp_path: Path) -> None:
    """The stand-in calls plain HTTP, as a Bot API server of one's own does."""
    port = free_port()
    by_webhook = {
        "SAPA_TELEGRAM__MODE": "webhook",
        "SAPA_WEB__PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    async with BotApi() as api, sapa_at(api, tmp_path, web_port=port, **by_webhook):
        sri = api.person("Sri")
        sri.says("dus saya kurang satu, INV-2611-0457")
        restated = await sri.hears("INV-2611-0457", timeout=30)
        assert api.hook.hook.secret
        assert restated.buttons
        assert not api.calls.of("getUpdates")
