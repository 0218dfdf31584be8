"""Somebody whose phone knows SMS only, and how a long text is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..people import Ears, Got, Said
from .dialects import Event

if TYPE_CHECKING:
    from .server import Gateway

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = set("^{}\\[~]|€")


def parts_of(text: str) -> list[str]:
    """The text as an SMSC cuts it: 160 characters of the GSM alphabet or 70 others, parts of 153 or 67."""
    wide = bool(set(text) - _GSM - _TWICE)
    whole, each = (70, 67) if wide else (160, 153)

    def cost(char: str) -> int:
        return (1 + (char > "\uffff")) if wide else 1 + (char in _TWICE)

    if sum(map(cost, text)) <= whole:
        return [text]
    parts, room = [""], each
    for char in text:
        if cost(char) > room:
            parts.append("")
            room = each
        parts[-1] += char
        room -= cost(char)
    return parts


class Person(Ears):
    """Somebody with a phone that knows SMS only. `online`: it is on; `unreachable` is the word a message to
    them fails with ("expired"), "" for none."""

    def __init__(self, gateway: Gateway, name: str, phone: str) -> None:
        super().__init__(name)
        self.phone, self.online, self.unreachable = phone, True, ""
        self._gateway = gateway
        self._waiting: list[tuple[Got, str]] = []

    def says(self, text: str) -> list[str]:
        """A text, in as many parts as it takes; the ids of the parts."""
        events = self._events(text)
        self._gateway.tell(*events)
        self.log.append(Said(events[-1].id, text, events[-1].at))
        return [event.id for event in events]

    def _events(self, text: str) -> list[Event]:
        gateway, parts = self._gateway, parts_of(text)
        bundle, now = next(gateway.bundles), gateway.clock.now()
        us, them = gateway.number, self.phone
        return [
            Event("in", gateway.new_id(), now, them, us, part, number, len(parts), bundle)
            for number, part in enumerate(parts, 1)
        ]

    def says_half(self, text: str) -> None:
        """A long text of which the last part gets lost on the way."""
        gateway, parts = self._gateway, parts_of(text)
        bundle, now = next(gateway.bundles), gateway.clock.now()
        for number, part in enumerate(parts[:-1], 1):
            gateway.tell(
                Event(
                    "in", gateway.new_id(), now, self.phone, gateway.number, part, number, len(parts), bundle
                )
            )

    def goes_offline(self) -> None:
        """The phone is off: messages wait in the network."""
        self.online = False

    def comes_online(self) -> None:
        """What waited arrives."""
        self.online = True
        waiting, self._waiting = self._waiting, []
        for got, reference in waiting:
            self.receives(got, reference)

    def receives(self, got: Got, reference: str) -> None:
        """A message of the business."""
        if not self.online:
            self._waiting.append((got, reference))
            return
        self.gets(got)
        self._gateway.reports(got.id, self, "delivered", reference)
