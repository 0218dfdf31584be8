"""Who writes, told in one breath: "Toko Berkah, Pak Haji Mamat, Jl. Pasar Minggu 12, 0813 8888 7777"."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from itertools import islice

from msgspec import Struct

from bot.understanding.people import cased, honorific_at
from bot.understanding.text import Reading
from bot.understanding.words import HONORIFICS, PLACES, words_of

_MOST = 12
_LONGEST = 5
_PIECE = re.compile(r"[^,;\n]+")
_LINE = re.compile(r"[^\n]+")
_LINES = 200
_SENTENCE = re.compile(r"[^\W\d_]{4,}[.!?](?:\s|$)|\b(?:yang|tapi|tetapi|kami|saya|the|we|have|but)\b")
_STREET = re.compile(
    r"\s*(?:alamat(?:nya)?\s*:?\s*)?(?:jl|jln|jalan|gg|gang|perum(?:ahan)?|komplek|kompleks|ruko|blok"
    r"|pasar|kampung|kp|dusun|desa)\b\.?\s*\S"
)
_ROAD = re.compile(r"\b(?:jl|jln|jalan)\b\.?\s+\S")
_LEAD = re.compile(
    r"\s*(?:dengan|dgn|dari|saya|ini|nama(?:\s+saya)?|salam|hormat\s+kami|regards|thanks)?[\s:]*"
)
_TAIL = 200
_END = re.compile(
    r"(?<!\bjl)(?<!\bjln)(?<!\bno)(?<!\bgg)(?<!\bpt)(?<!\bcv)(?<!\bud)(?<!\bbpk)(?<!\btk)[.!?]\s|\n"
)
_NAME = re.compile(r"[^\W\d_]+(?:['’.\-][^\W\d_]+)*\.?(?: {1,2}[^\W\d_]+(?:['’.\-][^\W\d_]+)*\.?){0,4}\s*$")
_NOT_HERE = re.compile(r"[\d@?!]")
HOUSES = words_of(
    """
    toko pt cv ud fa warung kedai rm resto restoran hotel koperasi depot apotek kantin agen grosir
    minimarket catering katering shop store kios
    """
)
"""A name that begins with one of these is a business."""


class Signed(Struct, frozen=True):
    """What the pieces say, with spans in `low`; `name` is without its honorific, "" when nobody is named."""

    name: str
    honorific: str
    start: int
    end: int
    address: tuple[int, int] | None


def closing(low: str, contact: int) -> int:
    """Where the last sentence begins, when it is short pieces with the phone number or mailbox at `contact`:
    "... hanya 10. Mary Tan, Tan Mart, 0811 555 666"; -1 when it is not."""
    start = max((m.end() for m in _END.finditer(low, 0, contact)), default=0)
    pieces = [piece.split() for piece in re.split(r"[,;\n]", low[start : start + _TAIL])]
    return start if len(pieces) >= 3 and all(len(piece) <= _LONGEST for piece in pieces) else -1


def signed(reading: Reading, known: AbstractSet[str], *, letter: bool, begin: int = 0) -> Signed | None:
    """Name and address among the pieces of a message, commas and lines apart. `known` are words that are no
    names; of a `letter` only short lines are read, and a name must be written with capitals. What stands
    before `begin` is not looked at.

    A person stands before a business: of "Toko Berkah, Pak Mamat" the name is Mamat.
    """
    low = reading.low
    lines = (
        [(m.start(), m.end()) for m in islice(_LINE.finditer(low), _LINES)] if letter else [(begin, len(low))]
    )
    pieces = [
        m.span()
        for start, end in lines
        if not letter or _short(low, start, end)
        for m in islice(_PIECE.finditer(low, start, end), _MOST)
    ]
    if not letter:
        pieces = [part for piece in pieces for part in _at_street(low, *piece)]
    if (
        len(pieces) < 2
        and low[begin:].split(maxsplit=1)[:1]
        and low[begin:].split(maxsplit=1)[0] not in HOUSES
    ):
        return None
    best: tuple[int, str, str, int, int] | None = None
    where: tuple[int, int] | None = None
    for number, (start, end) in enumerate(pieces):
        if where is None and _STREET.match(low, start, end) and len(low[start:end].split()) > 1:
            where = _address(low, pieces, number)
            continue
        if where is not None and start < where[1]:
            continue
        if low[start:end].strip(" .") in PLACES:
            continue  # "Toko Berkah Jaya, Bandung", "surabaya jl kertajaya 100": where it is, nobody's name
        found = _named(reading, start, end, known, capital=letter)
        if found is not None and (best is None or found[0] > best[0]):
            best = found
    if best is None and where is None:
        return None
    _, name, honorific, start, end = best or (0, "", "", 0, 0)
    return Signed(name, honorific, start, end, where)


def _at_street(low: str, start: int, end: int) -> list[tuple[int, int]]:
    """A piece in two where a street follows a name: "Toko Makmur Jl Veteran 8"."""
    street = _ROAD.search(low, start, end)
    if street is None or not low[start : street.start()].strip():
        return [(start, end)]
    return [(start, street.start()), (street.start(), end)]


def _short(low: str, start: int, end: int) -> bool:
    """Whether a line of a letter may belong to a signature: few words and no sentence."""
    return end - start <= 80 and not _SENTENCE.search(low, start, end)


def _named(
    reading: Reading, start: int, end: int, known: AbstractSet[str], *, capital: bool
) -> tuple[int, str, str, int, int] | None:
    """(rank, name, honorific, start, end) when the piece is a name: a title ranks first, a business last."""
    low = reading.low
    if _NOT_HERE.search(low, start, end):
        return None
    lead = _LEAD.match(low, start, end)
    begin = lead.end() if lead else start
    honorific, begin = honorific_at(low[:end] + " ", begin)
    whole = _NAME.match(low, begin, end)
    if whole is None:
        return None
    words = low[begin:end].split()
    shown = " ".join(reading.said(begin, end).split())
    if len(words) > _LONGEST or (capital and not all(word[:1].isupper() for word in shown.split())):
        return None
    house = words[0].strip(".") in HOUSES
    if house and len(words) < 2:
        return None
    plain = [word.strip(".") for word in words[1 if house else 0 :]]
    if house and plain[0] in HONORIFICS:
        plain = plain[1:]
    if not plain or any(word in known for word in plain[: 1 if honorific or house else None]):
        return None
    return 0 if house else 2 if honorific else 1, cased(shown.strip(" .")), honorific, begin, end


def _address(low: str, pieces: list[tuple[int, int]], number: int) -> tuple[int, int]:
    """From the street up to where the next piece is something else: a phone, a person, a long sentence."""
    start, end = pieces[number]
    start += len(low[start:end]) - len(low[start:end].lstrip())
    for begin, stop in pieces[number + 1 : number + 4]:
        piece = low[begin:stop].strip()
        town = len(piece.split()) <= 3 and not re.search(r"@|\d{6}|\d{3,}[\s-]\d{3,}", piece)
        if not piece or not town or "\n" in low[end:begin] or honorific_at(piece + " ", 0)[0]:
            break
        end = stop
    return start, start + len(low[start:end].rstrip(" ."))
