"""Yes, no, "yes, but" - and never a no taken for a yes."""

# ruff: noqa: E501 - tables of cases, one case beside the other
from __future__ import annotations

import pytest

from bot.understanding import Act

from .conftest import Listen

YES = """
ya | iya | iya kak | ya betul | betul | betul kak | benar | bener banget | yoi | yup | yap | siap | sip | oke | ok | okeee | iyaaa | y | he eh iya
iya benar begitu | tepat sekali | sudah benar | sudah betul kak | iya sudah sesuai | setuju | boleh | baik kak | lanjut | oke lanjut
tidak salah | gak ada yang salah | tdk masalah | iya dong | ya itu benar | betul sekali pak | leres | nggih | inggih
yes | yep | yeah | yes please | correct | that's correct | that is right | exactly | absolutely | of course | sure | you bet
yes that's right | right | i agree | no problem | sounds good | indeed it is | affirmative | 👍 | Ya. | BETUL | bnr | btul | iy
"""
NO = """
tidak | bukan | bukan kak | salah | gak | ga | nggak | enggak | tdk | g | ngga kak | tidak betul | tidak benar | belum benar | salah kak
kurang tepat | kurang sesuai | bukan begitu | bukan itu maksud saya | ada yang salah | masih salah | itu salah | tidak sesuai | keliru | jangan
iya tidak | ya nggak lah | wah salah itu | bkn | bukannn | TIDAK | tidak setuju | belum | ndak | ora
no | nope | nah | no that's wrong | that's not right | that is not correct | not really | wrong | incorrect | it is not | absolutely not | no way
of course not | i don't think so | definitely not | that's a no | the answer is no | it's a no from me | i would say no | not at all | no thanks | no.
👎 | ❌ | of course it is not | sure it isn't
"""
UNSURE = """
tidak tahu | kurang tahu | gatau | lupa | mungkin | kayaknya | maybe | perhaps | not sure | i'm not sure | i don't know | no idea | i have no idea
tidak yakin | hmm mungkin ya | could be | i can't say for certain | bisa jadi | yes and no | who knows | entahlah | possibly not
"""
RIGHTED = """
iya tapi bukan gula, minyak | betul, tapi jumlahnya 3 | Boleh diundur tanggalnya? | ya, tapi yang kurang gula | benar tapi alamatnya salah
bukan, yang kurang 1 dus gula | tidak, seharusnya 3 dus | salah, yang benar INV-2611-0458 | bukan gula tapi minyak | ralat, jumlahnya 5
iya, cuma nomornya keliru | yes but it was 3 boxes | correct, except the date | no, it should be 2 cartons | bukan 2 dus tapi 3 dus
oke tapi ganti nama penerimanya | bisa diganti tanggalnya? | hampir benar, harusnya 4 | yes, but not sugar, oil | nomor hp salah, yang benar 081234567890
maksud saya gula bukan garam | no, i meant the other invoice | tanggalnya salah ketik, harusnya 19 | iya betul tapi nama saya Rini
"""


def _cases(text: str) -> list[str]:
    return [case.strip() for line in text.strip().splitlines() for case in line.split("|")]


@pytest.mark.sop("E3")
@pytest.mark.parametrize("text", _cases(YES))
def test_a_yes_is_a_yes(hear: Listen, text: str) -> None:
    heard = hear(text, yes_no=True)
    assert heard.does(Act.YES)
    assert not heard.does(Act.NO)
    assert not heard.does(Act.CORRECTION)


@pytest.mark.sop("E3")
@pytest.mark.parametrize("text", _cases(NO))
def test_a_no_is_never_taken_for_a_yes(hear: Listen, text: str) -> None:
    heard = hear(text, yes_no=True)
    assert heard.does(Act.NO)
    assert not heard.does(Act.YES)


@pytest.mark.parametrize("text", _cases(NO + RIGHTED))
def test_not_asked_a_no_is_no_yes_either(hear: Listen, text: str) -> None:
    assert not hear(text).does(Act.YES)


@pytest.mark.parametrize("text", _cases(UNSURE))
def test_not_knowing_is_neither_yes_nor_no(hear: Listen, text: str) -> None:
    heard = hear(text, yes_no=True)
    assert not heard.does(Act.YES)
    assert not heard.does(Act.NO)


@pytest.mark.sop("E3")
@pytest.mark.parametrize("text", _cases(RIGHTED))
def test_yes_but_is_a_correction(hear: Listen, text: str) -> None:
    heard = hear(text, yes_no=True)
    assert heard.does(Act.CORRECTION)
    assert not heard.does(Act.YES)


@pytest.mark.parametrize(
    "text",
    [
        "no hp saya 081234567890",
        "no pesanan INV-2611-0457",
        "no. 12",
        "no rekening berapa ya",
        "no faktur inv 2611 0457",
        "no wa 0812 3456 7890",
    ],
)
def test_no_for_number_is_not_a_no(hear: Listen, text: str) -> None:
    assert not hear(text, yes_no=True).does(Act.NO)
    assert not hear(text).does(Act.NO)


@pytest.mark.parametrize(
    "text",
    [
        "barangnya sudah sampai ya tapi pecah semua",
        "halo kak, mau komplain, dusnya penyok ya",
        "kenapa pesanan saya belum sampai ya",
        "can you help me with my order please",
        "apa benar harga minyak naik?",
    ],
)
def test_a_story_with_a_ya_in_it_is_no_yes(hear: Listen, text: str) -> None:
    assert not hear(text).does(Act.YES)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("nomor hp salah, yang benar 0812 3344 5566", "phone"),
        ("email saya salah ketik, yang benar budi@contoh.com", "email"),
        ("ralat, nomor fakturnya INV-2611-0999", "order"),
        ("nama saya salah, yang benar nama saya Rini Astuti", "name"),
        ("my phone number is wrong, it should be 0813 9988 7766", "phone"),
        ("tanggalnya keliru, harusnya tgl 5", "date"),
    ],
)
def test_a_correction_brings_the_field_and_its_value(hear: Listen, text: str, field: str) -> None:
    heard = hear(text, yes_no=True)
    assert heard.does(Act.CORRECTION)
    slot = heard.slot(field)
    assert slot is not None
    assert not slot.problem
