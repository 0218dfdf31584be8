"""Address headers and message ids, forgiving and in linear time."""

from __future__ import annotations

import re
from dataclasses import dataclass

from channels.mail.charsets import decode, storable
from channels.mail.headers import Headers, one_line, readable

MAX_ADDRESSES = 200
"""Addresses kept of one message's To and Cc each."""

_PIECE = re.compile(
    r'"(?:[^"\\]|\\.){0,2000}"'  # quoted string
    r"|<[^<>]{0,1000}>"  # angle address
    r"|[(),;:]"
    r'|[^"<(),;:]+'
    r"|.",
    re.DOTALL,
)
_BARE = re.compile(
    r"[^\s<>()\[\],;:\"']{1,256}@[^\s<>()\[\],;:\"']{1,255}|[^\s<>()\[\],;:\"']{1,256}@\[[^\]\s]{1,60}\]"
)
_PLAIN = re.compile(
    rb"\s{0,9}(?:\"?([A-Za-z0-9 .'_&-]{0,150})\"?\s{0,9}<)?"
    rb"([A-Za-z0-9_.+=-]{1,120}@[A-Za-z0-9.-]{3,190})(?(1)>)\s{0,9}\Z"
)
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_ID = re.compile(r"<([^<>]{1,900})>")
_LOOSE_ID = re.compile(r"[^\s<>,;\"]{3,900}")


@dataclass(frozen=True, slots=True)
class Address:
    """`email` lower-case in its domain, "" when there is none; `name` decoded."""

    email: str
    name: str = ""


def addresses(value: bytes, charset: str = "") -> list[Address]:
    """Every address of one header in order, at most `MAX_ADDRESSES`."""
    if plain := _PLAIN.match(value):  # one address as nearly every mail writes it
        email = _clean(plain[2].decode("ascii"))
        return [Address(email, one_line((plain[1] or b"").decode("ascii")).strip("'\" ")[:200])]
    found = _parse(decode(value, "utf-8", second=charset))
    if not any(each.email for each in found) and b"=?" in value:
        # some senders encode the whole header, address and all
        found = _parse(readable(value, charset)) or found
    return found


def _parse(text: str) -> list[Address]:
    found: list[Address] = []
    phrase: list[str] = []
    angle = ""
    comment = depth = 0
    noted: list[str] = []
    for match in _PIECE.finditer(text):
        piece = match.group()
        if depth:
            depth += (piece == "(") - (piece == ")")
            if depth:
                noted.append(piece)
            comment += 1
            if comment > 2000:
                depth = 0
            continue
        if piece == "(":
            depth = 1
        elif piece[0] == "<" and len(piece) > 1:
            angle = angle or _clean(piece[1:-1])
            if not angle and "@" not in piece:
                phrase.append("")
        elif piece in ",;":
            found.append(_address(phrase, angle, noted))
            phrase, angle, noted, comment = [], "", [], 0
            if len(found) >= MAX_ADDRESSES:
                return [each for each in found if each.email or each.name]
        elif piece == ":" and not angle and "@" not in "".join(phrase):
            phrase = []  # the name of a group
        else:
            phrase.append(piece)
    found.append(_address(phrase, angle, noted))
    return [each for each in found if each.email or each.name]


def _address(phrase: list[str], angle: str, noted: list[str]) -> Address:
    name = "".join(_unquoted(token) if token[:1] == '"' else token for token in phrase)
    if not angle:
        bare = _BARE.search(name)
        if bare:
            angle = _clean(bare.group())
            name = (name[: bare.start()] + name[bare.end() :]).strip(" <>'\"")
            name = name or "".join(noted)
    elif not name.strip():
        name = "".join(noted)
    if "=?" in name:
        name = readable(name.encode("utf-8", "surrogateescape"))
    return Address(angle, one_line(name).strip("'\" ")[:200])


def _unquoted(token: str) -> str:
    inner = token[1:-1] if len(token) > 1 and token[-1] == '"' else token[1:]
    return re.sub(r"\\(.)", r"\1", inner)


def _clean(text: str) -> str:
    """An address as it is compared: no blanks, source route dropped, the domain lower-case; "" if none."""
    text = _BLANKS.sub("", text).removeprefix("mailto:")
    if text.startswith("@") and ":" in text:
        text = text.rpartition(":")[2]
    text = text.strip("<>,;'")
    local, at, domain = text.rpartition("@")
    domain = domain.rstrip(".").lower()
    if not at or not local or not domain or len(text) > 320:
        return ""
    return f"{local}@{domain}"


def first(headers: Headers, name: str, charset: str = "") -> Address:
    """The first usable address of all headers of that name; a name without an address if there is none."""
    fallback = Address("")
    for value in headers.all(name):
        for each in addresses(value, charset):
            if each.email:
                return each
            if not fallback.name:
                fallback = each
    return fallback


def emails(headers: Headers, name: str) -> tuple[str, ...]:
    """Every address of all headers of that name, once each, in order."""
    found: dict[str, None] = {}
    for value in headers.all(name):
        for each in addresses(value):
            if each.email and len(found) < MAX_ADDRESSES:
                found[each.email] = None
    return tuple(found)


def bare(address: str) -> str:
    """An envelope address as `emails` would give it, "" for the null path."""
    return _clean(storable(address))


def message_ids(values: list[bytes], *, limit: int = 100) -> tuple[str, ...]:
    """Ids without their angle brackets, once each: the first and the last ones when there are too many."""
    found: dict[str, None] = {}
    for value in values:
        text = decode(value, "utf-8")
        ids = _ID.findall(text) or ([] if "<" in text else _LOOSE_ID.findall(text))
        for each in ids:
            each = "".join(one_line(each).split())
            if (each and "@" in each) or (each and "<" in text):
                found[each] = None
    ids = list(found)
    return tuple(ids if len(ids) <= limit else ids[:10] + ids[10 - limit :])
