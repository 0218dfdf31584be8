"""What mail programs of another age pack into a part: uuencoded files in a text, Outlook's winmail.dat."""

from __future__ import annotations

import binascii
import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from channels.mail import tnef
from channels.mail.charsets import decode
from channels.mail.headers import Headers, parameters
from channels.mail.parts import MAX_PARTS, Part, tidy_name

_UU_BEGIN = re.compile(rb"(?:\A|\n)begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,200})\r?\n")
_UU_LINE = re.compile(rb"[ -`]{1,90}\Z")
_TNEF_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef", "application/x-tnef")


def unpacked(parts: Sequence[Part]) -> tuple[list[Part], list[str]]:
    """`parts` with what was packed in them beside them, in order, and what was odd.

    A winmail.dat that could be opened is replaced by its content; one that could not stays an attachment.
    """
    done: list[Part] = []
    warnings: list[str] = []
    has_text = any(part.media_type in ("text/plain", "text/html") and part.encoded.strip() for part in parts)
    for part in parts:
        if _is_tnef(part):
            inside = tnef.unpack(part.content)
            if inside is None:
                warnings.append("winmail.dat could not be opened")
                done.append(part)
                continue
            if inside.text.strip() and not has_text:
                done.append(_text(inside.text, "text/plain"))
            elif inside.html.strip() and not has_text:
                done.append(_text(inside.html, "text/html"))
            done += [_file(each.name, each.content, each.media_type) for each in inside.files]
            if not inside.files and has_text:
                done.append(part)  # nothing new in it: it stays what it is
        elif part.media_type == "text/plain" and b"begin" in (content := part.content):
            text, files = uudecoded(content)
            if files:
                head = Headers(tuple(each for each in part.headers.fields if each[0] == "content-id"))
                part = replace(part, headers=head, encoded=text)
            done.append(part)
            done += [_file(name, data, "") for name, data in files]
        else:
            done.append(part)
    return done, warnings


def _is_tnef(part: Part) -> bool:
    return (
        part.media_type in _TNEF_TYPES
        or part.name.lower() == "winmail.dat"
        or (part.media_type == "application/octet-stream" and part.name.lower() == "win.dat")
    )


def _text(text: str, media_type: str) -> Part:
    return Part(Headers(), media_type, {"charset": "utf-8"}, "", "", text.encode("utf-8"))


def _file(name: str, content: bytes, media_type: str) -> Part:
    kind, params = parameters(media_type.encode("utf-8", "replace"))
    kind = kind if "/" in kind else "application/octet-stream"
    return Part(Headers(), kind, params, "attachment", tidy_name(name), content)


def uudecoded(content: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    """`content` without its uuencoded files, and these as (name, bytes).

    A block counts only when its first line is uuencoded: "begin 100 x" may stand in a customer's sentence.
    """
    kept: list[bytes] = []
    files: list[tuple[str, bytes]] = []
    at = 0
    for begin in itertools.islice(_UU_BEGIN.finditer(content), MAX_PARTS):
        if begin.start() < at:
            continue
        data, end = _uu_lines(content, begin.end())
        if end < 0:
            continue
        kept.append(content[at : begin.start()])
        files.append((decode(begin[1].strip()), data))
        at = end
    kept.append(content[at:])
    return b"".join(kept), files


def _uu_lines(content: bytes, at: int) -> tuple[bytes, int]:
    """The decoded bytes and where the text goes on; -1 when what follows is not uuencoded."""
    done: list[bytes] = []
    while at < len(content):
        end = content.find(b"\n", at, at + 200)
        line = content[at : end if end >= 0 else at + 200].rstrip(b"\r")
        after = end + 1 if end >= 0 else min(at + 200, len(content))
        if line.strip() == b"end":
            return (b"".join(done), after) if any(done) else (b"", -1)
        decoded = _uu_line(line)
        if decoded is None:
            break
        done.append(decoded)
        at = after
    return (b"".join(done), at) if sum(map(bool, done)) > 1 else (b"", -1)


def _uu_line(line: bytes) -> bytes | None:
    if not line.strip() or line.strip() == b"`":
        return b""
    if not _UU_LINE.match(line):
        return None
    length = (((line[0] - 32) & 63) + 2) // 3 * 4
    if abs(len(line) - 1 - length) > 3 and len(line) - 1 > length:
        return None
    try:
        return binascii.a2b_uu(line[: 1 + length])
    except binascii.Error:
        return None
