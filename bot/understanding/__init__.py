"""What a customer's words say, with the evidence: text in, `Heard` out. No clock, no disk, no memory."""

from __future__ import annotations

from bot.understanding.heard import (
    SURE,
    Act,
    ActHeard,
    Evidence,
    Expecting,
    Goods,
    Guess,
    Heard,
    Mood,
    Quantity,
    Slot,
    Urgent,
)
from bot.understanding.understander import Understander

__all__ = [
    "SURE",
    "Act",
    "ActHeard",
    "Evidence",
    "Expecting",
    "Goods",
    "Guess",
    "Heard",
    "Mood",
    "Quantity",
    "Slot",
    "Understander",
    "Urgent",
]
