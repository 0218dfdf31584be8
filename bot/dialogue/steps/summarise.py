"""The summary: everything as the form will have it, for the customer to correct by word."""

from __future__ import annotations

from bot.dialogue.draft import Draft
from bot.dialogue.events import Confirmed, Restated
from bot.dialogue.restating import lines
from bot.dialogue.steps.walk import Went


def enter(d: Draft) -> Went:
    """Done when confirmed. A letter shows it with the ticket; a danger to health does not wait for it."""
    matter = d.matter
    if matter.summed_up:
        return Went.DONE
    if not matter.restated:
        d.note(Restated(matter=matter.no))
    if d.email or d.health:
        d.note(Confirmed(matter=matter.no, what="summary"))
        return Went.DONE
    asked = d.talk.asked
    if asked is not None and asked.what == "summary" and (asked.tries or d.explained):
        d.ask("summary_again", "summary", choices=d.options("yes", "wrong"), tries=asked.tries)
        return Went.WAITS
    d.new_message()
    rows = "\n".join(f"{label}: {value}" for _, label, value in lines(d))
    d.say("summary", {"list": rows})
    d.ask("summary_right", "summary", choices=d.options("yes", "wrong"))
    return Went.WAITS
