"""A fetched mail as a `Message`. Pure: the same bytes give the same id, in whatever folder they lie."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from channels.base import NOBODY, Attachment, Message, Trusted, Unreadable
from channels.imap.skeleton import Skeleton
from channels.mail import external_id, read

HISTORY = "history: it lay in the mailbox before Sapa came"
KNOWN_BEFORE = "history: its Message-ID was on record when the server numbered the folder anew"

_MOST_HEAD = 262_144
_RETURN_PATH = re.compile(rb"^return-path[ \t]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_DELIVERED = re.compile(
    rb"^(?:delivered-to|x-original-to|envelope-to|x-envelope-to)[ \t]*:[ \t]*"
    rb"<?([^\s<>]{1,320}@[^\s<>]{1,255})",
    re.IGNORECASE | re.MULTILINE,
)
_FROM = re.compile(
    rb"^from[ \t]*:[^\r\n]*?(?<![^\s<>\",;:])([^\s<>\",;:]{1,320}@[^\s<>\",;:]{1,255})",
    re.IGNORECASE | re.MULTILINE,
)

log = logging.getLogger(__name__)


def envelope(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Who sent it and to whom, as the delivering server wrote it on top: IMAP itself has no envelope.

    Only the mail's own bytes count, so that its id stays the same. Without a Return-Path the author stands
    in: an unknown path is not a null path.
    """
    end = min((place for place in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if place >= 0), default=len(raw))
    head = raw[: min(end + 1, _MOST_HEAD)]
    path = _return_path(head)
    if path is None:
        author = _FROM.search(head)
        path = author[1] if author else b""
    sender = path.decode("utf-8", "replace").strip()
    found = [each.decode("utf-8", "replace") for each in _DELIVERED.findall(head)[:20]]
    return sender, tuple(dict.fromkeys(found))


def _return_path(head: bytes) -> bytes | None:
    """The first Return-Path that is one: empty for the null path, None when there is none."""
    for found in _RETURN_PATH.finditer(head):
        path = found[1].strip(b" \t").removeprefix(b"<").removesuffix(b">")
        if b"<" not in path and b">" not in path:
            return path
    return None


def mail(
    raw: bytes,
    *,
    account: str,
    received_at: datetime,
    own: Collection[str],
    trusted: Trusted = NOBODY,
    past: str = "",
) -> Message | Unreadable:
    """Read one mail; with `past` it is on record and never answered, for that reason. Never raises."""
    sender, recipients = envelope(raw)
    try:
        message = read(
            raw,
            account=account,
            envelope_from=sender,
            envelope_to=recipients,
            received_at=received_at,
            own=own,
            trusted=trusted,
        )
    except Exception as error:  # `read` promises never to; should it, the bytes are kept all the same
        log.exception("imap: a mail could not be read")
        return Unreadable(
            channel="email",
            account=account,
            external_id=external_id(raw, envelope_from=sender, envelope_to=recipients),
            raw=raw,
            cause=f"unreadable: {type(error).__name__}",
            sent_at=received_at,
        )
    if past and message.mail is not None:
        return replace(message, mail=replace(message.mail, automatic=past, bounce=None))
    return message


def large(one: Message | Unreadable, skeleton: Skeleton, *, too_large: bool = True) -> Message | Unreadable:
    """A mail of which only headers and texts were taken, with a note that says so and where the rest is.

    Not `too_large`: the server failed to give it whole.
    """
    if isinstance(one, Unreadable) or one.mail is None:
        return one
    whole = _size(skeleton.size)
    english = f"has {whole}, more than is taken" if too_large else "is not given whole by its server"
    indonesian = f"berukuran {whole}, terlalu besar" if too_large else "tidak diberikan utuh oleh servernya"
    lines = [
        f"This mail {english}: only its text is here, the rest is on the mail server.",
        f"Surel ini {indonesian}: di sini hanya teksnya, sisanya ada di server surel.",
        "",
        *(f"- {left.name} ({left.media_type}, {_size(left.size)}): {left.where}" for left in skeleton.left),
        "",
    ]
    note = "\n".join(lines).encode()
    attachments = (
        *one.attachments,
        Attachment("rest-on-the-mail-server.txt", "text/plain", len(note), note),
        *(Attachment(left.name, left.media_type, left.size, None, left.where) for left in skeleton.left),
    )
    warning = f"it {english}: the rest stays on the mail server"
    facts = replace(one.mail, warnings=(*one.mail.warnings, warning))
    return replace(one, attachments=attachments, mail=facts)


def not_given(
    folder: str, validity: int, uid: int, *, mailbox: str, account: str, at: datetime, why: str
) -> Unreadable:
    """A mail that the server lists and does not give: on record, for a person to look at it there."""
    name = f"imap\x00{mailbox}\x00{folder}\x00{validity}\x00{uid}"
    return Unreadable(
        channel="email",
        account=account,
        external_id=hashlib.sha256(name.encode()).hexdigest(),
        raw=b"",
        cause=f"not_given: UID {uid} in {folder} of {mailbox}: it is there and is not given ({why})",
        sent_at=at,
    )


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.1f} MB" if count >= 1024 * 1024 else f"{max(count // 1024, 1)} kB"
