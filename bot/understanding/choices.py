"""Which of the offered choices was meant: by number, by label, "yang pertama", the label's beginning."""

from __future__ import annotations

from collections.abc import Sequence

from bot.understanding.heard import Evidence
from bot.understanding.lexicon import Lexicon
from bot.understanding.text import Reading, read
from bot.understanding.words import FILLERS, words_of

_ORDINALS = {
    "pertama": 1, "kesatu": 1, "kedua": 2, "ketiga": 3, "keempat": 4, "kelima": 5, "keenam": 6, "ketujuh": 7,
    "kedelapan": 8, "kesembilan": 9, "first": 1,
    "second": 2, "third": 3, "fourth": 4, "fifth": 5, "satu": 1, "dua": 2, "tiga": 3, "empat": 4,
    "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9, "one": 1, "two": 2, "three": 3,
    "four": 4, "five": 5, "six": 6,
}  # fmt: skip
_LEADS = words_of(
    """
    nomor no pilihan pilih yang opsi option number the choose saya mau i want nmr choice poin jawaban
    ambil
    """
)


def chosen(
    reading: Reading, choices: Sequence[tuple[str, str]], lexicon: Lexicon
) -> tuple[str, Evidence] | None:
    """The value of the choice that the message names, with the evidence; None when none or several fit."""
    words = [word for word in reading.words if word not in FILLERS]
    plain = reading.raw.strip().lower()
    for value, label in choices:
        if plain in (value.lower(), label.lower()):
            return value, _whole(reading, "choice")
    if not words or len(words) > 8:
        return None
    core = [word for word in words if word not in _LEADS]
    if len(core) == 1:
        word = core[0]
        number = int(word) if word.isdigit() and len(word) <= 2 else _ORDINALS.get(word)
        if word in ("terakhir", "last"):
            number = len(choices)
        if number is not None and 1 <= number <= len(choices):
            return choices[number - 1][0], _whole(reading, "choice number")
        if number is not None:
            return None
    if len(core) == 2 and core[1] in ("one", "terakhir") and core[0] in _ORDINALS | {"last": 0}:
        number = _ORDINALS.get(core[0], len(choices))
        return (choices[number - 1][0], _whole(reading, "choice number")) if number <= len(choices) else None
    fits = []
    for value, label in choices:
        label_words = read(label, lexicon).words
        core_label = [word for word in label_words if word not in FILLERS] or label_words
        if core and core in (core_label, label_words):
            return value, _whole(reading, "choice label")
        if (core and (_begins(core, label_words) or set(core) <= set(core_label))) or (
            core_label and len(core) <= len(core_label) + 3 and set(core_label) <= set(core)
        ):
            fits.append(value)
    if len(fits) == 1:
        return fits[0], _whole(reading, "choice label")
    return None


def _begins(core: list[str], label: list[str]) -> bool:
    if len(core) > len(label):
        return False
    *head, last = core
    return label[: len(head)] == head and len(last) >= 3 and label[len(head)].startswith(last)


def _whole(reading: Reading, rule: str) -> Evidence:
    return reading.evidence(rule, 0, len(reading.low)) if reading.low else Evidence(rule, "")
