"""The web application: the channels' own routes, and around them health, metrics and the local mailbox."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.sop.model import Sop
from bot.web import pages
from bot.web.attention import Attention, Waiting
from bot.web.guard import HEADERS, Doors, Guard
from bot.web.mailbox import STYLE_SOURCE, Mailbox, harmless

T = TypeVar("T")
log = logging.getLogger(__name__)
PER_PAGE = 50
Health = Callable[[], Awaitable[Mapping[str, Any]]]
Metrics = Callable[[], Awaitable[bytes]]


def make_app(
    *,
    routes: Sequence[BaseRoute],
    health: Health,
    metrics: Metrics,
    mailbox: Path | None,
    sop: Sop,
    waiting: Waiting,
    public_hosts: Sequence[str] = (),
    open_pages: bool = False,
) -> Starlette:
    """The ASGI application.

    `routes` are the channels' (the chat page at /chat). `health` gives
    `{"ok": bool, "parts": {name: {"ok": bool, "detail": str, "lag": seconds or None}}}`; `metrics` the
    Prometheus text. `mailbox` is the folder of outgoing mail, None when a relay sends it; `waiting` is where
    things wait for a person. `public_hosts` are the names answered to besides localhost; `open_pages` lets
    other machines use the operator's pages.
    """
    doors = Doors(tuple(public_hosts), open_pages)
    zone = ZoneInfo(sop.about.timezone)
    house = _House(health, metrics, Mailbox(mailbox) if mailbox else None, doors, zone)
    app = Starlette(
        routes=[
            Route("/", _home),
            *routes,
            Route("/health", house.health),
            Route("/metrics", house.metrics),
            Route("/mailbox", house.mails),
            Route("/mailbox/{name}", house.mail),
            Route("/mailbox/{name}/html", house.mail_html),
            Route("/mailbox/{name}/source", house.mail_source),
            Route("/mailbox/{name}/files/{no:int}", house.mail_file),
            *Attention(waiting, doors, zone).routes(),
            Route("/favicon.svg", _mark),
            Route("/favicon.ico", _mark),
            Route("/robots.txt", _robots),
            Route("/assets/{name}", _asset),
        ],
        middleware=[Middleware(Guard, doors=doors)],
        exception_handlers={HTTPException: _problem, Exception: _fault},
    )
    app.state.company = sop.about.company.name
    return app


class _House:
    """The pages that need something to look at."""

    def __init__(
        self,
        health: Health,
        metrics: Metrics,
        mailbox: Mailbox | None,
        doors: Doors,
        zone: ZoneInfo,
    ) -> None:
        self._health = health
        self._metrics = metrics
        self._mailbox = mailbox
        self._doors = doors
        self._zone = zone

    async def health(self, request: Request) -> Response:
        """How every part is: JSON for programs, a page for people; 503 when a part is dead."""
        report = await self._health()
        ok = bool(report.get("ok"))
        status = 200 if ok else 503
        if not self._doors.operator(request):
            return _json({"ok": ok}, status)
        if not pages.wants_page(request) or request.query_params.get("format") == "json":
            return _json(report, status)
        parts = [
            {
                "name": name,
                "ok": bool(part.get("ok")),
                "detail": str(part.get("detail") or ""),
                "lag": part.get("lag"),
                "held": _HELD.get(name),
            }
            for name, part in report.get("parts", {}).items()
        ]
        return pages.render(request, "health.html", status, ok=ok, parts=parts)

    async def metrics(self, request: Request) -> Response:
        """The figures for Prometheus."""
        self._only_operator(request)
        return Response(
            await self._metrics(), headers=_FRESH, media_type="text/plain; version=0.0.4; charset=utf-8"
        )

    async def mails(self, request: Request) -> Response:
        """The list of outgoing mail, the newest first."""
        self._only_operator(request)
        language = pages.language_of(request)
        if self._mailbox is None:
            return pages.render(request, "mailbox.html", on=False, mails=())
        asked = request.query_params.get("page", "1")
        page = max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
        names = await asyncio.to_thread(self._mailbox.names)
        first = (page - 1) * PER_PAGE
        shown = await asyncio.to_thread(self._mailbox.summaries, names[first : first + PER_PAGE])
        count = pages.words(language)["mailbox"]["count"]
        return pages.render(
            request,
            "mailbox.html",
            on=True,
            mails=[(mail, pages.in_words(mail.at.astimezone(self._zone), language)) for mail in shown],
            newer=page - 1 if page > 1 else None,
            older=page + 1 if len(names) > first + PER_PAGE else None,
            count=count.format(first=first + 1, last=first + len(shown), all=len(names)),
        )

    async def mail(self, request: Request) -> Response:
        """One mail."""
        mailbox, name = self._opened(request)
        letter = _there(await asyncio.to_thread(mailbox.letter, name))
        at = pages.in_words(letter.summary.at.astimezone(self._zone), pages.language_of(request))
        return pages.render(request, "letter.html", letter=letter, at=at)

    async def mail_html(self, request: Request) -> Response:
        """The HTML of one mail, made harmless twice: cleaned, and locked in a sandbox."""
        mailbox, name = self._opened(request)
        letter = _there(await asyncio.to_thread(mailbox.letter, name))
        headers = {
            **_FRESH,
            "Content-Security-Policy": (
                f"default-src 'none'; style-src {STYLE_SOURCE}; sandbox allow-popups; frame-ancestors 'self'"
            ),
            "X-Frame-Options": "SAMEORIGIN",
        }
        return Response(
            await asyncio.to_thread(harmless, letter.html), headers=headers, media_type="text/html"
        )

    async def mail_source(self, request: Request) -> Response:
        """The mail as it was written, to open in a mail client."""
        mailbox, name = self._opened(request)
        return pages.download(_there(await asyncio.to_thread(mailbox.raw, name)), f"{name}.eml")

    async def mail_file(self, request: Request) -> Response:
        """An attachment of a mail."""
        mailbox, name = self._opened(request)
        filename, content = _there(
            await asyncio.to_thread(mailbox.attachment, name, request.path_params["no"])
        )
        return pages.download(content, filename)

    def _opened(self, request: Request) -> tuple[Mailbox, str]:
        self._only_operator(request)
        return _there(self._mailbox), request.path_params["name"]

    def _only_operator(self, request: Request) -> None:
        if not self._doors.operator(request):
            raise HTTPException(403)


_HELD = {"quarantine": "inputs", "dead letters": "letters"}
"""Parts of the health report whose things wait on the page /attention, with their place there."""
_FRESH = {"Cache-Control": "no-store"}


def _there(found: T | None) -> T:
    if found is None:
        raise HTTPException(404)
    return found


def _json(body: Any, status: int) -> Response:
    return Response(msgspec.json.encode(body, enc_hook=str), status, _FRESH, "application/json")


async def _home(_request: Request) -> Response:
    return RedirectResponse("/chat", 307)


async def _mark(_request: Request) -> Response:
    return pages.asset("mark.svg")


async def _robots(_request: Request) -> Response:
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain")


async def _asset(request: Request) -> Response:
    return pages.asset(request.path_params["name"])


async def _problem(request: Request, error: Exception) -> Response:
    """What could not be served, in the words of whoever asked."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(getattr(error, "headers", None) or {})
    if not pages.wants_page(request):
        answer = _json({"error": status}, status)
    else:
        known = pages.words(pages.language_of(request))["problem"]
        title, what = known.get(str(status)) or known["400" if status < 500 else "500"]
        answer = pages.render(request, "problem.html", status, title=title, what=what)
    for name, value in headers.items():
        answer.headers[name] = value
    return answer


async def _fault(request: Request, error: Exception) -> Response:
    log.error("page_failed", extra={"path": request.url.path}, exc_info=error)
    answer = await _problem(request, error)
    for name, value in HEADERS.items():  # this answer is made outside the guard
        answer.headers.setdefault(name, value)
    return answer
