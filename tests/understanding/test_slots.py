"""Values in a customer's words: phone, email, numbers, dates, names."""

# ruff: noqa: E501 - tables of cases, one case beside the other
from __future__ import annotations

import pytest

from bot.understanding import SURE

from .conftest import Listen

PHONES = [
    ("081234567890", "+6281234567890"),
    ("0812 3456 7890", "+6281234567890"),
    ("0812-3456-7890", "+6281234567890"),
    ("+62 812 3456 7890", "+6281234567890"),
    ("+62812-3456-7890", "+6281234567890"),
    ("6281234567890", "+6281234567890"),
    ("62 812 3456 7890", "+6281234567890"),
    ("hp saya 0857.1122.3344", "+6285711223344"),
    ("wa 0857 1122 3344 ya kak", "+6285711223344"),
    ("O812 3456 789O", "+6281234567890"),
    ("no hp: 08123456789", "+628123456789"),
    ("(0812) 3456 7890", "+6281234567890"),
    ("telp kantor 021-5550142", "+62215550142"),
    ("(021) 5550142", "+62215550142"),
    ("0274 512345", "+62274512345"),
    ("+65 6123 4567", "+6561234567"),
    ("bisa hubungi saya di 0878-1234-5678 atau email", "+6287812345678"),
    ("call me at 0811223344", "+62811223344"),
    ("nomor saya 0812\u200b3456\u200b7890", "+6281234567890"),
    ("０８１２３４５６７８９０", "+6281234567890"),
]


@pytest.mark.parametrize(("text", "value"), PHONES)
def test_phone_numbers_as_people_write_them(hear: Listen, text: str, value: str) -> None:
    slot = hear(text).slot("phone")
    assert slot is not None
    assert slot.value == value
    assert slot.score >= SURE
    assert not slot.problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("812 3456 7890", "+6281234567890"),
        ("81234567890", "+6281234567890"),
        ("0812 3456 7890 (wa)", "+6281234567890"),
        ("ini kak 085711223344", "+6285711223344"),
    ],
)
def test_phone_numbers_when_asked(hear: Listen, text: str, value: str) -> None:
    slot = hear(text, field="phone").slot("phone")
    assert slot is not None
    assert slot.value == value
    assert not slot.problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("08123456", "short"),
        ("0812345", "short"),
        ("081234567890123", "long"),
        ("0812 3456 7890 1234", "long"),
        ("12345", ""),
        ("62812", "short"),
    ],
)
def test_a_phone_number_that_cannot_be_right_says_why(hear: Listen, text: str, problem: str) -> None:
    slot = hear(text, field="phone").slot("phone")
    assert (slot.problem if slot else "") == problem


@pytest.mark.parametrize(
    "text",
    ["INV-2611-0457", "inv 2611 0457", "NIK 3174051203880001", "3174051203880001", "DO-2611-0812", "SP-2611-0042-7", "resi JP1234567890", "harga Rp 1.250.000",
     "batch 20251103A", "12/11/2026", "tgl 5 bulan 11", "beli 2500 pcs", "BCA 5220304050 a.n. Budi"],
)  # fmt: skip
def test_other_numbers_are_no_phone(hear: Listen, text: str) -> None:
    slot = hear(text).slot("phone")
    assert slot is None or slot.score < SURE


EMAILS = [
    ("budi@contoh.com", "budi@contoh.com"),
    ("Email: Budi.Santoso@Contoh.CO.ID", "budi.santoso@contoh.co.id"),
    ("email saya budi_s+toko@gmail.com ya", "budi_s+toko@gmail.com"),
    ("budi(at)gmail.com", "budi@gmail.com"),
    ("budi [at] gmail [dot] com", "budi@gmail.com"),
    ("budi at gmail dot com", "budi@gmail.com"),
    ("email budi et gmail titik com", "budi@gmail.com"),
    ("budi @ gmail.com", "budi@gmail.com"),
    ("kirim ke toko.maju88@yahoo.co.id.", "toko.maju88@yahoo.co.id"),
    ("rina@perusahaan-kami.id, 0812 3456 7890", "rina@perusahaan-kami.id"),
    ("<rina@contoh.org>", "rina@contoh.org"),
]


@pytest.mark.parametrize(("text", "value"), EMAILS)
def test_email_addresses_as_people_write_them(hear: Listen, text: str, value: str) -> None:
    slot = hear(text, field="email").slot("email")
    assert slot is not None
    assert slot.value == value
    assert not slot.problem


@pytest.mark.parametrize(
    ("text", "meant"),
    [("budi@gmial.com", "budi@gmail.com"), ("budi@gmail.con", "budi@gmail.com"), ("budi@gamil.com", "budi@gmail.com"), ("rina@yaho.com", "rina@yahoo.com"),
     ("a.b@hotmial.com", "a.b@hotmail.com"), ("rina@gmail", "rina@gmail.com"), ("rina@gmail.co", "rina@gmail.com"), ("x.y@outlok.com", "x.y@outlook.com")],
)  # fmt: skip
def test_a_slip_in_a_domain_is_told_and_what_was_meant_is_offered(
    hear: Listen, text: str, meant: str
) -> None:
    slots = [slot for slot in hear(text).slots if slot.field == "email"]
    assert [slot.problem for slot in slots] == ["domain", ""]
    assert slots[1].value == meant
    assert slots[1].score < SURE


@pytest.mark.parametrize(
    "text", ["rina@contoh.com", "toko@maju.id", "x@mail.ugm.ac.id", "cs@gmailer-shop.com"]
)
def test_an_unknown_domain_is_left_alone(hear: Listen, text: str) -> None:
    assert [slot.problem for slot in hear(text).slots if slot.field == "email"] == [""]


NUMBERS = [
    ("INV-2611-0457", "order", "INV-2611-0457"),
    ("inv 2611 0457", "order", "INV-2611-0457"),
    ("inv26110457", "order", "INV-2611-0457"),
    ("Inv.2611.0457", "order", "INV-2611-0457"),
    ("no faktur INV 2611-0457 ya", "order", "INV-2611-0457"),
    ("fakturnya 2611-0457", "order", "INV-2611-0457"),
    ("nomor invoice: 26110457", "order", "INV-2611-0457"),
    ("INV-26I1-0457 eh INV-2611-0458", "order", "INV-2611-0458"),
    ("inv-2611-O457", "order", "INV-2611-0457"),
    ("DO-2611-0812", "delivery", "DO-2611-0812"),
    ("do 2611 0812", "delivery", "DO-2611-0812"),
    ("surat jalan 2611-0812", "delivery", "DO-2611-0812"),
    ("surat jalan nomor do26110812", "delivery", "DO-2611-0812"),
    ("batch KR25A11", "batch", "KR25A11"),
    ("kode produksi: L2509-33", "batch", "L2509-33"),
    ("no batch 20251103A", "batch", "20251103A"),
    ("batch number is AB123", "batch", "AB123"),
    ("kode prod BX 2231", "batch", "BX 2231"),
]


@pytest.mark.parametrize(("text", "field", "value"), NUMBERS)
def test_numbers_of_the_company(hear: Listen, text: str, field: str, value: str) -> None:
    slot = hear(text).slot(field)
    assert slot is not None
    assert slot.value == value
    assert slot.score >= SURE


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [("2611-0457", "order", "INV-2611-0457"), ("26110457", "order", "INV-2611-0457"), ("2611 0812", "delivery", "DO-2611-0812"), ("KR25A11", "batch", "KR25A11"),
     ("nomornya 2611 0457 kak", "order", "INV-2611-0457")],
)  # fmt: skip
def test_bare_numbers_when_asked(hear: Listen, text: str, field: str, value: str) -> None:
    slot = hear(text, field=field).slot(field)
    assert slot is not None
    assert slot.value == value


@pytest.mark.parametrize(
    ("text", "problem"), [("INV-2611-045", "short"), ("inv 2611 04571", "long"), ("INV-261-0457", "short")]
)
def test_an_order_number_that_lacks_a_digit_says_so(hear: Listen, text: str, problem: str) -> None:
    slot = hear(text).slot("order")
    assert slot is not None
    assert slot.problem == problem


DATES = [
    ("kemarin", "2026-11-19"),
    ("kmrn sore", "2026-11-19"),
    ("kemaren", "2026-11-19"),
    ("hari ini", "2026-11-20"),
    ("tadi pagi", "2026-11-20"),
    ("tadi malam", "2026-11-19"),
    ("barusan", "2026-11-20"),
    ("kemarin lusa", "2026-11-18"),
    ("3 hari lalu", "2026-11-17"),
    ("tiga hari yang lalu", "2026-11-17"),
    ("2 hari yg lalu", "2026-11-18"),
    ("seminggu yang lalu", "2026-11-13"),
    ("2 minggu lalu", "2026-11-06"),
    ("hari senin", "2026-11-16"),
    ("senin kemarin", "2026-11-16"),
    ("senin lalu", "2026-11-16"),
    ("hari Jum'at", "2026-11-13"),
    ("jumat lalu", "2026-11-13"),
    ("hari minggu lalu", "2026-11-15"),
    ("sabtu yang lalu", "2026-11-14"),
    ("tgl 5", "2026-11-05"),
    ("tanggal 25", "2026-10-25"),
    ("tgl 5 bulan ini", "2026-11-05"),
    ("tgl 5 bulan lalu", "2026-10-05"),
    ("tgl 5 november", "2026-11-05"),
    ("5 Nov 2026", "2026-11-05"),
    ("5 okt", "2026-10-05"),
    ("21 desember", "2025-12-21"),
    ("2026-11-12", "2026-11-12"),
    ("12/11/2026", "2026-11-12"),
    ("12-11-2026", "2026-11-12"),
    ("12.11.2026", "2026-11-12"),
    ("12/11/26", "2026-11-12"),
    ("tgl 12/11", "2026-11-12"),
    ("yesterday", "2026-11-19"),
    ("today", "2026-11-20"),
    ("this morning", "2026-11-20"),
    ("last night", "2026-11-19"),
    ("the day before yesterday", "2026-11-18"),
    ("last Monday", "2026-11-16"),
    ("on Tuesday", "2026-11-17"),
    ("3 days ago", "2026-11-17"),
    ("Nov 12th", "2026-11-12"),
    ("November 12, 2026", "2026-11-12"),
    ("12th of November", "2026-11-12"),
    ("the 12th of November 2026", "2026-11-12"),
    ("12 Nopember 2026", "2026-11-12"),
    ("saya beli kemarin di toko", "2026-11-19"),
]


@pytest.mark.parametrize(("text", "value"), DATES)
def test_dates_as_people_say_them(hear: Listen, text: str, value: str) -> None:
    slot = hear(text).slot("date")
    assert slot is not None
    assert slot.value == value
    assert slot.score >= SURE
    assert not slot.problem


@pytest.mark.parametrize(
    ("text", "value"),
    [("21/10", "2026-10-21"), ("3/11", "2026-11-03"), ("senin", "2026-11-16"), ("12 november", "2026-11-12")],
)
def test_bare_dates_when_asked(hear: Listen, text: str, value: str) -> None:
    slot = hear(text, field="date").slot("date")
    assert slot is not None
    assert slot.value == value
    assert slot.score >= SURE


@pytest.mark.parametrize("text", ["minggu lalu", "last week", "bulan lalu"])
def test_a_vague_date_is_asked_again(hear: Listen, text: str) -> None:
    slot = hear(text).slot("date")
    assert slot is not None
    assert slot.score < SURE


@pytest.mark.parametrize("text", ["besok", "lusa", "tgl 25 november 2026", "25/11/2026"])
def test_a_date_to_come_is_marked(hear: Listen, text: str) -> None:
    slot = hear(text, field="date").slot("date")
    assert slot is not None
    assert slot.problem == "future"


@pytest.mark.parametrize(
    "text",
    ["1/2 lusin", "tidak ada tanggal", "mei li", "sabun 5", "31/2/2026", "99/99", "2 minggu", "tanggal 45"],
)
def test_what_is_no_date(hear: Listen, text: str) -> None:
    slot = hear(text).slot("date")
    assert slot is None or slot.score < SURE


@pytest.mark.parametrize(
    ("text", "value"),
    [("exp 12/2025", "2025-12"), ("kadaluarsa 3 Okt 2025", "2025-10-03"), ("expired 03/10/2025", "2025-10-03"), ("exp date 2025-10-03", "2025-10-03"),
     ("kedaluwarsa bulan oktober 2025", "2025-10"), ("exp: Okt 2025", "2025-10"), ("best before 3 oct 2025", "2025-10-03"), ("ed 10/25", "2025-10"),
     ("kadaluarsanya tgl 3 oktober 2025", "2025-10-03")],
)  # fmt: skip
def test_expiry_dates(hear: Listen, text: str, value: str) -> None:
    heard = hear(text)
    slot = heard.slot("expiry")
    assert slot is not None
    assert slot.value == value
    assert heard.slot("date") is None


NAMES = [
    ("nama saya Budi Santoso", "Budi Santoso"),
    ("nama saya budi", "Budi"),
    ("nama: RINA MARLINA", "Rina Marlina"),
    ("saya Budi dari Toko Maju", "Budi"),
    ("saya budi dari toko maju jaya", "Budi"),
    ("an. Rina", "Rina"),
    ("a.n. Siti Aminah, hp 0812 3456 7890", "Siti Aminah"),
    ("atas nama Joko Widodo", "Joko Widodo"),
    ("My name is John Smith", "John Smith"),
    ("my name's Maria and I have a problem", "Maria"),
    ("I'm Peter from Sunrise Store", "Peter"),
    ("saya Pak Haji Mahmud", "Mahmud"),
    ("dengan Ibu Sri di Bekasi", "Sri"),
    ("ini Koh Aseng toko Sinar", "Aseng"),
    ("nama saya Ni Luh Putu Ayu", "Ni Luh Putu Ayu"),
    ("nama saya M. Ridwan", "M. Ridwan"),
]


@pytest.mark.parametrize(("text", "value"), NAMES)
def test_names_said_unasked(hear: Listen, text: str, value: str) -> None:
    slot = hear(text).slot("name")
    assert slot is not None
    assert slot.value == value
    assert slot.score >= SURE


@pytest.mark.parametrize(
    ("text", "value"),
    [("Budi", "Budi"), ("budi santoso", "Budi Santoso"), ("Pak Budi", "Budi"), ("saya Rina", "Rina"), ("Sari", "Sari"), ("Sukarno", "Sukarno"), ("Ibu Dewi Lestari", "Dewi Lestari"),
     ("Rina kak", "Rina"), ("Bayu", "Bayu"), ("Mei Ling", "Mei Ling"), ("O'Neil", "O'Neil"), ("it's Maria", "Maria"), ("nama saya Wati", "Wati"), ("Agus, dari Toko Sinar", "Agus"),
     ("oke, Tono", "Tono"), ("José", "José"), ("H. Mahmud", "Mahmud")],
)  # fmt: skip
def test_names_when_asked(hear: Listen, text: str, value: str) -> None:
    slot = hear(text, field="name").slot("name")
    assert slot is not None
    assert slot.value == value
    assert slot.score >= SURE


@pytest.mark.parametrize(
    "text",
    [
        "kenapa harus nama?",
        "tidak mau",
        "barang saya rusak",
        "saya mau komplain",
        "nanti dulu ya",
        "berapa lama prosesnya",
        "buat apa",
        "why do you need it",
        "iya",
        "tidak ada",
    ],
)
def test_what_is_no_name(hear: Listen, text: str) -> None:
    slot = hear(text, field="name").slot("name")
    assert slot is None or slot.score < SURE


@pytest.mark.parametrize(
    "text",
    [
        "saya beli 2 dus",
        "saya mau komplain",
        "saya kecewa",
        "saya tidak terima",
        "ini barang rusak",
        "dengan hormat",
        "i'm angry",
        "this is broken",
    ],
)
def test_saya_does_not_lead_in_a_name_by_itself(hear: Listen, text: str) -> None:
    assert hear(text).slot("name") is None


@pytest.mark.parametrize(
    ("text", "honorific"),
    [("saya Pak Haji Mahmud", "Pak Haji"), ("dengan Koh Aseng", "Koh"), ("ini Ci Lili dari Toko Abadi", "Ci"), ("saya Mbak Rini", "Mbak"), ("saya bu Sri", "Bu"),
     ("siang Pak, saya mau komplain", ""), ("halo kak", ""), ("min, barang rusak", "")],
)  # fmt: skip
def test_what_customers_call_themselves(hear: Listen, text: str, honorific: str) -> None:
    assert hear(text).honorific == honorific


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("Jl. Melati No. 5 RT 02/03, Bekasi", "address", "Jl. Melati No. 5 RT 02/03, Bekasi"),
        ("Pasar Legi Kios 14, Surakarta", "address", "Pasar Legi Kios 14, Surakarta"),
        ("alamat saya di Jalan Mawar 10 Depok", "address", "Jalan Mawar 10 Depok"),
    ],
)
def test_addresses_when_asked(hear: Listen, text: str, field: str, value: str) -> None:
    slot = hear(text, field=field).slot(field)
    assert slot is not None
    assert slot.value == value


def test_an_address_after_its_word(hear: Listen) -> None:
    slot = hear("barang rusak, alamat: Jl. Kenanga 7 Blok B, Bogor\nhp 0812 3456 7890").slot("address")
    assert slot is not None
    assert slot.value == "Jl. Kenanga 7 Blok B, Bogor"


def test_no_address_is_seen_where_none_was_asked(hear: Listen) -> None:
    assert hear("barang di gudang Bekasi rusak semua, 3 dus").slot("address") is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("123456", "123456"),
        ("kodenya 123 456", "123456"),
        ("ini kak 987654", "987654"),
        ("12345", ""),
        ("1234567", ""),
    ],
)
def test_identity_codes_only_when_asked(hear: Listen, text: str, code: str) -> None:
    assert hear(text, code=True).code == code
    assert hear(text).code == ""


def test_ticket_numbers(hear: Listen) -> None:
    from datetime import datetime

    from bot.tickets.number import make

    number = make("SP", datetime(2026, 11, 20), 42)
    assert hear(f"status tiket {number} gimana?").tickets == (number,)
    assert hear(f"status tiket {number.lower().replace('-', ' ')}").tickets == (number,)
    assert hear(f"status tiket {number}").slot("phone") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", "a"), ("2", "b"), ("nomor 2", "b"), ("no 3", "c"), ("yang pertama", "a"), ("pilihan kedua", "b"), ("the second one", "b"), ("terakhir", "c"), ("Produk rusak", "a"),
     ("rusak", "a"), ("pengiriman", "b"), ("pengi", "b"), ("b", "b"), ("yang lainnya aja", "c"), ("4", ""), ("barang", ""), ("0", "")],
)  # fmt: skip
def test_choices_by_number_by_label_by_its_beginning(hear: Listen, text: str, value: str) -> None:
    choices = (("a", "Produk rusak"), ("b", "Pengiriman"), ("c", "Yang lainnya"))
    assert hear(text, choices=choices).chosen == value


@pytest.mark.parametrize("text", ["ya tapi bukan gula", "bukan, minyak", "iya eh tidak"])
def test_a_yes_but_chooses_no_button(hear: Listen, text: str) -> None:
    assert hear(text, yes_no=True, choices=(("yes", "Ya, betul"), ("no", "Bukan"))).chosen != "yes"


@pytest.mark.parametrize("text", ["pesanan hp saya 0812 3456 7890", "Pesanan\nhp saya 0812 3456 7890"])
def test_a_phone_number_after_the_word_for_an_order_is_no_order(hear: Listen, text: str) -> None:
    heard = hear(text)
    assert heard.slot("order") is None
    assert heard.slot("phone") is not None
