"""Forwarding (K5, E8): who has it now, and until when an answer comes, in working hours."""

from __future__ import annotations

from datetime import datetime

from bot.dialogue import clock
from bot.dialogue.draft import Draft
from bot.dialogue.hours import calendar, when
from bot.dialogue.steps.walk import Went


def enter(d: Draft) -> Went:
    """Say which department has it and ask politely to wait."""
    matter = d.matter
    department = d.sop.departments.get(matter.department)
    if department is not None and matter.due_at is not None:
        d.new_message()
        key = "forwarded"
        if d.health:
            key = "forwarded_health"
        elif matter.kind != "complaint" and f"forwarded_{matter.kind}" in d.sop.wording["id"]:
            key = f"forwarded_{matter.kind}"
        values = {"department": department.name.in_(d.talk.language), "when": when(d, matter.due_at)}
        d.say(key, values)
        if not calendar(d.sop).is_open(d.now) and not d.health:
            _back(d, matter.due_at)
    return Went.DONE


def _back(d: Draft, due_at: datetime) -> None:
    """When the team is back; short when the day was just said."""
    zone = d.sop.about.timezone
    at = calendar(d.sop).next_open(d.now)
    if clock.local(at, zone).date() != clock.local(due_at, zone).date():
        d.say("closed_now", {"when": when(d, at)})
        return
    hour = clock.hour(at, zone, d.talk.language)
    d.say("closed_now_same", {"day": d.word(f"back_{clock.distance(at, d.now, zone)}", hour=hour)})
