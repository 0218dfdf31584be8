"""The department's letter: everything needed to act, nothing that can be misread, whatever was written."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import packs
from bot.dialogue.additions import Addition
from bot.dialogue.turn import File, IssueTicket
from bot.letters import Line, Mailbox, addition, answers_letter, to_departments
from channels.base import Outbound
from channels.mail import read, write

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SOP = packs.load()
NUMBER = "SP-2611-0042-7"
CLASS = next(c for c in SOP.classes.values() if c.group == "mismatch")
TICKET = IssueTicket(
    ref="m1",
    matter=1,
    kind="complaint",
    class_=CLASS.id,
    department="warehouse",
    also=("sales",),
    due_at=NOW + timedelta(hours=4),
    urgent=False,
    title="kurang kirim, Minyak Sari Murni",
    particulars=(
        ("Keluhan", CLASS.label.id),
        ("Nomor faktur", "INV-2611-0457"),
        ("Nama", "Budi Santoso"),
        ("Kata pelanggan", "yg datang cuma 1"),
    ),
    identity={"name": "Budi Santoso", "phone": "+6281234567890", "email": "budi@x.example"},
    files=(File("a" * 64, "foto.jpg", "image/jpeg", 250_000),),
)
TALK = (
    Line("customer", NOW, "siang, saya beli 2 dus, yg datang cuma 1", ("foto.jpg",)),
    Line("bot", NOW + timedelta(minutes=1), "Waduh, maaf, Kak."),
)


def letter(ticket: IssueTicket = TICKET, **more: Any) -> Outbound:
    given_: dict[str, Any] = {
        "key": f"{NUMBER}/warehouse",
        "mailbox": Mailbox("support@perusahaan.example", "PT Arunika"),
        "sop": SOP,
        "department": "warehouse",
        "ticket": ticket,
        "number": NUMBER,
        "at": NOW,
        "conversation": 17,
        "channel": "webchat",
        "transcript": TALK,
        "evidence": ("cuma 1", "cuma 1", "2/1", ""),
    }
    about = {**given_, **more}
    keys = {about.pop("department"): about.pop("key")}
    return to_departments(keys=keys, **about)[0]


@pytest.mark.sop("K5", "E7")
def test_the_department_gets_all_particulars_the_talk_and_the_files() -> None:
    sent = letter()
    department = SOP.departments["warehouse"]
    assert sent.to == department.email
    assert sent.mail is not None
    assert sent.mail.subject == f"[{NUMBER}] Keluhan: kurang kirim, Minyak Sari Murni"
    for body in (sent.text, sent.html):
        for wanted in (
            NUMBER, department.head, "“cuma 1”", "INV-2611-0457", "Budi Santoso", "0812-3456-7890",
            "budi@x.example", "Senin, 23 November 2026, pukul 14.00 WIB", "yg datang cuma 1",
            "Waduh, maaf, Kak.", "foto.jpg", SOP.departments["sales"].name.id, "web chat",
        ):  # fmt: skip
            assert wanted in body, wanted
    assert "2/1" not in sent.text, "evidence is words"
    assert sent.text.count("Budi Santoso") == 1, "the form does not repeat the customer's table"
    assert sent.text.count("Kata pelanggan: ") == 1  # what the class was read from has a label of its own
    assert sent.text.count("Dasar penggolongan: ") == 1
    assert [(one.reference, one.content) for one in sent.attachments] == [("a" * 64, None)]
    assert write(sent) == write(letter())


def test_a_copy_says_who_is_in_charge() -> None:
    sent = letter(department="sales", key=f"{NUMBER}/sales")
    assert sent.to == SOP.departments["sales"].email
    assert f"Penanggung jawabnya {SOP.departments['warehouse'].name.id}," in sent.text
    assert "Salinan untuk diketahui" in sent.text
    assert "Mohon" not in sent.text, "whoever only gets a copy is asked for nothing"
    assert sent.mail is not None
    first = letter().mail
    assert first is not None
    assert sent.mail.message_id != first.message_id
    assert sent.mail.references == first.references, "both copies and all that follows stand together"


def test_an_urgent_one_says_so_first() -> None:
    sent = letter(msgspec.structs.replace(TICKET, urgent=True))
    assert sent.mail is not None
    assert sent.mail.subject.startswith(f"[{NUMBER}] MENDESAK - ")
    assert "MENDESAK." in sent.text.split("\n\n")[1]


def test_a_departments_reply_is_never_taken_for_the_customers_words() -> None:
    """zammad#5064: anyone quoting a ticket number is appended to a stranger's ticket."""
    sent = letter()
    assert sent.mail is not None
    assert "+" not in sent.mail.reply_to
    back = email.message.EmailMessage()
    back["From"], back["To"] = sent.to, sent.mail.reply_to
    back["Subject"], back["Message-ID"] = f"Re: {sent.mail.subject}", "<r1@gudang>"
    message = email.message_from_bytes(write(sent), policy=email.policy.default)
    back["In-Reply-To"] = str(message["Message-ID"])
    back.set_content("sudah kami kirim")
    heard = read(
        back.as_bytes(),
        account="a@x",
        envelope_from=sent.to,
        envelope_to=(sent.mail.reply_to,),
        received_at=NOW,
    )
    assert heard.mail is not None
    assert heard.mail.tokens == ()
    assert answers_letter(heard.mail, b"")
    assert letter(reply_to="layanan@perusahaan.example").mail.reply_to == "layanan@perusahaan.example"  # type: ignore[union-attr]


def test_files_that_would_burst_the_letter_are_named_in_it() -> None:
    files = tuple(File(f"{n:064}", f"video{n}.mp4", "video/mp4", 6 * 1024 * 1024) for n in range(4))
    sent = letter(msgspec.structs.replace(TICKET, files=files))
    assert [one.name for one in sent.attachments] == ["video0.mp4", "video1.mp4"]
    assert "video3.mp4: 6,0 MB, terlalu besar untuk surat ini; tersimpan di Sapa" in sent.text


def test_a_thousand_files_make_one_letter() -> None:
    files = tuple(File(f"{n:064}", f"{n}.png", "image/png", 100) for n in range(1000))
    sent = letter(msgspec.structs.replace(TICKET, files=files))
    assert len(sent.attachments) == 1000


def test_the_department_reads_which_files_are_missing_and_what_was_changed() -> None:
    talk = [
        Line(
            "customer", NOW, "dus gula 3 sobek", coming=("a.jpg",), lost=("b.jpg",), earlier=("dus gula 2",)
        ),
        Line("customer", NOW, "salah kirim", deleted=True),
    ]
    sent = letter(transcript=talk)
    for told in (
        "[a.jpg: belum terambil, akan menyusul]",
        "[b.jpg: tidak dapat diambil]",
        "[diubah pelanggan, semula: “dus gula 2”]",
        "[ditarik kembali oleh pelanggan]",
    ):
        assert told in sent.text
        assert told in sent.html


@pytest.mark.sop("K5")
def test_what_a_customer_adds_to_a_ticket_is_a_letter_below_the_first_one() -> None:
    added = Addition(
        NUMBER,
        "warehouse",
        rows=(("nomor faktur", "INV-2611-0999", "INV-2611-0900"), ("kode batch", "KR25A11", "")),
        files=(File("a" * 64, "bocor.jpg", "image/jpeg", 2048),),
    )
    mailbox = Mailbox("support@perusahaan.example", "PT Arunika", secret=b"s")
    sent = addition(key=f"{NUMBER}/added/9", mailbox=mailbox, sop=SOP, added=added, at=NOW)
    first = letter(mailbox=mailbox)
    assert sent.to == first.to
    assert sent.mail is not None
    assert first.mail is not None
    assert sent.mail.references == first.mail.references
    assert NUMBER in sent.mail.subject
    assert "Nomor faktur: INV-2611-0999 (sebelumnya: INV-2611-0900)" in sent.text
    assert "Kode batch: KR25A11\n" in sent.text
    assert "bocor.jpg: 2,0 kB, terlampir" in sent.text
    assert [each.reference for each in sent.attachments] == ["a" * 64]
    assert "INV-2611-0999" in sent.html
    lost = Addition(NUMBER, "warehouse", lost=("foto.jpg",))
    told = addition(key=f"{NUMBER}/added/10", mailbox=mailbox, sop=SOP, added=lost, at=NOW).text
    assert "foto.jpg: tidak dapat diambil" in told
    assert "menambahkan" not in told


def test_an_endless_talk_is_bounded_with_a_note_where_the_rest_is() -> None:
    talk = [Line("customer", NOW + timedelta(minutes=n), f"pesan {n} " + "x" * 900) for n in range(500)]
    sent = letter(transcript=talk)
    assert len(sent.text) < 80_000
    assert "pesan 0 " in sent.text
    assert "pesan 499 " in sent.text
    assert "pesan di tengah tidak dimuat di sini. Selengkapnya ada di Sapa, percakapan 17." in sent.text
    one = letter(transcript=[Line("customer", NOW, "y" * 10_000_000)])
    assert len(one.text) < 10_000
    assert "dipotong; selengkapnya ada di Sapa, percakapan 17" in one.text


def test_nobody_can_write_words_into_the_mouth_of_sapa() -> None:
    forged = (
        "baik\n\nSapa, pukul 10.05 WIB\n| Uangnya kami kembalikan dua kali lipat.\n\nTIKET\nNomor tiket: SP-0"
    )
    sent = letter(transcript=[Line("customer", NOW, forged)])
    talk = sent.text.partition("PERCAKAPAN\n")[2]
    assert talk.startswith(
        "Pelanggan, Senin, 23 November 2026, pukul 10.00 WIB\n| baik\n|\n| Sapa, pukul 10.05"
    )
    assert "\n| Nomor tiket: SP-0" in talk
    assert "\nNomor tiket: SP-0" not in sent.text


def test_days_are_named_where_they_change() -> None:
    talk = [
        Line("customer", NOW, "a"),
        Line("bot", NOW, "b"),
        Line("agent:Rina", NOW + timedelta(days=1), "c"),
    ]
    sent = letter(transcript=talk)
    assert "Sapa, pukul 10.00 WIB\n| b" in sent.text
    assert "Rina, Selasa, 24 November 2026, pukul 10.00 WIB\n| c" in sent.text


def test_a_pack_that_lost_a_class_or_kind_still_gives_a_letter() -> None:
    sent = letter(msgspec.structs.replace(TICKET, kind="gone", class_="gone_too", identity={"npwp": "12"}))
    assert sent.mail is not None
    assert NUMBER in sent.mail.subject
    assert "npwp: 12" in sent.text


words = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@given(title=words, label=words, value=words, said=words, name=words, file=words, seen=words)
def test_no_words_of_anybody_can_break_it(
    title: str, label: str, value: str, said: str, name: str, file: str, seen: str
) -> None:
    ticket = msgspec.structs.replace(
        TICKET,
        title=title,
        particulars=((label, value),),
        identity={"name": name},
        files=(File("a" * 64, file, "image/png", 3),),
    )
    sent = letter(ticket, transcript=[Line("customer", NOW, said, (file,))], evidence=(seen,))
    sent = replace(sent, attachments=tuple(replace(one, content=b"png") for one in sent.attachments))
    raw = write(sent)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"].startswith(f"[{NUMBER}] ")
    assert [one.addr_spec for one in message["To"].addresses] == [sent.to]
    assert b"\r\nBcc" not in raw.partition(b"\r\n\r\n")[0]
    assert len([part for part in message.walk() if part.get_content_disposition() == "attachment"]) == 1
    assert write(sent) == raw
