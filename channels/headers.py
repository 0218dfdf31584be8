"""What the headers of an answer say of time. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(days=1)
"""Whoever asks for a longer pause is heard as asking for this."""


def time_told(headers: Mapping[str, str]) -> datetime | None:
    """The server's clock (Date), in UTC; None when it tells none."""
    return _instant(headers.get("date", ""))


def wait_told(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The pause that Retry-After asks for, as seconds or as a date; None when it asks for none. `now` is
    aware."""
    written = headers.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return min(timedelta(seconds=int(written[:9])), LONGEST)
    then = _instant(written)
    return None if then is None else min(max(then - now, timedelta(0)), LONGEST)


def _instant(written: str) -> datetime | None:
    try:
        then = parsedate_to_datetime(written)
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):  # none, or one of the year 99999999999
        return None
