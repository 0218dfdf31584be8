"""A Graph server for the WhatsApp Cloud API on 127.0.0.1, and the customers who write to its numbers.

    async with Graph() as graph:
        await graph.subscribe("http://127.0.0.1:8080/hooks/whatsapp")
        budi = graph.person("Budi")
        budi.says("Siang")

By hand or as a process of its own: `python -m tests.standins.graph --port 9102 --hook URL`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from ..faults import Fails
from ..people import Got
from ..serving import Clock, StandIn
from .calls import Business
from .checking import Checked, Template, Templates
from .errors import Refusal, no_such
from .media import Library
from .person import Person, new_wamid
from .push import News, Push

WINDOW = 86_400.0
FAILS_WITH = {400: 100, 401: 190, 403: 10, 404: 100, 429: 130429, 500: 131000, 502: 2, 503: 131016}
"""The code that a plain `Fails(status)` carries."""


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number of the business: its id, and the number as it is shown."""

    id: str
    display: str

    @property
    def metadata(self) -> dict[str, str]:
        """As webhooks name it."""
        return {"display_phone_number": self.display, "phone_number_id": self.id}


@dataclass(slots=True)
class Ladder:
    """Which statuses are told, and how: `skips_delivered` when read follows at once; `disorder` tells later
    ones first, where several come together."""

    sent: bool = True
    delivered: bool = True
    skips_delivered: bool = False
    disorder: random.Random | None = None


class Graph(StandIn):
    """One app with its business account and numbers.

    `window_says`: how a free message outside the 24 hours is refused: in the answer, or as Meta mostly does,
    by a `failed` status after it was taken. `pair_seconds`: least time between messages to one person once
    `pair_burst` are used up, 0 for no limit (131056); `per_second`: of the whole number (130429).
    """

    def __init__(
        self,
        *,
        token: str = "EAAGuji0standin0token",
        app_secret: str = "0123456789abcdef0123456789abcdef",
        verify_token: str = "sapa-uji",
        number: Number = Number("106540352242922", "622150501234"),
        waba: str = "102290129340398",
        port: int = 0,
        scale: float = 1.0,
        clock: Clock | None = None,
        window_says: Literal["status", "answer"] = "status",
        pair_seconds: float = 0,
        pair_burst: int = 45,
        per_second: float = 0,
    ) -> None:
        super().__init__(port=port, scale=scale, clock=clock)
        self.token, self.app_secret, self.verify_token, self.waba = token, app_secret, verify_token, waba
        self.numbers = {number.id: number}
        self.number = number
        self.window_says = window_says
        self.pair_seconds, self.pair_burst, self.per_second = pair_seconds, pair_burst, per_second
        self.expired = False
        self.tells_user_id_update = False  # whether the app has subscribed to that field, too
        self.templates: Templates = {}
        self.subscribed = True
        self.told: dict[str, list[str]] = {}  # wamid of ours: the statuses told so far
        self.ladder = Ladder()
        self.media = Library(self.clock)
        self.hook = Push(self.clock, self.push, app_secret)
        self.hook.waba = waba
        self.business = Business(self)
        self._people: dict[str, Person] = {}

    # -------------------------------------------------------------------------------------------- set-up
    async def subscribe(self, url: str) -> None:
        """The app's callback address: asked for its challenge first. Raises AssertionError when it fails."""
        challenge = str(random.randrange(10**9, 10**10))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": self.verify_token,
        }
        async with httpx.AsyncClient(trust_env=False, verify=False) as client:
            answer = await client.get(url, params=query)
        if answer.status_code != 200 or answer.text != challenge:
            raise AssertionError(f"the callback address answered {answer.status_code} {answer.text[:80]!r}")
        self.hook.url = url

    def template(self, name: str, body: str, language: str = "id", **more: Any) -> Template:
        """A template of the business account, approved unless `status` says otherwise."""
        made = Template(name, language, body, id=str(random.randrange(10**14, 10**15)), **more)
        self.templates[name, language] = made
        return made

    def add_number(self, id_: str, display: str) -> Number:
        """A further number of the same app."""
        number = self.numbers[id_] = Number(id_, display)
        return number

    def person(self, name: str, *, number: Number | None = None, phone: str = "") -> Person:
        """A customer with WhatsApp, talking with `number` (the first one)."""
        if name not in self._people:
            phone = phone or f"62812{10_000_001 + len(self._people)}"
            self._people[name] = Person(self, number or self.number, name, phone, self.new_user_id())
        return self._people[name]

    def found(self, to: str, recipient: str) -> Person | None:
        """The person of a phone number or, when none is given, of a BSUID."""
        wanted = "".join(c for c in to if c.isdigit())
        for person in self._people.values():
            if (wanted and person.phone == wanted) or (not wanted and person.user_id == recipient):
                return person
        return None

    @staticmethod
    def new_user_id() -> str:
        """A BSUID."""
        return f"ID.{random.randrange(10**15, 10**16)}"

    async def started(self) -> None:
        self.media.host = self.media.host or self.url

    async def stopped(self) -> None:
        await self.hook.stop()

    # ---------------------------------------------------------------------------------------- what it tells
    def tells_status(self, person: Person, sent: dict[str, Any], status: str, *errors: Refusal) -> None:
        """A step of the ladder for a message that was sent."""
        if not getattr(self.ladder, status, True):
            return
        self.told.setdefault(sent["id"], []).append(status)
        item = {
            "id": sent["id"],
            "status": status,
            "timestamp": str(int(self.clock.now())),
            **person.ids("recipient_id"),
        }
        if sent.get("echo"):
            item["biz_opaque_callback_data"] = sent["echo"]
        if errors:
            item["errors"] = [error.in_webhook() for error in errors]
        else:
            item["pricing"] = {
                "billable": True,
                "pricing_model": "PMP",
                "category": "service",
                "type": "regular",
            }
        contacts = [] if errors else [person.contact()]
        self.hook.tell(News("messages", "statuses", item, contacts, sent["metadata"]))

    def tells_account_error(self, code: int = 131031) -> None:
        """Something is wrong with the whole account: `errors` without messages."""
        error = Refusal(code).in_webhook()
        self.hook.tell(News("messages", "errors", error, [], self.number.metadata))

    def echoes(self, person: Person, text: str) -> str:
        """Somebody of the business answers from its own phone (a coexistence number)."""
        wamid = new_wamid()
        item = {
            "from": person.number.display,
            "to": person.phone,
            "id": wamid,
            "timestamp": str(int(self.clock.now())),
            "type": "text",
            "text": {"body": text},
        }
        self.hook.tell(News("smb_message_echoes", "message_echoes", item, [], person.number.metadata))
        person.gets(Got(wamid, text, self.clock.now(), raw=item))
        return wamid

    def shows(self, person: Person, number: Number, body: dict[str, Any], checked: Checked) -> str:
        """A message that was taken: its ladder, and the phone. Returns the wamid."""
        sent: dict[str, Any] = {
            "id": new_wamid(),
            "echo": body.get("biz_opaque_callback_data", ""),
            "metadata": number.metadata,
        }
        now = self.clock.now()
        if checked.free and not self.window_open(person, number):
            self.tells_status(person, sent, "failed", Refusal(131047))
            return str(sent["id"])
        if person.unreachable:
            self.tells_status(person, sent, "failed", Refusal(person.unreachable))
            return str(sent["id"])
        file = self.media.get(checked.media_id) if checked.media_id else None
        got = Got(str(sent["id"]), checked.text, now, checked.kind, checked.buttons, checked.menu, raw=body)
        if file:
            got.file, got.file_name = file.content, checked.file_name
        with self.hook.disordered(self.ladder.disorder):
            self.tells_status(person, sent, "sent")
            person.receives(got, sent)
        return str(sent["id"])

    def window_open(self, person: Person, number: Number) -> bool:
        """Whether this number has heard from them within 24 hours."""
        return self.clock.now() - person.heard_at.get(number.id, -WINDOW) < WINDOW

    # ---------------------------------------------------------------------------------------- what is asked
    def failure(self, fault: Fails) -> Response:
        code = fault.code or FAILS_WITH.get(fault.status, 131000)
        headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else None
        body = Refusal(code, fault.reason, status=fault.status).body()
        return JSONResponse(body, fault.status, headers=headers)

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/whatsapp_business/attachments/", self._download),
            Route("/{version}/{id}", self._object, methods=["GET", "POST", "DELETE"]),
            Route("/{version}/{id}/{edge}", self._object, methods=["GET", "POST", "DELETE"]),
        ]

    def _check_token(self, request: Request) -> None:
        if self.expired or request.headers.get("authorization") != f"Bearer {self.token}":
            raise Refusal(190, "Error validating access token: Session has expired")

    async def _object(self, request: Request) -> Response:
        id_, edge = request.path_params["id"], request.path_params.get("edge", "")
        name, args, call = await self.business.find(request, id_, edge)

        async def work() -> Response:
            try:
                self._check_token(request)
                if call is None:
                    raise no_such(id_)
                return JSONResponse(call(args))
            except Refusal as refused:
                return JSONResponse(refused.body(), refused.status)

        return await self.answer(request, name, args, work)

    async def _download(self, request: Request) -> Response:
        args = dict(request.query_params)

        async def work() -> Response:
            if request.headers.get("authorization") != f"Bearer {self.token}":
                return Response("", 401)
            medium = self.media.fetch(args.get("hash", ""))
            if medium is None:
                return Response("URL signature expired", 404)
            return Response(medium.content, media_type=medium.media_type)

        return await self.answer(request, "media.download", args, work)
