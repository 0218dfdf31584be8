"""What the customer wrote, apart from what their mail program added below and around it.

Works on lines with bounded rules only, so that its time grows with the text and never faster. When in doubt
a line is kept: an earlier mail shown twice costs a glance, a lost complaint costs a customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from channels.mail.attribution import (
    LONG,
    attribution_end,
    glued,
    is_forward,
    is_mail_head,
    is_original,
    is_quote,
    is_ruler,
    next_is_quote,
)
from channels.mail.languages import DISCLAIMER, MOBILE
from channels.mail.pages import CUT

MAX_TEXT = 200_000
"""Characters of a body that are looked at; what follows counts as quoted."""
MAX_LINES = 5_000

_NOTHING = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff \t\r\x0b\x0c"
_MOBILE = re.compile(rf"[*_>\s-]{{0,6}}(?:{'|'.join(MOBILE)})\s{{0,5}}\Z", re.IGNORECASE)
_DISCLAIMER = re.compile(rf"[*_#=\s-]{{0,20}}(?:{'|'.join(DISCLAIMER)})", re.IGNORECASE)
_MOBILE_LENGTH = 160
_AT_THE_END = 12  # own lines from the end in which a phone's own line is looked for
_DISCLAIMER_LINES = 40


@dataclass(frozen=True, slots=True)
class Visible:
    """`text` is what the customer wrote, `quoted` all that was cut, in its order; `forwarded` when the text
    holds somebody else's mail that was passed on."""

    text: str
    quoted: str = ""
    forwarded: bool = False


@dataclass(slots=True)
class _Sheet:
    """Lines while they are being judged. `shorts` are what rules look at; `tails` what was cut off a line."""

    lines: list[str]
    shorts: list[str] = field(init=False)
    keep: list[bool] = field(init=False)
    tails: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shorts = [line[: LONG * 2].strip(_NOTHING)[:LONG] for line in self.lines]
        self.keep = [True] * len(self.lines)

    def drop(self, begin: int, end: int | None = None) -> None:
        for place in range(begin, len(self.keep) if end is None else end):
            self.keep[place] = False

    def own(self) -> str:
        return _join(line for line, kept in zip(self.lines, self.keep, strict=True) if kept)

    def cut(self) -> str:
        done = []
        for place, kept in enumerate(self.keep):
            if not kept and self.shorts[place] != CUT:
                done.append(self.lines[place])
            if place in self.tails:
                done.append(self.tails[place])
        return _join(done)


def visible(body: str, *, is_reply: bool = True) -> Visible:
    """Split `body` into what its sender wrote and the rest.

    `is_reply` False (no id of an earlier mail, no "Re:"): there is no earlier mail to cut, so that a text
    that looks like nothing but a quote is taken for content.
    """
    head, tail = body[:MAX_TEXT], body[MAX_TEXT:]
    lines = head.replace("\xa0", " ").split("\n")
    if len(lines) > MAX_LINES:
        tail = "\n".join(lines[MAX_LINES:]) + tail
        lines = lines[:MAX_LINES]
    sheet = _Sheet(lines)
    forwarded = _drop_quotes(sheet, is_reply)
    if not forwarded:
        _drop_signature(sheet)
    text = sheet.own()
    if not text and not is_reply and not _says_nothing(sheet):
        text = _join(line for line, short in zip(sheet.lines, sheet.shorts, strict=True) if short != CUT)
        return Visible(text, tail.strip("\n"), forwarded)
    cut = sheet.cut()
    return Visible(text, f"{cut}\n{tail}".strip("\n") if tail else cut, forwarded)


def _join(lines: Iterable[str]) -> str:
    text = "\n".join(line.rstrip() for line in lines)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _says_nothing(sheet: _Sheet) -> bool:
    """Only blanks and signature lines: there is nothing to take for content."""
    seen = [short for short in sheet.shorts if short and short != CUT]
    return all(_is_mobile(short) for short in seen[:20]) or bool(seen and seen[0] in ("--", "—", "–"))


# ------------------------------------------------------------------------------------------------- quotes


def _drop_quotes(sheet: _Sheet, is_reply: bool) -> bool:
    """Drop earlier mails; True when a forwarded mail is among what stays."""
    shorts = sheet.shorts
    at = 0
    while at < len(shorts):
        short = shorts[at]
        if not short:
            at += 1
        elif is_quote(short):
            at = _drop_quoted_lines(sheet, at)
        elif is_forward(short):
            return True
        elif short == CUT or is_original(short) or is_mail_head(shorts, at, is_reply=is_reply):
            _drop_rest(sheet, at)
            return False
        elif end := attribution_end(shorts, at, is_reply=is_reply):
            begin = at
            if own := glued(sheet.lines[at]):
                sheet.tails[at] = sheet.lines[at][own:]
                sheet.lines[at] = sheet.lines[at][:own].rstrip(" -")
                begin = at + 1
            if not next_is_quote(shorts, end):
                _drop_rest(sheet, begin)
                return False
            sheet.drop(begin, end)
            at = end
        else:
            at += 1
    return False


def _drop_rest(sheet: _Sheet, at: int) -> None:
    """From `at` on everything is the earlier mail; so is a ruler just above."""
    sheet.drop(at)
    above = at - 1
    while above >= 0 and (not sheet.shorts[above] or is_ruler(sheet.shorts[above])):
        sheet.keep[above] = False
        above -= 1


def _drop_quoted_lines(sheet: _Sheet, at: int) -> int:
    """Drop a run of ">" lines; a lone one that ends in "<<<" is the sender's own drawing."""
    shorts = sheet.shorts
    end = at
    while end < len(shorts) and (not shorts[end] or is_quote(shorts[end])):
        end += 1
    quoted = [short for short in shorts[at:end] if short]
    lone = len(quoted) == 1 and at > 0 and shorts[at - 1] and sheet.keep[at - 1] and quoted[0].endswith("<<<")
    if not lone:
        for place in range(at, end):
            sheet.keep[place] = not shorts[place]
    return end


# --------------------------------------------------------------------------------------------- signatures


def _drop_signature(sheet: _Sheet) -> None:
    """Drop signatures: after "-- ", phones' own lines, disclaimers at the end."""
    own = [place for place, kept in enumerate(sheet.keep) if kept and sheet.shorts[place]]
    for order, place in enumerate(own):
        short, left = sheet.shorts[place], len(own) - order - 1
        if short in ("--", "—", "–") and (
            sheet.lines[place].startswith("-- ") or (left <= 15 and _stands_apart(sheet, place))
        ):
            return sheet.drop(place)
        if order and left <= 8 and len(short) >= 2 and short[0] == "_" and not short.strip("_"):
            return sheet.drop(place)
        if left < _AT_THE_END and _is_mobile(short):
            sheet.keep[place] = False
        elif (
            left < _DISCLAIMER_LINES and (left <= 3 or left <= len(own) // 2) and _is_disclaimer(sheet, place)
        ):
            return sheet.drop(place)
    return None


def _is_mobile(short: str) -> bool:
    return len(short) <= _MOBILE_LENGTH and bool(_MOBILE.match(short))


def _is_disclaimer(sheet: _Sheet, place: int) -> bool:
    return _stands_apart(sheet, place) and bool(_DISCLAIMER.match(sheet.shorts[place]))


def _stands_apart(sheet: _Sheet, place: int) -> bool:
    return place == 0 or not sheet.shorts[place - 1] or is_ruler(sheet.shorts[place - 1])
