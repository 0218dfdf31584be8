"""Single values of Meta's JSON, whatever type they turn out to have."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]

NOTHING: Json = {}

_SHOWN_NUMBER = re.compile(r"\+?[0-9][0-9 ().-]*")
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_LATEST = 253_402_300_799  # the last second that a datetime holds


def mapping(value: object) -> Json:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else NOTHING


def listing(value: object) -> list[Any]:
    """The value when it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def word(value: object) -> str:
    """A string as it is, a number in digits, else ""."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def e164(value: object) -> str:
    """A phone number as +628123456789; "" for what is none. Meta writes its digits without the plus."""
    shown = word(value).strip()
    if not _SHOWN_NUMBER.fullmatch(shown) or not shown.isascii():
        return ""
    digits = "".join(each for each in shown if each.isdigit())
    return f"+{digits}" if 6 <= len(digits) <= 15 else ""


def instant(value: object, otherwise: datetime) -> datetime:
    """Seconds since 1970, as a string or a number (milliseconds too), as an aware time; `otherwise` for what
    is no time."""
    try:
        seconds = int(word(value))
    except ValueError:
        return otherwise
    if seconds > _LATEST // 20:  # after the year 2400: nobody writes then, some gateways write milliseconds
        seconds //= 1000
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds <= _LATEST else otherwise


def sha256_hex(value: object) -> str:
    """A SHA-256 as hex; webhooks write it in base64, answers in hex. "" for what is neither."""
    given = word(value).strip()
    if _HEX.fullmatch(given):
        return given.lower()
    try:
        decoded = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        return ""
    return decoded.hex() if len(decoded) == 32 else ""
