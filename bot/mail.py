"""`sapa mail`: what Sapa makes of a mail, told without a database, a pack or a running house."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

if TYPE_CHECKING:
    from channels.base import Bounce, Forwarded

mail_app = typer.Typer(help="Mails as files: what Sapa makes of them.", no_args_is_help=True)

_LINE_ENDS = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What JSON allows inside a string and some program takes for the end of a line, or no output can hold."""


@mail_app.callback()
def mail() -> None:
    """Mails as files: what Sapa makes of them."""


@mail_app.command("explain")
def explain(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Raw mails; - is standard input.", show_default=False),
    ],
) -> None:
    """One JSON line for each mail: its kind and why, who wrote it, visible and quoted text, attachments."""
    raise typer.Exit(print_all(files, sys.stdout.buffer))


def print_all(files: list[Path], out: BinaryIO) -> int:
    """Explain `files` on `out`, one line each, in order; 1 when one of them could not be read, else 0."""
    unread = 0
    for file in files:
        try:
            raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        except (OSError, ValueError) as error:  # ValueError: a name with a NUL
            unread = 1
            said = getattr(error, "strerror", None) or str(error)
            typer.echo(f"sapa: {file} cannot be read: {said}", err=True)
            continue
        out.write(line(explained(raw)))
        out.flush()
    return unread


def line(found: dict[str, Any]) -> bytes:
    """JSON on one line, whatever the reading program takes for the end of a line."""
    text = json.dumps(found, ensure_ascii=False)
    return _LINE_ENDS.sub(lambda m: f"\\u{ord(m[0]):04x}", text).encode() + b"\n"


def explained(raw: bytes) -> dict[str, Any]:
    """What Sapa makes of one mail, as plain data. Never raises.

    A file has no envelope: its Return-Path stands for it, else the author's own address. Ids have no angle
    brackets; `date` is the mail's own, ISO 8601 with its zone, None when it has none that can be read.
    """
    from channels.mail import read
    from channels.mail.addresses import emails
    from channels.mail.headers import split
    from channels.mail.writing import MADE_ID

    headers, _ = split(raw.replace(b"\r", b"\n") if b"\n" not in raw else raw, top=True)
    author = (*emails(headers, "from"), *emails(headers, "sender"), "unknown@unknown.invalid")[0]
    path = emails(headers, "return-path") if headers.raw("return-path") else (author,)
    message = read(
        raw,
        account="",
        envelope_from="".join(path[:1]),
        envelope_to=(),
        received_at=datetime.now(UTC),
    )
    facts = message.mail
    assert facts is not None  # noqa: S101 - a mail has them
    return {
        "kind": facts.kind,
        "reason": facts.reason,
        "from": message.sender.email,
        "from_name": message.sender.name,
        "to": list(facts.to),
        "subject": facts.subject,
        "message_id": "" if facts.message_id.endswith(MADE_ID) else facts.message_id,
        "in_reply_to": "".join(facts.in_reply_to[:1]),
        "references": list(facts.references),
        "date": _date(headers.text("date")),
        "language": _language(message.text or facts.quoted or facts.subject),
        "text": message.text,
        "quoted": facts.quoted,
        "attachments": [
            {"name": each.name, "type": each.media_type, "size": each.size} for each in message.attachments
        ],
        "bounce": _bounce(facts.bounce),
        "forwarded": _forwarded(facts.forwarded),
        "warnings": list(facts.warnings),
    }


def _date(text: str) -> str | None:
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(text[:200])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()
    except Exception:  # the standard library names no set of errors here
        return None


def _language(text: str) -> str | None:
    from bot.understanding.language import language
    from bot.understanding.lexicon import Lexicon
    from bot.understanding.text import read as words_of

    return language(words_of(text, Lexicon((), {})))


def _bounce(bounce: Bounce | None) -> dict[str, str] | None:
    if bounce is None:
        return None
    return {
        "action": bounce.action,
        "status": bounce.status,
        "class": bounce.cause,
        "recipient": bounce.recipient,
        "original_message_id": bounce.original_message_id,
    }


def _forwarded(forwarded: Forwarded | None) -> dict[str, str] | None:
    if forwarded is None:
        return None
    return {"from": forwarded.email or forwarded.name, "subject": forwarded.subject, "text": forwarded.text}
