"""Words that leave a chat: what is longer than one message may be, and choices where no button can be. Pure.

The wording keeps texts short enough and choices few enough; what it does not must not be lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from channels.base import Choice

_ENDS = (re.compile(r"\n\s*\n"), re.compile(r"\n"), re.compile(r"[.!?…][)\"'”]*\s"), re.compile(r"\s"))
"""Where a text may be cut, the best places first."""


def units(text: str) -> int:
    """The length of a text in UTF-16 units, two for most emoji: so Telegram counts."""
    return len(text) + sum(each > "\uffff" for each in text)


def split(text: str, most: int) -> list[str]:
    """The text in parts of at most `most` units, cut at the best place in the second half of each; nothing
    but white space at the cuts is left out. An empty text has no parts."""
    parts: list[str] = []
    rest = text.strip()
    while units(rest) > most:
        end = _end(rest, most)
        parts.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*parts, rest] if rest else parts


def numbered(text: str, choices: Iterable[Choice]) -> str:
    """The text with its choices below, to be answered by number or by word."""
    return "\n".join(filter(None, (text, *(f"{n}. {each.label}" for n, each in enumerate(choices, 1)))))


def _end(text: str, most: int) -> int:
    fits = _fitting(text, most)
    for ends in _ENDS:
        found = [match.end() for match in ends.finditer(text, fits // 2, fits)]
        if found:
            return found[-1]
    return fits


def _fitting(text: str, most: int) -> int:
    """How many characters of the text fit into `most` units, at least one."""
    if len(text) * 2 <= most:
        return len(text)
    size = 0
    for place, each in enumerate(text):
        size += 1 + (each > "\uffff")
        if size > most:
            return max(place, 1)
    return len(text)
