"""What an inbox row's `body` holds: the parsed input as JSON, its files by digest."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

import msgspec
from msgspec import Struct

from bot.dialogue.turn import CameBack, Due, File, FileCame, FileLost, HandedBack, TookOver


class Unfetched(Struct, frozen=True, omit_defaults=True):
    """A file of a message that is not here: it still lies with the provider, or never comes (`lost` is why;
    `too_large`: nobody takes so large a one). `position` is its place among the message's files, from 0;
    `media_type` what the sender claims."""

    position: int
    name: str = ""
    media_type: str = ""
    lost: str = ""
    too_large: bool = False


class Version(Struct, frozen=True):
    """Words that stood in a message before others replaced them; `at` is when they were written (aware)."""

    text: str
    at: datetime


class MessageIn(Struct, frozen=True, tag="message", omit_defaults=True):
    """A person wrote. `unfetched` are files that are not here; `earlier` the words that stood here before
    those of `text`, which were written at `edited_at`, the oldest first; `deleted`: the person took it back;
    `verdicts` what SPF, DKIM and DMARC say of a mail's sender, by method. `reporter` is the colleague who
    passed it on or wrote down what the customer said, `note` what the sender
    of a forwarded mail added, and `passed` the words that were passed on where `text` has their head too.
    `message_id` is the provider's id of it in its thread (a mail's Message-ID), `quotes` that of the message
    it answers; `proven` names what the channel itself made sure of ("phone", "email"); `command` is a command
    of the channel, `text` then what follows it; `part` of `parts` is a piece of a longer text in `group`."""

    text: str = ""
    files: tuple[File, ...] = ()
    subject: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    group: str = ""
    placeholder: str = ""
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    unfetched: tuple[Unfetched, ...] = ()
    earlier: tuple[Version, ...] = ()
    edited_at: datetime | None = None
    deleted: bool = False
    verdicts: dict[str, str] = {}
    reporter: str = ""
    reporter_name: str = ""
    note: str = ""
    passed: str = ""
    command: str = ""
    quotes: str = ""
    proven: tuple[str, ...] = ()
    part: int = 0
    parts: int = 0


class PressedIn(Struct, frozen=True, tag="pressed", omit_defaults=True):
    """A person pressed a button; `value` is untrusted and may be of an old keyboard (`bot.turns.marks` reads
    it); `of` is the provider's id of the message it belongs to."""

    value: str
    label: str = ""
    of: str = ""


class EchoedIn(Struct, frozen=True, tag="echoed", omit_defaults=True):
    """Somebody of ours wrote to the customer past Sapa: `agent` has the conversation from now on. `unfetched`
    are files that are not here."""

    agent: str
    name: str = ""
    text: str = ""
    files: tuple[File, ...] = ()
    placeholder: str = ""
    unfetched: tuple[Unfetched, ...] = ()


class EditedIn(Struct, frozen=True, tag="edited", omit_defaults=True):
    """A person changed the message with the id `of` in the thread, or took it back."""

    of: str
    text: str
    deleted: bool = False


class StatusIn(Struct, frozen=True, tag="status", omit_defaults=True):
    """News of something sent: by provider id (`of`) or by outbox id (`echo`); `again`: it may be sent once
    more; `part`: of one of its parts, and not the last."""

    of: str
    delivery: str
    echo: str = ""
    reason: str = ""
    again: bool = False
    part: bool = False


class ReachableIn(Struct, frozen=True, tag="reachability"):
    """The person blocked or unblocked us."""

    reachable: bool


class IdentifiedIn(Struct, frozen=True, tag="identified"):
    """The provider said that a person's ids changed: the new one first, then the others, old and new."""

    ids: tuple[str, ...]


class UnreadableIn(Struct, frozen=True, tag="unreadable"):
    """Bytes nobody could read; they are in `raw`."""


class Act(Struct, frozen=True, tag="act"):
    """What a clock or an agent did, or what became of a letter or of a file that had to be fetched."""

    input: Due | TookOver | HandedBack | CameBack | FileCame | FileLost


InputBody: TypeAlias = (
    MessageIn | PressedIn | EchoedIn | EditedIn | StatusIn | ReachableIn | IdentifiedIn | UnreadableIn | Act
)  # fmt: skip

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[InputBody] = msgspec.json.Decoder(InputBody)


def encode(body: InputBody) -> bytes:
    """A body as JSON."""
    return _encoder.encode(body)


def decode(data: bytes) -> InputBody:
    """The body of `encode`. Raises `msgspec.DecodeError` when it is none."""
    return _decoder.decode(data)
