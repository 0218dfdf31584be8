"""Greeting (E2): by the time of day, a religious greeting in kind, once a day, and who is speaking."""

from __future__ import annotations

from bot.dialogue import clock
from bot.dialogue.draft import Draft
from bot.dialogue.events import Greeted
from bot.dialogue.steps.walk import Went
from bot.dialogue.wording import has


def enter(d: Draft) -> Went:
    """Greet, unless that was done today."""
    greet(d)
    return Went.DONE


def greet(d: Draft, salam: str = "") -> bool:
    """Greet once a day. A salam is answered by its own answer instead; returns whether anything was said."""
    zone = d.sop.about.timezone
    today = clock.local(d.now, zone).date()
    if d.talk.greeted_on == today:
        return False
    first = d.talk.greeted_on is None
    if salam and has(d.sop, f"salam_{salam}"):
        d.say(f"salam_{salam}")
        if first:
            d.say("introduce")
    else:
        d.say(f"greet_{clock.part_of_day(d.now, zone)}" if first else "greet_again")
    d.note(Greeted(on=today, salam=salam))
    return True
