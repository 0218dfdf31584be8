"""What stands beside the chat about the company: when it works, and how else to reach it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bot.web.pages import words

if TYPE_CHECKING:
    from datetime import datetime

    from bot.sop.model import Day, Sop, Span

_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def facts(sop: Sop, at: datetime) -> dict[str, tuple[tuple[str, str], ...]]:
    """(label, value) pairs per language, for `channels.webchat.House.facts`; `at` picks the zone's name."""
    return {language: _facts(sop, at, words(language)) for language in sop.about.languages}


def _facts(sop: Sop, at: datetime, said: Any) -> tuple[tuple[str, str], ...]:
    company, names = sop.about.company, said["facts"]
    zone = at.astimezone(ZoneInfo(sop.about.timezone)).strftime("%Z")
    return (
        (names["hours"].format(zone=zone), "\n".join(_week(sop, said))),
        (names["phone"], company.phone),
        (names["email"], company.email),
        (names["site"], company.site),
        (names["emergency"], company.emergency),
    )


def _week(sop: Sop, said: Any) -> list[str]:
    """Days with the same hours together: Senin–Kamis 08.00–12.00, 13.00–17.00."""
    days = said["facts"]["days"]
    lines = []
    # by position, so that two days with equal hours and others between them stay apart
    for spans, run in groupby(range(7), key=lambda i: sop.hours.week.get(_DAYS[i], ())):
        numbers = list(run)
        name = days[numbers[0]] if len(numbers) == 1 else f"{days[numbers[0]]}–{days[numbers[-1]]}"
        lines.append(f"{name} {_spans(spans, said)}")
    return lines


def _spans(spans: tuple[Span, ...], said: Any) -> str:
    if not spans:
        return str(said["facts"]["closed"])
    dot = said["clock"]
    return ", ".join(f"{span.from_:%H{dot}%M}–{span.to:%H{dot}%M}" for span in spans)
