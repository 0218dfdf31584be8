"""Bytes of any claimed charset -> text a database can hold. Never raises, never loses a readable letter."""

from __future__ import annotations

import base64
import codecs
import re
from functools import lru_cache

_ALIASES = {
    "unknown-8bit": "",
    "x-unknown": "",
    "unknown": "",
    "default": "",
    "default_charset": "",
    "8bit": "",
    "binary": "",
    "ascii": "us-ascii",
    "ansi_x3.4-1968": "us-ascii",
    "utf8mb4": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode": "utf-8",
    "x-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-8-e": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "iso-8859-6-e": "iso-8859-6",
    "iso-8859-1": "cp1252",  # what senders mean by it, and a superset for everything printable
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii-8bit": "cp1252",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "x-windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "euc-cn": "gb18030",
    "x-euc-cn": "gb18030",
    "x-big5": "big5hkscs",
    "big5": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ce": "mac_latin2",
    "cp-850": "cp850",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "win-1251": "cp1251",
    "windows-1252http-equivcontent-type": "cp1252",
}
_NOT_TEXT = frozenset(
    {"base64", "hex", "quopri", "uu", "zlib", "bz2", "rot13", "idna", "punycode", "undefined", "mbcs", "oem"}
    | {"unicode_escape", "raw_unicode_escape", "charmap", "utf-16", "utf-32"}
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,39}\Z")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SUPERSETS = frozenset({"utf-8", "UTF-8", "us-ascii", "US-ASCII", "iso-8859-1", "ISO-8859-1", "windows-1252"})
"""Charsets, as they are mostly written, in which ASCII bytes are what they are."""
_JAPANESE_ESCAPE = re.compile(rb"\x1b[($]")


@lru_cache(maxsize=256)
def codec(charset: str) -> str:
    """Python's name for a claimed charset, "" when there is none such (or it is no text charset)."""
    name = charset.partition("*")[0].strip(" \t\r\n\"';").lower()
    name = _ALIASES.get(name, name)
    if not name or not _NAME.match(name):
        return ""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        digits = re.fullmatch(r"(?:windows|win|cp|x-cp|ms)[-_]?(\d{3,5})", name)
        if digits:
            return codec(f"cp{digits[1]}") if name != f"cp{digits[1]}" else ""
        return ""
    if found.name in _NOT_TEXT or not getattr(found, "_is_text_encoding", True):
        return "utf-16" if found.name == "utf-16" else ""
    return found.name


def decode(content: bytes, charset: str = "", *, second: str = "") -> str:
    """Text of `content`: the claimed charset when it fits, else UTF-8, else `second`, else cp1252.

    A strict reading that succeeds wins; the last resort replaces single letters and never fails.
    """
    ascii_only = content.isascii()
    if ascii_only and (not charset or charset in _SUPERSETS) and b"\x00" not in content:
        return content.decode("ascii")
    claimed = codec(charset)
    if ascii_only and not claimed.startswith(("utf-16", "utf_16", "utf-7")):
        if _JAPANESE_ESCAPE.search(content) and claimed.startswith("iso2022"):
            return storable(_lenient(content, claimed))
        if claimed not in {"hz"}:
            return storable(content.decode("ascii", "replace"))
    tried = (claimed, "utf-8", codec(second))
    for name in tried:
        if not name or name == "ascii":
            continue
        try:
            return storable(content.decode(name))
        except (UnicodeError, ValueError, LookupError):
            continue
    name = _least_broken(content, claimed)
    if name == "cp1252" and claimed in ("", "ascii", "cp1252", "utf-8"):
        name = _guess(content) or name
    return storable(_lenient(content, name))


_KANA_EUC = re.compile(rb"(?:[\xa4\xa5][\xa1-\xf6]){2}")
_KANA_SJIS = re.compile(rb"(?:\x82[\x9f-\xf1]|\x83[\x40-\x96]){2}")


def _guess(content: bytes) -> str:
    """The charset of undeclared bytes in an East Asian or Cyrillic script, "" when it may be any Latin one.

    Judged by which bytes stand in runs: Latin text has single high bytes between ASCII letters.
    """
    sample = content[:4096]
    high = sum(byte > 127 for byte in sample)
    if high < 4:
        return ""
    runs = [run for run in re.findall(rb"[\x80-\xff]+", sample) if len(run) > 1]
    if sum(map(len, runs)) * 5 < high * 4:
        shift_jis = _KANA_SJIS.search(sample)
        return "cp932" if shift_jis and _fits(content, "cp932") else ""
    if _KANA_SJIS.search(sample) and sample[0:1] < b"\xa1" and _fits(content, "cp932"):
        return "cp932"
    if _KANA_EUC.search(sample) and _fits(content, "euc_jp"):
        return "euc_jp"
    joined = b"".join(runs)
    leads = [run[at] for run in runs for at in range(0, len(run) - 1, 2)]
    even = all(len(run) % 2 == 0 for run in runs)
    if even and all(byte >= 0xA1 for byte in joined):
        if all(0xB0 <= lead <= 0xC8 or lead == 0xA1 for lead in leads) and b" " in sample.strip():
            return "cp949"
        common = sum(0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3 for lead in leads)
        lower = sum(byte >= 0xE0 for byte in joined)
        if common * 10 >= len(leads) * 8 and lower * 2 < len(joined) and _fits(content, "gb18030"):
            return "gb18030"
    if all(byte >= 0xC0 or byte in (0xA8, 0xB8, 0xA3, 0xB3) for byte in joined):
        return "cp1251" if sum(byte >= 0xE0 for byte in joined) * 2 > len(joined) else "koi8_r"
    return ""


def _fits(content: bytes, name: str) -> bool:
    try:
        content.decode(name)
    except UnicodeError:
        return False
    return True


def _least_broken(content: bytes, claimed: str) -> str:
    """The charset whose lenient reading loses fewest letters."""
    best = "cp1252"
    least = _lenient(content[:65536], best).count("�") + 1
    for name in ("utf-8", claimed):
        if name and name != "ascii":
            lost = _lenient(content[:65536], name).count("�")
            # a claimed (or UTF-8) text with a few broken letters is still that text: cp1252 never complains
            if lost < least or lost * 20 < len(content):
                best, least = name, lost
    return best


def _lenient(content: bytes, name: str) -> str:
    try:
        return content.decode(name, "replace")
    except (UnicodeError, ValueError, LookupError):
        return content.decode("latin-1")


_UTF_7 = re.compile(r"\+([ABI][A-Za-z0-9+/]{2,400})-?")


def from_utf_7(text: str) -> str:
    """ASCII text in which undeclared UTF-7 stands ("Fr+APY-sche"), decoded; any other text as it is.

    Only letters up to the Arabic block and general punctuation count: telephone numbers and codes, which
    begin with a plus sign too, would be others.
    """
    return _UTF_7.sub(_shifted, text) if "+" in text else text


def _shifted(match: re.Match[str]) -> str:
    encoded = match[1]
    unused = len(encoded) * 6 % 16
    try:
        raw = base64.b64decode(encoded + "=" * (-len(encoded) % 4))
        found = raw[: len(raw) // 2 * 2].decode("utf-16-be")
    except (ValueError, UnicodeError):
        return match[0]
    known = all(0xA0 <= ord(each) < 0x700 or 0x2010 <= ord(each) <= 0x20AC for each in found)
    return found if known and unused < 6 and match[0][-1:] == "-" else match[0]


def storable(text: str) -> str:
    """`text` without NUL and lone surrogates, which no text column can hold."""
    if text.isascii():
        return text.replace("\x00", "") if "\x00" in text else text
    return _UNSTORABLE.sub("", text) if _UNSTORABLE.search(text) else text
