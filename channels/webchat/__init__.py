"""The chat on a web page: POST up, an event stream down, and a page that also works without a script.

A POST is answered 200 only after `accept` returned. What the visitor sees comes from the store alone, by
gap-free numbers, so a dropped line, a reload or a restarted server loses nothing and repeats nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import quote

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from channels.base import Accept, Accepted, Capabilities, NotStored, Outbound, Sent
from channels.history import History, Item, ItemFile, StoredFile
from channels.webchat import page as chat_page
from channels.webchat.incoming import Limits, Post, Received, RefusedBody, message, receive
from channels.webchat.kinds import ENDINGS, SHOWN
from channels.webchat.page import House
from channels.webchat.rates import Buckets, Rate
from channels.webchat.stream import ItemStream, Numbers, Places, shown
from channels.webchat.visitor import Visitor, address_of, from_our_page, visitor_of

__all__ = ["History", "House", "Item", "ItemFile", "Limits", "Rates", "StoredFile", "WebChat"]

_log = logging.getLogger(__name__)
_FIRST = 50
_MOST = 100
_NO_STORE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
Answer: TypeAlias = Response | ASGIApp


class Rates(msgspec.Struct, frozen=True):
    """How fast one visitor and one network address may write: messages, and bytes of files."""

    visitor: Rate = Rate(20, 0.5)
    address: Rate = Rate(200, 5.0)
    bytes: Rate = Rate(60 * 1024 * 1024, 200 * 1024)


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
        self._history = history
        self._house = house
        self._limits = limits or Limits()
        rates = rates or Rates()
        self._by_visitor = Buckets(rates.visitor)
        self._by_address = Buckets(rates.address)
        self._by_bytes = Buckets(rates.bytes)
        self._numbers = numbers
        self._places = Places(each=8, all_=streams)
        self._closing = asyncio.Event()
        self.capabilities = Capabilities(
            medium="chat",
            max_text=4096,
            buttons=10,
            max_attachment=self._limits.file,
            idempotent=True,
            stored=True,
        )

    def close(self) -> None:
        """End all streams and long polls, so that the server can stop; browsers come back by themselves."""
        self._closing.set()

    @property
    def open_streams(self) -> int:
        """How many event streams are open, for the metrics."""
        return len(self._places)

    async def send(self, outbound: Outbound) -> Sent:
        """What is committed is delivered: the visitor reads the store."""
        return Sent(outbound.id)

    def routes(self, accept: Accept) -> Sequence[BaseRoute]:
        """The page at `/chat`, and what its script talks to."""

        def bound(
            method: Callable[[Request, Accept], Awaitable[Answer]],
        ) -> Callable[[Request], Awaitable[Any]]:
            async def endpoint(request: Request) -> Any:
                return await method(request, accept)

            return endpoint

        return [
            Route("/chat", self._page, methods=["GET"]),
            Route("/chat", bound(self._form), methods=["POST"]),
            Route("/chat/messages", bound(self._post), methods=["POST"]),
            Route("/chat/items", self._items, methods=["GET"]),
            Route("/chat/events", self._events, methods=["GET"]),
            Route("/chat/files/{digest}", self._file, methods=["GET"]),
            Route("/chat/assets/{version}/{name}", self._asset, methods=["GET"]),
        ]

    # ------------------------------------------------------------------------------------------------ up

    async def _post(self, request: Request, accept: Accept) -> Response:
        """A message or a pressed button from our script. 200 means stored, also when it already was."""
        words = chat_page.words(chat_page.language_of(request))
        visitor = visitor_of(request)
        if not visitor.known:
            # without a cookie that comes back, the answer could never be shown
            answer = _refused(401, "no_visitor", words)
            visitor.remember(request, answer)
            return answer
        try:
            client_id = await self._take(request, visitor, accept)
        except RefusedBody as refused:
            return _refused(refused.status, refused.code, words, refused.detail)
        except _NotNow as later:
            return _refused(later.status, later.code, words, after=later.after)
        except ClientDisconnect:
            return Response(status_code=400)
        return _json({"client_msg_id": client_id})

    async def _take(self, request: Request, visitor: Visitor, accept: Accept) -> str:
        if not from_our_page(request):
            raise RefusedBody("other_site", 403)
        now = time.monotonic()
        self._allow(self._by_address, address_of(request), now)
        self._allow(self._by_visitor, visitor.thread_key, now)
        received = await receive(request, self._limits)
        if size := sum(len(upload.content) for upload in received.uploads):
            self._allow(self._by_bytes, visitor.thread_key, now, size)
        return await self._store(received, visitor, accept)

    @staticmethod
    def _allow(buckets: Buckets, key: str, now: float, amount: float = 1.0) -> None:
        if wait := buckets.take(key, now, amount):
            raise _NotNow(429, "too_fast", int(wait) + 1)

    async def _store(self, received: Received, visitor: Visitor, accept: Accept) -> str:
        inbound = message(
            received,
            account=self._house.account,
            thread_key=visitor.thread_key,
            limits=self._limits,
            now=datetime.now(UTC),
        )
        try:
            (accepted,) = await accept([inbound])
        except NotStored:
            raise _NotNow(503, "not_stored", 2) from None
        except Exception as error:
            _log.exception("webchat: accept failed")
            raise _NotNow(503, "not_stored", 5) from error
        if accepted is Accepted.NEW:
            self._history.arrived(visitor.thread_key)
        return inbound.external_id.partition("/")[2]

    async def _form(self, request: Request, accept: Accept) -> Response:
        """The page's own form, for browsers without our script: stored, then the page with the answer."""
        language = chat_page.language_of(request)
        words = chat_page.words(language)
        visitor = visitor_of(request)
        received = Received(Post())
        try:
            if not from_our_page(request):
                raise RefusedBody("other_site", 403)
            now = time.monotonic()
            self._allow(self._by_address, address_of(request), now)
            self._allow(self._by_visitor, visitor.thread_key, now)
            received = _chosen(await receive(request, self._limits))
            if not visitor.known:
                raise RefusedBody("no_visitor", 401)
            before = await self._history.last(visitor.thread_key)
            await self._store(received, visitor, accept)
        except RefusedBody as refused:
            notice = _words_for(refused.code, words, refused.detail)
            return await self._render(
                request, visitor, language, draft=received.post.text, notice=notice, status=refused.status
            )
        except _NotNow as later:
            return await self._render(
                request,
                visitor,
                language,
                draft=received.post.text,
                notice=_words_for(later.code, words),
                status=later.status,
            )
        await self._answered(visitor.thread_key, before)
        answer = RedirectResponse("/chat#end", 303)
        visitor.remember(request, answer)
        return answer

    async def _answered(self, thread_key: str, before: int) -> None:
        """Give the answer a moment to come, so that the page shows it at once; it also comes without."""
        until = time.monotonic() + 2.0
        while (left := until - time.monotonic()) > 0 and not self._closing.is_set():
            if not await self._history.wait(thread_key, before, left):
                return
            items = await self._history.after(thread_key, before, _MOST)
            if any(item.author != "customer" for item in items):
                return
            before = items[-1].seq if items else before

    # ---------------------------------------------------------------------------------------------- down

    async def _page(self, request: Request) -> Response:
        visitor = visitor_of(request)
        language = chat_page.language_of(request)
        return await self._render(request, visitor, language)

    async def _render(
        self,
        request: Request,
        visitor: Visitor,
        language: str,
        *,
        draft: str = "",
        notice: str = "",
        status: int = 200,
    ) -> Response:
        key = visitor.thread_key
        items: Sequence[Item] = ()
        if visitor.known:
            last = await self._history.last(key)
            items = await self._history.after(key, max(0, last - _FIRST), _FIRST)
        answer = chat_page.render(
            self._house,
            language,
            items,
            form_id=str(uuid.uuid4()),
            accept=",".join(ENDINGS),
            limits=asdict(self._limits),
            draft=draft,
            notice=notice,
            status=status,
        )
        visitor.remember(request, answer)
        if request.query_params.get("lang") == language:
            answer.set_cookie("sapa_lang", language, max_age=31_536_000, httponly=True, samesite="lax")
        return answer

    async def _items(self, request: Request) -> Response:
        """Items as JSON: `after=N` (with `wait=S` a long poll), `last=1`: the newest, `before=N`: older."""
        visitor = visitor_of(request)
        key = visitor.thread_key
        if not visitor.known:
            answer = _json({"items": [], "last": 0})
            visitor.remember(request, answer)
            return answer
        asked = request.query_params
        last = await self._history.last(key)
        if "before" in asked:
            end = min(max(_number(asked, "before"), 1), last + 1)
            start = max(0, end - 1 - _FIRST)
            items = await self._history.after(key, start, end - 1 - start) if end > 1 else ()
        elif "last" in asked:
            items = await self._history.after(key, max(0, last - _FIRST), _FIRST)
        else:
            after = _number(asked, "after")
            if after > last:
                return _json({"items": [], "last": last, "reset": True})
            if after == last and (seconds := min(_number(asked, "wait"), 25)):
                await self._wait(key, after, seconds)
            items = await self._history.after(key, after, _MOST)
        if items:
            last = max(last, items[-1].seq)
        return _json({"items": [shown(item, self._numbers) for item in items], "last": last})

    async def _wait(self, key: str, seq: int, seconds: float) -> None:
        """Wait for an item, the end of the time, or the end of the server."""
        if not self._places.enter(key):
            return
        tasks = {
            asyncio.create_task(self._history.wait(key, seq, seconds)),
            asyncio.create_task(self._closing.wait()),
        }
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._places.leave(key)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _events(self, request: Request) -> Answer:
        visitor = visitor_of(request)
        if not visitor.known:
            return _json({"error": "no_visitor"}, 401)
        if self._closing.is_set():
            return _json({"error": "closing"}, 503, {"Retry-After": "1"})
        resumed = request.headers.get("last-event-id", "")
        after = (
            int(resumed)
            if resumed.isascii() and resumed.isdigit()
            else _number(request.query_params, "after")
        )
        return ItemStream(
            self._history,
            visitor.thread_key,
            after,
            numbers=self._numbers,
            closing=self._closing,
            places=self._places,
        )

    async def _file(self, request: Request) -> Response:
        """A file of this visitor's own thread, never run by the browser."""
        digest = request.path_params["digest"]
        visitor = visitor_of(request)
        found = None
        if visitor.known and len(digest) == 64 and digest.isascii() and digest.isalnum():
            found = await self._history.file(visitor.thread_key, digest.lower())
        if found is None:
            return Response(status_code=404, headers=_NO_STORE)
        safe = found.media_type in SHOWN
        disposition = "inline" if safe else "attachment"
        return Response(
            found.content,
            media_type=found.media_type if safe else "application/octet-stream",
            headers={
                "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(found.name, safe='')}",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "same-origin",
                "Referrer-Policy": "no-referrer",
                "Cache-Control": "private, max-age=31536000, immutable",
            },
        )

    async def _asset(self, request: Request) -> Response:
        asset = chat_page.assets().get(request.path_params["name"])
        if asset is None:
            return Response(status_code=404, headers=_NO_STORE)
        fresh = request.path_params["version"] == chat_page.version()
        return Response(
            asset.content,
            media_type=asset.media_type,
            headers={
                "Cache-Control": "public, max-age=31536000, immutable" if fresh else "no-store",
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "same-origin",
            },
        )


class _NotNow(Exception):
    """The message cannot be taken now, and can be later."""

    def __init__(self, status: int, code: str, after: int) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.after = after


def _chosen(received: Received) -> Received:
    """A choice button of the form sends `seq|value|label` as one field; typed text wins."""
    post = received.post
    if post.text.strip() or post.value.count("|") < 2:
        return received
    of, value, label = post.value.split("|", 2)
    if of == "0":  # one of the page's own ways to begin: words, not an answer to anything
        return Received(Post(post.client_msg_id, label), received.uploads, received.raw)
    return Received(Post(post.client_msg_id, "", value, label, of), received.uploads, received.raw)


def _words_for(code: str, words: dict[str, Any], detail: str = "") -> str:
    said: str = words["refused"].get(code) or words["refused"]["malformed"]
    return said.replace("{name}", detail[:80])


def _refused(status: int, code: str, words: dict[str, Any], detail: str = "", after: int = 0) -> Response:
    headers = {"Retry-After": str(after)} if after else None
    return _json({"error": code, "words": _words_for(code, words, detail)}, status, headers)


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(body), status, {**_NO_STORE, **(headers or {})}, "application/json")


def _number(asked: Any, name: str) -> int:
    text = asked.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
