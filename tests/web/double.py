"""A house for the web chat to stand in: a store in memory that keeps its promises, and a bot of few words.

It outlives the server in front of it, as the real store does, and can be told to fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from bot.errors import NotFound
from bot.store.quarantine import Seen
from bot.web.app import make_app
from bot.web.attention import Letter, Verdict
from channels.base import Accepted, Choice, Cursor, Inbound, Message, NotStored, Pressed, Unreadable
from channels.history import Item, ItemFile, StoredFile
from channels.webchat import House, Rate, Rates, WebChat

NUMBER = "SP-2611-0042-7"
COMPANY = "PT Sumber Makmur Sentosa"
SOP: Any = SimpleNamespace(
    about=SimpleNamespace(company=SimpleNamespace(name=COMPANY), timezone="Asia/Jakarta")
)
"""What the pages read of a pack."""
FREE = Rates(Rate(10_000, 1000), Rate(10_000, 1000), Rate(1e9, 1e9))


class Memory:
    """`accept` and `History` in one. `failing` counts accepts that are not stored; `silent` mutes the bot;
    `lost` counts answers to accepts that are stored all the same and then lost."""

    def __init__(self) -> None:
        self.items: defaultdict[str, list[Item]] = defaultdict(list)
        self.seen: set[str] = set()
        self.inbound: list[Inbound] = []
        self.files: dict[tuple[str, str], StoredFile] = {}
        self.failing = 0
        self.lost = 0
        self.silent = False
        self._bell = asyncio.Condition()

    async def accept(
        self, batch: Sequence[Inbound | Unreadable], cursor: Cursor | None = None
    ) -> list[Accepted]:
        """Store, show, answer."""
        if self.failing:
            self.failing -= 1
            raise NotStored
        answers = []
        for one in batch:
            assert isinstance(one, Message | Pressed)
            if one.external_id in self.seen:
                answers.append(Accepted.DUPLICATE)
                continue
            self.seen.add(one.external_id)
            self.inbound.append(one)
            answers.append(Accepted.NEW)
            await self._take(one)
        if self.lost:
            self.lost -= 1
            raise RuntimeError("stored, and the answer lost")
        return answers

    async def _take(self, one: Message | Pressed) -> None:
        key, files = one.thread, []
        for file in one.attachments if isinstance(one, Message) else ():
            assert file.content is not None
            digest = hashlib.sha256(file.content).hexdigest()
            self.files[key, digest] = StoredFile(file.name, file.media_type, file.content)
            files.append(ItemFile(digest, file.name, file.media_type, file.size))
        text = one.text if isinstance(one, Message) else one.label
        client_id = one.external_id.rpartition("/")[2]
        await self.say(key, text, author="customer", files=tuple(files), client_id=client_id)
        if not self.silent:
            await self.say(key, *answer(text, len(self.items[key])))

    async def say(self, key: str, text: str, choices: tuple[Choice, ...] = (), **more: object) -> None:
        """Show one item."""
        row = Item(
            seq=len(self.items[key]) + 1, author="bot", at=datetime.now(UTC), text=text, choices=choices
        )
        self.items[key].append(replace(row, **more))  # type: ignore[arg-type]
        async with self._bell:
            self._bell.notify_all()

    async def last(self, key: str) -> int:
        return len(self.items[key])

    async def after(self, key: str, seq: int, limit: int) -> Sequence[Item]:
        return self.items[key][seq : seq + limit]

    async def wait(self, key: str, seq: int, timeout: float) -> bool:
        async with self._bell:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._bell.wait_for(lambda: len(self.items[key]) > seq)
        return len(self.items[key]) > seq

    async def file(self, key: str, digest: str) -> StoredFile | None:
        return self.files.get((key, digest))

    def arrived(self, key: str) -> None:
        """Nothing to do: one bell for all."""


def answer(text: str, seq: int) -> tuple[str, tuple[Choice, ...]]:
    """A bot of few words: it restates with buttons, and gives a number for a yes."""
    if text in ("Ya, betul", "ya"):
        words = (
            f"Terima kasih, Kak. Laporannya sudah kami catat.\n\nNomor tiket:\n{NUMBER}\n\nBagian Gudang "
            "mengabari paling lambat Selasa, 24 November 2026, pukul 12.00 WIB. "
            "Info resmi: https://sumbermakmur.example/bantuan."
        )
        return words, ()
    return (
        f"Jadi, Kakak menulis “{text[:60]}”. Betul begitu, Kak?",
        (Choice("yes", "Ya, betul"), Choice("no", "Bukan")),
    )


class NothingWaits:
    """A house in which all is well: nothing waits for a person."""

    async def inputs(self, before: int | None) -> list[Seen]:
        return []

    async def letters(self, after: int) -> list[Letter]:
        return []

    async def raw(self, id_: int) -> tuple[str, bytes]:
        raise NotFound("nothing waits")

    async def settle_input(self, id_: int, verdict: Verdict) -> None:
        raise NotFound("nothing waits")

    async def settle_letter(self, id_: int, verdict: Verdict) -> None:
        raise NotFound("nothing waits")


class Server:
    """A real uvicorn in front of a `Memory`, on its own port; can be stopped and started on the same port."""

    def __init__(self, memory: Memory, *, port: int = 0, **given: object) -> None:
        self.memory = memory
        self.port = port
        self._given = given
        self.chat: WebChat | None = None
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def app(self) -> ASGIApp:
        given = dict(self._given)
        self.chat = WebChat(
            self.memory,
            House(COMPANY, facts=FACTS),
            rates=given.pop("rates", FREE),  # type: ignore[arg-type]
            numbers=lambda text: [NUMBER] if NUMBER in text else [],
        )

        async def health() -> dict[str, object]:
            return {"ok": True, "parts": {"store": {"ok": True, "detail": "", "lag": 0.0}}}

        async def metrics() -> bytes:
            return b"sapa_up 1\n"

        return make_app(
            **{  # type: ignore[arg-type]
                "routes": self.chat.routes(self.memory.accept),
                "health": health,
                "metrics": metrics,
                "mailbox": None,
                "waiting": NothingWaits(),
                "sop": SOP,
                **given,
            }
        )

    async def start(self) -> None:
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(self.app(), log_level="error", lifespan="off", timeout_graceful_shutdown=5)
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[method-assign,attr-defined]
        self._server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        self._task = asyncio.create_task(self._server.serve(sockets=[listening]))
        while not self._server.started:
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        assert self._server
        assert self._task
        assert self.chat
        self.chat.close()
        self._server.should_exit = True
        await self._task


FACTS = {
    "id": [("Jam layanan", "Senin–Jumat 08.00–17.00\nSabtu 08.00–13.00 WIB"), ("Telepon", "021-5550-1234")],
    "en": [
        ("Opening hours", "Mon–Fri 08:00–17:00\nSat 08:00–13:00 (Jakarta)"),
        ("Phone", "+62 21 5550 1234"),
    ],
}


@contextlib.asynccontextmanager
async def serving(memory: Memory | None = None, **given: object) -> AsyncIterator[Server]:
    """A server for the time of a test."""
    server = Server(memory or Memory(), **given)  # type: ignore[arg-type]
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
