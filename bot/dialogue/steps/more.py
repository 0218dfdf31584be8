"""Anything else (E9): asked after every finished matter; a matter that waited is taken up first."""

from __future__ import annotations

from bot.dialogue.draft import Draft
from bot.dialogue.events import FieldFilled, MatterFinished, MatterTaken
from bot.dialogue.steps.walk import Went, go_to
from bot.dialogue.talk import Matter
from bot.sop.model import Does, Reader


def _hand_on(d: Draft, before: Matter | None) -> None:
    """Two matters of one message are about one delivery: its numbers and its date are not asked again. The
    summary shows them, so they can be corrected."""
    if before is None:
        return
    for field, value in before.values.items():
        shared = d.spec(field).reader in (Reader.ORDER, Reader.DELIVERY, Reader.DATE)
        if shared and field not in d.matter.values:
            d.note(FieldFilled(matter=d.matter.no, field=field, value=value))


def enter(d: Draft) -> Went:
    """Take the next matter, or ask. A letter only offers it: nobody is pressed to write back."""
    matter = d.talk.matter
    if matter is not None:
        if matter.state == "open":  # a new one came up meanwhile
            return Went.MOVED if go_to(d, Does.LISTEN) else Went.WAITS
        d.note(MatterFinished(matter=matter.no))
    waiting = d.talk.waiting
    if waiting is not None:
        d.note(MatterTaken(matter=waiting.no))
        _hand_on(d, matter)
        d.new_message()
        class_, kind = d.sop.classes.get(waiting.class_), d.sop.kinds.get(waiting.kind)
        named = class_ or kind
        d.say("next_matter", {"label": named.label.in_(d.talk.language) if named else ""})
        procedure = d.sop.procedure_for(waiting.kind).id
        return Went.MOVED if go_to(d, Does.LISTEN, procedure) else Went.WAITS
    after_page = d.has_said("faq") or d.has_said("faq_technical")
    if d.email or after_page or len(d.messages[-1]) > 2:
        d.new_message()
    d.ask("more", "more", choices=() if d.email else d.options("no_more", "yes_more"))
    return Went.WAITS
