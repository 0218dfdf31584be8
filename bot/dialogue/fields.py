"""Which fields a matter needs, which are known, and how a value is shown."""

from __future__ import annotations

import re
from datetime import date

from bot.dialogue import clock, goods
from bot.dialogue.draft import Draft
from bot.dialogue.talk import Matter, Talk
from bot.sop.model import FieldSpec, Reader, Sop

HEALTH = (Reader.NAME, Reader.PHONE, Reader.PRODUCT, Reader.BATCH)
"""All that is asked when health is at risk: who to call, and what to take off the shelf."""


def needed(d: Draft) -> list[tuple[str, bool]]:
    """The fields of the matter in hand as (field, optional), in the pack's order, each once.

    Asked are those of the step, the kind and the class, then the optional ones. On SMS no photo is asked.
    """
    matter = d.matter
    step, kind = d.step(), d.sop.kinds.get(matter.kind)
    class_ = d.sop.classes.get(matter.class_)
    required = [*step.fields, *(kind.fields if kind else ()), *(class_.fields if class_ else ())]
    optional = [*(kind.optional if kind else ()), *(class_.optional if class_ else ())]
    fields = dict.fromkeys(required, False)
    if d.health:
        fields = {f: False for f in fields if d.spec(f).reader in HEALTH}
    else:
        for field in optional:
            fields.setdefault(field, True)
    if d.talk.medium == "sms":
        fields = {f: o for f, o in fields.items() if d.spec(f).reader is not Reader.PHOTO}
    return list(fields.items())


def missing(d: Draft) -> list[tuple[str, bool]]:
    """What has still to be asked, as (field, optional); a declined field gives way to its alternatives."""
    asked: list[tuple[str, bool]] = []
    for field, optional in needed(d):
        spec = d.spec(field)
        candidates = (field, *spec.alternatives)
        if any(value(d.talk, d.matter, d.spec(c)) for c in candidates):
            continue
        open_ = next((c for c in candidates if not _refused(d, c)), None)
        if open_ is not None and all(open_ != a for a, _ in asked):
            asked.append((open_, optional))
    return asked


def _refused(d: Draft, field: str) -> bool:
    return field in d.talk.missing or field in d.matter.missing


def value(talk: Talk, matter: Matter, spec: FieldSpec) -> str:
    """The canonical value of a field, "" when it is not known. Goods and files answer for their fields."""
    direct = talk.identity.get(spec.id, "") if spec.identity else matter.values.get(spec.id, "")
    if direct:
        return direct
    match spec.reader:
        case Reader.PRODUCT:
            if any(goods.unclear(line) for line in matter.goods):
                return ""
            return next((line.product or line.text for line in matter.goods if goods.named(line)), "")
        case Reader.QUANTITY:
            return "said" if matter.goods and goods.concerned(matter.goods[0]) else ""
        case Reader.BATCH:
            return next((line.batch for line in matter.goods if line.batch), "")
        case Reader.EXPIRY:
            return next((line.expiry for line in matter.goods if line.expiry), "")
        case Reader.PHOTO:
            return "sent" if matter.files else ""
        case _:
            return ""


def shown(spec: FieldSpec, canonical: str, sop: Sop, language: str) -> str:
    """A canonical value as a person reads it: phone `0812-3344-5566`, date `Senin, 23 November 2026`."""
    match spec.reader:
        case Reader.PHONE:
            return phone(canonical)
        case Reader.DATE | Reader.EXPIRY:
            try:
                return clock.day(date.fromisoformat(canonical), language)
            except ValueError:
                return canonical
        case Reader.PRODUCT:
            product = sop.products.get(canonical)
            return product.name if product else canonical
        case _:
            return canonical


def phone(e164: str) -> str:
    """`+6281233445566` as `0812-3344-5566`; other countries' numbers stay as they are."""
    if not re.fullmatch(r"\+62\d{6,13}", e164):
        return e164
    digits = "0" + e164[3:]
    if not digits.startswith("08"):
        return f"({digits[:3]}) {digits[3:7]}-{digits[7:]}"
    groups = [digits[:4], digits[4:8], digits[8:]]
    return "-".join(group for group in groups if group)


def goods_text(matter: Matter, sop: Sop, language: str) -> str:
    """The goods in a breath: `1 dus Gula Kristal dan 2 dus Minyak Goreng`."""
    texts = [
        text for line in matter.goods if (text := goods.phrase(line, goods.concerned(line), sop, language))
    ]
    joint = " and " if language == "en" else " dan "
    return joint.join(filter(None, [", ".join(texts[:-1]), texts[-1] if texts else ""]))


def thing(d: Draft) -> str:
    """The name of the goods in hand, for empathy; the pack's word for "the goods" when not known."""
    for line in d.matter.goods:
        if name := goods.name(line, d.sop):
            return name
    return d.word("the_goods")
