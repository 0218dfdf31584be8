"""Whole conversations by SMS: a real `sapa run` against the gateway's stand-in, in each of its dialects."""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from channels.sms import alphabet
from tests.faults.house import House
from tests.standins.faults import Lost
from tests.standins.sms import Gateway
from tests.standins.sms.person import Person
from tests.waiting import until

LONG = (
    "Selamat siang, kami dari Toko Berkah di Bekasi. Kemarin siang kiriman minyak sari murni 1 l dari faktur "
    "INV-2611-0457 sudah kami terima, tetapi kurang 1 dus. Sopirnya sudah terlanjur pergi waktu kami "
    "menghitung ulang semuanya di gudang belakang. Mohon dibantu ya."
)


@asynccontextmanager
async def running(folder: Path, gateway: Gateway, **more: Any) -> AsyncIterator[House]:
    settings = {**gateway.settings(), "per_minute": 0, **more}
    house = House(folder / "data", env={"SAPA_SMS": json.dumps(settings)})
    house.start()
    gateway.hook = f"{house.web}/hooks/sms"
    try:
        yield house
    finally:
        assert house.stop() == 0, house.log.read_text()[-3000:]


def asked(house: House, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{house.database}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute(query).fetchall()


async def complain(budi: Person, first: str) -> str:
    """A complaint to its ticket; the number."""
    budi.says(first)
    await budi.hears("1 dus")
    budi.says("ya")
    for words, answer in (("nama", "Sri Wahyuni"), ("email", "sri@berkah.example"), ("", "tidak ada")):
        await budi.hears(words or None)
        budi.says(answer)
    for _ in range(6):
        got = await budi.hears()
        if found := re.search(r"[A-Z]{2}-\d{4}-\d{4}-\d", got.text):
            return found[0]
        budi.says("ya, sudah benar" if "benar" in got.text.lower() else "tidak ada")
    raise AssertionError(f"no ticket: {budi.texts}")


@pytest.mark.sop("E2", "E3", "E4")
@pytest.mark.parametrize("dialect", ["forms", "json", "old"])
async def test_a_complaint_by_sms_to_the_ticket(dialect: str, tmp_path: Path) -> None:
    """Parts out of order, every call twice, our answers not seen: one ticket, each message answered once."""
    async with Gateway(dialect=dialect, scale=0.01) as gateway:
        gateway.chance, gateway.copies, gateway.unseen = random.Random(5), 2, 3
        async with running(tmp_path, gateway, price=350) as house:
            number = await complain(gateway.person("Bu Sri"), LONG)
            await gateway.idle()
            assert asked(house, "SELECT number, phone FROM tickets") == [
                (number, gateway.person("Bu Sri").phone)
            ]
            heard = asked(house, "SELECT text FROM items WHERE author = 'customer' ORDER BY seq")
            assert heard[0] == (LONG,)
            assert asked(house, "SELECT count(*) FROM inbox WHERE state = 'dead'") == [(0,)]
        told = gateway.person("Bu Sri").got
        assert len({one.text for one in told}) == len(told), "nothing was said twice"
        assert gateway.billed == sum(alphabet.length(one.text).parts for one in told)
        assert not any(alphabet.length(one.text).wide for one in told)


@pytest.mark.sop("E2")
async def test_reports_and_an_answer_that_was_lost(tmp_path: Path) -> None:
    """A late report says what became of a message whose answer was lost: nobody gets it twice."""
    async with Gateway(dialect="json", scale=0.01) as gateway:
        ani, eko = gateway.person("Ani"), gateway.person("Eko")
        gateway.faults.next("send", Lost())
        async with running(tmp_path, gateway) as house:
            ani.says("halo")
            await ani.hears()
            eko.unreachable = "expired"
            eko.says("halo")
            news = "SELECT recipient, state, delivery, reason FROM outbox ORDER BY id"
            await until(lambda: [row[2] for row in asked(house, news)] == ["delivered", "failed"])
            found = asked(house, news)
            assert found[0] == (ani.phone, "sent", "delivered", "")
            assert found[1][:3] == (eko.phone, "refused", "failed")
            assert "absent subscriber" in found[1][3]
        assert len(ani.got) == 1


async def test_who_said_stop_hears_nothing_until_start(tmp_path: Path) -> None:
    async with Gateway(scale=0.01) as gateway:
        joko = gateway.person("Joko")
        async with running(tmp_path, gateway) as house:
            joko.says("halo")
            await joko.hears()
            joko.says("BERHENTI")
            await gateway.idle()
            joko.says("barang kurang 2 dus")
            await gateway.idle()
            refused = (
                "SELECT count(*) FROM outbox WHERE state = 'refused' AND reason LIKE '%nothing automatic%'"
            )
            await until(lambda: asked(house, refused) == [(1,)])
            assert len(joko.got) == 1
            joko.says("MULAI")
            await joko.hears()
            heard = asked(house, "SELECT text FROM items WHERE author = 'customer' ORDER BY seq")
            assert heard == [("halo",), ("barang kurang 2 dus",), ("MULAI",)]


async def test_no_credit_turns_the_channel_red_and_loses_nothing(tmp_path: Path) -> None:
    async with Gateway(scale=0.01) as gateway:
        ani, gateway.credit = gateway.person("Ani"), 0
        async with running(tmp_path, gateway) as house:
            ani.says("halo")
            await until(lambda: "credit" in health(house))
            assert asked(house, "SELECT state FROM outbox") == [("queued",)]
            secrets = (gateway.key, gateway.secret)
            assert not any(secret in house.log.read_text() for secret in secrets)


def health(house: House) -> str:
    """What is wrong, as the operator's page says it."""
    parts: dict[str, dict[str, Any]] = httpx.get(f"{house.web}/health", timeout=10).json()["parts"]
    return "; ".join(f"{name}: {part['detail']}" for name, part in parts.items() if not part["ok"])


async def test_a_kill_between_two_parts_loses_neither(tmp_path: Path) -> None:
    """The first part was acknowledged: after the power cut only the second one comes."""
    async with Gateway(scale=0.01) as gateway:
        sri = gateway.person("Bu Sri")
        first, *rest = sri._events(LONG)
        assert rest
        async with running(tmp_path, gateway) as house:
            gateway.tell(first)
            await gateway.idle()
            house.kill()
            gateway.tell(*rest)
            house.start()
            await gateway.idle(timeout=30)
            await sri.hears("1 dus")
            heard = asked(house, "SELECT text FROM items WHERE author = 'customer' ORDER BY seq")
            assert heard == [(LONG,)]
            assert len(sri.got) == 1
