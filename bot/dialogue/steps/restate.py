"""Restating (E3): what was understood in one sentence, and whether it is right."""

from __future__ import annotations

from bot.dialogue.draft import Draft
from bot.dialogue.events import Confirmed, Restated
from bot.dialogue.restating import sentence
from bot.dialogue.steps.walk import Went


def enter(d: Draft) -> Went:
    """A letter, and a danger to health, restate without waiting for a yes; a chat asks."""
    matter = d.matter
    if matter.confirmed:
        return Went.DONE
    phrase, values = sentence(d)
    order = matter.kind == "order" and not values["goods"]
    if order or not (matter.class_ or values["goods"] or values["words"]):
        return Went.DONE  # "saya mau pesan": nothing to say back yet, the summary will
    d.new_message()
    d.say(phrase, values)
    d.note(Restated(matter=matter.no))
    if d.email or d.health:
        d.note(Confirmed(matter=matter.no, what="restating"))
        if d.email:
            d.say("say_if_wrong")
        return Went.DONE
    d.ask("right", "restating", choices=d.options("yes", "no"))
    return Went.WAITS
