"""Careful looks into JSON from the wire: a field of another type than expected counts as missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]
NOTHING: Json = {}
_LATEST = 253_402_300_799
"""The last second that a `datetime` can hold."""


def part(of: Json, name: str) -> Json:
    """The object under `name`, an empty one when there is none."""
    found = of.get(name)
    return found if isinstance(found, dict) else NOTHING


def parts(of: Json, name: str) -> list[Json]:
    """The objects in the list under `name`."""
    found = of.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def words(of: Json, name: str) -> str:
    """The text under `name`, "" when there is none."""
    found = of.get(name)
    return found if isinstance(found, str) else ""


def whole(of: Json, name: str) -> int | None:
    """The whole number under `name`; ids go beyond 32 bits."""
    found = of.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def count(of: Json, name: str) -> int:
    """The number under `name` that is a size, 0 when there is none."""
    return max(whole(of, name) or 0, 0)


def instant(of: Json, name: str) -> datetime | None:
    """The Unix time under `name`, aware. None for none, and for 0: "too long ago to be told"."""
    seconds = whole(of, name)
    return datetime.fromtimestamp(seconds, UTC) if seconds and 0 < seconds <= _LATEST else None
