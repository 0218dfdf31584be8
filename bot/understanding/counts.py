"""Counts with their units: "2 dus", "dua dus", "selusin", "setengah lusin", "2 1/2 karton", "a dozen"."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from bot.understanding.heard import Quantity
from bot.understanding.text import Reading
from bot.understanding.words import COUNTERS, HALVES, NOT_COUNTED, NOT_COUNTED_BEFORE, NUMBERS, SIZES, TIMES

_LARGEST = 1_000_000
_YEARS = (2000, 2100)
_MOST = 40
"""Counts of one message that are read; no person writes more."""
_DOZENS = frozenset(("lusin", "dozen", "dozens", "lsn"))


class Count(Struct, frozen=True):
    """A count at the words `first` up to (not with) `after`. `bare`: without a unit."""

    first: int
    after: int
    quantity: Quantity
    bare: bool


def counts(reading: Reading, units: Mapping[str, str], taken: list[tuple[int, int]]) -> list[Count]:
    """All counts in order. `units` maps spellings to unit ids; `taken` are spans of `low` that other readers
    have (phones, dates, order numbers)."""
    words = reading.words
    found: list[Count] = []
    index, total = 0, min(len(words), 1500)
    while index < total and len(found) < _MOST:
        word = words[index]
        if not (
            word[0].isdigit()
            or word in NUMBERS
            or word in HALVES
            or word[:2] == "se"
            or word in ("a", "an", "couple")
        ):
            index += 1
            continue
        count = _count_at(reading, index, units)
        if count is None or _is_taken(reading, count, taken):
            index += 1
            continue
        found.append(count)
        index = max(count.after, index + 1)
    return found


def _is_taken(reading: Reading, count: Count, taken: list[tuple[int, int]]) -> bool:
    start, end = reading.starts[count.first], reading.ends[count.first]
    return any(start < stop and begin < end for begin, stop in taken)


def _count_at(reading: Reading, at: int, units: Mapping[str, str]) -> Count | None:
    words = reading.words
    total = len(words)
    word = words[at]
    after = at + 1
    following = words[after] if after < total else ""
    if at and words[at - 1] in NOT_COUNTED_BEFORE and following not in units:
        return None
    if word in HALVES:
        if following in ("a", "an"):
            after += 1
            following = words[after] if after < total else ""
        if following in _DOZENS and after + 1 < total and words[after + 1] in units:
            return Count(at, after + 2, Quantity(6, units[words[after + 1]]), False)
        if following in units or following in COUNTERS:
            return Count(at, after + 1, Quantity(0.5, units.get(following, "")), False)
        return None
    if word in ("a", "an"):
        if following == "couple":
            after += 2 if after + 1 < total and words[after + 1] == "of" else 1
            unit = words[after] if after < total else ""
            if unit in units or unit in COUNTERS:
                return Count(at, after + 1, Quantity(2, units.get(unit, "")), False)
            return None
        if following in units or following in COUNTERS:
            return Count(at, after + 1, Quantity(1, units.get(following, "")), False)
        return None
    if word == "couple":
        return None
    if word[:2] == "se" and word not in NUMBERS:
        stem = word[2:]
        if stem in units or stem in COUNTERS:
            return Count(at, after, Quantity(1, units.get(stem, "")), False)
        return None
    value, after = _value(reading, at)
    if value is None or not 0 < value <= _LARGEST:
        return None
    following = words[after] if after < total else ""
    if following in HALVES and word not in HALVES:
        value += 0.5
        after += 1
        following = words[after] if after < total else ""
    if following in units or following in COUNTERS:
        unit = units.get(following, "")
        after += 1
        if following in _DOZENS and after < total and words[after] in units:
            return Count(at, after + 1, Quantity(value * 12, units[words[after]]), False)
        return Count(at, after, Quantity(value, unit), False)
    if following in NOT_COUNTED or following in SIZES or following[:1] == "%":
        return None
    end, glued = reading.ends[after - 1], reading.low[max(0, reading.starts[at] - 1) : reading.starts[at]]
    if word[0].isdigit() and glued.isalpha() and glued != "x":
        return None  # "B2611A07"
    if reading.low[end : end + 1] in ("%", "x", "k", "/", ":") or glued in (
        "#", "-", "/", "@", "*"
    ):  # fmt: skip
        return None
    if after - at == 1 and word.isdigit() and (len(word) > 4 or (len(word) > 1 and word[0] == "0")):
        return None
    if word in ("sebuah", "sebiji"):
        return Count(at, after, Quantity(value, units.get("buah", "")), False)
    if after - at == 1 and word.isdigit() and _YEARS[0] <= value < _YEARS[1]:
        return None  # "exp 2027"
    return Count(at, after, Quantity(value), True)


def _value(reading: Reading, at: int) -> tuple[float | None, int]:
    """The number that begins at word `at`, and the word after it."""
    words = reading.words
    total = len(words)
    word = words[at]
    if word[0].isdigit():
        value = digits(word)
        after = at + 1
        if value is None:
            return None, after
        fraction = _fraction(reading, at)
        if fraction is not None:
            return fraction, at + 2
        if after + 1 < total and words[after].isdigit():
            fraction = _fraction(reading, after)
            if fraction is not None and fraction < 1:
                return value + fraction, after + 2
        if after < total and words[after] in TIMES:
            return value * TIMES[words[after]], after + 1
        return value, after
    value = NUMBERS[word]
    after = at + 1
    if after < total and words[after] == "belas" and value < 10:
        return value + 10, after + 1
    if after < total and words[after] in TIMES:
        value *= TIMES[words[after]]
        after += 1
    if (
        value >= 20
        and value % 10 == 0
        and after < total
        and words[after] in NUMBERS
        and NUMBERS[words[after]] < 10
    ):
        value += NUMBERS[words[after]]
        after += 1
    return value, after


def digits(word: str) -> float | None:
    """The number that `word` writes: "2", "2,5", "1.000"."""
    if len(word) > 12:
        return None
    plain = word
    if "." in word or "," in word:
        head, mark, tail = word.replace(",", ".").rpartition(".")
        if "." in head or (len(tail) == 3 and head not in ("0", "")):
            plain = word.replace(".", "").replace(",", "")
        else:
            plain = f"{head}{'.' if mark else ''}{tail}"
    try:
        return float(plain)
    except ValueError:
        return None


def _fraction(reading: Reading, at: int) -> float | None:
    words = reading.words
    if at + 1 >= len(words) or not (words[at].isdigit() and words[at + 1].isdigit()):
        return None
    if reading.low[reading.ends[at] : reading.starts[at + 1]].strip() not in ("/", "⁄"):
        return None
    top, bottom = words[at], words[at + 1]
    if len(top) > 1 or len(bottom) > 1 or bottom in ("0", "1") or int(top) >= int(bottom):
        return None
    return int(top) / int(bottom)
