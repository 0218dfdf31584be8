"""Cue patterns, compiled once into one index and found in one walk over the words.

A pattern is plain words; `*` stands for any one word, `(a|b c)` for either (`(a|)` for a or nothing), a
trailing `~` allows a slip of one letter, `...` for up to four words of the same sentence between. All
patterns share an index by their first two words: a word that begins no pattern costs one look-up, one that
begins a hundred costs six.

A pattern that begins with a colon names a fact instead of words: `:received_less`, `:received_more` (than
ordered), `:received_other` (than was ordered), `:expired` (an expiry date that has passed), `:in_date` (one
that has not).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Generic, NamedTuple, TypeVar

from bot.understanding.words import INDONESIAN, WHOLE

T = TypeVar("T")

GAP = 4
"""Words that `...` may stand for, at most."""

_KEPT = WHOLE | INDONESIAN
"""What ends like a clitic and stands whole in a text stands whole in a pattern too."""
FACTS = frozenset((":received_less", ":received_more", ":received_other", ":expired", ":in_date"))
"""What `:fact` patterns may name."""

_PIECE = re.compile(r"\([^()]*\)|[^\s()]+|[()]")
_WORD = re.compile(r"[^\W_]+~?")


class WrongPattern(ValueError):
    """A cue pattern cannot be read."""


class Hit(NamedTuple, Generic[T]):
    """Pattern `rule` of `target` stands at the words `first` up to (not with) `after`."""

    target: T
    weight: float
    rule: str
    first: int
    after: int


class _Node(Generic[T]):
    """A place between two words of a pattern: where it may end, and which words lead on."""

    __slots__ = ("edges", "end")

    def __init__(self) -> None:
        self.edges: list[tuple[frozenset[str] | None, bool, _Node[T]]] = []
        self.end: tuple[T, float, str] | None = None


class _Entry(Generic[T]):
    """All patterns that begin with one word, by the second."""

    __slots__ = ("any", "ends", "gapped", "next")

    def __init__(self) -> None:
        self.ends: list[tuple[T, float, str]] = []
        self.next: dict[str, list[_Node[T]]] = {}
        self.gapped: dict[str, list[_Node[T]]] = {}
        self.any: list[_Node[T]] = []


class Patterns(Generic[T]):
    """Many patterns, each for a target."""

    def __init__(self, slang: Mapping[str, str] | None = None) -> None:
        """`slang` is applied to the patterns' words as it is to a customer's."""
        self._index: dict[str, _Entry[T]] = {}
        self._slang = slang or {}
        self.facts: dict[str, list[tuple[T, float]]] = {}
        self.vocabulary: set[str] = set()
        self.typos: set[str] = set()

    def add(self, pattern: str, target: T, weight: float = 1.0) -> None:
        """Add `pattern` for `target`; raises `WrongPattern` with the reason."""
        if pattern[:1] == ":":
            if pattern not in FACTS:
                raise WrongPattern(f"{pattern!r} is no fact; known are {', '.join(sorted(FACTS))}")
            self.facts.setdefault(pattern, []).append((target, weight))
            return
        start: _Node[T] = _Node()
        ends = [start]
        gap = False
        for choices in parse(pattern):
            if choices == [["..."]]:
                gap = True
                continue
            join: _Node[T] = _Node()
            single: set[str] = set()
            for choice in choices:
                words = [plain for word in choice for plain in self._plain(word)]
                if len(words) == 1 and words[0] != "*":
                    single.add(words[0])
                elif words:
                    for node in ends:
                        self._path(node, words, gap, join)
            if single:
                for node in ends:
                    node.edges.append((frozenset(single), gap, join))
            ends = [join, *ends] if [] in choices else [join]
            gap = False
        for node in ends:
            node.end = (target, weight, pattern)
        self._enter(start)

    def _plain(self, word: str) -> list[str]:
        if word == "*":
            return [word]
        bare = word.rstrip("~")
        if bare.endswith("nya") and len(bare) >= 6 and bare not in _KEPT:
            bare = bare[:-3]
        plain = self._slang.get(bare, bare).split()
        self.vocabulary.update(plain)
        if word.endswith("~"):
            self.typos.update(plain)
        return plain

    @staticmethod
    def _path(node: _Node[T], words: list[str], gap: bool, join: _Node[T]) -> None:
        for place, word in enumerate(words):
            following: _Node[T] = join if place == len(words) - 1 else _Node()
            node.edges.append((None if word == "*" else frozenset((word,)), gap and place == 0, following))
            node = following

    def _enter(self, start: _Node[T]) -> None:
        for words, _, node in start.edges:
            for word in words or ():
                entry = self._index.get(word)
                if entry is None:
                    entry = self._index[word] = _Entry()
                if node.end is not None:
                    entry.ends.append(node.end)
                for seconds, gap, following in node.edges:
                    if seconds is None:
                        entry.any.append(following)
                    else:
                        table = entry.gapped if gap else entry.next
                        for second in seconds:
                            table.setdefault(second, []).append(following)

    def find(self, words: list[str], sentences: list[int]) -> Iterator[Hit[T]]:
        """All hits in `words`; `sentences` tells the sentence of each word."""
        count = len(words)
        look_up = self._index.get
        for first, word in enumerate(words):
            entry = look_up(word)
            if entry is None:
                continue
            at = first + 1
            for target, weight, rule in entry.ends:
                yield Hit(target, weight, rule, first, at)
            if at >= count:
                continue
            open_: list[tuple[_Node[T], int]] = []
            if entry.next:
                for node in entry.next.get(words[at], ()):
                    open_.append((node, at + 1))
            for node in entry.any:
                open_.append((node, at + 1))
            if entry.gapped:
                sentence = sentences[first]
                for later in range(at, min(at + GAP + 1, count)):
                    if sentences[later] != sentence:
                        break
                    for node in entry.gapped.get(words[later], ()):
                        open_.append((node, later + 1))
            steps = 0
            while open_ and steps < 4096:
                steps += 1
                node, at = open_.pop()
                if node.end is not None:
                    target, weight, rule = node.end
                    yield Hit(target, weight, rule, first, at)
                if at >= count:
                    continue
                for wanted, gap, following in node.edges:
                    if not gap:
                        if wanted is None or words[at] in wanted:
                            open_.append((following, at + 1))
                        continue
                    for later in range(at, min(at + GAP + 1, count)):
                        if sentences[later] != sentences[at - 1]:
                            break
                        if wanted is None or words[later] in wanted:
                            open_.append((following, later + 1))


def parse(pattern: str) -> list[list[list[str]]]:
    """`pattern` as its pieces, each the list of its choices, each the list of its words.

    Raises `WrongPattern` with the reason.
    """
    pieces: list[list[list[str]]] = []
    for piece in _PIECE.findall(pattern.lower()):
        if piece in ("(", ")"):
            raise WrongPattern(f"{pattern!r}: a bracket is not closed, or stands in another")
        if piece[0] == "(":
            choices = [choice.split() for choice in piece[1:-1].split("|")]
            for choice in choices:
                for word in choice:
                    if word != "*":
                        _check(word, pattern)
            pieces.append(choices)
        else:
            if piece not in ("*", "..."):
                _check(piece, pattern)
            pieces.append([[piece]])
    if not pieces or all([] in choices for choices in pieces):
        raise WrongPattern(f"{pattern!r}: may stand for nothing at all")
    for piece, what in ((pieces[0], 0), (pieces[-1], -1)):
        if [] in piece or any(choice[what] in ("*", "...") for choice in piece if choice):
            raise WrongPattern(f"{pattern!r}: must begin and end with a word")
    if sum(piece == [["..."]] for piece in pieces) > 2:
        raise WrongPattern(f"{pattern!r}: has more than two `...`")
    for one, two in pairwise(pieces):
        if one == [["..."]] and ([] in two or any(choice[0] in ("*", "...") for choice in two)):
            raise WrongPattern(f"{pattern!r}: after `...` a word must come")
    return pieces


def faults(patterns: Iterable[str]) -> list[str]:
    """What is wrong with `patterns`, one sentence each; empty when nothing is."""
    found = []
    for pattern in patterns:
        try:
            if pattern not in FACTS:
                parse(pattern)
        except WrongPattern as wrong:
            found.append(str(wrong))
    return found


def _check(word: str, pattern: str) -> None:
    if not _WORD.fullmatch(word):
        raise WrongPattern(f"{pattern!r}: {word!r} is not a word")
