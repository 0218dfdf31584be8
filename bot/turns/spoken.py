"""What a turn's inputs look like to who reads the conversation: one visible thing for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from bot.dialogue import File
from bot.store.inbox import WaitingInput
from bot.store.inputs import MessageIn, PressedIn, Unfetched, Version, decode
from bot.store.items import CUSTOMER, ItemBody


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody besides the customer, as a mail names them."""

    address: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name and self.address else self.name or self.address


class Spoken(msgspec.Struct, frozen=True):
    """One visible thing the customer did: a message or a pressed button, with its row. `by` is who wrote it,
    when that was not the customer of the thread: somebody the customer wrote to besides us, or (`author`)
    somebody of ours. `unfetched` are files that are not here; `earlier` and `edited_at` tell of words that
    were replaced before anybody read them (see `MessageIn`)."""

    row: WaitingInput
    text: str
    files: tuple[File, ...] = ()
    subject: str = ""
    by: Person | None = None
    unfetched: tuple[Unfetched, ...] = ()
    earlier: tuple[Version, ...] = ()
    edited_at: datetime | None = None
    deleted: bool = False
    author: str = CUSTOMER

    def item(self) -> ItemBody:
        """The JSON beside the text of its item."""
        return ItemBody(
            files=self.files,
            client_id=self.row.external_id,
            subject=self.subject,
            by=str(self.by) if self.by is not None else "",
            unfetched=self.unfetched,
            earlier=self.earlier,
            edited_at=self.edited_at,
            deleted=self.deleted,
        )


def spoken(row: WaitingInput, body: MessageIn | PressedIn, whose: str = "") -> Spoken:
    """How a message or a pressed button is shown. `whose`: the address of the thread's customer, where that
    is a mail's."""
    if isinstance(body, PressedIn):
        return Spoken(row, body.label or body.value)
    text = f"/{body.command} {body.text}".strip() if body.command else body.text
    text = text or (f"[{body.placeholder}]" if body.placeholder else "")
    writer = (body.email or body.reporter).lower()
    by = Person(writer, body.name or body.reporter_name) if whose and writer not in ("", whose) else None
    if (
        body.note and body.reporter
    ):  # for those who work on it; the customer is answered to the customer's own words
        text = f"{text}\n\n[{body.reporter_name or body.reporter}: {body.note}]"
    return Spoken(
        row, text, body.files, body.subject, by, body.unfetched, body.earlier, body.edited_at, body.deleted
    )


def readable(row: WaitingInput) -> Spoken | None:
    """What of a quarantined input the customer can be shown; None when it is no message, or unreadable."""
    try:
        body = decode(row.body)
    except msgspec.MsgspecError:
        return None
    return spoken(row, body) if isinstance(body, MessageIn | PressedIn) else None
