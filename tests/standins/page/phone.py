"""What a phone shows and what can be done on it: the values behind the page."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..faults import Fault, Garbage, Lost, Slow
from ..people import Button, Got, Said
from ..serving import StandIn

JAKARTA = ZoneInfo("Asia/Jakarta")
KINDS = {
    "photo": "Photo",
    "image": "Photo",
    "document": "Document",
    "contact": "Contact shared",
    "contacts": "Contact shared",
    "location": "Location shared",
    "voice": "Voice note",
    "audio": "Voice note",
    "sticker": "Sticker",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One bubble: `mine` is the customer's. `ticks` 1 to 3 (on its way, taken, read), 0 for none; `told` is
    what the business has been told of its own message; `file` an index for the address of its bytes."""

    id: str
    mine: bool
    text: str
    time: str
    label: str = ""
    ticks: int = 0
    tick_words: str = ""
    told: str = ""
    file: int = -1
    is_picture: bool = False
    buttons: list[Button] = field(default_factory=list)
    menu: str = ""


@dataclass(frozen=True, slots=True)
class Knob:
    """Something that can go wrong: a switch that is on or off, or (`once`) a thing that happens;
    `waits`: it is set, and has not happened yet."""

    name: str
    label: str
    turn: Callable[[Any, bool], Any]
    is_on: Callable[[Any], bool] | None = None
    waits: bool = False

    @property
    def once(self) -> bool:
        """No switch."""
        return self.is_on is None


class Phone:
    """One app on the customer's phone. `title` and `name` are its own; the rest is each provider's."""

    name = ""
    title = ""
    acts: tuple[tuple[str, str], ...] = ()

    def person(self, name: str, phone: str) -> Any:
        """The customer of this name, with the same number on every phone."""
        raise NotImplementedError

    def connection(self) -> tuple[bool, str]:
        """Whether Sapa is there, in words."""
        raise NotImplementedError

    def ticks(self, person: Any, said: Said) -> tuple[int, str]:
        """How far what the customer said has come."""
        raise NotImplementedError

    def told(self, got: Got) -> str:
        """What the business has been told of its message."""
        return ""

    def knobs(self) -> list[Knob]:
        """What can go wrong here."""
        raise NotImplementedError

    async def act(self, person: Any, what: str, content: bytes) -> None:
        """Do one of `acts`; `content` is a picture."""
        raise NotImplementedError

    def lines(self, person: Any) -> list[Line]:
        """All that stands on the phone."""
        return [self._line(person, number, entry) for number, entry in enumerate(person.log)]

    def _line(self, person: Any, number: int, entry: Got | Said) -> Line:
        at = datetime.fromtimestamp(entry.at, UTC).astimezone(JAKARTA).strftime("%H.%M")
        id_, file = f"{self.name}-{number}", number if entry.file else -1
        picture = bool(entry.file) and entry.kind in ("photo", "image")
        label = KINDS.get(entry.kind, "")
        if isinstance(entry, Said):
            ticks, words = self.ticks(person, entry)
            return Line(id_, True, entry.text, at, label, ticks, words, file=file, is_picture=picture)
        return Line(
            id_,
            False,
            entry.text,
            at,
            "Template" if entry.kind == "template" else label,
            told=self.told(entry),
            file=file,
            is_picture=picture,
            buttons=entry.buttons,
            menu=entry.menu,
        )


def next_send(standin: StandIn, method: str, limit: Fault, words: str) -> list[Knob]:
    """What can happen to the next message of Sapa's."""

    def plan(fault: Fault) -> Callable[[Any, bool], None]:
        return lambda _person, _on: standin.faults.next(method, fault)

    planned = [fault for _, fault, _ in standin.faults]
    return [
        Knob(name, f"Sapa's next message {happens}", plan(fault), waits=fault in planned)
        for name, happens, fault in (
            ("limit", words, limit),
            ("lost", "arrives, the answer gets lost", Lost()),
            ("garbage", "meets a broken proxy (502)", Garbage()),
            ("slow", "takes 8 s", Slow(8.0)),
        )
    ]


def flips(name: str, label: str, target: Any, field_: str, on: Any = True, off: Any = False) -> Knob:
    """A switch that sets a field of `target` (None: of the person)."""

    def turn(person: Any, turned_on: bool) -> None:
        setattr(target or person, field_, on if turned_on else off)

    return Knob(name, label, turn, lambda person: bool(getattr(target or person, field_) == on))


def phone_off() -> Knob:
    """The phone is switched off; what is sent to it waits."""

    def turn(person: Any, on: bool) -> None:
        if on:
            person.goes_offline()
        else:
            person.comes_online()

    return Knob("off", "My phone is off", turn, lambda person: not person.online)


def gone(standin: StandIn, label: str) -> Knob:
    """The provider itself is not there."""

    async def turn(_person: Any, on: bool) -> None:
        await (standin.stop() if on else standin.start())

    return Knob("down", label, turn, lambda _: standin.down)


def picture(shade: int = 150) -> bytes:
    """A small real PNG: a carton with a stain."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b""
    for y in range(90):
        rows += b"\0"
        for x in range(120):
            stain = (x - 70) ** 2 + (y - 55) ** 2 < 500
            tape = 54 < x < 66
            rows += bytes(
                (90, 70, shade // 3) if stain else (214, 190, 150) if tape else (186, 142, shade // 2)
            )
    head = struct.pack(">IIBBBBB", 120, 90, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body
