"""A Sapa with three providers that fail in every way: no secret is written anywhere, and no channel that is
dead stops another."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.house import House
from tests.standins import graph as whatsapp
from tests.standins import sms, telegram
from tests.standins.faults import Dropped, Garbage, Lost
from tests.waiting import until

TOKEN = "110201543:RAHASIAtelegramToken0123456789abcdef"
META = "EAARAHASIAmetaToken0123456789"
APP = "RAHASIAappSecret0123456789abcdef"
VERIFY = "RAHASIA-kata-verifikasi"
KEY = "RAHASIA-kunci-gerbang-0123"
SHOWN = "RAHASIA-gerbang-9876543210"
RELAY = "RAHASIA-sandi-relay"
SECRETS = (TOKEN, TOKEN.partition(":")[2], META, APP, VERIFY, KEY, SHOWN, RELAY)


@dataclass
class Aftermath:
    """What was seen while it ran, and where everything was written."""

    data: Path
    log: Path
    told: dict[str, str]
    red: dict[str, Any]
    heard: list[str]


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    return asyncio.run(asyncio.wait_for(_run(tmp_path_factory.mktemp("rahasia")), 150))


async def _run(folder: Path) -> Aftermath:
    async with (
        telegram.BotApi(token=TOKEN, scale=0.05) as api,
        whatsapp.Graph(token=META, app_secret=APP, verify_token=VERIFY, scale=0.05) as graph,
        sms.Gateway(dialect="old", key=KEY, secret=SHOWN, scale=0.05) as gateway,
    ):
        house = House(folder / "data", env=_env(api, graph, gateway))
        graph.hook.url, gateway.hook = f"{house.web}/hooks/whatsapp", f"{house.web}/hooks/sms"
        await asyncio.to_thread(house.start)
        try:
            aftermath = await _live(house, api, graph, gateway)
        finally:
            if house.process and house.process.poll() is None:
                await asyncio.to_thread(house.stop)
        env = _env(api, graph, gateway)
        for name, arguments in COMMANDS.items():
            aftermath.told[name] = await asyncio.to_thread(_sapa, house.data, env, *arguments)
        for name, wrong in WRONG.items():
            aftermath.told[name] = await asyncio.to_thread(_sapa, house.data, {**env, **wrong}, "check")
        return aftermath


COMMANDS = {
    "doctor": ("doctor",),
    "outbox": ("outbox", "list"),
    "quarantine": ("quarantine", "list"),
    "unanswered": ("quarantine", "list", "--unanswered"),
}
WRONG = {
    "no token": {"SAPA_TELEGRAM__TOKEN": f"{TOKEN}/ %"},
    "no mode": {"SAPA_TELEGRAM__MODE": VERIFY},
    "no numbers": {"SAPA_WHATSAPP__NUMBERS": f'["{META}"]'.replace("EAA", "x")},
    "no json": {"SAPA_SMS": '{"secret": "' + SHOWN},
    "no version": {"SAPA_WHATSAPP__VERSION": "latest"},
}


def _env(api: telegram.BotApi, graph: whatsapp.Graph, gateway: sms.Gateway) -> dict[str, str]:
    return {
        "SAPA_TELEGRAM__TOKEN": TOKEN,
        "SAPA_TELEGRAM__BASE_URL": api.url,
        "SAPA_TELEGRAM__WAIT": "1",
        "SAPA_WHATSAPP__TOKEN": META,
        "SAPA_WHATSAPP__APP_SECRET": APP,
        "SAPA_WHATSAPP__VERIFY_TOKEN": VERIFY,
        "SAPA_WHATSAPP__NUMBERS": json.dumps(list(graph.numbers)),
        "SAPA_WHATSAPP__BUSINESS_ACCOUNT": graph.waba,
        "SAPA_WHATSAPP__BASE_URL": graph.url,
        "SAPA_SMS": json.dumps(gateway.settings()),
        "SAPA_RELAY__HOST": "127.0.0.1",
        "SAPA_RELAY__PORT": "9",
        "SAPA_RELAY__TLS": "none",
        "SAPA_RELAY__USER": "sapa",
        "SAPA_RELAY__PASSWORD": RELAY,
        "SAPA_LOG": "json",
    }


def _sapa(data: Path, env: Mapping[str, str], *arguments: str) -> str:
    sapa = Path(sys.executable).with_name("sapa")
    done = subprocess.run(
        [sapa, *arguments, "--data", data], env={**os.environ, **env}, capture_output=True, timeout=60
    )
    return (done.stdout + done.stderr).decode()


async def _live(house: House, api: telegram.BotApi, graph: whatsapp.Graph, gateway: sms.Gateway) -> Aftermath:
    budi, sari, tono = api.person("Budi"), graph.person("Sari"), gateway.person("Tono")
    echoes = {  # each can tell on what it was asked with, and knows nothing of the others
        api: f"<html>GET /bot{TOKEN}/x</html>".encode(),
        graph: f"<html>Authorization: Bearer {META}</html>".encode(),
        gateway: f"<html>GET /send?key={KEY}</html>".encode(),
    }
    async with httpx.AsyncClient(base_url=house.web, timeout=30) as client:
        for one in (budi, sari, tono):
            one.says("siang, gula pasir kurang 2 dus, INV-2611-0210")
        for one in (budi, sari, tono):
            await one.hears(timeout=30)
        # every kind of failure, of what is sent, asked and fetched; some answer with what they were asked
        failing = {api: ("sendMessage", "getFile"), graph: ("messages", "media"), gateway: ("send",)}
        calls = {(one, method): len(one.calls.of(method)) for one, all_ in failing.items() for method in all_}
        for stand_in, method in calls:
            echo = echoes[stand_in]
            for fault in (Garbage(500, echo), Garbage(404, echo), Garbage(200, echo), Dropped(), Lost()):
                stand_in.faults.next(method, fault)
        api.faults.next("getUpdates", Garbage(502, echoes[api]))
        for one in (budi, sari):
            one.sends_photo(caption="ini fotonya")
            one.says("INV-2611-0211")
        tono.says("INV-2611-0211")
        await _knock(client)
        for (stand_in, method), before in calls.items():
            await until(lambda s=stand_in, m=method, b=before: len(s.calls.of(m)) > b)  # type: ignore[misc]
        api.revoke()
        red = await _red(client, "telegram")
        for stand_in in (api, graph, gateway):
            stand_in.faults.clear()
        others = (graph.person("Wati"), gateway.person("Joko"))
        for one in others:
            one.says("halo, masih di sana?")
        heard = [(await one.hears(timeout=60)).text for one in others]
        graph.token, gateway.key = "EAAanother", "another-key-0123456789"
        sari.says("terima kasih")
        tono.says("terima kasih")
        await _red(client, "sms")
        told = {}
        for page in ("/health", "/metrics", "/attention", "/mailbox"):
            for accept in ("application/json", "text/html"):
                answer = await client.get(page, headers={"Accept": accept})
                told[f"{page} as {accept}"] = answer.text + str(answer.headers)
        return Aftermath(house.data, house.log, told, red, heard)


async def _knock(client: httpx.AsyncClient) -> None:
    """Calls of the hooks by somebody who is no provider."""
    wrong = ({}, {"X-Hub-Signature-256": f"sha256={0:064d}"}, {"X-Telegram-Bot-Api-Secret-Token": VERIFY})
    for headers in wrong:
        for name in ("telegram", "whatsapp", "sms"):
            await client.post(f"/hooks/{name}", content=b'{"a": "b"}', headers=headers)
    await client.get("/hooks/whatsapp", params={"hub.verify_token": VERIFY, "hub.mode": "x"})
    await client.get("/hooks/sms", params={"secret": f"{SHOWN}x"})


async def _red(client: httpx.AsyncClient, part: str) -> dict[str, Any]:
    """The health report once a part is red."""
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(httpx.HTTPError):
                report: dict[str, Any] = (await client.get("/health?format=json")).json()
                if not report["parts"][part]["ok"]:
                    return report
            await asyncio.sleep(0.2)


def _shapes(secret: str) -> Iterator[bytes]:
    """A secret as it is, and as it travels."""
    yield secret.encode()
    yield urllib.parse.quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    for user in ("", "sapa:", ":"):
        yield base64.b64encode((user + secret).encode()).rstrip(b"=")[:-1]


@pytest.mark.slow
def test_no_secret_is_written_anywhere(aftermath: Aftermath) -> None:
    written = {str(path): path.read_bytes() for path in aftermath.data.rglob("*") if path.is_file()}
    written |= {name: text.encode() for name, text in aftermath.told.items()}
    written["the log"] = aftermath.log.read_bytes()
    assert len(written["the log"]) > 1000
    found = {
        (name, shape.decode())
        for name, content in written.items()
        for secret in SECRETS
        for shape in _shapes(secret)
        if shape in content
    }
    assert not found
    assert all(aftermath.told[name].startswith("sapa: The settings") for name in WRONG)


@pytest.mark.slow
def test_a_dead_channel_is_red_with_the_reason_and_stops_no_other(aftermath: Aftermath) -> None:
    parts = aftermath.red["parts"]
    assert aftermath.red["ok"] is False
    assert "token" in parts["telegram"]["detail"]
    assert parts["turns"]["ok"]
    assert len(aftermath.heard) == 2
    assert all(aftermath.heard)
