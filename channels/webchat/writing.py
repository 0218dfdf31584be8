"""What a visitor sends: the script's POSTs, and the form of a page without a script."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from channels.base import Accept, Accepted, NotStored
from channels.history import History
from channels.webchat import page as chat_page
from channels.webchat.answers import NotNow, as_json, in_words, refused
from channels.webchat.incoming import Limits, Post, Received, RefusedBody, message, receive
from channels.webchat.rates import Buckets, Rate
from channels.webchat.reading import Reading
from channels.webchat.visitor import Visitor, address_of, from_our_page, visitor_of

_log = logging.getLogger(__name__)


class Rates(msgspec.Struct, frozen=True):
    """How fast one visitor and one network address may write: messages, and bytes of files."""

    visitor: Rate = Rate(20, 0.5)
    address: Rate = Rate(200, 5.0)
    bytes: Rate = Rate(60 * 1024 * 1024, 200 * 1024)


class Writing:
    """Takes what visitors send. 200 or 303 means stored."""

    def __init__(
        self,
        history: History,
        reading: Reading,
        *,
        account: str,
        limits: Limits,
        rates: Rates,
        closing: asyncio.Event,
    ) -> None:
        self._history = history
        self._reading = reading
        self._account = account
        self._limits = limits
        self._by_visitor = Buckets(rates.visitor)
        self._by_address = Buckets(rates.address)
        self._by_bytes = Buckets(rates.bytes)
        self._closing = closing

    async def post(self, request: Request, accept: Accept) -> Response:
        """A message or a pressed button from our script. 200 means stored, also when it already was."""
        words = chat_page.words(chat_page.language_of(request))
        visitor = visitor_of(request)
        if not visitor.known:
            # without a cookie that comes back, the answer could never be shown
            answer = refused(401, "no_visitor", words)
            visitor.remember(request, answer)
            return answer
        try:
            received = await self._receive(request, visitor)
            client_id = await self._store(received, visitor, accept)
        except RefusedBody as no:
            return refused(no.status, no.code, words, no.detail)
        except NotNow as later:
            return refused(later.status, later.code, words, after=later.after)
        except ClientDisconnect:
            return Response(status_code=400)
        return as_json({"client_msg_id": client_id})

    async def form(self, request: Request, accept: Accept) -> Response:
        """The page's own form, for browsers without our script: stored, then the page with the answer."""
        language = chat_page.language_of(request)
        words = chat_page.words(language)
        visitor = visitor_of(request)
        draft = ""
        try:
            received = _chosen(await self._receive(request, visitor))
            draft = received.post.text
            if not visitor.known:
                raise RefusedBody("no_visitor", 401)
            before = await self._history.last(visitor.thread_key)
            await self._store(received, visitor, accept)
        except (RefusedBody, NotNow) as no:
            notice = in_words(no.code, words, no.detail if isinstance(no, RefusedBody) else "")
            return await self._reading.render(
                request, visitor, language, draft=draft, notice=notice, status=no.status
            )
        except ClientDisconnect:
            return Response(status_code=400)
        await self._answered(visitor.thread_key, before)
        answer = RedirectResponse("/chat#end", 303)
        visitor.remember(request, answer)
        return answer

    async def _receive(self, request: Request, visitor: Visitor) -> Received:
        if not from_our_page(request):
            raise RefusedBody("other_site", 403)
        now = time.monotonic()
        _allow(self._by_address, address_of(request), now)
        _allow(self._by_visitor, visitor.thread_key, now)
        received = await receive(request, self._limits)
        if size := sum(len(upload.content) for upload in received.uploads):
            _allow(self._by_bytes, visitor.thread_key, now, size)
        return received

    async def _store(self, received: Received, visitor: Visitor, accept: Accept) -> str:
        inbound = message(
            received,
            account=self._account,
            thread_key=visitor.thread_key,
            limits=self._limits,
            now=datetime.now(UTC),
        )
        try:
            (accepted,) = await accept([inbound])
        except NotStored:
            raise NotNow(503, "not_stored", 2) from None
        except Exception as error:
            _log.exception("webchat: accept failed")
            raise NotNow(503, "not_stored", 5) from error
        if accepted is Accepted.NEW:
            self._history.arrived(visitor.thread_key)
        return inbound.external_id.partition("/")[2]

    async def _answered(self, thread_key: str, before: int) -> None:
        """Give the answer a moment to come, so that the page shows it at once; it also comes without."""
        until = time.monotonic() + 2.0
        while (left := until - time.monotonic()) > 0 and not self._closing.is_set():
            if not await self._history.wait(thread_key, before, left):
                return
            items = await self._history.after(thread_key, before, 100)
            if any(item.author != "customer" for item in items):
                return
            before = items[-1].seq if items else before


def _allow(buckets: Buckets, key: str, now: float, amount: float = 1.0) -> None:
    if wait := buckets.take(key, now, amount):
        raise NotNow(429, "too_fast", int(wait) + 1)


def _chosen(received: Received) -> Received:
    """A choice button of the form sends `seq|value|label` as one field; typed text wins."""
    post = received.post
    if post.text.strip() or post.value.count("|") < 2:
        return received
    of, value, label = post.value.split("|", 2)
    if of == "0":  # one of the page's own ways to begin: words, not an answer to anything
        return Received(Post(post.client_msg_id, label), received.uploads, received.raw)
    return Received(Post(post.client_msg_id, "", value, label, of), received.uploads, received.raw)
