"""What is sent, as the API wants it: one message of ours becomes one message of Meta's, or several where it
does not fit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channels.base import Attachment, Choice
from channels.texts import numbered, split

LONGEST_TEXT = 4096
LONGEST_WITH_CHOICES = 1024
LONGEST_CAPTION = 1024
MOST_BUTTONS, LONGEST_BUTTON, LONGEST_BUTTON_ID = 3, 20, 256
MOST_ROWS, LONGEST_ROW, LONGEST_ROW_ID, LONGEST_MENU = 10, 24, 200, 20

_MEGABYTE = 1024 * 1024
_SIZES = {
    "image": 5 * _MEGABYTE,
    "audio": 16 * _MEGABYTE,
    "video": 16 * _MEGABYTE,
    "document": 100 * _MEGABYTE,
}
_KINDS = {
    "image/jpeg": "image",
    "image/png": "image",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "audio/mp4": "audio",
    "audio/mpeg": "audio",
    "audio/ogg": "audio",
    "video/3gpp": "video",
    "video/mp4": "video",
}
"""What Meta shows as what it is; everything else goes as a document."""
_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", " ")


@dataclass(frozen=True, slots=True)
class Part:
    """One message of Meta's: its `kind` and body. `file` is uploaded first, and its id set into the body."""

    kind: str
    body: dict[str, Any]
    file: Attachment | None = None


def in_parts(
    text: str, choices: Sequence[Choice] = (), menu: str = "", attachments: Sequence[Attachment] = ()
) -> list[Part]:
    """The messages of one outbound, in order: files, text, and last what is chosen from.

    Raises `ValueError` for a file that is too large; there is nothing to send when the list is empty.
    """
    text = text.strip()
    how = _shape(choices, menu)
    if choices and not how:
        text = numbered(text, choices)
    made: list[Part] = []
    for file in attachments:
        made.append(_file(file))
    if made and made[0].kind != "audio" and text and not how and len(text) <= LONGEST_CAPTION:
        made[0].body["caption"] = text
        return made
    before, last = _before_choices(text) if how else (text, "")
    made += [_text(each) for each in split(before, LONGEST_TEXT)]
    if how == "button":
        made.append(_buttons(last, choices))
    elif how == "list":
        made.append(_list(last, choices, menu))
    return made


def _text(text: str) -> Part:
    return Part("text", {"body": text, "preview_url": False})


def _shape(choices: Sequence[Choice], menu: str) -> str:
    """How choices are shown: as `button` or `list`, or "" (numbered in the text) where one does not fit. A
    label is never cut: two could become alike, and nobody would know what they press."""
    labels = [choice.label.strip() for choice in choices]
    if not choices or not all(labels) or len({label.casefold() for label in labels}) < len(labels):
        return ""
    if len({choice.value for choice in choices}) < len(choices) or not all(
        choice.value for choice in choices
    ):
        return ""
    longest, ids = max(map(len, labels)), max(len(choice.value) for choice in choices)
    if len(choices) <= MOST_BUTTONS and longest <= LONGEST_BUTTON and ids <= LONGEST_BUTTON_ID:
        return "button"
    fits = longest <= LONGEST_ROW and ids <= LONGEST_ROW_ID and 0 < len(menu.strip()) <= LONGEST_MENU
    return "list" if len(choices) <= MOST_ROWS and fits else ""


def _buttons(text: str, choices: Sequence[Choice]) -> Part:
    buttons = [{"type": "reply", "reply": {"id": c.value, "title": c.label.strip()}} for c in choices]
    return Part("interactive", {"type": "button", "body": {"text": text}, "action": {"buttons": buttons}})


def _list(text: str, choices: Sequence[Choice], menu: str) -> Part:
    rows = [{"id": choice.value, "title": choice.label.strip()} for choice in choices]
    action = {"button": menu.strip(), "sections": [{"rows": rows}]}
    return Part("interactive", {"type": "list", "body": {"text": text}, "action": action})


def _before_choices(text: str) -> tuple[str, str]:
    """What goes ahead, and what stands above the choices: the end of the text, where the question is."""
    if len(text) <= LONGEST_WITH_CHOICES:
        return "", text or "…"
    cut = len(text) - LONGEST_WITH_CHOICES
    for mark in _BREAKS:
        found = text.find(mark, cut)
        if 0 <= found < len(text) - len(mark):
            return text[: found + len(mark)].strip(), text[found + len(mark) :].strip()
    return text[:cut].strip(), text[cut:].strip()


def _file(file: Attachment) -> Part:
    media_type = file.media_type.partition(";")[0].strip().lower()
    size = len(file.content) if file.content is not None else file.size
    kind = _KINDS.get(media_type, "document")
    if size > _SIZES[kind]:
        megabytes = _SIZES[kind] // _MEGABYTE
        raise ValueError(
            f"{file.name} is larger than the {megabytes} MB that WhatsApp takes; send it by email"
        )
    return Part(kind, {"filename": file.name} if kind == "document" else {}, file)
