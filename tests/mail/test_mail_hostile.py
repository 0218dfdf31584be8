"""Any bytes give a `Message`, in time that grows with their number only."""
# ruff: noqa: E501

from __future__ import annotations

import base64
import binascii

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.mail.addresses import addresses, message_ids
from channels.mail.headers import decode_words, parameters, readable, split
from channels.mail.pages import to_text
from channels.mail.parts import decoded, tidy_name
from channels.mail.visible import visible
from tests.mail.samples import SAMPLES
from tests.mail.test_mail_reading import received

SCRAPS = [
    b"From: a@b.example\r\n", b"Subject: =?utf-8?Q?=E4?= =?x?B?!!?=\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: multipart/alternative; boundary=\"b\"\r\n", b"Content-Type: text/html; charset=utf-16\r\n", b"\r\n", b"\n", b"\r",
    b"--b\r\n", b"--b--\r\n", b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n", b"=", b"=C3=",
    b"Content-Type: message/delivery-status\r\n", b"Content-Disposition: attachment; filename*0*=utf-8''%FF;\r\n filename*x=2\r\n",
    b"> ", b"On Mon, 16 Nov 2026 09:00 a@b.example wrote:\r\n", b"Dari: a@b.example\r\nDikirim: 09.00\r\n", b"-- \r\n", b"\x00", b"\xff\xfe",
    b"<div><blockquote type=cite>", b"</p>", b"<![CDATA[", b"<!--", b"From ", b"Message-ID: <\r\n", b"Date: 99\r\n", b"begin 644 x\n", b"\xed\xa0\x80",
    b"Dikirim dari iPhone saya\r\n", b"Content-Type: text/plain; format=flowed; charset=utf-7\r\n", b"+ANw-", b"\x1b$B", b"Precedence: bulk\r\n",
]  # fmt: skip


@given(st.lists(st.one_of(st.sampled_from(SCRAPS), st.binary(max_size=40)), max_size=30))
@settings(deadline=None, max_examples=100)
def test_any_scraps_of_mail_give_a_message_that_can_be_stored(scraps: list[bytes]) -> None:
    check(b"".join(scraps))


@given(st.sampled_from(SAMPLES), st.integers(0, 4000), st.binary(max_size=4), st.integers(0, 3))
@settings(deadline=None, max_examples=100)
def test_a_damaged_mail_gives_a_message(sample: object, at: int, what: bytes, cut: int) -> None:
    raw = sample.raw  # type: ignore[attr-defined]
    at %= len(raw) + 1
    check(raw[:at] + what + raw[at + cut :])


def check(raw: bytes) -> None:
    message = received(raw)
    facts = message.mail
    assert facts is not None
    assert "unreadable" not in facts.warnings
    assert message.sender.id
    assert facts.message_id
    assert message.sent_at.tzinfo is not None
    texts = [
        message.text,
        facts.quoted,
        facts.subject,
        message.sender.name,
        message.sender.id,
        facts.message_id,
    ]
    texts += [
        *facts.to,
        *facts.cc,
        *facts.references,
        *facts.in_reply_to,
        *facts.tokens,
        facts.reply_to,
        facts.automatic,
    ]
    texts += [part for a in message.attachments for part in (a.name, a.media_type, a.reference or "")]
    for text in texts:
        text.encode("utf-8")  # no lone surrogate
        assert "\x00" not in text
    assert "\n" not in facts.subject + message.sender.name
    assert all(
        a.name and "/" not in a.name and a.content is not None and a.size == len(a.content)
        for a in message.attachments
    )
    assert received(raw) == message


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=100)
def test_header_readers_take_any_bytes(value: bytes) -> None:
    readable(value, "gb2312").encode("utf-8")
    addresses(value)
    message_ids([value])
    parameters(value)
    _, offset = split(value, top=True)
    assert 0 <= offset <= len(value)
    for encoding in ("base64", "quoted-printable", "x-uuencode", "7bit", ""):
        decoded(value, encoding)


@given(st.text(max_size=300))
@settings(deadline=None, max_examples=100)
def test_text_readers_take_any_text(text: str) -> None:
    decode_words(text)
    to_text(text)
    tidy_name(text)
    seen = visible(text)
    assert seen.text == seen.text.strip()


HEAD = b"From: a@b.example\r\nTo: s@z.example\r\nSubject: x\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


# A mail as a tree: multiparts of any kind within each other, leaves of any type, encoding and charset, names and
# headers as programs write them; then any of the damages that travel does.

WORDS = st.sampled_from(
    ["Gulanya basah.", "Grüße – 😖", "\u200b", "> kutipan", "-- ", "Dari: a@b.example", "Dikirim: 09.00", "On 1/1/26 9:00 <a@b.example> wrote:",
     "---------- Forwarded message ---------", "<div><blockquote type=cite>x</blockquote>", "begin 644 a", "+AOk-", "--b1", "\x00", "関係", "Dikirim dari iPhone saya"]
)  # fmt: skip
TYPES = st.sampled_from(
    ["text/plain", "text/html", "text/calendar", "message/rfc822", "message/delivery-status", "application/ms-tnef", "image/png", "multipart/mixed",
     "text/plain; format=flowed; delsp=yes", "text", "", "text/plain; name*0*=utf-8''%E2%80", "application/octet-stream; name=winmail.dat"]
)  # fmt: skip
CHARSETS = st.sampled_from(
    ["utf-8", "us-ascii", "utf-16", "utf-7", "gb2312", "iso-2022-jp", "x-none", "hz", "cp037", "idna"]
)
ENCODINGS = st.sampled_from(["", "7bit", "base64", "quoted-printable", "x-uuencode", "nothing"])
KINDS = st.sampled_from(
    ["mixed", "alternative", "related", "report; report-type=delivery-status", "digest", "x"]
)


@st.composite
def leaf(draw: st.DrawFn) -> bytes:
    text = "\n".join(draw(st.lists(WORDS, max_size=6)))
    charset, encoding = draw(CHARSETS), draw(ENCODINGS)
    try:
        raw = text.encode(charset, "replace")
    except (LookupError, UnicodeError):
        raw = text.encode("utf-8")
    if encoding == "base64":
        raw = base64.encodebytes(raw)
    elif encoding == "quoted-printable":
        raw = binascii.b2a_qp(raw)
    head = f"Content-Type: {draw(TYPES)}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n"
    return head.encode() + b"\r\n" + raw


@st.composite
def tree(draw: st.DrawFn, inner: st.SearchStrategy[bytes]) -> bytes:
    boundary = draw(st.sampled_from(["b1", "b2", "b 3", "b1x", "=_b'()+,"]))
    pieces = draw(st.lists(inner, max_size=4))
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + piece + b"\r\n" for piece in pieces)
    end = b"--" + boundary.encode() + b"--\r\n" if draw(st.booleans()) else b""
    head = f'Content-Type: multipart/{draw(KINDS)}; boundary="{boundary}"\r\n\r\n'
    return head.encode() + body + end


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    heads = draw(st.lists(st.sampled_from(SCRAPS), max_size=4))
    raw = b"".join(heads) + b"From: a@b.example\r\n" + draw(st.recursive(leaf(), tree, max_leaves=8))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(raw)))
        match draw(st.integers(0, 5)):
            case 0:
                raw = raw[:at]
            case 1:
                raw = raw[:at] + draw(st.binary(max_size=6)) + raw[at:]
            case 2:
                raw = raw[:at] + raw[at + draw(st.integers(1, 40)) :]
            case 3:
                raw = raw.replace(b"\r\n", draw(st.sampled_from([b"\n", b"\r", b"\r\r\n", b"\n\n"])))
            case 4:
                raw = raw[:at] + raw + raw[at:]
            case _:
                raw = (
                    draw(st.sampled_from([b"From a@b Mon Nov 16\n", b"\xef\xbb\xbf", b"stray\r\n", b"\r\n"]))
                    + raw
                )
    return raw


@given(damaged())
@settings(deadline=None, max_examples=150)
def test_any_tree_of_parts_with_any_damage_gives_a_message(raw: bytes) -> None:
    check(raw)


def test_a_thousand_attachments_are_all_kept() -> None:
    one = b"--b\r\nContent-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n"
    assert len(received(MIXED + one * 1000 + b"--b--\r\n").attachments) == 1000


def test_nothing_is_lost_beyond_the_cap_on_parts() -> None:
    one = b"--b\r\nContent-Type: application/x-a\r\n\r\nABCDEFGH\r\n"
    message = received(MIXED + one * 5000 + b"--b--\r\n")
    assert sum((a.content or b"").count(b"ABCDEFGH") for a in message.attachments) == 5000


def test_ten_megabytes_of_text_are_read_and_none_is_lost() -> None:
    message = received(HEAD + b"\r\n" + b"gula basah\r\n" * 900_000)
    assert message.mail is not None
    assert message.text.startswith("gula basah")
    assert message.text.count("gula") + message.mail.quoted.count("gula") == 900_000
