"""Lines of goods: product, ordered, received, concerned."""

# ruff: noqa: E501 - tables of cases, one case beside the other
from __future__ import annotations

import pytest

from bot.understanding import SURE, Goods, Quantity

from .conftest import Listen


def _shown(quantity: Quantity | None) -> str:
    return f"{quantity.count:g}{' ' + quantity.unit if quantity.unit else ''}" if quantity else "-"


def _line(goods: Goods) -> str:
    return f"{goods.product or '~' + goods.text}: {_shown(goods.ordered)} / {_shown(goods.received)} / {_shown(goods.affected)}"


CASES: list[tuple[str, tuple[str, ...]]] = [
    ("saya beli 2 dus minyak goreng kemarin, yg datang cuma 1", ("~minyak goreng: 2 dus / 1 dus / -",)),
    ("beli 2 dus minyak goreng yg datang cuma 1", ("~minyak goreng: 2 dus / 1 dus / -",)),
    ("pesan 10 dus gula pasir, yang sampai 8 dus", ("gula_1kg: 10 dus / 8 dus / -",)),
    ("order 5 karton susu uht datang 7 karton", ("~susu uht: 5 karton / 7 karton / -",)),
    ("kurang 1 dus gula", ("~gula: - / - / 1 dus",)),
    ("yang kurang 1 dus gula", ("~gula: - / - / 1 dus",)),
    ("gulanya kurang 1 dus", ("~gulanya: - / - / 1 dus",)),
    ("kecap botol pecah 3", ("kecap_botol: - / - / 3",)),
    ("pecah 3 botol kecapnya", ("kecap_botol: - / - / 3 botol",)),
    ("3 botol kecap pecah", ("kecap_botol: - / - / 3 botol",)),
    ("kelebihan 2 sak beras", ("beras_5kg: - / - / 2 sak", "beras_25kg: - / - / 2 sak")),
    ("dua dus mie goreng penyok", ("mi_goreng: - / - / 2 dus",)),
    ("selusin pasta gigi hilang", ("pasta_gigi: - / - / 1 lusin",)),
    ("setengah lusin odol rusak", ("pasta_gigi: - / - / 0.5 lusin",)),
    ("kurang 2 1/2 karton garam", ("garam: - / - / 2.5 karton",)),
    ("kurang ½ dus tisu", ("tisu: - / - / 0.5 dus",)),
    ("dua puluh lima bungkus kopi bubuk basah", ("kopi_bubuk: - / - / 25 bungkus",)),
    ("dua belas botol saus sambal bocor", ("saus_sambal: - / - / 12 botol",)),
    ("sedus santan pecah", ("santan: - / - / 1 dus",)),
    ("sekarton biskuit remuk semua", ("biskuit: - / - / 1 karton",)),
    ("2dus sarden penyok", ("sarden: - / - / 2 dus",)),
    ("minyak goreng 2 liter bocor 3 botol", ("minyak_2l: - / - / 3 botol",)),
    ("pesan 5 dus mie goreng dan 2 dus gula, yang datang 3 dus mie goreng", ("mi_goreng: 5 dus / 3 dus / -", "~gula: 2 dus / - / -")),
    ("mie goreng pecah 3 dus, sama kecap botol bocor 2 krat", ("mi_goreng: - / - / 3 dus", "kecap_botol: - / - / 2 krat")),
    ("gula 2 dus, garam 3 dus, semuanya basah", ("~gula: - / - / 2 dus", "garam: - / - / 3 dus")),
    ("3 dari 10 botol kecap pecah", ("kecap_botol: 10 botol / - / 3 botol",)),
    ("saya pesan 3 dus teh celup tapi belum datang", ("teh_celup: 3 dus / - / -",)),
    ("gula merah basah", ("gula_merah: - / - / -",)),
    ("susu coklat basi", ("susu_uht_cokelat: - / - / -",)),
    ("kopi susu nya kadaluarsa 4 renteng", ("kopi_susu: - / - / 4 renteng",)),
    ("deterjn bubuk bocor 2 bungkus", ("deterjen_bubuk: - / - / 2 bungkus",)),
    ("sampoo kasturi kurang 1 renteng", ("sampo: - / - / 1 renteng",)),
    ("we ordered 10 boxes of sugar but only 8 arrived", ("~sugar: 10 dus / 8 dus / -",)),
    ("2 dus kecap manis saya kurang 1 dus", ("~kecap manis: 2 dus / - / 1 dus",)),
    ("2 dus kecap manis kurang 1", ("~kecap manis: 2 dus / - / 1 dus",)),
    ("two bottles of soy sauce were broken", ("kecap_botol: - / - / 2 botol",)),
    ("we are short a dozen toothpaste", ("pasta_gigi: - / - / 1 lusin",)),
    ("half a dozen cans of sardines were dented", ("sarden: - / - / 6 kaleng",)),
    ("I bought 3 cartons of milk, received 5", ("~milk: 3 karton / 5 karton / -",)),
    ("beli 2 dus keripik kentang, yang datang 1 dus", ("~keripik kentang: 2 dus / 1 dus / -",)),
    ("1.200 pcs sabun mandi rusak", ("sabun_mandi: - / - / 1200 pcs",)),
    ("harga minyak goreng Rp 35.000 kok jadi 38.000", ("~minyak goreng: - / - / -",)),
]  # fmt: skip


@pytest.mark.sop("E3")
@pytest.mark.parametrize(("text", "expected"), CASES)
def test_goods_and_their_counts(hear: Listen, text: str, expected: tuple[str, ...]) -> None:
    shown = tuple(_line(goods) for goods in hear(text).goods)
    if len(expected) == 2 and text.startswith("kelebihan"):  # either may be meant; one line is read
        assert len(shown) == 1
        assert shown[0] in expected
    else:
        assert shown == expected


@pytest.mark.parametrize(
    "text",
    ["jam 10 pagi", "sudah 3 hari belum sampai", "hp 0812 3456 7890", "INV-2611-0457", "tgl 5", "2 minggu lalu", "RT 02 RW 05", "jl mawar no 5", "Rp 50.000", "diskon 10%", "50rb", "sudah 2x komplain", "umur 30 tahun", "bintang 1"],
)  # fmt: skip
def test_numbers_that_count_no_goods(hear: Listen, text: str) -> None:
    assert hear(text).goods == ()


@pytest.mark.parametrize("text", ["minyak", "minyaknya bocor", "minyak sari"])
def test_half_a_name_gives_choices_not_a_guess(hear: Listen, text: str) -> None:
    heard = hear(text, field="product")
    products = [slot for slot in heard.slots if slot.field == "product"]
    assert len(products) >= 2
    assert all(slot.score < SURE for slot in products)
    assert {slot.value for slot in products} >= {"minyak_1l", "minyak_2l"}
    assert heard.goods[0].product == ""


@pytest.mark.parametrize(
    ("text", "product"),
    [("minyak goreng 1 liter", "minyak_1l"), ("gula pasir kristalia 50 kg", "gula_50kg"), ("Mie Kelingan Soto", "mi_soto"), ("kecap manis kentongan 600 ml", "kecap_botol"), ("kecap sachet", "kecap_sachet"),
     ("susu uht lembah ria 1 liter", "susu_uht"), ("Lembah Ria coklat", "susu_uht_cokelat"), ("sabun cuci piring", "sabun_cuci_piring"), ("sabun colek", "sabun_colek"), ("obat nyamuk", "obat_nyamuk"),
     ("tepung terigu 1 kg", "tepung_1kg"), ("terigu 25 kg", "tepung_25kg"), ("beras lumbung ayu 5 kg", "beras_5kg"), ("floor cleaner", "pembersih_lantai"), ("tirta wening", "air_600"),
     ("teh melati", "teh_botol"), ("bisquit", "biskuit"), ("biskut gandum", "biskuit"), ("detergen cair", "deterjen_cair"), ("saos sambal", "saus_sambal")],
)  # fmt: skip
def test_products_by_what_customers_call_them(hear: Listen, text: str, product: str) -> None:
    heard = hear(text, field="product")
    assert (heard.goods[0].product if heard.goods else "") == product


@pytest.mark.sop("E3")
@pytest.mark.parametrize(
    ("text", "product", "among"),
    [
        ("susu", "", {"susu_uht", "susu_uht_cokelat", "susu_kental"}),
        ("minyak goreng", "", {"minyak_1l", "minyak_2l", "minyak_jeriken"}),
        ("the milk is sour", "", {"susu_uht", "susu_uht_cokelat", "susu_kental"}),
        ("2 sak gula basah", "gula_50kg", set()),
        ("2 dus gula basah", "", {"gula_1kg", "gula_merah"}),
        ("3 kaleng susu penyok", "susu_kental", set()),
        ("susu uht lembah ria", "", {"susu_uht", "susu_uht_cokelat"}),
    ],
)
def test_a_word_for_several_products_leaves_open_which_unless_its_unit_tells(
    hear: Listen, text: str, product: str, among: set[str]
) -> None:
    line = hear(text).goods[0]
    assert line.product == product
    assert set(line.among) == among


@pytest.mark.parametrize(
    "text",
    [
        "selamat pagi", "putih", "pagi kak", "botol", "saya tidak ada waktu", "air mata saya", "kaleng",
        "sopirnya yang bajunya merah", "dapur saya banjir",
    ],
)  # fmt: skip
def test_common_words_in_names_name_nothing(hear: Listen, text: str) -> None:
    assert hear(text).goods == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [("2 dus", "2 dus"), ("dua", "2"), ("3", "3"), ("5 karton kak", "5 karton"), ("kira2 10 botol", "10 botol"), ("selusin", "1 lusin"), ("setengah dus", "0.5 dus"), ("jumlahnya 4", "4"),
     ("semuanya 12 pcs", "12 pcs"), ("satu sak", "1 sak"), ("1 box", "1 dus"), ("a dozen", "1 lusin"), ("two cartons", "2 karton")],
)  # fmt: skip
def test_quantities_when_asked(hear: Listen, text: str, value: str) -> None:
    slot = hear(text, field="quantity").slot("quantity")
    assert slot is not None
    assert slot.value == value


@pytest.mark.sop("E3")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bukan, yang kurang 1 dus gula", "~gula: - / - / 1 dus"),
        ("iya tapi bukan gula, garam", "garam: - / - / -"),
        ("bukan gula tapi garam", "garam: - / - / -"),
        ("bukan 2 dus tapi 3 dus", "~: - / - / 3 dus"),
        ("betul, tapi jumlahnya 3", "~: - / - / 3"),
        ("yang dipesan 5 dus bukan 4 dus", "~: 5 dus / - / -"),
        ("no, i ordered 4 cartons of salt", "garam: 4 karton / - / -"),
    ],
)
def test_a_correction_names_only_what_is_right(hear: Listen, text: str, expected: str) -> None:
    heard = hear(text, yes_no=True)
    assert [_line(goods) for goods in heard.goods] == [expected]
