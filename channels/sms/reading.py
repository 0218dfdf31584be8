"""From a gateway's bytes to inbound values. Pure: the same bytes give the same values at any time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from channels.base import Delivery, Inbound, Message, Noted, Reachability, Sender, Status, Unreadable
from channels.sms import numbers, times
from channels.sms.gateway import Gateway
from channels.sms.wire import Entry, Unclear, entries, word

CHANNEL = "sms"
_HEX = re.compile(r"(?:[0-9A-Fa-f]{4})+")
_WORDS = re.compile(r"\w+")
NO_ANSWER = "sms: {} is a name or a short code, which cannot be answered; it wrote: {}"
OURS = "own: it comes from our own number {}; it says: {}"


class Malformed(ValueError):
    """A message without what it cannot be without; says what."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Which part of a longer text a message is: the `number`th of `total` under `reference`."""

    number: int
    total: int
    reference: str


class Reader:
    """Reads what one gateway sends."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._numbers = {numbers.e164(each, gateway.region) or each: each for each in gateway.numbers}

    def read(self, raw: bytes, received_at: datetime) -> list[Inbound | Unreadable]:
        """All that is in it, each by itself: what cannot be read does not keep the others from being read.
        `received_at` stands in where the gateway tells no time."""
        gateway = self._gateway
        try:
            found = entries(raw, gateway.fields.items, gateway.hook.charset)
        except Unclear as error:
            return [self._unreadable(raw, f"not_understood: {error}", received_at)]
        made: list[Inbound | Unreadable] = []
        for entry, own in found:
            try:
                made += self._entry(entry, own, received_at)
            except Malformed as error:
                made.append(self._unreadable(own, f"not_understood: {error}", received_at))
        return made

    def _unreadable(self, raw: bytes, cause: str, at: datetime) -> Unreadable:
        return Unreadable(
            channel=CHANNEL,
            account=self._gateway.numbers[0],
            external_id=f"raw/{sha256(raw).hexdigest()}",
            raw=raw,
            cause=cause,
            sent_at=at,
        )

    def _entry(self, entry: Entry, raw: bytes, at: datetime) -> Sequence[Inbound]:
        told = word(entry, self._gateway.reports.status).strip()
        if told and told.casefold() not in self._gateway.reports.none:
            return [self._report(entry, told, raw, at)]
        return self._message(entry, raw, at)

    # ------------------------------------------------------------------------------------------- reports

    def _report(self, entry: Entry, told: str, raw: bytes, at: datetime) -> Status:
        reports, fields = self._gateway.reports, self._gateway.fields
        of, echo = word(entry, reports.id).strip(), word(entry, reports.echo).strip()
        if not (of or echo):
            raise Malformed("a delivery report that does not say of which message it is")
        delivery = next((d for d, words in self._deliveries() if told.casefold() in words), None)
        if delivery is None:
            raise Malformed(f"a delivery report with the word {told[:40]!r}; put it into sms.reports")
        reason = word(entry, reports.reason).strip()
        return Status(
            channel=CHANNEL,
            account=self._account(entry, (fields.sender, fields.recipient)),
            external_id=_hashed("report", of, echo, told, reason),
            sender=Sender(of or echo),
            thread=of or echo,
            sent_at=self._time(entry) or at,
            raw=raw,
            of=of,
            echo=echo,
            delivery=delivery,
            reason=f"{told} {reason}".strip()[:500] if delivery is Delivery.FAILED else "",
        )

    def _deliveries(self) -> tuple[tuple[Delivery, tuple[str, ...]], ...]:
        reports = self._gateway.reports
        return (
            (Delivery.DELIVERED, reports.delivered),
            (Delivery.FAILED, reports.failed),
            (Delivery.SENT, reports.sent),
        )

    # ------------------------------------------------------------------------------------------ messages

    def _message(self, entry: Entry, raw: bytes, at: datetime) -> Sequence[Inbound]:
        gateway, fields = self._gateway, self._gateway.fields
        written = word(entry, fields.sender).strip()
        if not written:
            raise Malformed(f"no sender at {fields.sender!r}")
        text = self._text(entry)
        told_at, provider_id = self._time(entry), word(entry, fields.id).strip()
        piece = _piece(entry, fields)
        number = numbers.e164(written, gateway.region)
        account = self._account(entry, (fields.recipient,))
        shared: dict[str, Any] = {
            "channel": CHANNEL,
            "account": account,
            "sender": Sender(number or written, phone=number),
            "thread": number or written,
            "sent_at": told_at or at,
            "raw": raw,
            "message_id": provider_id,
        }
        key = self._key(entry, account, number or written, text, piece, provider_id)
        if not number or number in self._numbers:
            why = (OURS if number else NO_ANSWER).format(written[:40], text[:500])
            return [Noted(**shared, external_id=key, cause=why)]
        if piece is None and (wish := self._wish(text)) is not None:
            news = Reachability(**shared, external_id=f"reach/{key}", reachable=wish)
            if not wish:
                return [news]
            return [news, Message(**shared, external_id=key, text=text)]
        return [
            Message(
                **shared,
                external_id=key,
                text=text,
                placeholder="" if text.strip() or piece else "empty",
                group=f"{number}/{piece.reference}/{piece.total}" if piece else "",
                part=piece.number if piece else 0,
                parts=piece.total if piece else 0,
            )
        ]

    def _text(self, entry: Entry) -> str:
        fields = self._gateway.fields
        text = word(entry, fields.text)
        coding = word(entry, fields.coding).strip() if fields.coding else ""
        if coding and coding in fields.hex_codings and _HEX.fullmatch(text.strip()):
            text = bytes.fromhex(text.strip()).decode("utf-16-be", "surrogatepass")
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def _time(self, entry: Entry) -> datetime | None:
        fields = self._gateway.fields
        written = word(entry, fields.time)
        return times.read(written, fields.zone, fields.time_format) if written else None

    def _key(
        self, entry: Entry, account: str, sender: str, text: str, piece: Piece | None, provider_id: str
    ) -> str:
        """Unique for ever, the same for a redelivery: the gateway's id; where it gives none, what the message
        says of itself, with the gateway's time as it is written."""
        part = f"/{piece.number}" if piece else ""
        if provider_id:
            return f"id/{provider_id}{part}"
        written = word(entry, self._gateway.fields.time).strip()
        if not written:
            raise Malformed("neither an id nor a time: a redelivery could not be told from a second message")
        reference = f"{piece.reference}/{piece.total}" if piece else ""
        return _hashed("words", account, sender, written, text, reference + part)

    def _account(self, entry: Entry, paths: Sequence[str]) -> str:
        """Which of our numbers it is about; the first where none of them is named."""
        for path in paths:
            written = word(entry, path).strip()
            if written:
                found = self._numbers.get(numbers.e164(written, self._gateway.region) or written)
                if found is not None:
                    return found
        return self._gateway.numbers[0]

    def _wish(self, text: str) -> bool | None:
        """Whether the customer wants automatic SMS again (True) or no more (False); None: neither is said.
        The word stands alone, or before one more ("UNREG SAPA")."""
        said = _WORDS.findall(text.casefold())
        if not 1 <= len(said) <= 2 or len(text) > 40:
            return None
        if said[0] in self._gateway.stop and (len(said) == 1 or said[0] == "unreg" or said[1] == "sms"):
            return False
        return True if len(said) == 1 and said[0] in self._gateway.start else None


def _piece(entry: Entry, fields: Any) -> Piece | None:
    """Which part it is; None for a whole text, and for what makes no sense."""
    if fields.udh and (told := _header(word(entry, fields.udh))) is not None:
        return told
    number, total = _count(word(entry, fields.part)), _count(word(entry, fields.parts))
    if 2 <= total <= 255 and 1 <= number <= total:
        return Piece(number, total, word(entry, fields.reference).strip())
    return None


def _count(written: str) -> int:
    written = written.strip()
    return int(written) if written.isascii() and written.isdigit() and len(written) <= 3 else 0


def _header(written: str) -> Piece | None:
    """The part in a user data header (3GPP TS 23.040, 9.2.3.24): element 0, or 8 with a longer reference."""
    try:
        header = bytes.fromhex(re.sub(r"[\s:%]|^0x", "", written))
    except ValueError:
        return None
    place = 1
    while place + 2 <= len(header):
        kind, size = header[place], header[place + 1]
        data = header[place + 2 : place + 2 + size]
        place += 2 + size
        if (kind, size) in ((0, 3), (8, 4)) and len(data) == size:
            reference, total, number = data[:-2].hex(), data[-2], data[-1]
            return Piece(number, total, reference) if total >= 2 and 1 <= number <= total else None
    return None


def _hashed(kind: str, *words: str) -> str:
    joined = "\0".join(f"{len(each)}:{each}" for each in words)
    return f"{kind}/{sha256(joined.encode('utf-8', 'surrogatepass')).hexdigest()}"
