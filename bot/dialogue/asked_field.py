"""What an answer to an asked field does: the value, no value, a wrong one, or something else."""

from __future__ import annotations

from msgspec.structs import replace

from bot.dialogue import fields, goods, interrupts
from bot.dialogue.draft import Draft
from bot.dialogue.events import FieldDeclined, GoodsHeard
from bot.dialogue.gain import Gain
from bot.dialogue.matters import TALE
from bot.dialogue.talk import Asked
from bot.dialogue.turn import Option
from bot.dialogue.values import put
from bot.sop.model import Reader
from bot.understanding.heard import Act, Goods
from bot.understanding.words import FILLERS, INDONESIAN

BARE = 4
"""With fewer words a yes is no story: "ya benar"."""
LONG = 6
"""A longer message that tells something else and has a "tidak ada" in it refuses nothing."""
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
    if spec.reader is Reader.PRODUCT and _which_product(d, gain):
        return True
    wrong = next((slot for slot in gain.problems if slot.field == name), None)
    slip = next((f for f in gain.meant if not fields.value(d.talk, matter, d.spec(f))), "")
    if slip and (slip == name or wrong is None):
        right = gain.meant[slip]
        d.ask("did_you_mean", "meant", field=slip, values={"value": right}, choices=_yes_no(d, right))
        return True
    if wrong is not None:
        if asked.tries + 1 >= ENOUGH:
            d.failed(asked)
            return True
        key = f"problem_{wrong.problem}"
        key = key if key in d.sop.wording["id"] else "problem"
        d.ask(key, "field", field=name, choices=asked.choices, tries=asked.tries + 1)
        return True
    if spec.reader is Reader.PHOTO and gain.yes and not gain.added and not d.talk.uses.get("photo_please"):
        d.ask("photo_please", "field", field=name, choices=asked.choices, tries=asked.tries)
        return True
    nodded = d.talk.uses.get("corrected", 0) + d.talk.uses.get("corrected_it", 0) - d.talk.uses.get("good", 0)
    if gain.yes and not gain.added and not gain.heard and nodded > 0:
        d.say("good")  # a nod to "I have changed that", no answer that failed
        d.explained = True
        return True
    if gain.refuses and spec.reader is not Reader.PHOTO and name not in gain.lacks and _lacks(d, gain, asked):
        d.say("no_matter")
        d.explained = True
        return True
    told = (gain.filled or gain.tells) and len(gain.text.split()) > LONG and not _named(d, gain, name)
    if (gain.refuses and not told) or (spec.reader is Reader.PHOTO and Act.DONE in gain.acts):
        d.note(
            FieldDeclined(matter=no, field=name, why="unknown" if Act.UNKNOWN in gain.acts else "declined")
        )
        d.settle()
        d.say("no_matter")
        return True
    if gain.added and spec.reader is not Reader.TEXT:
        if (gain.filled or gain.aside or gain.changed) and not gain.corrected:
            d.say("noted")
            d.explained = True  # asked again, but not because it was not understood
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


def _named(d: Draft, gain: Gain, name: str) -> bool:
    """Whether the message names the field: "nomor fakturnya sudah tidak ada karena notanya basah"."""
    text = gain.text.lower()
    label = d.spec(name).label.in_(d.talk.language).lower().split()
    return name in gain.lacks or any(word in text for word in label)


def _lacks(d: Draft, gain: Gain, asked: Asked) -> bool:
    """Whether the message says that there is no value for something else than what was asked ("fotonya
    nanti" when asked for the date): noted, and not asked. Said again, it is taken for the answer."""
    open_ = {f for f, _ in fields.missing(d)} & set(gain.lacks)
    for other in sorted(open_):
        no = 0 if d.spec(other).identity else d.matter.no
        d.note(FieldDeclined(matter=no, field=other, why="declined"))
    return bool(open_) or bool(gain.lacks and not asked.tries)


def _which_product(d: Draft, gain: Gain) -> bool:
    """Which of several products is meant: one of those offered, or what was said has to do."""
    at, line = next(((n, g) for n, g in enumerate(d.matter.goods) if goods.unclear(g)), (0, None))
    if line is None:
        return False
    if gain.chosen in line.among:
        told = replace(line, product=gain.chosen, among=())
    elif gain.refuses or gain.chosen == "other":
        told = replace(line, among=())
    else:
        return False
    lines = (*d.matter.goods[:at], told, *d.matter.goods[at + 1 :])
    d.note(GoodsHeard(matter=d.matter.no, goods=lines))
    d.settle()
    d.say("noted" if told.product else "no_matter")
    return True


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
            good = len(words) >= (BARE if Act.YES in gain.acts else 2)
        case Reader.ADDRESS:
            good = len(words) >= 2
        case Reader.NAME:
            named = all(w.replace(".", "").replace("'", "").isalpha() for w in words)
            common = all(w.lower() in INDONESIAN or w.lower() in FILLERS for w in words)  # "minggu lalu"
            good = len(words) <= 3 and named and not gain.tells and not common
        case Reader.PRODUCT:  # which of several was asked: "Linda dari Toko Jaya" is none of them
            good = len(words) <= 8 and not any(map(goods.unclear, d.matter.goods))
        case _:
            good = False
    if Act.QUESTION in gain.acts and reader is not Reader.TEXT:
        return False
    if not good:
        return False
    if reader is Reader.PRODUCT:
        line, *others = d.matter.goods or (Goods(),)
        line = replace(line, product="", text=text, among=())
        d.note(GoodsHeard(matter=d.matter.no, goods=(line, *others)))
    else:
        put(d, gain, asked.field, text[:TALE], text)
    return True


def _yes_no(d: Draft, value: str) -> tuple[Option, ...]:
    return (Option(value, d.word("choice_yes")), d.option("no"))


def meant(d: Draft, gain: Gain, asked: Asked) -> bool:
    """The value that was offered in place of a slip, or another one."""
    offered = asked.choices[0].value if asked.choices else ""
    if gain.chosen == offered or (gain.yes and not gain.filled):
        put(d, gain, asked.field, offered, offered)
        d.settle()
        d.say("noted")
        return True
    if gain.no and not gain.filled:
        d.ask(f"ask_{asked.field}", "field", field=asked.field, tries=1)
        return True
    return field(d, gain, asked)


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
    spec = d.spec(asked.field)
    no = 0 if spec.identity else d.matter.no
    answers = (asked.field, *spec.alternatives)
    matter = d.talk.matter
    if matter is not None and any(fields.value(d.talk, matter, d.spec(each)) for each in answers):
        d.settle()
        d.say("noted")
        return True
    if not field(d, gain, asked) or d.talk.asked is not None:
        d.note(FieldDeclined(matter=no, field=asked.field, why="failed"))
        d.settle()
        d.say("go_on")
    return True
