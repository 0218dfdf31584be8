"""The MIME tree cut into its leaves: byte-exact, in linear time, whatever the message claims to be.

Own code instead of `email.parser`, because its time is depth x lines and it enters attached messages, which
must stay byte for byte what the customer attached.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from channels.mail import headers as heads
from channels.mail.charsets import decode
from channels.mail.headers import Headers, from_base64, parameters

MAX_PARTS = 2_000
"""Leaves that are kept apart; what follows stays together in one attachment."""
MAX_DEPTH = 30
"""Multiparts within multiparts that are opened."""


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf. `media_type` is lower-case, `disposition` "" | inline | attachment; `path` says in which
    multiparts it lies, outermost first, as (number, subtype)."""

    headers: Headers
    media_type: str
    params: dict[str, str]
    disposition: str
    name: str
    encoded: bytes
    path: tuple[tuple[int, str], ...] = ()

    @property
    def content(self) -> bytes:
        """The bytes behind the transfer encoding; what cannot be decoded comes as it is."""
        return decoded(self.encoded, self.headers.ascii("content-transfer-encoding"))

    @property
    def content_id(self) -> str:
        """Content-ID without brackets."""
        return self.headers.ascii("content-id").strip("<> ")

    def text(self) -> str:
        """Content of a text part as text with LF line ends."""
        content = self.content
        if b"\r" in content:
            content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        text = decode(content, self.params.get("charset", ""))
        if self.params.get("format", "").lower() == "flowed":
            text = _unflow(text, delete_space=self.params.get("delsp", "").lower() == "yes")
        return text


def leaves(headers: Headers, body: bytes) -> tuple[list[Part], list[str]]:
    """All leaves of a message whose headers have been read, in order, with what was odd about it."""
    found: list[Part] = []
    warnings: list[str] = []
    multiparts = 0
    waiting: list[tuple[Headers, bytes, tuple[tuple[int, str], ...], str]] = [
        (headers, body, (), "text/plain")
    ]
    while waiting:
        head, content, path, usual = waiting.pop()
        media_type, params = parameters(head.raw("content-type"))
        if "/" not in media_type:
            media_type = usual if media_type in ("", "text") else "application/octet-stream"
        if len(found) + len(waiting) >= MAX_PARTS and len(path) > 1:
            warnings.append("more parts than are kept apart")
            found.append(_rest(head, content, path))
            continue
        if media_type.startswith("multipart/"):
            if len(path) >= MAX_DEPTH:
                warnings.append("nested deeper than is opened")
                found.append(_rest(head, content, path))
                continue
            multiparts += 1
            inner = (*path, (multiparts, media_type.partition("/")[2]))
            content = _transport(head, content)
            cut = _cut(content, params.get("boundary", ""), room=MAX_PARTS - len(found) - len(waiting))
            if cut is None:
                warnings.append("a multipart without its boundary")
                found.append(_leaf(head, "text/plain", {}, content, path))
                continue
            preamble, pieces, closed = cut
            if not closed:
                warnings.append("a multipart that is not closed")
            if preamble.strip() and not path and len(pieces) == 0:
                found.append(_leaf(head, "text/plain", {}, preamble, inner))
            below = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
            for piece in reversed(pieces):
                piece_head, offset = heads.split(piece, top=False)
                waiting.append((piece_head, piece[offset:], inner, below))
        else:
            found.append(_leaf(head, media_type, params, content, path))
    return found, list(dict.fromkeys(warnings))


def _leaf(
    head: Headers, media_type: str, params: dict[str, str], content: bytes, path: tuple[tuple[int, str], ...]
) -> Part:
    disposition, more = parameters(head.raw("content-disposition"), params.get("charset", ""))
    name = more.get("filename") or more.get("name") or params.get("name") or params.get("filename") or ""
    disposition = disposition if disposition in ("inline", "attachment", "") else "attachment"
    return Part(head, media_type, params, disposition, tidy_name(name), content, path)


def _rest(head: Headers, content: bytes, path: tuple[tuple[int, str], ...]) -> Part:
    return Part(head, "application/octet-stream", {}, "attachment", "rest-of-message.bin", content, path)


def _transport(head: Headers, content: bytes) -> bytes:
    """A multipart must not be encoded, but some are."""
    encoding = head.ascii("content-transfer-encoding")
    if encoding in ("base64", "quoted-printable") and b"\n--" not in content and content[:2] != b"--":
        return decoded(content, encoding)
    return content


def _cut(content: bytes, boundary: str, *, room: int) -> tuple[bytes, list[bytes], bool] | None:
    """Preamble, parts and whether the last line was there; None without any boundary line."""
    mark = boundary.strip().encode("utf-8", "surrogateescape")
    if not mark or b"--" + mark not in content:
        guess = re.search(rb"(?:\A|\n)--([^\s].{0,68}[^\s-])[ \t]*\r?\n(?=[Cc]ontent-)", content)
        if guess is None:
            return None
        mark = guess[1]
    mark = b"--" + mark
    pieces: list[bytes] = []
    preamble = b""
    begin = -1
    closed = False
    after = 0
    while (at := content.find(mark, after)) >= 0:  # no pattern: to compile one for each mail costs more
        end = _END_OF_BOUNDARY.match(content, at + len(mark))
        after = end.end() if end else at + 1
        if end is None or (at and content[at - 1] not in b"\r\n"):
            continue
        if begin < 0:
            preamble = content[:at]
        else:
            pieces.append(_without_last_break(content[begin:at]))
        begin = after
        if end[1]:
            closed = True
            break
        if len(pieces) >= max(room, 1):
            break
    if begin < 0:
        return None
    if not closed and content[begin:].strip():
        pieces.append(content[begin:])
    return preamble, pieces, closed


_END_OF_BOUNDARY = re.compile(rb"(--)?[ \t]*(?:\r?\n|\r|\Z)")


def _without_last_break(piece: bytes) -> bytes:
    """The line break before a boundary belongs to the boundary."""
    if piece.endswith(b"\r\n"):
        return piece[:-2]
    return piece[:-1] if piece.endswith((b"\n", b"\r")) else piece


def decoded(content: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding. Never raises; an unknown one leaves the bytes as they are."""
    kind = encoding.strip(" ;\"'").partition(";")[0].partition(" ")[0]
    if kind in ("base64", "b64", "b"):
        return from_base64(content)
    if kind in ("quoted-printable", "quopri", "qp", "q"):
        return binascii.a2b_qp(content)
    if kind in ("x-uuencode", "uuencode", "x-uue", "uue", "x-uu"):
        return _from_uu(content)
    return content


def _from_uu(content: bytes) -> bytes:
    begin = re.search(rb"^begin [0-7]{3,4} [^\n]*\n", content, re.MULTILINE)
    if begin is None:
        return content
    done = []
    for line in content[begin.end() :].splitlines():
        if line.strip() == b"end":
            break
        try:
            done.append(binascii.a2b_uu(line))
        except binascii.Error:
            length = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            try:
                done.append(binascii.a2b_uu(line[:length]))
            except binascii.Error:
                continue
    return b"".join(done)


def _unflow(text: str, *, delete_space: bool) -> str:
    """RFC 3676: a line that ends in a blank goes on in the next one of the same quote depth."""
    done: list[str] = []
    depth_before, open_line = -1, False
    for line in text.split("\n"):
        stripped = line.lstrip(">")
        depth = len(line) - len(stripped)
        stripped = stripped.removeprefix(" ")
        if open_line and depth == depth_before and stripped != "-- ":
            done.append(stripped)
        else:
            done.append(("\n" if done else "") + ">" * depth + (" " if depth else "") + stripped)
        open_line = stripped.endswith(" ") and stripped != "-- "
        if open_line and delete_space:
            done[-1] = done[-1][:-1]
        depth_before = depth
    return "".join(done)


_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]+')


def tidy_name(name: str) -> str:
    """A file name without folders, control characters and direction tricks, at most 150 characters."""
    if re.match(r"[A-Za-z]:\\|\\\\", name) or ("\\" in name and "/" not in name):
        name = name.replace("\\", "/")
    name = name.rstrip("/").rpartition("/")[2]
    name = _FORBIDDEN.sub("", name).strip(" .") if name.strip(" .") else ""
    if len(name) > 150:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: 149 - len(ending)]}.{ending}" if dot and len(ending) <= 10 else name[:150]
    return name
