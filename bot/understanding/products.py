"""Products as customers call them: found word by word in an index of names and aliases.

A message never meets all names: its words look up the few names they occur in. Misspelt words were put right
by the lexicon before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import log

from msgspec import Struct

from bot.understanding.text import Reading
from bot.understanding.words import COUNTERS, NUMBERS, SIZES, words_of

_LINKS = words_of(
    """
    merk merek cap yang rasa isi ukuran kemasan brand of nya the
    """
)
_NO_NAMES = words_of(
    """
    air pagi siang sore malam putih hitam merah jawa botol kaleng isi cap rasa pak cair bubuk wajah
    batang cuci kotak bag bags bar tea daun gunung ria jaya segara ball anti cairan obat pel karung sak
    saset sachet renteng kemasan white sweet ground instan instant full minum lantai nyamuk
    care personal cleaning canned food drinking insect repellent badan perawatan makanan serangga
    pembasmi noodles water full cream baju pakaian piring gigi dapur liter kilo fabric facial floor dish
    """
)
"""Words that are part of names but alone name nothing."""
_MOST = 6
_MOST_MENTIONS = 40
_WINDOW = 3


class Mention(Struct, frozen=True):
    """Goods named at the words `first` up to (not with) `after`; `products` are (id, score), best first.
    One of score 1.0 is sure; several below are what it may be."""

    first: int
    after: int
    products: tuple[tuple[str, float], ...]

    @property
    def sure(self) -> str:
        """The product's id, or "" while several fit."""
        return self.products[0][0] if self.products and self.products[0][1] >= 0.6 else ""


class Products:
    """The index. `names` maps a product id to the plain words of each of its names."""

    def __init__(self, names: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._aliases: list[tuple[str, frozenset[str]]] = []
        seen: set[tuple[str, frozenset[str]]] = set()
        for product, aliases in names.items():
            for alias in aliases:
                entry = (product, frozenset(sized(alias)))
                if entry[1] and entry not in seen:
                    seen.add(entry)
                    self._aliases.append(entry)
        self._at: dict[str, list[int]] = {}
        for number, (_, words) in enumerate(self._aliases):
            for word in words:
                self._at.setdefault(word, []).append(number)
        total = max(len(names), 1)
        spread = {word: len({self._aliases[n][0] for n in numbers}) for word, numbers in self._at.items()}
        self._rare = {word: 1.0 + log(total / count) for word, count in spread.items()}
        self._best = lru_cache(maxsize=2000)(self._named)  # everybody calls a product the same few names

    def find(self, reading: Reading, asked: bool) -> list[Mention]:
        """All mentions in order; `asked`: a product was asked for, so that half a name counts too."""
        words = reading.words
        at = self._at
        places: list[tuple[int, int, str]] = []
        index, count = 0, min(len(words), 1500)
        while index < count:
            word = words[index]
            if index + 1 < count and word[0].isdigit() and words[index + 1] in SIZES:
                size = word.replace(",", ".") + SIZES[words[index + 1]]
                if size in at:
                    places.append((index, index + 2, size))
                    index += 2
                    continue
            elif word in at and not (word in COUNTERS and self._counts(words, index)):
                places.append((index, index + 1, word))
            index += 1
        mentions: list[Mention] = []
        while places and len(mentions) < _MOST_MENTIONS:
            run = 1
            while run < len(places) and run < 10 and self._joined(words, places[run - 1][1], places[run][0]):
                run += 1
            products, used = self._best(tuple([word for _, _, word in places[:run]]), asked)
            if products:
                mentions.append(Mention(places[0][0], places[used - 1][1], products))
            places = places[used:]
        return mentions

    def _counts(self, words: list[str], index: int) -> bool:
        """Whether a word is the unit of the goods after it: "3 karung gula 50 kg"."""
        before = words[index - 1] if index else ""
        counted = before[:1].isdigit() or before in NUMBERS
        return counted and index + 1 < len(words) and words[index + 1] in self._at

    @staticmethod
    def _joined(words: list[str], end: int, start: int) -> bool:
        return start == end or (start == end + 1 and words[end] in _LINKS)

    def _named(self, run: tuple[str, ...], asked: bool) -> tuple[tuple[tuple[str, float], ...], int]:
        """The products named at the start of `run`, best first with scores, and how many of its words were
        used (at least one)."""
        whole: dict[str, tuple[float, int, int]] = {}
        part: dict[str, tuple[float, int, int]] = {}
        for number in self._at[run[0]]:
            product, alias = self._aliases[number]
            last = 0
            weight = 0.0
            met: set[str] = set()
            for index, word in enumerate(run[: len(alias) + _WINDOW]):
                if word[0].isdigit() and word not in alias:
                    break  # "beras 10 sak" counts sacks
                if word in alias and word not in met:
                    met.add(word)
                    weight += self._rare[word]
                    last = index
            table = whole if len(met) == len(alias) else part
            if weight > table.get(product, (0.0, 0, 0))[0]:
                table[product] = (weight, last, len(met))
        if whole:
            best = max(value[0] for value in whole.values())
            winners = [product for product, value in whole.items() if value[0] >= best - 1e-9]
            last = max(whole[product][1] for product in winners)
            met_most = max(whole[product][2] for product in winners)
            open_ = len(winners) > 1  # of several the longest name tells most: "susu uht" is not all "susu"
            better = [
                p for p, v in part.items() if (open_ or p not in winners) and v[2] > met_most and v[0] > best
            ]
            if not better:
                score = 1.0 if len(winners) == 1 else 0.5
                found = tuple((product, score) for product in winners[:_MOST])
                if met_most == 1 and run[0] in _NO_NAMES and not asked:
                    return (), 1
                return found, last + 1
        if not part:
            return (), 1
        best = max(value[0] for value in part.values())
        near = sorted((p for p, v in part.items() if v[0] >= best - 1e-9), key=lambda p: -part[p][0])
        last = max(part[product][1] for product in near)
        if last == 0 and (run[0] in _NO_NAMES or run[0][0].isdigit()):
            return (), 1
        score = 0.75 if len(near) == 1 and part[near[0]][2] >= 2 else 0.5
        found = tuple((product, score) for product in near[:_MOST])
        return found, last + 1


def sized(words: Sequence[str]) -> list[str]:
    """`words` with sizes made one word: "1", "liter" to "1l"."""
    out: list[str] = []
    index = 0
    while index < len(words):
        if index + 1 < len(words) and words[index][0].isdigit() and words[index + 1] in SIZES:
            out.append(words[index].replace(",", ".") + SIZES[words[index + 1]])
            index += 2
        else:
            if words[index] not in _LINKS:
                out.append(words[index])
            index += 1
    return out
