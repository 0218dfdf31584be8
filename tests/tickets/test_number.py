"""Ticket numbers survive the telephone: what people mishear, mistype and abbreviate."""

from __future__ import annotations

import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.tickets.number import counter_name, find, make, spoken

NOVEMBER = datetime(2026, 11, 22, 9, 30)
MONTHS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2099, 12, 31))
COUNTS = st.one_of(st.integers(1, 9_999), st.integers(10_000, 9_999_999))
PREFIXES = st.sampled_from(["SP", "OI", "LIO", "ABCD"])


@pytest.mark.sop("K4")
def test_a_number_has_prefix_month_count_and_check_digit() -> None:
    assert make("SP", NOVEMBER, 42) == "SP-2611-0042-7"
    assert counter_name("SP", NOVEMBER) == "SP-2611"
    assert make("SP", NOVEMBER, 12345).startswith("SP-2611-12345-")


def test_a_count_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="begins at 1"):
        make("SP", NOVEMBER, 0)


@given(PREFIXES, MONTHS, COUNTS)
def test_every_number_made_is_found_again(prefix: str, at: datetime, count: int) -> None:
    number = make(prefix, at, count)
    assert find(f"tiket saya {number}, sampai mana?", prefix) == (number,)
    assert number.startswith(counter_name(prefix, at) + "-")


@given(MONTHS, COUNTS, st.data())
def test_one_wrong_digit_is_always_caught(at: datetime, count: int, data: st.DataObject) -> None:
    number = make("SP", at, count)
    place = data.draw(st.sampled_from([i for i, sign in enumerate(number) if sign.isdigit()]))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    assert find(number[:place] + wrong + number[place + 1 :], "SP") == ()


@given(MONTHS, COUNTS, st.data())
def test_two_neighbours_swapped_are_always_caught(at: datetime, count: int, data: st.DataObject) -> None:
    number = make("SP", at, count)
    digits = [sign for sign in number if sign.isdigit()]
    unlike = [i for i in range(len(digits) - 1) if digits[i] != digits[i + 1]]
    if not unlike:
        return
    place = data.draw(st.sampled_from(unlike))
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    assert find("SP" + "".join(digits), "SP") == ()


@pytest.mark.parametrize(
    "said",
    [
        "SP-2611-0042-7",
        "sp-2611-0042-7",
        "sp 2611 0042 7",
        "SP261100427",
        "sp.2611.0042.7",
        "Sp2611-00427",
        "SP – 2611 – 0042 – 7",
        "s p 2611 0042 7",
        "SP-26II-OO42-7",
        "sp-26l1-oo42-7",
        "No. tiket: SP/2611/0042/7.",
        "tiket#SP-2611-0042-7",
        "SP_2611_0042_7",
        "sp 2 6 1 1 0 0 4 2 7",
        "(SP-2611-0042-7)",
        "SP-2611-\n0042-7",
    ],
)
def test_people_write_a_number_in_their_own_way(said: str) -> None:
    assert find(said, "SP") == ("SP-2611-0042-7",)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "SP",
        "INV-2611-0457",
        "DO-2611-0812",
        "SP-2611-0042",
        "SP-2611-0042-8",
        "SP-2611-0042-77",
        "SP-2611-0042-7a",
        "SP-2611-0042-712345678901",
        "ASP-2611-0042-7",
        "XSP261100427",
        "0812 2611 0042 7",
        "SP-2613-0042-5",
        "SP-2600-0042-0",
        "SP-2611-0000-5",
        "S\u0000P-2611-0042-7",
    ],
)
def test_what_is_no_ticket_number_is_not_taken_for_one(said: str) -> None:
    assert find(said, "SP") == ()


def test_a_number_with_zeros_put_in_front_is_not_another_ticket() -> None:
    padded = make("SP", NOVEMBER, 12345).replace("-12345-", "-012345-")
    assert find(padded, "SP") == ()


def test_several_numbers_come_in_order_and_once() -> None:
    one, two = make("SP", NOVEMBER, 1), make("SP", NOVEMBER, 2)
    assert find(f"{two} dan {one.lower()} atau {two}?", "SP") == (two, one)


def test_numbers_of_another_prefix_are_not_ours() -> None:
    assert find(make("CS", NOVEMBER, 7), "SP") == ()


@given(st.text(max_size=400))
def test_any_text_gives_numbers_that_were_really_made(text: str) -> None:
    for number in find(text, "SP"):
        _, month, counted, _ = number.split("-")
        at = datetime(2000 + int(month[:2]), int(month[2:]), 1)
        assert make("SP", at, int(counted)) == number


@pytest.mark.parametrize("piece", ["SP", "SP ", "SP-2", "SP 2611 0042 ", "S", "SP0", "SP-\n", "0 "])
def test_a_hostile_text_takes_linear_time(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        start = time.process_time()
        find(text, "SP")
        return time.process_time() - start

    seconds(1_000)
    short = min(seconds(50_000) for _ in range(3))
    long = min(seconds(400_000) for _ in range(3))
    assert long < 8 * 4 * short + 0.05


def test_a_number_is_read_aloud_in_groups() -> None:
    number = make("SP", NOVEMBER, 42)
    assert spoken(number, "id") == "S P, dua enam satu satu, nol nol empat dua, tujuh"
    assert spoken(number, "en") == "S P, two six one one, zero zero four two, seven"


@given(MONTHS, COUNTS, st.sampled_from(["id", "en"]))
def test_what_is_read_aloud_tells_every_sign(at: datetime, count: int, language: str) -> None:
    number = make("SP", at, count)
    assert len(spoken(number, language).replace(",", "").split()) == len(number.replace("-", ""))
