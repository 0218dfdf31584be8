"""Closing (E10): thanks, and a wish that fits the hour."""

from __future__ import annotations

from bot.dialogue import clock
from bot.dialogue.draft import Draft
from bot.dialogue.events import Closed
from bot.dialogue.steps.walk import Went


def enter(d: Draft) -> Went:
    """Say goodbye and close."""
    d.settle()
    part = clock.part_of_day(d.now, d.sop.about.timezone)
    d.say("closing_night" if part == "night" else "closing_day")
    d.note(Closed(at=d.now))
    return Went.WAITS
