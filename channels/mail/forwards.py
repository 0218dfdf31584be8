"""A mail that was passed on: where it begins in a text, who wrote it, what it says.

Sales staff pass customers' complaints on: the words below are the content, and their author is the customer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from channels.base import Forwarded
from channels.mail.addresses import addresses
from channels.mail.blocks import is_forward, is_original, is_quote, is_ruler, label

_HEAD_LINES = 40
_LOOK_AHEAD = 6  # lines between the title and the head
_MAX_DEPTH = 4
_LITTLE = 300
"""Characters of a note above: more than these, and the note is what the mail says."""
_MAILTO = re.compile(r"[<\[(]\s*mailto:\s*([^\s<>\[\]()]{1,320})\s*[>\])]", re.IGNORECASE)
_NESTED = re.compile(r"<([^\s<>]{1,320}@[^\s<>]{1,255})<mailto:[^<>]{1,320}>>", re.IGNORECASE)
_GLUED_LABEL = re.compile(
    r"(?<=[>\w)])(?=(?:To|Kepada|Cc|Sent|Dikirim|Terkirim|Date|Tanggal|Subject|Subjek|Judul|Perihal|"
    r"An|Gesendet|Betreff|À|Envoyé|Objet|Para|Enviado|Asunto|Assunto|A|Inviato|Oggetto|Aan|Verzonden|Onderwerp)\s?:\s)"
)
_WRITER = re.compile(r"^(?P<before>.{0,400}?)(?P<angle>[<(\[][^<>()\[\]]{1,320}@[^<>()\[\]]{1,255}[>)\]])")
_DATE_END = re.compile(
    r".*(?:\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AaPp]\.?[Mm]\b\.?)?(?:\s?\(?(?:WIB|WITA|WIT|[A-Z]{2,4}T|UTC|[+-]\d{4})\b\)?){0,2}"
    r"|\d{4})\s?,?\s*"
)


def read(lines: Sequence[str], *, company: str = "", depth: int = 0) -> Forwarded:
    """The mail that begins in `lines`: with its title, or straight with its From line.

    Whatever cannot be found is "". When all lines are quoted with ">", that level is taken off first. Of
    mails within mails the outermost is told, unless its author is of the `company` (a domain) that passes it
    on: then it only handed another one over.
    """
    if sum(1 for line in lines if line.strip()) > 1 and all(
        is_quote(line.lstrip()) or not line.strip() for line in lines[1:]
    ):
        lines = [line.lstrip()[1:].removeprefix(" ") if is_quote(line.lstrip()) else line for line in lines]
    at = 0
    for place, line in enumerate(lines[:_LOOK_AHEAD]):
        short = line.strip()
        if is_forward(short) or is_original(short) or is_ruler(short) or not short or short == "\ue000":
            at = place + 1
        else:
            break
    body = lines[at:]
    if (
        body
        and sum(1 for line in body if line.strip())
        and all(is_quote(line.lstrip()) or not line.strip() for line in body)
    ):
        body = [line.lstrip()[1:].removeprefix(" ") if is_quote(line.lstrip()) else line for line in body]
    values, rest = _head(body)
    email, name = author(values.get("sender", ""))
    text = "\n".join(line.rstrip() for line in body[rest:]).strip()
    found = Forwarded(email=email, name=name, subject=values.get("subject", "")[:1000], text=text)
    colleague = company and email.lower().endswith("@" + company)
    if colleague and depth < _MAX_DEPTH and (inner := _within(found, company, depth)):
        return inner
    return found


def _within(outer: Forwarded, company: str, depth: int) -> Forwarded | None:
    """The mail inside, when the outer one itself says little."""
    lines = outer.text.split("\n")
    said = 0
    for place, line in enumerate(lines[:60]):
        if is_forward(line.strip()):
            inner = read(lines[place:], company=company, depth=depth + 1)
            return inner if inner.email else None
        said += len(line.strip())
        if said > _LITTLE:
            return None
    return None


def _head(lines: Sequence[str]) -> tuple[dict[str, str], int]:
    """Values by kind of label, and the number of lines they take."""
    values: dict[str, str] = {}
    kind = ""
    place = 0
    limit = min(len(lines), _HEAD_LINES)
    blank = 0
    while place < limit:
        short = lines[place].strip().lstrip("|> ")
        if not short:
            blank += 1
            if blank > 1 and "sender" in values:
                break
            ahead = next((lines[n].strip() for n in range(place + 1, limit) if lines[n].strip()), "")
            if values and (not label(ahead)[0] or (blank and "sender" in values and "subject" in values)):
                break
            place += 1
            continue
        pieces = _GLUED_LABEL.split(short) if len(short) < 2000 else [short]
        if len(pieces) < 3:
            pieces = [short]
        matched = False
        for piece in pieces:
            found, value = label(piece.strip())
            if found:
                blank = 0
                kind = found
                values.setdefault(kind, value)
                matched = True
        if not matched:
            if kind and not values.get(kind):
                values[kind] = short.strip("* \t")  # the value stands below its label
            elif kind and _goes_on(lines, place, limit):
                if kind in ("sender", "subject"):
                    values[kind] = f"{values[kind]} {short}"
            else:
                break
        place += 1
    return values, place if values else 0


def _goes_on(lines: Sequence[str], place: int, limit: int) -> bool:
    """A line without a label inside the head: it is indented, or another label follows soon."""
    if lines[place][:1] in " \t":
        return True
    for further in range(place + 1, min(place + 4, limit)):
        short = lines[further].strip().lstrip("> ")
        if not short:
            return False
        if label(short)[0]:
            return True
    return False


def author(value: str) -> tuple[str, str]:
    """(address or "", name or "") of a From line as mail programs print it."""
    value = _NESTED.sub(r"<\1>", value.strip().strip("*"))
    value = _MAILTO.sub(r"<\1>", value).replace("*", "")
    value = re.split(r"\s(?:on behalf of|atas nama|im auftrag von|de la part de)\s", value, flags=re.I)[-1]
    for each in addresses(value.encode("utf-8", "replace")[:4000]):
        if each.email or each.name:
            name = each.name.strip("'\"<>[]() ")
            return each.email, "" if name == each.email else name
    return "", value.strip("'\"<>[]() ")[:200]


def from_attribution(line: str, text: str) -> Forwarded | None:
    """A mail whose only head is "On …, Name <address> wrote:"; None when no address stands in it."""
    match = _WRITER.match(line)
    if match is None:
        return None
    before = _DATE_END.sub("", match["before"]).strip(" ,\"'")
    email, name = author(f'"{before.replace(chr(34), "")}" <{match["angle"][1:-1]}>')
    return Forwarded(email=email, name=name, text=text) if email else None
