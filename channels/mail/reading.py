"""Raw bytes of a mail -> `Message`. Every input gives one; nothing raises; time grows with the size only."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from channels.base import Attachment, MailFacts, Message, Sender
from channels.mail import headers as heads
from channels.mail import signs, sorting
from channels.mail.addresses import Address, bare, emails, first, message_ids
from channels.mail.charsets import storable
from channels.mail.headers import Headers, one_line, parameters
from channels.mail.pages import to_text
from channels.mail.parts import Part, leaves
from channels.mail.received import Received
from channels.mail.visible import visible
from channels.mail.writing import MADE_ID

CHANNEL = "email"
TOKEN = re.compile(r"[A-Za-z0-9_-]{6,120}\Z")
"""What a reply token may look like; whether it is one, its signature says, not this room."""

_LIMIT_TEXT_PARTS = 100
_ENDINGS = {
    "image/jpeg": "jpg", "image/jpg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp",
    "image/heic": "heic", "application/pdf": "pdf", "application/zip": "zip", "text/plain": "txt",
    "text/html": "html", "text/csv": "csv", "text/calendar": "ics", "text/vcard": "vcf",
    "text/x-vcard": "vcf", "message/rfc822": "eml", "message/global": "eml",
    "message/delivery-status": "txt", "text/rfc822-headers": "txt", "audio/mpeg": "mp3",
    "audio/ogg": "ogg", "audio/mp4": "m4a", "audio/amr": "amr", "video/mp4": "mp4", "video/3gpp": "3gp",
    "application/msword": "doc", "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}  # fmt: skip

log = logging.getLogger(__name__)


def external_id(raw: bytes, *, envelope_from: str, envelope_to: Sequence[str]) -> str:
    """The mail's id for ever: SHA-256 of its envelope and its bytes before we add anything."""
    digest = hashlib.sha256()
    for word in (envelope_from, *sorted(set(envelope_to))):
        digest.update(word.encode("utf-8", "backslashreplace") + b"\x00")
    digest.update(b"\x00")
    digest.update(raw)
    return digest.hexdigest()


def read(
    raw: bytes,
    *,
    account: str,
    envelope_from: str,
    envelope_to: Sequence[str],
    received_at: datetime,
    own: Collection[str] = (),
) -> Message:
    """Read one mail. Never raises, on any bytes.

    `account` names the mailbox; `envelope_from` is "" for the null path; `received_at` is aware and stands in
    for a Date that is missing or absurd; `own` are our own addresses (a mail from one is `automatic`).
    `thread` is the mail's own id: which conversation it continues, the inbox finds by tokens and ids.
    Ids in `MailFacts` have no angle brackets. An image shown inside the text has `reference` "cid:…".
    """
    digest = external_id(raw, envelope_from=envelope_from, envelope_to=envelope_to)
    try:
        return _read(raw, digest, account, envelope_from, envelope_to, received_at, own)
    except Exception:  # a fault of ours must not lose a customer's mail: what is certain is kept
        log.exception("mail %s could not be read and is passed on as it is", digest[:12])
        whose = bare(envelope_from)
        return Message(
            channel=CHANNEL,
            account=account,
            external_id=digest,
            sender=Sender(whose.lower() or f"unknown:{digest[:16]}", email=whose),
            thread=digest,
            sent_at=received_at,
            raw=raw,
            text=storable(raw[:20_000].decode("utf-8", "replace")),
            mail=MailFacts(message_id=_made_id(digest), warnings=("unreadable",)),
        )


def _read(
    raw: bytes,
    digest: str,
    account: str,
    envelope_from: str,
    envelope_to: Sequence[str],
    received_at: datetime,
    own: Collection[str],
) -> Message:
    block = raw.replace(b"\r", b"\n") if b"\r" in raw and b"\n" not in raw else raw
    headers, offset = heads.split(block, top=True)
    parts, warnings = leaves(headers, block[offset:])
    charset = parameters(headers.raw("content-type"))[1].get("charset", "")
    author = _author(headers, charset, envelope_from)
    subject = headers.text("subject", charset)[:1000]
    in_reply_to = message_ids(headers.all("in-reply-to"), limit=20)
    references = message_ids(headers.all("references"))
    own_ids = message_ids([headers.raw("message-id")])
    bodies, attached = _sorted_out(parts)
    body = _body(bodies)
    is_reply = bool(in_reply_to or references or signs.REPLY_SUBJECT.match(subject))
    seen = visible(body, is_reply=is_reply)
    to, cc = emails(headers, "to"), emails(headers, "cc")
    found = sorting.sort(
        Received(
            headers,
            parts,
            sender=author.email,
            sender_name=author.name,
            subject=subject,
            envelope_from=bare(envelope_from),
            text=body,
            own=frozenset(each.lower() for each in own),
            message_id="".join(own_ids),
        )
    )
    facts = MailFacts(
        kind=found.kind,
        reason=found.reason,
        bounce=found.bounce,
        message_id=own_ids[0] if own_ids else _made_id(digest),
        in_reply_to=in_reply_to,
        references=references,
        subject=subject,
        to=to,
        cc=cc,
        reply_to=first(headers, "reply-to", charset).email,
        tokens=_tokens((*envelope_to, *to, *cc), (*in_reply_to, *references)),
        automatic=found.automatic,
        quoted=seen.quoted,
        warnings=tuple(
            dict.fromkeys((*headers.warnings, *warnings, *(() if own_ids else ("no Message-ID",))))
        ),
    )
    return Message(
        channel=CHANNEL,
        account=account,
        external_id=digest,
        sender=Sender(author.email.lower() or f"unknown:{digest[:16]}", name=author.name, email=author.email),
        thread=digest,
        sent_at=_date(headers, received_at),
        raw=raw,
        text=seen.text,
        attachments=tuple(_attachment(part, number) for number, part in enumerate(attached, 1)),
        mail=facts,
    )


def _author(headers: Headers, charset: str, envelope_from: str) -> Address:
    found = first(headers, "from", charset)
    if found.email:
        return found
    for name in ("sender", "reply-to", "return-path"):
        other = first(headers, name, charset)
        if other.email:
            return Address(other.email, found.name or other.name)
    return Address(bare(envelope_from), found.name)


def _made_id(digest: str) -> str:
    """An id for a mail that has none: made of its bytes, so that the same mail always has the same one."""
    return f"{digest[:32]}{MADE_ID}"


def _tokens(addresses: Sequence[str], ids: Sequence[str]) -> tuple[str, ...]:
    """Reply tokens, unverified: `support+TOKEN@…` in addresses, `sapa.TOKEN.KEY@…` in ids."""
    found: dict[str, None] = {}
    for address in addresses:
        _, plus, token = address.rpartition("@")[0].partition("+")
        if plus and TOKEN.match(token):
            found[token] = None
    for each in reversed(ids):  # the newest of References is the last
        words = each.rpartition("@")[0].split(".")
        if len(words) >= 3 and words[0].lower() == "sapa" and TOKEN.match(words[1]):
            found[words[1]] = None
    return tuple(found)[:50]


def _date(headers: Headers, received_at: datetime) -> datetime:
    """The sender's time, aware; ours when it is missing, unreadable or absurd."""
    text = headers.text("date")[:200]
    try:
        found = parsedate_to_datetime(text)
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        found = found.astimezone(UTC)
    except Exception:  # the stdlib names no set of errors here
        return received_at
    years = abs((found - received_at).total_seconds()) / 31_557_600
    return found if years < 40 else received_at


# ------------------------------------------------------------------------------------ bodies, attachments


def _sorted_out(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Which parts are the text to read, and which are attachments.

    Of an alternative only the best version is text: the plain one unless it is blank.
    """
    readable = [
        part
        for part in parts
        if part.media_type
        in (
            "text/plain",
            "text/html",
            "text/enriched",
            "text/richtext",
            "text/x-amp-html",
            "text/watch-html",
            "text",
        )
        and part.disposition != "attachment"
        and not (part.name and part.path)
    ]
    if not readable:  # a text that is called an attachment and is all there is
        readable = [
            part for part in parts if part.media_type in ("text/plain", "text/html") and not part.name
        ][:1]
    readable = readable[:_LIMIT_TEXT_PARTS]
    chosen: list[Part] = []
    spare: set[int] = set()
    for number in dict.fromkeys(_alternative(part) for part in readable):
        group = [part for part in readable if _alternative(part) == number]
        if number:
            best = _best(group)
            chosen += best
            spare.update(id(part) for part in group if part not in best)
        else:
            chosen += group
    chosen_ids = {id(part) for part in chosen}
    chosen = [part for part in parts if id(part) in chosen_ids]
    attached = [part for part in parts if id(part) not in chosen_ids and id(part) not in spare]
    return chosen, [
        part
        for part in attached
        if part.name or part.encoded.strip() or part.media_type.startswith("message/")
    ]


def _alternative(part: Part) -> int:
    """The number of the outermost multipart/alternative around it, 0 when there is none."""
    return next((number for number, kind in part.path if kind == "alternative"), 0)


def _best(group: list[Part]) -> list[Part]:
    plain = [part for part in group if part.media_type == "text/plain"]
    if any(part.text().strip() for part in plain):
        return plain
    pages = [part for part in group if part.media_type == "text/html"]
    return pages or group[:1]


def _body(bodies: Sequence[Part]) -> str:
    done = []
    for part in bodies:
        text = part.text()
        if part.media_type != "text/plain" and (part.media_type != "text" or "<" in text):
            text = to_text(text) if "html" in part.media_type or "<" in text else text
        elif _is_page(text):
            text = to_text(text)
        if text.strip():
            done.append(text.strip("\n"))
    return "\n\n".join(done)


def _is_page(text: str) -> bool:
    return bool(re.match(r"\s{0,200}(?:<!doctype html|<html[\s>])", text[:600], re.IGNORECASE))


def _attachment(part: Part, number: int) -> Attachment:
    content = part.content
    media_type = (
        part.media_type
        if re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}", part.media_type)
        else ""
    )
    media_type = media_type or "application/octet-stream"
    inline = part.content_id and part.disposition != "attachment" and media_type.startswith("image/")
    return Attachment(
        name=part.name or _made_name(part, media_type, content, number),
        media_type=media_type,
        size=len(content),
        content=content,
        reference=f"cid:{one_line(part.content_id)[:200]}" if inline else None,
    )


def _made_name(part: Part, media_type: str, content: bytes, number: int) -> str:
    if media_type in ("message/rfc822", "message/global"):
        inner, _ = heads.split(content, top=True)
        subject = one_line(re.sub(r"[^\w .,()#-]+", " ", inner.text("subject")))[:80].strip(" .")
        if subject:
            return f"{subject}.eml"
    ending = _ENDINGS.get(media_type, "bin")
    return f"{'image' if media_type.startswith('image/') else 'attachment'}-{number}.{ending}"
