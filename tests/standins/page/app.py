"""A page on this machine where a person can pretend to be a customer on a phone."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jinja2
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from ..people import Got, Said
from ..serving import StandIn
from .phone import Phone, picture

HERE = Path(__file__).parent
PEOPLE = ("Budi Santoso", "Sri Wahyuni", "Agus Salim", "Ni Made Ayu")
LOOK = 0.3
"""Seconds between looks at what has changed."""


class Desk(StandIn):
    """The page for these phones. `people` are the customers one may be, by name, with a number each."""

    def __init__(self, phones: list[Phone], sapa: str, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.phones = {phone.name: phone for phone in phones}
        self.sapa = sapa
        self.people = {name: f"+62812{30_000_001 + n}" for n, name in enumerate(PEOPLE)}
        loader = jinja2.FileSystemLoader(HERE)
        self._pages = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/", self._page),
            Route("/phone/{phone}", self._phone),
            Route("/events", self._events),
            Route("/say/{phone}", self._say, methods=["POST"]),
            Route("/press/{phone}", self._press, methods=["POST"]),
            Route("/do/{phone}", self._do, methods=["POST"]),
            Route("/knob/{phone}", self._knob, methods=["POST"]),
            Route("/file/{phone}/{number:int}", self._file),
            Route("/page.css", self._asset("page.css", "text/css")),
            Route("/page.js", self._asset("page.js", "text/javascript")),
        ]

    def middleware(self) -> list[Middleware]:
        """It answers to this machine's names only."""
        return [Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])]

    @staticmethod
    def _asset(name: str, media_type: str) -> Any:
        async def serve(request: Request) -> Response:
            return Response((HERE / name).read_bytes(), media_type=media_type)

        return serve

    def _who(self, request: Request) -> str:
        name = request.query_params.get("as", PEOPLE[0])
        return name if name in self.people else PEOPLE[0]

    def _person(self, request: Request) -> tuple[Phone, Any, str]:
        who, phone = self._who(request), self.phones[request.path_params["phone"]]
        return phone, phone.person(who, self.people[who]), who

    def _shown(self, name: str, who: str) -> str:
        """The phone as HTML."""
        phone = self.phones[name]
        person = phone.person(who, self.people[who])
        good, words = phone.connection()
        return self._pages.get_template("phone.html").render(
            phone=phone,
            person=person,
            lines=phone.lines(person),
            knobs=phone.knobs(),
            good=good,
            words=words,
            query=urlencode({"as": who}),
        )

    async def _page(self, request: Request) -> Response:
        who = self._who(request)
        shown = {name: self._shown(name, who) for name in self.phones}
        page = self._pages.get_template("page.html").render(
            shown=shown, phones=self.phones, who=who, people=self.people, sapa=self.sapa
        )
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    async def _phone(self, request: Request) -> Response:
        name = request.path_params["phone"]
        return HTMLResponse(self._shown(name, self._who(request)), headers={"Cache-Control": "no-store"})

    async def _events(self, request: Request) -> Response:
        who = self._who(request)

        async def changes() -> AsyncIterator[str]:
            before: dict[str, bytes] = {}
            quiet = 0.0
            while not self.closing.is_set():
                for name in self.phones:
                    now = hashlib.sha256(self._shown(name, who).encode()).digest()
                    if before.get(name, now) != now:
                        yield f"data: {json.dumps(name)}\n\n"
                        quiet = 0.0
                    before[name] = now
                await asyncio.sleep(LOOK)
                quiet += LOOK
                if quiet > 15:
                    yield ": still here\n\n"
                    quiet = 0.0

        return StreamingResponse(changes(), media_type="text/event-stream")

    async def _say(self, request: Request) -> Response:
        _, person, _ = self._person(request)
        async with request.form() as form:
            text = str(form.get("text", "")).replace("\r\n", "\n").strip()
        if text:
            person.says(text)
        return self._back(request)

    async def _press(self, request: Request) -> Response:
        _, person, _ = self._person(request)
        async with request.form() as form:
            id_, label = str(form.get("message")), str(form.get("label"))
        message = next((m for m in person.got if m.id == id_), None)
        if message is None or label not in message.labels:
            return PlainTextResponse("That button is gone.", 409)
        person.presses(message, label)
        return self._back(request)

    async def _do(self, request: Request) -> Response:
        phone, person, _ = self._person(request)
        async with request.form(max_part_size=60 << 20) as form:
            what, file = str(form.get("act", "")), form.get("file")
            content = await file.read() if isinstance(file, UploadFile) else b""
            text = str(form.get("text", "")).strip()
        if what == "edit":
            said = [e for e in person.log if isinstance(e, Said) and e.kind == "text"]
            if not said or not text:
                return PlainTextResponse("Write the corrected words first, then correct.", 409)
            person.edits(int(said[-1].id), text)
        else:
            await phone.act(person, what, content or picture())
        return self._back(request)

    async def _knob(self, request: Request) -> Response:
        phone, person, _ = self._person(request)
        async with request.form() as form:
            name = str(form.get("knob"))
        knob = next((k for k in phone.knobs() if k.name == name), None)
        if knob is None:
            return PlainTextResponse("There is no such switch.", 404)
        done = knob.turn(person, not (knob.is_on and knob.is_on(person)))
        if inspect.isawaitable(done):
            await done
        return self._back(request)

    async def _file(self, request: Request) -> Response:
        _, person, _ = self._person(request)
        number = request.path_params["number"]
        entry: Got | Said | None = person.log[number] if number < len(person.log) else None
        if entry is None or not entry.file:
            return PlainTextResponse("There is no such file.", 404)
        media_type = "application/octet-stream"
        for head, kind in ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"RIFF", "image/webp")):
            media_type = kind if entry.file.startswith(head) else media_type
        return Response(entry.file, media_type=media_type, headers={"X-Content-Type-Options": "nosniff"})

    def _back(self, request: Request) -> Response:
        """To the page; a script only wants to know that it is done."""
        if request.headers.get("x-script"):
            return Response(status_code=204)
        query = urlencode({"as": self._who(request)})
        return RedirectResponse(f"/?{query}#{request.path_params['phone']}", 303)
