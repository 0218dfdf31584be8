"""The header block of a message or part: found, unfolded and decoded however it was written. Linear time."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from channels.mail.charsets import codec, decode, from_utf_7, storable

MAX_BLOCK = 262_144
"""Bytes of one header block that are read; the rest is skipped with a warning."""
MAX_VALUE = 65_536
"""Bytes of one header's value that are read."""
MAX_HEADERS = 2_000

_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_KNOWN = re.compile(
    rb"(?:from|to|cc|subject|received|date|mime-version|content-type|message-id|return-path|delivered-to"
    rb"|reply-to|sender|x-[a-z-]+)[ \t]*:",
    re.IGNORECASE,
)
_END_OF_BLOCK = re.compile(rb"\r?\n[ \t]*\r?\n")
_LINE = re.compile(rb"[^\n]*\n?")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Headers:
    """Raw values by lower-case name, in order of appearance, unfolded but not decoded."""

    fields: tuple[tuple[str, bytes], ...] = ()
    warnings: tuple[str, ...] = ()
    _index: dict[str, list[bytes]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, value in self.fields:
            self._index.setdefault(name, []).append(value)

    def all(self, name: str) -> list[bytes]:
        """Every value of this header."""
        return self._index.get(name, [])

    def raw(self, name: str) -> bytes:
        """The first value that is not blank, b"" when there is none."""
        values = self._index.get(name)
        return next((value for value in values if value.strip()), b"") if values else b""

    def text(self, name: str, charset: str = "") -> str:
        """The first value that is not blank, decoded and on one line."""
        return readable(self.raw(name), charset)

    def ascii(self, name: str) -> str:
        """The first value as lower-case ASCII, for headers that are words of a protocol."""
        if name not in self._index:
            return ""
        return self.raw(name)[:4096].decode("ascii", "replace").strip().lower()

    def any_of(self, names: Iterable[str]) -> bool:
        """One of these is there."""
        return not self._index.keys().isdisjoint(names)

    def __contains__(self, name: str) -> bool:
        return name in self._index


def split(block: bytes, *, top: bool) -> tuple[Headers, int]:
    """Read the header block at the start of `block`; give it and the offset at which the body begins.

    `top`: this is a whole message, so an mbox line and stray text before the headers are forgiven.
    """
    if plain := _well_formed(block):
        return plain
    at = _skip_prelude(block) if top else 0
    head = block[at : at + MAX_BLOCK]
    if not top and head[:1] in (b"\n", b"\r"):
        return Headers(), at + (2 if head[:2] == b"\r\n" else 1)
    fields: list[tuple[str, list[bytes]]] = []
    warnings: list[str] = []
    offset = 0
    for match in _LINE.finditer(head):
        line = match.group()
        if not line:
            break
        bare = line.rstrip(b"\r\n")
        if not bare.strip(b" \t"):
            offset = match.end()
            break
        if bare[:1] in b" \t" and fields:
            fields[-1][1].append(bare)
        elif name := _NAME.match(bare):
            if len(fields) < MAX_HEADERS:
                fields.append((name[1].decode("ascii").lower(), [bare[name.end() :]]))
            else:
                warnings.append("more headers than are kept")
        elif fields and bare[:5] in (b"From ", b">From"):
            pass
        elif not fields or not _more_headers_follow(head, match.end()):
            offset = match.start()  # no blank line between header and body
            if fields:
                warnings.append("no blank line after the headers")
            break
        else:
            warnings.append("a line among the headers is none")
        offset = match.end()
    else:
        offset = len(head)
    if offset >= MAX_BLOCK and len(block) > at + MAX_BLOCK:
        warnings.append("headers longer than the limit were skipped")
        end = _END_OF_BLOCK.search(block, at + MAX_BLOCK - 4)
        offset = (end.end() if end else len(block)) - at
    if any(sum(map(len, parts)) > MAX_VALUE for _, parts in fields):
        warnings.append("a header longer than is read")
    values = tuple((name, b"".join(parts)[:MAX_VALUE].strip()) for name, parts in fields)
    return Headers(values, tuple(dict.fromkeys(warnings))), at + offset


def _well_formed(block: bytes) -> tuple[Headers, int] | None:
    """What `split` gives for a block in which every line is a header, as nearly all are; else None."""
    end = block.find(b"\r\n\r\n", 0, MAX_BLOCK)
    other = block.find(b"\n\n", 0, end + 2 if end >= 0 else MAX_BLOCK)
    if other >= 0:
        head, offset = block[:other], other + 2
    elif end >= 0:
        head, offset = block[:end].replace(b"\r\n", b"\n"), end + 4
    else:
        return None
    blanks = b" \n" in head or b"\t\n" in head or head.endswith((b" ", b"\t"))
    if b"\r" in head or (blanks and _BLANK_LINE.search(head)):
        return None
    fields = _FIELD.findall(head)
    folded = head.count(b"\n ") + head.count(b"\n\t")
    if len(fields) != head.count(b"\n") + 1 - folded or not 0 < len(fields) <= MAX_HEADERS:
        return None  # some line is neither a header nor goes on with one
    if len(head) > MAX_VALUE and any(len(value) > MAX_VALUE for _, value in fields):
        return None
    return Headers(
        tuple([(_lower(name), value.replace(b"\n", b"").strip()) for name, value in fields])
    ), offset


@lru_cache(maxsize=512)
def _lower(name: bytes) -> str:
    return name.decode("ascii").lower()


_FIELD = re.compile(rb"^([!-9;-~]{1,200})[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.MULTILINE)
_BLANK_LINE = re.compile(rb"(?:\A|\n)[ \t]+(?:\n|\Z)")


def _skip_prelude(block: bytes) -> int:
    """The offset of the first header: behind blank lines, an mbox line, or a little stray text."""
    at = 0
    while at < len(block) and block[at : at + 1] in b"\r\n\t \xef\xbb\xbf\x00":
        at += 1
        if at > 4096:
            break
    if block[at : at + 5] in (b"From ", b">From"):
        end = block.find(b"\n", at)
        at = end + 1 if end >= 0 else at
    if _NAME.match(block, at):
        return at
    begin = at
    for _ in range(30):  # stray text above the headers; without a known header there are none
        end = block.find(b"\n", at)
        if end < 0 or end > begin + 8192:
            break
        at = end + 1
        if _KNOWN.match(block, at) and _more_headers_follow(block, at):
            return at
    return begin


def _more_headers_follow(block: bytes, at: int) -> bool:
    """The next lines are headers, so that a damaged line before them does not end the block."""
    for _ in range(3):
        if _KNOWN.match(block, at):
            return True
        end = block.find(b"\n", at, at + 2000)
        if end < 0 or not block[at:end].strip():
            return False
        at = end + 1
    return False


# ----------------------------------------------------------------------------------------- encoded words


def readable(value: bytes, charset: str = "") -> str:
    """A header's value as text on one line: raw 8-bit, RFC 2047 words, both, or neither. Never raises."""
    if b"=?" in value:
        return one_line(decode_words(value.decode("utf-8", "surrogateescape"), charset))
    text = decode(value, "utf-8", second=charset)
    return one_line(from_utf_7(text) if b"+" in value and value.isascii() else text)


def one_line(text: str) -> str:
    """Blanks and control characters folded into single spaces."""
    return _BLANKS.sub(" ", storable(text)).strip()


def decode_words(text: str, second: str = "") -> str:
    """Encoded words decoded; blanks between two of them dropped; halves of a letter in two words joined.

    `text` may hold raw bytes as lone surrogates; between the words they are read as UTF-8 or `second`.
    An end that was not found once is not looked for again, which keeps hostile input linear.
    """
    done: list[str] = []
    held, held_charset = b"", ""
    at = 0
    for begin in _WORD.finditer(text):
        if begin.start() < at:
            continue
        end = _end_of_word(text, begin.end(), begin[2] in "qQ")
        if end < 0:
            break
        between = text[at : begin.start()]
        if between.strip() or begin[1].lower() != held_charset.lower() or not held:
            done.append(_flush(held, held_charset))
            held = b""
            done.append("" if at and not between.strip() else between)
        body = text[begin.end() : end]
        held += _from_q(_bytes_of(body, begin[1])) if begin[2] in "qQ" else from_base64(_ascii(body))
        held_charset = begin[1]
        at = min(end + 2, len(text))
    done += [_flush(held, held_charset), text[at:]]
    return "".join(each if each.isascii() else decode(_raw(each), "utf-8", second=second) for each in done)


_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?")
_WIDE = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def _end_of_word(text: str, at: int, is_q: bool) -> int:
    """Where "?=" stands, -1 if nowhere; a word cut off by some limit ends with the text."""
    end = text.find("?=", at)
    for _ in range(5):  # a raw "?" before an encoded letter ("?=3D") is no end
        if not is_q or end < 0 or not _HEX_PAIR.match(text, end + 2):
            break
        further = text.find("?=", end + 2)
        if further < 0:
            break
        end = further
    if end < 0 and not is_q and not re.search(r"\s", text[at:].strip()):
        return len(text)
    return end


_HEX_PAIR = re.compile("[0-9A-F]{2}")


def _raw(text: str) -> bytes:
    return (
        text.encode("utf-8", "surrogateescape") if not _WIDE.search(text) else storable(text).encode("utf-8")
    )


def _ascii(text: str) -> bytes:
    return text.encode("ascii", "ignore")


def _from_q(raw: bytes) -> bytes:
    return _HEX.sub(lambda m: bytes([int(m[1], 16)]), raw.replace(b"_", b" "))


_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")


def _flush(held: bytes, charset: str) -> str:
    return decode(held, charset if codec(charset) else "utf-8") if held else ""


def _bytes_of(body: str, charset: str) -> bytes:
    """A Q word's own bytes. Letters that stand in it raw, against the rules, were read as UTF-8 by us and are
    brought back into the word's charset."""
    if body.isascii():
        return body.encode("ascii")
    try:
        return body.encode(codec(charset) or "utf-8")
    except UnicodeError:
        return _raw(body)


_NOT_BASE64 = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)


def from_base64(raw: bytes) -> bytes:
    """Decode base64 that may hold foreign characters, several padded runs, or a cut end."""
    clean = raw.translate(None, _NOT_BASE64)
    try:
        return base64.b64decode(clean, validate=True)
    except (binascii.Error, ValueError):
        pass
    done = []
    for run in clean.split(b"="):
        run = run[: len(run) - 1] if len(run) % 4 == 1 else run
        if run:
            done.append(binascii.a2b_base64(run + b"=" * (-len(run) % 4)))
    return b"".join(done)


# -------------------------------------------------------------------------------------------- parameters


_PARAM = re.compile(r';\s*([^\s=;"]{1,200})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.DOTALL)
_BACKSLASH = re.compile(r'\\(["\\])')


def parameters(value: bytes, charset: str = "") -> tuple[str, dict[str, str]]:
    """`text/plain; charset=utf-8; name*0*=…` -> ("text/plain", {"charset": "utf-8", "name": …}).

    RFC 2231 continuations and charsets, RFC 2047 where it does not belong, and raw 8-bit are all read.
    """
    if not value:
        return "", {}
    text = decode(value, "utf-8", second=charset)
    main, mark, rest = text.partition(";")
    if not mark and "=" in main and "/" not in main:
        main, rest, mark = "", main, ";"
    plain: dict[str, str] = {}
    split_up: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAM.finditer(mark + rest):
        name, content = match[1].lower(), match[2].strip()
        if content[:1] == '"':
            content = _BACKSLASH.sub(
                r"\1", content[1:-1] if content[-1:] == '"' and len(content) > 1 else content[1:]
            )
        base, star, tail = name.partition("*")
        if not star:
            plain.setdefault(name, content)
            continue
        number, _, _ = tail.partition("*")
        order = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
        split_up.setdefault(base, []).append((order, tail.endswith("*") or not tail, content))
    found = {
        name: one_line(decode_words(content) if "=?" in content else content)
        for name, content in plain.items()
    }
    for base, parts in split_up.items():
        found[base] = one_line(_joined(parts))
    return main.strip().lower(), found


def _joined(parts: list[tuple[int, bool, str]]) -> str:
    parts.sort(key=lambda part: part[0])
    charset, done = "", b""
    for place, (_, encoded, content) in enumerate(parts):
        if encoded and place == 0 and content.count("'") >= 2:
            charset, _, content = content.split("'", 2)
        raw = content.encode("utf-8", "surrogateescape")
        done += _PERCENT.sub(lambda m: bytes([int(m[1], 16)]), raw) if encoded else raw
    text = decode(done, charset or "utf-8")
    return decode_words(text) if "=?" in text else text


_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


def words(values: Iterator[bytes] | list[bytes]) -> str:
    """Several raw values as one lower-case string, for looking for protocol words."""
    return b" ".join(values)[:MAX_VALUE].decode("ascii", "replace").lower()
