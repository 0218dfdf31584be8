"""Three ways in which SMS gateways speak: with forms, with JSON and signatures, with GET as the old ones do.

Each says how it is asked to send, how it answers, how it calls the customer's webhook, and what stands in
Sapa's settings for it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.responses import JSONResponse, PlainTextResponse, Response

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the gateway was asked to send. `shown` is the key that was shown."""

    to: str
    text: str
    sender: str
    reference: str
    shown: str


@dataclass(frozen=True, slots=True)
class Event:
    """What the gateway has to tell. `kind` is "in" or "report"; `at` in seconds since 1970."""

    kind: str
    id: str
    at: float
    sender: str = ""
    recipient: str = ""
    text: str = ""
    part: int = 1
    parts: int = 1
    bundle: int = 0
    status: str = ""
    reference: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A call of the webhook."""

    method: str
    url: str
    body: bytes
    headers: dict[str, str]


class Forms:
    """Forms both ways; the secret in a header, the key in another."""

    name = "forms"
    batches = False

    def asked(
        self, query: Mapping[str, str], headers: Mapping[str, str], body: bytes, form: dict[str, str]
    ) -> Asked:
        """What a call wants."""
        return Asked(
            form.get("to", ""),
            form.get("text", ""),
            form.get("from", ""),
            form.get("client_ref", ""),
            headers.get("x-api-key", ""),
        )

    def taken(self, id_: str, parts: int) -> Response:
        """The answer to a message that was taken."""
        return JSONResponse({"status": "ok", "message_id": id_, "parts": parts})

    def refused(self, status: int, word: str, reason: str, retry_after: int | None) -> Response:
        """The answer to one that was not."""
        headers = {"Retry-After": str(retry_after)} if retry_after is not None else None
        return JSONResponse({"status": word, "error": reason}, status, headers=headers)

    def post(self, url: str, secret: str, events: list[Event], now: float) -> Post:
        """One call of the webhook for these events."""
        (event,) = events
        fields = {name: str(value) for name, value in _fields(event).items()}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Sapa-Secret": secret}
        return Post("POST", url, urlencode(fields).encode(), headers)

    def settings(self, url: str, key: str, secret: str) -> dict[str, Any]:
        """The `[sms]` of sapa.toml."""
        fields = {"to": "{to}", "text": "{text}", "from": "{from}", "client_ref": "{id}"}
        out = {
            "url": f"{url}/send",
            "body": "form",
            "fields": fields,
            "headers": {"X-Api-Key": "{key}"},
            "id": "message_id",
            "verdict": "status",
            "accepted": ["ok"],
            "again": ["busy"],
            "stop": ["login", "credit"],
            "reason": "error",
        }
        parts = {"part": "part", "parts": "parts", "reference": "bundle"}
        return {
            "secret": secret,
            "key": key,
            "fields": {"time": "time", **parts},
            "reports": {"status": "status", "id": "id", "echo": "client_ref", "reason": "reason"},
            "out": out,
        }


class Json(Forms):
    """JSON both ways, many at once; signed with time and body, the key as a Bearer."""

    name = "json"
    batches = True

    def asked(
        self, query: Mapping[str, str], headers: Mapping[str, str], body: bytes, form: dict[str, str]
    ) -> Asked:
        try:
            one = json.loads(body)["messages"][0]
        except (ValueError, KeyError, IndexError, TypeError):
            one = {}
        shown = headers.get("authorization", "").removeprefix("Bearer ")
        to, text, sender = (str(one.get(name, "")) for name in ("to", "text", "from"))
        return Asked(to, text, sender, str(one.get("client_ref", "")), shown)

    def taken(self, id_: str, parts: int) -> Response:
        return JSONResponse({"results": [{"id": id_, "status": {"name": "ACCEPTED"}, "parts": parts}]}, 202)

    def refused(self, status: int, word: str, reason: str, retry_after: int | None) -> Response:
        headers = {"Retry-After": str(retry_after)} if retry_after is not None else None
        told = {"results": [{"status": {"name": word.upper(), "description": reason}}]}
        return JSONResponse(told, status, headers=headers)

    def post(self, url: str, secret: str, events: list[Event], now: float) -> Post:
        body = json.dumps({"events": [_fields(event) for event in events]}).encode()
        stamp = str(int(now))
        mac = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Signature": f"v1={mac}", "X-Timestamp": stamp}
        return Post("POST", url, body, headers)

    def settings(self, url: str, key: str, secret: str) -> dict[str, Any]:
        one = {"to": "{to}", "text": "{text}", "from": "{from}", "client_ref": "{id}"}
        out = {
            "url": f"{url}/send",
            "body": "json",
            "fields": {"messages": [one]},
            "auth": "bearer",
            "id": "results.0.id",
            "verdict": "results.0.status.name",
            "accepted": ["ACCEPTED"],
            "again": ["BUSY"],
            "stop": ["LOGIN", "CREDIT"],
            "reason": "results.0.status.description",
        }
        signed = {
            "proof": "signature",
            "name": "X-Signature",
            "prefix": "v1=",
            "timestamp": "X-Timestamp",
            "signed": "{timestamp}.{body}",
        }
        base = super().settings(url, key, secret)
        return {**base, "hook": signed, "fields": {**base["fields"], "items": "events"}, "out": out}


class Old(Forms):
    """GET both ways; key and secret in the query, answers in plain text, parts by their user data header."""

    name = "old"

    def asked(
        self, query: Mapping[str, str], headers: Mapping[str, str], body: bytes, form: dict[str, str]
    ) -> Asked:
        to, text = query.get("tujuan", ""), query.get("pesan", "")
        return Asked(to, text, query.get("dari", ""), query.get("ref", ""), query.get("kunci", ""))

    def taken(self, id_: str, parts: int) -> Response:
        return PlainTextResponse(f"OK {id_}\n")

    def refused(self, status: int, word: str, reason: str, retry_after: int | None) -> Response:
        headers = {"Retry-After": str(retry_after)} if retry_after is not None else None
        return PlainTextResponse(f"{word.upper()} {reason}\n", status, headers=headers)

    def post(self, url: str, secret: str, events: list[Event], now: float) -> Post:
        (event,) = events
        fields = {name: str(value) for name, value in _fields(event).items()}
        if event.parts > 1:
            for name in ("part", "parts", "bundle"):
                del fields[name]
            fields["udh"] = f"050003{event.bundle % 256:02X}{event.parts:02X}{event.part:02X}"
        return Post("GET", f"{url}?{urlencode({**fields, 'rahasia': secret})}", b"", {})

    def settings(self, url: str, key: str, secret: str) -> dict[str, Any]:
        query = {
            "kunci": "{key}",
            "tujuan": "{to_national}",
            "pesan": "{text}",
            "dari": "{from}",
            "ref": "{id}",
        }
        out = {
            "url": f"{url}/send",
            "method": "GET",
            "body": "none",
            "query": {**query, "dari": "{from}", "ref": "{id}"},
            "id_pattern": r"^OK (\S+)",
            "verdict_pattern": r"^(\w+)",
            "accepted": ["OK"],
            "again": ["BUSY"],
            "stop": ["LOGIN", "CREDIT"],
        }
        base = super().settings(url, key, secret)
        hook = {"proof": "query", "name": "rahasia"}
        return {**base, "hook": hook, "fields": {"time": "time", "udh": "udh"}, "out": out}


DIALECTS: dict[str, Forms] = {"forms": Forms(), "json": Json(), "old": Old()}


def _fields(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = {"id": event.id, "time": datetime.fromtimestamp(event.at, UTC).isoformat()}
    if event.kind == "report":
        told |= {"from": event.sender, "to": event.recipient, "status": event.status}
        told |= {"client_ref": event.reference, "reason": event.reason}
        return told
    told |= {"from": event.sender, "to": event.recipient, "text": event.text}
    if event.parts > 1:
        told |= {"part": event.part, "parts": event.parts, "bundle": event.bundle}
    return told
