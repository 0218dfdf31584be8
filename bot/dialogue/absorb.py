"""What a message adds to what is known: facts are taken wherever they are said, so nothing is asked twice."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.dialogue import events as e
from bot.dialogue import goods as lines
from bot.dialogue.draft import Draft
from bot.dialogue.talk import Matter
from bot.dialogue.turn import Said
from bot.sop.model import Reader
from bot.understanding.heard import SURE, Act, Goods, Guess, Heard, Mood, Slot, Urgent

STORY = 6
"""From this many words on a message that brings a matter tells the story too: `detail` is not asked again."""
SWITCH = 4
"""A message must have more words than this to change the language of a conversation by itself."""
CLEARLY = 0.7
"""A second class counts as a second matter from this score on."""
_BESIDE = frozenset({Act.ROBOT, Act.PERSON, Act.LANGUAGE, Act.REPEAT, Act.DECLINE, Act.UNKNOWN})
"""Acts that look like questions and are none about a matter."""
_ANSWERS = frozenset({Act.YES, Act.NO, Act.DONE, Act.THANKS, Act.BYE, Act.DECLINE, Act.UNKNOWN})
"""An answer to what was asked brings no new matter unless it says what about."""
TALE = 2000
"""So many characters of a story are kept as a field; the whole text stays in the record."""


@dataclass
class Gain:
    """What one message or burst added, for the rules that answer it.

    `corrected` are the fields whose value was replaced; `problems` values that cannot be right; `acts` all
    acts and `heard` all fields heard; `added` whether anything at all was learnt; `changed` whether what is
    restated changed; `second` the numbers of matters that were put aside for later; `urgent` what was newly
    heard as urgent.
    """

    acts: set[Act] = field(default_factory=set)
    corrected: list[str] = field(default_factory=list)
    problems: list[Slot] = field(default_factory=list)
    added: bool = False
    changed: bool = False
    filled: list[str] = field(default_factory=list)
    second: list[int] = field(default_factory=list)
    urgent: list[str] = field(default_factory=list)
    files: bool = False
    voice: bool = False
    faq: str = ""
    faq_guesses: tuple[str, ...] = ()
    chosen: str = ""
    heard: set[str] = field(default_factory=set)
    tickets: tuple[str, ...] = ()
    code: str = ""
    salam: str = ""
    language: str = ""
    guesses: tuple[Guess, ...] = ()
    meaningless: bool = True
    text: str = ""


def absorb(d: Draft, said: Said) -> Gain:
    """Take in everything a burst says, message by message, and note it."""
    gain = Gain()
    for heard in said.heard:
        _acts(gain, heard)
        _person(d, gain, heard)
        _matter(d, gain, heard)
        _slots(d, gain, heard)
        _goods(d, gain, heard)
        gain.text = f"{gain.text} {heard.text}".strip()
    gain.meaningless = all(_empty(h) for h in said.heard)
    _files(d, gain, said)
    _adopt_files(d)
    return gain


def _empty(heard: Heard) -> bool:
    return not heard.chosen and (heard.meaningless or not any(c.isalnum() for c in heard.text))


def _acts(gain: Gain, heard: Heard) -> None:
    gain.acts |= {a.act for a in heard.acts if a.score >= SURE}
    gain.chosen = heard.chosen or gain.chosen
    gain.tickets = gain.tickets + heard.tickets
    gain.code = heard.code or gain.code
    gain.salam = heard.salam or gain.salam
    # "nomor hp saya 0812..." looks like "nomor hp kantor berapa": a fact or an answer is no question
    facts = bool(heard.slots or heard.goods) or any(g.score >= SURE for g in heard.classes)
    facts = facts or bool(heard.kinds and heard.kinds[0].id == "complaint" and heard.kinds[0].score >= SURE)
    answers = {Act.YES, Act.NO, Act.DECLINE, Act.UNKNOWN, Act.CORRECTION} & gain.acts
    doubtful = (facts or answers) and "?" not in heard.text
    if heard.faq and heard.faq[0].score >= (0.9 if doubtful else CLEARLY) and not (facts and doubtful):
        gain.faq = heard.faq[0].id
    gain.faq_guesses = tuple(g.id for g in heard.faq[:3]) or gain.faq_guesses
    gain.guesses = heard.classes[:3] or gain.guesses


def _person(d: Draft, gain: Gain, heard: Heard) -> None:
    """Language, honorific and mood."""
    languages = d.sop.about.languages
    if heard.wants_language and heard.wants_language in languages:
        gain.language = heard.wants_language
        if heard.wants_language != d.talk.language or not d.talk.language_wished:
            d.note(e.LanguageChanged(language=heard.wants_language, wished=True))
    elif heard.language in languages and heard.language != d.talk.language and not d.talk.language_wished:
        first = not d.talk.uses
        if heard.language and (first or len(heard.text.split()) > SWITCH):
            d.note(e.LanguageChanged(language=heard.language))
    if heard.honorific and heard.honorific != d.talk.honorific:
        d.note(e.HonorificLearned(honorific=heard.honorific))
    if heard.mood != d.talk.mood:
        d.note(e.MoodHeard(mood=str(heard.mood)))


def _is_correction(d: Draft, gain: Gain, heard: Heard) -> bool:
    asked = d.talk.asked.what if d.talk.asked else ""
    says_so = heard.does(Act.CORRECTION) or (heard.does(Act.NO) and asked in ("restating", "summary"))
    return says_so or asked in ("correction", "which")


# ------------------------------------------------------------------------------------------ the matter


def _complaint(d: Draft) -> str:
    return "complaint" if "complaint" in d.sop.kinds else next(iter(d.sop.kinds))


def _sure(guesses: tuple[Guess, ...], known: object) -> Guess | None:
    best = next((g for g in guesses if g.id in known), None)  # type: ignore[operator]
    return best if best is not None and best.score >= SURE else None


def _answers_text(d: Draft) -> bool:
    """Whether a free text was asked for: its words describe the matter in hand, they are not a new one."""
    asked = d.talk.asked
    if asked is None or asked.what not in ("field", "stuck") or asked.field not in d.sop.fields:
        return False
    return d.spec(asked.field).reader in (Reader.TEXT, Reader.ADDRESS, Reader.NAME)


def _matter(d: Draft, gain: Gain, heard: Heard) -> None:
    """Kind, class, urgency and key words."""
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
    beside = kind_id == "question" and bool({a.act for a in heard.acts if a.score >= SURE} & _BESIDE)
    answers = bool({a.act for a in heard.acts if a.score >= SURE} & _ANSWERS) and d.talk.asked is not None
    puts_right = heard.does(Act.CORRECTION) and heard.slots and not in_hand and not class_
    empty_question = kind_id == "question" and not (heard.faq or heard.keywords or heard.goods)
    beside = (
        beside
        or (empty_question and len(heard.text.split()) < STORY)
        or _empty(heard)
        or bool(puts_right)
        or (answers and not class_ and not heard.goods and not heard.keywords)
    )
    if kind_id and not (faq_only and in_hand) and not beside and not heard.does(Act.STATUS):
        guess = class_ or kind or Guess(kind_id, SURE)
        if not in_hand:
            _open(d, gain, heard, kind_id, class_.id if class_ else "", guess)
        else:
            _settle_class(d, gain, heard, kind_id, class_.id if class_ else "", guess)
        _also(d, gain, heard, class_)
    for urgent in heard.urgent:
        if urgent.score < SURE:
            continue
        if d.talk.matter is None or not d.talk.matter.is_open:
            _open(d, gain, heard, _complaint(d), "", urgent)
        if urgent.id not in d.matter.urgent:
            d.note(e.UrgencyHeard(matter=d.talk.current, urgent=urgent.id, evidence=urgent.evidence))
            gain.urgent.append(urgent.id)
            gain.added = True
    _words(d, gain, heard)


def _open(d: Draft, gain: Gain, heard: Heard, kind: str, class_: str, guess: Guess | None) -> None:
    """Open a matter and take it in hand."""
    no = len(d.talk.matters) + 1
    d.note(e.MatterOpened(matter=no, kind=kind, class_=class_))
    if guess is not None and kind:
        d.note(e.Classified(matter=no, kind=kind, class_=class_, score=guess.score, evidence=guess.evidence))
    gain.added = gain.changed = True


def _settle_class(d: Draft, gain: Gain, heard: Heard, kind: str, class_: str, guess: Guess) -> None:
    """The matter in hand meets another kind or class: a first one, a correction, or a second matter."""
    matter = d.matter
    correction = _is_correction(d, gain, heard)
    better = class_ and class_ != matter.class_
    if matter.kind == "question" and kind != "question" and not matter.confirmed:
        correction = True  # what sounded like a question is a complaint
    if class_ and d.sop.classes[class_].urgent and better:
        correction = True  # harm to health is never "another matter"
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
        and _group(d, class_) != _group(d, matter.class_)
        and guess.score >= CLEARLY
        and not _answers_text(d)
        and not _urgent_class(d, matter.class_)
    ):
        _put_aside(d, gain, heard, kind, class_, guess)
    elif not class_ and kind != matter.kind and not matter.class_ and correction:
        d.note(e.Classified(matter=matter.no, kind=kind, score=guess.score, evidence=guess.evidence))
        gain.added = gain.changed = True


def _group(d: Draft, class_: str) -> str:
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
    if first is None or _answers_text(d) or _urgent_class(d, first.id):
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
    matter = d.talk.matter
    if matter is None or not matter.is_open:
        return
    anew = not matter.words or (_is_correction(d, gain, heard) and not heard.slots)
    if heard.keywords and heard.keywords != matter.words and anew:
        d.note(e.WordsHeard(matter=matter.no, words=heard.keywords))
        gain.changed = gain.changed or bool(matter.words)
    tells = heard.kinds or heard.classes or heard.urgent
    if tells and len(heard.text.split()) >= STORY:
        for spec in d.sop.fields.values():
            if spec.reader is Reader.TEXT and spec.id not in d.matter.values:
                d.note(e.FieldFilled(matter=matter.no, field=spec.id, value=heard.text[:TALE], text=""))


# ------------------------------------------------------------------------------------------ the fields


def _slots(d: Draft, gain: Gain, heard: Heard) -> None:
    asked = d.talk.asked.field if d.talk.asked else ""
    correction = _is_correction(d, gain, heard)
    chosen: dict[str, Slot] = {}
    for slot in heard.slots:
        if slot.field not in d.sop.fields:
            continue
        if slot.score < SURE and slot.field != asked:
            continue
        if slot.field == asked and _says_none(d, heard, slot):
            continue
        if slot.field in chosen and not (correction and slot.value != _known(d, slot.field)):
            continue
        chosen[slot.field] = slot
    gain.heard |= chosen.keys()
    for slot in chosen.values():
        reader = d.spec(slot.field).reader
        if slot.problem:
            if slot.field == asked or not _known(d, slot.field):
                gain.problems.append(slot)
        elif reader in (Reader.PRODUCT, Reader.QUANTITY):
            if not heard.goods:
                _goods_slot(d, gain, slot, reader)
        elif reader is Reader.TEXT and slot.field != asked:
            continue
        elif reader is not Reader.PHOTO:
            put(d, gain, slot.field, slot.value, slot.text)


def _says_none(d: Draft, heard: Heard, slot: Slot) -> bool:
    """Whether a free answer is really a yes or the word that there is none ("tidak usah" is no address)."""
    reader = d.spec(slot.field).reader
    if reader is Reader.NAME and (heard.mood is Mood.ABUSIVE or _is_fact(heard, slot)):
        return True
    if len(heard.text.split()) > SWITCH or reader not in (Reader.NAME, Reader.ADDRESS, Reader.TEXT):
        return False
    none = heard.does(Act.DECLINE) or heard.does(Act.UNKNOWN)
    return none or (heard.does(Act.YES) and slot.value.lower() == heard.text.lower().strip(" .!"))


def _is_fact(heard: Heard, slot: Slot) -> bool:
    """Whether the same words are something else: "hari ini" is a date and no name."""
    return any(other.field != slot.field and other.text and other.text == slot.text for other in heard.slots)


def _known(d: Draft, field_: str) -> str:
    if d.spec(field_).identity:
        return d.talk.identity.get(field_, "")
    return d.talk.matter.values.get(field_, "") if d.talk.matter else ""


def put(d: Draft, gain: Gain, field_: str, value: str, text: str = "") -> None:
    """Fill a field with a value; a different one replaces it and counts as corrected."""
    was = _known(d, field_)
    if was == value or not value:
        return
    identity = d.spec(field_).identity
    if not identity and (d.talk.matter is None or not d.talk.matter.is_open):
        _open(d, gain, Heard(text=""), "", "", None)
    no = 0 if identity else d.talk.current
    d.note(e.FieldFilled(matter=no, field=field_, value=value, text=text, was=was))
    gain.filled.append(field_)
    if was and field_ not in gain.corrected:
        gain.corrected.append(field_)
    gain.added = True


def _goods_slot(d: Draft, gain: Gain, slot: Slot, reader: Reader) -> None:
    """A product or a quantity that came as a bare slot."""
    if reader is Reader.PRODUCT:
        line = Goods(product=slot.value if slot.value in d.sop.products else "", text=slot.text or slot.value)
    else:
        quantity = lines.parse(slot.value)
        if quantity is None:
            return
        line = Goods(affected=quantity)
    _put_goods(d, gain, (line,), correction=False)


def _goods(d: Draft, gain: Gain, heard: Heard) -> None:
    if _answers_text(d) and d.talk.asked and d.spec(d.talk.asked.field).identity:
        return  # "Jl. Melati" is an address, no tea
    places = " ".join(
        s.text for s in heard.slots if s.field in d.sop.fields and d.spec(s.field).identity
    ).lower()
    said = tuple(g for g in heard.goods if not g.text or g.text.lower() not in places)
    if d.talk.matter is not None and d.talk.matter.kind in ("question", "criticism", "suggestion"):
        said = tuple(g for g in said if g.product)
    if said:
        _put_goods(d, gain, said, correction=_is_correction(d, gain, heard))


def _whose(d: Draft, gain: Gain) -> Matter:
    """The matter the goods belong to: of two in one message the one about goods, not about service."""
    matter = d.matter
    for no in gain.second:
        other = d.talk.matters[no - 1]
        if _group(d, matter.class_) == "service" != _group(d, other.class_):
            return other
    return matter


def _put_goods(d: Draft, gain: Gain, new: tuple[Goods, ...], *, correction: bool) -> None:
    if d.talk.matter is None or not d.talk.matter.is_open:
        _open(d, gain, Heard(text=""), "", "", None)
    matter = _whose(d, gain)
    asked = d.talk.asked.field if d.talk.asked else ""
    reader = d.spec(asked).reader if asked in d.sop.fields else None
    answers = reader if reader in (Reader.PRODUCT, Reader.QUANTITY) else None
    merged = lines.merge(matter.goods, new, correction=correction, answers=answers)
    if merged != matter.goods:
        d.note(e.GoodsHeard(matter=matter.no, goods=merged, corrected=bool(matter.goods) and correction))
        gain.added = gain.changed = True
        if correction and matter.goods:
            gain.corrected.append("goods")


# ------------------------------------------------------------------------------------------- the files


def _files(d: Draft, gain: Gain, said: Said) -> None:
    if not said.files:
        return
    matter = d.talk.matter
    no = matter.no if matter is not None and matter.is_open else 0
    d.note(e.FilesAdded(matter=no, files=said.files))
    gain.files = gain.added = True
    gain.voice = any(file.media_type.startswith("audio/") for file in said.files)


def _adopt_files(d: Draft) -> None:
    """Files that came before there was a matter belong to the first one."""
    matter = d.talk.matter
    if d.talk.files and matter is not None and matter.is_open:
        d.note(e.FilesAdded(matter=matter.no, files=d.talk.files))
