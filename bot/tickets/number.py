"""Ticket numbers: `SP-2611-0042-7`. Gapless per prefix and month, and safe to read over the telephone.

`SP` is the pack's prefix, `2611` year and month, `0042` the count of that month, `7` a check digit by Damm's
algorithm: it catches every single wrong digit and every swap of neighbours, which are nearly all that goes
wrong when a number is read aloud or typed. Letters of a prefix that look or sound like digits are told
apart by place: only digits follow the prefix.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from stdnum import damm

_PLACES = 4
_MISREAD = str.maketrans("OoIl", "0011")
_GAP = r"[\s.\-_/:#‐‑‒–—−]{0,3}"
_DIGIT = r"[0-9OoIl]"
_WORDS = {
    "id": ("nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}


def counter_name(prefix: str, at: datetime) -> str:
    """The name of the counter that counts tickets of `at`'s month: `SP-2611`. `at` is local time."""
    return f"{prefix}-{at:%y%m}"


def make(prefix: str, at: datetime, count: int) -> str:
    """The number of the `count`-th ticket (from 1) of the month of `at` (local time): `SP-2611-0042-7`.

    From the 10,000th on the count has more digits. Raises `ValueError` for a count below 1.
    """
    if count < 1:
        raise ValueError(f"A ticket's count begins at 1, not {count}.")
    month, counted = f"{at:%y%m}", f"{count:0{_PLACES}d}"
    return f"{prefix}-{month}-{counted}-{damm.calc_check_digit(month + counted)}"


def find(text: str, prefix: str) -> tuple[str, ...]:
    """All ticket numbers in `text`, as `make` writes them, in order and each once.

    Tolerant as people are: small letters, blanks or dots for hyphens or nothing at all, O for 0, I for 1.
    Strict where it matters: a number with a wrong check digit, a thirteenth month, or more digits hanging
    on is no ticket number. Takes linear time on any text.
    """
    found: dict[str, None] = {}
    for match in _pattern(prefix).finditer(text):
        digits = re.sub(r"[^0-9]", "", match["digits"].translate(_MISREAD))
        month, counted = digits[:4], digits[4:-1]
        if not "01" <= month[2:] <= "12" or int(counted) < 1:
            continue
        if len(counted) > _PLACES and counted.startswith("0"):
            continue
        if damm.is_valid(digits):
            found[f"{prefix}-{month}-{counted}-{digits[-1]}"] = None
    return tuple(found)


def spoken(number: str, language: str) -> str:
    """The number to be read aloud, in groups: `S P, dua enam satu satu, nol nol empat dua, tujuh`."""
    words = _WORDS["en" if language == "en" else "id"]
    groups = (
        " ".join(words[int(sign)] if sign.isascii() and sign.isdigit() else sign for sign in group)
        for group in number.split("-")
    )
    return ", ".join(groups)


@lru_cache(maxsize=16)
def _pattern(prefix: str) -> re.Pattern[str]:
    letters = _GAP.join(re.escape(letter) for letter in prefix)
    digits = rf"(?P<digits>{_DIGIT}(?:{_GAP}{_DIGIT}){{8,11}})"
    return re.compile(rf"(?<![A-Za-z0-9]){letters}{_GAP}{digits}(?![A-Za-z0-9])", re.IGNORECASE)
