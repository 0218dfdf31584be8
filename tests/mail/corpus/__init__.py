"""A hundred Indonesian mails written for this project, each with what must become of it.

The YAML files beside this one say of each mail what its sender did; `build` makes the bytes that the sender's
mail program would have sent. The words:

- `via` is the program (gmail, outlook, apple, yahoo, phone, roundcube, html, plain); `text` what was
  written, `tail` what the program puts below; `reply` quotes our letter the way a program does; `forward`
  passes `original…` on; `body` is a whole text as it stands; `html` a page; `raw` the whole mail; `bounce`,
  `receipt`, `feedback`, `nested` make a mail of that kind.
- `answers`: an answer to our letter to that mail, `answers_department`: to the letter on its ticket,
  `after`: sent after that mail was answered.
- expected: `kind`; `sees` and `never_sees` in the visible text (without them the visible text is exactly
  `text`); `customer` whose matter it is; `does`: ticket (`to` a department, `urgent`), asks (for `asks`,
  phrases of the pack), answers (something else, without a new ticket), kept (for a person), ignored (with a
  cause, nothing leaves); `says` and `never` in what we write to the sender; `linked`: a new thread beside
  the old one, and why; `same_thread`.
"""

from __future__ import annotations

import base64
import html
import textwrap
from collections.abc import Mapping
from email.header import Header
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
OURS = "support@localhost"
COMPANY = "PT Arunika Niaga Pangan"
OLD = """Yth. Bapak/Ibu,

Supaya bisa langsung kami proses, mohon lengkapi data berikut:
- Nomor faktur, misalnya INV-2611-0457
- Jumlah, misalnya 2 dus

Salam hangat,
Sapa, asisten virtual"""
PHOTO = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256)) * 4 + b"\xff\xd9"

Mail = Mapping[str, Any]


def load() -> dict[str, Mail]:
    """All mails by id."""
    every = [one for file in sorted(FOLDER.glob("*.yaml")) for one in yaml.safe_load(file.read_text("utf-8"))]
    found = {one["id"]: one for one in every}
    assert len(found) == len(every), "an id stands twice"
    return found


def build(mail: Mail, *, answered: Mapping[str, str] | None = None) -> bytes:
    """The bytes of a mail. `answered`: `id`, `to`, `subject` and `references` of our letter that it
    answers."""
    if "raw" in mail:
        return str(mail["raw"]).replace("\n", "\r\n").encode(mail.get("charset", "utf-8"))
    if "bounce" in mail:
        return _bounce(mail)
    if mail.get("receipt") or mail.get("feedback"):
        return _report(mail)
    head, body = _head(mail, answered), _body(mail)
    return ("\r\n".join(head) + "\r\n").encode() + body


# ------------------------------------------------------------------------------------------------- headers


def _head(mail: Mail, answered: Mapping[str, str] | None) -> list[str]:
    name, address = parseaddr(mail["from"])
    subject = mail.get("subject", f"Re: {answered['subject'].removeprefix('Re: ')}" if answered else "")
    lines = [
        "Received: from mail.example (mail.example [192.0.2.1]) by localhost with ESMTP id 1",
        f"From: {_words(name)} <{address}>" if name else f"From: {address}",
        f"To: {answered['to'] if answered else OURS}",
        f"Subject: {_words(subject)}",
        "Date: Mon, 23 Nov 2026 09:30:00 +0700",
        f"Message-ID: <{mail['id']}@{_PROGRAM_DOMAIN.get(mail.get('via', ''), address.rpartition('@')[2])}>",
    ]
    if "cc" in mail:
        lines.append(f"Cc: {mail['cc']}")
    if answered:
        lines += [
            f"In-Reply-To: <{answered['id']}>",
            f"References: {answered['references']} <{answered['id']}>",
        ]
    lines += _PROGRAM_HEADERS.get(mail.get("via", ""), ())
    lines += [f"{key}: {value}" for key, value in mail.get("headers", {}).items()]
    lines.append("MIME-Version: 1.0")
    return lines


_PROGRAM_DOMAIN = {"gmail": "mail.gmail.com", "outlook": "SEZPR01MB.apcprd01.prod.exchangelabs.com"}
_PROGRAM_HEADERS = {
    "outlook": ("Accept-Language: id-ID, en-US", "Content-Language: id-ID", "X-MS-Has-Attach:"),
    "apple": ("X-Mailer: iPhone Mail (21F90)",),
    "yahoo": ("X-Mailer: WebService/1.1.22876 YMailNorrin",),
    "phone": ("X-Mailer: Mail for Android",),
    "roundcube": ("User-Agent: Roundcube Webmail/1.6.9",),
}


def _words(text: str) -> str:
    return text if text.isascii() else str(Header(text, "utf-8", maxlinelen=998).encode())


# ---------------------------------------------------------------------------------------------- the text


def written(mail: Mail) -> str:
    """The whole plain text: what was written, and what the program put around it."""
    if "body" in mail:
        return str(mail["body"])
    parts = [str(mail.get("text", "")).rstrip()]
    if "tail" in mail:
        parts += ["", str(mail["tail"]).rstrip()]
    if "reply" in mail:
        parts += _QUOTES[mail["reply"]]
    if "forward" in mail:
        parts += _forwarded(mail)
    return "\n".join(parts).strip("\n") + "\n"


def _marked(text: str) -> list[str]:
    return [f"> {line}".rstrip() for line in text.split("\n")]


_WROTE = f"Pada Sab, 21 Nov 2026 pukul 10.05 {COMPANY} <{OURS}>"
_QUOTES: dict[str, list[str]] = {
    "gmail-id": ["", _WROTE, "menulis:", "", *_marked(OLD)],  # Gmail wraps before its last word
    "gmail-glued": [_WROTE, "menulis:", *_marked(OLD)],
    "gmail-en": ["", f"On Sat, Nov 21, 2026 at 10:05 AM {COMPANY} <{OURS}> wrote:", "", *_marked(OLD)],
    "outlook-id": [
        "", "________________________________", f"Dari: {COMPANY} <{OURS}>",
        "Dikirim: Sabtu, 21 November 2026 10.05", "Kepada: Pelanggan", "Subjek: Re: Keluhan", "", OLD,
    ],
    "apple-id": ["", f"Pada 21 Nov 2026, pukul 10.05, {COMPANY} <{OURS}> menulis:", "", *_marked(OLD)],
    "yahoo-id": ["", f"    Pada Sabtu, 21 November 2026 10.05.22 WIB, {COMPANY} <{OURS}> menulis:", " ", OLD],
    "samsung-id": [
        "", "-------- Pesan asli --------", f"Dari: {COMPANY} <{OURS}>", "Tanggal: 21/11/26 10.05",
        "Kepada: Pelanggan", "Subjek: Re: Keluhan", "", OLD,
    ],
    "thunderbird-id": ["", f"Pada 21/11/2026 10.05, {COMPANY} menulis:", *_marked(OLD)],
}  # fmt: skip


def _forwarded(mail: Mail) -> list[str]:
    who, subject, said = mail["original"], mail["original_subject"], mail["original_text"].rstrip()
    me = parseaddr(mail["from"])[1]
    match mail["forward"]:
        case "gmail-id":
            head = ["---------- Pesan yang diteruskan ---------", f"Dari: {who}"]
            head += ["Tanggal: Sab, 21 Nov 2026 pukul 09.12", f"Subjek: {subject}", f"Kepada: <{me}>", "", ""]
        case "gmail-en":
            head = ["---------- Forwarded message ---------", f"Dari: {who}"]
            head += ["Date: Sab, 21 Nov 2026 pukul 09.12", f"Subject: {subject}", f"To: <{me}>", "", ""]
        case "outlook-id":
            head = [
                "________________________________",
                f"Dari: {who}",
                "Dikirim: Sabtu, 21 November 2026 09.12",
            ]
            head += [f"Kepada: {me}", f"Subjek: {subject}", ""]
        case _:
            name, address = parseaddr(who)
            head = ["Mulai pesan terusan:", "", f"Dari: {name} <{address}>"]
            head += ["Tanggal: 21 November 2026 09.12.00 WIB", f"Kepada: {me}", f"Perihal: {subject}", ""]
            said = "\n".join(_marked(said))
            head = [*head[:2], *_marked("\n".join(head[2:]))]
    return ["", *head, said]


# ---------------------------------------------------------------------------------------------- MIME bodies


def _body(mail: Mail) -> bytes:
    if "nested" in mail:
        deep = "<div>" * mail["nested"] + html.escape(mail["text"]) + "</div>" * mail["nested"]
        return _part("text/html; charset=utf-8", f"<html><body>{deep}</body></html>")
    if "html" in mail:
        return _part("text/html; charset=utf-8", mail["html"])
    text = written(mail)
    match mail.get("via"):
        case "gmail" | "outlook":
            page = "<div dir='ltr'>" + html.escape(text).replace("\n", "<br>") + "</div>"
            content = _multipart("alternative", _part("text/plain; charset=utf-8", text),
                                 _part("text/html; charset=utf-8", page))  # fmt: skip
        case "yahoo":
            page = "<html><body><div>" + html.escape(text).replace("\n", "<br>\n") + "</div></body></html>"
            content = _part("text/html; charset=utf-8", page)
        case _:
            content = _part("text/plain; charset=utf-8", text)
    files = [
        _part(f'image/jpeg; name="{name}"', PHOTO, f'Content-Disposition: attachment; filename="{name}"')
        for name in mail.get("files", ())
    ]
    return _multipart("mixed", content, *files) if files else content


def _part(media_type: str, content: str | bytes, *more: str) -> bytes:
    raw = content.replace("\n", "\r\n").encode() if isinstance(content, str) else content
    lines = [f"Content-Type: {media_type}", "Content-Transfer-Encoding: base64", *more]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + base64.encodebytes(raw).replace(b"\n", b"\r\n")


def _multipart(kind: str, *parts: bytes, more: str = "") -> bytes:
    mark = f"=_batas-{kind}"
    out = f'Content-Type: multipart/{kind};{more} boundary="{mark}"\r\n\r\n'.encode()
    return (
        out
        + b"".join(f"--{mark}\r\n".encode() + part + b"\r\n" for part in parts)
        + f"--{mark}--\r\n".encode()
    )


# --------------------------------------------------------------------------------------------- reports


def _plain(media_type: str, text: str) -> bytes:
    return (
        f"Content-Type: {media_type}\r\n\r\n".encode() + textwrap.dedent(text).replace("\n", "\r\n").encode()
    )


_OURS_BEFORE = f"From: {OURS}\nTo: x@y.example\nSubject: Re: Minyak kurang\nMessage-ID: <dulu@localhost>\n"


def _bounce(mail: Mail) -> bytes:
    b = mail["bounce"]
    status = (
        f"Reporting-MTA: dns; {b['by']}\n\nFinal-Recipient: rfc822; {b['recipient']}\n"
        f"Action: {b.get('action', 'failed')}\nStatus: {b['status']}\n"
        f"Diagnostic-Code: smtp; {b['diagnostic']}\n"
    )
    words = f"Pesan Anda kepada {b['recipient']} tidak dapat dikirim.\n\n{b['diagnostic']}\n"
    body = _multipart(
        "report", _plain("text/plain; charset=utf-8", words), _plain("message/delivery-status", status),
        _plain("text/rfc822-headers", _OURS_BEFORE), more=" report-type=delivery-status;",
    )  # fmt: skip
    return ("\r\n".join([*_head(mail, None), "Auto-Submitted: auto-replied"]) + "\r\n").encode() + body


def _report(mail: Mail) -> bytes:
    if mail.get("receipt"):
        said = (
            "Final-Recipient: rfc822; sarah@baligourmet.example\n"
            "Disposition: manual-action/MDN-sent-manually; displayed\n"
        )
        kind, media_type = "disposition-notification", "message/disposition-notification"
    else:
        said = "Feedback-Type: abuse\nUser-Agent: FBL/1\nVersion: 1\n"
        kind, media_type = "feedback-report", "message/feedback-report"
    body = _multipart(
        "report", _plain("text/plain; charset=utf-8", "Laporan.\n"), _plain(media_type, said),
        _plain("text/rfc822-headers", _OURS_BEFORE), more=f" report-type={kind};",
    )  # fmt: skip
    return ("\r\n".join(_head(mail, None)) + "\r\n").encode() + body
