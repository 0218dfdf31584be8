"""What the customer wrote, apart from what their mail program added below and around it.

Works on lines with bounded rules only, so that its time grows with the text and never faster. When in doubt
a line is kept: an earlier mail shown twice costs a glance, a lost complaint costs a customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from channels.base import Forwarded
from channels.mail import forwards
from channels.mail.attribution import Attributions, glued, next_is_quote
from channels.mail.blocks import LONG, hints, is_forward, is_mail_head, is_original, is_quote, is_ruler
from channels.mail.footers import DISCLAIMER, MOBILE, MOBILE_BEGINS
from channels.mail.pages import CUT

MAX_TEXT = 200_000
"""Characters of a body that are looked at; what follows counts as quoted."""
MAX_LINES = 5_000

_NOTHING = " \t\r\x0b\x0c"
_UNSEEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_MANY_BREAKS = re.compile(r"\n{3,}")
_MOBILE = re.compile(rf"[*_>\s-]{{0,6}}(?:{'|'.join(MOBILE)})\s{{0,5}}\Z", re.IGNORECASE)
_DISCLAIMER = re.compile(rf"[*_#=\s-]{{0,20}}(?:{'|'.join(DISCLAIMER)})", re.IGNORECASE)
_MOBILE_LENGTH = 160
_QUOTED = ("", ">")  # a line's first letter within a quote
_MARKS = ("--", "—", "–")
_WIDE = 60  # a line that a program may have broken
_AT_THE_END = 12  # own lines from the end in which a phone's own line is looked for
_DISCLAIMER_LINES = 40
_NOTE = 400
_HANDING_OVER = re.compile(
    r"\b(?:mohon|tolong|mhn|harap|minta|dimohon) (?:di|bantu|dibantu|tindak|cek|follow)|\b(?:di ?bawah|"
    r"terlampir|berikut|teruskan|forward|diteruskan|fyi|below|see attached|"
    r"dari (?:pelanggan|customer|konsumen)|"
    r"please (?:help|check|handle|see|advise|assist|follow))\b",
    re.IGNORECASE,
)
"""Words of somebody who passes a mail on."""


@dataclass(frozen=True, slots=True)
class Visible:
    """`text` is what the customer wrote, `quoted` all that was cut, in its order; `forwarded` is somebody
    else's mail that was passed on and stays in the text."""

    text: str
    quoted: str = ""
    forwarded: Forwarded | None = None


@dataclass(slots=True)
class _Sheet:
    """Lines while they are being judged. `shorts` are what rules look at; `tails` what was cut off a line;
    `hinted` says that some line may say "reply above this line"."""

    lines: list[str]
    shorts: list[str] = field(init=False)
    keep: list[bool] = field(init=False)
    hinted: bool = field(init=False)
    tails: dict[int, str] = field(default_factory=dict)
    attributed: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shorts = [
            (line if len(line) <= LONG else line[: LONG * 2].strip()[:LONG]).strip(_NOTHING)
            for line in self.lines
        ]
        together = "\n".join(self.shorts)
        if not together.isascii():
            if _UNSEEN.search(together):
                self.shorts = [_UNSEEN.sub("", short) for short in self.shorts]
            self.shorts = [short.strip() for short in self.shorts]
            together = "\n".join(self.shorts)
        self.hinted = hints(together)
        self.keep = [True] * len(self.lines)

    def drop(self, begin: int, end: int | None = None) -> None:
        for place in range(begin, len(self.keep) if end is None else end):
            self.keep[place] = False

    def own(self) -> str:
        each = zip(self.lines, self.keep, self.shorts, strict=True)
        return _join([line for line, kept, short in each if kept and short != CUT])

    def has_own(self, end: int) -> bool:
        """Something above line `end` stays."""
        return any(kept and short for kept, short in zip(self.keep[:end], self.shorts[:end], strict=True))

    def cut(self) -> str:
        if not self.tails:
            each = zip(self.lines, self.keep, self.shorts, strict=True)
            return _join([line for line, kept, short in each if not kept and short != CUT])
        done = []
        for place, kept in enumerate(self.keep):
            if not kept and self.shorts[place] != CUT:
                done.append(self.lines[place])
            if place in self.tails:
                done.append(self.tails[place])
        return _join(done)


def visible(body: str, *, is_reply: bool = True, is_forward: bool = False, company: str = "") -> Visible:
    """Split `body` into what its sender wrote and the rest.

    `is_reply` False (no id of an earlier mail, no "Re:"): there is no earlier mail to cut, so that a text
    that looks like nothing but a quote is taken for content. `is_forward`: the subject says that a mail is
    passed on ("Fwd:"), so that an earlier mail is content too. `company` is the sender's domain, "" when many
    people share it.
    """
    head, tail = body[:MAX_TEXT], body[MAX_TEXT:]
    lines = (head.replace("\xa0", " ") if "\xa0" in head else head).split("\n")
    if len(lines) > MAX_LINES:
        tail = "\n".join(lines[MAX_LINES:]) + tail
        lines = lines[:MAX_LINES]
    sheet = _Sheet(lines)
    begin = _drop_quotes(sheet, is_reply, is_forward)
    _drop_signature(sheet, begin)
    text = sheet.own()
    if not text and (is_forward or not is_reply) and not _says_nothing(sheet):
        text = _join(line for line, short in zip(sheet.lines, sheet.shorts, strict=True) if short != CUT)
        passed_on = forwards.read(text.split("\n"), company=company)
        known = passed_on.email or passed_on.name
        return Visible(text, tail.strip("\n"), passed_on if known or is_forward else None)
    cut = sheet.cut()
    quoted = f"{cut}\n{tail}".strip("\n") if tail else cut
    return Visible(text, quoted, _passed_on(sheet, begin, company) if begin >= 0 else None)


def _passed_on(sheet: _Sheet, begin: int, company: str) -> Forwarded | None:
    if end := sheet.attributed.get(begin):  # its only head is "On …, … wrote:"
        text = "\n".join(re.sub(r"^> ?", "", line) for line in sheet.lines[end:]).strip()
        found = forwards.from_attribution(" ".join(sheet.shorts[begin:end]), text)
    else:
        found = forwards.read([line for line in sheet.lines[begin:] if line != CUT], company=company)
    above = zip(sheet.lines[:begin], sheet.keep, sheet.shorts, strict=False)
    note = _join(line for line, kept, short in above if kept and short != CUT)
    return replace(found, note=note) if found is not None and note else found


def _join(lines: Iterable[str]) -> str:
    text = "\n".join([line.rstrip() for line in lines]).strip()
    return _MANY_BREAKS.sub("\n\n", text) if "\n\n\n" in text else text


def _says_nothing(sheet: _Sheet) -> bool:
    """Only blanks and signature lines: there is nothing to take for content."""
    seen = [short for short in sheet.shorts if short and short != CUT]
    return all(is_mobile(short) for short in seen[:20]) or bool(seen and seen[0] in _MARKS)


# ------------------------------------------------------------------------------------------------- quotes


def _drop_quotes(sheet: _Sheet, is_reply: bool, passes_on: bool) -> int:
    """Drop earlier mails; give the line at which a mail begins that was passed on and stays, -1 for none."""
    shorts = sheet.shorts
    headers = Attributions(shorts, is_reply=is_reply and not passes_on)
    at = 0
    while at < len(shorts):
        short = shorts[at]
        if not short or (at not in headers.near and _is_plain(short, sheet.hinted)):
            at += 1
        elif is_quote(short):
            if (passes_on or not is_reply) and _is_quoted_forward(shorts, at, passes_on):
                return at
            at = _drop_quoted_lines(sheet, at)
        elif is_forward(short):
            return at
        elif short == CUT or is_original(short) or is_mail_head(shorts, at, is_reply=is_reply or passes_on):
            if passes_on or (not is_reply and _hands_over(sheet, at)):
                return at - 1 if at and is_ruler(shorts[at - 1]) else at
            _drop_rest(sheet, at)
            return -1
        elif end := headers.end(at):
            begin = at
            if own := glued(sheet.lines[at]):
                sheet.tails[at] = sheet.lines[at][own:]
                sheet.lines[at] = sheet.lines[at][:own].rstrip(" -")
                begin = at + 1
            elif passes_on:
                sheet.attributed[at] = end
                return at
            if not next_is_quote(shorts, end):
                if not own and "@" not in "".join(shorts[at:end]) and not sheet.has_own(at):
                    at = end  # somebody's words are told, or nothing at all would be left
                    continue
                _drop_rest(sheet, begin)
                return -1
            sheet.drop(begin, end)
            at = end
        else:
            at += 1
    return -1


def _is_plain(short: str, hinted: bool) -> bool:
    """Nearly every line: it has nothing by which any of the rules begins."""
    return (
        short[0] not in "-_=*#─—>\ue000"
        and ":" not in short
        and "：" not in short
        and not ("@" in short and short[0].isdigit())
        and not (hinted and hints(short))
    )


def _is_quoted_forward(shorts: Sequence[str], at: int, passes_on: bool) -> bool:
    """Quoted lines that begin with the title or the head of a mail that was passed on, as Apple sets them."""
    for place in range(at, min(at + 4, len(shorts))):
        if shorts[place].strip("> "):
            return is_forward(shorts[place]) or (passes_on and is_mail_head(shorts, place, is_reply=True))
    return False


def _hands_over(sheet: _Sheet, at: int) -> bool:
    """A new mail whose own words above an earlier mail only ask to look at it, or that has none."""
    own = " ".join(
        short for short, kept in zip(sheet.shorts[:at], sheet.keep[:at], strict=True) if kept and short
    )
    return not own.strip() or (len(own) <= _NOTE and bool(_HANDING_OVER.search(own)))


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
    while end < len(shorts) and shorts[end][:1] in _QUOTED:
        end += 1
    while end < len(shorts) and _torn_off(sheet, end):
        sheet.keep[end] = False
        end += 1
        while end < len(shorts) and shorts[end][:1] in _QUOTED:
            end += 1
    quoted = [short for short in shorts[at:end] if short]
    lone = len(quoted) == 1 and at > 0 and shorts[at - 1] and sheet.keep[at - 1] and quoted[0].endswith("<<<")
    if not lone:
        for place in range(at, end):
            sheet.keep[place] = not shorts[place]
    return end


def _torn_off(sheet: _Sheet, at: int) -> bool:
    """The line is the end of a long quoted line that some program broke without setting a ">" again.

    It goes on in the middle of a sentence or of a link, and the quote goes on below it or nothing follows. An
    answer between quoted lines begins like a sentence, or follows a line that ended.
    """
    above, short = sheet.shorts[at - 1], sheet.shorts[at]
    if len(above) < _WIDE or above[-1] in ".?!:;" or len(short) > _WIDE:
        return False
    follows = next((each for each in sheet.shorts[at + 1 : at + 3] if each), ">")
    return is_quote(follows) and (short[0].islower() or short[0] in "_(),.;%&=/")


# --------------------------------------------------------------------------------------------- signatures


def _drop_signature(sheet: _Sheet, forward: int) -> None:
    """Drop signatures: after "-- ", phones' own lines, disclaimers at the end.

    Above a mail that was passed on (it begins at line `forward`) only a phone's own lines are dropped.
    """
    place_ends = forward if forward >= 0 else len(sheet.keep)
    own = [place for place in range(place_ends) if sheet.keep[place] and sheet.shorts[place]]
    for order, place in enumerate(own):
        short, left = sheet.shorts[place], len(own) - order - 1
        if left < _AT_THE_END and is_mobile(short):
            sheet.keep[place] = False
            if order and sheet.shorts[own[order - 1]] in _MARKS:
                sheet.keep[own[order - 1]] = False
        elif forward < 0 and (
            _is_signature_mark(sheet, place, left)
            or (order and left <= 8 and len(short) >= 2 and not short.strip("_"))
            or (
                left < _DISCLAIMER_LINES
                and (left <= 3 or left * 2 <= len(own))
                and _is_disclaimer(sheet, place)
            )
        ):
            return sheet.drop(place)
    return None


def _is_signature_mark(sheet: _Sheet, place: int, left: int) -> bool:
    """Two dashes as mail programs set them, or as people do, at the end and apart."""
    if sheet.shorts[place] not in _MARKS:
        return False
    if sheet.shorts[place] == "—" and left > 2:
        return False  # people set it between paragraphs too
    return sheet.lines[place].startswith("-- ") or (left <= 15 and _stands_apart(sheet, place))


def is_mobile(short: str) -> bool:
    """A phone or a program wrote this line, not its owner: "Dikirim dari iPhone saya"."""
    if len(short) > _MOBILE_LENGTH:
        return False
    if short[-1:] == "?":
        return False
    if short.isascii() and short.lstrip("*_>- \t").partition(" ")[0].lower() not in MOBILE_BEGINS:
        return False
    return bool(_MOBILE.match(short))


def _is_disclaimer(sheet: _Sheet, place: int) -> bool:
    return _stands_apart(sheet, place) and bool(_DISCLAIMER.match(sheet.shorts[place]))


def _stands_apart(sheet: _Sheet, place: int) -> bool:
    return place == 0 or not sheet.shorts[place - 1] or is_ruler(sheet.shorts[place - 1])
