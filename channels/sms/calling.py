"""One message as a request to the gateway, and what its answer means. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from channels.base import Outbound, Refused, Retry, SendResult, Sent, Unknown
from channels.headers import wait_told
from channels.sms import alphabet, numbers
from channels.sms.gateway import Gateway, Out, fill
from channels.sms.wire import word

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
UNTOLD = "the gateway gave no reason"


class Unsendable(ValueError):
    """The message cannot be put into a request; says why."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request, ready to be made. `form` and `json` exclude each other."""

    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    form: Mapping[str, str] | None
    json: bytes | None


def call(gateway: Gateway, outbound: Outbound, text: str, *, key: str, callback_url: str) -> Call:
    """The request for one message. Every value is written as its place demands: nothing that a customer or
    an agent wrote can end a text, a header or a parameter. Raises `Unsendable`."""
    out = gateway.out
    values = {
        "to": outbound.to,
        "to_digits": outbound.to.lstrip("+"),
        "to_national": numbers.national(outbound.to, gateway.region),
        "text": text,
        "kind": out.plain if alphabet.is_plain(text) else out.wide,
        "from": outbound.account or gateway.numbers[0],
        "id": outbound.id,
        "callback_url": callback_url,
        "user": out.user,
        "key": key,
    }
    quoted = {name: quote(value, safe="") for name, value in values.items()}
    headers = {name: fill(template, values) for name, template in out.headers.items()}
    if any(_CONTROL.search(value) or not value.isascii() for value in headers.values()):
        raise Unsendable("a header would hold a character that no header may have; put {text} elsewhere")
    if out.auth == "bearer":
        headers["Authorization"] = f"Bearer {key}"
    return Call(
        out.method,
        fill(out.url, quoted),
        {name: fill(template, values) for name, template in out.query.items()},
        headers,
        {name: fill(template, values) for name, template in out.fields.items()} if _has_form(out) else None,
        msgspec.json.encode(_filled(out.fields, values)) if _has_json(out) else None,
    )


def _has_form(out: Out) -> bool:
    return out.body == "form" and out.method != "GET"


def _has_json(out: Out) -> bool:
    return out.body == "json" and out.method != "GET"


def _filled(told: Any, values: Mapping[str, str]) -> Any:
    """A table of the settings with the values in its texts; numbers, truths and names stay as they are."""
    if isinstance(told, str):
        return fill(told, values)
    if isinstance(told, Mapping):
        return {name: _filled(each, values) for name, each in told.items()}
    if isinstance(told, list | tuple):
        return [_filled(each, values) for each in told]
    return told


def host_of(gateway: Gateway) -> tuple[str, int]:
    """The gateway's host and port."""
    parts = urlsplit(gateway.out.url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def judged(
    out: Out, own_id: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime
) -> SendResult:
    """What the gateway's answer means for the message. A message that was taken and not named goes by our
    own id."""
    told = _told(body)
    why = _reason(out, told, body)
    if 200 <= status < 300:
        return _verdict(out, own_id, told, body, why)
    what = f"the gateway answered {status}: {why}"
    if status == 429:
        return Retry(what, wait_told(headers, now) or timedelta(seconds=30))
    if status in (401, 403, 407):
        return Refused(f"{what}; check the key and the user in sms.out", stop_channel=True)
    if status == 402:
        return Refused(f"{what}; the credit is used up: top it up", stop_channel=True)
    if status in (404, 405, 410) or 300 <= status < 400:
        return Refused(f"{what}; check sms.out.url and method", stop_channel=True)
    if status in (408, 425, 503):  # "not now": said before anything is done
        return Retry(what, wait_told(headers, now))
    if status >= 500:  # it may have fallen down after it passed the message on: twice is billed twice
        return Unknown(what)
    return Refused(what)


def _verdict(out: Out, own_id: str, told: Any, body: bytes, why: str) -> SendResult:
    if out.accepted:
        said = (word(told, out.verdict) if out.verdict else _found(out.verdict_pattern, body)).strip()
        if said not in out.accepted:
            what = (
                f"the gateway said {said[:100]!r}: {why}" if said else f"the gateway gave no verdict: {why}"
            )
            if said in out.stop:
                return Refused(f"{what}; check the login and the credit", stop_channel=True)
            if said in out.again:
                return Retry(what)
            return Refused(what) if said else Unknown(what)
    named = word(told, out.id) if out.id else _found(out.id_pattern, body)
    return Sent(named.strip()[:200] or own_id)


def _told(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _reason(out: Out, told: Any, body: bytes) -> str:
    named = word(told, out.reason) if out.reason else ""
    text = named or body[:300].decode("utf-8", "replace")
    return " ".join(_CONTROL.sub(" ", text).split())[:300] or UNTOLD


def _found(pattern: str, body: bytes) -> str:
    found = re.search(pattern, body[:20_000].decode("utf-8", "replace")) if pattern else None
    return (found[1] or "") if found else ""
