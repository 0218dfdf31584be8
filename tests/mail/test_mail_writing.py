"""What `write` gives: valid, the same each time, and read back as it was meant."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import Attachment, MailHead, Outbound
from channels.mail import Unwritable, read, return_path, write
from channels.mail.headers import one_line
from channels.mail.writing import address

AT = datetime(2026, 11, 16, 2, 30, tzinfo=UTC)
HEAD = MailHead(
    message_id="sapa.abcdefgh1234567890.c1.2@sapa.example",
    subject="Re: Barang kurang [SP-2611-0042-7]",
    sender="support@sapa.example",
    sender_name="Layanan Pelanggan PT Sumber Rasa",
    reply_to="support+abcdefgh1234567890@sapa.example",
    in_reply_to="<m1@pelanggan.example>",
    references=("m0@pelanggan.example", "<m1@pelanggan.example>"),
    date=AT,
)
LETTER = Outbound(
    id="1", channel="email", account="support@sapa.example", to="sari@pelanggan.example",
    text="Selamat siang, Ibu Sari.\n\nNomor tiket:\nSP-2611-0042-7\n", html="<p>Selamat siang</p>", mail=HEAD,
)  # fmt: skip


def lines_of(raw: bytes) -> list[bytes]:
    return raw.split(b"\r\n")


def parsed(raw: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message


def test_a_letter_has_its_heads_and_parts() -> None:
    message = parsed(write(LETTER))
    assert message["Message-ID"] == "<sapa.abcdefgh1234567890.c1.2@sapa.example>"
    assert message["In-Reply-To"] == "<m1@pelanggan.example>"
    assert message["References"] == "<m0@pelanggan.example> <m1@pelanggan.example>"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["From"].addresses[0].display_name == HEAD.sender_name
    assert message["Reply-To"].addresses[0].addr_spec == HEAD.reply_to
    assert message["Date"].datetime == AT
    assert message.get_content_type() == "multipart/alternative"
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == LETTER.text
    assert not message.defects


def test_the_same_letter_has_the_same_bytes() -> None:
    assert write(LETTER) == write(replace(LETTER, id="2"))


def test_a_letter_comes_back_as_it_was_written() -> None:
    content = bytes(range(256)) * 300
    names = ("foto kemasan.jpg", "surat jalan – nomor 12 “asli”.pdf", "名前" * 60 + ".png", 'a"b\\c;d.txt')
    files = tuple(
        Attachment(name=n, media_type="application/pdf", size=len(content), content=content) for n in names
    )
    head = replace(
        HEAD,
        subject="Tiket “Barang kurang” – SP-2611-0042-7 " + "panjang sekali " * 12,
        sender_name='Budi "CS", PT Süß',
    )
    raw = write(
        replace(
            LETTER,
            text="Gula basah – 3 sak 😖\n.\n..dua\nFrom sini\n" + "x" * 3000,
            attachments=files,
            mail=head,
        )
    )
    message = read(raw, account="a", envelope_from="x@y.example", envelope_to=(), received_at=AT)
    facts = message.mail
    assert facts is not None
    assert facts.subject == one_line(head.subject)
    assert message.sender.name == head.sender_name
    assert message.text == "Gula basah – 3 sak 😖\n.\n..dua\nFrom sini\n" + "x" * 3000
    assert [a.content for a in message.attachments] == [content] * 4
    assert [a.name for a in message.attachments][:2] == list(names[:2])
    assert message.attachments[3].name == "c;d.txt"  # a path is not taken along
    assert facts.tokens == ()  # our own Message-ID is not an answer to anything
    assert facts.automatic.startswith("own: ")
    assert_valid(raw)


def assert_valid(raw: bytes) -> None:
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert raw.isascii()
    assert b"\x00" not in raw
    assert max(len(line) for line in lines_of(raw)) <= 998
    head = raw.partition(b"\r\n\r\n")[0]
    for line in lines_of(head):
        assert re.match(rb"[A-Za-z-]+: ?|[ \t]+\S", line), line


NASTY = (
    "\r\nBcc: all@x.example",
    "\nX: y",
    "\r",
    "\x00",
    "\u2028Bcc: z",
    "\x0b",
    "\x85",
    "=?utf-8?q?=0D=0ABcc?=",
    '"',
    "\\",
    "<",
    ">",
    ",",
    "\ud800",
)


@pytest.mark.parametrize("bad", NASTY)
def test_no_field_can_start_a_header(bad: str) -> None:
    head = replace(
        HEAD,
        subject=f"a{bad}b",
        sender_name=f"c{bad}d",
        in_reply_to=f"<e{bad}@x>",
        references=(f"f{bad}@x",),
        automatic=f"no{bad}x",
    )
    file = Attachment(name=f"n{bad}m", media_type=f"text/plain{bad}", size=1, content=b"x")
    raw = write(replace(LETTER, text=f"t{bad}u", html=f"h{bad}i", attachments=(file,), mail=head))
    assert_valid(raw)
    message = parsed(raw)
    assert message["Bcc"] is None
    assert message["X"] is None
    assert len(message.get_all("Subject", [])) == 1


NO_ADDRESS = ("nobody", "", "@z.example", "x@", "x@z..example", ".x@z.example")


@pytest.mark.parametrize("bad", [*NO_ADDRESS, *(f"x{c}y@z.example" for c in "\r\n\x00\u2028 ,;<>@\ud800")])
def test_an_address_that_is_none_is_refused(bad: str) -> None:
    for letter in (
        replace(LETTER, to=bad),
        replace(LETTER, mail=replace(HEAD, sender=bad)),
        replace(LETTER, mail=replace(HEAD, reply_to=bad or "x")),
    ):
        with pytest.raises(Unwritable):
            write(letter)


@pytest.mark.parametrize(
    "bad", ["", "none", "<>", "a b@x", "a\r\nB: x@y", "a@x>\r\n<b@y", "ä@x", "a" * 300 + "@x"]
)
def test_a_message_id_that_is_none_is_refused(bad: str) -> None:
    with pytest.raises(Unwritable):
        write(replace(LETTER, mail=replace(HEAD, message_id=bad)))


def test_a_letter_without_a_head_is_refused() -> None:
    with pytest.raises(Unwritable):
        write(replace(LETTER, mail=None))


def test_a_domain_in_other_letters_is_sent_in_ascii() -> None:
    assert address("budi@toko-süß.example") == "budi@xn--toko-sss-c6a.example"
    assert address("<budi@Toko.example>") == "budi@Toko.example"


def test_an_id_that_we_made_up_is_not_sent() -> None:
    head = replace(HEAD, in_reply_to="0123@no-message-id.invalid", references=("0123@no-message-id.invalid",))
    raw = write(replace(LETTER, mail=head))
    assert b"no-message-id" not in raw
    assert b"In-Reply-To" not in raw


def test_long_references_keep_the_first_and_the_last() -> None:
    ids = tuple(f"m{n}@x.example" for n in range(200))
    message = parsed(write(replace(LETTER, mail=replace(HEAD, references=ids, in_reply_to="m199@x.example"))))
    found = message["References"].split()
    assert found[0] == "<m0@x.example>"
    assert found[-1] == "<m199@x.example>"
    assert len(found) == 20


def test_a_bounce_goes_to_the_address_with_the_token() -> None:
    assert return_path(LETTER) == HEAD.reply_to
    assert return_path(replace(LETTER, mail=replace(HEAD, reply_to=""))) == HEAD.sender


def test_a_customer_who_writes_our_boundary_breaks_nothing() -> None:
    raw = write(LETTER)
    boundary = parsed(raw).get_boundary()
    assert boundary is not None
    again = write(replace(LETTER, text=f"--{boundary}--\n\nhalo"))
    message = parsed(again).get_body(("plain",))
    assert message is not None
    assert message.get_content().replace("\r\n", "\n") == f"--{boundary}--\n\nhalo\n"


@given(
    subject=st.text(max_size=200),
    name=st.text(max_size=80),
    text=st.text(max_size=400),
    filename=st.text(max_size=80),
)
@settings(deadline=None, max_examples=100)
def test_any_words_make_a_valid_letter_that_reads_back(
    subject: str, name: str, text: str, filename: str
) -> None:
    file = Attachment(name=filename, media_type="image/png", size=3, content=b"abc")
    letter = replace(
        LETTER, text=text, html="", attachments=(file,), mail=replace(HEAD, subject=subject, sender_name=name)
    )
    raw = write(letter)
    assert raw == write(letter)
    assert_valid(raw)
    message = read(raw, account="a", envelope_from="x@y.example", envelope_to=(), received_at=AT)
    assert message.mail is not None
    assert message.mail.subject == one_line(subject)
    assert message.sender.email == HEAD.sender
    assert [a.content for a in message.attachments] == [b"abc"]
    whole = "".join(f"{message.text}{message.mail.quoted}".split())
    for word in one_line(text).split():
        assert word in whole or set(word) & set(">\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ue000-_—–~*=#─")
