"""Which known question was asked: by words it shares with the pack's examples, rare ones counting more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log

from bot.understanding.text import Reading
from bot.understanding.words import FILLERS, words_of

_EMPTY = FILLERS | words_of(
    """
    yang di ke dari dan atau untuk dengan saya aku kamu anda kami kita ini itu ada apakah apa berapa
    bagaimana kapan mau ingin bisa boleh tanya nanya kalau jika dong the a an is are do does did can
    could i you we my your to of in on for and or what how when where which if it be would will should
    may want need know please have has there with that this about me us info informasi mohon minta ya
    adalah akan sih lagi much selamat pagi siang sore malam halo good morning terima kasih thanks thank tidak
    not
    """
)
_MOST_SENTENCES = 6
_MOST_WORDS = 40


class Faqs:
    """An index of examples. `examples` maps an entry's id to the plain words of its example questions."""

    def __init__(self, examples: Mapping[str, Sequence[Sequence[str]]]) -> None:
        self._examples: list[tuple[str, frozenset[str]]] = []
        self._at: dict[str, list[int]] = {}
        for entry, questions in examples.items():
            for question in questions:
                words = frozenset(word for word in question if word not in _EMPTY)
                if words:
                    for word in words:
                        self._at.setdefault(word, []).append(len(self._examples))
                    self._examples.append((entry, words))
        entries = max(len(examples), 1)
        spread = {word: len({self._examples[n][0] for n in numbers}) for word, numbers in self._at.items()}
        self._rare = {word: 0.6 + log((entries + 1) / count) for word, count in spread.items()}
        self._rarest = 0.6 + log(entries + 1)
        self._sums = [sum(self._rare[word] for word in words) for _, words in self._examples]

    def find(self, reading: Reading) -> dict[str, tuple[float, int, int]]:
        """Entry id to (score from 0 to 1, first word, word after) - the best sentence for each entry."""
        best: dict[str, tuple[float, int, int]] = {}
        words = reading.words
        first = 0
        for _ in range(_MOST_SENTENCES):
            if first >= len(words):
                break
            after = first
            while after < len(words) and reading.sentences[after] == reading.sentences[first]:
                after += 1
            if after - first <= _MOST_WORDS:
                self._sentence(words, first, after, best)
            first = after
        return best

    def _sentence(
        self, words: list[str], first: int, after: int, best: dict[str, tuple[float, int, int]]
    ) -> None:
        said = {word for word in words[first:after] if word not in _EMPTY and not word[0].isdigit()}
        if not said:
            return
        shared: dict[int, float] = {}
        total = 0.0
        for word in said:
            weight = self._rare.get(word)
            if weight is None:
                total += self._rarest * 0.5
                continue
            total += weight
            for number in self._at[word]:
                shared[number] = shared.get(number, 0.0) + weight
        for number, weight in shared.items():
            entry, example = self._examples[number]
            of_example = weight / self._sums[number]
            of_message = weight / total
            score = 2 * of_example * of_message / (of_example + of_message)
            if len(example) == 1:
                score *= 0.8
            if score > best.get(entry, (0.0, 0, 0))[0]:
                best[entry] = (score, first, after)
