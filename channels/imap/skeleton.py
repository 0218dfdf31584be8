"""A mail too large to take whole: its headers and texts, put together as the mail they would be without the
rest.

Which parts there are, BODYSTRUCTURE tells. What is left on the server is named, never silently dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from channels.mail import headers as heads
from channels.mail.parts import leaves

MOST_TEXT = 1024 * 1024
"""Bytes taken of each text."""
MOST_PARTS = 100
"""Parts that are looked at; a mail has a handful."""

_TEXTS = ("text", "message")
_WHOLE_MAILS = ("rfc822", "global")


@dataclass(frozen=True, slots=True)
class Left:
    """A part that stays on the server: `size` in bytes as it lies there, `where` an IMAP URL."""

    name: str
    media_type: str
    size: int
    where: str


@dataclass(frozen=True, slots=True)
class Skeleton:
    """`raw` is a mail of its own; `size` what the whole has in bytes."""

    raw: bytes
    size: int
    left: tuple[Left, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the structure: `section` as in BODY[section]; a multipart has `parts` and a `boundary`."""

    section: str
    kind: str
    subtype: str
    size: int = 0
    attached: bool = False
    boundary: str = ""
    parts: tuple[Node, ...] = ()

    @property
    def is_text(self) -> bool:
        """Whether it is taken: a text, or a mail system's report, that is not sent as a file."""
        return self.kind in _TEXTS and self.subtype not in _WHOLE_MAILS and not self.attached


Ask: TypeAlias = "Callable[[Sequence[bytes]], Mapping[bytes, Any] | None]"
"""Fetch items of one mail: its answer by item, None when the mail is gone."""


def fetch_skeleton(client: Any, uid: int, size: int, where: str) -> Skeleton | None:
    """Get headers and texts of a mail with `size` bytes; None when it is gone."""

    def ask(items: Sequence[bytes]) -> Mapping[bytes, Any] | None:
        found: Mapping[bytes, Any] | None = client.fetch([uid], list(items)).get(uid)
        return found

    told = ask([b"BODY.PEEK[HEADER]", b"BODYSTRUCTURE"])
    if told is None:
        return None
    head = _content(told, b"BODY[HEADER]")
    try:
        tree = structure(told.get(b"BODYSTRUCTURE"))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):  # servers get it wrong too
        return _beginning(ask, head, size, where)
    if not tree.parts:
        if tree.is_text:
            return _beginning(ask, head, size, where)
        return Skeleton(head, size, (_left(head, tree, where),))
    nodes = list(_walk(tree))[:MOST_PARTS]
    texts = [node for node in nodes if not node.parts and node.is_text]
    items = [f"BODY.PEEK[{node.section}.MIME]".encode() for node in nodes if node.section]
    items += [f"BODY.PEEK[{node.section}]<0.{MOST_TEXT}>".encode() for node in texts]
    parts = ask(items)
    if parts is None:
        return None
    mime = {
        node.section: _content(parts, f"BODY[{node.section}.MIME]".encode()) for node in nodes if node.section
    }
    bodies = {node.section: _content(parts, f"BODY[{node.section}]<0>".encode()) for node in texts}
    left = [
        _left(mime[node.section], node, where)
        for node in nodes
        if not node.parts and (node.section not in bodies or len(bodies[node.section]) < node.size)
    ]
    return Skeleton(head + _composed(tree, mime, bodies), size, tuple(left))


def structure(told: Any, section: str = "") -> Node:
    """The tree of a BODYSTRUCTURE as imapclient gives it. Raises what odd answers make it raise."""
    if isinstance(told[0], list | tuple):
        parts = tuple(
            structure(part, f"{section}.{number}" if section else str(number))
            for number, part in enumerate(told[0], 1)
        )
        boundary = _parameters(told[2] if len(told) > 2 else None).get("boundary", "")
        if not boundary:
            raise ValueError("a multipart without its boundary")
        return Node(section, "multipart", _word(told[1]), boundary=boundary, parts=parts)
    kind, subtype, size = _word(told[0]), _word(told[1]), int(told[6] or 0)
    place = 9 if kind == "text" else 11 if (kind, subtype) == ("message", "rfc822") else 8
    disposition = told[place] if len(told) > place else None
    attached = isinstance(disposition, tuple | list) and _word(disposition[0]) == "attachment"
    return Node(section or "1", kind, subtype, size, attached)


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from _walk(part)


def _composed(node: Node, mime: Mapping[str, bytes], bodies: Mapping[str, bytes]) -> bytes:
    """The body of a multipart with those of its parts that were taken."""
    pieces: list[bytes] = []
    line = b"--" + node.boundary.encode("ascii", "surrogateescape")
    for part in node.parts:
        if part.parts:
            inner = _composed(part, mime, bodies)
        elif part.section in bodies:
            inner = bodies[part.section]
        else:
            continue
        pieces.append(line + b"\r\n" + mime.get(part.section, b"\r\n") + inner + b"\r\n")
    return b"".join(pieces) + line + b"--\r\n"


def _beginning(ask: Ask, head: bytes, size: int, where: str) -> Skeleton | None:
    """Without a usable structure: the headers and the first bytes of what follows."""
    told = ask([f"BODY.PEEK[TEXT]<0.{MOST_TEXT}>".encode()])
    if told is None:
        return None
    begin = _content(told, b"BODY[TEXT]<0>")
    rest = Left("rest-of-message", "application/octet-stream", max(size - len(head) - len(begin), 0), where)
    return Skeleton(head + begin, size, (rest,))


def _left(mime: bytes, node: Node, where: str) -> Left:
    """A part by the name that its own header gives it."""
    head, _ = heads.split(mime, top=False)
    found, _warnings = leaves(head, b"")
    name = found[0].name if found else ""
    return Left(
        name or f"part {node.section}",
        f"{node.kind}/{node.subtype}",
        node.size,
        f"{where};SECTION={node.section}",
    )


def _content(told: Mapping[bytes, Any], item: bytes) -> bytes:
    found = told.get(item, told.get(item.replace(b"<0>", b"")))
    return found if isinstance(found, bytes) else b""


def _word(value: Any) -> str:
    return value.decode("ascii", "replace").lower() if isinstance(value, bytes) else ""


def _parameters(told: Any) -> dict[str, str]:
    if not isinstance(told, tuple | list):
        return {}
    words = [
        each.decode("ascii", "surrogateescape") if isinstance(each, bytes) else str(each) for each in told
    ]
    return {name.lower(): value for name, value in zip(words[::2], words[1::2], strict=False)}
