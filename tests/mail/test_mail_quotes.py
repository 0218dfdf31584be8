"""Where the earlier mail begins: headers as programs write them in Indonesian and in every language of the table,
wrapped, glued and broken; mails that were passed on; and people's words that only look like one of these."""
# ruff: noqa: E501

from __future__ import annotations

import textwrap
from itertools import product

import pytest

from channels.mail.languages import LANGUAGES, Words
from channels.mail.visible import visible
from tests.mail.samples import mail
from tests.mail.test_mail_reading import received

US = "Sapa CS <support@sapa.example>"
QUESTION = "Selamat siang.\nBoleh minta nomornya?"

INDONESIAN = [
    f"Pada tanggal Sel, 18 Nov 2026 09.12, {US} menulis:",
    f"Pada Sel, 18 Nov 2026 pukul 09.12 {US} menulis:",
    'Pada tanggal 18 Nov 2026 9:12 AM, "Sapa CS" <support@sapa.example> menulis:',
    f"Pada Selasa, 18 November 2026 09.12.33 WIB, {US} menulis:",
    f"Pada hari Selasa, 18 November 2026, {US} menulis:",
    "Pada 18/11/2026 09.12, Sapa CS menulis:",
    f"Pada 18 Nov 2026, pukul 09.12\u202fWIB, {US} menulis:",
    f"On Sel, 18 Nov 2026 at 09.12 {US} menulis:",
    f"Tanggal 18 Nov 2026 09:12, {US} menulis:",
    f"18 Nov 2026 09.12, {US} menulis:",
    f"{US} menulis pada Sel, 18 Nov 2026 pukul 09.12:",
    f"---- Pada Sel, 18 Nov 2026 09:12:33 +0700 {US} menulis ----",
    "Pada Sen, 16 Nov 2026 pukul 09.00 <support@sapa.example> menulis:",
    "Pada Sen, 16 Nov 2026 pukul 09.00 Layanan Pelanggan PT Sumber Pangan Makmur Sejahtera <support@sapa.example> menulis:",
    f"Pada  Sen,  16 Nov 2026  pukul 09.00  {US}  menulis :",
    "Pada Sen, 16 Nov 2026 09:00 Sapa CS, <support@sapa.example> menulis:",
    "Pada Jum'at, 16 Nov 2026 pukul 09.00 Sapa CS (support@sapa.example) menulis:",
    f"2026-11-16 9:00 GMT+07:00 {US}:",
]
ABOVE = (
    "Terima kasih",
    "Pada dusnya ada tulisan 1 dari 2",
    "Pada tanggal 10 barangnya sampai, tapi kurang.",
    "Halo,\n\nPada 12 Nov saya pesan 3 dus.\nYang datang 2.",
)


@pytest.mark.parametrize("header", INDONESIAN)
def test_an_indonesian_header_is_found_wrapped_glued_and_under_words_that_begin_like_it(header: str) -> None:
    """Traps 1 to 3: none of eight libraries finds one of them; a join over lines swallows the answer itself."""
    wraps = ["\n".join(textwrap.wrap(header, width, break_long_words=False)) for width in (200, 78, 60, 40)]
    below = ("\n".join(f"> {line}" for line in QUESTION.split("\n")), QUESTION)
    for above, glue, wrapped, gap, quoted in product(
        ABOVE, ("\n\n", "\n", "\n \n"), wraps, ("\n\n", "\n"), below
    ):
        body = f"{above}{glue}{wrapped}{gap}{quoted}"
        assert visible(body).text == above, body


OUTLOOK = [
    "Dari: Sapa CS <support@sapa.example>\nDikirim: Senin, 16 November 2026 09.00\nKepada: Sari Dewi\nSubjek: Re: Tiket",
    "Dari: Sapa CS [mailto:support@sapa.example] \nDikirim: 16 November 2026 9:00\nKe: Sari\nSubjek: Tiket",
    "Dari: Sapa CS\nDikirim: Senin, 16 November 2026 09.00\nKepada: Sari Dewi\nPerihal: Tiket",
    "Dari: Sapa CS <support@sapa.example>\nTanggal: Senin, 16 November 2026 pukul 09.00\nKepada: Sari <sari@x.example>\nSubjek: Tiket",
    "*Dari:* Sapa CS <support@sapa.example>\n*Dikirim:* Senin, 16 November 2026 09.00\n*Kepada:* Sari Dewi\n*Subjek:* Tiket",
    "Dari : Sapa CS <support@sapa.example>\nDikirim : Senin, 16 November 2026 09.00\nKepada : Sari Dewi\nCc : Bos\nSubjek : Tiket",
    "Dari: Sapa CS <support@sapa.example>\nDikirim: 16 November 2026 09.00\nKepada: Sari <sari@x.example>; Andi\n <andi@x.example>\nTembusan: Bos\nPerihal: RE: Tiket",
    "Dari:\nSapa CS <support@sapa.example>\nDikirim:\nSenin, 16 November 2026 09.00\nKepada:\nSari\nSubjek:\nTiket",
    "Dari: Sapa CS <support@sapa.example>\n\nDikirim: Senin, 16 November 2026 09.00\n\nKepada: Sari\n\nSubjek: Tiket",
    "-----Pesan Asli-----\nDari: Sapa CS\nDikirim: Senin, 16 November 2026 09.00\nKepada: Sari\nSubjek: Tiket",
    "-------- Pesan asli --------\nDari: Sapa CS <support@sapa.example>\nTanggal: 16/11/26 09.00 (GMT+07:00)\nKe: Sari\nSubjek: Tiket",
    "________________________________\nDari: Sapa CS <support@sapa.example>\nDikirim: Senin, 16 November 2026 09.00\nKepada: Sari\nSubjek: Tiket",
    "Dari: support@sapa.example\nKepada: sari@x.example\nSubjek: Tiket\nTanggal: 16/11/2026 09:00",
    "--- Balas di atas baris ini ---",
    "##- Please type your reply above this line -##",
]


@pytest.mark.parametrize("block", OUTLOOK)
def test_an_indonesian_block_of_outlook_is_found_and_what_stands_above_it_kept(block: str) -> None:
    for above, glue in product(("Terima kasih", "Dari Bandung, kak.", "INV-2611-0457"), ("\n\n", "\n")):
        assert visible(f"{above}{glue}{block}\n\n{QUESTION}").text == above


def word(words: str, number: int = 0) -> str:
    each = words.split("|")[number]
    return each[:1].upper() + each[1:]


def labels(words: Words) -> tuple[str, str, str, str]:
    return word(words.sender), word(words.sent or words.date), word(words.to), word(words.subject)


FULL = [
    name
    for name, words in LANGUAGES.items()
    if words.sender and words.subject and words.to and (words.sent or words.date)
]


@pytest.mark.parametrize("name", FULL)
def test_answers_in_every_language_are_told_from_what_they_answer(name: str) -> None:
    words = LANGUAGES[name]
    sender, sent, to, subject = labels(words)
    bodies = [
        f"INV-1\n\n{sender}: {US}\n{sent}: 16 November 2026 08:00\n{to}: Sari\n{subject}: Tiket\n\n{QUESTION}"
    ]
    bodies += [
        f"INV-1\n\n-----{word(words.original, n)}-----\nXyz: Sapa\n\n{QUESTION}"
        for n in range(words.original.count("|") + 1)
        if words.original
    ]
    on = word(words.on) if words.on else "On"
    for number in range(words.wrote.count("|") + 1):
        wrote = words.wrote.split("|")[number]
        bodies += [
            f"INV-1\n\n{on} 16 Nov 2026 09.00, {US} {wrote}:\n\n> {QUESTION}\n",
            f"INV-1\n\n{on} 16 Nov 2026 09.00, {US}\n{wrote}:\n\n{QUESTION}\n",
            f"INV-1\n{on} 16 Nov 2026, 09:00, Sapa CS <\nsupport@sapa.example> {wrote}:\n\n> Boleh?\n",
            f"INV-1\n\n{US} {wrote} ({on} 16 Nov 2026, 09:00):\n\n> Boleh?\n",
        ]
    for body in bodies:
        assert visible(body).text.split("\n")[0] == "INV-1"
        assert "support@sapa.example" not in visible(body).text, body


COMPLAINT = "Gulanya basah semua, 3 sak.\n\nBudi"


def forwards(words: Words) -> list[str]:
    sender, sent, to, subject = labels(words)
    head = f"{sender}: Budi Jaya <budi@toko.example>\n{sent}: Senin, 16 November 2026 08:00\n{to}: Sales <sales@kami.example>\n{subject}: Gula basah\n\n"
    found = [
        f"________________________________\n{head}{COMPLAINT}",
        f"{head.replace('<', '[mailto:').replace('>', ']')}{COMPLAINT}",
    ]
    for number in range(words.forwarded.count("|") + 1 if words.forwarded else 0):
        title = word(words.forwarded, number)
        found += [
            f"---------- {title} ---------\n{head}\n{COMPLAINT}",
            f"-------- {title} --------\n{subject}: \tGula basah\n{sent}: \tMon, 16 Nov 2026 08:00:00 +0700\n{sender}: \tBudi Jaya <budi@toko.example>\n{to}: \tsales@kami.example\n\n\n{COMPLAINT}",
        ]
    for number in range(words.begins.count("|") + 1 if words.begins else 0):
        quoted = "\n".join(f"> {line}" for line in f"{head}{COMPLAINT}".split("\n"))
        found.append(f"{word(words.begins, number)}:\n\n{quoted}")
    return found


@pytest.mark.sop("S2")
@pytest.mark.parametrize("name", FULL)
def test_a_complaint_that_was_passed_on_has_its_author_in_every_language(name: str) -> None:
    for body in forwards(LANGUAGES[name]):
        seen = visible(f"Mohon dibantu.\n\n{body}", is_reply=False, is_forward=True)
        assert seen.forwarded is not None, body
        found = seen.forwarded
        assert (found.email, found.name, found.subject) == ("budi@toko.example", "Budi Jaya", "Gula basah"), (
            body
        )
        assert (found.text, found.note) == (COMPLAINT, "Mohon dibantu."), body
        assert seen.text.startswith("Mohon dibantu.")
        assert "Gulanya basah semua, 3 sak." in seen.text


PASSED_ON = {
    "Lotus": "----- Diteruskan oleh Sales/PT Kami pada 16/11/2026 09.00 -----\n\nDari:\tBudi Jaya <budi@toko.example>\nKepada:\tsales@kami.example\nTanggal:\t16/11/2026 08.00\nSubjek:\tGula basah\n\n\nGulanya basah.",
    "all on one line": "----- Forwarded message -----\nFrom: Budi Jaya <budi@toko.example>To: Sales <sales@kami.example>Sent: Monday, November 16, 2026 at 8:00 AMSubject: Gula basah\n\nGulanya basah.",
    "address twice": "---------- Forwarded message ----------\nFrom: Budi Jaya <budi@toko.example<mailto:budi@toko.example>>\nSubject: Gula basah\n\nGulanya basah.",
    "bold": "---------- Forwarded message ----------\n*From:* *Budi Jaya* <budi@toko.example>\n*Subject:* Gula basah\n\nGulanya basah.",
    "a subject on two lines": "---------- Forwarded message ----------\nFrom: Budi Jaya <budi@toko.example>\nSubject: Gula\n basah\nTo: x@y.example\n\nGulanya basah.",
    "wrote": "Pada 16 Nov 2026 pukul 08.00 Budi Jaya <budi@toko.example> menulis:\n\n> Gulanya basah.",
    "answered, then passed on": "Pesan terusan:\n\n> Dari: Budi Jaya <budi@toko.example>\n> Subjek: Gula basah\n>\n> Gulanya basah.",
    "a phone's line between": "Dikirim dari iPhone saya\n\nMulai pesan terusan:\n\n> Dari: Budi Jaya <budi@toko.example>\n> Tanggal: 16 November 2026 08.00.00 WIB\n> Kepada: sales@kami.example\n> Subjek: Gula basah\n>\n> Gulanya basah.",
}  # fmt: skip


@pytest.mark.parametrize("name", PASSED_ON)
def test_a_forward_of_another_make_has_its_author_too(name: str) -> None:
    seen = visible(f"Mohon dibantu.\n\n{PASSED_ON[name]}", is_reply=False, is_forward=True)
    assert seen.forwarded is not None
    assert (seen.forwarded.email, seen.forwarded.name) == ("budi@toko.example", "Budi Jaya")
    assert seen.forwarded.subject in ("Gula basah", "")
    assert seen.forwarded.text == "Gulanya basah."
    assert "Dikirim dari iPhone" not in seen.text


def test_a_colleague_who_only_hands_a_forward_on_is_not_its_author() -> None:
    inner = "---------- Forwarded message ---------\nDari: Budi <budi@toko.example>\nSubject: Gula basah\n\nGulanya basah."
    outer = "---------- Forwarded message ---------\nDari: Andi <andi@kami.example>\nSubject: Fwd: Gula basah\n\nTolong ya.\n\n"
    head = "From: Sales <sales@kami.example>\nSubject: Fwd: Fwd: Gula basah"
    facts = received(mail(head, f"Mohon dibantu.\n\n{outer}{inner}")).mail
    assert facts is not None
    assert facts.forwarded is not None
    assert facts.forwarded.email == "budi@toko.example"
    facts = received(mail(head.replace("kami.example", "lain.example"), f"{outer}{inner}")).mail
    assert facts is not None
    assert facts.forwarded is not None
    assert facts.forwarded.email == "andi@kami.example"


def test_an_answer_to_a_forward_is_no_forward() -> None:
    body = "INV-1\n\nPada Sen, 16 Nov 2026 pukul 09.00 Sapa <support@sapa.example> menulis:\n\n> ---------- Forwarded message ---------\n> Dari: Budi <budi@toko.example>\n"
    facts = received(mail("Subject: Re: Fwd: Gula\nIn-Reply-To: <a@b>", body))
    assert facts.text == "INV-1"
    assert facts.mail is not None
    assert facts.mail.forwarded is None


PHONES = """Dikirim dari iPhone saya|Dikirim dari iPad saya|Terkirim dari iPhone saya|Dikirim dari ponsel saya|Dikirim dari perangkat Android saya|
Dikirim dari Yahoo Mail di Android|Dikirim dari Yahoo Mail untuk iPhone|Dikirim dari Galaxy saya|Dikirim dari ponsel cerdas Samsung Galaxy saya.|
Dikirim dari BlackBerry® smartphone saya dari Telkomsel|Powered by Telkomsel BlackBerry®|Dikirim dari Mail untuk Windows 10|Dapatkan Outlook untuk iOS|
Dapatkan Outlook untuk Android<https://aka.ms/ghei36>|Dikirim melalui Gmail Mobile|Dikirim dengan Proton Mail email aman.|Dihantar dari iPhone saya|
Sent from my iPhone|Sent from Yahoo Mail on Android|Sent from Samsung Mobile|Sent from Mail for Windows|Get Outlook for Android<https://aka.ms/AAb9ysg>|
Sent with Proton Mail secure email.|Yahoo Mail: Telusuri, Atur, Taklukkan|Gesendet von Outlook für Android|Envoyé de mon iPhone|发自我的 iPhone|
iPhone'umdan gönderildi|Отправлено с iPhone|나의 iPhone에서 보냄""".replace("\n", "").split("|")


@pytest.mark.parametrize("line", PHONES)
def test_a_phones_own_line_is_no_word_of_the_customer(line: str) -> None:
    assert visible(f"Mohon retur 1 dus.\n\n{line}").text == "Mohon retur 1 dus."


OWN_WORDS = [
    "Dikirim dari gudang kapan ya?",
    "Dikirim dari Jakarta kemarin",
    "Kirim dari HP ke kantor ongkirnya berapa?",
    "Sent from your warehouse on Monday, still not here",
    "Dikirim dengan truk kemarin, sampai sekarang belum ada",
    "Dari: Gudang Cikarang\nDikirim: 16 November 2026\nUntuk: Toko Makmur\nBarang: gula 3 sak",
    "Tanggal: 16 November 2026\nDari: Toko Makmur\nKepada: Bagian Layanan\nPerihal: Barang rusak\n\nDengan hormat, 5 dus gula rusak.",
    "Pengirim: Toko A\nPenerima: Toko B\nTanggal: 16/11/2026 09.00\nNo: INV-1",
    "Pada 16 November 2026 pukul 10.00 sopir menulis:\nbarang ditolak",
    "Nama: Sari\nNo HP: 0812\nAlamat: Jl. Melati\nTanggal: 12/11/2026",
    "Kata admin <cs@lapak.example>, tgl 12 Nov 2026 pukul 10.00:\nbarang sudah dikirim",
    "Rincian:\n- gula 2\n- minyak 3\n--\ntotal 5",
    "Dari: Sari\nUntuk: CS\n\nMohon cek.",
    "Mohon retur.\n\nSalam,\nBudi\n0812-3344-5566",
]


@pytest.mark.parametrize("words", OWN_WORDS)
def test_a_customers_own_words_are_never_cut_for_their_look(words: str) -> None:
    assert visible(words).text == words
    assert visible(words, is_reply=False).text == words


def test_the_end_of_a_long_quoted_line_that_was_torn_off_is_quote_and_a_short_answer_is_not() -> None:
    long = "> Apakah nomor faktur yang Bapak sebutkan kemarin sudah sesuai dengan yang tertulis"
    assert (
        visible(f"INV-1\n\nOn 1/1/26 9:00 <a@b.example> wrote:\n{long}\npada surat jalan?\n> Salam").text
        == "INV-1"
    )
    answered = "On 1/1/26 9:00 <a@b.example> wrote:\n> Nomor faktur?\nINV-1\n> Nomor HP?\n0812"
    assert visible(answered).text == "INV-1\n0812"
