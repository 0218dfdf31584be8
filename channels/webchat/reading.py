"""What a visitor reads: the page, its parts, the items, the event stream and the files."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, TypeAlias
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from channels.history import History, Item
from channels.webchat import page as chat_page
from channels.webchat.answers import NO_STORE, as_json
from channels.webchat.incoming import Limits
from channels.webchat.kinds import ENDINGS, SHOWN
from channels.webchat.page import House
from channels.webchat.stream import ItemStream, Numbers, Places, shown
from channels.webchat.visitor import Visitor, visitor_of

_FIRST = 50
_MOST = 100
Answer: TypeAlias = Response | ASGIApp


class Reading:
    """Shows each visitor their own thread, and nobody else's."""

    def __init__(
        self,
        history: History,
        house: House,
        *,
        limits: Limits,
        numbers: Numbers,
        places: Places,
        closing: asyncio.Event,
    ) -> None:
        self._history = history
        self._house = house
        self._limits = limits
        self._numbers = numbers
        self._places = places
        self._closing = closing

    async def page(self, request: Request) -> Response:
        """The chat page."""
        visitor = visitor_of(request)
        language = chat_page.language_of(request)
        return await self.render(request, visitor, language)

    async def render(
        self,
        request: Request,
        visitor: Visitor,
        language: str,
        *,
        draft: str = "",
        notice: str = "",
        status: int = 200,
    ) -> Response:
        """The page with the newest part of the conversation, what was typed and what is wrong with it."""
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

    async def items(self, request: Request) -> Response:
        """Items as JSON: `after=N` (with `wait=S` a long poll), `last=1`: the newest, `before=N`: older."""
        visitor = visitor_of(request)
        key = visitor.thread_key
        if not visitor.known:
            answer = as_json({"items": [], "last": 0})
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
                return as_json({"items": [], "last": last, "reset": True})
            if after == last and (seconds := min(_number(asked, "wait"), 25)):
                await self._wait(key, after, seconds)
            items = await self._history.after(key, after, _MOST)
        if items:
            last = max(last, items[-1].seq)
        return as_json({"items": [shown(item, self._numbers) for item in items], "last": last})

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

    async def events(self, request: Request) -> Answer:
        """The event stream after `?after=`, or after the Last-Event-ID of a stream that broke."""
        visitor = visitor_of(request)
        if not visitor.known:
            return as_json({"error": "no_visitor"}, 401)
        if self._closing.is_set():
            return as_json({"error": "closing"}, 503, {"Retry-After": "1"})
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

    async def file(self, request: Request) -> Response:
        """A file of this visitor's own thread, never run by the browser."""
        digest = request.path_params["digest"]
        visitor = visitor_of(request)
        found = None
        if visitor.known and len(digest) == 64 and digest.isascii() and digest.isalnum():
            found = await self._history.file(visitor.thread_key, digest.lower())
        if found is None:
            return Response(status_code=404, headers=NO_STORE)
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

    async def asset(self, request: Request) -> Response:
        """A style, module or picture of the page, kept for ever under the version it belongs to."""
        asset = chat_page.assets().get(request.path_params["name"])
        if asset is None:
            return Response(status_code=404, headers=NO_STORE)
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


def _number(asked: Any, name: str) -> int:
    text = asked.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
