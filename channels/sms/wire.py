"""What a gateway sends, as values by path: a query, a form, a multipart form or JSON, told apart by looking.

The raw bytes alone are enough, so that they can be read again at any time: those of a GET begin with `?`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

Entry: TypeAlias = Mapping[str, Any]

MOST_FIELDS = 200
MOST_ITEMS = 500


class Unclear(ValueError):
    """The bytes are no query, form or JSON object, or hold more than any gateway sends."""


def without(query: bytes, name: str) -> bytes:
    """A query without the parameter `name`: a secret in it is neither kept nor shown."""
    kept = [p for p in query.split(b"&") if unquote_plus(p.partition(b"=")[0].decode("latin-1")) != name]
    return b"&".join(kept)


def entries(raw: bytes, items: str, charset: str) -> list[tuple[Entry, bytes]]:
    """The messages in it, each with its own part of the bytes. Raises `Unclear`."""
    body = raw.lstrip()
    if body[:1] in (b"{", b"["):
        return _json(body, items)
    if body.startswith(b"--"):
        return [(_multipart(body, charset), raw)]
    return [(_form(body.removeprefix(b"?"), charset), raw)]


def _form(body: bytes, charset: str) -> Entry:
    try:
        pairs = parse_qsl(
            body.decode("latin-1"),
            keep_blank_values=True,
            encoding=charset,
            errors="replace",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise Unclear(f"a form with more than {MOST_FIELDS} fields") from None
    if not pairs or not any(name and value for name, value in pairs):
        raise Unclear("neither a query, a form nor JSON")
    return first(pairs)


def first(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Names and values; of a name that comes twice the first counts."""
    made: dict[str, str] = {}
    for name, value in pairs:
        made.setdefault(name, value)
    return made


def pairs_of(raw: bytes, charset: str) -> list[tuple[str, str]]:
    """All fields of a form as they were sent, for a signature over them."""
    try:
        return parse_qsl(raw.decode("latin-1"), True, encoding=charset, max_num_fields=MOST_FIELDS)
    except ValueError:
        return []


def _json(body: bytes, items: str) -> list[tuple[Entry, bytes]]:
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unclear("JSON that is none") from None
    listed = find(told, items) if items else told
    if isinstance(listed, dict):
        return [(listed, body)]
    if not isinstance(listed, list):
        if isinstance(told, dict):
            return [(told, body)]  # a report beside the list of messages, or the other way round
        raise Unclear("JSON without an object")
    if len(listed) > MOST_ITEMS:
        raise Unclear(f"more than {MOST_ITEMS} messages at once")
    return [(one if isinstance(one, dict) else {}, msgspec.json.encode(one)) for one in listed]


def _multipart(body: bytes, charset: str) -> Entry:
    boundary = body.split(b"\n", 1)[0].rstrip(b"\r")[2:]
    if not 1 <= len(boundary) <= 70:
        raise Unclear("a multipart form without a boundary")
    pairs: list[tuple[str, str]] = []
    head: dict[bytes, bytes] = {}
    name, value, data = bytearray(), bytearray(), bytearray()

    def begin() -> None:
        if len(pairs) >= MOST_FIELDS:
            raise Unclear(f"a form with more than {MOST_FIELDS} fields")
        head.clear()
        data.clear()

    def field_name(chunk: bytes, start: int, end: int) -> None:
        name.extend(chunk[start:end])

    def field_value(chunk: bytes, start: int, end: int) -> None:
        value.extend(chunk[start:end])

    def header_end() -> None:
        head[bytes(name).lower()] = bytes(value)
        name.clear()
        value.clear()

    def some(chunk: bytes, start: int, end: int) -> None:
        data.extend(chunk[start:end])

    def end() -> None:
        _, options = parse_options_header(head.get(b"content-disposition", b""))
        called = options.get(b"name")
        if called and b"filename" not in options:
            pairs.append((called.decode("utf-8", "replace"), bytes(data).decode(charset, "replace")))

    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": begin,
                "on_header_field": field_name,
                "on_header_value": field_value,
                "on_header_end": header_end,
                "on_part_data": some,
                "on_part_end": end,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise Unclear("a multipart form that is none") from None
    if not pairs:
        raise Unclear("a multipart form without fields")
    return first(pairs)


def find(told: Any, path: str) -> Any:
    """The value at a path; None where there is none. A name with dots in it is found as it is, too."""
    if not path:
        return None
    if isinstance(told, Mapping) and path in told:
        return told[path]
    for step in path.split("."):
        if isinstance(told, Mapping):
            told = told.get(step)
        elif isinstance(told, list) and step.isascii() and step.isdigit() and len(step) < 5:
            told = told[int(step)] if int(step) < len(told) else None
        else:
            return None
    return told


def word(told: Any, path: str) -> str:
    """The value at a path as text; "" where there is none, or where it is no single value."""
    value = find(told, path)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else ""
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else repr(value)
    return ""
