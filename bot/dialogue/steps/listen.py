"""Listening (E6): empathy first, then what the matter is - with choices where it is not clear."""

from __future__ import annotations

from bot.dialogue import fields
from bot.dialogue.draft import Draft
from bot.dialogue.events import Classified, Empathised
from bot.dialogue.hours import calendar, when
from bot.dialogue.steps.walk import Went, go_to
from bot.dialogue.turn import Option
from bot.dialogue.wording import has
from bot.sop.model import Does

HALF = 0.5
"""The score of a class that was only half understood."""
MOST_CHOICES = 5
ENOUGH = 2
"""After so many failed choices the matter goes on as a general one; the department can put it right."""


def enter(d: Draft) -> Went:
    """Done when kind and class are known; the procedure of that kind goes on from its own listening."""
    matter = d.talk.matter
    if matter is None or not matter.is_open:
        ask_help(d)
        return Went.WAITS
    _take_only_guess(d)
    empathise(d)
    if not matter.kind:
        _ask_group(d)
        if d.asked_now:
            return Went.WAITS
        matter = d.matter
    if _needs_class(d):
        _ask_class(d)
        if d.asked_now:
            return Went.WAITS
    procedure = d.sop.procedure_for(matter.kind).id
    if procedure != d.talk.procedure and not go_to(d, Does.LISTEN, procedure):
        go_to(d, d.sop.procedures[procedure].steps[0].does, procedure)
        return Went.MOVED
    step = d.step()
    return Went.DONE if step.does is Does.LISTEN else Went.MOVED


def _needs_class(d: Draft) -> bool:
    matter = d.matter
    return not matter.class_ and matter.kind == "complaint" and bool(d.sop.classes)


def _take_only_guess(d: Draft) -> None:
    """Of a complaint about known goods the only class that was half understood: the restating, which waits
    for a yes, asks better than a list of one."""
    known = tuple(guess for guess in d.guesses if guess in d.sop.classes)
    if _needs_class(d) and len(known) == 1 and d.matter.goods and not d.email and d.talk.asked is None:
        d.note(Classified(matter=d.matter.no, kind=d.matter.kind, class_=known[0], score=HALF))


def ask_help(d: Draft) -> None:
    """Ask what the matter is; outside working hours with the word when people are back."""
    asked = d.talk.asked
    if asked is not None and asked.what == "help" and asked.tries:
        d.ask("help_again", "help", tries=asked.tries)
    elif any(not m.is_open for m in d.talk.matters):
        d.ask("help_next", "help")
    elif not calendar(d.sop).is_open(d.now) and not _told_closed(d):
        if d.talk.files or d.talk.coming:
            d.say("got_files")
        d.ask("help_closed", "help", values={"when": when(d, calendar(d.sop).next_open(d.now))})
    elif d.talk.files or d.talk.coming:
        d.ask("help_files", "help")
    else:
        d.ask("help", "help")


def _told_closed(d: Draft) -> bool:
    """Whether the customer knows already when people are back."""
    return "help_closed" in d.talk.uses or d.has_said("person_closed")


def empathise(d: Draft) -> None:
    """Name what happened, once for a matter, in a tone that fits (E6)."""
    matter = d.matter
    if matter.empathised or not matter.kind:
        return
    class_ = d.sop.classes.get(matter.class_)
    keys = [f"empathy_{matter.class_}", f"empathy_{class_.group}" if class_ else ""]
    if matter.kind == "complaint" and d.talk.mood in ("angry", "abusive"):
        keys.insert(0, "empathy_angry")
    if matter.kind == "complaint" and not class_ and not matter.words and d.talk.mood == "calm":
        return  # "saya mau komplain": nothing is known yet to be sorry for
    keys += [f"empathy_{matter.kind}"]
    key = next((k for k in keys if k and has(d.sop, k)), "")
    if matter.urgent or d.health:
        key = ""  # said already, in words of their own
    if key:
        d.say(key, {"thing": fields.thing(d)})
    d.note(Empathised(matter=matter.no))


def _ask_group(d: Draft) -> None:
    """Nothing tells what the matter is: an open question first, then the main choices."""
    asked = d.talk.asked
    if (asked is None or asked.what not in ("help", "group")) and not d.matter.words:
        d.ask("tell_me", "help", tries=1)
        return
    if asked is not None and asked.what == "group" and asked.tries >= ENOUGH:
        kind = "complaint" if "complaint" in d.sop.kinds else next(iter(d.sop.kinds))
        d.note(Classified(matter=d.matter.no, kind=kind, class_=_general(d), score=0.0))
        d.settle()
        return
    groups = dict.fromkeys(c.group for c in d.sop.classes.values())
    choices = tuple(d.option(g, f"choice_{g}") for g in groups)
    choices += tuple(d.option(k, f"choice_{k}") for k in d.sop.kinds if has(d.sop, f"choice_{k}"))
    d.ask("which_group", "group", choices=choices[:8])


def _ask_class(d: Draft) -> None:
    """A complaint, but about what: what was half understood as choices, else its story, else the groups."""
    matter, asked = d.matter, d.talk.asked
    helps = d.guesses and asked is not None and asked.what == "group"
    if asked is not None and asked.what in ("group", "class") and asked.tries >= ENOUGH and not helps:
        d.note(Classified(matter=matter.no, kind=matter.kind, class_=_general(d), score=0.0))
        d.settle()
        return  # two tries are enough; the department can put it right
    if d.guesses:
        choices = tuple(
            Option(g, d.sop.classes[g].button.in_(d.talk.language)) for g in d.guesses if g in d.sop.classes
        )
        d.ask("which_class", "class", choices=(*choices, d.option("other")))
    elif asked is not None and asked.what == "class" and asked.choices:
        d.ask("which_class", "class", choices=asked.choices)
    elif not matter.words and not matter.goods and (asked is None or asked.what not in ("help", "group")):
        d.ask("tell_me", "help", tries=1)
    else:
        _groups(d)


def _groups(d: Draft) -> None:
    groups = dict.fromkeys(c.group for c in d.sop.classes.values())
    d.ask("which_group", "group", choices=tuple(d.option(g, f"choice_{g}") for g in groups))


def ask_class_of(d: Draft, group: str) -> None:
    """The classes of one group as choices."""
    choices = tuple(
        Option(c.id, c.button.in_(d.talk.language)) for c in d.sop.classes.values() if c.group == group
    )
    d.ask("which_class", "class", choices=choices[:MOST_CHOICES])


def _general(d: Draft) -> str:
    service = [c.id for c in d.sop.classes.values() if c.group == "service"]
    return next((c for c in service if c.endswith("general")), service[-1] if service else "")
