"""A customer by email, the department that gets the ticket, and strangers: real SMTP in, real mail out."""

from __future__ import annotations

import re

import pytest

from tests.e2e.conftest import MailClient, plain

NUMBER = re.compile(r"SP-\d{4}-\d{4}-\d")
COMPLETE = (
    "Selamat siang,\n\nsaya Rina dari Toko Sinar, hp 0813-2222-3333, email {who}. Kemarin saya terima "
    "kiriman untuk INV-2611-0461. Saya pesan 5 dus Minyak Sari Murni 1 L tapi yang datang cuma 3 dus.\n\n"
    "Terima kasih,\nRina\n"
)


@pytest.mark.sop("K4", "K5", "E3", "E8")
def test_a_mail_with_everything_gets_its_number_in_the_first_answer(mail: MailClient) -> None:
    who = "rina@toko-sinar.example"
    sent = mail.send(f"Rina <{who}>", "Minyak kurang 2 dus", COMPLETE.format(who=who))
    (answer,) = mail.inbox(who)
    text = plain(answer)
    assert NUMBER.search(text), text
    assert "Minyak kurang 2 dus" in answer["Subject"]
    assert answer["In-Reply-To"] == sent["Message-ID"]
    assert answer["Auto-Submitted"] == "auto-replied"
    assert "INV-2611-0461" in text
    assert "Gudang" in text
    assert "pukul" in text


@pytest.mark.sop("K5", "E7")
def test_the_department_gets_all_particulars_the_talk_and_the_files(mail: MailClient) -> None:
    who = "tono@toko-baru.example"
    photo = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 8 + b"\xff\xd9"
    mail.send(
        f"Tono <{who}>",
        "Kurang kirim",
        COMPLETE.format(who=who).replace("Rina", "Tono"),
        files={"foto.jpg": photo},
    )
    number = NUMBER.search(plain(mail.inbox(who)[0]))
    assert number
    letters = [letter for letter in mail.inbox("gudang@") if number[0] in letter["Subject"]]
    assert len(letters) == 1
    text = plain(letters[0])
    for particular in ("Tono", "INV-2611-0461", "5 dus", "3 dus", "0813", who, "Kemarin saya terima kiriman"):
        assert particular in text, particular
    files = {part.get_filename(): part.get_content() for part in letters[0].iter_attachments()}
    assert files == {"foto.jpg": photo}


@pytest.mark.sop("E6", "K4")
def test_a_mail_with_gaps_is_asked_for_all_of_them_once_and_the_answer_fills_them(mail: MailClient) -> None:
    who = "agus@toko-jaya.example"
    mail.send(
        f"Agus <{who}>",
        "Susu rusak",
        "Siang, susu yang saya terima kemasannya penyok dan bocor.\n\nSalam,\nAgus\n",
    )
    (question,) = mail.inbox(who)
    asked = plain(question)
    assert not NUMBER.search(asked)
    assert asked.count("\n- ") >= 3, asked
    mail.send(
        f"Agus <{who}>",
        f"Re: {question['Subject']}",
        "INV-2611-0470, hp 0812-7777-8888, diterima 20 November 2026, 3 dus Susu UHT Kawanku full cream 1 L, "
        "kode produksi B2611A. Nama saya Agus Salim.\n\n-- \nAgus Salim\nToko Jaya, telp 021-9999999",
        answer_to=question,
    )
    second = mail.inbox(who, 2)[1]
    assert NUMBER.search(plain(second)), plain(second)
    assert "Susu rusak" in second["Subject"]


def test_automatic_mail_is_kept_and_never_answered(mail: MailClient) -> None:
    who = "robot@toko-sepi.example"
    mail.send(who, "Balasan otomatis: cuti", "Saya sedang cuti.", headers={"Auto-Submitted": "auto-replied"})
    mail.send(who, "Newsletter", "Promo!", headers={"List-Id": "<promo.toko.example>", "Precedence": "bulk"})
    mail.settled()
    assert mail.here(who) == []


@pytest.mark.sop("K4")
def test_a_ticket_number_alone_tells_a_stranger_nothing(mail: MailClient) -> None:
    owner, stranger = "wati@toko-wati.example", "orang-lain@example.org"
    mail.send(f"Wati <{owner}>", "Kurang", COMPLETE.format(who=owner).replace("Rina", "Wati"))
    number = NUMBER.search(plain(mail.inbox(owner)[0]))
    assert number
    mail.send(stranger, f"Status {number[0]}", f"Bagaimana status tiket {number[0]}?")
    mail.send("lain@example.org", "Status SP-2611-9999-0", "Bagaimana status tiket SP-2611-0999-1?")
    told, untold = plain(mail.inbox(stranger)[0]), plain(mail.inbox("lain@example.org")[0])
    for secret in ("Wati", "Gudang", "INV-2611-0461", "Toko Sinar", owner, "0813"):
        assert secret not in told.split("menulis:")[0], told
    assert "Gudang" not in untold


@pytest.mark.sop("K4")
def test_the_owner_asking_by_the_same_address_is_told_the_status(mail: MailClient) -> None:
    who = "dewi@toko-dewi.example"
    mail.send(f"Dewi <{who}>", "Kurang", COMPLETE.format(who=who).replace("Rina", "Dewi"))
    number = NUMBER.search(plain(mail.inbox(who)[0]))
    assert number
    mail.send(f"Dewi <{who}>", "Tanya status", f"Selamat siang, bagaimana perkembangan tiket {number[0]}?")
    answer = plain(mail.inbox(who, 2)[1]).split("menulis:")[0]
    assert number[0] in answer
    assert "Gudang" in answer
