"""Text to `Heard`: the one function of this room, made of readers that each know one thing.

A trained model may come to stand beside the cues later: it would add guesses to `_weigh`, nothing else
would change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import log

from bot.sop.model import Reader, Sop
from bot.tickets import number as ticket_number
from bot.understanding import acts as act_words
from bot.understanding import answers, contacts, dates, manner, people, references
from bot.understanding.choices import chosen as chosen_of
from bot.understanding.counts import Count, counts
from bot.understanding.faq import Faqs
from bot.understanding.goods import Line, lines
from bot.understanding.heard import SURE, Act, ActHeard, Evidence, Expecting, Guess, Heard, Slot, Urgent
from bot.understanding.language import language
from bot.understanding.lexicon import Lexicon
from bot.understanding.patterns import Hit, Patterns
from bot.understanding.products import Products
from bot.understanding.slang import SLANG
from bot.understanding.text import Reading, read
from bot.understanding.words import (
    AFFECTED,
    BRIDGES,
    COUNTERS,
    ENGLISH,
    FILLERS,
    GOODS,
    INDONESIAN,
    MONTHS,
    NEGATIONS,
    NUMBERS,
    ORDERED,
    RECEIVED,
    TIMES,
    WEEKDAYS,
    WHOLE,
    words_of,
)

HARD = 3.0
"""A cue of this weight or more is a hard rule: what it points to goes before all that is only likely."""
_LET_IN = 0.3
_MOST_GUESSES = 5
_MOST_EVIDENCE = 4
_KEYWORDS = 9

Target = tuple[str, str]


class Understander:
    """All that can be known of a pack before the first message; built once, then only read."""

    def __init__(self, sop: Sop) -> None:
        self._sop = sop
        slang = {**SLANG, **{key.lower(): value.lower() for key, value in sop.cues.slang.items()}}
        self._patterns: Patterns[Target] = Patterns(slang)
        self._gather()
        units = {
            spelling.lower(): unit.id
            for unit in sop.units.values()
            for spelling in (unit.id, *unit.spellings, unit.label.id, unit.label.en)
            if " " not in spelling
        }
        names = {p.id: (p.name.lower(), *p.aliases) for p in sop.products.values()}
        product_words = {
            word for ns in names.values() for name in ns for word in re.findall(r"[^\W\d_]{3,}", name.lower())
        }
        vocabulary = (
            self._patterns.vocabulary | product_words | INDONESIAN | ENGLISH | FILLERS | GOODS | COUNTERS | AFFECTED
            | RECEIVED | ORDERED | set(NUMBERS) | set(MONTHS) | set(TIMES) | WHOLE | set(WEEKDAYS) | set(units)
        )  # fmt: skip
        typos = self._patterns.typos | {
            word for word in product_words if len(word) >= 5 and word not in INDONESIAN
        }
        spellings = {spelling: plain for spelling, plain in slang.items() if spelling not in product_words}
        self._lexicon = Lexicon(vocabulary, spellings, typos, units)
        self._units = {
            plain: id_
            for spelling, id_ in units.items()
            for plain in (spelling, *self._lexicon.plain(spelling)[:1])
        }
        self._products = Products(
            {id_: [read(name, self._lexicon).words for name in ns] for id_, ns in names.items()}
        )
        self._faqs = Faqs(
            {
                entry.id: [read(ask, self._lexicon).words for asks in entry.ask.values() for ask in asks]
                for entry in sop.faq.values()
            }
        )
        self._fields: dict[Reader, str] = {}
        for spec in sop.fields.values():
            self._fields.setdefault(spec.reader, spec.id)
        order, delivery = (
            next((spec.pattern for spec in sop.fields.values() if spec.reader is reader), None)
            for reader in (Reader.ORDER, Reader.DELIVERY)
        )
        self._orders = references.orders(order)
        self._deliveries = references.deliveries(delivery)
        self._cue_words = frozenset(self._patterns.vocabulary - product_words)
        self._no_names = frozenset(
            (
                INDONESIAN
                | ENGLISH
                | FILLERS
                | AFFECTED
                | RECEIVED
                | ORDERED
                | set(NUMBERS)
                | self._patterns.vocabulary
            )
            - _NAMELIKE
        )
        self._known = frozenset(vocabulary)
        self._harmful = next((class_.id for class_ in sop.classes.values() if class_.urgent), "")

    def _gather(self) -> None:
        cues = self._sop.cues
        for group, table in (("kind", cues.kinds), ("class", cues.classes), ("urgent", cues.urgent)):
            for id_, entries in table.items():
                for cue in entries:
                    for pattern in cue.patterns:
                        self._patterns.add(pattern, (group, id_), cue.weight)
        for entry in self._sop.faq.values():
            for pattern in entry.cues:
                self._patterns.add(pattern, ("faq", entry.id))
        for department in self._sop.departments.values():
            for name in {department.name.id.lower(), department.name.en.lower()}:
                words = [word for word in re.findall(r"[^\W_]+", name) if word not in _DEPARTMENT_FILL]
                if words:
                    self._patterns.add(" ".join(words), ("department", department.id))
        for act, groups in act_words.ACTS.items():
            for weight, patterns in groups:
                for pattern in patterns:
                    self._patterns.add(pattern, ("act", act.value), weight)

    # -------------------------------------------------------------------------------------------- the function

    def understand(self, text: str, expecting: Expecting) -> Heard:
        """All that is understood of `text`. Pure, raises nothing, linear in the length of `text`."""
        reading = read(text, self._lexicon)
        asked = self._sop.fields.get(expecting.field)
        reader = asked.reader if asked else None
        slots, taken, code, tickets = self._values(reading, expecting, reader)
        mentions = self._products.find(reading, reader is Reader.PRODUCT)
        mentions = [m for m in mentions if not _within(reading.starts[m.first], taken)]
        counted = counts(reading, self._units, taken)
        goods_lines = lines(
            reading, mentions, counted,
            asked_count=reader is Reader.QUANTITY, asked_product=reader is Reader.PRODUCT,
            known=self._cue_words, offered=expecting.yes_no,
        )  # fmt: skip
        if reader in (Reader.NAME, Reader.ADDRESS, Reader.EMAIL, Reader.PHONE) and not any(
            l.goods.affected or l.goods.ordered for l in goods_lines
        ):
            answered = any(slot.field == expecting.field for slot in slots)
            goods_lines = [] if answered else goods_lines
        slots += self._goods_slots(reading, goods_lines, counted, expecting, reader)
        facts = _facts(goods_lines, slots, self._fields, expecting)
        hits = [
            hit for hit in self._patterns.find(reading.words, reading.sentences) if not _negated(reading, hit)
        ]
        groups: dict[str, dict[str, list[Hit[Target]]]] = {}
        for hit in hits:
            groups.setdefault(hit.target[0], {}).setdefault(hit.target[1], []).append(hit)
        found = groups.get("class", {})
        harm = groups.get("urgent", {}).get(Urgent.HEALTH.value)
        if harm and self._harmful:
            found[self._harmful] = [*found.get(self._harmful, ()), *harm]
        classes = self._weigh(reading, found, self._from_facts("class", facts))
        urgent = self._weigh(reading, groups.get("urgent", {}), ())
        faq = self._faq(reading, groups.get("faq", {}), classes)
        acts = self._acts(
            reading,
            groups.get("act", {}),
            expecting,
            reader,
            slots,
            classes,
            bool(faq and faq[0].score >= SURE),
        )
        kinds = self._kinds(reading, groups.get("kind", {}), classes, urgent, acts, faq)
        wants = _wants(reading, acts)
        choice = chosen_of(reading, expecting.choices, self._lexicon) if expecting.choices else None
        if (
            reader is Reader.TEXT
            and all(act.act is Act.QUESTION for act in acts)
            and not any(slot.field == expecting.field for slot in slots)
            and text.strip()
        ):
            slots.append(
                Slot(
                    expecting.field,
                    reading.raw[:2000].strip(),
                    reading.raw[:2000].strip(),
                    0.7,
                    *_stripped(reading.raw[:2000]),
                )
            )
        return Heard(
            text=text,
            language=language(reading),
            wants_language=wants,
            acts=acts,
            kinds=kinds,
            classes=classes,
            slots=tuple(slots),
            goods=tuple(line.goods for line in goods_lines),
            faq=faq,
            urgent=urgent,
            mood=manner.mood(reading),
            salam=manner.salam(reading),
            honorific=people.honorific(reading) or self._honorific(reading, reader),
            keywords=self._keywords(reading, classes, urgent, hits, taken),
            chosen=choice[0] if choice else "",
            departments=self._weigh(reading, groups.get("department", {}), ()),
            tickets=tickets,
            code=code,
            meaningless=bool(text)
            and not slots
            and not tickets
            and not code
            and not choice
            and all(act.act is Act.QUESTION for act in acts)
            and manner.meaningless(reading, self._known),
        )

    # ---------------------------------------------------------------------------------------------- the values

    def _values(
        self, reading: Reading, expecting: Expecting, reader: Reader | None
    ) -> tuple[list[Slot], list[tuple[int, int]], str, tuple[str, ...]]:
        """Everything written in a form of its own, each place read once, the surest form first."""
        low = reading.low
        slots: list[Slot] = []
        taken: list[tuple[int, int]] = []
        tickets: tuple[str, ...] = ()
        code = ""
        has_digit = _DIGIT.search(low) is not None

        def add(kind: Reader, value: str, start: int, end: int, score: float, problem: str = "") -> None:
            field = expecting.field if reader is kind else self._fields.get(kind, "")
            if field:
                begin, stop = reading.place(start, end)
                slots.append(Slot(field, value, reading.raw[begin:stop], score, begin, stop, problem))
            if score >= SURE or problem:
                taken.append((start, end))

        for value, start, end, score, problem in contacts.emails(reading, reader is Reader.EMAIL):
            add(Reader.EMAIL, value, start, end, score, problem)
        if has_digit:
            prefix = self._sop.about.ticket_prefix
            if prefix.lower() in low:
                tickets = ticket_number.find(low, prefix)
                if tickets:
                    taken += [
                        match.span()
                        for match in re.finditer(
                            rf"{prefix.lower()}[\s.\-_/:#]*[\doil][\doil\s.\-_/:#]{{7,24}}", low
                        )
                    ]
            if expecting.code:
                heard = references.code(reading)
                if heard and not _within(heard[1], taken):
                    code = heard[0]
                    taken.append((heard[1], heard[2]))
            for kind, shape in ((Reader.ORDER, self._orders), (Reader.DELIVERY, self._deliveries)):
                for value, start, end, score, problem in shape.find(low, reader is kind):
                    if not _within(start, taken):
                        add(kind, value, start, end, score, problem)
            for value, start, end, score, problem in contacts.phones(reading, reader is Reader.PHONE):
                if not _within(start, taken):
                    add(Reader.PHONE, value, start, end, score, problem)
            for value, start, end, score in references.batches(reading, reader is Reader.BATCH):
                if not _within(start, taken):
                    add(Reader.BATCH, value, start, end, score)
        for date in dates.expiries(reading, expecting.today, reader is Reader.EXPIRY):
            if not _within(date.start, taken):
                add(Reader.EXPIRY, date.value, date.start, date.end, date.score)
        if reader is not Reader.EXPIRY or not slots:
            for date in dates.dates(reading, expecting.today, reader is Reader.DATE, taken):
                add(Reader.DATE, date.value, date.start, date.end, date.score, date.problem)
        where = people.address(reading, reader is Reader.ADDRESS)
        if where and not (
            reader is Reader.ADDRESS
            and any(
                slot.field and not slot.problem and slot.start <= where[0] and slot.end >= where[1]
                for slot in slots
            )
        ):
            start, end, score = where
            if reader is not Reader.ADDRESS or not (
                slots and end - start - sum(s.end - s.start for s in slots) < 6
            ):
                begin, stop = reading.place(start, end)
                add(Reader.ADDRESS, " ".join(reading.raw[begin:stop].split()), start, end, score)
        named = people.name(reading, reader is Reader.NAME, self._no_names)
        if named and not _within(named[2], taken):
            add(Reader.NAME, named[0], named[2], named[3], named[4])
        slots.sort(key=lambda slot: (slot.start, -slot.score))
        return slots, taken, code, tickets

    def _goods_slots(
        self,
        reading: Reading,
        goods: list[Line],
        counted: list[Count],
        expecting: Expecting,
        reader: Reader | None,
    ) -> list[Slot]:
        """Goods once more as values of the fields for product and quantity."""
        slots: list[Slot] = []
        product_field = expecting.field if reader is Reader.PRODUCT else self._fields.get(Reader.PRODUCT, "")
        quantity_field = (
            expecting.field if reader is Reader.QUANTITY else self._fields.get(Reader.QUANTITY, "")
        )
        for line in goods:
            if line.mention is not None and product_field:
                begin, stop = reading.place(
                    reading.starts[line.mention.first], reading.ends[line.mention.after - 1]
                )
                for id_, score in line.mention.products:
                    slots.append(Slot(product_field, id_, reading.raw[begin:stop], score, begin, stop))
            quantity = line.goods.affected
            if quantity is None and reader is Reader.QUANTITY:
                quantity = line.goods.received or line.goods.ordered
            if quantity is not None and quantity_field:
                count = next(
                    (c for c in counted if c.quantity.count == quantity.count and c.first >= line.first - 8),
                    None,
                )
                if count is not None:
                    begin, stop = reading.place(reading.starts[count.first], reading.ends[count.after - 1])
                    value = f"{quantity.count:g} {quantity.unit}".strip()
                    slots.append(Slot(quantity_field, value, reading.raw[begin:stop], 0.95, begin, stop))
        if reader is Reader.PRODUCT and not any(slot.field == product_field for slot in slots):
            words = [
                (s, e)
                for w, s, e in zip(reading.words, reading.starts, reading.ends, strict=True)
                if w not in self._no_names
            ]
            if words and len(reading.words) <= 8:
                begin, stop = reading.place(words[0][0], words[-1][1])
                slots.append(
                    Slot(product_field, reading.raw[begin:stop], reading.raw[begin:stop], 0.5, begin, stop)
                )
        return slots

    # --------------------------------------------------------------------------------------------- the guesses

    def _from_facts(self, group: str, facts: list[tuple[str, Evidence]]) -> list[tuple[str, float, Evidence]]:
        return [
            (target[1], weight, evidence)
            for fact, evidence in facts
            for target, weight in self._patterns.facts.get(fact, ())
            if target[0] == group
        ]

    def _weigh(
        self,
        reading: Reading,
        found: dict[str, list[Hit[Target]]],
        also: Iterable[tuple[str, float, Evidence]],
    ) -> tuple[Guess, ...]:
        """Guesses by the hits for each id: evidence on other words adds up, on the same words it does not."""
        weights: dict[str, float] = {}
        hard: set[str] = set()
        evidence: dict[str, list[Evidence]] = {}
        for id_, hits in found.items():
            hits.sort(key=lambda hit: (-hit.weight, hit.first - hit.after))
            used: list[Hit[Target]] = []
            for hit in hits:
                if len(used) < _MOST_EVIDENCE and not any(
                    hit.first < u.after and u.first < hit.after for u in used
                ):
                    used.append(hit)
            weights[id_] = sum(hit.weight for hit in used)
            if used and used[0].weight >= HARD:
                hard.add(id_)
            evidence[id_] = [reading.word_evidence(hit.rule, hit.first, hit.after) for hit in used]
        for id_, weight, one in also:
            weights[id_] = weights.get(id_, 0.0) + weight
            evidence.setdefault(id_, []).append(one)
        ranked = sorted(weights, key=lambda id_: (id_ not in hard, -weights[id_], id_))
        guesses = (
            Guess(id_, round(min(0.99, 1 - 0.35 ** weights[id_]), 3), tuple(evidence[id_])) for id_ in ranked
        )
        return tuple(guess for guess in guesses if guess.score >= _LET_IN)[:_MOST_GUESSES]

    def _faq(
        self, reading: Reading, found: dict[str, list[Hit[Target]]], classes: tuple[Guess, ...]
    ) -> tuple[Guess, ...]:
        near = self._faqs.find(reading)
        scores: dict[str, float] = {entry: score for entry, (score, _, _) in near.items() if score >= _LET_IN}
        for entry, hits in found.items():
            scores[entry] = max(scores.get(entry, 0.0), 0.72 + 0.05 * min(len(hits), 3)) + 0.2 * scores.get(
                entry, 0.0
            )
        if classes and classes[0].score >= SURE and not any(hits for hits in found.values()):
            scores = {entry: score * 0.7 for entry, score in scores.items()}
        guesses = []
        for entry in sorted(scores, key=lambda id_: (-scores[id_], id_)):
            evidence = [
                reading.word_evidence(hit.rule, hit.first, hit.after) for hit in found.get(entry, ())[:2]
            ]
            if entry in near:
                _, first, after = near[entry]
                evidence.append(reading.word_evidence("example", first, after))
            if scores[entry] >= _LET_IN:
                guesses.append(Guess(entry, round(min(scores[entry], 0.99), 3), tuple(evidence)))
        return tuple(guesses[:3])

    def _acts(
        self,
        reading: Reading,
        found: dict[str, list[Hit[Target]]],
        expecting: Expecting,
        reader: Reader | None,
        slots: list[Slot],
        classes: tuple[Guess, ...],
        known_question: bool,
    ) -> tuple[ActHeard, ...]:
        heard: dict[Act, ActHeard] = {}
        count = len(reading.words)
        for guess in self._weigh(reading, found, ()):
            act = Act(guess.id)
            score = guess.score
            first = found[guess.id][0].first
            if (
                act in (Act.DONE, Act.DECLINE, Act.CANCEL, Act.BYE, Act.WAIT, Act.REPEAT, Act.UNKNOWN)
                and count > 12
            ):
                score *= 0.6
            if act is Act.GREETING and first > 4:
                score *= 0.5
            if act is Act.DECLINE and not (reader or expecting.yes_no) and count > 4:
                score *= 0.5
            if act is Act.CANCEL and classes and classes[0].score >= SURE:
                score *= 0.6
            heard[act] = ActHeard(act, round(score, 3), guess.evidence)
        for extra in answers.answer(reading, expecting.yes_no, reader is not None):
            heard[extra.act] = extra
        greeting = _greeting_by_hour(reading)
        if greeting is not None and Act.GREETING not in heard:
            heard[Act.GREETING] = ActHeard(Act.GREETING, 0.9, (greeting,))
        if "?" in reading.low and not (Act.QUESTION in heard and heard[Act.QUESTION].score >= 0.8):
            at = reading.low.index("?")
            heard[Act.QUESTION] = ActHeard(Act.QUESTION, 0.75, (reading.evidence("?", at, at + 1),))
        if Act.DECLINE in heard and Act.UNKNOWN in heard and not expecting.yes_no:
            heard.pop(Act.DECLINE)
        if not expecting.yes_no and not reader:
            for act in (Act.UNKNOWN, Act.DECLINE):
                if act in heard and (classes or count > 6):
                    heard[act] = ActHeard(act, min(heard[act].score, 0.5), heard[act].evidence)
        if Act.NO in heard and Act.DECLINE in heard and (reader is not None) and not expecting.yes_no:
            heard[Act.NO] = ActHeard(Act.NO, min(heard[Act.NO].score, 0.5), heard[Act.NO].evidence)
        if Act.NO in heard and not expecting.yes_no and Act.UNKNOWN in heard:
            heard.pop(Act.NO)
        if Act.STATUS in heard and known_question and heard[Act.STATUS].score < 0.85:
            heard[Act.STATUS] = ActHeard(Act.STATUS, 0.5, heard[Act.STATUS].evidence)
        return tuple(sorted(heard.values(), key=lambda one: (-one.score, one.act.value)))

    def _kinds(
        self,
        reading: Reading,
        found: dict[str, list[Hit[Target]]],
        classes: tuple[Guess, ...],
        urgent: tuple[Guess, ...],
        acts: tuple[ActHeard, ...],
        faq: tuple[Guess, ...],
    ) -> tuple[Guess, ...]:
        also: list[tuple[str, float, Evidence]] = []
        question = next((act for act in acts if act.act is Act.QUESTION and act.score >= SURE), None)
        if classes and classes[0].evidence and "complaint" in self._sop.kinds:
            also.append(("complaint", min(2.0, _weight(classes[0].score)), classes[0].evidence[0]))
        elif urgent and urgent[0].evidence and "complaint" in self._sop.kinds:
            also.append(("complaint", 1.0, urgent[0].evidence[0]))
        if question and "question" in self._sop.kinds:
            also.append(("question", 0.9, question.evidence[0]))
        if faq and faq[0].score >= SURE and faq[0].evidence and "question" in self._sop.kinds:
            also.append(("question", 0.8, faq[0].evidence[0]))
        return self._weigh(reading, found, also)

    # ---------------------------------------------------------------------------------------------- the rest

    def _honorific(self, reading: Reading, reader: Reader | None) -> str:
        if reader is not Reader.NAME:
            return ""
        named = people.name(reading, True, self._no_names)
        return named[1] if named else ""

    def _keywords(
        self,
        reading: Reading,
        classes: tuple[Guess, ...],
        urgent: tuple[Guess, ...],
        hits: list[Hit[Target]],
        taken: list[tuple[int, int]],
    ) -> str:
        """The customer's own words for what is wrong: the clause of the best evidence, plainly spelt."""
        best = classes[0].id if classes else ""
        chosen = [hit for hit in hits if hit.target == ("class", best)] or [
            hit for hit in hits if hit.target[0] == "urgent"
        ]
        if not chosen:
            return ""
        hit = max(chosen, key=lambda one: (one.weight, one.after - one.first, -one.first))
        words, clause = reading.words, reading.clauses
        first, after = hit.first, hit.after

        def free(at: int) -> bool:
            return clause[at] == clause[hit.first] and not _within(reading.starts[at], taken)

        while (
            first > 0
            and after - first < _KEYWORDS
            and free(first - 1)
            and words[first - 1] not in _SENTENCE_STARTS
        ):
            first -= 1
        while after < len(words) and after - first < _KEYWORDS and free(after):
            after += 1
        span = [word for word in range(first, after) if not _within(reading.starts[word], taken)]
        while span and (words[span[0]] in _TRIM or words[span[0]] in FILLERS):
            span.pop(0)
        while span and (words[span[-1]] in _TRIM or words[span[-1]] in FILLERS):
            span.pop()
        shown = [
            words[at]
            if words[at] != reading.spelt[at] and reading.spelt[at] in SLANG
            else reading.said(reading.starts[at], reading.ends[at])
            for at in span
        ]
        return " ".join(word.lower() if word.isupper() and len(word) > 1 else word for word in shown)


_DEPARTMENT_FILL = words_of(
    """
    dan and the of bagian department divisi tim team
    """
)
_NAMELIKE = words_of(
    """
    bagus indah baik intan mei juli agus april wulan bulan dewi putri putra sari rini ayu melati mawar
    surya bintang cahaya tono anak kurnia rahmat bayu satu eka dwi tri kopi nanti mas joko slamet
    selamat untung murah susi jaya minggu tua muda lestari melia mega april may june grace will mark
    rose faith hope joy bill jack frank tommy dian rian ria asih kasih teh sabar utama budi
    """
)
_SENTENCE_STARTS = words_of(
    """
    tapi tetapi karena sedangkan padahal but because however lalu terus kemudian
    """
)
_TRIM = words_of(
    """
    saya aku kami kita dan lalu terus yang mau komplain lapor melaporkan karena tapi tetapi kalau
    ternyata jadi itu ini pas waktu i my we and the to want complain that because but a an of mengadu
    pagi siang sore malam selamat keluhan soal tentang
    """
)
_DIGIT = re.compile(r"\d")
_LANGUAGE_NAMES = [
    (language_, re.compile(rf"\b(?:{'|'.join(names)})\b")) for language_, names in act_words.WANTS.items()
]


def _within(start: int, spans: Iterable[tuple[int, int]]) -> bool:
    return any(begin <= start < end for begin, end in spans)


def _weight(score: float) -> float:
    return log(1 - min(score, 0.99)) / log(0.35)


def _stripped(raw: str) -> tuple[int, int]:
    start = len(raw) - len(raw.lstrip())
    return start, len(raw.rstrip())


def _negated(reading: Reading, hit: Hit[Target]) -> bool:
    """Whether the words before a hit deny it: "tidak rusak", "tidak ada yang pecah", "was not damaged"."""
    if hit.target[0] not in ("class", "urgent", "kind"):
        return False
    words = reading.words
    at = hit.first - 1
    if words[hit.first] in NEGATIONS:
        return False
    steps = 0
    while at >= 0 and steps < 4 and reading.clauses[at] == reading.clauses[hit.first]:
        word = words[at]
        if word in NEGATIONS:
            return not (
                word in ("bukan", "not")
                and at + 1 < len(words)
                and words[at + 1] in ("hanya", "cuma", "saja", "only", "just")
            )
        if word in (
            "takut",
            "khawatir",
            "semoga",
            "supaya",
            "agar",
            "afraid",
            "hopefully",
        ) and hit.target == ("urgent", "health"):
            return False
        if word not in BRIDGES:
            return False
        at -= 1
        steps += 1
    return False


def _facts(
    goods: list[Line], slots: list[Slot], fields: dict[Reader, str], expecting: Expecting
) -> list[tuple[str, Evidence]]:
    facts: list[tuple[str, Evidence]] = []
    for line in goods:
        ordered, received = line.goods.ordered, line.goods.received
        if ordered and received and (ordered.unit == received.unit or not ordered.unit or not received.unit):
            rule = (
                ":received_less"
                if received.count < ordered.count
                else ":received_more"
                if received.count > ordered.count
                else ""
            )
            if rule:
                facts.append((rule, Evidence(rule, f"{ordered.count:g}/{received.count:g}")))
    expiry = fields.get(Reader.EXPIRY, "")
    for slot in slots:
        if slot.field == expiry and expiry and slot.value < expecting.today.isoformat()[: len(slot.value)]:
            facts.append((":expired", Evidence(":expired", slot.text, slot.start, slot.end)))
    return facts


def _greeting_by_hour(reading: Reading) -> Evidence | None:
    """ "siang, saya ...": the bare hour of the day as a greeting."""
    words = reading.words
    for at in range(min(2, len(words))):
        if words[at] in ("pagi", "siang", "sore", "malam", "morning", "afternoon", "evening"):
            if at and words[at - 1] not in FILLERS:
                return None
            after = words[at + 1] if at + 1 < len(words) else ""
            if after in ("ini", "tadi", "kemarin", "nanti", "hari"):
                return None
            return reading.word_evidence("greeting by hour", at, at + 1)
        if words[at] not in FILLERS:
            return None
    return None


def _wants(reading: Reading, acts: tuple[ActHeard, ...]) -> str:
    wish = next((act for act in acts if act.act is Act.LANGUAGE and act.score >= SURE), None)
    if wish is None:
        return ""
    said = " ".join(evidence.text.lower() for evidence in wish.evidence)
    for language_, names in _LANGUAGE_NAMES:
        if names.search(said):
            return language_
    return ""
