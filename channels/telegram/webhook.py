"""Updates by webhook: the door they come in at, and the watch over what Telegram knows of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from channels.base import Accept, Inbound, NotStored, Unreadable
from channels.bodies import body_of
from channels.gates import Gate, Shown, may_come_in
from channels.telegram.calls import Calls
from channels.telegram.condition import REVOKED, Condition, in_the_way, not_delivered
from channels.telegram.faults import Declined, Fault
from channels.telegram.polling import Pauses
from channels.telegram.presses import Presses
from channels.telegram.reading import read
from channels.telegram.update import unreadable
from channels.telegram.wire import count, instant, words

PATH = "/hooks/telegram"
HEADER = "x-telegram-bot-api-secret-token"
LARGEST = 1024 * 1024
"""Bytes of one update; real ones are a few kilobytes."""
COME_BACK = 5
"""Seconds until Telegram tries again what could not be stored."""
RECENT = timedelta(minutes=10)

log = logging.getLogger(__name__)


class Door:
    """Takes updates from who knows the secret, and says yes only when they are durable."""

    def __init__(
        self,
        secret: str,
        account: str,
        condition: Condition,
        presses: Presses,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        if not secret:
            raise ValueError("a webhook without a secret would believe everybody")
        self._account, self._condition, self._presses = account, condition, presses
        self._clock = clock
        self.gate = Gate(PATH, LARGEST, Shown(HEADER, secret), door=403)
        """How a call is known to be Telegram's."""

    async def take(self, request: Request, accept: Accept) -> Response:
        """One POST. Who does not know the secret is sent away before anything is read."""
        if not may_come_in(self.gate, request.headers):
            return self._sent_away(self.gate.door)
        try:
            raw = await body_of(request, LARGEST)
        except ClientDisconnect:
            return Response(status_code=400)
        if raw is None:
            return self._sent_away(413)
        found = self._read(raw)
        try:
            stored = await accept(found)
        except NotStored:
            self._condition.cannot_store("the store does not take updates; Telegram keeps them for a day")
            return Response(status_code=503, headers={"Retry-After": str(COME_BACK)})
        self._condition.cannot_store("")
        self._condition.stored(stored)
        self._presses.stored(found)
        return Response(status_code=200)

    def _sent_away(self, status: int) -> Response:
        """Without another look at the body: the connection ends here."""
        self._condition.counts["refused"] += 1
        return Response(status_code=status, headers={"Connection": "close"})

    def _read(self, raw: bytes) -> Sequence[Inbound | Unreadable]:
        now = self._clock()
        try:
            return read(raw, account=self._account, at=now)
        except Exception as error:  # it knows the secret: it is on record, and not sent again for a day
            if not isinstance(error, ValueError):
                log.exception("telegram_not_read")
            self._condition.counts["unreadable"] += 1
            return [unreadable(raw, account=self._account, at=now, cause=str(error))]


class Watch:
    """Sets our webhook and looks now and then whether it still stands and works."""

    def __init__(
        self,
        calls: Calls,
        condition: Condition,
        *,
        url: str,
        secret: str,
        allowed: Sequence[str],
        max_connections: int = 40,
        take_over: bool = False,
        pauses: Pauses | None = None,
        look: float = 60.0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._calls, self._condition = calls, condition
        self._url, self._secret, self._allowed = url, secret, list(allowed)
        self._max_connections, self._take_over = max_connections, take_over
        self._pauses, self._look, self._clock = pauses or Pauses(), look, clock
        self._set = False

    async def run(self) -> None:
        """Keep the webhook until cancelled."""
        failures = 0
        while True:
            try:
                await self._once()
                failures = 0
                pause = self._look
            except Fault as error:
                failures += 1
                pause = self._failed(error, failures)
            await asyncio.sleep(pause)

    async def _once(self) -> None:
        told: dict[str, Any] = await self._calls.call("getWebhookInfo")
        there = words(told, "url")
        if there not in ("", self._url) and not self._take_over:
            self._set = False
            self._condition.ill(in_the_way(there))
            return
        if not self._set or not self._as_wanted(told):
            # at the start in any case: whether the secret is still ours, Telegram does not tell
            await self._calls.call(
                "setWebhook",
                url=self._url,
                secret_token=self._secret,
                allowed_updates=self._allowed,
                max_connections=self._max_connections,
                drop_pending_updates=False,
            )
            self._set = True
        self._condition.pending = count(told, "pending_update_count")
        failed = instant(told, "last_error_date")
        if there == self._url and failed and self._clock() - failed < RECENT and self._condition.pending:
            self._condition.ill(not_delivered(words(told, "last_error_message"), self._condition.pending))
        else:
            self._condition.well("webhook set")

    def _as_wanted(self, told: dict[str, Any]) -> bool:
        allowed = told.get("allowed_updates")
        return (
            words(told, "url") == self._url
            and isinstance(allowed, list)
            and set(map(str, allowed)) == set(self._allowed)
            and count(told, "max_connections") == self._max_connections
        )

    def _failed(self, error: Fault, failures: int) -> float:
        pauses = self._pauses
        if isinstance(error, Declined):
            if error.token_refused:
                self._condition.ill(REVOKED)
                return pauses.after(pauses.refused, failures)
            if error.own and error.code == 400:
                self._condition.ill(
                    f"Telegram does not take the webhook: {error.description}. It wants web.public_url to be "
                    "an https address that the internet knows, on port 443, 80, 88 or 8443"
                )
                return pauses.after(pauses.conflict, failures)
        if failures > 1 or self._condition.looked is None:
            self._condition.ill(f"Telegram cannot be asked about the webhook: {error}. It is tried on and on")
        after = error.retry_after if isinstance(error, Declined) else None
        return max(after or 0.0, pauses.after(pauses.lost, failures))
