"""Which parts of a mail are its text, which are attachments, and what an invitation without words says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.base import Attachment, Forwarded
from channels.mail import headers as heads
from channels.mail.addresses import first
from channels.mail.calendars import summary
from channels.mail.headers import one_line, parameters
from channels.mail.pages import to_text
from channels.mail.parts import Part, leaves

MAX_NOTE = 400
"""Characters above an attached mail that still say nothing but "please see"."""
MAX_FORWARDED = 100_000
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


def sorted_out(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
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
    pages = [part for part in group if part.media_type == "text/html"]
    said = "".join(part.text() for part in plain).strip()
    if said and not (pages and len(said) < 250 and "html" in said.lower() and _excuse(said)):
        return plain
    return pages or group[:1]


def _excuse(said: str) -> bool:
    """The plain version only says that the program at hand cannot show the other one."""
    return bool(
        re.search(
            r"(?:not|tidak)\b.{0,60}(?:support|display|mendukung|menampilkan)|view (?:this|it)", said, re.I
        )
    )


def body_of(bodies: Sequence[Part], others: Sequence[Part] = ()) -> str:
    """The whole text of a mail, quotes and all; an invitation's summary when there is no other word."""
    done = []
    for part in bodies:
        text = part.text()
        if part.media_type != "text/plain" and (part.media_type != "text" or "<" in text):
            text = to_text(text) if "html" in part.media_type or "<" in text else text
        elif "<" in text[:300] and _is_page(text):
            text = to_text(text)
        if text.strip():
            done.append(text.strip("\n"))
    if not done:
        done = [summary(part.text()) for part in others if part.media_type == "text/calendar"][:1]
    return "\n\n".join(done)


def _is_page(text: str) -> bool:
    return bool(re.match(r"\s{0,200}(?:<!doctype html|<html[\s>])", text[:600], re.IGNORECASE))


def attachment(part: Part, number: int) -> Attachment:
    """The part as a file; one without a name gets one that says what it is and where it stood."""
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


def passed_on(text: str, attached: Sequence[Part]) -> Forwarded | None:
    """The one mail that is attached to a mail which itself says little: somebody passes it on."""
    mails = [part for part in attached if part.media_type in ("message/rfc822", "message/global")]
    if len(mails) != 1 or len(text) > MAX_NOTE:
        return None
    inner, offset = heads.split(mails[0].content, top=True)
    charset = parameters(inner.raw("content-type"))[1].get("charset", "")
    author = first(inner, "from", charset)
    if not author.email:
        return None
    parts, _ = leaves(inner, mails[0].content[offset:])
    words = body_of(sorted_out(parts)[0])[:MAX_FORWARDED]
    return Forwarded(
        email=author.email,
        name=author.name,
        subject=inner.text("subject", charset)[:1000],
        text=words,
        note=text,
    )
