"""Pieces of a long SMS become the one text that was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import structs

from bot.store.inbox import WaitingInput
from bot.store.inputs import MessageIn, PressedIn

GAP = " [...] "
"""Where a piece never came."""

Said: TypeAlias = "tuple[WaitingInput, MessageIn | PressedIn]"


def joined(said: Sequence[Said]) -> list[Said]:
    """What was said, with the pieces of a text put together in their order at the place of the first that
    came. A second piece with the same number begins another text."""
    groups: dict[str, list[dict[int, str]]] = {}
    place: dict[int, tuple[str, int]] = {}  # position of a text's first piece -> its group, which text of it
    alone: set[int] = set()
    for n, (row, body) in enumerate(said):
        if not isinstance(body, MessageIn) or not body.parts or row.shown:
            alone.add(n)
            continue
        texts = groups.setdefault(body.group, [])
        which = next((i for i, text in enumerate(texts) if body.part not in text), None)
        if which is None:
            which = len(texts)
            texts.append({})
            place[n] = (body.group, which)
        texts[which][body.part] = body.text
    made: list[Said] = []
    for n, (row, body) in enumerate(said):
        if n in alone:
            made.append((row, body))
        elif n in place and isinstance(body, MessageIn):
            group, which = place[n]
            made.append((row, structs.replace(body, text=_text(groups[group][which], body.parts))))
    return made


def _text(found: dict[int, str], total: int) -> str:
    made, missing = "", False
    for number in range(1, total + 1):
        if number in found:
            made += (GAP if missing else "") + found[number]
        missing = number not in found
    return (made + (GAP if missing else "")).strip()
