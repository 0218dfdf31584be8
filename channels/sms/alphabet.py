r"""What an SMS costs: the GSM alphabet, how a text falls into parts, plain twins of dear characters. Pure.

One SMS holds 160 characters of the GSM alphabet (3GPP TS 23.038), or 70 of anything else; a longer text goes
in parts of 153 or 67, each paid for. Ten characters (`€ ^ { } [ ] ~ | \` and form feed) count double. One
character outside the alphabet makes the whole text dear.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""Characters that count once."""
EXTENDED = frozenset("\f^{}\\[~]|€")
"""Characters that count twice: an escape stands before each."""

SINGLE, PART = 160, 153
"""Septets of an SMS, and of each part of a longer one."""
WIDE_SINGLE, WIDE_PART = 70, 67
"""The same in UTF-16 units, once a character is not in the alphabet."""

_TWINS = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201b": "'", "\u2032": "'", "\u00b4": "'", "`": "'",
    "\u2039": "'", "\u203a": "'", "\u02bc": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2015": "-", "\u2212": "-",
    "\u2026": "...", "\u2022": "-", "\u00b7": "-", "\u25cf": "-", "\u2043": "-", "\u00d7": "x",
    "\u2192": "->", "\u2190": "<-", "\u2713": "v", "\u2714": "v", "\u2044": "/", "\u00b0": "o",
    "\t": " ", "\v": "\n", "\u2028": "\n", "\u2029": "\n\n", "\u0085": "\n",
    "\u00a9": "(c)", "\u00ae": "(R)", "\u2122": "(TM)", "\u00aa": "a", "\u00ba": "o", "\u0131": "i",
    "\u0142": "l", "\u0141": "L", "\u0111": "d", "\u0110": "D", "\u0153": "oe", "\u0152": "OE", "\u00f0": "d",
    "\u00fe": "th",
})  # fmt: skip
"""Characters outside the alphabet that say the same in it, where Unicode itself names no twin."""

FEW = 12
"""Blanks that nobody minds, where a number is kept whole."""
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_TOGETHER = re.compile(r"https?://\S+|\S+@\S+|(?=\S*\d)\S{7,}", re.IGNORECASE)
"""What should not be cut: addresses, and numbers that are long enough to be a ticket's or a telephone's."""


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is as SMS: its parts, its septets or UTF-16 units, and whether it is the dear kind."""

    parts: int
    units: int
    wide: bool


def is_plain(text: str) -> bool:
    """Whether every character is in the GSM alphabet."""
    return all(char in BASIC or char in EXTENDED for char in text)


def units(text: str, *, wide: bool) -> int:
    """Septets, or UTF-16 units (`wide`)."""
    if wide:
        return sum(2 if char > "\uffff" else 1 for char in text)
    return sum(2 if char in EXTENDED else 1 for char in text)


def cut(text: str) -> list[str]:
    """The text as its parts: what a phone gets. No character is torn apart; "" makes one empty part."""
    wide = not is_plain(text)
    single, part = (WIDE_SINGLE, WIDE_PART) if wide else (SINGLE, PART)
    if units(text, wide=wide) <= single:
        return [text]
    pieces: list[str] = []
    start = used = 0
    for place, char in enumerate(text):
        size = units(char, wide=wide)
        if used + size > part:
            pieces.append(text[start:place])
            start, used = place, 0
        used += size
    return [*pieces, text[start:]]


def length(text: str) -> Length:
    """What the text costs."""
    wide = not is_plain(text)
    return Length(len(cut(text)), units(text, wide=wide), wide)


def room(parts: int) -> int:
    """Characters of plain text that fit into so many parts."""
    return SINGLE if parts <= 1 else PART * parts


def plain(text: str) -> str:
    """The text with plain twins for what would make it dear: typographic quotes, dashes and blanks, accents
    that the alphabet lacks. When something remains that has no twin (an emoji), the text stays as it is
    written: it is dear anyway, and every character in it was meant."""
    if is_plain(text):
        return text
    made = "".join(_twin(char) for char in _INVISIBLE.sub("", unicodedata.normalize("NFC", text)))
    return made if is_plain(made) else text


def _twin(char: str) -> str:
    if char in BASIC or char in EXTENDED:
        return char
    found = char.translate(_TWINS)
    if found != char:
        return found
    if char.isspace():
        return " "
    bare = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
    return bare.translate(_TWINS)


def kept_whole(text: str) -> str:
    """The text with blanks before a number or an address that would lie over the end of a part, where this
    costs no further part and few blanks (most phones join the parts, and a gap would be seen): a part that
    comes alone, or late, can still be used."""
    pieces = cut(text)
    if len(pieces) == 1:
        return text
    most = len(pieces)
    wide = not is_plain(text)
    number = 0
    while number < len(pieces) - 1:
        end = sum(map(len, pieces[: number + 1]))
        start = _torn(text, end)
        blanks = 0 if start is None else units(text[start:end], wide=wide)
        if start is not None and blanks <= FEW and start > end - len(pieces[number]):
            padded = text[:start] + " " * blanks + text[start:]
            again = cut(padded)
            if len(again) <= most:
                text, pieces = padded, again
        number += 1
    return text


def _torn(text: str, end: int) -> int | None:
    """Where that begins which lies over `end`."""
    begin = max(text.rfind(" ", 0, end), text.rfind("\n", 0, end)) + 1
    found = _TOGETHER.match(text, begin)
    return begin if found and begin < end < found.end() else None
