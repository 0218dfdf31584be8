"""Text to `Heard`: the one function of this room, made of readers that each know one thing.

A trained model may come to stand beside the cues later: it would add its guesses where `weigh` is called with
those of the cues; nothing else would change.
"""

from __future__ import annotations

import re

import msgspec

from bot.sop.model import Product, Reader, Sop
from bot.understanding import acts as act_words
from bot.understanding import manner
from bot.understanding.choices import chosen
from bot.understanding.counts import counts
from bot.understanding.faq import Faqs
from bot.understanding.goods import Line, lines
from bot.understanding.heard import (
    SURE,
    Act,
    ActHeard,
    Evidence,
    Expecting,
    Goods,
    Heard,
    Slot,
    Urgent,
)
from bot.understanding.keywords import keywords
from bot.understanding.lacking import lacking, narrowed
from bot.understanding.language import language
from bot.understanding.lexicon import Lexicon
from bot.understanding.patterns import Patterns
from bot.understanding.products import Products, sized
from bot.understanding.slang import SLANG
from bot.understanding.text import Reading, read
from bot.understanding.values import Values, within
from bot.understanding.weighing import (
    Hits,
    Target,
    acts_heard,
    facts,
    kinds_of,
    known_questions,
    negated,
    weigh,
)
from bot.understanding.words import (
    AFFECTED,
    COUNTERS,
    ENGLISH,
    FILLERS,
    GOODS,
    INDONESIAN,
    MONTHS,
    NUMBERS,
    ORDERED,
    PLACES,
    REAL,
    RECEIVED,
    SIZES,
    TIMES,
    WEEKDAYS,
    WHOLE,
    words_of,
)

_IDENTITY = (Reader.NAME, Reader.ADDRESS, Reader.EMAIL, Reader.PHONE)
_ANSWERS = frozenset(
    (
        Act.YES, Act.NO, Act.DECLINE, Act.UNKNOWN, Act.PERSON, Act.CANCEL, Act.WAIT, Act.REPEAT,
        Act.STATUS, Act.RESTART, Act.LANGUAGE, Act.ROBOT, Act.DONE, Act.GREETING, Act.THANKS, Act.BYE,
    )
)  # fmt: skip
"""Acts that a short answer may be instead of the free text that was asked for."""
_SHORT = 5
_COMMON = 40
"""Characters of a message whose meaning is kept, if it is made of common words; and so many are."""
_KEPT = 2000
_TEXT = 2000


class Understander:
    """All that can be known of a pack before the first message; built once, then only read."""

    def __init__(self, sop: Sop) -> None:
        self._sop = sop
        slang = {**SLANG, **{key.lower(): value.lower() for key, value in sop.cues.slang.items()}}
        self._patterns = _patterns(sop, slang)
        units = {
            spelling.lower(): unit.id
            for unit in sop.units.values()
            for spelling in (unit.id, *unit.spellings, unit.label.id, unit.label.en)
            if " " not in spelling
        }
        # a category's name means each of its products: "minyak goreng" leaves open which size
        names = {
            product.id: tuple(dict.fromkeys((product.name.lower(), *product.aliases, *_category(product))))
            for product in sop.products.values()
        }
        self._packed = {product.id: frozenset(product.contents) for product in sop.products.values()}
        of_products = {
            word
            for group in names.values()
            for name in group
            for word in re.findall(r"[^\W\d_]{3,}", name.lower())
        }
        meaning = INDONESIAN | ENGLISH | FILLERS | AFFECTED | RECEIVED | ORDERED | NUMBERS.keys()
        meaning |= self._patterns.vocabulary
        self._known = frozenset(
            meaning
            | of_products
            | GOODS
            | COUNTERS
            | WHOLE
            | MONTHS.keys()
            | WEEKDAYS.keys()
            | TIMES.keys()
            | units.keys()
            | PLACES
        )
        self._lexicon = Lexicon(
            self._known | REAL,
            {spelling: plain for spelling, plain in slang.items() if spelling not in of_products},
            self._patterns.typos
            | {word for word in of_products if len(word) >= 5 and word not in INDONESIAN},
            units,
        )
        self._units = {
            plain: id_
            for spelling, id_ in units.items()
            for plain in (spelling, *self._lexicon.plain(spelling)[:1])
        }
        self._products = Products(
            {id_: [read(name, self._lexicon).words for name in group] for id_, group in names.items()}
        )
        self._naming = {
            id_: frozenset(word for name in group for word in sized(read(name, self._lexicon).words))
            for id_, group in names.items()
        }
        self._faqs = Faqs(
            {
                entry.id: [read(ask, self._lexicon).words for asks in entry.ask.values() for ask in asks]
                for entry in sop.faq.values()
            }
        )
        heads = {read(name, self._lexicon).words[0] for group in names.values() for name in group}
        self._values = Values(
            sop, frozenset(meaning - _NAMELIKE), frozenset(heads - (_NAMELIKE - _GOODS_FIRST))
        )
        self._cue_words = frozenset(self._patterns.vocabulary - of_products)
        self._kept: dict[tuple[str, Expecting], Heard] = {}
        self._harmful = next((class_.id for class_ in sop.classes.values() if class_.urgent), "")

    def understand(self, text: str, expecting: Expecting) -> Heard:
        """All that is understood of `text`. Pure, raises nothing, linear in the length of `text`.

        Half of what customers write are a few common words ("ya, betul", "tidak ada"): what those say where
        they were said before is kept. Only words of the language are, so nothing that tells who wrote.
        """
        if len(text) > _COMMON:
            return self._understand(read(text, self._lexicon), expecting)
        heard = self._kept.get((text, expecting))
        if heard is None:
            reading = read(text, self._lexicon)
            heard = self._understand(reading, expecting)
            if self._known.issuperset(reading.words):
                if len(self._kept) >= _KEPT:
                    self._kept.clear()
                self._kept[text, expecting] = heard
        return heard

    def _understand(self, reading: Reading, expecting: Expecting) -> Heard:
        asked = self._sop.fields.get(expecting.field)
        reader = asked.reader if asked else None
        values = self._values.find(reading, expecting, reader)
        slots, taken, code, tickets, honorific = values
        goods = self._goods(reading, expecting, reader, slots, taken)
        found: dict[str, Hits] = {}
        hits = [
            hit for hit in self._patterns.find(reading.words, reading.sentences) if not negated(reading, hit)
        ]
        for hit in hits:
            found.setdefault(hit.target[0], {}).setdefault(hit.target[1], []).append(hit)
        harm = found.get("urgent", {}).get(Urgent.HEALTH)
        if harm and self._harmful:
            of_class = found.setdefault("class", {})
            of_class[self._harmful] = [*of_class.get(self._harmful, ()), *harm]
        classes = weigh(
            reading, found.get("class", {}), self._by_facts(reading.words, goods, slots, expecting)
        )
        urgent = weigh(reading, found.get("urgent", {}))
        faq = known_questions(reading, self._faqs, found.get("faq", {}), classes)
        acts = acts_heard(reading, found.get("act", {}), expecting, reader, classes, faq)
        kinds = kinds_of(reading, self._sop.kinds.keys(), found.get("kind", {}), classes, urgent, acts, faq)
        choice = self._chosen(reading, expecting) if expecting.choices else None
        if reader is Reader.TEXT and not any(slot.field == expecting.field for slot in slots):
            slots += _free_text(reading, expecting.field, acts)
        told = self._by_size(reading, tuple(line.goods for line in goods))
        one = narrowed(reading.words, expecting.open, self._naming, self._units.keys())
        if one is not None and not any(line.product for line in told):
            # "yang 1 liter" names a size and counts nothing; "20 kotak yang 1 liter" does both
            counts_ = tuple(line for line in told if line.affected and line.affected.unit not in SIZES)
            told = (msgspec.structs.replace(counts_[0], product=one.product) if counts_ else one,)
        gone = any(act.act in (Act.DECLINE, Act.UNKNOWN) and act.score >= SURE for act in acts)
        empty = not (slots or tickets or code or choice) and all(act.act is Act.QUESTION for act in acts)
        return Heard(
            text=reading.raw,
            language=language(reading),
            wants_language=_wants(acts),
            acts=acts,
            kinds=kinds,
            classes=classes,
            slots=tuple(slots),
            goods=told,
            faq=faq,
            urgent=urgent,
            mood=manner.mood(reading),
            salam=manner.salam(reading),
            honorific=honorific,
            keywords=keywords(reading, classes, hits, taken),
            chosen=choice[0] if choice else "",
            departments=weigh(reading, found.get("department", {})),
            tickets=tickets,
            code=code,
            lacks=lacking(reading.words, self._values.fields) if gone else (),
            meaningless=bool(reading.raw) and empty and manner.meaningless(reading, self._known),
        )

    def _chosen(self, reading: Reading, expecting: Expecting) -> tuple[str, Evidence] | None:
        """The choice that was meant; of offered products the only one that is called so: "yang botol"."""
        choice = chosen(reading, expecting.choices, self._lexicon)
        offered = [value for value, _ in expecting.choices if value in self._naming]
        if choice is not None or not offered or len(reading.words) > _SHORT + 3:
            return choice
        said = set(sized(reading.words)) - FILLERS
        hits = {id_: len(said & self._naming[id_]) for id_ in offered}
        most = max(hits.values())
        best = [id_ for id_, count in hits.items() if count == most]
        if most and len(best) == 1:
            return best[0], reading.evidence("product offered", 0, len(reading.low))
        return None

    def _by_size(self, reading: Reading, told: tuple[Goods, ...]) -> tuple[Goods, ...]:
        """The only goods of a message that leave open which product they are, told by a size that stands
        elsewhere in it: "20 boxes of cooking oil 2 liter"."""
        if len(told) != 1 or not told[0].among or told[0].product:
            return told
        sizes = {word for word in sized(reading.words) if word[0].isdigit() and not word.isdigit()}
        fits = [id_ for id_ in told[0].among if sizes & self._naming[id_]]
        return (msgspec.structs.replace(told[0], product=fits[0], among=()),) if len(fits) == 1 else told

    def _goods(
        self,
        reading: Reading,
        expecting: Expecting,
        reader: Reader | None,
        slots: list[Slot],
        taken: list[tuple[int, int]],
    ) -> list[Line]:
        """The lines of goods; their products and counts join `slots`."""
        mentions = self._products.find(reading, reader is Reader.PRODUCT)
        mentions = [mention for mention in mentions if not within(reading.starts[mention.first], taken)]
        counted = counts(reading, self._units, taken)
        goods = lines(
            reading,
            mentions,
            counted,
            asked_count=reader is Reader.QUANTITY,
            known=self._cue_words,
            offered=expecting.yes_no,
            packed=self._packed,
            taken=taken,
            plain=self._known,
        )
        counted_goods = any(line.goods.affected or line.goods.ordered for line in goods)
        if reader in _IDENTITY and not counted_goods and any(slot.field == expecting.field for slot in slots):
            return []  # "Sari" answers who, though Sari is also a brand
        slots += self._values.of_goods(reading, goods, counted, expecting, reader, taken)
        return goods

    def _by_facts(
        self, words: list[str], goods: list[Line], slots: list[Slot], expecting: Expecting
    ) -> list[tuple[str, float, Evidence]]:
        """(class, weight, evidence) of what counts and dates tell, by the pack's `:fact` cues."""
        expiry = self._values.fields.get(Reader.EXPIRY, "")
        return [
            (target[1], weight, evidence)
            for fact, evidence in facts(words, goods, slots, expiry, expecting.today)
            for target, weight in self._patterns.facts.get(fact, ())
            if target[0] == "class"
        ]


def _patterns(sop: Sop, slang: dict[str, str]) -> Patterns[Target]:
    """All patterns of the pack and of the language in one index."""
    patterns: Patterns[Target] = Patterns(slang)
    cues = sop.cues
    for group, table in (("kind", cues.kinds), ("class", cues.classes), ("urgent", cues.urgent)):
        for id_, entries in table.items():
            for cue in entries:
                for pattern in cue.patterns:
                    patterns.add(pattern, (group, id_), cue.weight)
    for entry in sop.faq.values():
        for pattern in entry.cues:
            patterns.add(pattern, ("faq", entry.id))
    for department in sop.departments.values():
        for name in sorted({department.name.id.lower(), department.name.en.lower()}):
            words = [word for word in re.findall(r"[^\W_]+", name) if word not in _DEPARTMENT_FILL]
            if words:
                patterns.add(" ".join(words), ("department", department.id))
    for act, groups in act_words.ACTS.items():
        for weight, of_act in groups:
            for pattern in of_act:
                patterns.add(pattern, ("act", act.value), weight)
    return patterns


def _free_text(reading: Reading, field: str, acts: tuple[ActHeard, ...]) -> list[Slot]:
    """The whole message as the answer to an open question, unless it is short and does something else."""
    shown = reading.raw[:_TEXT].strip()
    if not shown or not reading.words:
        return []
    if len(reading.words) <= _SHORT and any(act.act in _ANSWERS and act.score >= SURE for act in acts):
        return []
    start = reading.raw.index(shown)
    return [Slot(field, shown, shown, 0.7, start, start + len(shown))]


def _wants(acts: tuple[ActHeard, ...]) -> str:
    """The language that was asked for."""
    wish = next((act for act in acts if act.act is Act.LANGUAGE and act.score >= SURE), None)
    if wish is None:
        return ""
    said = " ".join(evidence.text.lower() for evidence in wish.evidence)
    return next((language_ for language_, names in _LANGUAGE_NAMES if names.search(said)), "")


def _category(product: Product) -> tuple[str, ...]:
    return product.category.id.lower(), product.category.en.lower()


_DEPARTMENT_FILL = words_of("dan and the of bagian department divisi tim team")
_NAMELIKE = words_of(
    """
    bagus indah baik intan mei juli agus april wulan bulan dewi putri putra sari rini ayu melati mawar
    surya bintang cahaya tono anak kurnia rahmat bayu satu eka dwi tri kopi nanti mas joko slamet
    selamat untung murah susi jaya minggu tua muda lestari melia mega may june grace will mark
    rose faith hope joy bill jack frank tommy dian rian ria asih kasih teh sabar utama budi
    """
)
_GOODS_FIRST = frozenset(("kopi", "teh"))
"""Words among `_NAMELIKE` that name goods when a name begins with them."""
_LANGUAGE_NAMES = [
    (language_, re.compile(rf"\b(?:{'|'.join(names)})\b")) for language_, names in act_words.WANTS.items()
]
