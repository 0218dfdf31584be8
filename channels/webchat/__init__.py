"""The chat on a web page: POST up, an event stream down, and a page that also works without a script.

A POST is answered 200 only after `accept` returned. What the visitor sees comes from the store alone, by
gap-free numbers, so a dropped line, a reload or a restarted server loses nothing and repeats nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.routing import BaseRoute, Route

from channels.base import Accept, Capabilities, Outbound, Sent
from channels.history import History, Item, ItemFile, StoredFile
from channels.webchat.incoming import Limits
from channels.webchat.page import House
from channels.webchat.rates import Rate
from channels.webchat.reading import Reading
from channels.webchat.stream import Numbers, Places
from channels.webchat.writing import Rates, Writing

__all__ = ["History", "House", "Item", "ItemFile", "Limits", "Rate", "Rates", "StoredFile", "WebChat"]


class WebChat:
    """The web chat: a `Hook`, and a `SenderOut` that has nothing to send (the visitor reads the store)."""

    name = "webchat"

    def __init__(
        self,
        history: History,
        house: House,
        *,
        limits: Limits | None = None,
        rates: Rates | None = None,
        numbers: Numbers = lambda _text: (),
        streams: int = 10_000,
    ) -> None:
        """`numbers` finds ticket numbers in a text, as written there; `streams` may be open at once."""
        limits = limits or Limits()
        self._closing = asyncio.Event()
        self._places = Places(each=8, all_=streams)
        self._reading = Reading(
            history, house, limits=limits, numbers=numbers, places=self._places, closing=self._closing
        )
        self._writing = Writing(
            history,
            self._reading,
            account=house.account,
            limits=limits,
            rates=rates or Rates(),
            closing=self._closing,
        )
        self.capabilities = Capabilities(
            medium="chat",
            max_text=4096,
            buttons=10,
            idempotent=True,
            stored=True,
        )

    def close(self) -> None:
        """End all streams and long polls, so that the server can stop; browsers come back by themselves."""
        self._closing.set()

    @property
    def open_streams(self) -> int:
        """How many event streams and long polls are open, for the metrics."""
        return len(self._places)

    async def send(self, outbound: Outbound) -> Sent:
        """What is committed is delivered: the visitor reads the store."""
        return Sent(outbound.id)

    def routes(self, accept: Accept) -> Sequence[BaseRoute]:
        """The page at `/chat`, and what its script talks to."""

        def taking(
            method: Callable[[Request, Accept], Awaitable[Any]],
        ) -> Callable[[Request], Awaitable[Any]]:
            async def endpoint(request: Request) -> Any:
                return await method(request, accept)

            return endpoint

        reading, writing = self._reading, self._writing
        return [
            Route("/chat", reading.page, methods=["GET"]),
            Route("/chat", taking(writing.form), methods=["POST"]),
            Route("/chat/messages", taking(writing.post), methods=["POST"]),
            Route("/chat/items", reading.items, methods=["GET"]),
            Route("/chat/events", reading.events, methods=["GET"]),
            Route("/chat/files/{digest}", reading.file, methods=["GET"]),
            Route("/chat/assets/{version}/{name}", reading.asset, methods=["GET"]),
        ]
