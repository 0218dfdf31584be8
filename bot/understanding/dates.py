"""Dates as people say them: "kemarin", "senin lalu", "tgl 5", "21/11", "Nov 21st". No library: it would take
14 ms a message and miss half of these."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import islice, zip_longest

from bot.understanding.text import Reading
from bot.understanding.words import COUNTERS, MONTHS, NUMBERS, TIMES, WEEKDAYS, words_of

_AFTER = re.compile(r"\s?([a-z]+)")
_MOST = 20
_SAME = 12
"""Characters between a word for a day and its date: ", tanggal "."""
_SOON = 14
"""A day without a year that lies further ahead than this was last year's."""
_DIGIT = re.compile(r"\d")
_ISO = re.compile(r"(?<![\w-])((?:19|20)\d\d)-(\d{1,2})-(\d{1,2})(?![\w-])")
_SLASHED = re.compile(
    r"(?<![\w/.,-])(\d{1,2})\s?([/.-])\s?(\d{1,2})(?:\s?\2\s?(\d{4}|\d{2}))?(?![\w]|[/.,-]\d)"
)
_MONTH_YEAR = re.compile(r"(?<![\w/.-])(\d{1,2})\s?[/.\-]\s?((?:20)\d\d|\d\d)(?![\w]|[/.-]\d)")
_YEAR = re.compile(r"20\d\d(?![\w]|[/.-]\d)")
_EXPIRY_CUE = re.compile(
    r"\b(?:expir(?:y|ed|es|e|ation)(?:\s*(?:date|dates|nya))?|exp(?:ired)?(?:nya)?|ed|bb|best\s*before|use\s*by|baik\s*digunakan\s*sebelum|kadal[ua]*warsa(?:nya)?|kedaluwarsa(?:nya)?|kadaluarsa(?:nya)?|tgl\s*exp|masa\s*berlaku)\b"
    r"[\s:=.,]*(?:(?:tgl|tanggal|date|bulan|bln|on|in|pada|adalah|is|sampai|di|since|sejak|nya|tahun|masih|was|are|it|still)\b[\s:=.]*){0,3}"
)
_DAYS_AGO = ("lalu", "kemarin", "ago", "silam", "sebelumnya", "earlier", "back")
_UNITS = {"hari": 1, "day": 1, "days": 1, "minggu": 7, "pekan": 7, "week": 7, "weeks": 7}
_UNITS |= {"bulan": 30, "month": 30, "months": 30}
_SINGLE = {"sehari": 1, "seminggu": 7, "sepekan": 7, "sebulan": 30}
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")


class Date:
    """A date heard: `value` ISO (or `YYYY-MM` where only a month was said), span in `low`, score, problem."""

    __slots__ = ("end", "problem", "score", "start", "value")

    def __init__(self, value: str, start: int, end: int, score: float, problem: str = "") -> None:
        self.value = value
        self.start = start
        self.end = end
        self.score = score
        self.problem = problem


def expiries(reading: Reading, today: date, asked: bool) -> list[Date]:
    """Expiry dates: after a word for expiry, or bare when asked for."""
    low = reading.low
    found: list[Date] = []
    for match in islice(_EXPIRY_CUE.finditer(low), _MOST):
        date_ = _expiry_at(reading, match.end(), today)
        if date_:
            found.append(date_)
    if not found and asked:
        for index in range(min(len(reading.words), 12)):
            date_ = _expiry_at(reading, reading.starts[index], today)
            if date_:
                return [date_]
    return found


def _expiry_at(reading: Reading, at: int, today: date) -> Date | None:
    low = reading.low
    match = _ISO.match(low, at)
    if match:
        value = _iso(int(match[1]), int(match[2]), int(match[3]))
        return Date(value, match.start(), match.end(), 0.95) if value else None
    match = _SLASHED.match(low, at)
    if match and match[4]:
        value, score = _day_month(match[1], match[3], match[4], today, False)
        if value:
            return Date(value, match.start(), match.end(), score)
    match = _MONTH_YEAR.match(low, at)
    if match and 1 <= int(match[1]) <= 12:
        year = int(match[2]) + (2000 if len(match[2]) == 2 else 0)
        if 2000 <= year <= today.year + 20 and (len(match[2]) == 4 or year >= today.year - 5):
            return Date(
                f"{year:04}-{int(match[1]):02}",
                match.start(),
                match.end(),
                0.9 if len(match[2]) == 4 else 0.7,
            )
    match = _YEAR.match(low, at)
    if match and today.year - 5 <= int(match[0]) <= today.year + 20:
        return Date(match[0], match.start(), match.end(), 0.7)
    index = next((i for i, start in enumerate(reading.starts) if start >= at), None)
    if index is None or reading.starts[index] - at > 1:
        return None
    return _worded(reading, index, today, past=False)


def dates(reading: Reading, today: date, asked: bool, taken: list[tuple[int, int]]) -> list[Date]:
    """Dates of things that happened; those in the future have the problem `future`."""
    low = reading.low
    found: list[Date] = []
    if _DIGIT.search(low):
        for match in islice(_ISO.finditer(low), _MOST):
            value = _iso(int(match[1]), int(match[2]), int(match[3]))
            if value:
                found.append(Date(value, match.start(), match.end(), 0.97))
        for match in islice(_SLASHED.finditer(low), _MOST):
            if _overlaps(match.start(), match.end(), found):
                continue
            sure = (
                asked
                or match[4] is not None
                or bool(
                    re.search(
                        r"\b(?:tgl|tanggal|date|on|pada|since|sejak|dated)\W*$",
                        low[max(0, match.start() - 12) : match.start()],
                    )
                )
            )
            if match[2] in ".-" and not match[4] and not sure:
                continue
            if (
                not match[4]
                and (after := _AFTER.match(low, match.end()))
                and (after[1] in COUNTERS or after[1] in TIMES)
            ):
                continue
            value, score = _day_month(match[1], match[3], match[4], today, True)
            if value:
                if not sure:
                    score = 0.7 if int(match[1]) > 12 and match[2] == "/" else 0.45
                found.append(Date(value, match.start(), match.end(), score))
    index = 0
    words = reading.words
    count = min(len(words), 600)
    while index < count and len(found) < _MOST:
        word = words[index]
        if word not in _STARTS and not word[0].isdigit():
            index += 1
            continue
        heard = _worded(reading, index, today, past=True, asked=asked)
        if heard and not _overlaps(heard.start, heard.end, found):
            found.append(heard)
            while index < count and reading.starts[index] < heard.end:
                index += 1
        else:
            index += 1
    if not found:
        return found
    found = [
        heard for heard in found if not any(heard.start < end and start < heard.end for start, end in taken)
    ]
    found.sort(key=lambda heard: heard.start)
    # "kemarin tgl 20 November" is one date, and the day that has a number is meant
    found = [
        heard
        for heard, after in zip_longest(found, found[1:])
        if after is None or after.start - heard.end > _SAME or _DIGIT.search(low, heard.start, heard.end)
    ]
    for heard in found:
        if heard.value > today.isoformat():
            heard.problem = "future"
    return found


def _overlaps(start: int, end: int, found: list[Date]) -> bool:
    return any(start < heard.end and heard.start < end for heard in found)


_STARTERS = words_of(
    """
    kemarin tadi barusan hari lusa besok today yesterday tomorrow last this the semalam tanggal minggu
    bulan seminggu sehari sebulan sepekan on day pagi siang sore malam pekan a an dulu minggu-minggu
    just past earlier nanti
    """
) | frozenset(WEEKDAYS) | frozenset(MONTHS)  # fmt: skip
_STARTS = _STARTERS | NUMBERS.keys()


def _worded(reading: Reading, at: int, today: date, *, past: bool, asked: bool = False) -> Date | None:
    """The date that begins at word `at`, if one does."""
    words = reading.words
    word = words[at]
    if word not in _STARTS and not word[0].isdigit():
        return None
    ahead = words[at + 1 : at + 5]
    one = ahead[0] if ahead else ""
    two = ahead[1] if len(ahead) > 1 else ""
    three = ahead[2] if len(ahead) > 2 else ""

    def heard(value: date | None, used: int, score: float = 0.95) -> Date | None:
        if value is None:
            return None
        return Date(
            value.isoformat(), reading.starts[at], reading.ends[min(at + used, len(words)) - 1], score
        )

    def ago(days: int, used: int, score: float = 0.95) -> Date | None:
        try:
            return heard(today - timedelta(days=days), used, score)
        except OverflowError:
            return None

    if word == "kemarin":
        if one in ("dulu", "lusa"):
            return ago(2, 2, 0.9)
        return ago(1, 2 if one in ("pagi", "siang", "sore", "malam") else 1)
    if word == "yesterday":
        return ago(1, 2 if one in ("morning", "afternoon", "evening", "night") else 1)
    if word in ("today", "barusan"):
        return ago(0, 1, 0.95 if word == "today" else 0.7)
    if word == "tadi":
        if one == "malam":
            return ago(1, 2, 0.9)
        return ago(
            0, 2 if one in ("pagi", "siang", "sore") else 1, 0.95 if one in ("pagi", "siang", "sore") else 0.7
        )
    if word == "semalam":
        return ago(1, 1, 0.9)
    if word == "hari" and one == "ini":
        return ago(0, 2)
    if word == "this" and one in ("morning", "afternoon", "evening"):
        return ago(0, 2)
    if word in ("pagi", "siang", "sore") and one == "ini":
        return ago(0, 2)
    if word == "last" and one == "night":
        return ago(1, 2)
    if word == "the" and one == "day" and two == "before" and three == "yesterday":
        return ago(2, 4)
    if word == "day" and one == "before" and two == "yesterday":
        return ago(2, 3)
    if word == "lusa":
        return ago(-2, 1)
    if word in ("besok", "tomorrow"):
        return ago(-1, 1)
    if word in ("last", "past") and one in ("week", "month"):
        return ago(_UNITS[one], 2, 0.5)
    if (
        word in ("minggu", "pekan")
        and one in ("lalu", "kemarin", "yang")
        and (one != "yang" or two == "lalu")
    ):
        if at and words[at - 1] == "hari":
            return heard(_last(today, 6), 2)
        return ago(7, 3 if one == "yang" else 2, 0.5)
    if word == "bulan" and one in ("lalu", "kemarin") and not (at and words[at - 1][0].isdigit()):
        return ago(30, 2, 0.4)
    if word in _SINGLE and (one in _DAYS_AGO or (one == "yang" and two == "lalu")):
        return ago(_SINGLE[word], 3 if one == "yang" else 2, 0.9 if word == "sehari" else 0.6)
    if word in ("a", "an") and one in _UNITS and two == "ago":
        return ago(_UNITS[one], 3, 0.6)
    if word in ("hari", "on", "last", "this") and one in WEEKDAYS:
        used = 2
        if two in ("lalu", "kemarin", "ini") or (two == "yang" and three == "lalu"):
            used = 4 if two == "yang" else 3
        following = words[at + used : at + used + 1]
        if following and following[0][0].isdigit():
            return None
        return heard(_last(today, WEEKDAYS[one]), used, 0.9)
    if word in WEEKDAYS and word != "minggu" and word not in ("sun", "sat", "wed", "mon"):
        if one in ("lalu", "kemarin", "ini"):
            return heard(_last(today, WEEKDAYS[word]), 2)
        if one == "yang" and two == "lalu":
            return heard(_last(today, WEEKDAYS[word]), 3)
        if (
            one == "depan"
            or (one and one[0].isdigit())
            or one == "sampai"
            or (at and words[at - 1] in ("sampai", "to", "setiap", "every"))
        ):
            return None
        return heard(_last(today, WEEKDAYS[word]), 1, 0.8 if asked else 0.7)
    if word == "tanggal" or (word == "the" and _ORDINAL.fullmatch(one) and two != "of"):
        return _day_of(reading, at + 1, today, past, at)
    if word[0].isdigit() or word in NUMBERS:
        count = _count(word)
        if count is not None and one in _UNITS:
            if two in _DAYS_AGO:
                return ago(count * _UNITS[one], 3, 0.9 if _UNITS[one] == 1 else 0.7)
            if two == "yang" and three == "lalu":
                return ago(count * _UNITS[one], 4, 0.9 if _UNITS[one] == 1 else 0.7)
            return None
        return _day_of(reading, at, today, past, at)
    if word in MONTHS and one[:1].isdigit():
        return _month_first(reading, at, today, past)
    return None


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
    value = _iso(year, month, day)
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
        value = _iso(year, month, day)
        if past and value and value > today.isoformat():
            days_ahead = (date.fromisoformat(value) - today).days
            year -= 1 if days_ahead > _SOON else 0
    value = _iso(year, month, day)
    return Date(value, reading.starts[first], reading.ends[last], score) if value else None


def _day_month(day: str, month: str, year: str | None, today: date, past: bool) -> tuple[str, float]:
    score = 0.95
    one, two = int(day), int(month)
    if two > 12 >= one:
        one, two, score = two, one, 0.7
    if year is None:
        number = today.year
        value = _iso(number, two, one)
        if past and value and value > today.isoformat() and (date.fromisoformat(value) - today).days > _SOON:
            number -= 1
        score -= 0.05
    else:
        number = int(year) + (2000 if len(year) == 2 else 0)
    if not 1990 <= number <= today.year + 30:
        return "", 0.0
    return _iso(number, two, one), score


def _iso(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _last(today: date, weekday: int) -> date:
    """The latest `weekday` (0 is Monday) before `today`."""
    return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
