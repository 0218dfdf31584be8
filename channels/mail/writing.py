"""`Outbound` -> the bytes of a mail: the same for the same outbound, so that sending again is harmless."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from email.utils import format_datetime

from channels.base import Attachment, Outbound
from channels.mail.charsets import storable
from channels.mail.headers import one_line
from channels.mail.parts import tidy_name
from channels.mail.sorting import OWN_HEADER

CRLF = "\r\n"
MAX_REFERENCES = 20
MADE_ID = "@no-message-id.invalid"
"""The domain of ids that we made for mails without one: nobody else knows them, so they are never sent."""
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*\Z")
_LOCAL = re.compile(r"[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]{1,64}\Z")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?\Z")
_ID = re.compile(r"[^\s<>\x00-\x1f\x7f-\uffff]{1,240}\Z")
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,60}/[A-Za-z0-9!#$&^_.+-]{1,100}\Z")


class Unwritable(ValueError):
    """An outbound that cannot be a mail: an address, an id or the head is missing or unusable."""


def write(outbound: Outbound) -> bytes:
    """The mail, RFC 5322 with CRLF; raises `Unwritable` when an address or the Message-ID is unusable.

    Nothing in any field can start a header of its own: line breaks and control characters become blanks.
    """
    head = outbound.mail
    if head is None:
        raise Unwritable("no mail head")
    message_id = f"<{plain_id(head.message_id)}>"
    lines = [f"Message-ID: {message_id}"]
    if head.date is not None:
        lines.append(f"Date: {format_datetime(head.date)}")
    lines.append(_mailbox("From", head.sender, head.sender_name))
    lines.append(_mailbox("To", outbound.to, ""))
    if head.reply_to:
        lines.append(_mailbox("Reply-To", head.reply_to, head.sender_name))
    lines.append(_unstructured("Subject", head.subject))
    answered = _ids([head.in_reply_to])
    if answered:
        lines.append(f"In-Reply-To: {answered[0]}")
    references = _ids(head.references)
    references += [each for each in answered if each not in references]
    if len(references) > MAX_REFERENCES:
        references = [references[0], *references[1 - MAX_REFERENCES :]]
    if references:
        lines.append("References: " + f"{CRLF} ".join(references))
    automatic = re.sub(r"[^a-z-]", "", head.automatic.lower())
    if automatic and automatic != "no":
        lines.append(f"Auto-Submitted: {automatic}")
        lines.append("X-Auto-Response-Suppress: All")
    lines.append(f"{OWN_HEADER}: 1")
    lines.append("MIME-Version: 1.0")
    # of the text too: nobody who writes a text can know the boundary it will get
    known = f"{message_id}\0{outbound.text}\0{outbound.html}"
    seed = hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()[:24]
    content = _text("plain", outbound.text)
    if outbound.html:
        content = _multipart("alternative", f"sapa-a-{seed}", [content, _text("html", outbound.html)])
    files = [file for file in outbound.attachments if file.content is not None]
    if files:
        content = _multipart("mixed", f"sapa-m-{seed}", [content, *(_file(file) for file in files)])
    return (CRLF.join(lines) + CRLF).encode("utf-8") + content


def return_path(outbound: Outbound) -> str:
    """Where a bounce of this mail shall go; raises `Unwritable`.

    The address with the reply token, so that the bounce is tied to its thread; else the sender's. Never the
    null path: a ticket number that did not arrive must be seen, and the intake never answers a bounce
    (RFC 3834, 3.3 allows an own address that cannot loop).
    """
    head = outbound.mail
    if head is None:
        raise Unwritable("no mail head")
    return address(head.reply_to if "+" in head.reply_to else head.sender)


def address(text: str) -> str:
    """One plain address, the domain in ASCII; raises `Unwritable`."""
    bare = text.strip().removeprefix("<").removesuffix(">")
    local, at, domain = bare.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise Unwritable("a domain that is none") from error
    if not at or not _LOCAL.match(local) or not _DOMAIN.match(domain) or storable(bare) != bare:
        raise Unwritable("an address that is none")
    if local.startswith(".") or local.endswith(".") or ".." in local or ".." in domain:
        raise Unwritable("an address that is none")
    return f"{local}@{domain}"


def needs_utf8(outbound: Outbound) -> bool:
    """An address that only a server with SMTPUTF8 can take."""
    head = outbound.mail
    every = (outbound.to, head.sender, head.reply_to) if head else (outbound.to,)
    return not all(each.rpartition("@")[0].isascii() for each in every)


def own_id(outbound: Outbound) -> str:
    """The Message-ID of an outbound, without angle brackets; raises `Unwritable`."""
    if outbound.mail is None:
        raise Unwritable("no mail head")
    return plain_id(outbound.mail.message_id)


def plain_id(message_id: str) -> str:
    """The id without angle brackets; raises `Unwritable` when it is none."""
    bare = message_id.strip().removeprefix("<").removesuffix(">")
    if not _ID.match(bare) or "@" not in bare:
        raise Unwritable("a Message-ID that is none")
    return bare


def _ids(raw: Iterable[str]) -> list[str]:
    """Usable ids in brackets, once each; others are left out."""
    found: dict[str, None] = {}
    for each in raw:
        bare = each.strip().removeprefix("<").removesuffix(">")
        if _ID.match(bare) and not bare.endswith(MADE_ID):
            found[f"<{bare}>"] = None
    return list(found)


# -------------------------------------------------------------------------------------------- headers


def _unstructured(name: str, text: str) -> str:
    text = one_line(text)
    if text.isascii() and text.isprintable() and "=?" not in text:
        return _folded(name, text.split(" "))
    return _folded(name, _words(text))


def _mailbox(name: str, email: str, display: str) -> str:
    email = address(email)
    display = one_line(display)
    if not display:
        return f"{name}: {email}" if len(email) < 60 else f"{name}:{CRLF} {email}"
    if display.isascii() and display.isprintable() and "=?" not in display:
        if not _ATOM.match(display):
            escaped = display.replace("\\", "\\\\").replace('"', '\\"')
            display = f'"{escaped}"'
        return _folded(name, [*display.split(" "), f"<{email}>"])
    return _folded(name, [*_words(display), f"<{email}>"])


def _folded(name: str, tokens: list[str]) -> str:
    """Header with its tokens on lines of at most 76 characters where a token allows it, 900 always."""
    lines = [f"{name}:"]
    for token in tokens:
        pieces = [token[at : at + 900] for at in range(0, len(token), 900)] or [""]
        for piece in pieces:
            if len(lines[-1]) + 1 + len(piece) > 76 and lines[-1].strip() != f"{name}:":
                lines.append("")
            lines[-1] += f" {piece}"
    return CRLF.join(line for line in lines if line.strip()) if len(lines) > 1 else lines[0]


def _words(text: str) -> list[str]:
    """RFC 2047 words of at most 75 characters, never cutting a letter."""
    done: list[str] = []
    held = b""
    for letter in text:
        raw = letter.encode("utf-8")
        if len(held) + len(raw) > 42:
            done.append(held.decode("utf-8"))
            held = b""
        held += raw
    if held:
        done.append(held.decode("utf-8"))
    return [f"=?utf-8?B?{base64.b64encode(each.encode('utf-8')).decode('ascii')}?=" for each in done]


# --------------------------------------------------------------------------------------------- bodies


def _text(kind: str, text: str) -> bytes:
    """A text part: 7bit when it is short-lined ASCII, quoted-printable when mostly ASCII, else base64."""
    text = storable(text).replace("\r\n", "\n").replace("\r", "\n")
    if not text.endswith("\n"):
        text += "\n"
    raw = text.encode("utf-8")
    lines = raw.split(b"\n")
    plain = all(len(line) <= 990 and not line.startswith(b"From ") for line in lines)
    if raw.isascii() and plain and not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", raw):
        return _part(f"text/{kind}; charset=us-ascii", "7bit", raw.replace(b"\n", b"\r\n"))
    strange = sum(1 for byte in raw if byte > 126 or byte == 61)
    if strange * 4 < len(raw):
        encoded = binascii.b2a_qp(raw, quotetabs=False, istext=True, header=False)
        encoded = encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if encoded.startswith(b"From "):
            encoded = b"=46rom " + encoded[5:]
        encoded = encoded.replace(b"\r\nFrom ", b"\r\n=46rom ").replace(b"\r\n.\r\n", b"\r\n=2E\r\n")
        if max(len(line) for line in encoded.split(b"\r\n")) <= 80:
            return _part(f"text/{kind}; charset=utf-8", "quoted-printable", encoded)
    return _part(f"text/{kind}; charset=utf-8", "base64", _base64(raw.replace(b"\n", b"\r\n")))


def _file(file: Attachment) -> bytes:
    content = file.content or b""
    media_type = file.media_type.lower() if _TYPE.match(file.media_type) else "application/octet-stream"
    if media_type.startswith("multipart/"):
        media_type = "application/octet-stream"
    name = tidy_name(one_line(storable(file.name))) or "attachment.bin"
    if media_type.startswith(
        "message/"
    ):  # must not be encoded, so that it travels as plain bytes in a wrapper
        media_type = "application/octet-stream" if not name.lower().endswith(".eml") else "application/x-eml"
    if name.isascii():
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        disposition = f'attachment;{CRLF} filename="{escaped}"'
    else:
        disposition = "attachment;" + CRLF + f";{CRLF}".join(_continued("filename", name))
    return _part(media_type, "base64", _base64(content), f"Content-Disposition: {disposition}")


def _continued(name: str, value: str) -> list[str]:
    """RFC 2231: `filename*0*=utf-8''…`, each on its own line."""
    encoded = "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or byte in b".-_" else f"%{byte:02X}"
        for byte in value.encode("utf-8")
    )
    pieces: list[str] = []
    while encoded:
        cut = 55
        if len(encoded) > cut:
            cut -= 2 if encoded[cut - 2] == "%" else 1 if encoded[cut - 1] == "%" else 0
        pieces.append(encoded[:cut])
        encoded = encoded[cut:]
    if len(pieces) == 1:
        return [f" {name}*=utf-8''{pieces[0]}"]
    return [
        f" {name}*{place}*={'utf-8' + chr(39) * 2 if place == 0 else ''}{piece}"
        for place, piece in enumerate(pieces)
    ]


def _base64(content: bytes) -> bytes:
    encoded = base64.b64encode(content)
    return b"".join(encoded[at : at + 76] + b"\r\n" for at in range(0, len(encoded), 76))


def _part(media_type: str, encoding: str, body: bytes, *more: str) -> bytes:
    lines = [f"Content-Type: {media_type}", f"Content-Transfer-Encoding: {encoding}", *more]
    return (CRLF.join(lines) + CRLF + CRLF).encode("ascii") + body


def _multipart(kind: str, boundary: str, parts: list[bytes]) -> bytes:
    """The boundary holds a "_=", which neither base64 nor quoted-printable can contain."""
    mark = f"{boundary}_=".encode("ascii")
    done = [f'Content-Type: multipart/{kind};{CRLF} boundary="{boundary}_="{CRLF}{CRLF}'.encode("ascii")]
    for part in parts:
        done.append(b"--" + mark + b"\r\n" + part + b"\r\n")
    done.append(b"--" + mark + b"--\r\n")
    return b"".join(done)
