"""The files of a letter: which go along, and how they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.dialogue.turn import File
from bot.letters import head
from channels.base import Attachment

MAX_FILES = 15 * 1024 * 1024
"""Bytes of attachments in one letter: base64 makes them a third larger, and many servers stop at 25 MB."""


def fit(files: Sequence[File]) -> tuple[list[File], list[File]]:
    """The files that go along, and those that do not fit any more."""
    inside: list[File] = []
    outside: list[File] = []
    room = MAX_FILES
    for file in files:
        (inside if file.size <= room else outside).append(file)
        room -= file.size if file.size <= room else 0
    return inside, outside


def attached(files: Sequence[File]) -> tuple[Attachment, ...]:
    """Files as a letter carries them, by digest."""
    return tuple(
        Attachment(name=name(f), media_type=f.media_type, size=f.size, reference=f.digest) for f in files
    )


def rows(
    inside: Sequence[File], outside: Sequence[File], word: Mapping[str, str], language: str
) -> tuple[tuple[str, str], ...]:
    """A table of them: name, and whether it goes along."""
    return (
        *((name(f), word["file_in"].format(size=_size(f.size, language))) for f in inside),
        *((name(f), word["file_out"].format(size=_size(f.size, language))) for f in outside),
    )


def name(file: File) -> str:
    """What a file is called in a letter."""
    return head.one_line(file.name, 120) or file.digest[:12]


def _size(count: int, language: str) -> str:
    size, unit = (count / 1024, "kB") if count < 1024 * 1024 else (count / 1024 / 1024, "MB")
    text = f"{size:.1f}" if 0 < size < 10 else f"{size:.0f}"
    return f"{text if language == 'en' else text.replace('.', ',')} {unit}"
