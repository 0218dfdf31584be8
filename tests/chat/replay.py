"""Real payloads of other projects, brought to a whole house by the doors of the real adapters."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import select
from starlette.applications import Starlette

from bot.chat_settings import TelegramSettings, WhatsAppSettings
from bot.house import House, open_house
from bot.settings import Settings, WebSettings
from bot.store import tables

APP_SECRET = "the secret of the app"
HOOK_SECRET = "the-secret-of-the-hook"
DEAD_END = "http://127.0.0.1:9"
"""Where nothing answers: nothing is sent in these tests."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One payload as it came over the wire, and what an independent reader found in it."""

    file: str
    raw: bytes
    expected: dict[str, Any]

    @property
    def channel(self) -> str:
        return self.file.partition("/")[0]

    @property
    def ids(self) -> set[str]:
        """What names its messages: Telegram's update, WhatsApp's wamids."""
        if self.channel == "telegram":
            return {str(self.expected["update_id"])}
        return {each["id"] for each in self.expected["messages"] if each.get("id")}

    def own(self, n: int) -> Sample:
        """The same with ids that no other sample has: many were made with one placeholder for all."""
        if self.channel == "telegram":
            return self
        raw, expected = self.raw, json.dumps(self.expected)
        for id_ in self.ids | {each["id"] for each in self.expected["statuses"]}:
            raw = raw.replace(f'"{id_}"'.encode(), f'"{id_}.{n}"'.encode())
            expected = expected.replace(f'"{id_}"', f'"{id_}.{n}"')
        return Sample(self.file, raw, json.loads(expected))


def listed(folder: Path, channel: str) -> list[Sample]:
    """The samples of a channel, in the manifest's order; none when there is no manifest."""
    manifest = folder / "chat" / "MANIFEST.jsonl"
    if not manifest.is_file():
        return []
    entries = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [
        Sample(entry["file"], (folder / "chat" / entry["file"]).read_bytes(), entry["expectation"])
        for entry in entries
        if entry["file"].startswith(f"{channel}/")
    ]


@dataclass
class Doors:
    """A house with both hooks open."""

    house: House
    client: AsyncClient
    said: list[str] = field(default_factory=list)

    async def bring(self, channel: str, raws: Sequence[bytes]) -> None:
        """Some payloads, as the provider brings them: each must be answered 200."""
        for body in joined(raws) if channel == "whatsapp" else raws:
            answer = await self.client.post(
                f"/hooks/{channel}", content=body, headers=self.headers(channel, body)
            )
            assert answer.status_code == 200, (answer.status_code, body[:200])

    @staticmethod
    def headers(channel: str, body: bytes) -> dict[str, str]:
        headers = {"content-type": "application/json"}
        if channel == "telegram":
            return {**headers, "x-telegram-bot-api-secret-token": HOOK_SECRET}
        digest = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
        return {**headers, "x-hub-signature-256": f"sha256={digest}"}

    async def rows(self, table: str, *columns: str) -> list[Any]:
        """Rows in order of the first columns."""
        chosen = [tables.metadata.tables[table].c[name] for name in columns]
        return await self.house.store.read(
            lambda c: [tuple(r) for r in c.execute(select(*chosen).order_by(*chosen))]
        )

    async def ids(self) -> list[tuple[str, str, str]]:
        """What is on record of what came in by these channels."""
        found = await self.rows("inbox", "channel", "account", "external_id")
        return [row for row in found if row[0] in ("telegram", "whatsapp")]

    async def answer(self) -> tuple[int, int]:
        """All turns that wait are taken; how many items and how many answers there are then."""
        self.house.turns._clock = _later
        await self.house.turns.run_once()
        return len(await self.rows("items", "thread_id", "seq")), len(await self.rows("outbox", "id"))


def _later() -> Any:
    from datetime import UTC, datetime, timedelta

    return datetime.now(UTC) + timedelta(minutes=5)  # nothing waits for files or albums any more


def joined(raws: Sequence[bytes]) -> list[bytes]:
    """Several webhooks of WhatsApp in one post, as Meta does it; what is no webhook comes by itself."""
    entries: list[Any] = []
    alone: list[bytes] = []
    for raw in raws:
        try:
            outer = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
            entries += msgspec.json.decode(outer["entry"], type=list[msgspec.Raw])
        except (msgspec.MsgspecError, KeyError, UnicodeDecodeError):
            alone.append(raw)
    if len(raws) == 1:
        return list(raws)
    body = {"object": "whatsapp_business_account", "entry": entries}
    return [*alone, msgspec.json.encode(body)] if entries else alone


@asynccontextmanager
async def doors(folder: Path, samples: Sequence[Sample] = ()) -> AsyncIterator[Doors]:
    """A house on `folder` that takes what the providers call with."""
    numbers = {
        found.decode()
        for sample in samples
        for found in re.findall(rb'"phone_number_id"\s*:\s*"(\d+)"', sample.raw)
    }
    settings = Settings(
        data=folder / "data",
        web=WebSettings(public_url="https://sapa.example.com"),
        telegram=TelegramSettings(
            token=SecretStr("1:a"), mode="webhook", webhook_secret=SecretStr(HOOK_SECRET), base_url=DEAD_END
        ),
        whatsapp=WhatsAppSettings(
            token=SecretStr("t"),
            app_secret=SecretStr(APP_SECRET),
            verify_token=SecretStr("v"),
            numbers=tuple(sorted(numbers)) or ("1",),
            base_url=DEAD_END,
        ),
    )
    async with open_house(settings, lambda _ground: {}, providers=True) as house:
        routes = [route for each in house.providers.values() for route in each.routes(house.inbox.accept)]
        transport = ASGITransport(Starlette(routes=routes))
        async with AsyncClient(transport=transport, base_url="http://sapa.example.com") as client:
            yield Doors(house, client)
