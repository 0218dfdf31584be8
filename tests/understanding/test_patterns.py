"""The language of cue patterns, and finding them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.lexicon import Lexicon, Near
from bot.understanding.patterns import Patterns, WrongPattern, faults, parse


def _found(pattern: str, text: str) -> list[tuple[int, int]]:
    patterns: Patterns[str] = Patterns()
    patterns.add(pattern, "it")
    words = text.replace(".", " . ").split()
    sentences, number, plain = [], 0, []
    for word in words:
        if word == ".":
            number += 1
        else:
            plain.append(word)
            sentences.append(number)
    return [(hit.first, hit.after) for hit in patterns.find(plain, sentences)]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("rusak", "barang rusak", [(1, 2)]),
        ("rusak", "barang bagus", []),
        ("salah kirim", "kok salah kirim ya", [(1, 3)]),
        ("salah kirim", "salah lagi kirim", []),
        ("(salah|keliru) kirim", "keliru kirim", [(0, 2)]),
        ("kurang * dus", "kurang 2 dus", [(0, 3)]),
        ("kurang * dus", "kurang dus", []),
        ("tidak ... sampai", "tidak sampai", [(0, 2)]),
        ("tidak ... sampai", "tidak juga pernah bisa kunjung sampai", [(0, 6)]),
        ("tidak ... sampai", "tidak a b c d e sampai", []),
        ("tidak ... sampai", "tidak. sampai", []),
        ("(a|b c) d", "b c d", [(0, 3)]),
        ("(a|b c) d", "b d", []),
        ("a (b|) c", "a c", [(0, 2)]),
        ("a (b|) c", "a b c", [(0, 3)]),
        ("a (* b|c) d", "a x b d", [(0, 4)]),
        ("a ... (b|c d) ... e", "a x c d y e", [(0, 6)]),
        ("tanggal expirednya", "tanggal expired", [(0, 2)]),
    ],
)
def test_patterns_find_what_they_say(pattern: str, text: str, found: list[tuple[int, int]]) -> None:
    assert _found(pattern, text) == found


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "* a",
        "a *",
        "... a",
        "a ...",
        "(a|b",
        "a)",
        "((a) b)",
        "a ... ... b",
        "a ... * b",
        "a ... b ... c ... d",
        "a-b",
        "(|)",
        "(a|) b",
        ":nothing",
        "a ... (b|)",
        "(* a|b)",
    ],
)
def test_a_wrong_pattern_says_what_is_wrong(pattern: str) -> None:
    told = faults([pattern])
    assert len(told) == 1
    patterns: Patterns[str] = Patterns()
    with pytest.raises(WrongPattern):
        patterns.add(pattern, "it")


def test_facts_are_no_words() -> None:
    assert faults([":received_less", ":received_more", ":expired"]) == []


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab *.(|)~:", max_size=30))
def test_any_pattern_is_read_or_refused(pattern: str) -> None:
    try:
        pieces = parse(pattern)
    except WrongPattern:
        return
    assert pieces
    _found(pattern, "a b a b ab ba a a b")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from("ab"), max_size=12),
    st.sampled_from(["a b", "a ... b", "a * b", "(a|b) a", "a (b|) a", "a ... b ... a"]),
)
def test_finding_agrees_with_looking_everywhere(words: list[str], pattern: str) -> None:
    """The index finds exactly what a plain search over all places and paths finds."""
    pieces = parse(pattern)

    def ends(at: int, piece: int) -> set[int]:
        if piece == len(pieces):
            return {at}
        if pieces[piece] == [["..."]]:
            out: set[int] = set()
            for later in range(at, min(at + 5, len(words))):
                out |= ends(later, piece + 1)
            return out
        out = set()
        for choice in pieces[piece]:
            if len(words) - at >= len(choice) and all(
                c in ("*", w) for c, w in zip(choice, words[at:], strict=False)
            ):
                out |= ends(at + len(choice), piece + 1)
        return out

    expected = {(first, end) for first in range(len(words)) for end in ends(first, 0)}
    assert set(_found(pattern, " ".join(words))) == expected


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("minyka", "minyak"),
        ("minyk", "minyak"),
        ("minyaak", "minyak"),
        ("minyok", "minyak"),
        ("minyak", "minyak"),
        ("binyak", None),
        ("mnyk", None),
        ("min", None),
        ("kardun", "kardus"),
    ],
)
def test_a_slip_of_one_letter_is_put_right(word: str, found: str | None) -> None:
    assert Near(["minyak", "kecap", "kardus", "karung"]).find(word) == found


def test_a_slip_that_may_be_two_words_is_left() -> None:
    assert Near(["sampo", "sampi"]).find("sampu") is None


def test_known_words_are_never_put_right() -> None:
    lexicon = Lexicon(["santai", "santan"], {}, ["santan"])
    assert lexicon.plain("santai") == ("santai",)
    assert lexicon.plain("santam") == ("santan",)
