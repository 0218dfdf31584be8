"""Collecting what is missing: one field at a time with its example, in a letter all at once (E4, E6)."""

from __future__ import annotations

from bot.dialogue import fields, goods
from bot.dialogue.draft import Draft
from bot.dialogue.events import FieldDeclined
from bot.dialogue.steps.walk import Went
from bot.dialogue.talk import Asked
from bot.dialogue.turn import Option
from bot.dialogue.wording import has
from bot.sop.model import Reader
from bot.understanding.heard import Goods

LABEL = 20
"""The longest label of a button."""
LETTERS = 2
"""So many letters may ask for what is missing; then the ticket is made with what is there."""


def enter(d: Draft) -> Went:
    """Done when nothing is missing any more."""
    if d.email:
        return _letter(d)
    following = next(fields.missing(d), None)
    if following is not None:
        _ask(d, *following)
        return Went.WAITS
    d.settle()
    return Went.DONE


def _ask(d: Draft, field: str, optional: bool) -> None:
    asked = d.talk.asked
    failed = asked.tries if asked is not None and asked.what == "field" and asked.field == field else 0
    choices = d.options("none") if optional else ()
    unclear = unclear_goods(d, field)
    if failed >= 2:
        d.ask("stuck", "stuck", field=field, choices=d.options("person", "skip"))
        return
    if failed and not d.explained:
        d.say("again")
    if unclear is not None:
        named = goods.short_names(unclear.among, d.sop, LABEL)
        offered = (*(Option(id_, label) for id_, label in named.items()), d.option("other"))
        values = _which(d, unclear)
        d.ask("ask_which_product", "field", field=field, values=values, choices=offered, tries=failed)
        return
    d.ask(_question(d, field), "field", field=field, choices=choices, tries=failed)
    if optional and d.talk.medium == "sms":
        d.say("or_none")  # an SMS has no button that says so


def _question(d: Draft, field: str) -> str:
    """The phrase that asks for a field: one for this kind of matter where the pack has it."""
    own = f"ask_{field}_{d.matter.kind}"
    return own if has(d.sop, own) else f"ask_{field}"


def unclear_goods(d: Draft, field: str) -> Goods | None:
    """The first goods whose words leave open which product is meant, when `field` is the product."""
    if d.spec(field).reader is not Reader.PRODUCT:
        return None
    return next((line for line in d.matter.goods if goods.unclear(line)), None)


def _which(d: Draft, line: Goods) -> dict[str, str]:
    named = goods.short_names(line.among, d.sop, LABEL)
    return {"goods": goods.name(line, d.sop), "options": ", ".join(named.values())}


def _letter(d: Draft) -> Went:
    asked: Asked | None = d.talk.asked
    letters = asked.tries if asked is not None and asked.what == "letter" else 0
    missing = list(fields.missing(d))
    required = [field for field, optional in missing if not optional]
    if not required or letters >= LETTERS or _only_which(d, required):
        for field in required:
            no = 0 if d.spec(field).identity else d.matter.no
            d.note(FieldDeclined(matter=no, field=field, why="failed"))
        d.settle()
        return Went.DONE
    d.new_message()
    d.say("need_still" if letters else "need_all")
    for field in required:
        unclear = unclear_goods(d, field)
        if unclear is not None:
            d.say("ask_which_product", _which(d, unclear))
        else:
            d.say(_question(d, field))
    d.new_message()
    optional_too = [field for field, optional in missing if optional and letters == 0]
    if optional_too:
        d.say("need_optional")
        for field in optional_too:
            d.say(f"ask_{field}")
        d.new_message()
    d.ask("after_answer", "letter", tries=letters + 1)
    return Went.WAITS


def _only_which(d: Draft, required: list[str]) -> bool:
    """Whether a letter lacks nothing but which size was meant: the delivery's papers tell it too."""
    papers = (Reader.ORDER, Reader.DELIVERY)
    known = any(s.reader in papers and d.matter.values.get(s.id) for s in d.sop.fields.values())
    return known and len(required) == 1 and unclear_goods(d, required[0]) is not None
