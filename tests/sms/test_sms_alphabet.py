"""What a text costs as SMS, and how it is kept cheap."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sms import alphabet

GSM = st.text(st.sampled_from(sorted(alphabet.BASIC | alphabet.EXTENDED)), max_size=700)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
WORDS = ["kata", "CS-2611-00421-7", "https://toko.example/t/abc", "12 dus", "\n", "€5"]
MIXED = st.one_of(GSM, ANY, st.text("ab 1€\u2019\U0001f600\n", max_size=400))


@pytest.mark.parametrize(
    ("text", "parts", "wide"),
    [
        ("", 1, False),
        ("a" * 160, 1, False),
        ("a" * 161, 2, False),
        ("a" * 306, 2, False),
        ("a" * 307, 3, False),
        ("€" * 80, 1, False),
        ("€" * 81, 2, False),
        ("€" * 152, 2, False),  # 76 in each: a part of 153 has no room for half a sign
        ("€" * 153, 3, False),
        ("ș" * 70, 1, True),
        ("ș" * 71, 2, True),
        ("ș" * 134, 2, True),
        ("ș" * 135, 3, True),
        ("😀" * 35, 1, True),
        ("😀" * 36, 2, True),
        ("😀" * 66, 2, True),  # 33 in each: no emoji is torn apart
        ("😀" * 67, 3, True),
        ("a" * 159 + "😀", 3, True),
    ],
)
def test_parts_are_counted_as_the_network_does(text: str, parts: int, wide: bool) -> None:
    told = alphabet.length(text)
    assert (told.parts, told.wide) == (parts, wide)


@settings(max_examples=150)
@given(MIXED)
def test_parts_are_the_text_and_each_fits(text: str) -> None:
    pieces = alphabet.cut(text)
    assert "".join(pieces) == text
    told = alphabet.length(text)
    assert told.parts == len(pieces)
    most = (70 if told.wide else 160) if len(pieces) == 1 else (67 if told.wide else 153)
    assert all(alphabet.units(each, wide=told.wide) <= most for each in pieces)
    for one, after in itertools.pairwise(pieces):
        assert alphabet.units(one + after[0], wide=told.wide) > most, "a part was left half empty"


@settings(max_examples=150)
@given(MIXED)
def test_plain_is_never_dearer_and_loses_no_word(text: str) -> None:
    made = alphabet.plain(text)
    assert alphabet.is_plain(made) or made == text
    assert alphabet.plain(made) == made
    assert [c for c in made if c.isascii() and c.isalnum()].count("a") >= text.count("a")


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("“Baik”, kata Bu Ani – terima kasih…", '"Baik", kata Bu Ani - terima kasih...'),
        ("Selamat\u00a0pagi,\u202fKak\u2019 Budi\u200b", "Selamat pagi, Kak' Budi"),
        ("• 2 dus × 12 • Rp\u00a050.000", "- 2 dus x 12 - Rp 50.000"),
        ("José Muñoz, Łódź, Đặng, naïve, Çelik", "José Muñoz, Lodz, Dang, naive, Çelik"),
        ("e\u0301", "é"),
        ("½ kg, m², Ⅳ", "1/2 kg, m2, IV"),
    ],
)
def test_plain_twins_keep_a_text_at_the_low_price(written: str, sent: str) -> None:
    assert alphabet.plain(written) == sent
    assert not alphabet.length(sent).wide


def test_an_emoji_keeps_the_text_as_it_was_written() -> None:
    """It is dear anyway: nothing in it is made plain for no gain."""
    assert alphabet.plain("“Siap” 👍") == "“Siap” 👍"


@settings(max_examples=150)
@given(st.lists(st.sampled_from(WORDS), min_size=10, max_size=90))
def test_numbers_and_addresses_are_kept_whole_where_it_costs_nothing(words: list[str]) -> None:
    text = " ".join(words)
    made = alphabet.kept_whole(text)
    assert made.split() == text.split(), "only blanks were put in"
    assert alphabet.length(made).parts == alphabet.length(text).parts


def test_a_ticket_number_does_not_lie_over_the_end_of_a_part() -> None:
    text = "a" * 140 + " tiket CS-2611-00421-7. " + "b" * 100
    assert alphabet.length(text).parts == 2
    first, second = alphabet.cut(alphabet.kept_whole(text))
    assert "CS-" not in first
    assert second.startswith("CS-2611-00421-7. ")


def test_no_gap_is_seen_where_a_phone_joins_the_parts() -> None:
    text = "a" * 110 + " di https://www.perusahaan.example/bantuan/kontak ya" + " kak" * 20
    assert alphabet.length(text).parts == 2
    assert alphabet.kept_whole(text) == text


def test_a_number_that_would_cost_a_part_more_is_cut() -> None:
    text = "a" * 140 + " tiket CS-2611-00421-7. " + "b" * 142
    assert alphabet.length(text).parts == 2
    assert alphabet.kept_whole(text) == text
