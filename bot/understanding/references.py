"""Order numbers, delivery orders, batches and identity codes: numbers of the company, tolerantly read."""

from __future__ import annotations

import re
from itertools import islice

from bot.understanding.text import Reading

_MOST = 20
_PART = re.compile(r"\\d|\\[-./\s]|\[[^\]]*\]|[A-Za-z0-9]|[-./_ ]")
_COUNT = re.compile(r"\{(\d+)(?:,(\d*))?\}|[+?*]")
_BATCH = re.compile(
    r"\b(?:(?:no(?:mor)?\.?\s*|kode\s*)?batch(?:\s*(?:code|number|no\.?|nya))?|(?:kode|no(?:mor)?\.?)\s*(?:produksi|prod|lot)(?:nya)?|lot(?:\s*(?:no\.?|number))?|kodprod|kode\s*batch|kode(?:nya)?(?=\s*[:=]?\s*[a-z]{1,3}\d{3}))"
    r"\s*(?:is|adalah|[:=#.]|nya)?\s*[:=#]?\s*([a-z]{1,4}\s\d{3,8}\b|(?=[a-z\-/.]{0,10}\d)[a-z0-9](?:[a-z0-9\-/.]{0,22}[a-z0-9])?(?:\s(?=[a-z]{0,3}\d)[a-z0-9]{2,8})?)"
)
_BARE_BATCH = re.compile(
    r"\b(?=[a-z\-/.]{0,10}\d)[a-z0-9](?:[a-z0-9\-/.]{1,22}[a-z0-9])?(?:\s[a-z]?\d{2,8}\b)?"
)
_CODE = re.compile(r"(?<![\w.,/-])(\d{3})[\s.-]?(\d{3})(?![\w]|[.,/-]\d)")
_ORDER_WORDS = r"(?:faktur|invoice|inv|order|pesanan|nota|bon|po|tagihan|pembelian)"
_PHONE_WORDS = r"(?:hp|wa|telp|tel|telepon|handphone|whatsapp|phone|kontak)"
_DELIVERY_WORDS = r"(?:do|delivery\s*order|surat\s*jalan|sj)"


class NumberShape:
    r"""The shape of a company's number, from the pattern in the pack (`INV-\d{4}-\d{4}`), found tolerantly:
    lower case, blanks, dots or nothing for hyphens, the letter O for a zero, and - where a word such as
    "faktur" stands before it, or it was asked for - without its prefix."""

    def __init__(self, pattern: str, words: str) -> None:
        self.exact = re.compile(pattern)
        self._build: list[tuple[str, str]] = []
        prefix = ""
        parts = _parts(pattern)
        if parts is None:
            self._tolerant = None
            self._loose = None
            return
        for kind, value, _, _ in parts:
            if kind == "letter":
                prefix += value
        sep = r"[\s.\-_/#:]{0,2}"
        pieces = []
        group = 0
        for kind, value, low, high in parts:
            if kind == "separator":
                pieces.append(sep)
                self._build.append(("text", value))
            elif kind == "letter":
                pieces.append(re.escape(value.lower()))
                self._build.append(("text", value.upper()))
            else:
                digit = "[0-9o]" if kind == "digit" else value
                pieces.append(
                    f"((?:{digit}[\\s.]?){{{low - 1},{high - 1}}}{digit})" if high > 1 else f"({digit})"
                )
                self._build.append(("group", kind))
                group += 1
        letters = "".join(value for kind, value, _, _ in parts if kind == "letter")
        self.prefix = letters.lower() if prefix == letters else ""
        full = "".join(pieces)
        digits_at = next((i for i, part in enumerate(parts) if part[0] in ("digit", "class")), 0)
        self._tolerant = (
            re.compile(rf"(?<![a-z0-9]){full}(?![a-z0-9])")
            if letters
            else re.compile(rf"(?<![a-z0-9\-.]){full}(?![a-z0-9])")
        )
        tail = "".join(pieces[digits_at:])
        self._loose = re.compile(rf"(?<![\w\-/.]){tail}(?![\w]|[-./]\d|\s\d{{3}})")
        self._cue = re.compile(rf"\b{words}(?:nya)?\b(?:(?!\b{_PHONE_WORDS}\b)[\s\w:#.=]){{0,18}}$")
        self._spoilt = (
            re.compile(
                rf"(?<![a-z0-9]){re.escape(self.prefix)}[\s.\-_/#:]{{0,2}}(\d[\d\s.\-_/]{{1,24}}\d)(?![a-z0-9])"
            )
            if self.prefix
            else None
        )
        self._digits = sum(high for kind, _, _, high in parts if kind in ("digit", "class"))

    def find(self, low: str, asked: bool) -> list[tuple[str, int, int, float, str]]:
        """(canonical value, start, end, score, problem) of each number in `low`."""
        found: list[tuple[str, int, int, float, str]] = []
        if self._tolerant is None:
            for match in islice(self.exact.finditer(low.upper()), _MOST):
                found.append((match.group(), match.start(), match.end(), 0.95, ""))
            return found
        for match in islice(self._tolerant.finditer(low), _MOST):
            value = self._value(match)
            if self.exact.fullmatch(value):
                found.append((value, match.start(), match.end(), 0.97, ""))
        if found or self._loose is None:
            return found
        if self._spoilt is not None:
            for match in islice(self._spoilt.finditer(low), _MOST):
                digits = sum(letter.isdigit() for letter in match.group(1))
                if digits >= self._digits - 3 and digits != self._digits:
                    text = low[match.start() : match.end()].strip().upper()
                    found.append(
                        (text, match.start(), match.end(), 0.9, "short" if digits < self._digits else "long")
                    )
            if found:
                return found
        for match in islice(self._loose.finditer(low), _MOST):
            cue = self._cue.search(low[max(0, match.start() - 36) : match.start()])
            if asked or cue:
                value = self._value(match)
                if self.exact.fullmatch(value):
                    found.append((value, match.start(), match.end(), 0.85 if asked else 0.8, ""))
        return found

    def _value(self, match: re.Match[str]) -> str:
        groups = iter(match.groups())
        out = []
        for kind, value in self._build:
            if kind == "text":
                out.append(value)
            else:
                text = re.sub(r"[\s.]", "", next(groups)).upper()
                out.append(text.replace("O", "0") if value == "digit" else text)
        return "".join(out)


def _parts(pattern: str) -> list[tuple[str, str, int, int]] | None:
    """`pattern` cut into (kind, value, least, most); None where it uses more than letters, digits, classes
    and counts."""
    at = 0
    text = pattern.removeprefix("^").removesuffix("$")
    parts: list[tuple[str, str, int, int]] = []
    while at < len(text):
        match = _PART.match(text, at)
        if not match:
            return None
        piece = match.group()
        at = match.end()
        least = most = 1
        count = _COUNT.match(text, at)
        if count:
            at = count.end()
            if count.group() == "+":
                least, most = 1, 20
            elif count.group() == "?" or count.group() == "*":
                return None
            else:
                least = int(count.group(1))
                most = int(count.group(2)) if count.group(2) else (least if count.group(2) is None else 20)
        if piece in (r"\d", "[0-9]"):
            parts.append(("digit", "[0-9]", max(least, 1), most))
        elif piece[0] == "[":
            parts.append(("class", piece.lower(), max(least, 1), most))
        elif piece.lstrip("\\") in ("-", ".", "/", "_", " ", "s"):
            parts.append(("separator", piece.lstrip("\\"), least, most))
        elif count:
            parts.append(("class", f"[{piece.lower()}]", max(least, 1), most))
        else:
            parts.append(("letter", piece, 1, 1))
    return parts


def orders(pattern: str | None) -> NumberShape:
    """The shape of order numbers; without a pattern in the pack the usual `INV-2611-0457`."""
    return NumberShape(pattern or r"INV-\d{4}-\d{4}", _ORDER_WORDS)


def deliveries(pattern: str | None) -> NumberShape:
    """The shape of delivery-order numbers."""
    return NumberShape(pattern or r"DO-\d{4}-\d{4}", _DELIVERY_WORDS)


_SHORTEST = 3
"""A batch code has at least so many characters: "2 dus" and "1" are none."""


def batches(reading: Reading, asked: bool) -> list[tuple[str, int, int, float]]:
    """(value in capitals, start, end, score) of each batch code."""
    low = reading.low
    found = []
    for match in islice(_BATCH.finditer(low), _MOST):
        found.append((match.group(1).upper(), match.start(1), match.end(1), 0.9))
    if not found and asked and len(low) <= 80:
        match_ = _BARE_BATCH.search(low)
        if match_ and len(match_.group()) >= _SHORTEST:
            found.append((match_.group().upper(), match_.start(), match_.end(), 0.85))
    return found


def code(reading: Reading) -> tuple[str, int, int] | None:
    """(six digits, start, end) of an identity code."""
    match = _CODE.search(reading.low)
    return (match.group(1) + match.group(2), match.start(), match.end()) if match else None
