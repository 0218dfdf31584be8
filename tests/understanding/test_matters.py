"""What a message is about: kind, class, urgency, known questions."""

# ruff: noqa: E501 - tables of cases, one case beside the other
from __future__ import annotations

import pytest

from bot.understanding import SURE, Urgent

from .conftest import Listen

CLASSES = {
    "order_shortage": """
        siang, saya beli 2 dus minyak goreng kemarin, yg datang cuma 1 | barang yang datang kurang 2 dus | kiriman tidak lengkap, gula belum ada
        pesanan saya kurang 1 karton | yang sampai hanya 3 dus padahal pesan 5 | bonusnya tidak ada | we received only 8 of 10 boxes | two cartons are missing
        isinya kurang 2 bungkus dalam satu dus | barang krg 1 dus kak | jumlah barang tidak sesuai, kekurangan 3 pcs | pesan 10 dus gula, datang 8 dus
        the delivery was short by one box | baru datang setengah, sisanya mana | kurang satu renteng
    """,
    "order_excess": """
        barang yang dikirim kelebihan 2 dus | pesan 5 dus datang 7 dus | kiriman berlebih 1 karton | you sent too many boxes | kelebihan kirim 3 sak
        dikirim dobel pesanan saya | we got 2 extra cartons of milk | jumlahnya lebih 2 dus dari pesanan
    """,
    "order_wrong_type": """
        salah kirim barang, pesan gula datang garam | yang datang bukan pesanan saya | barangnya salah kirim kak | pesan mie goreng malah dikirim mie soto
        you sent the wrong product | the wrong item was delivered | tidak sesuai pesanan, saya pesan kecap botol dikirim sachet | barang tertukar dengan toko lain | dikirim malah rasa soto
        this is not what we ordered
    """,
    "order_wrong_date": """
        tanggal produksi tidak sesuai pesanan | tanggal kadaluarsa beda dengan yang dipesan | exp nya terlalu dekat, tinggal 2 bulan | the expiry date is not as ordered
        salah tanggal produksi | stok lama yang dikirim, minta produksi baru
    """,
    "product_damage": """
        botol kecap pecah 3 | minyaknya bocor semua | dusnya penyok dan isinya hancur | kaleng sarden penyok | barang rusak waktu diterima | segel terbuka
        the bottles arrived broken | several cans were dented and leaking | tutup botol rusak | bungkusnya sobek, isinya tumpah | gula menggumpal semua | tepungnya basah kena air
        barang cacat | produk rusk | kemasan susu menggembung
    """,
    "product_spec": """
        rasa kecapnya aneh tidak seperti biasa | berasnya berkutu | minyak tengik | kualitas tepung jelek | barang tidak sesuai spesifikasi | tehnya apek
        sabunnya tidak berbusa | the coffee tastes strange | the rice has weevils | berasnya berjamur | warna gula beda, agak coklat | produk palsu ini
    """,
    "product_expired": """
        susu yang dikirim sudah kadaluarsa | barang expired semua | biskuitnya udah exp | the milk is already expired | lewat tanggal kadaluarsa 3 bulan | sudah kedaluwarsa bulan lalu
        exp 10/2025 masih dijual | kadaluwarsa kak susunya
    """,
    "product_harmful": """
        anak saya muntah-muntah habis minum susu ini | keracunan setelah makan sarden | gatal setelah pakai sabun kasturi | mual habis minum tehnya | istri saya masuk rumah sakit
        ada pecahan kaca di dalam botol kecap | ada belatung di berasnya | ada kecoa dalam bungkus mie | bayi saya diare habis minum susu | tangan melepuh kena deterjen
        my son got sick after drinking the milk | i found glass in the sauce | we had food poisoning from the sardines | kulit saya merah-merah dan perih | ada paku di dalam tepung
        pelanggan saya keracunan | there is a cockroach in the noodles | saya diare gara-gara santan ini | muka saya bengkak habis pakai sabun
    """,
    "service_delivery": """
        barang belum sampai juga padahal sudah 3 hari | pengiriman telat terus | kurirnya melempar dus | kiriman salah alamat | pesanan saya belum dikirim | sopirnya melempar barang
        my order has not arrived | the delivery is two days late | barang diturunkan di jalan | sudah seminggu belum datang | janjinya senin tapi belum dikirim
    """,
    "service_admin": """
        tagihan saya dobel | faktur salah harga | faktur pajak belum dikirim | sudah bayar tapi masih ditagih | nota tidak sesuai | npwp di faktur salah
        i was charged twice | the invoice is wrong | uang refund belum masuk | diskon tidak dipotong | harga di invoice beda
    """,
    "service_general": """
        pelayanan admin jutek | chat saya tidak dibalas | cs nya tidak ramah | sales tidak pernah datang | telepon tidak diangkat | pelayanannya buruk
        kurirnya kasar sekali | driver was very rude | sopir bentak karyawan saya
        your staff was rude to me | nobody replied to my messages | bad customer service | respon lambat sekali
    """,
}


@pytest.mark.sop("K3")
@pytest.mark.parametrize(
    ("class_", "text"),
    [
        (class_, case.strip())
        for class_, text in CLASSES.items()
        for line in text.strip().splitlines()
        for case in line.split("|")
    ],
)
def test_complaints_find_their_class(hear: Listen, class_: str, text: str) -> None:
    heard = hear(text)
    assert [guess.id for guess in heard.classes][:1] == [class_]
    assert heard.classes[0].score >= SURE
    assert heard.kinds[0].id == "complaint"
    assert all(guess.evidence for guess in heard.classes)


KINDS = {
    "complaint": "saya mau komplain | ada keluhan soal pelayanan | I want to complain | saya kecewa | mau lapor barang bermasalah | I'd like to make a complaint | mau retur barang",
    "suggestion": "saya mau kasih saran | usul saya ada pengiriman hari minggu | sebaiknya ada aplikasi | I have a suggestion | alangkah baiknya kalau ada promo",
    "criticism": "saya mau kritik | kritik saya untuk perusahaan | website kalian membingungkan",
    "question": "mau tanya dong | apakah produk ini halal? | how do I become a customer? | bagaimana cara pesan? | berapa minimal order | jam berapa buka?",
    "order": "saya mau pesan 5 dus gula | mau order minyak 10 karton | I'd like to order 10 boxes of milk | tolong kirim 3 sak beras | mau beli 2 dus tisu",
}  # fmt: skip


@pytest.mark.sop("K13")
@pytest.mark.parametrize(
    ("kind", "text"), [(kind, case.strip()) for kind, text in KINDS.items() for case in text.split("|")]
)
def test_kinds_of_matter(hear: Listen, kind: str, text: str) -> None:
    heard = hear(text)
    assert [guess.id for guess in heard.kinds][:1] == [kind]
    assert heard.kinds[0].score >= SURE


@pytest.mark.parametrize(
    "text",
    ["tidak rusak kok", "barangnya tidak ada yang pecah", "tidak ada masalah kesehatan", "tidak keracunan kok", "bukan rusak", "belum kadaluarsa", "nothing was damaged", "it is not broken", "tidak mual"],
)  # fmt: skip
def test_what_is_denied_does_not_count(hear: Listen, text: str) -> None:
    heard = hear(text)
    assert not [guess for guess in heard.classes if guess.score >= SURE]
    assert not heard.urgent


@pytest.mark.parametrize(
    "text",
    ["harganya bikin mual", "saya pusing sama tagihannya", "halo", "barang kurang 1 dus", "gatal tangan saya ingin belanja lagi haha", "sakit hati saya dengan pelayanan ini", "panas hati saya", "mati lampu di toko"],
)  # fmt: skip
def test_idioms_are_no_danger_to_health(hear: Listen, text: str) -> None:
    assert not [guess for guess in hear(text).urgent if guess.id == Urgent.HEALTH and guess.score >= SURE]


URGENT = {
    "health": "anak saya keracunan | istri masuk rumah sakit habis makan sarden | ada silet di dalam roti | gatal setelah pakai sabun | my baby vomited after drinking the milk | bayi saya sakit setelah minum susu",
    "waiting": "sopirnya nunggu di gerbang | driver sudah menunggu di depan gudang | truknya tertahan tidak bisa masuk | the driver is waiting at the gate | supir nunggu dari tadi, suratnya salah | mobil masih antri di gudang",
    "public": "saya viralkan ya | saya lapor ke YLKI | nanti saya laporkan BPOM | saya posting di tiktok | I will report you to the police | saya akan bawa ke jalur hukum | pengacara saya akan menghubungi | i'll post this on social media | saya lapor BPSK | saya tulis di surat pembaca",
}  # fmt: skip


@pytest.mark.sop("R9")
@pytest.mark.parametrize(
    ("urgent", "text"),
    [(urgent, case.strip()) for urgent, text in URGENT.items() for case in text.split("|")],
)
def test_what_cannot_wait_is_recognised(hear: Listen, urgent: str, text: str) -> None:
    heard = hear(text)
    assert [guess.id for guess in heard.urgent][:1] == [urgent]
    assert heard.urgent[0].score >= SURE
    assert heard.urgent[0].evidence


def test_harm_goes_before_everything_else(hear: Listen) -> None:
    heard = hear(
        "susu kadaluarsa, dusnya penyok, kurang 2, telat dikirim, dan anak saya muntah setelah minum"
    )
    assert heard.classes[0].id == "product_harmful"


@pytest.mark.sop("K3")
@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("minyaknya bocor 2 botol, terus gulanya juga kurang 1 dus", {"product_damage", "order_shortage"}),
        ("barang telat datang dan tagihannya dobel", {"service_delivery", "service_admin"}),
        ("the milk is expired and two boxes of sugar are missing", {"product_expired", "order_shortage"}),
    ],
)
def test_two_matters_in_one_message_are_both_seen(hear: Listen, text: str, classes: set[str]) -> None:
    assert {guess.id for guess in hear(text).classes if guess.score >= SURE} >= classes


FAQ = {
    "opening_hours": "buka jam berapa ya? | what are your opening hours? | sabtu buka gak kak",
    "minimum_order": "minimal order berapa? | is there a minimum order?",
    "payment_methods": "bisa bayar pakai apa saja? | how can I pay?",
    "halal": "produknya halal tidak? | apakah mie nya halal",
    "return_policy": "cara retur barang gimana? | what is your return policy?",
    "office_address": "kantornya di mana? | alamat gudang dimana ya",
    "become_customer": "cara jadi pelanggan gimana? | cara daftar jadi pelanggan",
}


@pytest.mark.sop("E5")
@pytest.mark.parametrize(
    ("entry", "text"), [(entry, case.strip()) for entry, text in FAQ.items() for case in text.split("|")]
)
def test_known_questions_are_found(hear: Listen, entry: str, text: str) -> None:
    heard = hear(text)
    assert [guess.id for guess in heard.faq][:1] == [entry]
    assert heard.faq[0].score >= SURE


@pytest.mark.parametrize(
    "text",
    [
        "barang saya pecah semua",
        "iya betul",
        "Budi Santoso",
        "minyak goreng 2 dus kurang 1",
        "halo",
        "apakah kucing bisa terbang",
        "INV-2611-0457",
    ],
)
def test_what_is_not_in_the_faq_finds_nothing(hear: Listen, text: str) -> None:
    assert not [guess for guess in hear(text).faq if guess.score >= SURE]


@pytest.mark.sop("E3")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("siang, saya beli 2 dus minyak goreng kemarin, yg datang cuma 1, INV-2611-0457", "datang"),
        ("kecapnya pecah 3 botol kak, mohon dibantu", "pecah"),
        ("pengiriman telat terus", "telat"),
        ("barang blm sampai", "belum sampai"),
    ],
)
def test_key_words_are_the_customers_own(hear: Listen, text: str, words: str) -> None:
    keywords = hear(text).keywords
    assert words in keywords
    assert len(keywords.split()) <= 12
    assert "0457" not in keywords


def test_what_is_restated_does_not_end_in_the_middle_of_a_count(hear: Listen) -> None:
    text = "kak barang saya kok blm nyampe ya udah 5 hari"
    assert hear(text).keywords == "barang saya kok belum sampai ya sudah 5 hari"
