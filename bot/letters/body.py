"""The body of a letter: what stands in it, quotes, and bounds. Only links to our own pages become links."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.sop.model import Sop

MAX_QUOTE_LINES = 30
MAX_QUOTE = 2_000

_URL = re.compile(r"https?://[^\s<>\"']{1,500}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all of category Cc but newline and tab
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text; `link` is where it leads, "" for plain text."""

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph (`text`), a list (`list`) or a ticket number by itself (`number`)."""

    kind: str
    lines: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of two columns with a heading."""

    heading: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a transcript: who and when, and the words."""

    head: str
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """The tables and the talk: what all letters on one ticket have in common."""

    tables: tuple[Table, ...]
    transcript_heading: str
    transcript: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """All that a letter shows, in this order; what is empty is left out. `record` is a record's HTML."""

    language: str
    title: str
    blocks: tuple[Block, ...] = ()
    record: str = ""
    closing: tuple[Block, ...] = ()
    quote_head: str = ""
    quote: str = ""


def words(text: str) -> str:
    """Text as it may stand in a body: line ends are newlines, no control characters, no lone surrogates,
    nothing that turns the direction of writing."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    if not text.isascii():
        text = _BIDI.sub("", text).encode("utf-8", "replace").decode()
    return _CONTROL.sub("", text)


def bounded(text: str, limit: int, note: str) -> str:
    """The text, or its beginning and `note` when it is longer than `limit` characters."""
    return text if len(text) <= limit else f"{text[:limit].rstrip()} {note}"


def quoted(text: str, note: str) -> str:
    """The last message as it is quoted below an answer: short, without quotes within the quote."""
    lines = [line for line in words(text).strip().split("\n") if not line.lstrip().startswith(">")]
    kept = "\n".join(lines[:MAX_QUOTE_LINES])
    if len(lines) > MAX_QUOTE_LINES or len(kept) > MAX_QUOTE:
        kept = f"{kept[:MAX_QUOTE].rstrip()}\n{note}"
    return kept.strip()


def blocks(text: str, *, numbers: Collection[str] = (), pages: Collection[str] = ()) -> tuple[Block, ...]:
    """Plain text as blocks: blank lines part paragraphs, lines that begin with `- ` are a list."""
    made: list[Block] = []
    kind, lines = "text", []  # type: str, list[tuple[Span, ...]]

    def end() -> None:
        if lines:
            made.append(Block(kind, tuple(lines)))
            lines.clear()

    for raw in text.split("\n"):
        line = raw.strip()
        if not line:
            end()
            continue
        of = "number" if line in numbers else "list" if line.startswith(("- ", "• ")) else "text"
        if of != kind or of == "number":
            end()
        kind = of
        lines.append(spans(line[2:].strip() if of == "list" else line, pages))
    end()
    return tuple(made)


def spans(line: str, pages: Collection[str]) -> tuple[Span, ...]:
    """A line with links to `pages` only: an address that a customer wrote stays plain text."""
    if "://" not in line:
        return (Span(line),) if line else ()
    found: list[Span] = []
    at = 0
    for match in _URL.finditer(line):
        url = match.group().rstrip(".,;:!?)]}")
        if url.rstrip("/") not in pages:
            continue
        found += [Span(line[at : match.start()]), Span(url, url)]
        at = match.start() + len(url)
    found.append(Span(line[at:]))
    return tuple(span for span in found if span.text)


def own_pages(sop: Sop) -> frozenset[str]:
    """Our own pages: the only addresses that become links."""
    return _own_pages(_SopKey(sop))


@dataclass(frozen=True, slots=True, eq=False)
class _SopKey:
    """A pack as a key of a cache: by its hash."""

    sop: Sop

    def __hash__(self) -> int:
        return hash(self.sop.hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SopKey) and self.sop.hash == other.sop.hash


@lru_cache(maxsize=8)
def _own_pages(of: _SopKey) -> frozenset[str]:
    sop = of.sop
    return frozenset(
        page.rstrip("/") for page in (sop.about.company.site, *(f.page for f in sop.faq.values()))
    )


@cache
def labels(language: str) -> dict[str, Any]:
    """The frame's own words in Indonesian, or in English for `en`."""
    path = Path(__file__).parent / "labels.yaml"
    both: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return both["en" if language == "en" else "id"]


def below(lines: Sequence[str], mark: str) -> str:
    """Lines, each set behind `mark`: nobody's words can look like ours."""
    return "\n".join([f"{mark}{line}".rstrip() for line in lines])


def plain_record(record: Record) -> str:
    """The record as text. What anybody wrote stands behind a mark, so that it cannot look like a heading."""
    parts: list[str] = []
    for table in record.tables:
        rows = "\n".join(f"{label}: {_indented(value)}" for label, value in table.rows)
        parts.append(f"{table.heading.upper()}\n{rows}")
    if record.transcript:
        said = "\n\n".join(
            (f"{entry.head}\n" if entry.head else "") + below(entry.text.split("\n"), "| ")
            for entry in record.transcript
        )
        parts.append(f"{record.transcript_heading.upper()}\n{said}")
    return "\n\n".join(parts)


def _indented(value: str) -> str:
    if "\n" not in value:
        return value.strip()
    return "\n".join(f"    {line}".rstrip() for line in value.split("\n")).strip()


def plain(blocks: Sequence[Block]) -> str:
    """Blocks as text."""
    return "\n\n".join(
        "\n".join("".join(span.text for span in line) for line in block.lines) for block in blocks
    )
