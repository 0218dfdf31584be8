"""How fast messages go to one chat and to all: Telegram puts off, with a pause of its own, who is faster.

Pure: the time is an argument, in seconds on any clock that only goes forward.
"""

from __future__ import annotations

from collections import deque

PER_CHAT = 1.0
"""Seconds between two messages to one chat in the long run."""
BURST = 3
"""Messages that one chat takes at once at the beginning."""
OVERALL = 1 / 28
"""Seconds between two messages altogether: Telegram allows about thirty a second."""
LONG = 500
"""Characters from which on a message counts twice: long ones meet the limit sooner."""
MANY = 3
"""Chats that are told to wait within `WINDOW` seconds until it is clear that all of them have to."""
WINDOW = 10.0
_FORGET = 4096


class Pace:
    """When the next message may go. A message that may not go yet is told how long; it takes no place then,
    so a busy chat never keeps another one waiting."""

    def __init__(self, *, per_chat: float = PER_CHAT, burst: int = BURST, overall: float = OVERALL) -> None:
        self._per_chat, self._burst, self._overall = per_chat, burst, overall
        self._chats: dict[str, float] = {}
        self._held: dict[str, float] = {}
        self._all = 0.0
        self._all_held = 0.0
        self._told: deque[tuple[float, str]] = deque(maxlen=MANY * 4)

    def wait(self, chat: str, now: float, *, weight: int = 1) -> float:
        """Seconds until a message may go to `chat`: 0, and its place is taken; otherwise nothing is taken."""
        held = max(self._held.get(chat, 0.0), self._all_held)
        due = max(held, self._chats.get(chat, 0.0) - self._per_chat * (self._burst - 1))
        if due > now:
            return due - now
        self._chats[chat] = max(self._chats.get(chat, 0.0), now) + self._per_chat * weight
        self._forget(now)
        return 0.0

    def slot(self, now: float) -> float:
        """Seconds until the next message altogether; that place is taken."""
        at = max(self._all, now)
        self._all = at + self._overall
        return at - now

    def told_to_wait(self, chat: str, seconds: float, now: float) -> None:
        """Telegram said so (429). It does not say whether it means this chat or all: when several chats are
        told within a short time, all are meant."""
        self._held[chat] = max(self._held.get(chat, 0.0), now + seconds)
        self._told.append((now, chat))
        if len({each for at, each in self._told if at > now - WINDOW}) >= MANY:
            self._all_held = max(self._all_held, now + seconds)

    def held(self, chat: str, now: float) -> float:
        """Seconds for which Telegram wants nothing for this chat, 0 when that is not so."""
        return max(self._all_held - now, self._held.get(chat, 0.0) - now, 0.0)

    def _forget(self, now: float) -> None:
        if len(self._chats) > _FORGET:
            self._chats = {chat: at for chat, at in self._chats.items() if at > now}
        if len(self._held) > _FORGET:
            self._held = {chat: at for chat, at in self._held.items() if at > now}
