"""What an answer does: one function for each thing that can have been asked.

Each returns whether the message moved anything; where it did not, the question is asked again with an
example, then a person is offered, and then the talk goes on without an answer: no form asks for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.dialogue import fields, interrupts
from bot.dialogue.asked_field import ENOUGH, field, letter, meant, stuck
from bot.dialogue.draft import Draft
from bot.dialogue.events import (
    AskedFor,
    Classified,
    Confirmed,
    FieldReopened,
    GoodsHeard,
    MatterOpened,
    PersonCalled,
    StatusLeft,
    Unconfirmed,
    WordsHeard,
)
from bot.dialogue.gain import Gain
from bot.dialogue.matters import WORDS
from bot.dialogue.restating import sentence
from bot.dialogue.steps import listen
from bot.dialogue.steps.walk import go_to
from bot.dialogue.talk import Asked
from bot.dialogue.turn import CallPerson, Option
from bot.sop.model import Does, Reader
from bot.understanding.heard import Act

NODS = frozenset(
    {"ok", "oke", "okay", "okey", "oke kak", "ok kak", "ok sip", "sip", "siap", "baik", "alright", "fine"}
)


def answer(d: Draft, gain: Gain) -> bool:
    """Take the message as an answer to what was asked; False when it was none."""
    asked = d.talk.asked
    if asked is None:
        return True
    moved = ANSWERS[asked.what](d, gain, asked)
    _changed(d, gain)
    return moved


def _changed(d: Draft, gain: Gain) -> None:
    """Say what was corrected; what was confirmed before is not confirmed any more."""
    matter = d.talk.matter
    if gain.corrected and not d.explained:
        named = [f for f in gain.corrected if f in d.sop.fields]
        if named and matter is not None and matter.confirmed:
            spec = d.spec(named[-1])
            new = fields.value(d.talk, matter, spec)
            shown = fields.shown(spec, new, d.sop, d.talk.language)
            d.say("corrected", {"label": spec.label.in_(d.talk.language), "value": shown})
        elif matter is not None and matter.is_open:
            d.say("corrected_it")
            if matter.confirmed or (d.talk.asked is not None and d.talk.asked.what == "summary"):
                d.say(*sentence(d))
        d.explained = True
    if gain.corrected and (matter is None or not matter.is_open) and any(m.number for m in d.talk.matters):
        # the department already has the form: a person puts it right there
        d.say("corrected_late")
        d.want(CallPerson("wanted"))
        d.note(PersonCalled(reason="wanted"))
        d.explained = True
    if matter is not None and matter.is_open and matter.confirmed and "goods" in gain.corrected:
        d.note(Unconfirmed(matter=matter.no, what="summary"))


def _restating(d: Draft, gain: Gain, asked: Asked) -> bool:
    no = d.matter.no
    if gain.no:
        if gain.changed or gain.corrected:
            d.settle()
            return True
        d.ask("what_wrong", "correction")
        return True
    if gain.yes or ((gain.added or gain.agrees) and not gain.changed and not gain.second):
        d.note(Confirmed(matter=no, what="restating"))
        d.settle()
        return True
    if gain.changed or gain.second:
        return True  # a second matter is no yes to the first
    if asked.tries + 1 >= ENOUGH:
        d.note(Confirmed(matter=no, what="restating"))  # the summary will show it again
        d.settle()
        return True
    d.failed(asked)
    return False


def _correction(d: Draft, gain: Gain, asked: Asked) -> bool:
    if not (gain.changed or gain.corrected or gain.added) and not gain.meaningless and gain.text:
        if gain.yes or Act.DONE in gain.acts:
            d.note(Confirmed(matter=d.matter.no, what="restating"))
        else:
            d.note(WordsHeard(matter=d.matter.no, words=gain.text[:WORDS]))
        d.settle()
        return True
    if gain.added:
        d.settle()
        return True
    d.failed(asked)
    if asked.tries + 1 >= ENOUGH:
        d.settle()
    return False


def _summary(d: Draft, gain: Gain, asked: Asked) -> bool:
    matter = d.matter
    if gain.corrected or gain.changed:
        if gain.yes and not gain.corrected:
            d.note(Confirmed(matter=matter.no, what="summary"))
        return True
    if gain.no and Act.DECLINE not in gain.acts:
        known = [f for f, _, _ in fields.needed(d) if fields.value(d.talk, matter, d.spec(f))]
        d.ask("which_wrong", "which", choices=tuple(_choice(d, f) for f in known[:9]))
        return True
    if gain.yes or Act.DONE in gain.acts or Act.THANKS in gain.acts:
        d.note(Confirmed(matter=matter.no, what="summary"))
        d.settle()
        return True
    if gain.agrees:
        d.say("noted")
        d.explained = True
        return True
    if gain.added:
        return True
    if asked.tries + 1 >= ENOUGH:
        d.note(Confirmed(matter=matter.no, what="summary"))
        d.settle()
        d.say("go_on")
        return True
    d.failed(asked)
    return False


def _choice(d: Draft, field: str) -> Option:
    return Option(field, d.spec(field).label.in_(d.talk.language)[:20].strip().capitalize())


def _which(d: Draft, gain: Gain, asked: Asked) -> bool:
    if gain.corrected or gain.changed:
        d.note(AskedFor(what="summary"))
        return True
    field = gain.chosen
    if field in d.sop.fields:
        spec = d.spec(field)
        if spec.reader in (Reader.PRODUCT, Reader.QUANTITY):
            d.note(GoodsHeard(matter=d.matter.no, goods=(), corrected=True))
        no = 0 if spec.identity else d.matter.no
        d.note(FieldReopened(matter=no, field=field))
        d.settle()
        go_to(d, Does.COLLECT)
        return True
    if gain.yes or asked.tries + 1 >= ENOUGH:
        d.settle()
        return True
    d.failed(asked)
    d.ask("which_wrong", "which", choices=asked.choices, tries=asked.tries + 1)
    return True


def _help(d: Draft, gain: Gain, asked: Asked) -> bool:
    matter = d.talk.matter
    if matter is not None and matter.is_open:
        if not gain.added and not gain.meaningless and not matter.words and len(gain.text.split()) > 1:
            d.note(WordsHeard(matter=matter.no, words=gain.text[:WORDS]))
            return True
        if gain.added:
            return True
        d.failed(asked)
        return False
    if gain.added:
        return True
    if {Act.NO, Act.DONE, Act.BYE, Act.DECLINE} & gain.acts and d.talk.matters:
        d.settle()
        go_to(d, Does.CLOSE)
        return True
    if Act.YES in gain.acts:
        return True
    if {Act.GREETING} & gain.acts and not d.talk.uses:
        return True
    d.failed(asked)
    return False


def _group(d: Draft, gain: Gain, asked: Asked) -> bool:
    groups = {c.group for c in d.sop.classes.values()}
    matter = d.talk.matter
    if matter is not None and (matter.class_ or not matter.is_open):
        d.settle()
        return True
    if gain.chosen in groups:
        if matter is not None and not matter.kind:
            d.note(Classified(matter=matter.no, kind="complaint", score=1.0))
        listen.ask_class_of(d, gain.chosen)
        return True
    if gain.chosen in d.sop.kinds:
        if matter is None:
            d.note(MatterOpened(matter=len(d.talk.matters) + 1, kind=gain.chosen))
        d.note(Classified(matter=d.matter.no, kind=gain.chosen, score=1.0))
        d.settle()
        return True
    d.failed(asked)
    return gain.added


def _class(d: Draft, gain: Gain, asked: Asked) -> bool:
    matter = d.talk.matter
    if matter is None or matter.class_ or not matter.is_open:
        d.settle()
        return True
    if gain.chosen in d.sop.classes:
        d.note(Classified(matter=matter.no, kind=matter.kind, class_=gain.chosen, score=1.0))
        d.settle()
        return True
    offered = [c.value for c in asked.choices if c.value in d.sop.classes]
    if len(offered) == 1 and (gain.yes or (gain.tells and gain.changed)):  # who goes on telling agrees
        d.note(Classified(matter=matter.no, kind=matter.kind, class_=offered[0], score=1.0))
        d.settle()
        return True
    if gain.chosen == "other" or Act.NO in gain.acts:
        d.guesses = ()
        d.note(AskedFor(what="group"))
        return True
    d.failed(asked)
    return gain.added


def _more(d: Draft, gain: Gain, asked: Asked) -> bool:
    matter = d.talk.matter
    if matter is not None and matter.is_open:
        d.settle()
        go_to(d, Does.LISTEN)
        return True
    if gain.corrected:
        return True
    thanks = Act.THANKS in gain.acts and Act.QUESTION not in gain.acts
    nod = thanks or gain.text.lower().strip(" .!") in NODS  # "ok" to "anything else?" ends it as well
    if gain.chosen == "yes_more" or (gain.yes and not nod):
        d.settle()
        go_to(d, Does.LISTEN)
        return True
    ends = {Act.NO, Act.DONE, Act.BYE, Act.THANKS, Act.DECLINE}
    if gain.chosen == "no_more" or nod or ends & gain.acts:
        d.settle()
        go_to(d, Does.CLOSE)
        return True
    d.failed(asked)
    if d.email:
        go_to(d, Does.LISTEN)
        d.ask("help_again", "help", tries=1)
        return True
    return False


def _person(d: Draft, gain: Gain, asked: Asked) -> bool:
    if gain.chosen == "person" or gain.yes:
        interrupts.call_person(d)
        return True
    d.settle()
    return True


def _number(d: Draft, gain: Gain, asked: Asked) -> bool:
    return _status(d, gain, asked, "which_number_again")


def _code(d: Draft, gain: Gain, asked: Asked) -> bool:
    return _status(d, gain, asked, "enter_code_again")


def _status(d: Draft, gain: Gain, asked: Asked, again: str) -> bool:
    """Neither the number nor the code that a status question needs: asked for again, then left."""
    if gain.refuses or gain.added or asked.tries + 1 >= ENOUGH:
        d.note(StatusLeft())
        d.settle()
        if not gain.added:
            d.say("status_without")
        return True
    d.ask(again, asked.what, tries=asked.tries + 1)
    return True


def _stay(d: Draft, gain: Gain, asked: Asked) -> bool:
    d.settle()
    return True


ANSWERS: Mapping[str, Callable[[Draft, Gain, Asked], bool]] = {
    "help": _help,
    "group": _group,
    "class": _class,
    "restating": _restating,
    "correction": _correction,
    "field": field,
    "meant": meant,
    "letter": letter,
    "stuck": stuck,
    "summary": _summary,
    "which": _which,
    "more": _more,
    "person": _person,
    "number": _number,
    "code": _code,
    "stay": _stay,
}
