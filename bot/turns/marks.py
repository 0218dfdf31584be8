"""What is written on a button: the value that was offered, and the keyboard it belongs to.

Keyboards live for ever in a chat, and what comes back from one is untrusted: the mark tells an old one from
that of the question which is open now. Pure.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

LONGEST = 64
"""Bytes of what a button brings back (Telegram's limit, the smallest of all)."""

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_MARKED = re.compile(r"([0-9a-z]{1,12})\.([0-9a-z]{1,6}):(.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mark:
    """Which conversation offered the button, and on which of its keyboards, counted from 1."""

    conversation: int
    keyboard: int


def make(mark: Mark, value: str) -> str:
    """`<mark>:<value>` in at most 64 bytes; a longer value ends in a hash (see `same`)."""
    head = f"{_short(mark.conversation)}.{_short(mark.keyboard)}:"
    return head + _fitted(value, LONGEST - len(head))


def parse(pressed: str) -> tuple[Mark | None, str]:
    """The mark and the value of a pressed button; None for what no button of ours ever brought."""
    found = _MARKED.fullmatch(pressed)
    if found is None:
        return None, pressed
    return Mark(int(found[1], 36), int(found[2], 36)), found[3]


def same(pressed: str, mark: Mark, value: str) -> bool:
    """Whether this is the button that offered `value` then."""
    return pressed == make(mark, value)


def _short(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits


def _fitted(value: str, room: int) -> str:
    whole = value.encode("utf-8", "replace")
    if len(whole) <= room:
        return whole.decode()
    tail = "~" + hashlib.sha256(whole).hexdigest()[:12]
    return whole[: room - len(tail)].decode("utf-8", "ignore") + tail
