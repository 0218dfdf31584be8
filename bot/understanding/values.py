"""Everything a customer writes in a form of its own, as values of the pack's fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from bot.sop.model import Reader, Sop
from bot.tickets import number as ticket_number
from bot.understanding import contacts, dates, people, references
from bot.understanding.counts import Count
from bot.understanding.goods import Line
from bot.understanding.heard import SURE, Expecting, Slot
from bot.understanding.signatures import closing, signed
from bot.understanding.text import Reading
from bot.understanding.words import FILLERS, NO, PLACES, YES

_NO_NAME = YES | NO | FILLERS | PLACES
_DIGIT = re.compile(r"\d")


class Values:
    """The readers of values, set for a pack. `no_names` are words that are nobody's name, `heads` the
    first words of what goods are called."""

    def __init__(self, sop: Sop, no_names: AbstractSet[str], heads: AbstractSet[str] = frozenset()) -> None:
        self._prefix = sop.about.ticket_prefix
        self._no_names = no_names
        self._heads = heads
        self._nobody = no_names | heads
        self.fields: dict[Reader, str] = {}
        patterns: dict[Reader, str | None] = {}
        for spec in sop.fields.values():
            self.fields.setdefault(spec.reader, spec.id)
            patterns.setdefault(spec.reader, spec.pattern)
        self._alternatives = {spec.id: spec.alternatives for spec in sop.fields.values()}
        self._contacts = {self.fields.get(Reader.PHONE), self.fields.get(Reader.EMAIL)}
        self._orders = references.orders(patterns.get(Reader.ORDER))
        self._deliveries = references.deliveries(patterns.get(Reader.DELIVERY))

    def find(
        self, reading: Reading, expecting: Expecting, reader: Reader | None
    ) -> tuple[list[Slot], list[tuple[int, int]], str, tuple[str, ...], str]:
        """Everything written in a form of its own, each place read once, the surest form first: values, where
        they stand, an identity code, tickets' numbers, and what the customers call themselves."""
        low = reading.low
        slots: list[Slot] = []
        taken: list[tuple[int, int]] = []
        tickets: tuple[str, ...] = ()
        code = ""
        has_digit = _DIGIT.search(low) is not None

        def add(kind: Reader, value: str, start: int, end: int, score: float, problem: str = "") -> None:
            field = expecting.field if reader is kind else self.fields.get(kind, "")
            if field:
                begin, stop = reading.place(start, end)
                slots.append(Slot(field, value, reading.raw[begin:stop], score, begin, stop, problem))
            if score >= SURE or problem:
                taken.append((start, end))

        for value, start, end, score, problem in contacts.emails(reading, reader is Reader.EMAIL):
            add(Reader.EMAIL, value, start, end, score, problem)
        if has_digit:
            prefix = self._prefix
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
                if heard and not within(heard[1], taken):
                    code = heard[0]
                    taken.append((heard[1], heard[2]))
            for kind, shape in ((Reader.ORDER, self._orders), (Reader.DELIVERY, self._deliveries)):
                for value, start, end, score, problem in shape.find(low, reader is kind):
                    if not within(start, taken):
                        add(kind, value, start, end, score, problem)
            for value, start, end, score, problem in contacts.phones(reading, reader is Reader.PHONE):
                if not within(start, taken):
                    add(Reader.PHONE, value, start, end, score, problem)
            for value, start, end, score in references.batches(reading, reader is Reader.BATCH):
                if not within(start, taken):
                    add(Reader.BATCH, value, start, end, score)
        for date in dates.expiries(reading, expecting.today, reader is Reader.EXPIRY):
            if not within(date.start, taken):
                add(Reader.EXPIRY, date.value, date.start, date.end, date.score)
        if reader is not Reader.EXPIRY or not slots:
            for date in dates.dates(reading, expecting.today, reader is Reader.DATE, taken):
                add(Reader.DATE, date.value, date.start, date.end, date.score, date.problem)
        where = people.address(reading, reader is Reader.ADDRESS)
        if where is None and not slots and self._stands_for_address(expecting):
            where = people.place(reading)
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
        titled = self._who(reading, expecting, reader, slots, add, taken)
        honorific = people.honorific(reading) or (titled if reader is Reader.NAME else "")
        slots.sort(key=lambda slot: (slot.start, -slot.score))
        return slots, taken, code, tickets, honorific

    def _stands_for_address(self, expecting: Expecting) -> bool:
        """Whether an address answers as well what was asked: "email, alamat toko juga boleh"."""
        return self.fields.get(Reader.ADDRESS, "") in self._alternatives.get(expecting.field, ())

    def _who(
        self,
        reading: Reading,
        expecting: Expecting,
        reader: Reader | None,
        slots: list[Slot],
        add: Callable[[Reader, str, int, int, float], None],
        taken: list[tuple[int, int]],
    ) -> str:
        """The name; and name and address told in one breath with a phone number or a mailbox. Returns the
        title that the name was given with."""
        signature = None
        contact = any(slot.field in self._contacts and not slot.problem for slot in slots)
        letter = expecting.medium == "email" and contact
        begin = -1
        if not letter and reader is not Reader.NAME and contact:
            first = min(slot.start for slot in slots if slot.field in self._contacts and not slot.problem)
            begin = closing(reading.low, first)
        if reader is Reader.NAME or letter or begin >= 0:
            signature = signed(reading, self._nobody, letter=letter, begin=max(begin, 0))
        if signature is not None and signature.address and not self._has(slots, Reader.ADDRESS):
            begin, stop = reading.place(*signature.address)
            add(Reader.ADDRESS, " ".join(reading.raw[begin:stop].split()), *signature.address, 0.8)
        named = people.name(reading, reader is Reader.NAME, self._no_names)
        if named and not named[1] and (self._is_goods(named[0]) or self._is_answer(reading, named)):
            named = None
        if signature is not None and signature.name and (named is None or named[5] != "name"):
            add(Reader.NAME, signature.name, signature.start, signature.end, 0.85)
        elif named and not within(named[2], taken):
            add(Reader.NAME, named[0], named[2], named[3], named[4])
        if signature is not None and signature.honorific:
            return signature.honorific
        return named[1] if named else ""

    def _has(self, slots: list[Slot], reader: Reader) -> bool:
        return any(slot.field == self.fields.get(reader) for slot in slots)

    @staticmethod
    def _is_answer(reading: Reading, named: tuple[str, str, int, int, float, str]) -> bool:
        """Whether what stands where a name was asked is a yes, a no or a town: "iya bener"."""
        said = [
            word
            for word, start in zip(reading.words, reading.starts, strict=True)
            if named[2] <= start < named[3]
        ]
        return named[5] == "name asked" and all(word in _NO_NAME for word in said)

    def _is_goods(self, name: str) -> bool:
        """Whether a name begins with what goods are called: "susu uht cokelat" is nobody."""
        first, _, _ = name.lower().partition(" ")
        return first in self._heads

    def of_goods(
        self,
        reading: Reading,
        goods: list[Line],
        counted: list[Count],
        expecting: Expecting,
        reader: Reader | None,
        taken: list[tuple[int, int]],
    ) -> list[Slot]:
        """Goods once more as values of the fields for product and quantity."""
        slots: list[Slot] = []
        product_field = expecting.field if reader is Reader.PRODUCT else self.fields.get(Reader.PRODUCT, "")
        quantity_field = (
            expecting.field if reader is Reader.QUANTITY else self.fields.get(Reader.QUANTITY, "")
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
                if w not in self._no_names and not within(s, taken)
            ]
            if words and len(reading.words) <= 8:
                begin, stop = reading.place(words[0][0], words[-1][1])
                slots.append(
                    Slot(product_field, reading.raw[begin:stop], reading.raw[begin:stop], 0.5, begin, stop)
                )
        return slots


def within(start: int, spans: list[tuple[int, int]]) -> bool:
    """Whether `start` lies in one of `spans`."""
    return any(begin <= start < end for begin, end in spans)
