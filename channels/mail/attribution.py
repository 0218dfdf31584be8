"""Where an earlier mail begins in a text: "On …, … wrote:", From/Sent/To blocks, rulers with a title.

Every rule looks at a bounded number of lines and characters, and cheap signs are asked first: most lines of
most mails never meet a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.mail import languages
from channels.mail.languages import alternatives

LONG = 600
"""Characters of a line that rules look at."""
_SPAN = 7  # lines over which a header may be wrapped

_RULE = r"(?:[-_=*#]\s?){2,60}"
_ORIGINAL = re.compile(
    rf"{_RULE}\s*(?:{alternatives(languages.ORIGINAL)})[^\n]{{0,60}}?{_RULE}\Z", re.IGNORECASE
)
_FORWARDED = re.compile(
    rf"(?:{_RULE}\s*(?:{alternatives(languages.FORWARDED)})[^\n]{{0,80}}?{_RULE}\Z"
    rf"|(?:{alternatives(languages.FORWARDED_BEGINS)})[^\n]{{0,40}}:\Z)",
    re.IGNORECASE,
)
_RULED_WROTE = re.compile(
    rf"-{{2,60}}[^\n]{{0,300}}?\b(?:{alternatives(languages.WROTE)})\s*:?\s*-{{2,60}}\Z", re.IGNORECASE
)
_DATE_FIRST = re.compile(
    r"(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{4})[^<>]{0,200}<[^<>@\s]{1,64}@[^<>\s]{1,200}>\s*:?\Z"
)
_RULER = re.compile(r"(?:[-_=*#~─—]\s?){4,}\Z")

_WROTE_ENDINGS = tuple(word.casefold() for word in languages.WROTE)
_WROTE = re.compile(rf"(?:(?<=\W)|\A)(?:{alternatives(languages.WROTE)})(?=\W|\Z)", re.IGNORECASE)
_WROTE_UNSPACED = re.compile("|".join(languages.WROTE_UNSPACED))
_ADDRESS_LAST = re.compile(r"@[^\s<>()]{1,250}[>)\]]{1,3}\s?[:：][-_*\s]{0,40}\Z")
_DIGIT = re.compile(r"\d")
_EMAIL = re.compile(r"[^\s<>()\"',;:]@[^\s<>()\"',;:@]")
_YEAR = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?!\d)|(?<!\d)\d{1,2}-\w{3,4}\.?-\d{2,4}|\d年"
)
_TIME = re.compile(
    r"(?<!\d)\d{1,2}\s?[:.h]\s?\d{2}(?!\d)|\d時|\d点|\d시|\b\d{1,2}\s?[ap]\.?m\b", re.IGNORECASE
)
_START = re.compile(
    r"[-*\s]{0,40}(?:on|pada|pd|am|le|el|op|den|em|il|w dniu|dnia|dňa|dne|vào|à|på|de|на|у|в|tarih|בתאריך|"
    r"\w{1,8}[.,] \d|\w{2,4}\.?,? \d{1,2}\.? \w|\d{1,4}[./\-年년]|\d{1,2} \w|\d{1,2}:\d\d)",
    re.IGNORECASE,
)
_GLUED = re.compile(
    r"(?:(?<=\s)|(?<=-)|(?<=[.!?)]))(?:On|Pada(?: tanggal)?|Am|Le|El|Op|Il|Em) "
    r"(?=(?:\w{2,9}\.?,? )?(?:\d|\w{3,9}\.? \d))"
)
_RULED_ON = re.compile(r"\S\s?-{2,}\s?On ")
_LABEL = re.compile(
    rf"[*_|\s]{{0,20}}(?:(?P<from>{alternatives(languages.FROM)})|(?P<sent>{alternatives(languages.SENT)})"
    rf"|(?P<date>{alternatives(languages.DATE)})|(?P<to>{alternatives(languages.TO)})"
    rf"|(?P<subject>{alternatives(languages.SUBJECT)})|(?P<other>{alternatives(languages.OTHER)}))"
    r"\s{0,3}\*{0,2}\s{0,3}[:：]",
    re.IGNORECASE,
)


def is_quote(short: str) -> bool:
    """The line begins with ">"."""
    return short.startswith(">")


def is_ruler(short: str) -> bool:
    """The line is nothing but dashes or the like."""
    return len(short) >= 4 and short[0] in "-_=*#~─—" and bool(_RULER.match(short))


def is_forward(short: str) -> bool:
    """Someone else's mail, passed on, begins here."""
    short = short.lstrip("> ")
    if not short or (short[0] not in "-_=*#" and short[-1] not in ":："):
        return False
    return bool(_FORWARDED.match(short))


def is_original(short: str) -> bool:
    """`----- Original Message -----`, in any language."""
    return len(short) > 6 and short[0] in "-_=*#" and short[-1] in "-_=*#" and bool(_ORIGINAL.match(short))


def attribution_end(shorts: Sequence[str], at: int, *, is_reply: bool) -> int:
    """The line after "On …, … wrote:" when that begins at `at` (it may be wrapped), else 0.

    In a mail that answers nothing, a customer's own words look like that more often than a header does: there
    quoted lines must follow.
    """
    end = _attribution_end(shorts, at)
    return end if is_reply or (end and next_is_quote(shorts, end)) else 0


def _attribution_end(shorts: Sequence[str], at: int) -> int:
    first = shorts[at]
    if first[0] == "-" and first[-1] == "-" and _RULED_WROTE.match(first):
        return at + 1
    if first[0].isdigit() and "@" in first and _DATE_FIRST.match(first) and next_is_quote(shorts, at + 1):
        return at + 1
    joined = ""
    for end in range(at, min(at + _SPAN, len(shorts))):
        short = shorts[end]
        if end > at and is_quote(short) and joined.count("<") <= joined.count(">"):
            return 0  # a ">" goes on with the header only where an address was broken before it
        joined = f"{joined} {short}".strip()
        if len(joined) > LONG:
            return 0
        if _closes(short) and _names_a_mail(joined, next_is_quote(shorts, end + 1)):
            return end + 1 if _begins_here(shorts, at, end, joined) else 0
        if end > at and not short and not joined.endswith(("<", ",")) and not _YEAR.search(joined):
            return 0  # a blank line inside a header happens only where an address was broken off
    return 0


def _begins_here(shorts: Sequence[str], at: int, end: int, joined: str) -> bool:
    """The header does not begin on a later line: what stands above it is the sender's own."""
    for later in range(at + 1, end + 1):
        shorter = " ".join(shorts[later : end + 1])
        if _names_a_mail(shorter, False) and (_START.match(shorter) or _YEAR.search(shorter[:40])):
            return False
    if end == at or _START.match(joined):
        return True
    found = _EMAIL.search(joined)
    return bool(found and found.start() < 60)  # `Anna <anna@…> ezt írta (…):`, wrapped


def _closes(short: str) -> bool:
    """A header of that kind ends on this line: with a colon, or with "wrote"."""
    end = short.rstrip("-_* ")
    if not end:
        return False
    if end[-1] in ":：":
        return True
    end = end[-30:].casefold()
    if not end.endswith(_WROTE_ENDINGS):
        return False
    return any(found.end() == len(end) for found in _WROTE.finditer(end)) or bool(_WROTE_UNSPACED.search(end))


def _names_a_mail(joined: str, quote_follows: bool) -> bool:
    """Enough of date, time, address and "wrote" to be no sentence of the sender."""
    email = "@" in joined and bool(_EMAIL.search(joined))
    if not email and not _DIGIT.search(joined):
        return False
    year = bool(_YEAR.search(joined))
    time = bool(_TIME.search(joined))
    if not (email or year or time):
        return False
    if email and time and year and _ADDRESS_LAST.search(joined):
        return True
    if not (quote_follows or (year and (email or time)) or (email and time)):
        return False
    return bool(_WROTE.search(joined) or _WROTE_UNSPACED.search(joined))


def next_is_quote(shorts: Sequence[str], at: int) -> bool:
    """The next line that is not blank begins with ">"."""
    for place in range(at, min(at + 6, len(shorts))):
        if shorts[place]:
            return is_quote(shorts[place])
    return False


def glued(line: str) -> int:
    """How many characters of the line are the sender's own, before a header on the same line; 0: none."""
    if len(line) > LONG or (_START.match(line.strip()) and not _RULED_ON.search(line)):
        return 0
    last = 0
    for found in _GLUED.finditer(line):
        last = found.start()
    return last if line[:last].strip(" -") else 0


def is_mail_head(shorts: Sequence[str], at: int, *, is_reply: bool) -> bool:
    """From/Sent/To/Subject lines in any language, wrapped or not, with enough in them to be a mail's head.

    A business letter ("Tanggal: …", "Perihal: …", "Kepada Yth. …") is none: it has no address and no time.
    """
    first = _label(shorts[at])
    if first not in ("from", "sent", "date"):
        return False
    seen = {first}
    email = bool(_EMAIL.search(shorts[at]))
    time = bool(_TIME.search(shorts[at]))
    misses = 0
    for place in range(at + 1, min(at + 14, len(shorts))):
        short = shorts[place].lstrip("> ")
        label = _label(short)
        if label:
            seen.add(label)
            misses = 0
            time = time or (label in ("sent", "date") and bool(_TIME.search(short)))
        else:
            misses += 1
            if misses > 2:
                break
        email = email or bool(_EMAIL.search(short))
    if {"from", "sent"} <= seen:
        return True
    if {"from", "date"} <= seen and (email or (time and "subject" in seen)):
        return True
    if {"from", "to", "subject"} <= seen and email:
        return True
    return is_reply and {"date", "to"} <= seen and email and time


def _label(short: str) -> str:
    head = short[:50]
    if ":" not in head and "：" not in head:
        return ""
    found = _LABEL.match(head)
    return (found.lastgroup or "") if found else ""
