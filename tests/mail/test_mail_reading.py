"""What `read` makes of the mails people and programs send."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from channels.base import Message
from channels.mail import external_id, read
from tests.mail.samples import COMPLAINT, SAMPLES, Sample, mail

NOW = datetime(2026, 11, 16, 2, 30, tzinfo=UTC)


def received(raw: bytes, *, envelope_from: str = "envelope@pelanggan.example") -> Message:
    return read(
        raw,
        account="support@sapa.example",
        envelope_from=envelope_from,
        envelope_to=("support@sapa.example",),
        received_at=NOW,
        own=("support@sapa.example",),
    )


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_mail_is_understood(sample: Sample) -> None:
    message = received(sample.raw)
    facts = message.mail
    assert facts is not None
    for key, value in sample.expect.items():
        if key == "attachments":
            assert tuple((a.name, a.media_type) for a in message.attachments) == value
        elif key == "references_of_attachments":
            assert tuple(a.reference for a in message.attachments) == value
        elif key == "sender":
            assert (message.sender.email, message.sender.name) == value
        else:
            assert getattr(message if key == "text" else facts, key) == value, key
    for word in sample.inside:
        assert word in message.text
    for word in sample.outside:
        assert word not in message.text
    assert facts.message_id
    assert message.raw == sample.raw
    assert "unreadable" not in facts.warnings


@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if s.raw.isascii() and b"Content-T" not in s.raw], ids=lambda s: s.name
)
def test_every_word_of_a_mail_stands_in_its_text_or_in_quoted(sample: Sample) -> None:
    message = received(sample.raw)
    assert message.mail is not None
    raw = sample.raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode("ascii")
    kept = f"{message.text}\n{message.mail.quoted}".replace(">", "").split()
    for word in raw.partition("\n\n")[2].replace(">", "").split():
        assert word in kept or "From " in raw[:5] or "no header" in raw


def test_the_same_mail_has_the_same_id_and_another_envelope_another() -> None:
    raw = mail("Subject: X", COMPLAINT)
    first = received(raw)
    assert first == received(raw)
    assert first.external_id == first.thread
    assert first.external_id != received(raw, envelope_from="other@pelanggan.example").external_id
    assert first.external_id != received(raw + b" ").external_id
    known = hashlib.sha256(b"a@b.example\x00c@d.example\x00e@f.example\x00\x00hello").hexdigest()
    for order in (("e@f.example", "c@d.example"), ("c@d.example", "e@f.example")):
        assert external_id(b"hello", envelope_from="a@b.example", envelope_to=order) == known


def test_a_mail_without_message_id_gets_one_of_its_own_and_two_such_mails_are_not_one() -> None:
    """libredesk#122: an empty id glued all mail into one conversation for a day."""
    one = received(b"From: a@b.example\r\n\r\nhalo")
    two = received(b"From: a@b.example\r\n\r\nhalo lagi")
    assert one.mail is not None
    assert two.mail is not None
    assert one.mail.message_id
    assert one.mail.message_id != two.mail.message_id
    for broken in (b"Message-ID: <>", b"Message-ID: ", b"Message-ID: < >", b"Message-ID: \x00"):
        facts = received(broken + b"\r\nFrom: a@b.example\r\n\r\nhalo").mail
        assert facts is not None
        assert "@" in facts.message_id


def test_a_mail_without_any_sender_is_nobody_elses() -> None:
    one, two = received(b"\r\nhalo", envelope_from=""), received(b"\r\nhalo!", envelope_from="")
    assert one.sender.id
    assert one.sender.id != two.sender.id
    assert one.sender.email == ""


def test_the_null_path_is_never_answered() -> None:
    facts = received(mail("Subject: X", "halo"), envelope_from="").mail
    assert facts is not None
    assert facts.automatic == "auto_reply: it has no return path"


def test_an_absurd_date_is_replaced_by_the_time_of_arrival() -> None:
    for date in (
        "yesterday",
        "Mon, 1 Jan 1601 00:00:00 +0000",
        "Mon, 16 Nov 2026 09:12:00 +9999",
        "99999999999",
    ):
        assert abs(received(mail(f"Date: {date}\nSubject: X", "x")).sent_at - NOW) < timedelta(days=40 * 366)
    assert received(mail("Date: Mon, 16 Nov 2026 09:12:00 +0700\nSubject: X", "x")).sent_at == datetime(
        2026, 11, 16, 2, 12, tzinfo=UTC
    )


def test_an_attached_mail_stays_byte_for_byte() -> None:
    inner = b"Subject: asli\r\nX-Odd:   two  blanks\r\n\r\nisi\r\n\r\n"
    head = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=q\r\n\r\n"
    raw = head + b"--q\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--q--\r\n"
    (attachment,) = received(raw).attachments
    assert attachment.content == inner
    assert attachment.size == len(inner)


def test_an_envelope_of_odd_letters_is_taken() -> None:
    for odd in ("a\udcff@b.example", "a\ud800@b.example", "<>", "@", "x" * 5000, "a\x00@b.example"):
        message = read(b"\r\nhalo", account="a", envelope_from=odd, envelope_to=(odd, odd), received_at=NOW)
        message.sender.id.encode()
        message.sender.email.encode()
        assert "\x00" not in message.sender.id
