"""A real `sapa run`, a customer on WhatsApp, and somebody who answers on the business's own phone."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.house import House
from tests.standins.graph import Graph
from tests.whatsapp.test_whatsapp_whole_talk import sapa_at


def sapa(house: House, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("sapa")), *arguments, "--data", str(house.data)]
    return subprocess.run(command, capture_output=True, check=True, timeout=60, text=True).stdout


async def held(house: House) -> list[dict[str, Any]]:
    """The conversations that the bot does not have, once there are some."""
    async with asyncio.timeout(30):
        while not (lines := (await asyncio.to_thread(sapa, house, "agent", "list")).splitlines()):
            pass
    return [json.loads(line) for line in lines]


@pytest.mark.slow
@pytest.mark.sop("E6", "E7")
async def test_who_answers_on_the_phone_has_it_until_it_is_handed_back(tmp_path: Path) -> None:
    async with Graph(scale=0.01) as graph, sapa_at(graph, tmp_path) as house:
        sari = graph.person("Sari")
        sari.says("gula pasir kurang 2 dus, INV-2611-0210")
        await sari.hears(timeout=20)
        graph.echoes(sari, "Siang bu, ini Rina. Saya cek dulu ya.")
        await graph.hook.idle()
        (one,) = await held(house)
        assert one["owner"] == "agent:phone"
        got = len(sari.got)
        sari.says("baik, saya tunggu")
        sari.says("nama saya Sari, nomor 081322223333")
        await graph.hook.idle()
        await asyncio.to_thread(sapa, house, "agent", "give", str(one["id"]), "--name", "Rina")
        back = await sari.hears("melanjutkan", timeout=20)
        assert "Rina" in back.text
        assert sari.got[got].text == back.text, "the bot talked over a person"
