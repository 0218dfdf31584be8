"""Telephone numbers as gateways write them, in one form: E.164. Pure."""

from __future__ import annotations

import re

_FILL = re.compile(r"[\s().\-\u00a0\u200e\u200f\u202a-\u202e/]+")
_DIGITS = re.compile(r"\+?[0-9]{5,20}")
SHORTEST = 7
"""Digits of a number that can be answered; a shorter one is a short code."""
LONGEST = 15
"""Digits of a number, by E.164."""


def e164(written: str, region: str) -> str:
    """The number as +62...; "" when it is none that can be answered: a short code, or a name ("TELKOMSEL").

    Gateways leave the + away (6281...), put 00 in its place, or write it as at home (0812...): without either
    sign it is a number of `region` (ISO 3166, "ID") if it can be one, else one with its country's code.
    """
    import phonenumbers  # 60 ms once; only who has SMS pays for it

    bare = _FILL.sub("", written.strip())
    if not _DIGITS.fullmatch(bare) or not bare.isascii():
        return ""
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    if len(bare.lstrip("+")) < SHORTEST:
        return ""
    tries = (bare,) if bare.startswith(("+", "0")) else (bare, "+" + bare)
    possible = ""
    for each in tries:
        try:
            number = phonenumbers.parse(each, region)
        except phonenumbers.NumberParseException:
            continue
        if not SHORTEST <= len(f"{number.country_code}{number.national_number}") <= LONGEST:
            continue
        form = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
        if phonenumbers.is_valid_number(number):
            return form
        if phonenumbers.is_possible_number(number) and (each.startswith(("+", "0")) or not possible):
            possible = form  # a range that is newer than the tables
    return possible


def national(number: str, region: str) -> str:
    """An E.164 number as it is dialled at home (0812...), where it is one of `region`; else as it is."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return number
    code = phonenumbers.country_code_for_region(region)
    return f"0{parsed.national_number}" if code and parsed.country_code == code else number
