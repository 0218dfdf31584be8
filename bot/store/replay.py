"""Proves, for a whole database, that every conversation is the fold of its events."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from bot.dialogue import decode_event, decode_talk, fold
from bot.store import conversations


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many conversations were folded again, of how many events, and what does not hold."""

    conversations: int
    events: int
    faults: tuple[str, ...]


def replay(connection: Connection) -> Replayed:
    """Fold every conversation's events and compare with its talk on record. Takes time with history."""
    seen = counted = 0
    faults: list[str] = []
    for conversation, last, stored in conversations.all_talks(connection):
        recorded = conversations.events_of(connection, conversation)
        seen += 1
        counted += len(recorded)
        if [no for no, _ in recorded] != list(range(1, last + 1)):
            faults.append(f"conversation {conversation}: its events are not numbered 1 to {last}")
            continue
        try:
            folded = fold(None, [decode_event(body) for _, body in recorded])
            if folded != decode_talk(stored):
                faults.append(f"conversation {conversation}: its talk is not the fold of its events")
        except Exception as error:  # whatever a damaged record raises is a fault of that conversation
            faults.append(f"conversation {conversation}: {type(error).__name__}: {error}")
    return Replayed(seen, counted, tuple(faults))
