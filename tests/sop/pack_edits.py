"""Spoil a sound pack in one place and see what the check says of that place."""

from __future__ import annotations

from bot.packs import BUILT_IN, read
from bot.sop.check import Fault, Faults, check


def files() -> dict[str, str]:
    """The texts of the built-in pack."""
    return read(BUILT_IN)


def edited(path: str, old: str, new: str, base: dict[str, str] | None = None) -> dict[str, str]:
    """The pack with the first `old` of one file replaced; a test that replaces nothing is a wrong test."""
    texts = dict(base or files())
    assert old in texts[path], f"{old!r} does not stand in {path}"
    texts[path] = texts[path].replace(old, new, 1)
    return texts


def faults_of(texts: dict[str, str]) -> set[Fault]:
    """All faults that the check finds."""
    try:
        check(texts)
    except Faults as found:
        return set(found.faults)
    return set()


def line_of(text: str, mark: str) -> int:
    """The line on which `mark` first stands."""
    assert mark in text, f"{mark!r} does not stand there"
    return text[: text.index(mark)].count("\n") + 1
