"""Times as gateways write them: ISO 8601, Unix seconds or milliseconds, a mail's, or a format of theirs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

_UNIX = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}")
_RUN = re.compile(r"\d{14}")
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def read(written: str, zone: str, form: str = "") -> datetime | None:
    """The instant in UTC; None when it cannot be read or cannot be."""
    written = written.strip()
    try:
        found = _read(written, form)
        if found.tzinfo is None:
            found = found.replace(tzinfo=ZoneInfo(zone))
        found = found.astimezone(UTC)
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None
    return found if _EARLIEST <= found <= _LATEST else None


def _read(written: str, form: str) -> datetime:
    if form:
        return datetime.strptime(written, form)  # noqa: DTZ007 - the caller gives it its zone
    if written.isascii() and _UNIX.fullmatch(written):
        number = float(written)
        return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
    if written.isascii() and _RUN.fullmatch(written):
        return datetime.strptime(written, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the caller gives it its zone
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return parsedate_to_datetime(written)
