"""Numbers in one form, whoever writes them; what cannot be answered is known as such."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.sms import numbers


@pytest.mark.parametrize(
    "written",
    [
        "+6281234567890",
        "6281234567890",
        "081234567890",
        "0812-3456-7890",
        "+62 812 3456 7890",
        "006281234567890",
    ],
)
def test_one_customer_has_one_number(written: str) -> None:
    """Otherwise the same person would be two, in two conversations."""
    assert numbers.e164(written, "ID") == "+6281234567890"


@pytest.mark.parametrize(
    "written", ["3636", "98108", "TELKOMSEL", "BCA", "INFO-XL", "", "+", "0", "٠٨١٢٣٤٥٦٧٨٩٠", "12" * 20]
)
def test_short_codes_and_names_are_no_numbers(written: str) -> None:
    assert numbers.e164(written, "ID") == ""


@pytest.mark.parametrize(
    ("written", "number"),
    [("14155552671", "+14155552671"), ("+6591234567", "+6591234567"), ("60123456789", "+60123456789")],
)
def test_numbers_from_abroad_keep_their_country(written: str, number: str) -> None:
    assert numbers.e164(written, "ID") == number


def test_the_form_that_is_dialled_at_home() -> None:
    assert numbers.national("+6281234567890", "ID") == "081234567890"
    assert numbers.national("+14155552671", "ID") == "+14155552671"
    assert numbers.national("no number", "ID") == "no number"


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=30), st.from_regex(r"\+?[0-9 .()-]{0,25}", fullmatch=True)))
def test_whatever_is_written_gives_e164_or_nothing(written: str) -> None:
    made = numbers.e164(written, "ID")
    if made:
        assert made.startswith("+")
        assert made[1:].isdigit()
        assert 7 <= len(made[1:]) <= 15
        assert numbers.e164(made, "ID") == made
