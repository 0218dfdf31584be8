"""The channel between a Graph server and its hook, which a stand-in serves: no store behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.routing import BaseRoute

from channels.base import Accepted, Attachment, Choice, Cursor, Inbound, NotStored, Outbound, Sent, Unreadable
from channels.whatsapp import Graph as Client
from channels.whatsapp import Template, Templates, WhatsApp
from tests.standins.graph import JPEG, Graph, Person
from tests.standins.serving import StandIn

KABAR = "Halo, ini kabar dari PT Contoh: {{1}} Balas pesan ini kalau ada yang ingin ditanyakan."
BALAS = "Halo, ada kabar baru tentang laporan Anda. Balas pesan ini untuk membacanya."
TIKET = "Halo {{1}}, laporan Anda sudah kami catat dengan nomor {{2}}. Simpan nomornya, ya."
TEMPLATES = Templates(
    {
        "update": {"id": Template("sapa_kabar", "id"), "en": Template("sapa_kabar", "en")},
        "reply": {"id": Template("sapa_balas", "id")},
        "ticket": {"id": Template("sapa_tiket", "id")},
    }
)


class Desk(StandIn):
    """What stands behind the hook: it `keeps` all that comes."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Inbound | Unreadable] = []
        self.full = False
        self.channel: WhatsApp

    def routes(self) -> Sequence[BaseRoute]:
        return self.channel.routes(self.accept)

    async def accept(
        self, batch: Sequence[Inbound | Unreadable], cursor: Cursor | None = None
    ) -> list[Accepted]:
        if self.full:
            raise NotStored("disk full")
        self.kept += batch
        return [Accepted.NEW] * len(batch)


class Place:
    """Graph, the channel, and Budi, who has just written."""

    def __init__(self, graph: Graph, desk: Desk, channel: WhatsApp, budi: Person) -> None:
        self.graph, self.desk, self.channel, self.budi = graph, desk, channel, budi

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.graph.clock.now(), UTC)

    def out(self, text: str = "Siang, Kak.", id_: str = "7/3/1", **more: Any) -> Outbound:
        """A message to Budi, who wrote a minute ago."""
        made = Outbound(
            id=id_, channel="whatsapp", account=self.graph.number.id, to=f"+{self.budi.phone}", text=text,
            heard_at=self.now - timedelta(minutes=1), language="id",
        )  # fmt: skip
        return replace(made, **more)

    def late(self, text: str = "Siang, Kak.", id_: str = "7/3/1", **more: Any) -> Outbound:
        """The same when he wrote a day and an hour ago."""
        return self.out(text, id_, heard_at=self.now - timedelta(hours=25), **more)

    def sent(self, kind: str = "messages") -> list[dict[str, Any]]:
        """The calls that Graph took, without the frame."""
        return [call.args for call in self.graph.calls.of(kind) if call.taken]


@asynccontextmanager
async def at_work(
    *,
    templates: Templates = TEMPLATES,
    settles: float = 0.05,
    timeout: float = 5.0,
    direct: bool = False,
    **given: Any,
) -> AsyncIterator[Place]:
    desk = Desk()
    async with Graph(scale=0.001, **given) as graph:
        for name, language, body in (
            ("sapa_kabar", "id", KABAR), ("sapa_kabar", "en", "News: {{1}} Just answer this message."),
            ("sapa_balas", "id", BALAS), ("sapa_tiket", "id", TIKET),
        ):  # fmt: skip
            graph.template(name, body, language)
        channel = WhatsApp(
            Client(graph.url, "v26.0", graph.token, timeout=timeout),
            secrets=[graph.app_secret.encode()],
            verify_token=graph.verify_token,
            numbers=[graph.number.id],
            templates=templates,
            clock=lambda: datetime.fromtimestamp(graph.clock.now(), UTC),
            settles=settles,
            direct=direct,
        )
        desk.channel = channel
        async with desk:
            await graph.subscribe(f"{desk.url}/hooks/whatsapp")
            budi = graph.person("Budi")
            budi.heard_at[graph.number.id] = graph.clock.now()
            try:
                yield Place(graph, desk, channel, budi)
            finally:
                await channel.close()


def choices(*labels: str) -> tuple[Choice, ...]:
    return tuple(Choice(f"k3x.7:{n}", label) for n, label in enumerate(labels, 1))


PHOTO = Attachment("foto.jpg", "image/jpeg", 0, JPEG)


async def sent(place: Place, *args: Any, **more: Any) -> Sent:
    """Send to Budi, who wrote a minute ago, and see it taken."""
    result = await place.channel.send(place.out(*args, **more))
    assert isinstance(result, Sent), result
    return result
