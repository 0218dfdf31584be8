"""Working time over lunch, nights, weekends, holidays, collective leave, Ramadan and time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.packs import load
from bot.sop.model import Bilingual, Hours, Span, SpecialHours
from bot.tickets.hours import AlwaysClosed, WorkCalendar, _holidays

WIB = ZoneInfo("Asia/Jakarta")
CALENDAR = WorkCalendar(load().hours, load().about.timezone)
"""The default pack: Mon-Thu 8-12, 13-17, Fri 8-11.30, 13-17, Sat 8-12; 31 December 2026 closed."""


def at(day: str, hour: str = "00:00", zone: str = "Asia/Jakarta") -> datetime:
    return datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=ZoneInfo(zone))


@pytest.mark.sop("K5")
@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        # Mon 23 Nov 2026
        (("2026-11-23", "09:00"), 60, ("2026-11-23", "10:00")),
        (("2026-11-23", "11:30"), 60, ("2026-11-23", "13:30")),  # over lunch
        (("2026-11-23", "11:30"), 30, ("2026-11-23", "12:00")),  # over exactly at lunch, not after it
        (("2026-11-23", "12:30"), 30, ("2026-11-23", "13:30")),  # asked at lunch
        (("2026-11-23", "16:30"), 60, ("2026-11-24", "08:30")),  # over the night
        (("2026-11-23", "17:00"), 60, ("2026-11-24", "09:00")),  # asked at closing
        (("2026-11-23", "03:00"), 240, ("2026-11-23", "12:00")),  # before opening
        (("2026-11-23", "08:00"), 480, ("2026-11-23", "17:00")),  # a full day
        (("2026-11-27", "16:00"), 120, ("2026-11-28", "09:00")),  # Friday into Saturday
        (("2026-11-28", "11:00"), 120, ("2026-11-30", "09:00")),  # Saturday noon over Sunday
        (("2026-11-29", "10:00"), 1, ("2026-11-30", "08:01")),  # Sunday
        (("2026-12-23", "16:00"), 120, ("2026-12-26", "09:00")),  # Christmas Eve is collective leave
        (("2026-12-30", "16:00"), 120, ("2027-01-02", "09:00")),  # stocktaking, then New Year
        (("2027-02-10", "15:00"), 60, ("2027-02-11", "08:30")),  # Ramadan: closes at 15.30
        (("2027-02-10", "11:30"), 60, ("2027-02-10", "13:00")),  # Ramadan: half an hour's break
        (("2027-03-08", "10:00"), 60, ("2027-03-13", "09:00")),  # Nyepi, leave, Idul Fitri, leave
        (("2026-11-23", "08:00"), 4800, ("2026-12-04", "14:00")),  # 80 hours: a week has 43.5
    ],
)
def test_an_answer_is_due_in_working_time(start: tuple[str, str], minutes: int, end: tuple[str, str]) -> None:
    assert CALENDAR.add(at(*start), minutes) == at(*end)


def test_the_answer_is_in_local_time_wherever_the_question_came_from() -> None:
    due = CALENDAR.add(at("2026-11-23", "02:00", "UTC"), 60)  # 9.00 in Jakarta
    assert due.isoformat() == "2026-11-23T10:00:00+07:00"
    assert (
        CALENDAR.local(at("2026-11-23", "23:30", "Asia/Jayapura")).isoformat() == "2026-11-23T21:30:00+07:00"
    )


def test_offices_in_three_time_zones_open_at_three_instants() -> None:
    hours = load().hours
    opening = [
        WorkCalendar(hours, zone).next_open(at("2026-11-29", "12:00")).astimezone(UTC).hour
        for zone in ("Asia/Jayapura", "Asia/Makassar", "Asia/Jakarta")
    ]
    assert opening == [23, 0, 1]


@pytest.mark.parametrize(
    ("day", "hour", "open_"),
    [
        ("2026-11-23", "08:00", True),
        ("2026-11-23", "07:59", False),
        ("2026-11-23", "11:59", True),
        ("2026-11-23", "12:00", False),
        ("2026-11-23", "17:00", False),
        ("2026-11-27", "11:45", False),  # Friday prayer
        ("2026-11-29", "10:00", False),  # Sunday
        ("2026-08-17", "10:00", False),  # Independence Day
        ("2026-12-24", "10:00", False),  # collective leave
        ("2026-12-31", "10:00", False),  # the company's own
        ("2027-02-10", "16:00", False),  # Ramadan
        ("2027-02-10", "12:45", True),
        ("2027-03-16", "16:00", True),  # after Ramadan
    ],
)
def test_open_and_closed(day: str, hour: str, open_: bool) -> None:
    assert CALENDAR.is_open(at(day, hour)) is open_


def test_the_next_opening_of_an_open_moment_is_that_moment() -> None:
    moment = at("2026-11-23", "09:17")
    assert CALENDAR.next_open(moment) == moment
    assert CALENDAR.next_open(at("2026-11-23", "12:00")) == at("2026-11-23", "13:00")
    assert CALENDAR.next_open(at("2026-12-23", "17:00")) == at("2026-12-26", "08:00")


def test_holidays_have_their_indonesian_names() -> None:
    assert CALENDAR.holiday(date(2026, 8, 17)) == "Hari Kemerdekaan Republik Indonesia"
    assert "Cuti Bersama" in CALENDAR.holiday(date(2026, 12, 24))
    assert CALENDAR.holiday(date(2026, 11, 23)) == ""


def test_a_naive_time_and_negative_minutes_are_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        CALENDAR.add(datetime(2026, 11, 23, 9), 60)
    with pytest.raises(ValueError, match="negative"):
        CALENDAR.add(at("2026-11-23", "09:00"), -1)


def test_a_calendar_that_never_opens_says_so_and_does_not_search_for_ever() -> None:
    never = WorkCalendar(Hours(week={}), "Asia/Jakarta")
    with pytest.raises(AlwaysClosed, match=r"hours\.yaml"):
        never.next_open(at("2026-11-23", "09:00"))
    assert not never.is_open(at("2026-11-23", "09:00"))


def test_special_hours_close_the_days_they_leave_out() -> None:
    nine = (Span.model_validate({"from": time(9), "to": time(10)}),)
    label = Bilingual(id="Stok opname", en="Stocktaking")
    special = SpecialHours(first=date(2026, 11, 23), last=date(2026, 11, 24), label=label, week={"tue": nine})
    every = dict.fromkeys(("mon", "tue", "wed"), nine)
    calendar = WorkCalendar(Hours(week=every, special=(special,)), "Asia/Jakarta")
    assert calendar.next_open(at("2026-11-22")) == at("2026-11-24", "09:00")
    assert calendar.add(at("2026-11-24", "09:30"), 60) == at("2026-11-25", "09:30")


def test_a_change_of_the_clock_makes_a_span_as_long_as_it_really_is() -> None:
    """Sunday 29 March 2026 has 23 hours in Berlin: from 1.00 to 4.00 are two hours."""
    night = (Span.model_validate({"from": time(1), "to": time(4)}),)
    calendar = WorkCalendar(Hours(week={"sun": night}, country="DE"), "Europe/Berlin")
    start = at("2026-03-29", "00:00", "Europe/Berlin")
    assert calendar.add(start, 120) == at("2026-03-29", "04:00", "Europe/Berlin")
    assert calendar.minutes(start, start + timedelta(days=1)) == 120


MOMENTS = st.datetimes(
    min_value=datetime(2026, 1, 1),
    max_value=datetime(2027, 12, 31),
    timezones=st.sampled_from([UTC, WIB, ZoneInfo("Asia/Jayapura")]),
)


@given(MOMENTS, st.integers(1, 3_000))
def test_the_minutes_added_are_the_working_minutes_between(moment: datetime, minutes: int) -> None:
    due = CALENDAR.add(moment, minutes)
    assert due > moment
    assert CALENDAR.minutes(moment, due) == pytest.approx(minutes)


@given(MOMENTS, st.integers(0, 2_000), st.integers(0, 2_000))
def test_adding_twice_is_adding_once(moment: datetime, one: int, two: int) -> None:
    assert CALENDAR.minutes(moment, CALENDAR.add(CALENDAR.add(moment, one), two)) == pytest.approx(one + two)


@given(MOMENTS)
def test_the_next_opening_is_open_and_nothing_before_it_is(moment: datetime) -> None:
    opening = CALENDAR.next_open(moment)
    assert CALENDAR.is_open(opening)
    assert CALENDAR.minutes(moment, opening) == 0
    assert CALENDAR.is_open(moment) == (opening == moment)


@pytest.mark.parametrize("country", ["ID", "SG", "PR"])
def test_a_country_loaded_alone_has_the_librarys_holidays(country: str) -> None:
    """The library loads all its countries for one; ours loads the one, and must not miss a day for it."""
    kind = type(holidays.country_holidays(country))
    wanted = [name for name in ("public", "government") if name in kind.supported_categories]
    for year in (2025, 2026, 2027):
        theirs = holidays.country_holidays(
            country, years=year, categories=wanted, language=kind.default_language
        )
        assert dict(_holidays(country, year)) == dict(theirs)
