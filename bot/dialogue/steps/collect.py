"""Collecting what is missing: one field at a time with its example, in a letter all at once (E4, E6)."""

from __future__ import annotations

from bot.dialogue import fields
from bot.dialogue.draft import Draft
from bot.dialogue.events import FieldDeclined
from bot.dialogue.steps.walk import Went
from bot.dialogue.talk import Asked

LETTERS = 2
"""So many letters may ask for what is missing; then the ticket is made with what is there."""


def enter(d: Draft) -> Went:
    """Done when nothing is missing any more."""
    if d.email:
        return _letter(d)
    for field, optional in fields.missing(d):
        _ask(d, field, optional)
        return Went.WAITS
    d.settle()
    return Went.DONE


def _ask(d: Draft, field: str, optional: bool) -> None:
    asked = d.talk.asked
    failed = asked.tries if asked is not None and asked.what == "field" and asked.field == field else 0
    choices = d.options("none") if optional else ()
    if failed >= 2:
        d.ask("stuck", "stuck", field=field, choices=d.options("person", "skip"))
        return
    if failed and not d.explained:
        d.say("again")
    d.ask(f"ask_{field}", "field", field=field, choices=choices, tries=failed)


def _letter(d: Draft) -> Went:
    asked: Asked | None = d.talk.asked
    letters = asked.tries if asked is not None and asked.what == "letter" else 0
    missing = fields.missing(d)
    required = [field for field, optional in missing if not optional]
    if not required or letters >= LETTERS:
        for field in required:
            no = 0 if d.spec(field).identity else d.matter.no
            d.note(FieldDeclined(matter=no, field=field, why="failed"))
        d.settle()
        return Went.DONE
    d.new_message()
    d.say("need_still" if letters else "need_all")
    for field in required:
        d.say(f"ask_{field}")
    d.new_message()
    optional_too = [field for field, optional in missing if optional and letters == 0]
    if optional_too:
        d.say("need_optional")
        for field in optional_too:
            d.say(f"ask_{field}")
        d.new_message()
    d.ask("after_answer", "letter", tries=letters + 1)
    return Went.WAITS
