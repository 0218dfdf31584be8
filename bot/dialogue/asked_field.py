"""What an answer to an asked field does: the value, no value, a wrong one, or something else."""

from __future__ import annotations

from bot.dialogue import fields, interrupts
from bot.dialogue.draft import Draft
from bot.dialogue.events import FieldDeclined, GoodsHeard
from bot.dialogue.gain import Gain
from bot.dialogue.matters import TALE
from bot.dialogue.talk import Asked
from bot.dialogue.values import put
from bot.sop.model import Reader
from bot.understanding.heard import Act, Goods

ENOUGH = 2
"""After so many failed answers the talk goes on without one."""


def field(d: Draft, gain: Gain, asked: Asked) -> bool:
    """A value settles it, a refusal too; what is wrong is asked again, kindly."""
    name = asked.field
    if d.talk.matter is None or not d.talk.matter.is_open or name not in d.sop.fields:
        d.settle()
        return True
    spec = d.spec(name)
    matter = d.matter
    no = 0 if spec.identity else matter.no
    if fields.value(d.talk, matter, spec) or name in gain.filled:
        d.settle()
        if asked.what == "field" and not gain.corrected:
            d.say("noted")
        return True
    wrong = next((slot for slot in gain.problems if slot.field == name), None)
    if wrong is not None:
        if asked.tries + 1 >= ENOUGH:
            d.failed(asked)
            return True
        key = f"problem_{wrong.problem}"
        key = key if key in d.sop.wording["id"] else "problem"
        d.ask(key, "field", field=name, choices=asked.choices, tries=asked.tries + 1)
        return True
    if gain.refuses or (spec.reader is Reader.PHOTO and Act.DONE in gain.acts):
        d.note(
            FieldDeclined(matter=no, field=name, why="unknown" if Act.UNKNOWN in gain.acts else "declined")
        )
        d.settle()
        d.say("no_matter")
        return True
    if gain.added and spec.reader is not Reader.TEXT:
        return True
    elsewhere = bool(gain.heard - {name}) and spec.reader is not Reader.TEXT
    if d.talk.mood != "abusive" and not elsewhere and _free(d, gain, spec.reader):
        d.settle()
        d.say("noted")
        return True
    if gain.added:
        return True
    d.failed(asked)
    return False


def _free(d: Draft, gain: Gain, reader: Reader) -> bool:
    """Free words as the answer to what takes them: a story, an address, a name, goods nobody listed."""
    asked, text = d.talk.asked, gain.text.strip()
    if asked is None or gain.meaningless or not text or gain.acts - {Act.YES, Act.GREETING, Act.QUESTION}:
        return False
    if Act.YES in gain.acts and reader is not Reader.TEXT:
        return False
    words = text.split()
    match reader:
        case Reader.TEXT:
            good = len(words) >= 2
        case Reader.ADDRESS:
            good = len(words) >= 2
        case Reader.NAME:
            good = len(words) <= 4 and all(w.replace(".", "").replace("'", "").isalpha() for w in words)
        case Reader.PRODUCT:
            good = len(words) <= 8
        case _:
            good = False
    if Act.QUESTION in gain.acts and reader is not Reader.TEXT:
        return False
    if not good:
        return False
    if reader is Reader.PRODUCT:
        line = Goods(text=text)
        d.note(
            GoodsHeard(matter=d.matter.no, goods=(line, *d.matter.goods[1:]) if d.matter.goods else (line,))
        )
    else:
        put(d, gain, asked.field, text[:TALE], text)
    return True


def letter(d: Draft, gain: Gain, asked: Asked) -> bool:
    """An answer to a letter: what it says was taken already; a refusal counts for all that is missing."""
    if not gain.added:
        for field, optional in fields.missing(d):
            if not optional and {Act.UNKNOWN, Act.DECLINE} & gain.acts:
                no = 0 if d.spec(field).identity else d.matter.no
                d.note(FieldDeclined(matter=no, field=field, why="declined"))
    return True


def stuck(d: Draft, gain: Gain, asked: Asked) -> bool:
    """A person, or on without it; a value after all is welcome."""
    if gain.chosen == "person" or (gain.yes and gain.chosen != "skip"):
        interrupts.call_person(d)
        return True
    no = 0 if d.spec(asked.field).identity else d.matter.no
    if not field(d, gain, asked) or d.talk.asked is not None:
        d.note(FieldDeclined(matter=no, field=asked.field, why="failed"))
        d.settle()
        d.say("go_on")
    return True
