"""Whatever comes in: no exception, evidence within the text, work in step with the length that is read."""

from __future__ import annotations

import sys
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.packs import load
from bot.understanding import Expecting, Heard, Understander
from bot.understanding.explain import explain
from bot.understanding.text import CAP, clean, read

from .conftest import Listen

UNDERSTANDER = Understander(load())
FIELDS = ("", *UNDERSTANDER._sop.fields)
TODAY = date(2026, 11, 20)
WORDS = st.sampled_from(
    [
        "siang",
        "saya",
        "beli",
        "2",
        "dus",
        "minyak",
        "goreng",
        "kemarin",
        "yg",
        "datang",
        "cuma",
        "1",
        "INV-2611-0457",
        "inv",
        "2611",
        "045",
        "bukan",
        "ya",
        "tidak",
        "salah",
        "rusak",
        "pecah",
        "kurang",
        "gula\n",
        "",
        "",
        "",
        "0812",
        "3456",
        "7890",
        "budi@gmial.com",
        "tgl",
        "5",
        "november",
        "31/2",
        "12/2025",
        "exp",
        "batch",
        "KR25A11",
        "nama",
        "Pak",
        "Haji",
        "Mahmud",
        "dari",
        "toko",
        "an.",
        "alamat",
        "jl.",
        "melati",
        "no",
        "½",
        "1/2\n",
        "",
        "",
        "",
        "dua",
        "puluh",
        "belas",
        "setengah",
        "lusin",
        "sedus",
        '"dari"',
        "(",
        ")",
        "...",
        "!!",
        "?",
        ",",
        "\n",
        "\u200b",
        "\u202e",
        "ﷺ",
        "😀",
        "İ",
        "ß",
        "ŉ",
        "ǆ",
        "1.000,5",
        "+62",
        "(021)",
        "@",
        "at",
        "dot",
        "titik",
        "{{7*7}}",
        "<script>",
        "';",
        "DROP'",
        "\x00\n",
        "",
        "",
        "",
        "SP-2611-0042-7",
        "tapi",
        "seharusnya",
        "jadi",
        "bulan",
        "lalu",
        "minggu",
        "hari",
        "ini",
        "senin",
        "keracunan",
        "viralkan",
        "orang",
        "status",
        "tiket",
    ]
)
MESSAGES = st.one_of(
    st.text(max_size=300),
    st.lists(WORDS, max_size=40).map(" ".join),
    st.lists(WORDS, max_size=25).map("".join),
)


def _evidences(heard: Heard) -> list[tuple[int, int, str]]:
    spans = [
        (one.start, one.end, one.text)
        for group in (heard.acts, heard.kinds, heard.classes, heard.faq, heard.urgent, heard.departments)
        for guess in group
        for one in guess.evidence
    ]
    return spans + [(slot.start, slot.end, "") for slot in heard.slots]


@settings(max_examples=100, deadline=None)
@given(
    text=MESSAGES,
    field=st.sampled_from(FIELDS),
    yes_no=st.booleans(),
    code=st.booleans(),
    choices=st.sampled_from(((), (("a", "Ya, betul"), ("b", "Bukan")), (("x", ""), ("y", "1")))),
    today=st.sampled_from((TODAY, date(2024, 2, 29), date.min, date.max)),
)
@example(text="SENIN", field="", yes_no=False, code=False, choices=(), today=date.min)
def test_no_text_raises_and_evidence_stands_in_the_text(
    text: str, field: str, yes_no: bool, code: bool, choices: tuple[tuple[str, str], ...], today: date
) -> None:
    heard = UNDERSTANDER.understand(
        text, Expecting(today=today, field=field, yes_no=yes_no, code=code, choices=choices)
    )
    assert heard.text == text
    for start, end, said in _evidences(heard):
        if start == -1:
            continue
        assert 0 <= start <= end <= len(text)
        if said:
            assert text[start:end] == said
    assert all(
        0 <= guess.score <= 1
        for group in (heard.acts, heard.kinds, heard.classes, heard.faq)
        for guess in group
    )
    assert all(slot.field in UNDERSTANDER._sop.fields and 0 <= slot.score <= 1 for slot in heard.slots)
    assert explain(heard)["text"] == text


@settings(max_examples=60, deadline=None)
@given(text=MESSAGES)
def test_the_same_text_is_always_understood_the_same(text: str) -> None:
    fresh = UNDERSTANDER.understand(text, Expecting(today=TODAY))
    assert UNDERSTANDER.understand(text, Expecting(today=TODAY)) == fresh


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200))
def test_cleaning_keeps_every_letters_place(text: str) -> None:
    low, at = clean(text)
    if at is None:
        assert low == text.lower()
        return
    assert len(low) == len(at)
    assert all(0 <= place < len(text) for place in at)
    assert at == sorted(at)


@settings(max_examples=60, deadline=None)
@given(text=MESSAGES)
def test_every_word_has_its_place(text: str) -> None:
    reading = read(text, UNDERSTANDER._lexicon)
    assert (
        len(
            {
                len(reading.words),
                len(reading.starts),
                len(reading.ends),
                len(reading.clauses),
                len(reading.sentences),
                len(reading.spelt),
            }
        )
        == 1
    )
    for start, end in zip(reading.starts, reading.ends, strict=True):
        assert 0 <= start < end <= len(reading.low)


HOSTILE = {
    "letters": "a",
    "blanks": " ",
    "digits": "7",
    "phones": "0812 ",
    "ats": "a@",
    "dots": "a.",
    "quotes": "'",
    "brackets": "(",
    "words": "kurang 1 dus gula rusak, ",
    "no words": "tidak ",
    "gaps": "barang tidak sampai ",
    "half years": "1/2 ",
    "dates": "12/11/2026 ",
    "orders": "INV-2611-",
    "names": "nama saya ",
    "addresses": "alamat ",
    "invisible": "\u200b",
    "direction": "\u202e0812",
    "combining": "e\u0301",
    "zero": "\x00",
    "typos": "minyka gulla ",
    "titik": "a titik ",
    "health": "gatal setelah makan ",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_costs_no_more_than_what_is_read(hear: Listen, piece: str) -> None:
    """Work is counted in calls, not by the clock: ten megabytes cost what the cap costs, and the cap no more
    than in step with its length."""

    def calls(text: str) -> int:
        count = 0

        def counter(frame: object, event: str, arg: object) -> None:
            nonlocal count
            count += 1

        sys.setprofile(counter)
        try:
            hear(text, field="phone")
        finally:
            sys.setprofile(None)
        return count

    def of(length: int) -> str:
        return (piece * (length // len(piece) + 1))[:length]

    hear(of(CAP), field="phone")
    whole = calls(of(10_000_000))
    capped = calls(of(CAP))
    half = calls(of(CAP // 2))
    assert whole <= capped * 1.1 + 200
    assert capped <= half * 3 + 2000


@pytest.mark.parametrize(
    "text", ["a" * 10_000_000, "0812 " * 100_000, "a@" * 100_000 + ".", "a." * 100_000 + "@", "1/" * 50_000]
)
def test_the_raw_text_is_kept_whole(hear: Listen, text: str) -> None:
    assert hear(text).text is text


def test_marks_that_do_not_show_hide_nothing(hear: Listen) -> None:
    heard = hear("ker\u200bacunan se\u00adtelah ma\u202ekan sar\u2060den, INV\u200b-2611-\u200b0457")
    assert heard.urgent[0].id == "health"
    slot = heard.slot("order")
    assert slot is not None
    assert slot.value == "INV-2611-0457"


def test_full_width_and_fancy_letters_are_plain(hear: Listen) -> None:
    assert hear("ｂａｒａｎｇ ｒｕｓａｋ").classes[0].id == "product_damage"
    assert hear("𝐛𝐚𝐫𝐚𝐧𝐠 𝐩𝐞𝐜𝐚𝐡").classes[0].id == "product_damage"


@pytest.mark.parametrize(
    ("careless", "plain"),
    [
        ("brg krg 1 dus blm dtg", "barang kurang 1 dus belum datang"),
        ("rusaaaaak bgt", "rusak sekali"),
        ("gmn nih kok blm smp", "bagaimana nih kok belum sampai"),
        ("barang2 rusak2", "barang rusak"),
        ("barangnya", "barang"),
        ("kadalursa", "kadaluarsa"),
        ("2 krg beras", "2 krg beras"),
        ("don't know", "do not know"),
        ("jum'at", "jumat"),
    ],
)
def test_careless_spelling_becomes_plain_words(careless: str, plain: str) -> None:
    assert " ".join(read(careless, UNDERSTANDER._lexicon).words) == plain
