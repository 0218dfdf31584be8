"""Dates as people write them: "21/11", "2026-11-21", "exp 03-27", and the days in words of `days`. No library
is used: it would take 14 ms a message and miss half of these."""

from __future__ import annotations

import re
from datetime import date
from itertools import islice, zip_longest

from bot.understanding.days import SOON, STARTS, Date, iso, worded
from bot.understanding.text import Reading
from bot.understanding.words import COUNTERS, TIMES

_AFTER = re.compile(r"\s?([a-z]+)")
_MOST = 20
_SAME = 12
"""Characters between a word for a day and its date: ", tanggal "."""
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
        value = iso(int(match[1]), int(match[2]), int(match[3]))
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
    return worded(reading, index, today, past=False)


def dates(reading: Reading, today: date, asked: bool, taken: list[tuple[int, int]]) -> list[Date]:
    """Dates of things that happened; those in the future have the problem `future`."""
    low = reading.low
    found: list[Date] = []
    if _DIGIT.search(low):
        for match in islice(_ISO.finditer(low), _MOST):
            value = iso(int(match[1]), int(match[2]), int(match[3]))
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
        if word not in STARTS and not word[0].isdigit():
            index += 1
            continue
        heard = worded(reading, index, today, past=True, asked=asked)
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


def _day_month(day: str, month: str, year: str | None, today: date, past: bool) -> tuple[str, float]:
    score = 0.95
    one, two = int(day), int(month)
    if two > 12 >= one:
        one, two, score = two, one, 0.7
    if year is None:
        number = today.year
        value = iso(number, two, one)
        if past and value and value > today.isoformat() and (date.fromisoformat(value) - today).days > SOON:
            number -= 1
        score -= 0.05
    else:
        number = int(year) + (2000 if len(year) == 2 else 0)
    if not 1990 <= number <= today.year + 30:
        return "", 0.0
    return iso(number, two, one), score
