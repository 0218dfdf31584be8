"""Which fields a matter needs, which are known, and how a value is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TypeAlias

from bot.dialogue import clock, goods
from bot.dialogue.draft import Draft, find_step
from bot.dialogue.talk import Matter, Talk
from bot.sop.model import FieldSpec, Reader, Sop

HEALTH = (Reader.NAME, Reader.PHONE, Reader.PRODUCT, Reader.BATCH)
"""All that is asked when health is at risk: who to call, and what to take off the shelf."""


Need: TypeAlias = tuple[str, bool, tuple[FieldSpec, ...]]
"""A field, whether it is optional, and what answers it: the field itself, then its alternatives."""


def needed(d: Draft) -> tuple[Need, ...]:
    """The fields of the matter in hand, in the pack's order, each once."""
    talk, matter = d.talk, d.matter
    return _needs(
        d.sop, talk.procedure, talk.step, matter.kind, matter.class_, d.health, talk.medium == "sms"
    )


@lru_cache(maxsize=256)
def _needs(
    sop: Sop, procedure: str, step: str, kind_id: str, class_id: str, health: bool, sms: bool
) -> tuple[Need, ...]:
    """Those of the step, the kind and the class, then the optional ones. On SMS no photo is asked."""
    step_, kind = find_step(sop, procedure, step), sop.kinds.get(kind_id)
    class_ = sop.classes.get(class_id)
    required = [*step_.fields, *(kind.fields if kind else ()), *(class_.fields if class_ else ())]
    optional = [*(kind.optional if kind else ()), *(class_.optional if class_ else ())]
    fields = dict.fromkeys(required, False)
    if health:
        fields = {f: False for f in fields if sop.fields[f].reader in HEALTH}
    else:
        for field in optional:
            fields.setdefault(field, True)
    if sms:
        fields = {f: o for f, o in fields.items() if sop.fields[f].reader is not Reader.PHOTO}
    return tuple(
        (field, optional_, tuple(sop.fields[f] for f in (field, *sop.fields[field].alternatives)))
        for field, optional_ in fields.items()
    )


def missing(d: Draft) -> Iterator[tuple[str, bool]]:
    """What has still to be asked, as (field, optional); a declined field gives way to its alternatives,
    unless it was optional anyway."""
    talk, matter = d.talk, d.matter
    asked: set[str] = set()
    for _, optional, candidates in needed(d):
        open_ = ""
        for spec in candidates:
            gone = spec.id in talk.missing or spec.id in matter.missing
            if value(talk, matter, spec) or (optional and gone):
                break
            if not open_ and not gone:
                open_ = spec.id
        else:
            if open_ and open_ not in asked:
                asked.add(open_)
                yield open_, optional


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
            return "sent" if pictures(matter) else ""
        case _:
            return ""


def is_voice(media_type: str) -> bool:
    """Whether a file is for the ear."""
    return media_type.startswith("audio/")


def pictures(matter: Matter) -> int:
    """How many files there are to look at, those on their way too."""
    return sum(not is_voice(file.media_type) for file in matter.files) + len(matter.coming)


def shown(spec: FieldSpec, canonical: str, sop: Sop, language: str) -> str:
    """A canonical value as a person reads it: phone `0812-3344-5566`, date `Senin, 23 November 2026`."""
    match spec.reader:
        case Reader.PHONE:
            return phone(canonical)
        case Reader.DATE | Reader.EXPIRY:
            return clock.written(canonical, language)
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
        text
        for line in matter.goods
        if (text := goods.phrase(line, goods.concerned(line), sop, language)) and not text.isdigit()
    ]
    joint = " and " if language == "en" else " dan "
    return joint.join(filter(None, [", ".join(texts[:-1]), texts[-1] if texts else ""]))


def thing(d: Draft) -> str:
    """The name of the goods in hand, for empathy; the pack's word for "the goods" when not known."""
    for line in d.matter.goods:
        if name := goods.name(line, d.sop):
            return name
    return d.word("the_goods")
