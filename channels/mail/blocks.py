"""From/Sent/To/Subject lines and titled rulers: where a mail program begins to show an earlier mail.

Labels are looked up in a table, never searched for by one large pattern: most lines of most mails have none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.mail.languages import alternatives, every

LONG = 600
"""Characters of a line that rules look at."""

_RULE = r"(?:[-_=*#─—]\s?){2,60}"
_ORIGINAL = re.compile(
    rf"{_RULE}\s*\[?(?:{alternatives(every('original'))}|original(?=[\s\xa0]*[-_]))[^\n]{{0,60}}?{_RULE}\Z",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    rf"(?:{_RULE}\s*\[?(?:{alternatives(every('forwarded'))})[^\n]{{0,80}}?{_RULE}\Z"
    rf"|(?:{alternatives(every('begins'))})[^\n]{{0,40}}[:：]\Z)",
    re.IGNORECASE,
)
_ABOVE_THIS_LINE = re.compile(
    r"[-=_*#~<>\s]{0,60}(?:please )?(?:type |write |enter |send )?(?:your )?"
    r"(?:reply|respond|answer|balas(?:an)?|jawab(?:an)?|tulis balasan)[^\n]{0,40}"
    r"(?:above|di ?atas) (?:this|the|garis|baris)(?: (?:dotted )?line| ini)?[^\n]{0,60}\Z",
    re.IGNORECASE,
)
_RULER = re.compile(r"(?:[-_=*#~─—]\s?){4,}\Z")
_EMAIL = re.compile(r"[^\s<>()\"',;:]@[^\s<>()\"',;:@]")
_TIME = re.compile(
    r"(?<!\d)\d{1,2}\s?[:.h]\s?\d{2}(?!\d)|\d時|\d点|\d시|\b\d{1,2}\s?[ap]\.?m\b", re.IGNORECASE
)
_DIGIT = re.compile(r"\d")

_LABELS: dict[str, str] = {}
for _kind in ("copy", "subject", "to", "date", "sent", "sender"):  # a word of two meanings means the last one
    _LABELS.update(dict.fromkeys((_word.casefold() for _word in every(_kind)), _kind))
_OTHERS = (
    "reply-to|balas ke|organization|organisation|importance|kepentingan|priority|sensitivity|attachments|"
    "lampiran|bcc|mailed-by|signed-by|cci|cco|skrytá kopie"
)
_LABELS |= dict.fromkeys(_OTHERS.split("|"), "other")
_LONGEST = max(map(len, _LABELS)) + 12


def is_quote(short: str) -> bool:
    """The line begins with ">"."""
    return short.startswith(">")


def is_ruler(short: str) -> bool:
    """The line is nothing but dashes or the like."""
    return len(short) >= 4 and short[0] in "-_=*#~─—" and bool(_RULER.match(short))


def is_forward(short: str) -> bool:
    """Someone else's mail, passed on, begins here."""
    short = short.lstrip("> ")
    if not short or (short[0] not in "-_=*#─—" and short[-1] not in ":："):
        return False
    return len(short) < 200 and bool(_FORWARDED.match(short))


def is_original(short: str) -> bool:
    """`----- Original Message -----`, in any language, or "reply above this line"."""
    if len(short) > 6 and short[0] in "-_=*#─—" and short[-1] in "-_=*#─—" and _ORIGINAL.match(short):
        return True
    return hints(short) and bool(_ABOVE_THIS_LINE.match(short))


def hints(text: str) -> bool:
    """A line of the text may be one of those that say "reply above this line"."""
    return "bove" in text or "atas" in text or "BOVE" in text or "ATAS" in text


def label(short: str) -> tuple[str, str]:
    """The field of `Words` (or "other") that the line's label means, or ""; what stands behind its colon."""
    head = short[:_LONGEST]
    at = head.find(":")
    wide = head.find("：")
    if at < 0 or 0 <= wide < at:
        at = wide
    if at <= 0:
        return "", ""
    kind = _LABELS.get(head[:at].strip("*_|> \t").casefold(), "")
    return (kind, short[at + 1 :].strip("*_ \t|")) if kind else ("", "")


def is_mail_head(shorts: Sequence[str], at: int, *, is_reply: bool) -> bool:
    """From/Sent/To/Subject lines in any language, wrapped or not, with enough in them to be a mail's head.

    A business letter ("Tanggal: …", "Perihal: …", "Kepada Yth. …") or a waybill ("Dari: Cikarang", "Dikirim:
    16 November", "Untuk: Toko Makmur") is none: it has no address and no time. In a mail that answers nothing
    more is asked for.
    """
    first, value = label(shorts[at])
    if first not in ("sender", "sent", "date"):
        return False
    seen = {first}
    email = bool(_EMAIL.search(shorts[at]))
    time = first != "sender" and bool(_TIME.search(value))
    dated = first != "sender" and bool(_DIGIT.search(value))
    misses = 0
    for place in range(at + 1, min(at + 14, len(shorts))):
        short = shorts[place].lstrip("> ")
        kind, value = label(short)
        if kind:
            seen.add(kind)
            misses = 0
            if kind in ("sent", "date"):
                time = time or bool(_TIME.search(value or _next(shorts, place)))
                dated = dated or bool(_DIGIT.search(value or _next(shorts, place)))
        else:
            misses += 1
            if misses > 2:
                break
        email = email or bool(_EMAIL.search(short))
    if not is_reply and not (email or time):
        return False
    if {"sender", "sent"} <= seen and (
        email or (time and seen & {"to", "subject"}) or (dated and {"to", "subject"} <= seen)
    ):
        return True
    if {"sender", "date"} <= seen and (email or (time and "subject" in seen)):
        return True
    if {"sender", "to", "subject"} <= seen and email:
        return True
    return is_reply and {"date", "to"} <= seen and email and time


def _next(shorts: Sequence[str], place: int) -> str:
    """The line below a label that stands alone."""
    return shorts[place + 1] if place + 1 < len(shorts) else ""
