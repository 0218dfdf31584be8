"""Days as people say them in words: "kemarin", "senin lalu", "tanggal 5", "3 hari yang lalu", "Nov 21st"."""

from __future__ import annotations

import re
from datetime import date, timedelta

from msgspec import Struct

from bot.understanding.text import Reading
from bot.understanding.words import MONTHS, NUMBERS, WEEKDAYS, words_of

SOON = 14
"""A day without a year that lies further ahead than this was last year's."""
_DAYS_AGO = ("lalu", "kemarin", "ago", "silam", "sebelumnya", "earlier", "back")
_UNITS = {"hari": 1, "day": 1, "days": 1, "minggu": 7, "pekan": 7, "week": 7, "weeks": 7}
_UNITS |= {"bulan": 30, "month": 30, "months": 30}
_SINGLE = {"sehari": 1, "seminggu": 7, "sepekan": 7, "sebulan": 30}
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")

_RELATIVE = """
2 0.9  kemarin dulu | kemarin lusa
1 0.95 kemarin pagi | kemarin siang | kemarin sore | kemarin malam | kemarin
1 0.95 yesterday morning | yesterday afternoon | yesterday evening | yesterday night | yesterday | last night
0 0.95 today | tadi pagi | tadi siang | tadi sore | hari ini | pagi ini | siang ini | sore ini
0 0.95 this morning | this afternoon | this evening
0 0.7  barusan | tadi
1 0.9  tadi malam | semalam
2 0.95 the day before yesterday | day before yesterday
-2 0.95 lusa
-1 0.95 besok | tomorrow
7 0.5  last week | past week | minggu lalu | minggu kemarin | minggu yang lalu
7 0.5  pekan lalu | pekan kemarin | pekan yang lalu
30 0.5 last month | past month
30 0.4 bulan lalu | bulan kemarin
"""
"""How many days ago, how sure, and the words for it."""


def _relative() -> dict[str, list[tuple[tuple[str, ...], int, float]]]:
    """By the first word: the words after it, how many days ago, how sure; the longest first."""
    said: list[tuple[list[str], int, float]] = []
    for line in _RELATIVE.strip().splitlines():
        days, score, phrases = line.split(maxsplit=2)
        said += [(phrase.split(), int(days), float(score)) for phrase in phrases.split("|")]
    for word, days_ in _SINGLE.items():
        sure = 0.9 if days_ == 1 else 0.6
        said += [([word, *ago.split()], days_, sure) for ago in (*_DAYS_AGO, "yang lalu")]
    said += [([one, unit, "ago"], days_, 0.6) for one in ("a", "an") for unit, days_ in _UNITS.items()]
    table: dict[str, list[tuple[tuple[str, ...], int, float]]] = {}
    for words, days_, sure in sorted(said, key=lambda entry: -len(entry[0])):
        table.setdefault(words[0], []).append((tuple(words[1:]), days_, sure))
    return table


_AGO = _relative()
STARTS = (
    words_of("hari last this the tanggal minggu bulan on")
    | _AGO.keys()
    | WEEKDAYS.keys()
    | MONTHS.keys()
    | NUMBERS.keys()
)
"""Words that a day begins with, besides figures."""


class Date(Struct):
    """A date heard: `value` ISO (or `YYYY-MM` where only a month was said), span in `low`, score, problem."""

    value: str
    start: int
    end: int
    score: float
    problem: str = ""


def worded(reading: Reading, at: int, today: date, *, past: bool, asked: bool = False) -> Date | None:
    """The day that begins at word `at`, if one does. `past`: it lies behind; `asked`: a date was asked."""
    words = reading.words
    word = words[at]
    if word[0].isdigit() or word in NUMBERS:
        return _counted(reading, at, today, past)
    for after, days, score in _AGO.get(word, ()):
        if tuple(words[at + 1 : at + 1 + len(after)]) == after:
            before = words[at - 1] if at else ""
            if word == "minggu" and before == "hari":
                return _ago(reading, at, 2, today, _since(today, 6), 0.95)
            if word == "bulan" and before[:1].isdigit():
                break
            return _ago(reading, at, 1 + len(after), today, days, score)
    one, two, three = (*words[at + 1 : at + 4], "", "", "")[:3]
    if word in WEEKDAYS and at and words[at - 1] in ("pasar", "ps"):
        return None  # Pasar Senen, Pasar Minggu: places
    if word in ("hari", "on", "last", "this") and one in WEEKDAYS:
        used = 2
        if two in ("lalu", "kemarin", "ini") or (two == "yang" and three == "lalu"):
            used = 4 if two == "yang" else 3
        following = words[at + used : at + used + 1]
        if following and following[0][0].isdigit():
            return None
        return _ago(reading, at, used, today, _since(today, WEEKDAYS[one]), 0.9)
    if word in WEEKDAYS and word not in ("minggu", "sun", "sat", "wed", "mon"):
        if one in ("lalu", "kemarin", "ini"):
            return _ago(reading, at, 2, today, _since(today, WEEKDAYS[word]), 0.95)
        if one == "yang" and two == "lalu":
            return _ago(reading, at, 3, today, _since(today, WEEKDAYS[word]), 0.95)
        if (
            one in ("depan", "sampai")
            or one[:1].isdigit()
            or (at and words[at - 1] in ("sampai", "to", "setiap", "every"))
        ):
            return None
        return _ago(reading, at, 1, today, _since(today, WEEKDAYS[word]), 0.8 if asked else 0.7)
    if word == "tanggal" or (word == "the" and _ORDINAL.fullmatch(one) and two != "of"):
        return _day_of(reading, at + 1, today, past, at)
    if word in MONTHS and one[:1].isdigit():
        return _month_first(reading, at, today, past)
    return None


def _ago(reading: Reading, at: int, used: int, today: date, days: int, score: float) -> Date | None:
    try:
        value = today - timedelta(days=days)
    except OverflowError:
        return None
    last = min(at + used, len(reading.words)) - 1
    return Date(value.isoformat(), reading.starts[at], reading.ends[last], score)


def _counted(reading: Reading, at: int, today: date, past: bool) -> Date | None:
    """A day that begins with a number: "3 hari lalu", "5 november"."""
    words = reading.words
    one, two, three = (*words[at + 1 : at + 4], "", "", "")[:3]
    if one in _UNITS and (count := _count(words[at])) is not None:
        used = 3 if two in _DAYS_AGO else 4 if two == "yang" and three == "lalu" else 0
        score = 0.9 if _UNITS[one] == 1 else 0.7
        return _ago(reading, at, used, today, count * _UNITS[one], score) if used else None
    return _day_of(reading, at, today, past, at)


def _count(word: str) -> int | None:
    if word.isdigit() and len(word) <= 3:
        return int(word)
    value = NUMBERS.get(word)
    return int(value) if value is not None else None


def _day_of(reading: Reading, at: int, today: date, past: bool, first: int) -> Date | None:
    """The day at word `at`: "5 bulan ini", "5 november", "21 nov 2026"; a bare "5" only after "tanggal"."""
    words = reading.words
    if at >= len(words):
        return None
    word = words[at]
    if not word.isdigit() or len(word) > 2:
        return None
    day = int(word)
    next_ = at + 1
    if next_ < len(words) and words[next_] in ("st", "nd", "rd", "th"):
        next_ += 1
    if next_ < len(words) and words[next_] == "of":
        next_ += 1
    following = words[next_] if next_ < len(words) else ""
    if following in MONTHS:
        month = MONTHS[following]
        year_word = words[next_ + 1] if next_ + 1 < len(words) else ""
        return _dated(reading, first, next_, day, month, year_word, today, past)
    if first == at:
        return None
    year, month = today.year, today.month
    used = at
    if following == "bulan" and next_ + 1 < len(words) and words[next_ + 1] in ("ini", "lalu", "kemarin"):
        used = next_ + 1
        if words[used] != "ini":
            year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    elif past and day > today.day:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    if used == at and next_ > at + 1:
        used = next_ - 1
    value = iso(year, month, day)
    return Date(value, reading.starts[first], reading.ends[used], 0.9) if value else None


def _month_first(reading: Reading, at: int, today: date, past: bool) -> Date | None:
    words = reading.words
    day = words[at + 1]
    if day.isdigit() and len(day) == 4:
        if past:
            return None
        return Date(f"{day}-{MONTHS[words[at]]:02}", reading.starts[at], reading.ends[at + 1], 0.9)
    if not day.isdigit() or len(day) > 2:
        return None
    last = at + 1
    if last + 1 < len(words) and words[last + 1] in ("st", "nd", "rd", "th"):
        last += 1
    year_word = words[last + 1] if last + 1 < len(words) else ""
    return _dated(reading, at, last, int(day), MONTHS[words[at]], year_word, today, past)


def _dated(
    reading: Reading, first: int, last: int, day: int, month: int, year_word: str, today: date, past: bool
) -> Date | None:
    year = None
    score = 0.95
    if year_word.isdigit() and len(year_word) == 4 and 1990 <= int(year_word) <= today.year + 30:
        year = int(year_word)
        last += 1
    elif (
        year_word.isdigit()
        and len(year_word) == 2
        and reading.low[reading.ends[last]] == " "
        and abs(2000 + int(year_word) - today.year) <= 3
    ):
        year = 2000 + int(year_word)
        last += 1
        score = 0.85
    if year is None:
        year = today.year
        value = iso(year, month, day)
        if past and value and value > today.isoformat():
            days_ahead = (date.fromisoformat(value) - today).days
            year -= 1 if days_ahead > SOON else 0
    value = iso(year, month, day)
    return Date(value, reading.starts[first], reading.ends[last], score) if value else None


def iso(year: int, month: int, day: int) -> str:
    """The ISO date, "" when there is no such day."""
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _since(today: date, weekday: int) -> int:
    """How many days ago the latest `weekday` (0 is Monday) before `today` was."""
    return (today.weekday() - weekday - 1) % 7 + 1
