"""An invitation (`text/calendar`) as a few lines to read, for a mail that says nothing else."""

from __future__ import annotations

import re

MAX_LINES = 2_000
_ESCAPED = re.compile(r"\\([\\;,nN])")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:\d\d)?(Z?))?")


def summary(text: str) -> str:
    """Title, time, place, who invites and the words of the first event; "" when there is no event.

    Times are as the sender wrote them, "Z" made "UTC": a zone by name stays its name.
    """
    found: dict[str, tuple[str, str]] = {}
    inside = False
    unfolded = re.sub(r"\r?\n[ \t]", "", text[:200_000])
    for line in unfolded.splitlines()[:MAX_LINES]:
        name, colon, value = _split(line)
        key = name.partition(";")[0].upper()
        if key == "BEGIN" and value.upper() in ("VEVENT", "VTODO"):
            inside = True
        elif key == "END" and value.upper() in ("VEVENT", "VTODO"):
            break
        elif inside and colon and value.strip():
            found.setdefault(key, (name, _ESCAPED.sub(_unescaped, value).strip()))
    if not inside:
        return ""
    begins, ends = (_time(*found.get(key, ("", ""))) for key in ("DTSTART", "DTEND"))
    organizer = found.get("ORGANIZER", ("", ""))
    cn = re.search(r';CN=(?:"([^"]{1,200})|([^";:]{1,200}))', organizer[0], re.IGNORECASE)
    address = re.sub(r"^mailto:", "", organizer[1], flags=re.IGNORECASE)
    lines = (
        found.get("SUMMARY", ("", ""))[1],
        f"{begins} - {ends}" if begins and ends else begins or ends,
        found.get("LOCATION", ("", ""))[1],
        f"{cn[1] or cn[2]} <{address}>" if cn and "@" in address else address,
        found.get("DESCRIPTION", ("", ""))[1],
    )
    return "\n".join(line for line in lines if line)


def _split(line: str) -> tuple[str, str, str]:
    """Name with its parameters, ":" and value; a colon inside quotes is part of a parameter."""
    quoted = False
    for place, letter in enumerate(line[:1000]):
        if letter == '"':
            quoted = not quoted
        elif letter == ":" and not quoted:
            return line[:place], ":", line[place + 1 :]
    return line, "", ""


def _unescaped(match: re.Match[str]) -> str:
    return "\n" if match[1] in "nN" else match[1]


def _time(name: str, value: str) -> str:
    match = _TIME.match(value)
    if match is None:
        return value
    zone = re.search(r';TZID="?([^";:]{1,80})', name, re.IGNORECASE)
    day = f"{match[1]}-{match[2]}-{match[3]}"
    if not match[4]:
        return day
    return f"{day} {match[4]}:{match[5]}" + (" UTC" if match[6] else f" {zone[1]}" if zone else "")
