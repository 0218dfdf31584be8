"""What is written on a button: it fits every channel, and tells an old keyboard from the open question."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.turns.marks import LONGEST, Mark, make, parse, same

NUMBERS = st.integers(0, 36**10)
ANY = st.text(min_size=1, max_size=120)


@given(NUMBERS, st.integers(0, 36**5), ANY)
def test_a_mark_fits_and_comes_back(conversation: int, event_no: int, value: str) -> None:
    mark = Mark(conversation, event_no)
    made = make(mark, value)
    assert len(made.encode()) <= LONGEST
    found, got = parse(made)
    assert found == mark
    assert same(made, mark, value)
    assert not same(made, Mark(conversation, event_no + 1), value)
    if len(value.encode("utf-8", "replace")) < 20:
        assert got == value.encode("utf-8", "replace").decode()


@given(ANY, ANY)
def test_long_values_with_the_same_beginning_stay_apart(one: str, other: str) -> None:
    mark = Mark(1, 1)
    long = "x" * 60
    assert (make(mark, long + one) == make(mark, long + other)) == (
        one.encode("utf-8", "replace") == other.encode("utf-8", "replace")
    )


@given(ANY)
def test_what_no_button_of_ours_brought_has_no_mark_or_one_to_be_checked(pressed: str) -> None:
    mark, value = parse(pressed)
    assert value == pressed if mark is None else value
