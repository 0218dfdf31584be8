"""Telegram as a whole: the Provider of one bot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from channels.base import (
    Accept,
    Attachment,
    Capabilities,
    FetchResult,
    Health,
    Outbound,
    SendResult,
)
from channels.courtesies import Courtesies
from channels.gates import Gate
from channels.telegram import CHANNEL
from channels.telegram.calls import Calls
from channels.telegram.condition import Condition
from channels.telegram.fetching import fetch
from channels.telegram.pacing import Pace
from channels.telegram.polling import Memory, Pauses, Polling
from channels.telegram.presses import Presses
from channels.telegram.reading import BUSINESS, UPDATES
from channels.telegram.sending import Sending
from channels.telegram.webhook import PATH, Door, Watch
from channels.telegram.writing import TEXT


class Telegram:
    """One bot. In the mode "webhook" Telegram calls `hook`, showing `secret`; in "polling" it is asked, and
    `hook` only says which webhook is our own. `business`: chats of business accounts, too. `take_over`: a
    webhook that another program set is taken away. Raises `ValueError` for what cannot be."""

    name = CHANNEL
    capabilities = Capabilities(
        max_text=TEXT,
        max_with_choices=TEXT,
        buttons=12,
        label=40,
    )

    def __init__(
        self,
        token: str,
        memory: Memory,
        *,
        mode: Literal["polling", "webhook"] = "polling",
        base_url: str = "https://api.telegram.org",
        hook: str = "",
        secret: str = "",
        business: bool = False,
        take_over: bool = False,
        wait: int = 25,
        max_connections: int = 40,
        pace: Pace | None = None,
        pauses: Pauses | None = None,
        look: float = 60.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.calls = Calls(token, base_url)
        self._courtesies = Courtesies(CHANNEL)
        self._condition = Condition(clock)
        self._presses = Presses(self.calls, self._courtesies)
        self._sending = Sending(self.calls, self._courtesies, pace=pace)
        allowed = (*UPDATES, *BUSINESS) if business else UPDATES
        self._door: Door | None = None
        self._watch: Watch | None = None
        self._polling: Polling | None = None
        if mode == "webhook":
            if not hook:
                raise ValueError("a webhook needs web.public_url: the https address that Telegram calls")
            self._door = Door(secret, self.calls.bot_id, self._condition, self._presses, clock=clock)
            self._watch = Watch(
                self.calls,
                self._condition,
                url=hook,
                secret=secret,
                allowed=allowed,
                max_connections=max_connections,
                take_over=take_over,
                pauses=pauses,
                look=look,
                clock=clock,
            )
        else:
            self._polling = Polling(
                self.calls,
                memory,
                self._condition,
                self._presses,
                allowed=allowed,
                wait=wait,
                hook=hook,
                take_over=take_over,
                pauses=pauses,
                clock=clock,
            )

    def routes(self, accept: Accept) -> Sequence[BaseRoute]:
        """Where Telegram calls; none when it is asked instead."""
        door = self._door
        if door is None:
            return ()

        async def take(request: Request) -> Response:
            return await door.take(request, accept)

        return (Route(PATH, take, methods=["POST"]),)

    def gates(self) -> Sequence[Gate]:
        """The webhook, where there is one."""
        return (self._door.gate,) if self._door is not None else ()

    async def run(self, accept: Accept) -> None:
        """Poll, or keep the webhook, until cancelled. In one process at a time for a bot."""
        if self._polling is not None:
            await self._polling.run(accept)
        elif self._watch is not None:
            await self._watch.run()

    async def send(self, outbound: Outbound) -> SendResult:
        """Send one message, once."""
        return await self._sending.send(outbound)

    async def fetch(self, account: str, attachment: Attachment) -> FetchResult:
        """Fetch a customer's file."""
        return await fetch(self.calls, attachment)

    def health(self) -> Health:
        """How the way in is."""
        return self._condition.health()

    async def close(self) -> None:
        """Let go of everything."""
        await self._courtesies.close()
        await self.calls.close()
