"""What may be asked of Graph, by object and edge: messages, media, templates, subscriptions, numbers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from .checking import check
from .errors import Refusal, invalid, missing

if TYPE_CHECKING:
    from .person import Person
    from .server import Graph, Number

Call = Callable[[dict[str, Any]], dict[str, Any]]


class Business:
    """The calls of one app. `typing` are the people who see us typing, `read` the wamids marked read."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.read: list[str] = []
        self.typing: list[str] = []
        self._pairs: dict[tuple[str, str], tuple[float, float]] = {}
        self._sent: list[float] = []

    async def find(self, request: Request, id_: str, edge: str) -> tuple[str, dict[str, Any], Call | None]:
        """The name of the call for the record, its arguments, and what does it (None: there is no such)."""
        graph, method = self._graph, request.method
        args = await _args(request)
        number = graph.numbers.get(id_)
        match method, edge:
            case "POST", "messages":
                name = "read" if args.get("status") == "read" else "messages"
                return name, args, self._messages(number) if number else None
            case "POST", "media":
                return "media.upload", args, self._upload if number else None
            case "GET", "message_templates" if id_ == graph.waba:
                return "message_templates", args, self._templates
            case "POST", "message_templates" if id_ == graph.waba:
                return "message_templates.create", args, self._create_template
            case "GET", "subscribed_apps" if id_ == graph.waba:
                return "subscribed_apps", args, self._subscribed
            case "POST", "subscribed_apps" if id_ == graph.waba:
                return "subscribed_apps.add", args, self._subscribe
            case "GET", "phone_numbers" if id_ == graph.waba:
                told = [self._number(n) for n in graph.numbers.values()]
                return "phone_numbers", args, lambda _: {"data": told}
            case "GET", "" if number:
                return "phone_number", args, lambda _: self._number(number)
            case "GET", "" if id_ == graph.waba:
                return "business_account", args, lambda _: {"id": id_, "name": "Sapa Uji", "currency": "IDR"}
            case "GET", "":
                return "media", args, lambda _: graph.media.locate(id_)
            case "DELETE", "":
                return "media.delete", args, lambda _: self._delete(id_)
        return f"{method} {edge}", args, None

    # ------------------------------------------------------------------------------------------- messages
    def _messages(self, number: Number) -> Call:
        def call(args: dict[str, Any]) -> dict[str, Any]:
            return self._mark_read(args) if "status" in args else self._send(number, args)

        return call

    def _mark_read(self, args: dict[str, Any]) -> dict[str, Any]:
        if args.get("status") != "read" or not str(args.get("message_id", "")).startswith("wamid."):
            raise invalid("Param message_id must be the id of a message")
        self.read.append(args["message_id"])
        if args.get("typing_indicator"):
            if args["typing_indicator"] != {"type": "text"}:
                raise invalid("Param typing_indicator.type must be text")
            self.typing.append(args["message_id"])
        return {"success": True}

    def _send(self, number: Number, args: dict[str, Any]) -> dict[str, Any]:
        graph = self._graph
        to, recipient = str(args.get("to") or ""), str(args.get("recipient") or "")
        if not to and not recipient:
            raise missing("to")
        checked = check(args, graph.templates)
        if checked.media_id:
            graph.media.get(checked.media_id)
        person = graph.found(to, recipient)
        if person is None:
            raise Refusal(131026) if to else Refusal(100, f"Invalid recipient {recipient}")
        self._throttle(number, person)
        if checked.free and graph.window_says == "answer" and not graph.window_open(person, number):
            raise Refusal(131047)
        wamid = graph.shows(person, number, args, checked)
        who = {"input": to, "wa_id": person.phone} if to else {"input": recipient, "user_id": person.user_id}
        message = {"id": wamid}
        if checked.kind == "template":
            message["message_status"] = "accepted"
        return {"messaging_product": "whatsapp", "contacts": [who], "messages": [message]}

    def _throttle(self, number: Number, person: Person) -> None:
        graph, now = self._graph, time.monotonic()
        if graph.per_second:
            self._sent = [at for at in self._sent if at > now - 1] + [now]
            if len(self._sent) > graph.per_second:
                self._sent.pop()
                raise Refusal(130429)
        if graph.pair_seconds:
            left, at = self._pairs.get((number.id, person.user_id), (float(graph.pair_burst), now))
            left = min(graph.pair_burst, left + (now - at) / graph.pair_seconds)
            if left < 1:
                self._pairs[number.id, person.user_id] = (left, now)
                raise Refusal(131056)
            self._pairs[number.id, person.user_id] = (left - 1, now)

    # ---------------------------------------------------------------------------------------------- media
    def _upload(self, args: dict[str, Any]) -> dict[str, Any]:
        if args.get("messaging_product") != "whatsapp":
            raise Refusal(100, "The parameter messaging_product is required.")
        if not isinstance(args.get("file"), tuple):
            raise Refusal(100, "The parameter file is required.")
        name, content, media_type = args["file"]
        kind = str(args.get("type") or media_type).partition(";")[0]
        return {"id": self._graph.media.upload(content, kind, name).id}

    def _delete(self, id_: str) -> dict[str, Any]:
        self._graph.media.get(id_)
        self._graph.media.drop(id_)
        return {"success": True}

    # --------------------------------------------------------------------------------------------- account
    def _templates(self, args: dict[str, Any]) -> dict[str, Any]:
        wanted = args.get("name")
        found = [t.told() for t in self._graph.templates.values() if not wanted or t.name == wanted]
        if args.get("language"):
            found = [t for t in found if t["language"] == args["language"]]
        count = {
            "total_count": len(found),
            "message_template_count": len(found),
            "are_translations_complete": True,
        }
        paging = {"cursors": {"before": "MAZDZD", "after": "MjQZD"}}
        return {"data": found, "paging": paging, "summary": {**count, "message_template_limit": 250}}

    def _create_template(self, args: dict[str, Any]) -> dict[str, Any]:
        name, language = str(args.get("name", "")), str(args.get("language", ""))
        if (name, language) in self._graph.templates:
            raise Refusal(100, "Message template with this name and language already exists", 2388024)
        body = next((c["text"] for c in args.get("components", ()) if str(c["type"]).upper() == "BODY"), "")
        if not name or not language or not body:
            raise Refusal(100, "name, language and a BODY component are required")
        made = self._graph.template(name, body, language, status="PENDING")
        made.category = str(args.get("category", "UTILITY"))
        return {"id": made.id, "status": made.status, "category": made.category}

    def _subscribed(self, args: dict[str, Any]) -> dict[str, Any]:
        app = {"id": "670843887433847", "name": "Sapa", "link": "https://www.facebook.com/games/?app_id=6708"}
        return {"data": [{"whatsapp_business_api_data": app}] if self._graph.subscribed else []}

    def _subscribe(self, args: dict[str, Any]) -> dict[str, Any]:
        self._graph.subscribed = True
        return {"success": True}

    def _number(self, number: Number) -> dict[str, Any]:
        return {
            "verified_name": "PT Sumber Makmur Sentosa",
            "code_verification_status": "VERIFIED",
            "display_phone_number": number.display,
            "quality_rating": "GREEN",
            "platform_type": "CLOUD_API",
            "throughput": {"level": "STANDARD"},
            "id": number.id,
        }


async def _args(request: Request) -> dict[str, Any]:
    """Query, JSON or multipart, as one."""
    args: dict[str, Any] = dict(request.query_params)
    kind = request.headers.get("content-type", "")
    if kind.startswith("application/json"):
        try:
            given = json.loads(await request.body() or b"{}")
        except ValueError:
            return {"(not JSON)": True}
        args.update(given if isinstance(given, dict) else {})
    elif kind.startswith(("multipart/", "application/x-www-form-urlencoded")):
        async with request.form(max_part_size=110 << 20) as form:
            for name, value in form.multi_items():
                if isinstance(value, UploadFile):
                    args[name] = (value.filename or "", await value.read(), value.content_type or "")
                else:
                    args[name] = value
    return args
