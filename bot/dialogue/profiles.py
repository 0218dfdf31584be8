"""The name of a profile on a chat: a name to be called by, or an ornament."""

from __future__ import annotations

import re

_NOBODY = frozenset({
    "hamba allah", "user", "whatsapp user", "telegram user", "no name", "anonymous", "anonim", "admin",
    "unknown",
})  # fmt: skip
"""Names of people who have not given any."""
_ORNAMENTS = re.compile(r"[|/\\()\[\]{}~•·–—:]")
"""What stands before one of these is the name, and what follows a motto or a shop."""
MOST_WORDS = 4
LONGEST = 40
CAPITALS = 3
"""A word of more capitals than this is shouted and no abbreviation."""


def of_profile(name: str) -> str:
    """The name to be called by, without emoji and ornaments; "" when what is left is no name ("~Sultan99~",
    ".", "jgn lupa bayar ya gaes")."""
    name = _ORNAMENTS.split(name, maxsplit=1)[0]
    if any(c.isdigit() for c in name):
        return ""
    plain = "".join(c if c.isalpha() or c in ".'-" else " " for c in name)
    words = [word for word in plain.split() if word.strip(".'-")]
    found = " ".join(words)
    if not 1 <= len(words) <= MOST_WORDS or len(found) > LONGEST or found.lower() in _NOBODY:
        return ""
    if not any(len(word.strip(".'-")) >= CAPITALS for word in words):
        return ""
    return " ".join(_written(word) for word in words)


def _written(word: str) -> str:
    return word.capitalize() if word.islower() or (word.isupper() and len(word) > CAPITALS) else word
