"""Lines of goods: merging what is said bit by bit, and saying them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from bot.sop.model import Reader, Sop
from bot.understanding.heard import Goods, Quantity

_COUNT = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*(?:x\s*)?([a-z_]*)", re.IGNORECASE)


def parse(value: str) -> Quantity | None:
    """`2 dus` to a quantity; None when there is no count in it."""
    found = _COUNT.match(value)
    return Quantity(float(found[1].replace(",", ".")), found[2].lower()) if found else None


def named(line: Goods) -> bool:
    """Whether the line says which goods."""
    return bool(line.product or line.text)


def unclear(line: Goods) -> bool:
    """Whether the line's words leave open which of several products is meant."""
    return not line.product and len(line.among) > 1


def counted(line: Goods) -> bool:
    """Whether the line says how many are concerned."""
    return line.affected is not None or (line.ordered is not None and line.received is not None)


def same(one: Goods, other: Goods) -> bool:
    """Whether two lines speak of the same goods, as far as their words tell."""
    if one.product and other.product:
        return one.product == other.product
    if one.product or other.product:
        return (one.product or other.product) in (one.among or other.among)
    if set(one.among) & set(other.among):
        return True
    return one.text.lower() == other.text.lower() if one.text and other.text else False


def narrows(known: Sequence[Goods], line: Goods) -> bool:
    """Whether a line tells which of several products the `known` goods are: "yang 2 liter"."""
    return bool(line.product) and any(unclear(one) and same(one, line) for one in known)


def _take(old: Goods, new: Goods, *, over: bool) -> Goods:
    """`old` with what `new` says besides; with `over`, what it says instead."""

    def pick(before: object, after: object) -> object:
        return after if after and (over or not before or _names_unit(before, after)) else before

    product = pick(old.product, new.product)
    narrowed = tuple(p for p in old.among if p in new.among) or new.among or old.among
    if not product and len(narrowed) == 1 < len(old.among):
        product = narrowed[0]
    both = replace(
        old,
        product=product,
        text=pick(old.text, new.text),
        among=() if product else narrowed,
        ordered=pick(old.ordered, new.ordered),
        received=pick(old.received, new.received),
        affected=pick(old.affected, new.affected),
        batch=pick(old.batch, new.batch),
        expiry=pick(old.expiry, new.expiry),
    )
    return _consistent(both, new) if over else both


def _names_unit(before: object, after: object) -> bool:
    """Whether the same count is said with its unit: "kurang 1", then "1 dus"."""
    if not (isinstance(before, Quantity) and isinstance(after, Quantity)):
        return False
    return not before.unit and bool(after.unit) and before.count == after.count


def _consistent(line: Goods, new: Goods) -> Goods:
    """After a new count of what is concerned, an old count of what came no longer holds."""
    if new.affected and not new.received and line.received:
        return replace(line, received=None)
    return line


def merge(
    old: tuple[Goods, ...], new: tuple[Goods, ...], *, correction: bool, answers: Reader | None = None
) -> tuple[Goods, ...]:
    """The lines after more was said.

    A correction that names other goods replaces the line it speaks of and its counts; one with counts alone
    changes the counts. `answers`: product or quantity was just asked; an unnamed line belongs to the first.
    """
    if not old:
        return new
    lines = list(old)
    for line in new:
        at = next((n for n, have in enumerate(lines) if same(have, line)), None)
        if at is not None:
            lines[at] = _take(lines[at], line, over=correction or answers is not None)
        elif line.each:
            over = correction or answers is Reader.QUANTITY
            lines = [_take(have, line, over=over) for have in lines]
        elif not named(line):
            at = next((n for n, have in enumerate(lines) if not counted(have)), 0)
            lines[at] = _take(lines[at], line, over=correction or answers is Reader.QUANTITY)
        elif correction and len(new) <= len(lines):
            swapped = min(len(lines) - 1, new.index(line))
            counts = line.affected or line.ordered or line.received
            lines[swapped] = (
                line
                if counts
                else replace(lines[swapped], product=line.product, text=line.text, among=line.among)
            )
        elif not named(lines[0]) or (answers is Reader.PRODUCT and len(lines) == 1):
            lines[0] = _take(replace(lines[0], product="", text="", among=()), line, over=True)
        else:
            lines.append(line)
    return tuple(lines)


def number(count: float, language: str) -> str:
    """`1.250`, `2,5`; English `1,250`, `2.5`."""
    text = f"{count:,.10g}" if count == int(count) else f"{count:,.2f}".rstrip("0")
    if language == "en":
        return text
    return text.translate(str.maketrans(",.", ".,"))


def _singular(label: str) -> str:
    for ending, instead in (("xes", "x"), ("ches", "ch"), ("shes", "sh"), ("s", "")):
        if label.endswith(ending):
            return label[: -len(ending)] + instead
    return label


def amount(quantity: Quantity, sop: Sop, language: str) -> str:
    """`2 dus`, `1 box`."""
    unit = sop.units.get(quantity.unit)
    label = unit.label.in_(language) if unit else quantity.unit
    if language == "en" and quantity.count == 1:
        label = _singular(label)
    return f"{number(quantity.count, language)} {label}".strip()


def name(line: Goods, sop: Sop) -> str:
    """What the goods are called: the pack's name, else the customer's."""
    product = sop.products.get(line.product)
    if product:
        return product.name
    return line.text.lower() if line.text.isupper() or line.among else line.text


_PIECES = re.compile(r"\d+(?:[.,]\d+)?(?: (?:kg|g|l|ml))?(?!\S)|\S+", re.IGNORECASE)


def short_names(products: Sequence[str], sop: Sop, longest: int) -> dict[str, str]:
    """What tells products apart, in at most `longest` characters: `1 L`, `2 L`, `Jeriken 18 L`."""
    pieces = {id_: _PIECES.findall(sop.products[id_].name) for id_ in products}
    uses = Counter(piece for of_one in pieces.values() for piece in set(of_one))
    short: dict[str, str] = {}
    for id_, of_one in pieces.items():
        for most in (len(pieces) - 1, 1):
            label = " ".join(piece for piece in of_one if uses[piece] <= most) or sop.products[id_].name
            if len(label) <= longest:
                break
        if len(label) > longest:
            label = label[: longest + 1].rpartition(" ")[0] or label[:longest]
        short[id_] = label if label not in short.values() else sop.products[id_].name[:longest]
    return short


def phrase(line: Goods, quantity: Quantity | None, sop: Sop, language: str) -> str:
    """`2 dus Minyak Sari Murni`; English `2 boxes of Sari Murni oil`."""
    what = name(line, sop)
    if quantity is None:
        return what
    many = amount(quantity, sop, language)
    if not what:
        return many
    return f"{many} of {what}" if language == "en" and quantity.unit else f"{many} {what}"


def concerned(line: Goods) -> Quantity | None:
    """How many are concerned: said, or what is missing or too many."""
    if line.affected is not None:
        return line.affected
    if line.ordered is not None and line.received is not None and line.ordered.unit == line.received.unit:
        gap = abs(line.ordered.count - line.received.count)
        return Quantity(gap, line.ordered.unit) if gap else line.received
    return line.received or line.ordered
