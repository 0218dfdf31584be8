"""Forwarding (K5, E8): who has it now, and until when an answer comes, in working hours."""

from __future__ import annotations

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
            d.say("closed_now", {"when": when(d, calendar(d.sop).next_open(d.now))})
    return Went.DONE
