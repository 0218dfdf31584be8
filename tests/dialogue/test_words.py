"""Wording: values go in harmlessly, names and titles are right, long texts break at sentences."""

from __future__ import annotations

from datetime import UTC, datetime, time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dialogue import (
    Carrying,
    Opening,
    Option,
    Reply,
    Say,
    Talk,
    Turn,
    begin,
    clock,
    fields,
    finish,
    fold,
    goods,
)
from bot.dialogue.phrases import FAMILIES, PHRASES, values_of
from bot.dialogue.wording import address, fill, hang, phrase_of, split
from bot.packs import load
from bot.understanding.heard import Goods, Quantity

SOP = load()
NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def _talk(medium: str = "chat", language: str = "id", **identity: str) -> Talk:
    return fold(None, begin(Opening("test", medium, identity, NOW, language), SOP))


def test_an_empty_value_takes_its_comma_along() -> None:
    assert fill("Thank you, {s}.", {"s": ""}) == "Thank you."
    assert (
        fill("Jadi, {of_order}, yang kurang {goods} {said}.", {"goods": "gula"}) == "Jadi, yang kurang gula."
    )


def test_braces_in_a_customers_words_stay_words() -> None:
    assert fill("Kata {s}: {words}", {"s": "{words}", "words": "{s} ${7*7}"}) == "Kata {words}: {s} ${7*7}"


def test_a_customer_is_called_as_they_call_themselves() -> None:
    talk = _talk(name="Slamet Riyadi")
    assert address(talk, SOP) == ("Kak Slamet", "Kakak")
    from msgspec.structs import replace

    assert address(replace(talk, honorific="Pak Haji"), SOP) == ("Pak Haji Slamet", "Pak Haji")
    assert address(replace(talk, honorific="bu"), SOP) == ("Bu Slamet", "Ibu")
    assert address(_talk("email", name="Slamet Riyadi"), SOP) == ("Bapak/Ibu Slamet Riyadi", "Bapak/Ibu")
    assert address(_talk(name="Toko Makmur Jaya"), SOP)[0] == "Kak"
    assert address(_talk(language="en"), SOP)[0] == ""


@pytest.mark.sop("E2")
@pytest.mark.parametrize(
    ("hour", "part"),
    [("03:59", "night"), ("04:00", "morning"), ("09:59", "morning"), ("10:00", "midday"), ("14:59", "midday"),
     ("15:00", "afternoon"), ("17:59", "afternoon"), ("18:00", "night"), ("23:00", "night")],
)  # fmt: skip
def test_the_part_of_the_day_is_the_local_one(hour: str, part: str) -> None:
    there = datetime.fromisoformat(f"2026-11-23T{hour}:00+07:00")
    assert clock.part_of_day(there.astimezone(UTC), "Asia/Jakarta") == part


def test_times_are_said_as_people_say_them() -> None:
    at = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    assert clock.moment(at, "Asia/Jakarta", "id") == "Selasa, 24 November 2026, pukul 12.00 WIB"
    assert clock.moment(at, "Asia/Jakarta", "en") == "Tuesday, 24 November 2026, 12:00 pm (Jakarta)"
    assert clock.hour(at, "Asia/Jayapura", "id") == "pukul 14.00 WIT"


def test_a_reminder_waits_for_the_morning() -> None:
    late = datetime.fromisoformat("2026-11-23T17:00:00+07:00")
    at = clock.in_window(late, time(8), time(17), "Asia/Jakarta")
    assert at.isoformat() == "2026-11-24T08:00:00+07:00"
    early = datetime.fromisoformat("2026-11-23T06:12:00+07:00")
    assert (
        clock.in_window(early, time(8), time(17), "Asia/Jakarta").isoformat() == "2026-11-23T08:00:00+07:00"
    )


def test_numbers_and_phones_have_the_form_of_the_country() -> None:
    assert fields.phone("+6281233445566") == "0812-3344-5566"
    assert fields.phone("+6591234567") == "+6591234567"
    assert goods.number(1250, "id") == "1.250"
    assert goods.number(2.5, "id") == "2,5"
    assert goods.number(1250, "en") == "1,250"
    assert goods.amount(Quantity(1, "dus"), SOP, "en") == "1 box"
    assert goods.amount(Quantity(2, "dus"), SOP, "en") == "2 boxes"


def test_a_correction_changes_that_and_only_that() -> None:
    oil = Goods(product="minyak_1l", ordered=Quantity(2, "dus"), received=Quantity(1, "dus"))
    sugar = Goods(product="gula_1kg", affected=Quantity(1, "dus"))
    assert goods.merge((oil,), (sugar,), correction=True) == (sugar,)
    other = Goods(product="mi_goreng", affected=Quantity(3, "dus"))
    assert goods.merge((oil, other), (sugar,), correction=True) == (sugar, other)
    more = Goods(affected=Quantity(2, "dus"))
    assert goods.merge((sugar,), (more,), correction=True)[0].affected == Quantity(2, "dus")
    assert goods.merge((sugar,), (oil,), correction=False) == (sugar, oil)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400), st.integers(20, 200))
def test_a_long_text_is_split_and_nothing_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert all(len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_long_text_breaks_at_a_sentence() -> None:
    assert split("Satu dua. Tiga empat. Lima.", 22) == ["Satu dua. Tiga empat.", "Lima."]


def test_choices_are_buttons_or_a_numbered_list() -> None:
    options = (Option("a", "Barang kurang"), Option("b", "Barang rusak"))
    turn = Turn(replies=(Reply((Say("which_class", {}, options),)),))
    with_buttons = finish(_talk(), turn, {}, SOP, Carrying(buttons=3)).messages[0]
    assert with_buttons.choices == options
    without = finish(_talk(), turn, {}, SOP, Carrying()).messages[0]
    assert without.choices == ()
    assert without.text.endswith("1. Barang kurang\n2. Barang rusak")


CLASSES = tuple(Option(str(n), f"Pilihan {n}") for n in range(1, 12))
WHATSAPP = Carrying("chat", 4096, buttons=3, list_rows=10, max_with_choices=1024)


@pytest.mark.parametrize(("count", "shown"), [(1, True), (3, True), (4, True), (10, True), (11, False)])
def test_choices_are_buttons_then_a_list_then_numbers(count: int, shown: bool) -> None:
    turn = Turn(replies=(Reply((Say("which_class", {}, CLASSES[:count]),)),))
    (message,) = finish(_talk(), turn, {}, SOP, WHATSAPP).messages
    assert message.choices == (CLASSES[:count] if shown else ())
    assert (f"{count}. Pilihan {count}" in message.text) is not shown


def test_a_label_that_would_be_cut_is_written_in_the_text() -> None:
    options = (Option("a", "Lebih dari dua puluh huruf"), Option("b", "Pendek"))
    turn = Turn(replies=(Reply((Say("which_class", {}, options),)),))
    (message,) = finish(_talk(), turn, {}, SOP, WHATSAPP).messages
    assert message.choices == ()
    assert message.text.endswith("1. Lebih dari dua puluh huruf\n2. Pendek")


def test_choices_hang_on_a_last_short_piece_of_a_long_text() -> None:
    rows = "\n".join(f"Nama produk: {n} dus Gula Pasir Kristalia 1 kg" for n in range(1, 40))
    asks = Say("summary_right", {}, (Option("yes", "Ya, betul"), Option("wrong", "Ada yang salah")))
    turn = Turn(replies=(Reply((Say("summary", {"list": rows}), asks)),))
    first, last = finish(_talk(), turn, {}, SOP, WHATSAPP).messages
    assert first.choices == ()
    assert "39 dus" in first.text
    assert last.text == "Sudah benar semua?"
    assert len(last.choices) == 2
    assert last.phrases == ("summary", "summary_right")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400), st.integers(20, 200))
def test_what_choices_hang_on_is_short_and_nothing_is_lost(text: str, limit: int) -> None:
    *before, last = hang(text, limit)
    assert len(last) <= limit
    assert "".join("".join([*before, last]).split()) == "".join(text.split())


def test_an_sms_calls_the_customer_by_name_once() -> None:
    says = (Say("greet_morning"), Say("empathy_product_damage", {"thing": "minyak"}), Say("right"))
    talk = _talk("sms", name="Budi Santoso")
    (message,) = finish(
        talk, Turn(replies=(Reply(says[:2]), Reply(says[2:]))), {}, SOP, Carrying("sms")
    ).messages
    assert message.text.count("Kak Budi") == 1
    assert message.text.endswith("Betul?")


def test_two_messages_in_a_row_are_never_alike() -> None:
    talk, texts = _talk(), []
    for _ in range(6):
        done = finish(talk, Turn(replies=(Reply((Say("language_changed"),)),)), {}, SOP, Carrying())
        talk = done.talk
        texts.append(done.messages[0].text)
    assert all(before != after for before, after in pairwise(texts))


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_phrase_is_written_in_both_languages(language: str) -> None:
    for key in [*PHRASES, *(f"ask_{field}" for field in SOP.fields)]:
        assert phrase_of(SOP, language, key).chat


def test_every_button_fits() -> None:
    for words in SOP.wording.values():
        for key, phrase in words.items():
            if key.startswith("choice_"):
                assert len(phrase.chat[0]) <= 20, key


def test_short_messages_fit_one_sms() -> None:
    values = {
        "s": "Kak Budi",
        "company": "PT Arunika Niaga Pangan",
        "bot": "Sapa",
        "number": "SP-2611-0042-7",
    }
    for words in SOP.wording.values():
        for key, phrase in words.items():
            for text in phrase.sms:
                assert len(fill(text, values)) <= 160, key


def test_families_have_a_fallback_among_the_required() -> None:
    assert values_of("empathy_some_new_class") == FAMILIES["empathy_"]
    assert values_of("nobody_says_this") is None


@pytest.mark.parametrize("word", ["Anda ", "silahkan", "user", "di mohon"])
def test_sapa_never_speaks_like_a_form(word: str) -> None:
    for key, phrase in SOP.wording["id"].items():
        for text in (*phrase.chat, *phrase.email, *phrase.sms):
            assert word not in text, key
