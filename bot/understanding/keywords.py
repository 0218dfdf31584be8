"""The customer's own words for what is wrong, fit for restating."""

from __future__ import annotations

from bot.understanding.heard import Guess
from bot.understanding.patterns import Hit
from bot.understanding.slang import SLANG
from bot.understanding.text import Reading
from bot.understanding.values import within
from bot.understanding.weighing import Target
from bot.understanding.words import FILLERS, words_of

_KEYWORDS = 9
_SENTENCE_STARTS = words_of(
    """
    tapi tetapi karena sedangkan padahal but because however lalu terus kemudian
    """
)
_TRIM = words_of(
    """
    saya aku kami kita dan lalu terus yang mau komplain lapor melaporkan karena tapi tetapi kalau
    ternyata jadi itu ini pas waktu i my we and the to want complain that because but a an of mengadu
    masing each pagi siang sore malam selamat keluhan soal tentang
    """
)


def keywords(
    reading: Reading,
    classes: tuple[Guess, ...],
    hits: list[Hit[Target]],
    taken: list[tuple[int, int]],
) -> str:
    """The customer's own words for what is wrong: the clause of the best evidence, plainly spelt."""
    best = classes[0].id if classes else ""
    chosen = [hit for hit in hits if hit.target == ("class", best)] or [
        hit for hit in hits if hit.target[0] == "urgent"
    ]
    if not chosen:
        return ""
    hit = max(chosen, key=lambda one: (one.weight, one.after - one.first, -one.first))
    words, clause = reading.words, reading.clauses
    first, after = hit.first, hit.after

    def free(at: int) -> bool:
        return clause[at] == clause[hit.first] and not within(reading.starts[at], taken)

    while (
        first > 0
        and after - first < _KEYWORDS
        and free(first - 1)
        and words[first - 1] not in _SENTENCE_STARTS
    ):
        first -= 1
    while after < len(words) and after - first < _KEYWORDS and free(after):
        after += 1
    if words[after - 1].isdigit() and after < len(words) and free(after):
        after += 1  # "sudah 5 hari": a number is cut from what it counts by nobody
    span = [word for word in range(first, after) if not within(reading.starts[word], taken)]
    while span and (words[span[0]] in _TRIM or words[span[0]] in FILLERS):
        span.pop(0)
    while span and (words[span[-1]] in _TRIM or words[span[-1]] in FILLERS):
        span.pop()
    shown = [
        words[at]
        if words[at] != reading.spelt[at] and reading.spelt[at] in SLANG
        else reading.said(reading.starts[at], reading.ends[at])
        for at in span
    ]
    return " ".join(word.lower() if word.isupper() and len(word) > 1 else word for word in shown)
