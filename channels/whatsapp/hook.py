"""The door Meta knocks at: the GET that proves the address is ours, and the POST with what happened.

What is not signed is turned away unread; what is signed is acknowledged when it is stored, and not before.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from channels.base import Accept, Inbound, NotStored, Unreadable
from channels.bodies import body_of
from channels.gates import Gate, Signed, is_genuine, may_come_in
from channels.whatsapp.reading import read_each
from channels.whatsapp.wellbeing import Wellbeing

PATH = "/hooks/whatsapp"
LARGEST = 4 * 1024 * 1024
"""Bytes of one webhook; Meta's are said to end at 3 MB."""

log = logging.getLogger(__name__)

Heard = Callable[[Sequence[Inbound | Unreadable]], None]


class Hook:
    """`secrets` are the app's, at least one; `heard` is told what a stored webhook said."""

    def __init__(
        self,
        secrets: Sequence[bytes],
        verify_token: str,
        wellbeing: Wellbeing,
        clock: Callable[[], datetime],
        heard: Heard,
    ) -> None:
        if not secrets or not all(secrets) or not verify_token:
            raise ValueError("without the app's secret and a verify token nobody could tell Meta from others")
        self.gate = Gate(PATH, LARGEST, Signed(tuple(secrets)), door=401)
        """How a call is known to be Meta's."""
        self._verify_token = verify_token.encode()
        self._wellbeing = wellbeing
        self._clock = clock
        self._heard = heard

    def routes(self, accept: Accept) -> list[BaseRoute]:
        """The two routes under one path."""

        async def post(request: Request) -> Response:
            return await self._post(request, accept)

        return [
            Route(PATH, self._verify, methods=["GET"], name="whatsapp-verify"),
            Route(PATH, post, methods=["POST"], name="whatsapp"),
        ]

    async def _verify(self, request: Request) -> Response:
        asked = request.query_params
        right = hmac.compare_digest(asked.get("hub.verify_token", "").encode(), self._verify_token)
        if asked.get("hub.mode") != "subscribe" or not right:
            return Response(status_code=403)
        return PlainTextResponse(
            asked.get("hub.challenge", ""), headers={"X-Content-Type-Options": "nosniff"}
        )

    async def _post(self, request: Request, accept: Accept) -> Response:
        if not may_come_in(self.gate, request.headers):
            self._wellbeing.refused += 1
            return _refusal(self.gate.door)
        try:
            body = await body_of(request, LARGEST)
        except ClientDisconnect:
            return _refusal(400)  # nobody reads it
        if body is None:
            self._wellbeing.refused += 1
            return _refusal(413)
        if not is_genuine(self.gate, request.headers, body):
            if self._wellbeing.was_missigned(body, self._clock()):
                log.warning("whatsapp_wrong_signature", extra={"bytes": len(body)})
            return _refusal(self.gate.door)
        now = self._clock()
        batch = read_each(body, now)
        if batch:
            try:
                await accept(batch)
            except NotStored:
                self._wellbeing.not_stored += 1
                return Response(status_code=503, headers={"Retry-After": "10"})
        self._wellbeing.came(batch, now)
        self._heard(batch)
        return Response(status_code=200)


def _refusal(status: int) -> Response:
    return Response(status_code=status, headers={"Connection": "close"})
