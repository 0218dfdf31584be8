"""Working time as the dialogue needs it: one calendar for each pack, and a promised moment in words."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from bot.dialogue import clock
from bot.tickets.hours import WorkCalendar

if TYPE_CHECKING:
    from bot.dialogue.draft import Draft
    from bot.sop.model import Sop

_calendars: dict[str, WorkCalendar] = {}
_MOST = 16


def calendar(sop: Sop) -> WorkCalendar:
    """The pack's calendar; made once, it keeps each year's holidays."""
    found = _calendars.get(sop.hash)
    if found is None:
        if len(_calendars) >= _MOST:
            _calendars.clear()
        found = _calendars[sop.hash] = WorkCalendar(sop.hours, sop.about.timezone)
    return found


def when(d: Draft, at: datetime) -> str:
    """`besok, Selasa, 24 November 2026, pukul 12.00 WIB`, in the talk's language."""
    zone, language = d.sop.about.timezone, d.talk.language
    return d.word(
        f"when_{clock.distance(at, d.now, zone)}",
        day=clock.day(clock.local(at, zone).date(), language),
        hour=clock.hour(at, zone, language),
    )
