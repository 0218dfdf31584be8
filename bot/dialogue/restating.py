"""Saying back what was understood (E3): one sentence from topic, goods, order number and key words."""

from __future__ import annotations

import re

from bot.dialogue import fields, goods
from bot.dialogue.draft import Draft
from bot.dialogue.talk import Matter
from bot.dialogue.wording import has
from bot.sop.model import Reader
from bot.understanding.heard import Goods
from bot.understanding.words import ABUSE, NOT_ABUSE_AFTER

MOST_SWAPPED = 3
"""Lines of goods that one sentence can tell apart as ordered and come."""
_TOLD_WHOLE = ("question", "suggestion", "criticism")
LONGEST = 90
"""Key words beyond this many characters are cut at a word: never the whole text quoted back."""


_HELLO = re.compile(
    r"^(?:(?:hi|hello|hey|good (?:morning|day|afternoon|evening)|halo|hallo|hai|hei|permisi|misi|p|punten"
    r"|wo[iy]|oi|hoi|min|gan|sis|bro|kak|mas|mbak|pak|bu|(?:selamat )?(?:pagi|siang|sore|malam)"
    r"|as+alamu'?alaikum)\b[\s,.!]+)+(?=\w)",
    re.IGNORECASE,
)
"""A greeting before what is asked."""
_DANGLING = re.compile(
    r"(?:\s+(?:dari|di|ke|untuk|dengan|nomor|no|faktur|inv|yang|dan|from|for|of|on|in|the|and|invoice|number))+$",
    re.IGNORECASE,
)
"""Words left at the end of key words when a number after them was read as a value."""


def sentence(d: Draft) -> tuple[str, dict[str, str]]:
    """The phrase and the values that restate the matter in hand."""
    matter, language = d.matter, d.talk.language
    story = _story(d)
    whole = matter.kind in _TOLD_WHOLE and 0 < len(story) <= LONGEST  # said back as it was asked
    words = short(story if whole else matter.words or story)
    class_ = d.sop.classes.get(matter.class_)
    kind = d.sop.kinds.get(matter.kind)
    order = next(
        (
            matter.values[spec.id]
            for spec in d.sop.fields.values()
            if spec.reader in (Reader.ORDER, Reader.DELIVERY) and matter.values.get(spec.id)
        ),
        "",
    )
    values = {
        "of_order": d.word("of_order", order=order) if order else "",
        "label": class_.label.in_(language) if class_ else kind.label.in_(language) if kind else "",
        "goods": fields.goods_text(matter, d.sop, language),
        "said": "",
        "words": words,
    }
    if words and (matter.words or matter.class_ == "") and not _repeats(values["words"], values["goods"]):
        values["said"] = d.word("said", words=values["words"])
    line = next((g for g in matter.goods if g.ordered and g.received), None)
    if line is not None and line.ordered and line.received and len(matter.goods) == 1:
        values["ordered"] = goods.phrase(line, line.ordered, d.sop, language)
        values["received"] = goods.amount(line.received, d.sop, language)
        fewer = line.received.unit == line.ordered.unit and line.received.count < line.ordered.count
        return ("restate_fewer" if fewer else "restate_other"), values
    quality = class_ is not None and class_.group == "quality"  # who tells of damage was not sent others
    if not quality and (swapped := _swapped(matter)) is not None:
        wanted, came = swapped
        joint = " and " if language == "en" else " dan "
        values["ordered"] = joint.join(goods.phrase(g, g.ordered, d.sop, language) for g in wanted)
        values["received"] = joint.join(
            goods.phrase(g, g.received or g.affected, d.sop, language) for g in came
        )
        return "restate_other", values
    if matter.kind and not class_ and has(d.sop, f"restate_{matter.kind}"):
        if matter.kind == "order" and not values["goods"]:
            return "restate_plain", values
        return f"restate_{matter.kind}", values
    own = f"restate_{matter.class_}"
    if values["goods"] and class_ and has(d.sop, own):
        return own, values
    return ("restate_goods" if values["goods"] else "restate_plain"), values


def _swapped(matter: Matter) -> tuple[list[Goods], list[Goods]] | None:
    """The goods ordered and those that came, when others came than those ordered."""
    arrived = any(line.received is not None for line in matter.goods)
    bare = [line for line in matter.goods if arrived and not (line.ordered or line.received or line.affected)]
    wanted = [line for line in matter.goods if line.ordered is not None and line.affected is None] or bare
    came = [line for line in matter.goods if line not in wanted and (line.received or not line.ordered)]
    other = any(line.ordered is None for line in came)
    all_named = all(goods.named(line) for line in matter.goods)
    whole = len(matter.goods) == len({id(line) for line in (*wanted, *came)}) <= MOST_SWAPPED
    return (wanted, came) if wanted and other and all_named and whole else None


def _story(d: Draft) -> str:
    """The story, where no key words were heard: a question or a suggestion is its own key words."""
    fields_ = (s.id for s in d.sop.fields.values() if s.reader is Reader.TEXT)
    return next((d.matter.values[f] for f in fields_ if d.matter.values.get(f)), "")


def _repeats(words: str, goods_: str) -> bool:
    """Whether the key words say little besides the goods that stand in the sentence anyway."""
    said = set(words.lower().split())
    return bool(goods_) and len(said - set(goods_.lower().split())) <= 2


def _decent(words: str) -> str:
    """The words without abuse, which is never said back; "pakan anjing" is goods."""
    kept: list[str] = []
    for word in words.split():
        plain = word.lower().strip(".,!?")
        if plain not in ABUSE or (kept and kept[-1].lower() in NOT_ABUSE_AFTER):
            kept.append(word)
    return " ".join(kept)


def short(words: str) -> str:
    """Key words fit for a sentence: no line breaks, no quotation marks, not too long."""
    flat = " ".join(words.replace("“", "").replace("”", "").replace('"', "").split()).strip(" .,!?")
    flat = _DANGLING.sub("", _HELLO.sub("", _decent(flat)))
    if len(flat) <= LONGEST:
        return flat
    return flat[:LONGEST].rsplit(" ", 1)[0] + " …"


def lines(d: Draft) -> list[tuple[str, str, str]]:
    """The matter as a form has it: (field, label, value), in the pack's order, in the talk's language."""
    return particulars(d, d.talk.language, brief=True)


def particulars(d: Draft, language: str, *, brief: bool) -> list[tuple[str, str, str]]:
    """The particulars in `language`. `brief` leaves the long story out, which the customer wrote."""
    matter, sop = d.matter, d.sop
    rows: list[tuple[str, str, str]] = []
    kind, class_ = sop.kinds.get(matter.kind), sop.classes.get(matter.class_)
    if kind:
        what = class_.label.in_(language) if class_ else short(matter.words) or kind.label.in_(language)
        if what != kind.label.in_(language):
            rows.append(("kind", _capital(kind.label.in_(language)), what))
    rows += _goods_rows(d, language)
    asked = {field: answers[0] for field, _, answers in fields.needed(d)}
    for field, spec in {**asked, **sop.fields}.items():
        if spec.reader in (Reader.PRODUCT, Reader.QUANTITY) or (brief and spec.reader is Reader.TEXT):
            continue
        if spec.reader is Reader.PHOTO:
            text = str(fields.pictures(matter) or "")
        elif canonical := fields.value(d.talk, matter, spec):
            text = fields.shown(spec, canonical, sop, language)
        else:
            text = ""
        if text:
            rows.append((field, _capital(spec.label.in_(language)), text))
    return rows


def _goods_rows(d: Draft, language: str) -> list[tuple[str, str, str]]:
    product = next((s for s in d.sop.fields.values() if s.reader is Reader.PRODUCT), None)
    label = _capital(product.label.in_(language)) if product else ""
    rows = []
    for line in d.matter.goods:
        text = goods.phrase(line, goods.concerned(line), d.sop, language)
        if line.ordered and line.received:
            text = d.word(
                "goods_ordered",
                goods=goods.name(line, d.sop),
                ordered=goods.amount(line.ordered, d.sop, language),
                received=goods.amount(line.received, d.sop, language),
            )
        if text:
            rows.append((product.id if product else "goods", label, text))
    return rows


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
