"""The channel as the house sees it: the hook in, the calls out, and how both are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from channels.base import (
    Accept,
    Attachment,
    Capabilities,
    Delivery,
    FetchResult,
    Health,
    Inbound,
    Outbound,
    SendResult,
    Status,
    Unreadable,
)
from channels.gates import Gate
from channels.whatsapp.errors import Trouble, Verdict, is_window_closed
from channels.whatsapp.files import LARGEST, Files
from channels.whatsapp.graph import Answer, Graph
from channels.whatsapp.hook import Hook
from channels.whatsapp.pacing import SETTLES, Pacing
from channels.whatsapp.parts import (
    LONGEST_BUTTON,
    LONGEST_TEXT,
    LONGEST_WITH_CHOICES,
    MOST_BUTTONS,
    MOST_ROWS,
)
from channels.whatsapp.reading import CHANNEL
from channels.whatsapp.sending import Sending
from channels.whatsapp.templates import Templates
from channels.whatsapp.wellbeing import Wellbeing

LOOKS = timedelta(minutes=10)
"""Between two looks at the token."""

if TYPE_CHECKING:
    from starlette.routing import BaseRoute


class WhatsApp:
    """One app of Meta's with its numbers; a number's id is the account of what comes and goes.

    `secrets` sign webhooks (two while they are changed), `numbers` are ids of our numbers. `clock` gives an
    aware time, `settles` is in seconds (see `pacing`), `largest` the bytes of the largest file that is
    fetched. Raises `ValueError` without a secret or verify token.
    """

    name = CHANNEL
    capabilities = Capabilities(
        max_text=LONGEST_TEXT,
        max_with_choices=LONGEST_WITH_CHOICES,
        buttons=MOST_BUTTONS,
        label=LONGEST_BUTTON,
        list_rows=MOST_ROWS,
    )

    def __init__(
        self,
        graph: Graph,
        *,
        secrets: Sequence[bytes],
        verify_token: str,
        numbers: Sequence[str] = (),
        templates: Templates | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        settles: float = SETTLES,
        largest: int = LARGEST,
        direct: bool = False,
    ) -> None:
        self._graph = graph
        self._clock = clock
        self._numbers = tuple(numbers)
        self._wellbeing = Wellbeing(frozenset(numbers))
        self._pacing = Pacing(settles)
        self._hook = Hook(secrets, verify_token, self._wellbeing, clock, self._heard)
        self._files = Files(graph, clock, largest=largest)
        taken = self._wellbeing.left
        self._sending = Sending(graph, templates or Templates(), self._pacing, clock, taken, direct=direct)

    def routes(self, accept: Accept) -> Sequence[BaseRoute]:
        """The webhook's two routes."""
        return self._hook.routes(accept)

    def gates(self) -> Sequence[Gate]:
        """The webhook."""
        return (self._hook.gate,)

    async def run(self, accept: Accept) -> None:
        """Meta calls us; by ourselves we only look now and then whether the token still works, so that it is
        seen before a customer waits for an answer."""
        while True:
            await self.look()
            await asyncio.sleep(LOOKS.total_seconds())

    async def look(self) -> None:
        """Ask for our first number. Only what concerns the whole account turns the channel red."""
        if self._numbers:
            seen = await self._graph.get(self._numbers[0], fields="id")
            if isinstance(seen, Trouble) and seen.verdict is Verdict.STOP:
                self._wellbeing.looked(seen.told, self._clock())
            elif isinstance(seen, Answer):
                self._wellbeing.looked("", self._clock())

    async def send(self, outbound: Outbound) -> SendResult:
        """Send one message, in the customer's turn; outside the 24 hours by a template."""
        return await self._sending.send(outbound)

    async def fetch(self, account: str, attachment: Attachment) -> FetchResult:
        """The bytes of a file that a customer sent."""
        return await self._files.fetch(attachment)

    def health(self) -> Health:
        """How the way in and the account are."""
        return self._wellbeing.health(self._clock())

    async def close(self) -> None:
        """Close connections."""
        await self._sending.close()
        await self._graph.close()

    def _heard(self, batch: Sequence[Inbound | Unreadable]) -> None:
        """What became of messages: the next may leave; a window that was closed is known to be."""
        for one in batch:
            if isinstance(one, Status):
                who = self._pacing.told(one.of) or (one.account, one.thread)
                if one.delivery is Delivery.FAILED:
                    self._sending.failed(one.echo)
                if one.delivery is Delivery.FAILED and is_window_closed(one.reason):
                    self._sending.closed(who, one.sent_at)
