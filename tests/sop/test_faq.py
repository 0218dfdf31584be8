"""The known questions of the default pack: known in other words too; a complaint is not one of them."""

from __future__ import annotations

from datetime import date

import pytest

from bot.packs import load
from bot.understanding import Understander
from bot.understanding.heard import SURE, Expecting

TODAY = date(2026, 11, 23)

ASKED = {
    "opening_hours": "min, hari sabtu kantornya buka sampai jam berapa ya?",
    "office_address": "gudangnya ada di mana ya kak, mau ke sana",
    "contact": "boleh minta nomor telepon kantornya?",
    "career": "mau tanya apakah ada lowongan sopir",
    "privacy": "data pribadi saya disimpan aman nggak?",
    "become_customer": "toko saya di Depok, syarat jadi outlet apa aja ya",
    "how_to_order": "cara order barangnya gimana kak?",
    "minimum_order": "minimal order brp ya untuk bekasi?",
    "retail": "bisa beli eceran gak kak?",
    "price_list": "boleh minta daftar harga terbaru?",
    "catalogue": "boleh kirim katalognya?",
    "promo": "bulan ini ada promo apa ya kak",
    "cancel_order": "kalau mau batalkan pesanan caranya gimana? pesanan masih bisa dibatalkan?",
    "salesperson": "minta nomor sales daerah Cakung dong",
    "change_data": "mau ganti alamat toko, caranya?",
    "delivery_time": "pengiriman ke Bogor berapa hari ya?",
    "delivery_area": "apakah melayani pengiriman ke luar kota?",
    "delivery_cost": "ongkir ke Tangerang berapa?",
    "pickup": "barangnya boleh saya ambil sendiri di gudang?",
    "payment_methods": "bisa bayar pakai qris kak?",
    "bank_account": "nomor rekeningnya berapa ya, mau transfer",
    "credit_terms": "kalau mau tempo 30 hari syaratnya apa? bisa bayar tempo?",
    "invoice_copy": "faktur bulan lalu hilang, bisa minta salinan faktur?",
    "tax_invoice": "kapan faktur pajak bulan oktober terbit?",
    "return_policy": "syarat retur barang apa saja ya?",
    "claim_time": "kalau klaim diproses berapa lama kak?",
    "complaint_how": "cara komplain gimana ya?",
    "warranty": "ini ada garansi tidak ya?",
    "batch_code": "kode produksinya di mana ya? kode produksi di sebelah mana?",
    "halal": "apakah kecapnya sudah halal?",
    "registration": "nomor izin edar bpom-nya berapa?",
    "storage": "cara simpan minyak goreng di toko yang benar bagaimana",
    "shelf_life": "masa simpan susu uht berapa bulan?",
    "genuine": "cara membedakan yang asli dan palsu gimana",
}

COMPLAINED = [
    "pesanan saya INV-2611-0457 belum sampai, sudah tiga hari",
    "ongkirnya kok ditagih lagi padahal janjinya gratis",
    "barang yang dikirim salah, saya pesan gula yang datang tepung",
    "bonus promonya tidak ikut dikirim",
    "minyaknya sudah kedaluwarsa semua, gimana ini",
    "sales tidak pernah datang ke toko saya, kecewa",
    "faktur pajaknya salah NPWP, tolong diganti",
    "harga di faktur beda dengan yang dijanjikan sales",
    "klaim saya tidak ada kabar, saya lapor BPOM kalau begini",
    "sabun yang dikirim palsu, baunya beda",
    "transfer sudah masuk tapi masih ditagih",
    "the delivery was late and two boxes were crushed",
    "my invoice shows the wrong amount",
    "susunya basi padahal disimpan di kulkas",
]


@pytest.fixture(scope="module")
def understander() -> Understander:
    return Understander(load())


def known(understander: Understander, text: str) -> str:
    heard = understander.understand(text, Expecting(today=TODAY))
    return heard.faq[0].id if heard.faq and heard.faq[0].score >= SURE else ""


def test_every_known_question_is_tried_below() -> None:
    assert list(ASKED) == list(load().faq)


@pytest.mark.sop("E4")
@pytest.mark.parametrize("id_", ASKED)
def test_a_question_in_other_words_is_known(id_: str, understander: Understander) -> None:
    assert known(understander, ASKED[id_]) == id_


@pytest.mark.parametrize("text", COMPLAINED)
def test_a_complaint_is_not_answered_with_a_leaflet(text: str, understander: Understander) -> None:
    assert known(understander, text) == ""


def test_the_examples_of_a_pack_are_known_themselves(understander: Understander) -> None:
    unknown = [
        (faq.id, example)
        for faq in load().faq.values()
        for examples in faq.ask.values()
        for example in examples
        if known(understander, example) != faq.id
    ]
    assert not unknown
