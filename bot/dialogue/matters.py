"""Which matter a message is about: a first one, a correction, a second one, how urgent it is (K3)."""

from __future__ import annotations

import re

from bot.dialogue import events as e
from bot.dialogue import goods
from bot.dialogue.draft import Draft
from bot.dialogue.gain import CLEARLY, Gain, answers_text, is_correction, is_empty
from bot.dialogue.talk import Matter
from bot.sop.model import Reader
from bot.understanding.heard import SURE, Act, Guess, Heard, Urgent

STORY = 6
"""From this many words on a message that brings a matter tells the story too: `detail` is not asked again."""
ASKED = 3
"""The same for a question, a suggestion, a criticism with key words: "mau tanya harga beras"."""
TOLD = 3
"""So many words are something that was told, whatever it is: "toko saya kebanjiran"."""
CHOICE = 3
"""So many words are a choice and nothing else."""
WORDS = 160
"""Characters of a message that stand as key words where none were picked out."""
_TICKET = re.compile(
    r"tiket|ticket|keluhan|komplain|complain|laporan|aduan|klaim|claim|case|report|refund|\bsp-"
)
_BESIDE = frozenset({Act.ROBOT, Act.PERSON, Act.LANGUAGE, Act.REPEAT, Act.DECLINE, Act.UNKNOWN})
"""Acts that look like questions and are none about a matter."""
_ANSWERS = frozenset({Act.YES, Act.NO, Act.DONE, Act.THANKS, Act.BYE, Act.DECLINE, Act.UNKNOWN})
"""An answer to what was asked brings no new matter unless it says what about."""
TALE = 2000
"""So many characters of a story are kept as a field; the whole text stays in the record."""


def _complaint(d: Draft) -> str:
    return "complaint" if "complaint" in d.sop.kinds else next(iter(d.sop.kinds))


def _sure(guesses: tuple[Guess, ...], known: object) -> Guess | None:
    best = next((g for g in guesses if g.id in known), None)  # type: ignore[operator]
    return best if best is not None and best.score >= SURE else None


def hear_matter(d: Draft, gain: Gain, heard: Heard) -> None:
    """Kind, class, urgency and key words."""
    if heard.chosen and len(heard.text.split()) <= CHOICE and not heard.urgent:
        return  # the words on a button are ours, and tell nothing of the matter
    if heard.classes or heard.kinds or heard.urgent:
        _hear_kind(d, gain, heard)
    if d.talk.matter is None and _tells_something(heard):
        # nothing known fits: the words are kept, and choices ask what it is about
        open_matter(d, gain, heard, "", "", None)
        d.note(e.WordsHeard(matter=d.matter.no, words=heard.text[:WORDS]))
    _words(d, gain, heard)


def _hear_kind(d: Draft, gain: Gain, heard: Heard) -> None:
    """A first matter, a second one, or what the one in hand turns out to be; and how urgent it is."""
    class_ = _sure(heard.classes, d.sop.classes)
    kind = _sure(heard.kinds, d.sop.kinds)
    if kind is not None and kind.id == "question" and not class_:
        # "mau tanya sama komplain": the complaint is the matter, the question is answered beside it
        kind = next((g for g in heard.kinds if g.id == "complaint" and g.score >= SURE), kind)
    health = any(g.id == Urgent.HEALTH and g.score >= SURE for g in heard.urgent)
    if health:
        harmful = next((c.id for c in d.sop.classes.values() if c.urgent), class_.id if class_ else "")
        evidence = next(g.evidence for g in heard.urgent if g.id == Urgent.HEALTH)
        class_ = Guess(harmful, 1.0, evidence) if harmful else class_
    kind_id = _complaint(d) if class_ and (not kind or kind.id == "question") else kind.id if kind else ""
    # an answer from the FAQ needs no matter when something else is in hand
    faq_only = bool(heard.faq and heard.faq[0].score >= SURE) and not class_ and kind_id in ("", "question")
    current = d.talk.matter
    in_hand = current is not None and current.is_open
    beside = kind_id == "question" and bool(heard.sure & _BESIDE)
    answers = bool(heard.sure & _ANSWERS) and d.talk.asked is not None
    puts_right = heard.does(Act.CORRECTION) and heard.slots and not in_hand and not class_
    empty_question = kind_id == "question" and not (heard.faq or heard.keywords or heard.goods)
    beside = (
        beside
        or (empty_question and len(heard.text.split()) < STORY)
        or is_empty(heard)
        or bool(puts_right)
        or bool(heard.tickets and not class_)
        or (answers and not class_ and not heard.goods and not heard.keywords)
    )
    if class_ and not health and _puts_value_right(d, gain, heard):
        class_, kind_id = None, ""  # "nomor faktur salah, yang benar INV-..." is no complaint about billing
    # "yang 600 ml. Kapan diganti?" after the ticket: an answer and a question, no matter of its own
    late = d.talk.late
    adds = late is not None and any(goods.narrows(late.goods, line) for line in heard.goods)
    if kind_id and not (faq_only and (in_hand or adds)) and not beside and not _about_ticket(heard, class_):
        guess = class_ or kind or Guess(kind_id, SURE)
        if not in_hand:
            open_matter(d, gain, heard, kind_id, class_.id if class_ else "", guess)
        else:
            _settle_class(d, gain, heard, kind_id, class_.id if class_ else "", guess)
        _also(d, gain, heard, class_)
    for urgent in heard.urgent:
        if urgent.score < SURE:
            continue
        if d.talk.matter is None or not d.talk.matter.is_open:
            open_matter(d, gain, heard, _complaint(d), "", urgent)
        if urgent.id not in d.matter.urgent:
            d.note(e.UrgencyHeard(matter=d.talk.current, urgent=urgent.id, evidence=urgent.evidence))
            gain.urgent.append(urgent.id)
            gain.added = True


def _about_ticket(heard: Heard, class_: Guess | None) -> bool:
    """Whether "how far is it" asks for a ticket, and not for an order that is late."""
    return heard.does(Act.STATUS) and not (class_ and not _TICKET.search(heard.text.lower()))


def _tells_something(heard: Heard) -> bool:
    """Whether a message of which no kind was understood says something all the same."""
    plain = not heard.acts and not heard.chosen and not heard.tickets
    plain = plain and not any(guess.score >= SURE for guess in heard.faq)
    return plain and not is_empty(heard) and not heard.slots and len(heard.text.split()) >= TOLD


def _puts_value_right(d: Draft, gain: Gain, heard: Heard) -> bool:
    """Whether the message corrects a value that is known already, and names no goods."""
    matter = d.talk.late or d.talk.matter
    if matter is None or heard.goods or not matter.class_ or not is_correction(d, gain, heard):
        return False
    known = {**d.talk.identity, **matter.values}
    return any(slot.field in known and slot.value != known[slot.field] for slot in heard.slots)


def open_matter(d: Draft, gain: Gain, heard: Heard, kind: str, class_: str, guess: Guess | None) -> None:
    """Open a matter and take it in hand."""
    no = len(d.talk.matters) + 1
    d.note(e.MatterOpened(matter=no, kind=kind, class_=class_))
    if guess is not None and kind:
        d.note(e.Classified(matter=no, kind=kind, class_=class_, score=guess.score, evidence=guess.evidence))
    gain.added = gain.changed = True


def _settle_class(d: Draft, gain: Gain, heard: Heard, kind: str, class_: str, guess: Guess) -> None:
    """The matter in hand meets another kind or class: a first one, a correction, or a second matter."""
    matter = d.matter
    correction = is_correction(d, gain, heard)
    better = class_ and class_ != matter.class_
    if matter.kind == "question" and kind != "question" and not matter.confirmed:
        correction = True  # what sounded like a question is a complaint
    if class_ and d.sop.classes[class_].urgent and better:
        correction = True  # harm to health is never "another matter"
    if better and _refines(d, matter):
        correction = gain.refined = True
    if heard.does(Act.ANOTHER) and matter.class_:
        correction = False
    if (better and (not matter.class_ or correction)) or (kind and not matter.kind):
        d.note(
            e.Classified(
                matter=matter.no,
                kind=kind or matter.kind,
                class_=class_ or matter.class_,
                score=guess.score,
                evidence=guess.evidence,
            )
        )
        gain.added = gain.changed = True
    elif (
        better
        and (group_of(d, class_) != group_of(d, matter.class_) or _another(d, heard))
        and guess.score >= CLEARLY
        and not answers_text(d)
        and not _urgent_class(d, matter.class_)
    ):
        _put_aside(d, gain, heard, kind, class_, guess)
        if not any(g.id == matter.class_ and g.score >= SURE for g in heard.classes):
            gain.about = next(
                (m.no for m in d.talk.matters if m.state == "waiting" and m.class_ == class_), 0
            )
    elif not class_ and kind != matter.kind and not matter.class_ and correction:
        d.note(e.Classified(matter=matter.no, kind=kind, score=guess.score, evidence=guess.evidence))
        gain.added = gain.changed = True


def _refines(d: Draft, matter: Matter) -> bool:
    """Whether more words make clear what was vague until now: asked whether "barangnya tidak sesuai" is
    right, the customer tells that other goods came than those ordered."""
    asked = d.talk.asked.what if d.talk.asked else ""
    return asked in ("restating", "class", "group") and not matter.confirmed and not matter.goods


def _another(d: Draft, heard: Heard) -> bool:
    """Whether the message brings something else: it says so, or it is about other goods after a yes."""
    if heard.does(Act.ANOTHER):
        return True
    named = [g for g in heard.goods if goods.named(g)]
    known = [g for g in d.matter.goods if goods.named(g)]
    same = any(goods.same(one, other) for one in named for other in known)
    return d.matter.confirmed and bool(named) and bool(known) and not same


def group_of(d: Draft, class_: str) -> str:
    """The group of a class, "" for none."""
    return d.sop.classes[class_].group if class_ else ""


def _urgent_class(d: Draft, class_: str) -> bool:
    return bool(class_) and d.sop.classes[class_].urgent


def _put_aside(d: Draft, gain: Gain, heard: Heard, kind: str, class_: str, guess: Guess) -> None:
    """A second matter waits for its turn, unless it already does."""
    if any(m.class_ == class_ and m.is_open for m in d.talk.matters):
        return
    no = len(d.talk.matters) + 1
    d.note(e.MatterOpened(matter=no, kind=kind, class_=class_, waiting=True))
    d.note(e.Classified(matter=no, kind=kind, class_=class_, score=guess.score, evidence=guess.evidence))
    gain.second.append(no)
    gain.added = True


def _also(d: Draft, gain: Gain, heard: Heard, first: Guess | None) -> None:
    """A second class in the same message, on other words than the first: a second matter (two in one)."""
    if first is None or answers_text(d) or _urgent_class(d, first.id):
        return
    for other in heard.classes:
        if other.id == first.id or other.id not in d.sop.classes or other.score < CLEARLY:
            continue
        same_group = d.sop.classes[other.id].group == d.sop.classes[first.id].group
        if same_group or not other.evidence or _overlap(first, other):
            continue
        _put_aside(d, gain, heard, _complaint(d), other.id, other)
        return


def _overlap(one: Guess, other: Guess) -> bool:
    return any(a.start < b.end and b.start < a.end for a in one.evidence for b in other.evidence)


def _words(d: Draft, gain: Gain, heard: Heard) -> None:
    """The customer's key words, and the story when the message tells one."""
    matter = d.talk.matters[gain.about - 1] if gain.about else d.talk.matter
    if matter is None or not matter.is_open:
        return
    known = any(guess.score >= SURE for guess in heard.classes)
    if (
        heard.keywords
        and (known or " " in heard.keywords)  # "pelayanan" alone is a heading, no story
        and heard.keywords != matter.words
        and (not matter.words or gain.refined or (is_correction(d, gain, heard) and not _values(d, heard)))
    ):
        d.note(e.WordsHeard(matter=matter.no, words=heard.keywords))
        gain.reworded = True
        restated = d.talk.asked is not None and d.talk.asked.what == "restating"
        gain.changed = gain.changed or ((bool(matter.words) or restated) and not gain.about)
    elif heard.keywords and _goes_on(d, matter, heard):
        told = f"{matter.words}, {heard.keywords}"
        d.note(e.WordsHeard(matter=matter.no, words=told[:WORDS]))
        gain.agrees = True
        _tell_more(d, matter, heard.text)
        return
    tells = heard.kinds or heard.classes or heard.urgent
    enough = STORY
    if matter.kind in ("question", "suggestion", "criticism"):
        enough = (
            ASKED
            if heard.keywords or heard.goods or "?" in heard.text
            else STORY - (matter.kind == "question")
        )
    if tells:
        _story(d, matter, heard.text, enough)


def _goes_on(d: Draft, matter: Matter, heard: Heard) -> bool:
    """Whether the message tells more of what was just restated: "barang saya mana" - "sudah 3 hari"."""
    asked = d.talk.asked
    same = any(guess.id == matter.class_ and guess.score >= SURE for guess in heard.classes)
    fresh = heard.keywords not in matter.words and matter.words not in heard.keywords
    answers = heard.does(Act.NO) or heard.does(Act.CORRECTION) or heard.does(Act.YES)
    return asked is not None and asked.what in ("restating", "summary") and same and fresh and not answers


def _tell_more(d: Draft, matter: Matter, text: str) -> None:
    """The story goes on: what was told before and this are one."""
    for spec in d.sop.fields.values():
        if spec.reader is Reader.TEXT and (before := matter.values.get(spec.id)):
            whole = f"{before}\n{text}"[:TALE]
            d.note(e.FieldFilled(matter=matter.no, field=spec.id, value=whole, text="", was=before))
            return
    _story(d, matter, f"{matter.words}. {text}", STORY + 2)


def _story(d: Draft, matter: Matter, text: str, enough: int) -> None:
    """What tells the story is not asked again."""
    if len(text.split()) < enough:
        return
    for spec in d.sop.fields.values():
        if spec.reader is Reader.TEXT and spec.id not in matter.values:
            d.note(e.FieldFilled(matter=matter.no, field=spec.id, value=text[:TALE], text=""))


def _values(d: Draft, heard: Heard) -> bool:
    """Whether the message gives the value of a field, besides goods and their counts."""
    goods_fields = (Reader.PRODUCT, Reader.QUANTITY)
    return any(s.field in d.sop.fields and d.spec(s.field).reader not in goods_fields for s in heard.slots)
