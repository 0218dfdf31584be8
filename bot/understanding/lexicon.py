"""Plain words for what people type: slang, stretched letters, clitics, small slips of the finger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

_STRETCHED = re.compile(r"(.)\1{2,}")
_DOUBLED = re.compile(r"(.)\1+")
_CLITICS = ("nya", "lah", "kah", "pun", "ny", "ku", "mu", "x")
_KEPT = 20_000
_LONGEST = 30


class Lexicon:
    """Knows the words that matter to a pack and turns spellings into them.

    `vocabulary` are the words that patterns and names use; `typos` those of them that may be misspelt by one
    letter; `units` are left as written after a number ("2 krg"). Everything else is left as written.
    """

    def __init__(
        self,
        vocabulary: Iterable[str],
        slang: Mapping[str, str],
        typos: Iterable[str] = (),
        units: Iterable[str] = (),
    ) -> None:
        self.vocabulary = frozenset(vocabulary)
        self.units = frozenset(units)
        self._slang = {spelling: tuple(plain.split()) for spelling, plain in slang.items()}
        self._near = Near(word for word in typos if len(word) >= 5)
        self.words = _Kept(self._find)
        """What `plain` answers, by word."""

    def plain(self, word: str) -> tuple[str, ...]:
        """The plain word or words for `word` (lower case). The same answer every time."""
        return self.words[word]

    def _find(self, word: str) -> tuple[str, ...]:
        if len(word) > _LONGEST:
            return (_STRETCHED.sub(r"\1", word[: _LONGEST * 4])[:_LONGEST],)
        found = self._look_up(word)
        if found:
            return found
        if "'" in word:
            joined = word.replace("'", "")
            return self._look_up(joined) or (joined,)
        short = _STRETCHED.sub(r"\1", word)
        if short != word:
            found = self._look_up(short) or self._look_up(_STRETCHED.sub(r"\1\1", word))
            if found:
                return found
        single = _DOUBLED.sub(r"\1", short)
        if single != short:
            found = self._look_up(single)
            if found:
                return found
        for clitic in _CLITICS:
            if short.endswith(clitic) and len(short) - len(clitic) >= 3:
                stem = short[: -len(clitic)]
                found = self._look_up(stem)
                if found:
                    return found
        near = self._near.find(short)
        if near:
            return (near,)
        return (short,)

    def _look_up(self, word: str) -> tuple[str, ...] | None:
        found = self._slang.get(word)
        if found:
            return found
        return (word,) if word in self.vocabulary else None


class _Kept(dict[str, tuple[str, ...]]):
    """Answers by word, found when first wanted."""

    def __init__(self, find: Callable[[str], tuple[str, ...]]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, word: str) -> tuple[str, ...]:
        answer = self._find(word)
        if len(self) >= _KEPT:
            self.clear()
        self[word] = answer
        return answer


class Near:
    """Words findable though one letter is wrong, missing, doubled or swapped: an index of deletions, so that
    finding costs a few look-ups and never a walk over all words."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._index: dict[str, list[str]] = {}
        for word in sorted(self._words):
            for shorter in _deletions(word):
                self._index.setdefault(shorter, []).append(word)

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def find(self, word: str) -> str | None:
        """The word at most one slip from `word` that begins with the same letter, or None when there is no
        such word, or more than one."""
        if not self._words or not 4 <= len(word) <= _LONGEST or not word.isalpha():
            return None
        seen: set[str] = set()
        for shorter in (word, *_deletions(word)):
            for candidate in self._index.get(shorter, ()):
                if candidate[0] == word[0]:
                    seen.add(candidate)
            if shorter in self._words and shorter[0] == word[0]:
                seen.add(shorter)
        if not seen:
            return None
        from rapidfuzz.distance import OSA  # costs 70 ms once, and only who misspells pays

        near = [candidate for candidate in seen if OSA.distance(candidate, word) <= 1]
        return near[0] if len(near) == 1 else None


def _deletions(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]
