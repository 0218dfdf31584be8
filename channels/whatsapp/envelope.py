"""A webhook body taken apart: every entry, every change, every item, each on its own.

One POST may hold many messages, statuses and errors of many numbers. Each becomes a `Piece` with the part of
the bytes that concerns it, again in an envelope: the same reading works on the whole and on each piece.
What is broken breaks nothing beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from msgspec import Raw

from channels.whatsapp.values import Json, listing, mapping, word

PARTS = ("messages", "message_echoes", "statuses", "user_id_update", "calls", "errors")
"""The lists of a change's value whose items mean something each on its own."""

_FRAME = frozenset({"messaging_product", "metadata", "contacts"})
"""What stands in every value and says nothing by itself."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One item. `part` is the list it stood in, "" when `item` is the whole value of a change; `errors` are
    those of the value beside it; `contacts` those that may be its sender."""

    field: str
    part: str
    item: Json
    raw: bytes
    account: str = ""
    phone: str = ""
    contacts: tuple[Json, ...] = ()
    errors: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """Bytes that are no item, and why."""

    raw: bytes
    cause: str
    account: str = ""


def take_apart(body: bytes) -> list[Piece | Broken]:
    """All items of a body, in its order."""
    try:
        pieces = list(_entries(body))
    except _NoJson as error:
        try:
            pieces = list(_entries(_mended(body)))
        except (_NoJson, ValueError, RecursionError):
            return [Broken(body, str(error))]
    if len(pieces) == 1:  # nothing beside it: its raw is what came over the wire
        pieces = [replace(pieces[0], raw=body)]
    return pieces


class _NoJson(Exception):
    """Not the JSON that belongs here."""


def _object(raw: Raw | bytes) -> Mapping[str, Raw]:
    try:
        return msgspec.json.decode(raw, type=dict[str, Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _NoJson(f"no JSON object: {error}") from None


def _array(raw: Raw | None) -> list[Raw]:
    if raw is None or bytes(raw) == b"null":
        return []
    try:
        return msgspec.json.decode(raw, type=list[Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _NoJson(f"no JSON array: {error}") from None


def _any(raw: Raw | bytes | None) -> Any:
    """Decoded, None when it is no JSON."""
    try:
        return None if raw is None else msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _mended(body: bytes) -> bytes:
    """A body that is JSON but for half a character (an emoji cut in two), which becomes U+FFFD.

    Raises `ValueError` or `RecursionError` for what is no JSON.
    """
    text = json.dumps(json.loads(body.decode("utf-8", "replace")), ensure_ascii=False)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _entries(body: bytes) -> Iterator[Piece | Broken]:
    outer = _object(body)
    if "entry" not in outer and "value" in outer:  # a change by itself
        yield from _change(outer, Raw(b'"0"'), body)
        return
    for entry in _array(outer.get("entry")):
        try:
            inner = _object(entry)
            changes = _array(inner.get("changes"))
        except _NoJson as error:
            yield Broken(bytes(entry), f"entry: {error}")
            continue
        named = inner.get("id", Raw(b'"0"'))
        if "changes" not in inner and len(inner) > 2:  # of another product of Meta
            yield Piece(word(_any(outer.get("object"))) or "entry", "", mapping(_any(entry)), bytes(entry))
        for change in changes:
            try:
                yield from _change(_object(change), named, bytes(change))
            except _NoJson as error:
                yield Broken(bytes(change), f"change: {error}")


def _change(change: Mapping[str, Raw], entry_id: Raw, whole: bytes) -> Iterator[Piece | Broken]:
    field = word(_any(change.get("field")))
    value = _object(change.get("value", Raw(b"{}")))
    meta = mapping(_any(value.get("metadata")))
    phone = word(meta.get("display_phone_number"))
    account = word(meta.get("phone_number_id")) or phone or word(_any(entry_id)) or "unknown"
    errors = tuple(listing(_any(value.get("errors"))))
    contacts = _contacts(value)
    found = False
    for part in PARTS:
        if part == "errors" and found:
            continue  # they belong to the items beside them
        try:
            items = _array(value.get(part))
        except _NoJson as error:
            found = True
            yield Broken(_again(entry_id, field, value, part, value[part], ()), f"{part}: {error}", account)
            continue
        for raw in items:
            found = True
            item = _any(raw)
            mine = _of(item, contacts)
            again = _again(entry_id, field, value, part, raw, mine)
            if not isinstance(item, dict):
                yield Broken(again, f"{part}: an item that is no object", account)
                continue
            yield Piece(
                field, part, item, again, account, phone, tuple(one for _raw, one in mine),
                () if part == "errors" else errors,
            )  # fmt: skip
    if not found and any(name not in _FRAME and _says(raw) for name, raw in value.items()):
        again = b'{"entry":[{"id":%b,"changes":[%b]}]}' % (bytes(entry_id), whole)
        yield Piece(field, "", mapping(_any(msgspec.json.encode(value))), again, account, phone)


def _says(raw: Raw) -> bool:
    return bytes(raw).strip() not in (b"null", b"[]", b"{}", b'""')


def _contacts(value: Mapping[str, Raw]) -> list[tuple[Raw, Json]]:
    try:
        listed = _array(value.get("contacts"))
    except _NoJson:
        return []
    return [(raw, mapping(_any(raw))) for raw in listed]


def _of(item: object, contacts: Sequence[tuple[Raw, Json]]) -> list[tuple[Raw, Json]]:
    """The contacts that an item names, the only one there is when it names none."""
    if len(contacts) <= 1:
        return list(contacts)
    one = mapping(item)
    named = {
        word(one.get(key))
        for key in ("from", "from_user_id", "to", "to_user_id", "recipient_id", "recipient_user_id", "wa_id")
    } - {""}
    return [(raw, who) for raw, who in contacts if {word(who.get("wa_id")), word(who.get("user_id"))} & named]


def _again(
    entry_id: Raw,
    field: str,
    value: Mapping[str, Raw],
    part: str,
    item: Raw,
    contacts: Sequence[tuple[Raw, Json]],
) -> bytes:
    """One item in an envelope of its own, its bytes as they came."""
    inside: dict[str, Any] = {
        name: value[name] for name in ("messaging_product", "metadata") if name in value
    }
    if contacts:
        inside["contacts"] = [raw for raw, _one in contacts]
    broken = part in value and bytes(value[part]).lstrip()[:1] != b"["
    inside[part] = item if broken else [item]
    if part != "errors" and "errors" in value:
        inside["errors"] = value["errors"]
    change = {"field": field, "value": inside}
    if not field:
        del change["field"]
    return msgspec.json.encode({"entry": [{"id": entry_id, "changes": [change]}]})
