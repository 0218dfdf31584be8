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
    """`besok, Selasa, 24 November 2026, pukul 12.00 WIB` in the talk's language; by SMS `Selasa 24/11, 12.00
    WIB`, where every character is paid for."""
    zone, language = d.sop.about.timezone, d.talk.language
    sms = d.talk.medium == "sms"
    on, distance = clock.local(at, zone).date(), clock.distance(at, d.now, zone)
    return d.word(
        "when_later" if sms and distance == "tomorrow" else f"when_{distance}",
        day=clock.short_day(on, language) if sms else clock.day(on, language),
        hour=clock.short_hour(at, zone, language) if sms else clock.hour(at, zone, language),
    )
