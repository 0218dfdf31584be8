"""A message as it is read: cleaned, cut into words, every word with its place in the raw text."""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

from bot.understanding.heard import Evidence
from bot.understanding.lexicon import Lexicon

CAP = 6_000
"""Characters of a message that are read; the raw text is kept whole. A long letter has about 4,000."""

_TOKEN = re.compile(r"[^\W\d_]+(?:['’`‘][^\W\d_]+)*2?(?!\d)|[^\W\d_]+|\d+(?:[.,]\d+)*")
_APOSTROPHES = str.maketrans({"’": "'", "`": "'", "‘": "'"})
_SENTENCE = re.compile(r"[.!?\n\r]")
_CLAUSE = re.compile(r"[,;:()\n\r.!?…]|\s[-–—]\s")


class Reading(Struct, frozen=True):
    """One text, ready for the readers.

    `raw` is the whole text; `low` what is read of it, lower case, without marks that do not show; `at[i]`
    is the place in `raw` of `low[i]` (None when both agree). Word `k` is `words[k]` (plain) and stands at
    `low[starts[k]:ends[k]]`, in clause `clauses[k]` of sentence `sentences[k]`. Slang that stands for two
    words gives two words at one place.
    """

    raw: str
    low: str
    at: list[int] | None
    words: list[str]
    starts: list[int]
    ends: list[int]
    clauses: list[int]
    sentences: list[int]
    spelt: list[str]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """The span in the raw text of the span `start`, `end` in `low`."""
        if self.at is None:
            return start, end
        if start >= end:
            return (0, 0)
        return self.at[start], self.at[end - 1] + 1

    def said(self, start: int, end: int) -> str:
        """The raw words at the span `start`, `end` of `low`."""
        begin, stop = self.place(start, end)
        return self.raw[begin:stop]

    def evidence(self, rule: str, start: int, end: int) -> Evidence:
        """Evidence for `rule` at the span `start`, `end` of `low`."""
        begin, stop = self.place(start, end)
        return Evidence(rule, self.raw[begin:stop], begin, stop)

    def word_evidence(self, rule: str, first: int, after: int) -> Evidence:
        """Evidence for `rule` at the words `first` up to (not with) `after`."""
        return self.evidence(rule, self.starts[first], self.ends[after - 1])


def clean(text: str) -> tuple[str, list[int] | None]:
    """`text` folded to plain lower-case letters, and for each letter its place in `text`.

    Compatibility forms become plain (full-width, mathematical, ligatures), accents and marks that do not
    show (zero width, direction) go. The places are None when nothing moved.
    """
    if text.isascii():
        return text.lower(), None
    letters: list[str] = []
    places: list[int] = []
    known: dict[str, str] = {}
    for index, letter in enumerate(text):
        if letter < "\x80":
            letters.append(letter)
            places.append(index)
            continue
        plain = known.get(letter)
        if plain is None:
            plain = known[letter] = _fold(letter)
        for part in plain:
            letters.append(part)
            places.append(index)
    low = "".join(letters).lower()
    if len(low) != len(places):  # lower() never lengthens what _fold left, but a promise is a promise
        low = "".join(letters)
    return low, places


def _fold(letter: str) -> str:
    if letter in "’‘`":
        return "'"
    if letter == "…":
        return "."
    plain = unicodedata.normalize("NFKD", letter).lower()
    if letter in "½¼¾⅓⅔":
        plain = " " + plain.replace("⁄", "/")
    kept = (part for part in plain if unicodedata.category(part) not in ("Mn", "Cf", "Cc", "Cs"))
    return "".join(part for part in kept if len(part.lower()) == 1)


def read(text: str, lexicon: Lexicon) -> Reading:
    """Cut `text` into plain words."""
    low, at = clean(text[:CAP])
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    clauses: list[int] = []
    sentences: list[int] = []
    spelt: list[str] = []
    clause = sentence = 0
    end = 0
    after_number = False
    plain = lexicon.words
    for match in _TOKEN.finditer(low):
        start, stop = match.span()
        if start > end and (gap := low[end:start]) != " " and _CLAUSE.search(gap):
            clause += 1
            if _SENTENCE.search(gap):
                sentence += 1
        end = stop
        token = match.group()
        if token[0].isdigit():
            after_number = True
            meant: tuple[str, ...] = (token,)
        else:
            if token[-1] == "2":
                token = token[:-1]
                stop -= 1
            if "'" in token or "’" in token:
                token = token.translate(_APOSTROPHES)
            kept = after_number and (len(token) == 1 or token in lexicon.units)
            meant = (token,) if kept else plain[token]
            after_number = False
        for word in meant:
            words.append(word)
            starts.append(start)
            ends.append(stop)
            clauses.append(clause)
            sentences.append(sentence)
            spelt.append(token)
    return Reading(text, low, at, words, starts, ends, clauses, sentences, spelt)
