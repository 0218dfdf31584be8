"""How it is said: mood, religious greeting, and whether it says anything at all."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from itertools import pairwise

from bot.understanding.acts import SALAM
from bot.understanding.heard import Mood
from bot.understanding.text import Reading
from bot.understanding.words import ABUSE, ENGLISH, INDONESIAN, NOT_ABUSE_AFTER, UPSET

_ARABIC_SALAM = "السلام عليكم"
_SALAM = re.compile(
    r"\b(?:"
    + "|".join(f"(?P<{faith}>{'|'.join(map(re.escape, words))})" for faith, words in SALAM.items())
    + r")\b"
)
_ROWS = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "poiuytrewq",
    "lkjhgfdsa",
    "mnbvcxz",
    "abcdefghijklmnopqrstuvwxyz",
)
_VOWELS = frozenset("aeiouy")
_LAUGH = re.compile(r"(?:w+k+)+w*|(?:ha|he|hi|hah|heh){2,}h?|x+i+x+i*|lol+|hm+|z+|e+h+|[aeiou]h*")


def mood(reading: Reading) -> Mood:
    """A hint for tone: capitals, exclamation marks and strong words."""
    words = reading.words[:400]
    if not ABUSE.isdisjoint(words) and any(
        word in ABUSE and not (at and words[at - 1] in NOT_ABUSE_AFTER) for at, word in enumerate(words)
    ):
        return Mood.ABUSIVE
    upset = not UPSET.isdisjoint(words)
    raw = reading.raw[:2000]
    large = sum(map(str.isupper, raw))
    letters = sum(map(str.isalpha, raw)) if large >= 8 else 0
    shouting = letters >= 12 and large > 0.6 * letters
    exclaiming = "!!" in raw
    if (shouting and (exclaiming or upset)) or raw.count("!") >= 5:
        return Mood.ANGRY
    if shouting or exclaiming or upset:
        return Mood.UPSET
    return Mood.CALM


def salam(reading: Reading) -> str:
    """The religious greeting used, or ""."""
    match = _SALAM.search(" ".join(reading.words[:12]))
    if match and match.lastgroup:
        return match.lastgroup
    return "islam" if _ARABIC_SALAM in reading.raw[:200] else ""


def meaningless(reading: Reading, known: AbstractSet[str]) -> bool:
    """Whether no word of it carries meaning. `known` are the words of the pack."""
    if not reading.words:
        return True
    for word in reading.words[:60]:
        if word[0].isdigit():
            return False
        if not word.isascii():
            return False
        if word in INDONESIAN or word in ENGLISH or word in known:
            if _LAUGH.fullmatch(word) or len(word) == 1:
                continue
            return False
        if not mashed(word):
            return False
    return True


def mashed(word: str) -> bool:
    """Whether `word` looks like a hand on the keyboard, or is only a noise."""
    if _LAUGH.fullmatch(word):
        return True
    if len(word) < 3:
        return True
    if len(set(word)) <= 2 and len(word) >= 4:
        return True
    if len(word) >= 4 and not (set(word) & _VOWELS):
        return True
    if re.search(r"[bcdfghjklmnpqrstvwxz]{5,}", word):
        return True
    for row in _ROWS:
        for at in range(len(row) - 3):
            if row[at : at + 4] in word:
                covered = sum(1 for one, two in pairwise(word) if one + two in row)
                if covered * 3 >= (len(word) - 1) * 2:
                    return True
    return False
