"""Lines that a mail program broke, joined again: a sentence is understood whole, not line by line."""

from __future__ import annotations

import re
from itertools import pairwise

NARROWEST, WIDEST = 60, 100
"""Columns at which programs break lines (72, 76, 78, rarely 98); a text with longer lines was not broken."""
_BEGINS = re.compile(r"\s*(?:[-*•–>]|\d{1,3}[.)]\s|[a-z][.)]\s)", re.IGNORECASE)
_LABEL = re.compile(r"[^\W\d_][\w ./()-]{0,25}:(?:\s|\Z)")


def joined(text: str) -> str:
    """The text with its broken lines joined by a blank.

    A line was broken by a program when the next line's first word had no more room in the width of the text;
    everybody who presses Enter does so before that. Blank lines, lists and labels stay. Linear time.
    """
    if "\n" not in text:
        return text
    lines = [line.rstrip() for line in text.split("\n")]
    width = max(map(len, lines))
    if not NARROWEST <= width <= WIDEST:
        return text
    out = [lines[0]]
    for before, line in pairwise(lines):
        word = line.split(" ", 1)[0]
        broken = before and word and len(before) + 1 + len(word) > width
        if broken and not _BEGINS.match(line) and not _LABEL.match(line):
            out[-1] = f"{out[-1]} {line.lstrip()}"
        else:
            out.append(line)
    return "\n".join(out)
