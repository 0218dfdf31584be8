"""A customer on WhatsApp from hello to the ticket, with a real `sapa run` and the Graph API's stand-in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import MailClient, plain
from tests.faults.house import House
from tests.standins.graph import JPEG, Graph, Person
from tests.standins.people import Got

NUMBER = re.compile(r"SP-\d{4}-\d{4}-\d")
PHOTO = JPEG + b" enam botol pecah"
SECRETS = ("token", "app_secret", "verify_token")


def env_of(graph: Graph) -> dict[str, str]:
    return {
        "SAPA_WHATSAPP__TOKEN": graph.token,
        "SAPA_WHATSAPP__APP_SECRET": graph.app_secret,
        "SAPA_WHATSAPP__VERIFY_TOKEN": graph.verify_token,
        "SAPA_WHATSAPP__NUMBERS": f'["{graph.number.id}"]',
        "SAPA_WHATSAPP__BUSINESS_ACCOUNT": graph.waba,
        "SAPA_WHATSAPP__BASE_URL": graph.url,
        "SAPA_WHATSAPP__TEMPLATES": '{"update": "sapa_kabar", "reply": "sapa_balas", "languages": ["id"]}',
    }


@asynccontextmanager
async def sapa_at(graph: Graph, folder: Path) -> AsyncIterator[House]:
    """`sapa run` whose WhatsApp is the stand-in; no secret is written anywhere."""
    house = House(folder / "data", env=env_of(graph))
    await asyncio.to_thread(house.start)
    try:
        await graph.subscribe(f"{house.web}/hooks/whatsapp")
        yield house
    finally:
        assert await asyncio.to_thread(house.stop) == 0, house.log.read_text()[-3000:]
        written = [house.log, *(each for each in house.data.rglob("*") if each.is_file())]
        for name in SECRETS:
            secret = getattr(graph, name).encode()
            assert not [file for file in written if secret in file.read_bytes()], name


async def presses(person: Person, message: Got, label: str) -> None:
    """A button or row whose label has these words."""
    found = [each for each in message.labels if label.casefold() in each.casefold()]
    assert found, message.labels
    person.presses(message, found[0])


async def to_the_number(person: Person, got: Got) -> Got:
    """Answer what is asked, as somebody does who has nothing more to tell, until there is a number."""
    while not NUMBER.search(got.text):
        words = got.text.casefold()
        if "email" in words:
            person.says("rudi@abc.example")
        elif "kode produksi" in words:
            person.says("tidak ada")
        elif "foto" in words and "rangkum" not in words:
            person.sends_photo(PHOTO, "ini fotonya")
        elif got.buttons:
            await presses(person, got, "ya")
        got = await person.hears(timeout=20)
    return got


async def health(house: House) -> dict[str, Any]:
    async with httpx.AsyncClient(trust_env=False) as client:
        told = (await client.get(f"{house.web}/health")).json()["parts"]["whatsapp"]
    assert isinstance(told, dict)
    return told


@pytest.mark.slow
@pytest.mark.sop("K1", "K3", "K4", "K5", "E3", "E6", "E8")
async def test_a_complaint_with_a_template_after_the_window_a_list_and_a_photo(tmp_path: Path) -> None:
    """Meta delivers late what could not be taken: the first message is a day and two hours old when it comes.
    Choices fit in no template: he is asked to write, and then gets first what he was to get."""
    async with Graph(scale=0.01) as graph, sapa_at(graph, tmp_path) as house:
        graph.template("sapa_kabar", "Kabar dari kami: {{1}} Balas pesan ini kalau ada pertanyaan.")
        graph.template("sapa_balas", "Ada kabar untuk Anda. Balas pesan ini untuk membacanya.")
        rudi = graph.person("Rudi Hartono")
        graph.clock.advance(hours=-26)
        rudi.says("toko saya kebanjiran kak")
        asking = await rudi.hears(timeout=20)
        assert (asking.kind, asking.text) == (
            "template",
            "Ada kabar untuk Anda. Balas pesan ini untuk membacanya.",
        )
        graph.clock.advance(hours=26)
        written = rudi.says("maaf baru balas")
        asked = await rudi.hears(timeout=20)
        assert len(asked.buttons) > 3, asked
        assert asked.menu
        assert all(button.row and len(button.label) <= 24 for button in asked.buttons)
        again = await rudi.hears(lambda got: bool(got.buttons), timeout=20)
        await presses(rudi, again, "mutu")
        await rudi.hears(timeout=20)
        rudi.says("minyak goreng 1 liter 6 botol pecah, INV-2611-0620, diterima kemarin, saya Rudi")
        told = await to_the_number(rudi, await rudi.hears(timeout=20))
        number = NUMBER.search(told.text)
        assert number
        (letter,) = await asyncio.to_thread(MailClient(house).inbox, "mutu@")
        assert number[0] in letter["Subject"]
        for particular in ("Rudi", "INV-2611-0620", "6 botol"):
            assert particular in plain(letter), particular
        assert [part.get_content() for part in letter.iter_attachments()] == [PHOTO]
        assert written in graph.business.read
        assert (await health(house))["ok"] is True
        refused = [call for call in graph.calls if call.status >= 400]
        assert not refused, refused[0].args


@pytest.mark.slow
async def test_people_without_a_phone_repeated_batches_and_an_alert(tmp_path: Path) -> None:
    async with Graph(scale=0.01) as graph, sapa_at(graph, tmp_path) as house:
        graph.hook.copies = 2  # every post twice, at the same time
        siti = graph.person("Siti Aminah")
        siti.shows_phone = False
        with graph.hook.together():
            siti.says("dus saya kurang satu, INV-2611-0457")
            graph.person("Budi").sends_sticker()
        restated = await siti.hears("INV-2611-0457", timeout=20)
        answers = [call.args for call in graph.calls.of("messages") if call.args.get("recipient")]
        assert {call["recipient"] for call in answers} == {siti.user_id}
        siti.shows_phone = True  # she has saved our number: the same person, the same talk
        await presses(siti, restated, "ya")
        await siti.hears(timeout=20)
        assert len([text for text in siti.texts if "INV-2611-0457" in text]) == 1, siti.texts
        assert graph.calls.of("messages")[-1].args.get("to") == siti.phone
        assert (await health(house))["ok"] is True
        graph.hook.copies = 1
        graph.tells_account_error(131031)
        await graph.hook.idle()
        told = await health(house)
        assert (told["ok"], "locked" in told["detail"]) == (False, True)
