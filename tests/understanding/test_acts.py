"""What a message does in a conversation, how it is said, in which language."""

# ruff: noqa: E501 - tables of cases, one case beside the other
from __future__ import annotations

import pytest

from bot.understanding import Act, Mood

from .conftest import Listen

ACTS = {
    Act.GREETING: "halo | selamat pagi | pagi kak | siang | met sore | assalamualaikum | Hi | good morning | permisi | malam min | hello there | shalom",
    Act.THANKS: "makasih ya kak | terima kasih banyak | thanks | thank you so much | tq | trims | mksh | hatur nuhun | matur nuwun",
    Act.BYE: "bye | sampai jumpa | see you | have a nice day",
    Act.PERSON: "saya mau bicara dengan orang | minta disambungkan ke petugas | ada admin manusia? bukan robot | I want to talk to a human | can I speak to a person please | sambungkan ke cs | mau ngomong sama manusia | agent please | saya tidak mau ngobrol sama bot | tolong hubungkan dengan supervisor | get me a real person | customer service agent please | mau chat sama cs langsung",
    Act.STATUS: "gimana status komplain saya | tiket saya sudah sampai mana? | any update on my complaint? | status tiket | keluhan saya bagaimana kelanjutannya | what is the status of my ticket | cek status tiket dong | kapan komplain saya selesai | belum ada kabar soal laporan saya",
    Act.CANCEL: "batal | batalkan | gak jadi deh | cancel | never mind | tidak jadi",
    Act.RESTART: "mulai dari awal | ulang dari awal | start over | mulai lagi dari awal ya",
    Act.LANGUAGE: "english please | can we speak English? | pakai bahasa indonesia aja | in english | bisa bahasa inggris?",
    Act.ROBOT: "ini robot ya? | kamu bot? | are you a robot? | am I talking to a human? | ini manusia atau bot",
    Act.WAIT: "sebentar | tunggu ya | bentar kak | one moment | hold on | saya cek dulu",
    Act.REPEAT: "maksudnya? | gak ngerti | what do you mean? | tidak paham | bisa diulang?",
    Act.DONE: "itu saja | sudah cukup | that's all | tidak ada lagi | cukup | nothing else | udah itu aja",
    Act.QUESTION: "kapan bukanya | bagaimana caranya | how does it work | apakah bisa? | berapa ya",
}  # fmt: skip


@pytest.mark.parametrize(
    ("act", "text"), [(act, case.strip()) for act, text in ACTS.items() for case in text.split("|")]
)
def test_acts(hear: Listen, act: Act, text: str) -> None:
    assert hear(text).does(act)


@pytest.mark.parametrize(
    "text",
    [
        "tidak punya",
        "gak ada",
        "ga ada kak",
        "skip",
        "tidak punya email",
        "I don't have one",
        "no email",
        "lewati",
        "gak punya kak",
        "none",
        "belum punya",
    ],
)
def test_declining_what_was_asked(hear: Listen, text: str) -> None:
    assert hear(text, field="email").does(Act.DECLINE)


@pytest.mark.parametrize(
    "text",
    [
        "tidak tahu",
        "gak tau kak",
        "lupa",
        "kurang tau",
        "i don't know",
        "not sure",
        "sudah lupa kak",
        "tidak ingat",
    ],
)
def test_not_knowing_what_was_asked(hear: Listen, text: str) -> None:
    assert hear(text, field="order").does(Act.UNKNOWN)


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (Act.PERSON, "orang toko saya yang terima barangnya"),
        (Act.PERSON, "ada 3 orang yang menunggu"),
        (Act.CANCEL, "barang rusak, botol pecah semua, kenapa pesanan saya dibatalkan penjual"),
        (Act.STATUS, "saya beli 2 dus gula kurang 1"),
        (Act.GREETING, "barang datang siang hari"),
        (Act.DONE, "barangnya sudah sampai tapi cuma satu dan dusnya penyok semua, bagaimana ini"),
        (Act.THANKS, "saya tidak terima barang rusak"),
        (Act.ROBOT, "saya beli mainan robot"),
        (Act.RESTART, "barangnya rusak dari awal"),
        (Act.LANGUAGE, "bahasa admin kasar"),
    ],
)
def test_acts_that_are_not_meant(hear: Listen, act: Act, text: str) -> None:
    assert not hear(text).does(act)


@pytest.mark.sop("E2")
@pytest.mark.parametrize(
    ("text", "salam"),
    [("assalamualaikum", "islam"), ("Assalamu'alaikum wr wb", "islam"), ("asslm kak", "islam"), ("ass wr wb", "islam"), ("السلام عليكم", "islam"), ("Assalamu alaikum warahmatullahi", "islam"),
     ("shalom kak", "christian"), ("syalom", "christian"), ("om swastiastu", "hindu"), ("Om Swastyastu", "hindu"), ("namo buddhaya", "buddhist"), ("selamat pagi", ""), ("salam kenal", "")],
)  # fmt: skip
def test_religious_greetings_are_told_apart(hear: Listen, text: str, salam: str) -> None:
    assert hear(text).salam == salam


@pytest.mark.parametrize(
    ("text", "language"),
    [("siang kak, barang saya belum datang", "id"), ("my order has not arrived yet", "en"), ("0812 3456 7890", None), ("INV-2611-0457", None), ("ok", None), ("brg blm smp", "id"), ("Rina", None),
     ("barangnya broken semua, I want my money back, tolong segera ya", "mixed"), ("the box was damaged", "en"), ("pesen minyak dong", "id"), ("barang expired semua kak", "id"), ("yes", "en"), ("", None),
     ("terima kasih", "id"), ("thank you", "en"), ("barange durung teko mas", "id")],
)  # fmt: skip
def test_language(hear: Listen, text: str, language: str | None) -> None:
    heard = hear(text).language
    if text == "ok":
        assert heard in (None, "id")
    else:
        assert heard == language


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("english please", "en"),
        ("pakai bahasa indonesia aja", "id"),
        ("can we speak Indonesian?", "id"),
        ("bisa bahasa inggris?", "en"),
        ("barang rusak", ""),
    ],
)
def test_a_wish_for_a_language(hear: Listen, text: str, wish: str) -> None:
    assert hear(text).wants_language == wish


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("barang saya kurang satu", Mood.CALM),
        ("BARANG SAYA KURANG TERUS INI GIMANA", Mood.UPSET),
        ("BARANG SAYA MANA INI!!!", Mood.ANGRY),
        ("saya kecewa sekali", Mood.UPSET),
        ("dasar anjing kalian", Mood.ABUSIVE),
        ("you idiots", Mood.ABUSIVE),
        ("what the fuck is this", Mood.ABUSIVE),
        ("makanan anjing saya rusak", Mood.CALM),
        ("INV-2611-0457", Mood.CALM),
        ("goblok semua adminnya", Mood.ABUSIVE),
        ("kok belum datang!!", Mood.UPSET),
        ("OK", Mood.CALM),
    ],
)
def test_mood_is_a_hint(hear: Listen, text: str, mood: Mood) -> None:
    assert hear(text).mood is mood


@pytest.mark.parametrize(
    "text",
    [
        "asdfgh",
        "....",
        "😀😀😀",
        "qwerty",
        "zxcvbnm",
        "!!!",
        "hhhh",
        "sdkjfhskdjfh",
        "wkwkwk",
        "???",
        "aaaaaaa",
        "\u200b\u200b",
    ],
)
def test_what_carries_no_meaning(hear: Listen, text: str) -> None:
    assert hear(text).meaningless


@pytest.mark.parametrize(
    "text",
    [
        "ok",
        "Rina",
        "rusak",
        "2",
        "INV-2611-0457",
        "a@b.co",
        "ya",
        "gula",
        "Ngadiyem",
        "你好",
        "hai",
        "brg rsk",
        "",
    ],
)
def test_what_carries_some(hear: Listen, text: str) -> None:
    assert not hear(text).meaningless
