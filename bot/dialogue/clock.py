"""Local time and how it is said. Takes instants, reads no clock."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

DAYS = {
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
MONTHS = {
    "id": (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni",
        "Juli", "Agustus", "September", "Oktober", "November", "Desember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
ZONES = {
    "Asia/Jakarta": "WIB",
    "Asia/Pontianak": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Jayapura": "WIT",
}
PARTS = ((time(4), "night"), (time(10), "morning"), (time(15), "midday"), (time(18), "afternoon"))
"""A part of the day ends before its time (E2): pagi 04-10, siang 10-15, sore 15-18, malam 18-04."""


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=256)
def local(at: datetime, zone: str) -> datetime:
    """The instant in the company's time zone; a turn asks for that of its own moment again and again."""
    return at.astimezone(_zone(zone))


def part_of_day(at: datetime, zone: str) -> str:
    """morning, midday, afternoon or night, by local time (E2)."""
    moment = local(at, zone).time()
    return next((name for end, name in PARTS if moment < end), "night")


def day(on: date, language: str) -> str:
    """`Senin, 23 November 2026`."""
    days, months = DAYS.get(language, DAYS["id"]), MONTHS.get(language, MONTHS["id"])
    return f"{days[on.weekday()]}, {on.day} {months[on.month - 1]} {on.year}"


def short_day(on: date, language: str) -> str:
    """`Senin 23/11`, `Mon 23 Nov`: for an SMS, where every character is paid for."""
    if language == "en":
        return f"{DAYS['en'][on.weekday()][:3]} {on.day} {MONTHS['en'][on.month - 1][:3]}"
    return f"{DAYS['id'][on.weekday()]} {on.day}/{on.month}"


def written(iso: str, language: str) -> str:
    """`2026-11-23` as `day` has it, `2027-12` as `Desember 2027`; what is neither stays as it is."""
    try:
        if len(iso) == len("2027-12"):
            month = date.fromisoformat(f"{iso}-01")
            return f"{MONTHS.get(language, MONTHS['id'])[month.month - 1]} {month.year}"
        return day(date.fromisoformat(iso), language)
    except ValueError:
        return iso


def hour(at: datetime, zone: str, language: str) -> str:
    """`pukul 14.30 WIB`, `2:30 pm (Jakarta)`."""
    there = local(at, zone)
    if language == "en":
        half = "am" if there.hour < 12 else "pm"
        return (
            f"{there.hour % 12 or 12}:{there.minute:02d} {half} ({zone.rpartition('/')[2].replace('_', ' ')})"
        )
    return f"pukul {there.hour:02d}.{there.minute:02d} {ZONES.get(zone, there.tzname() or '')}".rstrip()


def short_hour(at: datetime, zone: str, language: str) -> str:
    """`14.30 WIB`, `2:30 pm WIB`."""
    there = local(at, zone)
    known = ZONES.get(zone, there.tzname() or "")
    if language == "en":
        half = "am" if there.hour < 12 else "pm"
        return f"{there.hour % 12 or 12}:{there.minute:02d} {half} {known}".rstrip()
    return f"{there.hour:02d}.{there.minute:02d} {known}".rstrip()


def moment(at: datetime, zone: str, language: str) -> str:
    """`Senin, 23 November 2026, pukul 14.30 WIB`."""
    return f"{day(local(at, zone).date(), language)}, {hour(at, zone, language)}"


def distance(at: datetime, now: datetime, zone: str) -> str:
    """today, tomorrow or later: how far a promised moment is in local days."""
    days = (local(at, zone).date() - local(now, zone).date()).days
    return "today" if days <= 0 else "tomorrow" if days == 1 else "later"


def in_window(at: datetime, start: time, end: time, zone: str) -> datetime:
    """`at`, or the next local `start` when it falls outside [start, end)."""
    there = local(at, zone)
    if there.time() < start:
        return there.replace(hour=start.hour, minute=start.minute, second=0, microsecond=0)
    if there.time() >= end:
        there = there + timedelta(days=1)
        return there.replace(hour=start.hour, minute=start.minute, second=0, microsecond=0)
    return at
