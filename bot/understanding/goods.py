"""Lines of goods: which product, how many were ordered, how many came, how many are concerned."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct
from msgspec.structs import replace

from bot.understanding import roles
from bot.understanding.counts import Count
from bot.understanding.heard import Goods, Quantity
from bot.understanding.products import Mention
from bot.understanding.text import Reading
from bot.understanding.words import (
    AFFECTED,
    ENGLISH,
    FILLERS,
    GOODS,
    INDONESIAN,
    MONTHS,
    NEGATIONS,
    NUMBERS,
    ORDERED,
    RECEIVED,
    WEEKDAYS,
    words_of,
)

_NAMELIKE = 3
_NOT_GOODS = (
    INDONESIAN, ENGLISH, FILLERS, NUMBERS, NEGATIONS, MONTHS, WEEKDAYS, AFFECTED, RECEIVED, ORDERED,
)  # fmt: skip
"""Words that end the name of goods the pack does not know."""
_EACH = ("masing", "each")
_AMOUNT = words_of(
    """
    jumlah jumlahnya total qty quantity banyak banyaknya sebanyak amount
    """
)


class Line(Struct, frozen=True):
    """A line of goods with the words it was read from, and what the product may be."""

    goods: Goods
    mention: Mention | None
    first: int
    after: int


def lines(
    reading: Reading,
    mentions: list[Mention],
    counted: list[Count],
    *,
    asked_count: bool,
    known: AbstractSet[str],
    offered: bool,
    packed: Mapping[str, AbstractSet[str]],
    taken: Sequence[tuple[int, int]] = (),
    plain: AbstractSet[str] = frozenset(),
) -> list[Line]:
    """The goods of a message, in the order they were named.

    `known` are words that mean something else (cues), so that they end an unknown product's name; `offered`:
    a restatement awaits its yes or no, so that goods after a "bukan" are what is denied; `packed` are the
    units each product comes in, which may tell which of several is meant ("2 sak gula"); `taken` are places
    in the text read as something else already; `plain` are all words with a meaning, which are no brands.
    """
    if not mentions and not counted:
        return []
    words = reading.words
    mentions = [_branded(reading, m, plain) for m in mentions]
    counted = [
        c for c in counted if not any(m.first < c.after and c.first < m.after and c.bare for m in mentions)
    ]
    clause = roles.clauses(reading)
    mentions = [m for m in mentions if not _only_packs(m, mentions, counted, clause)]
    counted = [c for c in counted if not _size_of(c, mentions)]
    denied = [m for m in mentions if roles.denied(reading, m.first)]
    if offered or len(denied) < len(mentions):
        mentions = [m for m in mentions if m not in denied or roles.delivered_before(reading, m.first)]
    counted = [c for c in counted if not (roles.denied(reading, c.first) and len(counted) > 1)]
    spans = [(c.first, c.after) for c in counted] + [(m.first, m.after) for m in mentions]
    spans += [_words_in(reading, start, end) for start, end in taken]
    kept: list[tuple[Count, str]] = []
    previous_role = ""
    for number, count in enumerate(counted):
        before = counted[number - 1].after if number else 0
        beyond = counted[number + 1].first if number + 1 < len(counted) else len(words)
        if roles.part_of(words, count, counted, number):
            beyond = counted[number + 2].first if number + 2 < len(counted) else len(words)
            role = roles.role_of_part(words, count, before, counted[number + 1].after, beyond, clause)
        else:
            role = roles.role(reading, count, before, beyond, clause, previous_role)
        named = count.first and words[count.first - 1] in _AMOUNT
        if (
            count.bare
            and not role
            and not asked_count
            and not named
            and not _adjacent(count, mentions, clause)
        ):
            continue
        if (
            count.bare
            and not role
            and not asked_count
            and previous_role == ""
            and len(words) > 12
            and not mentions
        ):
            continue
        if role:
            previous_role = role
        kept.append((count, role))
    kept = [(count, _of_which(words, kept, number) or role) for number, (count, role) in enumerate(kept)]
    items: list[tuple[Count, str, Mention | None, tuple[int, int] | None]] = []
    bound: set[int] = set()
    for number, (count, role) in enumerate(kept):
        mention = _mention_for(reading, kept, number, mentions, clause, bound)
        unknown = None
        if mention is not None and mention.first >= count.after:
            unknown_before = _unknown(reading, count, known, spans)
            if unknown_before and unknown_before[1] <= mention.first and unknown_before[0] < mention.first:
                unknown = unknown_before
                mention = None
        elif mention is None or not _near_before(mention, count):
            unknown = _unknown(reading, count, known, spans)
            if unknown:
                mention = None
        if mention is not None:
            bound.add(mention.first)
        items.append((count, role, mention, unknown))
    found = _assemble(reading, items, mentions, bound)
    for count, role in kept:
        if _each(words, count):
            found = _shared(found, count.quantity, role or "affected")
    return [_decided(line, packed) for line in found]


def _each(words: list[str], count: Count) -> bool:
    """Whether a count holds for each of the goods: "masing-masing 1 dus", "2 boxes each", "one of each"."""
    before, after = words[max(0, count.first - 2) : count.first], words[count.after : count.after + 2]
    if before and before[-1] in AFFECTED | RECEIVED | ORDERED:  # "masing-masing pecah 1 dus"
        before.pop()
    return any(marker in _EACH for marker in (*before[-1:], *after[:1])) or after == ["of", "each"]


def _shared(found: list[Line], quantity: Quantity, role: str) -> list[Line]:
    """Each of the goods named with its share, unless it has a count of its own; where none is named, the
    count holds for those that were named before."""
    named = [line for line in found if line.goods.product or line.goods.text]
    if not named:
        return [replace(line, goods=replace(line.goods, each=True)) for line in found]
    return [
        line
        if line.goods.ordered or line.goods.received or line.goods.affected
        else replace(line, goods=replace(line.goods, **{role: quantity}))
        for line in named
    ]


def _of_which(words: Sequence[str], kept: Sequence[tuple[Count, str]], number: int) -> str:
    """In "12 botol pecah 4 botol" twelve came and four are broken: the role that this gives, "" for none."""
    for at, role in ((number, "received"), (number - 1, "affected")):
        if not 0 <= at < len(kept) - 1:
            continue
        whole, part = kept[at][0], kept[at + 1][0]
        if (
            part.first - whole.after == 1
            and words[whole.after] in AFFECTED
            and part.quantity.unit == whole.quantity.unit
            and part.quantity.count < whole.quantity.count
            and not any(word in AFFECTED for word in words[part.after : part.after + 2])
        ):
            return role
    return ""


def _branded(reading: Reading, mention: Mention, plain: AbstractSet[str]) -> Mention:
    """A mention of goods in general, with the brand nobody listed that stands before it: "indomie goreng"."""
    words, at = reading.words, mention.first - 1
    if mention.sure or mention.after - mention.first > 1 or at < 0:
        return mention
    word = words[at]
    if word in plain or len(word) < 4 or not word.isalpha() or reading.clauses[at] != reading.clauses[at + 1]:
        return mention
    return Mention(at, mention.after, ())


def _words_in(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """The words from `start` up to (not with) `end`, places in the text."""
    return bisect_left(reading.starts, start), bisect_left(reading.starts, end)


def _decided(line: Line, packed: Mapping[str, AbstractSet[str]]) -> Line:
    """The line with the products its words may mean, as far as its unit leaves them open."""
    if line.mention is None or line.goods.product:
        return line
    goods = line.goods
    among = tuple(product for product, _ in line.mention.products)
    units = {q.unit for q in (goods.ordered, goods.received, goods.affected) if q and q.unit}
    fits = tuple(product for product in among if units <= packed.get(product, frozenset()))
    if len(fits) == 1 < len(among):
        return replace(line, goods=replace(goods, product=fits[0]))
    return replace(line, goods=replace(goods, among=fits or among))


def _size_of(count: Count, mentions: list[Mention]) -> bool:
    return any(m.first <= count.first < m.after for m in mentions)


def _only_packs(mention: Mention, mentions: list[Mention], counted: list[Count], clause: list[int]) -> bool:
    """Whether what is named is only the unit that other goods are counted in: "minyak bocor 4 jerigen"."""
    unit = next((c for c in counted if c.first < mention.first and mention.after <= c.after), None)
    if unit is None:
        return False
    for other in mentions:
        own = any(c is not unit and _adjacent(c, [other], clause) for c in counted)
        if other is not mention and clause[other.first] == clause[mention.first] and not own:
            return True
    return False


def _near_before(mention: Mention, count: Count) -> bool:
    return 0 <= count.first - mention.after <= 3


def _adjacent(count: Count, mentions: list[Mention], clause: list[int]) -> bool:
    return any(
        (0 <= m.first - count.after <= 1 or 0 <= count.first - m.after <= 1)
        and clause[m.first] == clause[count.first]
        for m in mentions
    )


def _mention_for(
    reading: Reading,
    kept: list[tuple[Count, str]],
    number: int,
    mentions: list[Mention],
    clause: list[int],
    bound: set[int],
) -> Mention | None:
    count = kept[number][0]
    previous = next((m for m in reversed(mentions) if m.after <= count.first), None)
    following = next((m for m in mentions if m.first >= count.after), None)
    linked = (
        number + 1 < len(kept)
        and kept[number + 1][0].first == count.after + 1
        and reading.words[count.after] in ("dari", "of", "from")
    )
    next_ = number + 2 if linked else number + 1
    next_count = kept[next_][0].first if next_ < len(kept) else len(reading.words)
    if following is not None and (
        following.first > next_count
        or clause[following.first] != clause[count.first]
        or (following.first - count.after > 4 and previous is not None)
    ):
        following = None
    if (
        previous is not None
        and count.first - previous.after <= 1
        and previous.first not in bound
        and clause[previous.first] == clause[count.first]
    ):
        return previous
    if following is not None and following.first - count.after <= 2:
        return following
    if previous is not None and clause[previous.first] == clause[count.first] and previous.first not in bound:
        return previous
    if following is not None:
        return following
    return previous


def _unknown(
    reading: Reading, count: Count, known: AbstractSet[str], spans: list[tuple[int, int]]
) -> tuple[int, int] | None:
    """The words after a count that name goods the pack does not know: "2 dus keripik kentang"."""
    if count.bare:
        return None
    words = reading.words
    first = count.after
    while first < len(words) and first < count.after + 1 and words[first] in ("of", "isi"):
        first += 1
    last = first
    clause = reading.clauses[count.first]
    while last < len(words) and last - first < _NAMELIKE:
        word = words[last]
        if (
            reading.clauses[last] != clause
            or word[0].isdigit()
            or any(start <= last < end for start, end in spans)
        ):
            break
        if word not in GOODS and (word in known or any(word in group for group in _NOT_GOODS)):
            break
        last += 1
    return (first, last) if last > first and len(words[first]) >= 3 else None


def _assemble(
    reading: Reading,
    items: list[tuple[Count, str, Mention | None, tuple[int, int] | None]],
    mentions: list[Mention],
    bound: set[int],
) -> list[Line]:
    table: dict[str, Line] = {}
    order: list[str] = []

    def key_of(mention: Mention | None, unknown: tuple[int, int] | None) -> str:
        if mention is not None:
            own = mention.sure or "~" + "|".join(sorted(product for product, _ in mention.products))
            for key, line in table.items():
                ids = {product for product, _ in line.mention.products} if line.mention else set()
                if key == own or (
                    ids
                    and ids & {product for product, _ in mention.products}
                    and not (mention.sure and line.mention and line.mention.sure)
                ):
                    return key
            return own
        if unknown is not None:
            return "?" + " ".join(reading.words[unknown[0] : unknown[1]])
        return ""

    def open_line(
        key: str, mention: Mention | None, unknown: tuple[int, int] | None, first: int, after: int
    ) -> Line:
        if key not in table:
            span = (mention.first, mention.after) if mention else unknown
            text = reading.said(reading.starts[span[0]], reading.ends[span[1] - 1]) if span else ""
            table[key] = Line(Goods(mention.sure if mention else "", text), mention, first, after)
            order.append(key)
        elif mention is not None and mention.sure and not table[key].goods.product:
            line = table[key]
            text = reading.said(reading.starts[mention.first], reading.ends[mention.after - 1])
            goods = Goods(mention.sure, text, line.goods.ordered, line.goods.received, line.goods.affected)
            table[key] = replace(line, goods=goods, mention=mention)
        return table[key]

    for count, role, mention, unknown in items:
        key = key_of(mention, unknown)
        if not key and len(order) == 1 and order[0]:
            key = order[0]
        line = open_line(key, mention, unknown, count.first, count.after)
        goods = line.goods
        quantity = count.quantity
        if not quantity.unit and count.bare:
            known_unit = next(
                (q.unit for q in (goods.ordered, goods.received, goods.affected) if q and q.unit), ""
            )
            if not known_unit:
                known_unit = next(
                    (
                        c.quantity.unit
                        for c, _, _, _ in items
                        if c.quantity.unit and role in ("received", "affected")
                    ),
                    "",
                )
            quantity = Quantity(quantity.count, known_unit)
        slot = role or "affected"
        if getattr(goods, slot) is None:
            goods = Goods(
                goods.product,
                goods.text,
                quantity if slot == "ordered" else goods.ordered,
                quantity if slot == "received" else goods.received,
                quantity if slot == "affected" else goods.affected,
            )
        table[key] = replace(line, goods=goods, after=max(line.after, count.after))
    for mention in mentions:
        if mention.first not in bound:
            key = key_of(mention, None)
            open_line(key, mention, None, mention.first, mention.after)
    if (
        "" in table
        and len(order) > 1
        and table[""].goods.ordered is None
        and len([k for k in order if k]) == 1
    ):
        only = next(key for key in order if key)
        line, loose = table[only], table[""].goods
        goods = Goods(
            line.goods.product, line.goods.text, line.goods.ordered, line.goods.received or loose.received,
            line.goods.affected or loose.affected,
        )  # fmt: skip
        table[only] = replace(line, goods=goods)
        order.remove("")
    return sorted((_one_unit(table[key]) for key in order), key=lambda line: line.first)


def _one_unit(line: Line) -> Line:
    """`line` with the unit that was said once standing with each of its counts."""
    goods = line.goods
    unit = next((q.unit for q in (goods.ordered, goods.received, goods.affected) if q and q.unit), "")
    if not unit:
        return line
    ordered, received, affected = (
        Quantity(q.count, unit) if q and not q.unit else q
        for q in (goods.ordered, goods.received, goods.affected)
    )
    return replace(line, goods=Goods(goods.product, goods.text, ordered, received, affected))
