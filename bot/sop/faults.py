"""What is wrong with a pack: every fault with its file and line, all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.errors import WrongPack


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault: the file within the pack, the line (from 1), and what to do about it."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


class Faults(WrongPack):
    """The SOP pack has faults; correct the lines named, then try `sapa sop check`."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("".join(f"\n{fault}" for fault in self.faults))
