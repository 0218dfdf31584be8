"""Any bytes give a `Message`, in time that grows with their number only."""
# ruff: noqa: E501

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
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
TEXTS: dict[str, Callable[[int], bytes]] = {
    "On On On": lambda n: b"On " * n,
    "wrote lines": lambda n: b"wrote:\n" * n,
    "On lines": lambda n: b"On Mon, 3 Mar 2026 10:12 a@b.example\n" * (n // 4),
    "labels": lambda n: b"Dari: x\nTanggal: y\n" * (n // 4),
    "dashes": lambda n: b"-" * n,
    "blanks": lambda n: b" " * (8 * n),
    "tabs and one letter": lambda n: (b"\t " * 280 + b"x\n") * (n // 200),
    "quote marks": lambda n: b">" * n,
    "phone signatures": lambda n: b"Dikirim dari iPhone saya\n" * (n // 4),
    "one long line": lambda n: b"a" * (40 * n),
    "glued headers": lambda n: b"x On Mon, 3 Mar 2026 10:12 a@b.example wrote:\n> y\n" * (n // 8),
}
MAILS: dict[str, Callable[[int], bytes]] = {
    "parts": lambda n: MIXED + b"--b\r\n\r\nhi\r\n" * n + b"--b--\r\n",
    "recipients": lambda n: HEAD + b"To: " + b", ".join(b'"U %d" <u%d@x.example>' % (i, i) for i in range(n)) + b"\r\n\r\nx",
    "nested multiparts": lambda n: HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(n)),
    "nested quotes": lambda n: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<blockquote type=cite>" * n,
    "nested elements": lambda n: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * n + b"x",
    "table cells": lambda n: HEAD + b"Content-Type: text/html\r\n\r\n<table><tr>" + b"<td>x</td>" * n,
    "headers": lambda n: b"X-A: b\r\n" * (10 * n) + b"\r\nx",
    "folded lines": lambda n: b"X-A: b\r\n" + b" c\r\n" * (10 * n) + b"\r\nx",
    "parameters": lambda n: b"Content-Type: text/plain" + b";" * (3 * n) + b"\r\n\r\nx",
    "encoded words without end": lambda n: b"Subject: " + b"=?utf-8?q?a" * n + b"\r\n\r\nx",
    "comments": lambda n: b"From: " + b"(" * (3 * n) + b"\r\n\r\nx",
    "boundaries of nobody": lambda n: HEAD + b"Content-Type: multipart/mixed; boundary=zz\r\n\r\n" + (b"--" + b"a" * 60 + b"\r\n") * n,
    "soft quoted-printable": lambda n: HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n" * n,
    **{name: (lambda n, make=make: HEAD + b"\r\n" + make(n)) for name, make in TEXTS.items()},
}  # fmt: skip


@pytest.mark.parametrize("name", MAILS)
def test_time_grows_with_the_size_only(name: str) -> None:
    """Four of five libraries take more than 15 s on "On On On…", on blanks or on dashes."""
    make = MAILS[name]
    took = {}
    for n in (5_000, 20_000):
        raw = make(n)
        begin = time.process_time()
        received(raw)
        took[n] = time.process_time() - begin
    assert took[20_000] < 3.0, took
    assert took[20_000] < 0.25 or took[20_000] < 10 * took[5_000], took


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
