"""Phone numbers and email addresses, as people write them."""

from __future__ import annotations

import re
from itertools import islice

from bot.understanding.lexicon import Near
from bot.understanding.text import Reading

_MOST = 20
_DIGITS = re.compile(r"(?<![\w.,/@-])\+?\(?[\do](?:[\do]|[\s().\-–]{1,3}(?=[\do(]))*[\do](?![\w@/]|[.,/-]\d)")
_CUE = re.compile(
    r"(?:\b(?:hp|wa|whatsapp|handphone|hape|telp|tlp|telepon|telpon|tel|phone|call|mobile|kontak|contact|cp|nope|hub|hubungi|ponsel)\b|☎|📞)"
    r"[\s\w.:,=]{0,24}$"
)
_EMAIL = re.compile(
    r"[a-z0-9][a-z0-9._%+\-]{0,63}@[a-z0-9](?:[a-z0-9\-]{0,62}\.)+[a-z]{2,24}(?![a-z0-9@])|[a-z0-9][a-z0-9._%+\-]{0,63}@[a-z0-9\-]{2,63}(?![\w.@])"
)
_SPELT = re.compile(
    r"\b([a-z0-9](?:[a-z0-9_+\-]|\s?(?:\.|\btitik\b|\bdot\b)\s?){0,63})\s?(?:\(\s?at\s?\)|\[\s?at\s?\]|\{\s?at\s?\}|\s(?:at|et|add|keong)\s|\s?@\s?)\s?"
    r"([a-z0-9\-]{2,63}(?:\s?(?:\.|\s(?:titik|dot)\s|\(dot\)|\[dot\])\s?[a-z]{2,24}){1,3})\b"
)
_MAIL_WORD = re.compile(r"\b(?:titik|dot|email|e-mail|mail)\b")
_DOT = re.compile(r"\s*(?:\btitik\b|\(dot\)|\[dot\]|\bdot\b|\.)\s*")
DOMAINS = (
    "gmail.com", "yahoo.com", "yahoo.co.id", "ymail.com", "rocketmail.com", "hotmail.com", "outlook.com",
    "outlook.co.id", "icloud.com", "live.com", "msn.com", "proton.me", "protonmail.com", "aol.com",
)  # fmt: skip
"""Where most customers have their mailbox: a domain one letter away from these is a slip."""
_NEAR = Near(domain.replace(".", "x") for domain in DOMAINS)
_BY_LETTERS = {domain.replace(".", "x"): domain for domain in DOMAINS}


def phones(reading: Reading, asked: bool) -> list[tuple[str, int, int, float, str]]:
    """(value, start, end, score, problem) of each phone number; spans in `reading.low`."""
    low = reading.low
    found = []
    for match in islice(_DIGITS.finditer(low), _MOST):
        shown = match.group()
        digits = re.sub(r"[^\d+]", "", shown.replace("o", "0"))
        count = len(digits.lstrip("+"))
        if count < (3 if asked else 5) or ("o" in shown and sum(letter.isdigit() for letter in shown) < 5):
            continue
        cue = asked or bool(_CUE.search(low[max(0, match.start() - 40) : match.start()]))
        value, problem = number(digits, cue)
        if value:
            mobile = value.startswith("+628") or digits[0] == "+"
            score = 0.95 if cue or mobile else 0.8 if value[0] == "+" and digits[0] == "0" else 0.5
            if not cue and digits[0] not in "+0" and not digits.startswith("62"):
                score = 0.7 if value.startswith("+628") and re.search(r"\d[\s-]\d", shown) else 0.4
            found.append((value, match.start(), match.end(), score, problem))
    return found


def number(digits: str, meant: bool) -> tuple[str, str]:
    """(E.164 value, problem) for `digits` with an optional leading `+`; ("", "") when it is no phone number.

    `meant`: the customer said or was asked that this is a phone number, so that one that cannot be right is
    reported (`short`, `long`) with what was written instead of passed over.
    """
    plain = digits.lstrip("+")
    local = ""
    if digits.startswith("+62"):
        local = plain[2:]
    elif digits.startswith("0062"):
        local = plain[4:]
    elif plain.startswith("62") and digits[0] != "+" and plain[2:3] in "082345679" and len(plain) >= 10:
        local = plain[2:]
    elif plain.startswith("0"):
        local = plain[1:]
    elif plain.startswith("8") and digits[0] != "+":
        local = plain
    local = local.lstrip("0") if digits[0] == "+" or plain.startswith("62") else local
    if local.startswith("8") and local[1:2] not in ("", "0"):
        written_as_mobile = plain.startswith(("08", "62")) or digits[0] == "+" or plain.startswith("0062")
        if 9 <= len(local) <= 12 and (written_as_mobile or meant or len(local) >= 10):
            return "+62" + local, ""
        if meant or (plain.startswith("08") and 7 <= len(local) <= 15):
            return digits, "short" if len(local) < 9 else "long"
        return "", ""
    if (digits[0] == "+" or plain.startswith("0") or (meant and local)) and 7 <= len(plain) <= 15:
        import phonenumbers  # 60 ms once, and only for numbers that are no Indonesian mobile

        try:
            parsed = phonenumbers.parse(digits if not digits.startswith("00") else "+" + plain[2:], "ID")
        except phonenumbers.NumberParseException:
            parsed = None
        if parsed is not None and phonenumbers.is_valid_number(parsed):
            return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)), ""
    if meant and 3 <= len(plain) <= 20 and (plain[0] in "08" or digits[0] == "+" or plain.startswith("62")):
        return digits, "short" if len(plain) < 10 else "long"
    return "", ""


def emails(reading: Reading, asked: bool) -> list[tuple[str, int, int, float, str]]:
    """(value, start, end, score, problem) of each address; spans in `reading.low`.

    A slip in a well-known domain ("gmial.com") has the problem `domain`, and is followed by a second entry
    at the same place with the domain put right and a score below `SURE`: to be asked, not taken.
    """
    low = reading.low
    found: list[tuple[str, int, int, float, str]] = []
    if "@" in low:
        for match in islice(_EMAIL.finditer(low), _MOST):
            _address(found, match.group(), match.start(), match.end())
    if not found and (asked or "@" in low or "at)" in low or "at]" in low or _MAIL_WORD.search(low)):
        for match in _SPELT.finditer(low[:600]):
            local = _DOT.sub(".", match.group(1)).strip().replace(" ", "")
            domain = _DOT.sub(".", match.group(2)).strip().replace(" ", "")
            if local and "." in domain:
                _address(found, f"{local}@{domain}", match.start(), match.end())
    return found


def _address(found: list[tuple[str, int, int, float, str]], address: str, start: int, end: int) -> None:
    local, _, domain = address.rpartition("@")
    local = local.strip(".")
    domain = domain.strip(".-")
    if not local or ".." in local:
        return
    right = likely(domain)
    if right and right != domain:
        found.append((f"{local}@{domain}", start, end, 0.9, "domain"))
        found.append((f"{local}@{right}", start, end, 0.5, ""))
    elif "." not in domain or len(domain.rpartition(".")[2]) < 2:
        found.append((address, start, end, 0.9, "domain"))
    else:
        found.append((f"{local}@{domain}", start, end, 0.98, ""))


def likely(domain: str) -> str:
    """The well-known domain that `domain` is a slip of; `domain` itself when it is one, "" when unknown."""
    if domain in DOMAINS:
        return domain
    if domain in ("gmail", "yahoo", "hotmail", "outlook", "icloud"):
        return f"{domain}.com"
    near = _NEAR.find(domain.replace(".", "x"))
    if near:
        return _BY_LETTERS[near]
    name, _, end = domain.partition(".")
    for known in ("gmail", "yahoo", "hotmail", "outlook"):
        if (
            end in ("con", "cm", "om", "comm", "cok", "vom", "xom", "co", "com", "coom", "cim", "id")
            and _slip(name, known) <= 2
            and (end, name) != ("id", known)
        ):
            return f"{known}.com"
    return ""


def _slip(one: str, other: str) -> int:
    if one == other:
        return 0
    if abs(len(one) - len(other)) > 2 or one[:1] != other[:1]:
        return 9
    from rapidfuzz.distance import OSA

    return OSA.distance(one, other)
