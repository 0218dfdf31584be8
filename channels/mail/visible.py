"""What the customer wrote, apart from what their mail program added below and around it.

Works on lines with bounded rules only, so that its time grows with the text and never faster. When in doubt
a line is kept: an earlier mail shown twice costs a glance, a lost complaint costs a customer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.mail.languages import (
    DATE,
    DISCLAIMER,
    FORWARDED,
    FROM,
    MOBILE,
    ORIGINAL,
    OTHER,
    SENT,
    SUBJECT,
    TO,
    WROTE,
    alternatives,
)
from channels.mail.pages import CUT

MAX_TEXT = 200_000
"""Characters of a body that are looked at; what follows counts as quoted."""
MAX_LINES = 20_000
_LONG = 600  # characters of a line that rules look at


@dataclass(frozen=True, slots=True)
class Visible:
    """`text` is what the customer wrote, `quoted` all that was cut, in its order; `forwarded` when the text
    holds somebody else's mail that was passed on."""

    text: str
    quoted: str = ""
    forwarded: bool = False


_QUOTE = re.compile(r"\s{0,20}>")
_BLANK = re.compile(r"[\s​‎‏﻿]*\Z")

_WROTE = re.compile(rf"(?:(?<=\W)|\A)(?:{alternatives(WROTE)})(?=\W|\Z)", re.IGNORECASE)
_WROTE_CJK = re.compile("写道|寫道|撰寫|書きました|のメール|작성|썼습니다|เขียน|ने लिखा")
_EMAIL = re.compile(r"[^\s<>()\"',;:]{1,64}@[^\s<>()\"',;:]{1,200}")
_YEAR = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?!\d)|(?<!\d)\d{1,2}-\w{3,4}\.?-\d{2,4}|\d年"
)
_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.h]\s?\d{2}(?!\d)|\d時|\d点|\d시|\b\d{1,2}\s?[ap]\.?m\b", re.IGNORECASE)
_ENDS = re.compile(r"[:：]\s*[-_*]{0,40}\s*\Z")
_RULED_WROTE = re.compile(rf"\s*-{{2,}}.{{0,300}}\b(?:{alternatives(WROTE)})\s*:?\s*-{{2,}}\s*\Z", re.IGNORECASE)
_DATE_FIRST = re.compile(r"\s*(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{4}).{0,200}<[^<>@\s]+@[^<>\s]+>\s*:?\s*\Z")
_GLUED = re.compile(
    r"(?:(?<=\s)|(?<=-)|(?<=[.!?)]))(?P<head>(?:On|Pada(?: tanggal)?|Am|Le|El|Op|Il|Em) "
    r"(?=(?:\w{2,9}\.?,? )?(?:\d|\w{3,9}\.? \d)))"
)
_LABEL = re.compile(
    rf"[\s*_|]{{0,20}}(?:(?P<from>{alternatives(FROM)})|(?P<sent>{alternatives(SENT)})|(?P<date>{alternatives(DATE)})"
    rf"|(?P<to>{alternatives(TO)})|(?P<subject>{alternatives(SUBJECT)})|(?P<other>{alternatives(OTHER)}))"
    r"\s{0,3}\*{0,2}\s{0,3}[:：]\s*\*{0,2}",
    re.IGNORECASE,
)
_RULER = re.compile(r"\s*(?:[-_=*#~─—]\s?){4,}\s*\Z")
_ORIGINAL = re.compile(
    rf"\s*(?:[-_=*#]\s?){{2,}}\s*(?:{alternatives(ORIGINAL)})[^\n]{{0,60}}?(?:[-_=*#]\s?){{2,}}\s*\Z", re.IGNORECASE
)
_FORWARDED = re.compile(
    rf"\s*>?\s*(?:(?:[-_=*#]\s?){{2,}}\s*(?:{alternatives(FORWARDED)})(?:[^\n]{{0,80}})(?:[-_=*#]\s?){{2,}}\s*\Z"
    rf"|(?:begin forwarded message|mulai pesan terusan|awal pesan terusan|memulai pesan yang diteruskan|"
    rf"anfang der weitergeleiteten|début du message|inicio del mensaje reenviado|inizio messaggio inoltrato|"
    rf"início da mensagem|begin doorgestuurd bericht|начало переадресованного)[^\n]{{0,40}}:\s*\Z)",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"\s?(?:--|—|–)[ \t]?\Z")
_UNDERSCORES = re.compile(r"\s?_{2,}\s*\Z")
_MOBILE = re.compile(rf"[\s*_>-]{{0,6}}(?:{'|'.join(MOBILE)})\s*\Z", re.IGNORECASE)
_DISCLAIMER = re.compile(rf"[\s*_#=-]{{0,20}}(?:{'|'.join(DISCLAIMER)})", re.IGNORECASE)


def visible(body: str, *, is_reply: bool = True) -> Visible:
    """Split `body` into what its sender wrote and the rest.

    `is_reply` False (no id of an earlier mail, no "Re:"): there is no earlier mail to cut, so that a text that
    looks like nothing but a quote is taken for content.
    """
    head, tail = body[:MAX_TEXT], body[MAX_TEXT:]
    lines = head.replace("\xa0", " ").split("\n")
    if len(lines) > MAX_LINES:
        tail = "\n".join(lines[MAX_LINES:]) + tail
        lines = lines[:MAX_LINES]
    lines = [line.rstrip() if line.rstrip() != "--" else line[:3] for line in lines]
    keep, forwarded = _without_quotes(lines)
    if not forwarded:
        _without_signature(lines, keep)
    text = _join(line for line, kept in zip(lines, keep, strict=True) if kept)
    if not text and not is_reply and not all(_signature_only(line) for line in lines):
        return Visible(_join(line for line in lines if line != CUT), tail.strip("\n"), forwarded)
    cut = _join(line for line, kept in zip(lines, keep, strict=True) if not kept and line != CUT)
    return Visible(text, f"{cut}\n{tail}".strip("\n") if tail else cut, forwarded)


def _signature_only(line: str) -> bool:
    return bool(_BLANK.match(line) or _MOBILE.match(line[:_LONG]) or _SIGNATURE.match(line))


def _join(lines: object) -> str:
    text = "\n".join(lines)  # type: ignore[call-overload]
    return re.sub(r"\n{3,}", "\n\n", str(text)).strip()


def _without_quotes(lines: list[str]) -> tuple[list[bool], bool]:
    """Which lines are the sender's own; and whether a forwarded mail is among them."""
    keep = [True] * len(lines)
    at = 0
    wrote_something = False
    while at < len(lines):
        line = lines[at]
        short = line[:_LONG]
        if _BLANK.match(short) and len(line) < _LONG:
            at += 1
        elif line == CUT:
            return _cut_all(lines, keep, at, wrote_something)
        elif _FORWARDED.match(short):
            return keep, True
        elif _ORIGINAL.match(short) or _outlook_block(lines, at):
            return _cut_all(lines, keep, at, wrote_something)
        elif _QUOTE.match(short):
            at = _skip_quote(lines, keep, at)
        elif end := _attribution(lines, at):
            kept_head = _glued(lines, at)
            quoted_next = _next_is_quote(lines, end)
            if kept_head:
                rest = lines[at][len(kept_head) :]
                lines[at] = kept_head.rstrip(" -")
                lines.insert(at + 1, rest)
                keep.insert(at + 1, False)
                at, end, wrote_something = at + 1, end + 1, True
            for place in range(at, end):
                keep[place] = False
            if not quoted_next:
                return _cut_all(lines, keep, at, True)
            at = end
        else:
            wrote_something = True
            at += 1
    return keep, False


def _cut_all(lines: list[str], keep: list[bool], at: int, wrote_something: bool) -> tuple[list[bool], bool]:
    """From `at` on everything is the earlier mail; so is the ruler just above."""
    for place in range(at, len(lines)):
        keep[place] = False
    above = at - 1
    while above >= 0 and (not lines[above].strip() or _RULER.match(lines[above][:_LONG])):
        keep[above] = False
        above -= 1
    return keep, False


def _skip_quote(lines: list[str], keep: list[bool], at: int) -> int:
    """Drop a run of ">" lines; a lone one with no header above it may be the sender's own drawing."""
    end = at
    while end < len(lines) and (_QUOTE.match(lines[end]) or not lines[end].strip()):
        end += 1
    quoted = sum(1 for line in lines[at:end] if line.strip())
    lone = quoted == 1 and at > 0 and lines[at - 1].strip() and keep[at - 1] and lines[at].rstrip().endswith("<<<")
    for place in range(at, end):
        if not lone:
            keep[place] = not lines[place].strip()
    return end


def _next_is_quote(lines: list[str], at: int) -> bool:
    for line in lines[at : at + 6]:
        if line.strip():
            return bool(_QUOTE.match(line))
    return False


def _attribution(lines: list[str], at: int) -> int:
    """The line after "On …, … wrote:" when that begins at `at` (it may be wrapped), else 0."""
    first = lines[at].strip()
    if _RULED_WROTE.match(first[:_LONG]):
        return at + 1
    if _DATE_FIRST.match(first[:_LONG]) and _next_is_quote(lines, at + 1):
        return at + 1
    joined = ""
    for end in range(at, min(at + 7, len(lines))):
        line = lines[end].strip()
        if end > at and (_QUOTE.match(lines[end]) and not line.startswith("> wrote")):
            return 0
        joined = f"{joined} {line}".strip()
        if len(joined) > _LONG:
            return 0
        if _closes(joined) and _names_a_mail(joined, _next_is_quote(lines, end + 1)):
            # a shorter header may begin on a later line: the lines above it are the sender's
            for later in range(at + 1, end + 1):
                shorter = " ".join(each.strip() for each in lines[later : end + 1])
                if _names_a_mail(shorter, False) and (_starts_header(shorter) or _YEAR.search(shorter[:40])):
                    return 0
            if end > at and not _starts_header(joined) and not _wrapped_name(joined):
                return 0
            return end + 1
        if end > at and not line:
            # a blank line inside a header happens only where an address was broken off
            if not joined.rstrip().endswith(("<", ",")) and not _YEAR.search(joined):
                return 0
    return 0


def _closes(joined: str) -> bool:
    if _ENDS.search(joined[-60:]):
        return True
    tail = joined[-30:].rstrip(" -")
    found = None
    for found in _WROTE.finditer(tail):
        pass
    return bool(found and found.end() == len(tail)) or bool(_DATE_FIRST.match(joined) and False)


def _names_a_mail(joined: str, quote_follows: bool) -> bool:
    """Enough of date, time, address and "wrote" to be no sentence of the sender."""
    wrote = bool(_WROTE.search(joined) or _WROTE_CJK.search(joined))
    email = bool(_EMAIL.search(joined))
    year = bool(_YEAR.search(joined))
    time = bool(_TIME.search(joined))
    if wrote and quote_follows and (email or year or time):
        return True
    if wrote and year and (email or time):
        return True
    if wrote and email and time:
        return True
    return email and time and year and bool(_ENDS.search(joined[-60:]))


_START = re.compile(
    r"[-\s*]{0,40}(?:on|pada|pd|am|le|el|op|den|em|il|w dniu|dnia|dňa|dne|vào|à|på|de|на|у|в|tarih|בתאריך|"
    r"\w{1,8}[.,] \d|\w{2,4}\.?,? \d{1,2}\.? \w|\d{1,4}[./\-年년]|\d{1,2} \w|\d{1,2}:\d\d)",
    re.IGNORECASE,
)


def _starts_header(joined: str) -> bool:
    return bool(_START.match(joined))


def _wrapped_name(joined: str) -> bool:
    """`Anna <anna@…> ezt írta (…):`, wrapped: begins with a name and its address."""
    found = _EMAIL.search(joined)
    return bool(found and found.start() < 60)


def _glued(lines: list[str], at: int) -> str:
    """The sender's own words before a header on the same line, "" when the header has the line to itself."""
    line = lines[at]
    if len(line) > _LONG or _START.match(line.strip()) and not re.search(r"\S\s*-{2,}\s*On ", line):
        return ""
    found = None
    for found in _GLUED.finditer(line):
        pass
    return line[: found.start("head")] if found and line[: found.start("head")].strip(" -") else ""


def _outlook_block(lines: list[str], at: int) -> bool:
    """From/Sent/To/Subject lines in any language, wrapped or not, with enough in them to be a mail's head."""
    found = _LABEL.match(lines[at][:_LONG])
    if not found or found.lastgroup not in ("from", "sent", "date"):
        return False
    seen = {found.lastgroup or ""}
    email = bool(_EMAIL.search(lines[at][:_LONG]))
    time = False
    misses = 0
    for line in lines[at + 1 : at + 14]:
        short = line[:_LONG]
        found = _LABEL.match(short.lstrip("> "))
        if found:
            seen.add(found.lastgroup or "")
            misses = 0
            time = time or (found.lastgroup in ("sent", "date") and bool(_TIME.search(short)))
        else:
            misses += 1
            if misses > 2:
                break
        email = email or bool(_EMAIL.search(short))
    time = time or bool(_TIME.search(lines[at][:_LONG]))
    seen.discard("other")
    if "from" in seen and "sent" in seen:
        return True
    if {"from", "date"} <= seen and (email or (time and "subject" in seen)):
        return True
    if {"from", "to", "subject"} <= seen and email:
        return True
    return {"date", "to"} <= seen and email and time


def _without_signature(lines: list[str], keep: list[bool]) -> None:
    """Un-keep signatures: after "-- ", phones' own lines, disclaimers at the end."""
    own = [place for place, kept in enumerate(keep) if kept and lines[place].strip()]
    for order, place in enumerate(own):
        line = lines[place][:_LONG]
        left = len(own) - order - 1
        if _SIGNATURE.match(line) and (line.startswith("-- ") or left <= 15):
            return _drop(keep, place)
        if _UNDERSCORES.match(line) and left <= 8 and order:
            return _drop(keep, place)
        if _MOBILE.match(line):
            keep[place] = False
        elif _DISCLAIMER.match(line) and (left <= 3 or left <= len(own) // 2) and _stands_apart(lines, place):
            return _drop(keep, place)
    return None


def _stands_apart(lines: list[str], place: int) -> bool:
    return place == 0 or not lines[place - 1].strip() or bool(_RULER.match(lines[place - 1][:_LONG]))


def _drop(keep: list[bool], place: int) -> None:
    for later in range(place, len(keep)):
        keep[later] = False
