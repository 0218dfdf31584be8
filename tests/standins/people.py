"""The people at the other end: what they have got on their phone, and how a test waits for it.

budi.says("Siang, minyaknya bocor")
asked = await budi.hears("nomor faktur")
budi.presses(asked, "Ya, betul")
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Button:
    """What can be pressed: `value` is what comes back to the bot. `row`: a row of a list, else a button."""

    label: str
    value: str
    row: bool = False
    note: str = ""


@dataclass(slots=True)
class Got:
    """A message as it stands on the phone now. `at` in seconds since 1970; `file` are the bytes of a photo or
    document; `raw` is all that the bot sent."""

    id: str
    text: str
    at: float
    kind: str = "text"
    buttons: list[Button] = field(default_factory=list)
    menu: str = ""
    file: bytes = b""
    file_name: str = ""
    first_buttons: list[Button] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def labels(self) -> list[str]:
        """What the buttons and rows say."""
        return [button.label for button in self.buttons]

    def button(self, label: str, *, stale: bool = False) -> Button:
        """The button of this label; a `stale` one may have been taken away since."""
        for button in self.first_buttons if stale else self.buttons:
            if button.label == label:
                return button
        raise AssertionError(f"{label!r} is not on the message {self.text!r}; there is {self.labels}")


@dataclass(slots=True)
class Said:
    """What the person wrote, sent or pressed, as it stands on their phone now."""

    id: str
    text: str
    at: float
    kind: str = "text"
    file: bytes = b""


Wanted = str | Callable[[Got], bool] | None


class Ears:
    """What a person has got, in order, and `hears`, which waits for what has not been heard yet. `log` is all
    that stands on the phone, what they said too."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.got: list[Got] = []
        self.log: list[Got | Said] = []
        self._heard = 0
        self._bell = asyncio.Event()

    def gets(self, message: Got) -> None:
        """A message arrives on the phone."""
        message.first_buttons = list(message.buttons)
        self.got.append(message)
        self.log.append(message)
        self._bell.set()

    @property
    def texts(self) -> list[str]:
        """The words of all that came."""
        return [message.text for message in self.got]

    async def hears(self, wanted: Wanted = None, timeout: float = 10.0) -> Got:
        """The next message not heard yet that has these words in it (or fulfils this; None: any message).

        Messages before it count as heard. When none comes in time, an AssertionError tells what did come.
        """

        def fits(message: Got) -> bool:
            if isinstance(wanted, str):
                return wanted.casefold() in message.text.casefold()
            return wanted is None or wanted(message)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                at = self._heard
                while True:
                    while at < len(self.got):
                        at += 1
                        if fits(self.got[at - 1]):
                            self._heard = at
                            return self.got[at - 1]
                    self._bell.clear()
                    await self._bell.wait()
        since = "\n".join(f"  - {m.text!r} {m.labels or ''}" for m in self.got[self._heard :]) or "  nothing"
        raise AssertionError(f"{self.name} waited {timeout:g} s for {wanted!r} and got\n{since}")

    def forgets(self) -> None:
        """All that came so far counts as heard."""
        self._heard = len(self.got)
