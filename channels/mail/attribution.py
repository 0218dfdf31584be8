"""Where a quote begins: "On …, … wrote:" in many languages, wrapped, glued, or without the word.

Every rule looks at a bounded number of lines and characters. A header ends in a colon or in "wrote", so only
the few lines that do are looked at closely.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from channels.mail.blocks import LONG, is_quote
from channels.mail.languages import LANGUAGES, UNSPACED, alternatives, every

_SPAN = 7  # lines over which a header may be wrapped

_WORDS = every("wrote")
_ENDINGS = tuple(word.casefold() for word in _WORDS)
_LAST_LETTERS = frozenset(word[-2:] for word in _ENDINGS)
_RULED = re.compile(
    rf"-{{2,60}}[^\n]{{0,300}}?\b(?:{alternatives(_WORDS)})\s*:?\s*-{{2,60}}\Z", re.IGNORECASE
)
_DATE_FIRST = re.compile(
    r"(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{4})[^<>]{0,200}<[^<>@\s]{1,64}@[^<>\s]{1,200}>\s*:?\Z"
)
_WROTE = re.compile(rf"(?:(?<=\W)|\A)(?:{alternatives(_WORDS)})(?=\W|\Z)", re.IGNORECASE)
_NAME = 80  # characters of a line that is but a name and "wrote:"
_BARE = re.compile(rf"(?<=\w )(?:{alternatives(_WORDS)})\s?[:：]\Z", re.IGNORECASE)
_LAST = max(map(len, _WORDS)) + 4  # characters from the end within which that word begins
_OUR_WORDS = tuple(word for each in ("id", "ms", "en") for word in LANGUAGES[each].wrote.split("|"))
_OURS = re.compile(rf"(?:(?<=\W)|\A)(?:{alternatives(_OUR_WORDS)})\s*[:：]?\Z", re.IGNORECASE)
_WROTE_UNSPACED = re.compile("|".join(UNSPACED))
_ADDRESS_LAST = re.compile(r"@[^\s<>()]{1,250}[>)\]]{1,3}\s?[:：][-_*\s]{0,40}\Z")
_ANGLE = re.compile(r"[<(\[][^<>()\[\]]{0,80}@[^<>()\[\]]{1,250}[>)\]]")
_DIGIT = re.compile(r"\d")
_EMAIL = re.compile(r"[^\s<>()\"',;:]@[^\s<>()\"',;:@]")
_YEAR = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?!\d)|(?<!\d)\d{1,2}-\w{3,4}\.?-\d{2,4}|\d年"
)
_FULL_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_NUMBER = re.compile(r"\d[\w./-]*")
_TIME = re.compile(
    r"(?<!\d)\d{1,2}\s?[:.h]\s?\d{2}(?!\d)|\d時|\d点|\d시|\b\d{1,2}\s?[ap]\.?m\b", re.IGNORECASE
)
_START = re.compile(
    rf"[-*\s]{{0,40}}(?:(?:{alternatives(every('on'))})(?=[\s\d.,:]|\Z)|"
    r"בתאריך|\w{1,8}[.,] \d|\w{2,4}\.?,? \d{1,2}\.? \w|\d{1,4}[./\-年년]|\d{1,2} \w|\d{1,2}:\d\d)",
    re.IGNORECASE,
)
_GLUED = re.compile(
    r"(?:(?<=\s)|(?<=-)|(?<=[.!?)]))(?:On|Pada(?: (?:tanggal|hari))?|Am|Le|El|Op|Il|Em) "
    r"(?=(?:\w{2,9}\.?,? )?(?:\d|\w{3,9}\.? \d))"
)
_RULED_ON = re.compile(r"\S\s?-{2,}\s?(?:On|Pada) ")


class Attributions:
    """Finds headers of that kind in one mail's lines (`shorts`: stripped and cut to `LONG`).

    `is_reply` False: the mail answers nothing. A customer's own words look like a header more often than one
    is there; then quoted lines must follow, or the header must have what only a program writes.
    """

    def __init__(self, shorts: Sequence[str], *, is_reply: bool) -> None:
        self.shorts = shorts
        self.is_reply = is_reply
        self.ends = [
            place
            for place, short in enumerate(shorts)
            if short and (short[0] != ">" or len(short) < 40) and _closes(short)
        ]

        self.near = {at for end in self.ends for at in range(end - _SPAN + 1, end + 1)}
        """Lines at which a header can begin, as far as its end tells."""

    def end(self, at: int) -> int:
        """The line after the header that begins at `at`, 0 when none does."""
        first = self.shorts[at]
        dated = first[0].isdigit() and "@" in first and _DATE_FIRST.match(first)
        if dated and next_is_quote(self.shorts, at + 1):
            return at + 1
        if not self.ends:
            return 0
        if first[0] == "-" and first[-1] == "-" and _RULED.match(first):
            return at + 1
        nearest = bisect_left(self.ends, at)
        if nearest == len(self.ends) or self.ends[nearest] >= at + _SPAN:
            return 0
        alone = self.ends[nearest] == at and len(first) < _NAME and (not at or not self.shorts[at - 1])
        if alone and next_is_quote(self.shorts, at + 1) and _BARE.search(first, max(len(first) - _LAST, 0)):
            return at + 1  # "Sari Dewi wrote:", and quoted lines below
        end = self._end(at, nearest)
        if not end or self.is_reply or next_is_quote(self.shorts, end):
            return end
        joined = " ".join(self.shorts[at:end])
        program = _ANGLE.search(joined) or (
            _YEAR.search(joined) and _TIME.search(joined) and not _OURS.search(joined)
        )
        return end if program else 0

    def _end(self, at: int, nearest: int) -> int:
        shorts, place, joined = self.shorts, at, self.shorts[at]
        if self.ends[nearest] > at and "@" not in joined and not _START.match(joined):
            return 0  # what is wrapped begins with a date, a word like "On", or an address
        for end in self.ends[nearest : nearest + _SPAN]:
            if end >= at + _SPAN:
                return 0
            while place < end:
                place += 1
                short = shorts[place]
                if is_quote(short) and joined.count("<") <= joined.count(">"):
                    return 0  # a ">" goes on with the header only where an address was broken before it
                joined = f"{joined} {short}".strip()
                if len(joined) > LONG:
                    return 0
                if not short and not joined.endswith(("<", ",")) and not _has_year(joined):
                    return 0  # a blank line inside a header happens only where an address was broken off
            if _names_a_mail(joined, next_is_quote(shorts, end + 1)):
                return end + 1 if self._begins_here(at, end, joined) else 0
        return 0

    def _begins_here(self, at: int, end: int, joined: str) -> bool:
        """The header does not begin on a later line: what stands above it is the sender's own."""
        first = self.shorts[at]
        for later in range(at + 1, end + 1):
            if later == at + 1 and first.endswith(",") and len(first) < 30 and _START.match(first):
                continue  # "On Tue,", and the date on the next line
            shorter = " ".join(self.shorts[later : end + 1])
            if not _FULL_YEAR.search(shorter) and _FULL_YEAR.search(" ".join(self.shorts[at:later])):
                continue  # the date above belongs to what follows it
            if _names_a_mail(shorter, False) and (
                _START.match(shorter)
                or _YEAR.search(shorter[:40])
                or (_ANGLE.search(shorter[:100]) and not _FULL_YEAR.search(" ".join(self.shorts[at:later])))
            ):
                return False
        if end == at or _START.match(joined):
            return True
        found = _EMAIL.search(first)
        return bool(found and found.start() < 60)  # `Anna <anna@…> ezt írta (…):`, wrapped


def _closes(short: str) -> bool:
    """A header of that kind ends on this line: with a colon, or with "wrote"."""
    last = short[-1]
    if last in ":：":
        return True
    if last.isascii() and not last.isalpha() and last not in "-_*)/":
        return False
    end = short.rstrip("-_* ")
    if not end:
        return False
    if end[-1] in ":：":
        return True
    end = end[-30:].casefold()
    if end[-2:] not in _LAST_LETTERS and end[-1] not in _LAST_LETTERS:
        return False
    if not end.endswith(_ENDINGS):
        return False
    return any(found.end() == len(end) for found in _WROTE.finditer(end)) or bool(_WROTE_UNSPACED.search(end))


def _names_a_mail(joined: str, quote_follows: bool) -> bool:
    """Enough of date, time, address and "wrote" to be no sentence of the sender."""
    email = "@" in joined and bool(_EMAIL.search(joined))
    if not email and not _DIGIT.search(joined):
        return False
    year = _has_year(joined)
    if email and year and _ADDRESS_LAST.search(joined) and _TIME.search(joined):
        return True
    found = email + year + quote_follows
    if found < 2 and not (found and _TIME.search(joined)):
        return False
    if joined.rstrip(":： -_*").casefold().endswith(_ENDINGS):
        return True
    return bool(_WROTE.search(joined) or _WROTE_UNSPACED.search(joined))


def _has_year(text: str) -> bool:
    return any(len(number) > 1 and _YEAR.search(number) for number in _NUMBER.findall(text))


def next_is_quote(shorts: Sequence[str], at: int) -> bool:
    """The next line that is not blank begins with ">"."""
    for place in range(at, min(at + 6, len(shorts))):
        if shorts[place]:
            return is_quote(shorts[place])
    return False


def glued(line: str) -> int:
    """How many characters of the line are the sender's own, before a header on the same line; 0: none."""
    if len(line) > LONG or (_START.match(line.strip()) and not ("--" in line and _RULED_ON.search(line))):
        return 0
    last = 0
    for found in _GLUED.finditer(line):
        last = found.start()
    return last if line[:last].strip(" -") else 0
