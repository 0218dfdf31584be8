"""Values and goods: taken wherever they are said, so that nothing is asked twice (E6)."""

from __future__ import annotations

import re

from msgspec.structs import replace

from bot.dialogue import events as e
from bot.dialogue import goods as lines
from bot.dialogue.draft import Draft
from bot.dialogue.gain import SWITCH, Gain, answers_text, is_correction
from bot.dialogue.matters import group_of, open_matter
from bot.dialogue.talk import Matter
from bot.sop.model import Reader
from bot.understanding.heard import SURE, Act, Goods, Heard, Mood, Slot

_SENTENCES = re.compile(r"[^.!?\n]*\w[^.!?\n]*")
_ONLY = re.compile(r"\b(?:sa?ja|a?ja|doang|only|just|cuma|cuman|hanya)\b", re.IGNORECASE)
_ALSO = re.compile(r"\b(?:juga|jg|sama|tambah|plus|dan|and|also|too|lagi)\b", re.IGNORECASE)
_CHANGES = re.compile(r"\b(?:r?ubah|diubah|ganti|diganti|jadi|jd|jadikan|change|make)\b", re.IGNORECASE)
_OOPS = re.compile(
    r"\s*(?:e+h+|ralat|koreksi|maaf|sori|sorry|oops|ups|salah|maksudnya|i mean)\b", re.IGNORECASE
)
_WORDS = (Reader.NAME, Reader.ADDRESS, Reader.TEXT, Reader.PRODUCT)
"""What takes free words: a yes or a "none" is not one of them."""


def hear_slots(d: Draft, gain: Gain, heard: Heard) -> None:
    """Take the values of a message; of two for one field the first, in a correction the new one."""
    asked = d.talk.asked.field if d.talk.asked else ""
    correction = gain.corrects = is_correction(d, gain, heard)
    chosen: dict[str, Slot] = {}
    for slot in heard.slots:
        if slot.field not in d.sop.fields:
            continue
        if slot.score < SURE and _after_slip(heard, slot):
            gain.meant[slot.field] = slot.value
            continue
        if slot.score < SURE and slot.field != asked:
            continue
        if slot.field == asked and _says_none(d, heard, slot):
            continue
        if slot.field != asked and _only_asks(d, heard, slot):
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
            if not heard.goods and heard.chosen not in d.sop.products:
                _goods_slot(d, gain, slot, reader)
        elif reader is Reader.TEXT and slot.field != asked:
            continue
        elif reader is not Reader.PHOTO:
            put(d, gain, slot.field, slot.value, slot.text)


def _after_slip(heard: Heard, slot: Slot) -> bool:
    """Whether the value is what another one with a slip, at the same place, was meant to be."""
    return any(o.problem == "domain" and o.start == slot.start and o is not slot for o in heard.slots)


def _says_none(d: Draft, heard: Heard, slot: Slot) -> bool:
    """Whether a free answer is really a yes or the word that there is none ("tidak usah" is no address)."""
    reader = d.spec(slot.field).reader
    threat = any(guess.score >= SURE for guess in heard.urgent)  # "saya viralin" is nobody's name
    if reader is Reader.NAME and (threat or heard.mood is Mood.ABUSIVE or _is_fact(heard, slot)):
        return True
    if len(heard.text.split()) > SWITCH or reader not in _WORDS:
        return False
    none = heard.does(Act.DECLINE) or heard.does(Act.UNKNOWN) or heard.does(Act.THANKS)
    return none or (heard.does(Act.YES) and slot.value.lower() == heard.text.lower().strip(" .!"))


def _only_asks(d: Draft, heard: Heard, slot: Slot) -> bool:
    """Whether a day stands in a question and is none of what happened: "bisa datang hari minggu gak?", "yang
    kemarin gimana?"."""
    asks = heard.does(Act.STATUS) or (heard.does(Act.QUESTION) and d.talk.matter is not None)
    return (
        asks
        and d.spec(slot.field).reader is Reader.DATE
        and not heard.classes
        and not heard.goods
        and len(_SENTENCES.findall(heard.text)) <= 1
    )


def _is_fact(heard: Heard, slot: Slot) -> bool:
    """Whether the same words are something else: "hari ini" is a date and no name."""
    return any(other.field != slot.field and other.text and other.text == slot.text for other in heard.slots)


def _known(d: Draft, field_: str) -> str:
    if d.spec(field_).identity:
        return d.talk.identity.get(field_, "")
    return d.talk.matter.values.get(field_, "") if d.talk.matter else ""


def _about_waiting(d: Draft, gain: Gain, field_: str, value: str) -> Matter | None:
    """The matter that waits and that a value belongs to: the message is about it, or the number in question
    is known already of the matter in hand."""
    if d.spec(field_).identity or gain.corrects:
        return None
    if gain.about:
        return d.talk.matters[gain.about - 1]
    waiting, was = d.talk.waiting, _known(d, field_)
    number = d.spec(field_).reader in (Reader.ORDER, Reader.DELIVERY, Reader.BATCH)
    asked = d.talk.asked
    answers = asked is not None and (asked.field == field_ or asked.what in ("which", "summary"))
    fresh = number and was and was != value and not answers
    return waiting if fresh and waiting is not None and field_ not in waiting.values else None


def put(d: Draft, gain: Gain, field_: str, value: str, text: str = "") -> None:
    """Fill a field with a value; a different one replaces it and counts as corrected."""
    other = _about_waiting(d, gain, field_, value)
    if other is not None and value:
        if other.values.get(field_) != value:
            d.note(e.FieldFilled(matter=other.no, field=field_, value=value, text=text))
            gain.added = gain.aside = True
        return
    late = d.talk.late
    if late is not None and not d.spec(field_).identity and value:
        had = late.values.get(field_, "")
        if not had or gain.corrects:
            _put_late(d, gain, late, field_, value, text, had)
            return
    was = _known(d, field_)
    if was == value or not value:
        return
    identity = d.spec(field_).identity
    if not identity and (d.talk.matter is None or not d.talk.matter.is_open):
        if _of_ticket(gain):
            return
        open_matter(d, gain, Heard(text=""), "", "", None)
    no = 0 if identity else d.talk.current
    d.note(e.FieldFilled(matter=no, field=field_, value=value, text=text, was=was))
    gain.filled.append(field_)
    if was and not value.startswith(was) and field_ not in gain.corrected:  # "2027", then "2027-12"
        gain.corrected.append(field_)
    gain.added = True


def _of_ticket(gain: Gain) -> bool:
    """Whether goods and days only say which ticket is asked about: "gimana komplain minyak saya SP-..."; a
    complaint beside it has opened its matter before."""
    return bool(gain.tickets) or Act.STATUS in gain.acts


def _put_late(d: Draft, gain: Gain, late: Matter, field_: str, value: str, text: str, had: str) -> None:
    """A value for a matter that has its ticket: what was missing there, or was wrong."""
    if value == had:
        return
    d.note(e.FieldFilled(matter=late.no, field=field_, value=value, text=text, was=had))
    if had:
        gain.corrected.append(field_)
        gain.added = True
    else:
        gain.late = True


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


def hear_goods(d: Draft, gain: Gain, heard: Heard) -> None:
    """Take the goods of a message, unless they are part of a name or an address."""
    gain.tells = gain.tells or bool(heard.goods or heard.classes or heard.kinds or heard.urgent)
    if not heard.goods:
        return
    if answers_text(d) and d.talk.asked and d.spec(d.talk.asked.field).identity:
        asked = d.spec(d.talk.asked.field)
        matter = d.talk.matter
        told = matter is not None and any(lines.same(g, have) for g in heard.goods for have in matter.goods)
        if asked.reader is not Reader.NAME or heard.slot(asked.id) or not told:
            return  # "Jl. Melati" is an address, no tea; "susu" is no name either
    if heard.chosen in d.sop.products:
        return  # one of several that were offered
    places = " ".join(
        s.text for s in heard.slots if s.field in d.sop.fields and d.spec(s.field).identity
    ).lower()
    said = tuple(g for g in heard.goods if not g.text or g.text.lower() not in places)
    if d.talk.matter is not None and d.talk.matter.kind in ("question", "criticism", "suggestion"):
        said = tuple(g for g in said if g.product)
    if not said:
        return
    retold = _retold(d, heard, said)
    if retold:
        _put_goods(d, gain, retold, correction=True)
        return
    only = _narrows_down(d, heard, said)
    if only:
        d.note(e.GoodsHeard(matter=d.talk.current, goods=only, corrected=True))
        if not gain.reworded:
            d.note(e.WordsHeard(matter=d.talk.current, words=""))  # they name what is left out
        gain.corrected.append("goods")
        gain.added = gain.changed = True
        return
    correction = is_correction(d, gain, heard) or _recounts(d, heard, said) or _another_size(d, heard, said)
    _put_goods(d, gain, said, correction=correction)


def _narrows_down(d: Draft, heard: Heard, said: tuple[Goods, ...]) -> tuple[Goods, ...]:
    """The goods that are left of several that were said back: "ya, minyak goreng saja"; () when that is not
    what is said."""
    asked = d.talk.asked.what if d.talk.asked else ""
    if asked not in ("restating", "summary") or not _ONLY.search(heard.text):
        return ()
    known = d.matter.goods
    meant = [line for line in known if any(lines.same(line, one) for one in said)]
    all_known = all(any(lines.same(line, one) for line in known) for one in said)
    if not all_known or not 0 < len(meant) < len(known):
        return ()
    return lines.merge(tuple(meant), said, correction=True)


def _retold(d: Draft, heard: Heard, said: tuple[Goods, ...]) -> tuple[Goods, ...]:
    """The line that a new count is for, where its category tells it: "ubah berasnya jadi 15 sak", when one
    kind of rice was noted; () when nothing is changed so."""
    matter = d.talk.matter
    if matter is None or len(said) != 1 or not _CHANGES.search(heard.text):
        return ()
    line, products = said[0], d.sop.products
    product = products.get(line.product)
    if product is None or lines.concerned(line) is None or any(c.isdigit() for c in line.text):
        return ()
    same = [g for g in matter.goods if g.product and products[g.product].category == product.category]
    if len(same) != 1 or same[0].product == line.product:
        return ()
    return (replace(line, product=same[0].product, text=same[0].text, among=()),)


def _another_size(d: Draft, heard: Heard, said: tuple[Goods, ...]) -> bool:
    """Whether one product stands instead of the one that was noted, of the same category: "sari murni 2
    liter" after 1 L. With a count of its own, or an "also", it is one more."""
    matter = d.talk.matter
    if matter is None or len(matter.goods) != 1 or len(said) != 1 or _ALSO.search(heard.text):
        return False
    products = d.sop.products
    old, new = products.get(matter.goods[0].product), products.get(said[0].product)
    if old is None or new is None or old is new or old.category != new.category:
        return False
    count = lines.concerned(said[0])
    return count is None or count == lines.concerned(matter.goods[0])


def _recounts(d: Draft, heard: Heard, said: tuple[Goods, ...]) -> bool:
    """Whether a bare count stands instead of the one confirmed before: "2 dus aja sih yang bocor"; or of the
    one just said: "eh 3 dus"."""
    matter = d.talk.matter
    if (
        matter is None
        or not (matter.confirmed or _OOPS.match(heard.text))
        or len(matter.goods) != 1
        or len(said) != 1
    ):
        return False
    old, new = lines.concerned(matter.goods[0]), said[0].affected
    return not lines.named(said[0]) and bool(old and new and new.unit == old.unit and new.count != old.count)


def _whose(d: Draft, gain: Gain) -> Matter:
    """The matter the goods belong to: of two in one message the one about goods, not about service."""
    matter = d.matter
    if gain.about:
        return d.talk.matters[gain.about - 1]
    for no in gain.second:
        other = d.talk.matters[no - 1]
        if group_of(d, matter.class_) == "service" != group_of(d, other.class_):
            return other
    return matter


def _of_second(d: Draft, gain: Gain, matter: Matter, new: tuple[Goods, ...]) -> tuple[Goods, ...]:
    """The goods of `matter`, once those of a second one are put there: "pesanan gula 5 dus belum datang, yang
    kecap pecah 3 botol" orders sugar and breaks sauce."""
    harmed = tuple(line for line in new if line.affected)
    others = tuple(line for line in new if line.ordered and not (line.affected or line.received))
    if group_of(d, matter.class_) != "quality" or not harmed or not others:
        return new
    service = [
        m.no for m in d.talk.matters if m.is_open and group_of(d, m.class_) == "service" and not m.goods
    ]
    other = next((no for no in service if no != matter.no), 0)
    if not gain.second or not other:
        return new
    d.note(e.GoodsHeard(matter=other, goods=others))
    return tuple(line for line in new if line not in others)


def _put_goods(d: Draft, gain: Gain, new: tuple[Goods, ...], *, correction: bool) -> None:
    late = d.talk.late
    if late is not None and (correction or all(lines.narrows(late.goods, line) for line in new)):
        merged = lines.merge(late.goods, new, correction=correction)
        d.note(e.GoodsHeard(matter=late.no, goods=merged, corrected=correction))
        if correction:
            gain.corrected.append("goods")
        gain.added, gain.late = correction, not correction
        return
    if d.talk.matter is None or not d.talk.matter.is_open:
        if _of_ticket(gain):
            return
        open_matter(d, gain, Heard(text=""), "", "", None)
    matter = _whose(d, gain)
    new = _of_second(d, gain, matter, new)
    asked = d.talk.asked.field if d.talk.asked else ""
    reader = d.spec(asked).reader if asked in d.sop.fields else None
    answers = reader if reader in (Reader.PRODUCT, Reader.QUANTITY) else None
    merged = lines.merge(matter.goods, new, correction=correction, answers=answers)
    gain.agrees = gain.agrees or (merged == matter.goods and any(map(lines.named, new)))
    if merged != matter.goods:
        d.note(e.GoodsHeard(matter=matter.no, goods=merged, corrected=bool(matter.goods) and correction))
        gain.added = True
        gain.changed = gain.changed or matter.no == d.talk.current
        if correction and matter.goods and not gain.reworded and any(c.isdigit() for c in matter.words):
            d.note(e.WordsHeard(matter=matter.no, words=""))  # the old count is quoted no more
        if correction and matter.goods:
            gain.corrected.append("goods")
