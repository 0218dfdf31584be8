"""`winmail.dat`: what Outlook packs into one attachment instead of sending it as parts of the mail.

An own reader of the few properties that matter, because the one library for it believes every count it
reads: a mail of 60 bytes keeps it busy for hours. Offsets only grow here, so time grows with the size.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from channels.mail.charsets import decode

SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_FILES = 500
_MAX_DEPTH = 3

# objects of the stream
_BODY, _ATTACH_DATA, _ATTACH_TITLE = 0x800C, 0x800F, 0x8010
_ATTACH_BEGINS, _MESSAGE_PROPERTIES, _ATTACH_PROPERTIES, _CODEPAGE = 0x9002, 0x9003, 0x9005, 0x9007
# properties of the message and of its attachments
_TEXT, _HTML, _INTERNET_CODEPAGE = 0x1000, 0x1013, 0x3FDE
_DISPLAY_NAME, _DATA, _FILE_NAME, _LONG_NAME, _MIME_TYPE = 0x3001, 0x3701, 0x3704, 0x3707, 0x370E
_OBJECT, _STRING, _UNICODE, _BINARY, _MANY = 0x000D, 0x001E, 0x001F, 0x0102, 0x1000
_WIDTHS = {0x02: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}


@dataclass(frozen=True, slots=True)
class File:
    """An attachment inside; `media_type` is "" when it does not say."""

    name: str
    content: bytes
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What lay inside: `text` and `html` are "" where there is no such body."""

    files: tuple[File, ...] = ()
    text: str = ""
    html: str = ""


@dataclass(slots=True)
class _File:
    title: str = ""
    name: str = ""
    media_type: str = ""
    content: bytes = b""
    embedded: bool = False


def unpack(content: bytes, depth: int = 0) -> Unpacked | None:
    """What lies in a `winmail.dat`; None when it is none, or so damaged that nothing could be read of it."""
    if not content.startswith(SIGNATURE) or depth > _MAX_DEPTH:
        return None
    files: list[_File] = []
    text = html = ""
    charset = "cp1252"
    for name, data in _objects(content):
        if name == _CODEPAGE and len(data) >= 4:
            charset = f"cp{int.from_bytes(data[:4], 'little')}"
        elif name == _BODY:
            text = text or decode(data.rstrip(b"\x00"), charset)
        elif name == _MESSAGE_PROPERTIES:
            found = {key: (kind, value) for key, kind, value in _properties(data)}
            body_charset = charset
            if _INTERNET_CODEPAGE in found:
                number = int.from_bytes(found[_INTERNET_CODEPAGE][1][:4], "little")
                body_charset = "utf-8" if number == 65001 else f"cp{number}"
            text = text or _string(found.get(_TEXT), body_charset)
            html = html or _string(found.get(_HTML), body_charset)
        elif name == _ATTACH_BEGINS:
            if len(files) >= MAX_FILES:
                break
            files.append(_File())
        elif not files:
            continue
        elif name == _ATTACH_TITLE:
            files[-1].title = decode(data.rstrip(b"\x00"), charset)
        elif name == _ATTACH_DATA:
            files[-1].content = data
        elif name == _ATTACH_PROPERTIES:
            _describe(files[-1], data, charset)
    done: list[File] = []
    for file in files:
        done += _opened(file, depth)
    return Unpacked(tuple(done[:MAX_FILES]), text, html) if done or text or html else None


def _describe(file: _File, data: bytes, charset: str) -> None:
    for key, kind, value in _properties(data):
        if key == _LONG_NAME or (key in (_FILE_NAME, _DISPLAY_NAME) and not file.name):
            file.name = _string((kind, value), charset)
        elif key == _MIME_TYPE:
            file.media_type = _string((kind, value), charset)
        elif key == _DATA and kind in (_BINARY, _OBJECT):
            file.embedded = kind == _OBJECT
            file.content = value[16:] if kind == _OBJECT else value  # an object begins with its class


def _opened(file: _File, depth: int) -> list[File]:
    """The file itself, or the files and the words of a mail that was attached as an Outlook item."""
    name = file.name or file.title
    inner = unpack(file.content, depth + 1) if file.embedded else None
    if inner is None:
        return [File(name, file.content, file.media_type)] if file.content or name else []
    stem = name or "message"
    if inner.html:
        return [File(f"{stem}.html", inner.html.encode("utf-8"), "text/html; charset=utf-8"), *inner.files]
    if inner.text:
        return [File(f"{stem}.txt", inner.text.encode("utf-8"), "text/plain; charset=utf-8"), *inner.files]
    return list(inner.files)


def _objects(content: bytes) -> Iterator[tuple[int, bytes]]:
    """(name, bytes) of each object; a last one that is cut off counts as far as it goes."""
    at = 6
    while at + 9 <= len(content):
        _, name, _, length = struct.unpack_from("<BHHI", content, at)
        yield name, content[at + 9 : at + 9 + length]
        at += 9 + length + 2


def _properties(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(key, kind, bytes) of each property; of one with several values the first. Ends where it is damaged."""
    try:
        (count,) = struct.unpack_from("<I", data)
        at = 4
        for _ in range(min(count, len(data) // 4)):
            kind, key = struct.unpack_from("<HH", data, at)
            at += 4
            if key >= 0x8000:  # a named property
                (named,) = struct.unpack_from("<I", data, at + 16)
                at += 20
                if named:
                    (length,) = struct.unpack_from("<I", data, at)
                    at += length + -length % 4
                at += 4
            many, kind = bool(kind & _MANY), kind & ~_MANY
            if kind in _WIDTHS:
                number = 1
                if many:
                    (number,) = struct.unpack_from("<I", data, at)
                    at += 4
                yield key, kind, data[at : at + _WIDTHS[kind]]
                at += number * _WIDTHS[kind]
            elif kind in (_OBJECT, _STRING, _UNICODE, _BINARY):
                (number,) = struct.unpack_from("<I", data, at)
                at += 4
                for place in range(min(number, len(data) // 4)):
                    (length,) = struct.unpack_from("<I", data, at)
                    if place == 0:
                        yield key, kind, data[at + 4 : at + 4 + length]
                    at += 4 + length + -length % 4
            else:
                return
    except struct.error:
        return


def _string(found: tuple[int, bytes] | None, charset: str) -> str:
    if found is None:
        return ""
    kind, value = found
    if kind == _UNICODE:
        return decode(value[: len(value) // 2 * 2], "utf-16-le").rstrip("\x00")
    return decode(value.rstrip(b"\x00"), charset)
