"""SMS by a gateway: its webhook in, its HTTP call out, both as the settings describe them.

A call of the gateway is answered with success only after `accept` returned. Whoever cannot show the secret or
a fresh signature is turned away before anything is read or stored.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from channels.base import (
    Accept,
    Attachment,
    Capabilities,
    Health,
    Message,
    NotStored,
    Outbound,
    Reachability,
    Refused,
    Retry,
    SendResult,
    Sent,
    Status,
    Unknown,
    Unreadable,
)
from channels.bodies import body_of
from channels.gates import Gate
from channels.pacing import Pace
from channels.sms import alphabet
from channels.sms.calling import Unsendable, call, judged
from channels.sms.door import Door
from channels.sms.gateway import Fields, Gateway, Hook, Out, Reports
from channels.sms.reading import Reader
from channels.sms.wire import without

if TYPE_CHECKING:
    import httpx

__all__ = ["Fields", "Gateway", "Hook", "Out", "Reports", "Sms"]

log = logging.getLogger(__name__)

CONNECTIONS, KEPT = 32, 5.0
"""Connections at a time, and seconds that an idle one is kept."""
LONGEST_ANSWER = 64 * 1024
"""Bytes of a gateway's answer that are read."""
PATIENCE = 0.5
"""Seconds a message waits here for its turn at the gateway, instead of coming back later. It counts as being
sent meanwhile: should the process end, nobody could say whether it has left."""


@dataclass(slots=True)
class _Counts:
    """Since the start, for the figures."""

    received: int = 0
    reports: int = 0
    unreadable: int = 0
    turned_away: int = 0
    parts_sent: int = 0
    messages_sent: int = 0


class Sms:
    """One gateway: a `Provider`. `secret` is what the gateway shows or signs with, `key` what we show it;
    `url` the address of our hook as the gateway knows it, "" when it is not known."""

    name = "sms"

    def __init__(self, gateway: Gateway, *, secret: str, key: str = "", url: str = "") -> None:
        self._gateway = gateway
        self._key = key
        self._secrets = [each for each in (secret, key, quote(secret, safe=""), quote(key, safe="")) if each]
        self._door = Door(gateway.hook, secret, url)
        self._reader = Reader(gateway)
        shown = f"?{gateway.hook.name}={quote(secret, safe='')}" if gateway.hook.proof == "query" else ""
        self._url = url + shown if url else ""
        self._pace = Pace(per_minute=gateway.per_minute, burst=5, patience=PATIENCE)
        self._client: httpx.AsyncClient | None = None
        self._counts = _Counts()
        self._turned_away_at: datetime | None = None
        room = alphabet.room(gateway.max_parts)
        self.capabilities = Capabilities(
            medium="sms",
            max_text=room,
            max_with_choices=room,
            idempotent=gateway.out.dedupes,
        )

    # ------------------------------------------------------------------------------------------------ in

    def routes(self, accept: Accept) -> Sequence[BaseRoute]:
        """The hook at /hooks/sms, by POST or GET."""

        async def hook(request: Request) -> Response:
            return await self._take(request, accept)

        return [Route("/hooks/sms", hook, methods=["GET", "POST"])]

    def gates(self) -> Sequence[Gate]:
        """None: a gateway may wait for words of its own, and a signature may be good for minutes only."""
        return ()

    async def _take(self, request: Request, accept: Accept) -> Response:
        query: bytes = request.scope["query_string"]
        if request.method == "HEAD":
            return Response(status_code=405, headers={"Allow": "GET, POST"})
        if not self._door.shows(request.headers, query):
            return self._turn_away()
        try:
            body = await body_of(request, self._gateway.hook.max_body)
        except ClientDisconnect:
            return Response(status_code=400)
        if body is None:
            return PlainTextResponse("too large", 413, headers={"Connection": "close"})
        if self._door.signs and not self._door.signed(request.headers, query, body, time.time()):
            return self._turn_away()
        raw = self._raw(query, body)
        if not raw and query and not self._door.signs_query:
            return PlainTextResponse("the signature does not cover the query", 400)
        if not raw:
            return self._taken()  # somebody tries whether we are there
        found = self._reader.read(raw, datetime.now(UTC))
        try:
            if found:
                await accept(found)
        except NotStored:
            return PlainTextResponse("not stored, try again", 503, headers={"Retry-After": "5"})
        self._count(found)
        return self._taken()

    def _raw(self, query: bytes, body: bytes) -> bytes:
        """What was said, without the secret: the body, or the query where there is none."""
        if body.strip():
            return body
        if self._gateway.hook.proof == "query":
            query = without(query, self._gateway.hook.name)
        return b"?" + query if query and self._door.signs_query else b""

    def _turn_away(self) -> Response:
        self._counts.turned_away += 1
        self._turned_away_at = datetime.now(UTC)
        basic = self._gateway.hook.proof == "basic"
        headers = {"WWW-Authenticate": 'Basic realm="sms"'} if basic else {}
        return PlainTextResponse("not known here", 401, headers={**headers, "Connection": "close"})

    def _taken(self) -> Response:
        hook = self._gateway.hook
        return Response(hook.answer, hook.answer_status, media_type=hook.answer_type)

    def _count(self, found: Sequence[Any]) -> None:
        for each in found:
            self._counts.received += isinstance(each, Message | Reachability)
            self._counts.reports += isinstance(each, Status)
            self._counts.unreadable += isinstance(each, Unreadable)

    async def run(self, accept: Accept) -> None:
        """Nothing to do by itself: the gateway calls."""
        await asyncio.Event().wait()

    # ----------------------------------------------------------------------------------------------- out

    async def send(self, outbound: Outbound) -> SendResult:
        """Send one text, once. The gateway cuts it into parts; what that costs is counted."""
        if outbound.attachments:
            return Refused("an SMS carries no files; send a link, or write by another channel")
        text = alphabet.kept_whole(alphabet.plain(outbound.text.strip()))
        if not text:
            return Refused("there are no words to send")
        wait = self._pace.wait(outbound.id, "", asyncio.get_running_loop().time())
        if wait > PATIENCE:
            return Retry("its turn comes later (sms.per_minute)", timedelta(seconds=wait), alone=True)
        if wait:
            await asyncio.sleep(wait)
        result = self._quiet(await self._call(outbound, text))
        if isinstance(result, Sent):
            cost = alphabet.length(text)
            self._counts.messages_sent += 1
            self._counts.parts_sent += cost.parts
            result = replace(result, remark=_remark(cost))
            log.info("sms_sent", extra={"id": outbound.id, "parts": cost.parts, "wide": cost.wide})
        return result

    async def _call(self, outbound: Outbound, text: str) -> SendResult:
        import httpx

        try:
            made = call(self._gateway, outbound, text, key=self._key, callback_url=self._url)
        except Unsendable as error:
            return Refused(str(error))
        headers = dict(made.headers)
        if made.json is not None:
            headers.setdefault("Content-Type", "application/json")
        try:
            async with self._opened().stream(
                made.method,
                made.url,
                params=dict(made.query) or None,
                headers=headers,
                data=dict(made.form) if made.form is not None else None,
                content=made.json,
            ) as response:
                answer = await _answer(response)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            return Retry(f"the gateway is not reached ({type(error).__name__})")
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            return Refused(f"no request can be made of it ({type(error).__name__}); check sms.out")
        except httpx.HTTPError as error:
            return Unknown(f"the gateway's answer was lost ({type(error).__name__})")
        now = datetime.now(UTC)
        return judged(self._gateway.out, outbound.id, response.status_code, response.headers, answer, now)

    def _quiet(self, result: SendResult) -> SendResult:
        """What is kept of an answer holds no secret, whatever the gateway repeats in it."""
        if isinstance(result, Sent):
            return result
        reason = result.reason
        for secret in self._secrets:
            reason = reason.replace(secret, "***")
        return replace(result, reason=reason)

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            import httpx  # only who has SMS pays for it

            from channels.lines import lines

            out = self._gateway.out
            self._client = httpx.AsyncClient(
                transport=lines(True, CONNECTIONS, KEPT),
                timeout=httpx.Timeout(out.timeout, connect=min(out.timeout, 10.0)),
                auth=httpx.BasicAuth(out.user, self._key) if out.auth == "basic" else None,
                follow_redirects=False,
            )
        return self._client

    async def fetch(self, account: str, attachment: Attachment) -> Refused:
        """An SMS has no files."""
        return Refused("an SMS has no files")

    async def close(self) -> None:
        """Close connections; nothing is sent any more."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def health(self) -> Health:
        """How the way in is. Calls that were turned away are told of, and are no fault of ours: it is the
        gateway with another secret, or somebody who tries his luck."""
        counts = self._counts
        detail = ""
        if counts.turned_away:
            detail = f"{counts.turned_away} calls without the right secret or signature were turned away"
            if not counts.received + counts.reports:
                detail += ", and none was right so far: does the gateway have the secret of the settings?"
        figures = {
            "received": float(counts.received),
            "reports": float(counts.reports),
            "not_understood": float(counts.unreadable),
            "turned_away": float(counts.turned_away),
            "sent": float(counts.messages_sent),
            "parts_sent": float(counts.parts_sent),
            "cost": counts.parts_sent * self._gateway.price,
        }
        return Health(ok=True, detail=detail, since=self._turned_away_at, figures=figures)


def _remark(cost: alphabet.Length) -> str:
    """What a message cost beyond one part, for its record."""
    if cost.parts == 1:
        return ""
    return f"in {cost.parts} parts" + (", for characters outside the GSM alphabet" if cost.wide else "")


async def _answer(response: httpx.Response) -> bytes:
    found = b""
    async for chunk in response.aiter_bytes():
        found += chunk
        if len(found) >= LONGEST_ANSWER:
            break
    return found[:LONGEST_ANSWER]
