"""Working time: when the company is open, and when a number of working minutes is over.

Spans of the week are local times of the pack's time zone; public holidays and collective leave (cuti
bersama) come from the country's calendar, the company's own closed days and other hours (Ramadan) from the
pack. All arguments are aware; all answers are aware and local. Minutes are counted in real time, so that a
span over a change of the clock is as long as it really is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from bot.errors import SapaError
from bot.sop.model import Day, Hours, Span

_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HORIZON = 366 * 2
"""Days after which a calendar that never opens is given up: no pack that passed the check is like that."""

_ONE_DAY = timedelta(days=1)


class AlwaysClosed(SapaError):
    """The working hours have no opening for two years; correct hours.yaml of the pack."""


class WorkCalendar:
    """The working hours of a pack in a time zone. Cheap to make: holidays are kept per country and year."""

    def __init__(self, hours: Hours, timezone: str) -> None:
        self.hours = hours
        self.zone = ZoneInfo(timezone)

    def local(self, at: datetime) -> datetime:
        """The same instant in the company's time zone."""
        if at.tzinfo is None:
            raise ValueError("The time must be aware.")
        return at.astimezone(self.zone)

    def holiday(self, day: date) -> str:
        """The Indonesian (or the country's) name of the public holiday or leave on `day`, "" if none."""
        return _holidays(self.hours.country, day.year).get(day, "")

    def spans(self, day: date) -> tuple[Span, ...]:
        """The opening spans of a local day; none when it is closed."""
        if day in self.hours.closed or self.holiday(day):
            return ()
        name = _DAYS[day.weekday()]
        for special in self.hours.special:
            if special.first <= day <= special.last:
                return special.week.get(name, ())
        return self.hours.week.get(name, ())

    def is_open(self, at: datetime) -> bool:
        """Whether someone works at `at`: the opening instant belongs to a span, the closing one does not."""
        moment = self.local(at).astimezone(UTC)
        return any(start <= moment < end for start, end in self._instants(self.local(at).date()))

    def next_open(self, at: datetime) -> datetime:
        """`at` itself when open, else the next opening. Raises `AlwaysClosed`."""
        return self.add(at, 0)

    def add(self, at: datetime, minutes: int) -> datetime:
        """The instant at which `minutes` working minutes after `at` are over, local.

        Zero minutes give `at` when open, else the next opening. A time that is over exactly when a span
        closes ends there, not at the next opening. Raises `ValueError` for negative minutes, `AlwaysClosed`.
        """
        if minutes < 0:
            raise ValueError("Working minutes cannot be negative.")
        left = timedelta(minutes=minutes)
        moment = self.local(at).astimezone(UTC)
        for start, end in self._from(self.local(at).date()):
            begin = max(start, moment)
            if begin >= end:
                continue
            if begin + left <= end and (left or begin < end):
                return self.local(begin + left)
            left -= end - begin
        raise AlwaysClosed

    def minutes(self, start: datetime, end: datetime) -> float:
        """Working minutes between two instants; 0 when `end` is not after `start`."""
        first, last = self.local(start).astimezone(UTC), self.local(end).astimezone(UTC)
        total = timedelta()
        day = self.local(start).date()
        while day <= self.local(end).date():
            for opens, closes in self._instants(day):
                total += max(min(closes, last) - max(opens, first), timedelta())
            day += _ONE_DAY
        return total.total_seconds() / 60

    def _from(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        idle = 0
        while idle < _HORIZON:
            spans = self._instants(day)
            idle = 0 if spans else idle + 1
            yield from spans
            day += _ONE_DAY

    def _instants(self, day: date) -> list[tuple[datetime, datetime]]:
        """The day's spans as instants (UTC)."""
        return [
            (
                datetime.combine(day, span.from_, self.zone).astimezone(UTC),
                datetime.combine(day, span.to, self.zone).astimezone(UTC),
            )
            for span in self.spans(day)
        ]


@lru_cache(maxsize=64)
def _holidays(country: str, year: int) -> Mapping[date, str]:
    """Public holidays and government leave of a year, worked out once in a process."""
    kind = _calendar_of(country)
    wanted = [name for name in ("public", "government") if name in kind.supported_categories]
    known = kind(years=year, categories=wanted or None, language=kind.default_language)
    return MappingProxyType(dict(known))


def _calendar_of(country: str) -> Any:
    """The library's class for a country (ISO 3166, as `holidays.country_holidays` takes it).

    The library is loaded only when needed, and of its countries only the one: whoever asks it for a country
    loads all 250 of them, 0.2 s and 6 MB. An empty package stands in for theirs while the one is loaded.
    """
    import holidays
    from holidays.registry import COUNTRIES

    module, name = next((module, names[0]) for module, names in COUNTRIES.items() if country in names)
    package = "holidays.countries"
    if package not in sys.modules:
        stand_in = ModuleType(package)
        stand_in.__path__ = [f"{holidays.__path__[0]}/countries"]
        sys.modules[package] = stand_in
        try:
            return getattr(import_module(f"{package}.{module}"), name)
        finally:
            del sys.modules[package]
    return getattr(import_module(f"{package}.{module}"), name)
