"""What is to be called for one outgoing message, in order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from channels.base import Attachment, Choice, Outbound
from channels.telegram.business import parse_thread
from channels.texts import numbered, split, units

TEXT = 4096
"""UTF-16 units of one message."""
CAPTION = 1024
"""UTF-16 units below a file."""
VALUE = 64
"""Bytes of what a button brings back."""
LARGEST_PHOTO = 10 * 1024 * 1024
LARGEST_FILE = 50 * 1024 * 1024
_SHORT = 14
"""Characters of a label up to which two buttons stand beside each other."""
_PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True, slots=True)
class Step:
    """One call: `method` with `parameters`, and a `file` in its `field`. `weight`: for how many messages it
    counts."""

    method: str
    parameters: dict[str, Any] = field(default_factory=dict)
    file: Attachment | None = None
    field: str = ""
    weight: int = 1

    def as_document(self) -> Step:
        """The same with the file as a document, as which Telegram takes every file."""
        return Step("sendDocument", self.parameters, self.file, "document", self.weight)


def steps(outbound: Outbound, *, long: int = 500) -> list[Step]:
    """Files first, then the words, the buttons below the last of it: that is what a phone shows at the
    bottom. A single file carries short words itself. Empty when there is nothing to send.

    Texts go without any markup: what a customer or an agent wrote can then neither be refused nor look like
    something it is not.
    """
    keyboard = _keyboard(outbound.choices)
    text = outbound.text.strip()
    if outbound.choices and keyboard is None:
        text = numbered(text, outbound.choices)
    if len(outbound.attachments) == 1 and units(text) <= CAPTION:
        made = [_file(outbound.attachments[0], text)]
    else:
        made = [_file(each, "") for each in outbound.attachments]
        made += [
            Step(
                "sendMessage",
                {"text": part, "link_preview_options": {"is_disabled": True}},
                weight=1 + (len(part) > long),
            )
            for part in split(text, TEXT)
        ]
    if made and (markup := _markup(outbound, keyboard)):
        made[-1].parameters["reply_markup"] = markup
    return made


def _file(file: Attachment, caption: str) -> Step:
    size = len(file.content) if file.content is not None else file.size
    words = {"caption": caption} if caption else {}
    if file.media_type in _PHOTOS and size <= LARGEST_PHOTO:
        return Step("sendPhoto", words, file, "photo")
    if file.media_type == "video/mp4":
        return Step("sendVideo", words, file, "video")
    return Step("sendDocument", words, file, "document")


def _markup(outbound: Outbound, keyboard: list[list[dict[str, str]]] | None) -> dict[str, Any]:
    """What hangs on the message: its choices; or the button that shares the own number, which stands where
    the phone's keys are until it is used; or word that the latter is over."""
    if keyboard is not None:
        return {"inline_keyboard": keyboard}
    if parse_thread(outbound.thread or outbound.to)[1]:
        return {}  # a business account's chats have no keys of the bot's
    if outbound.share:
        button = {"text": outbound.share, "request_contact": True}
        return {"keyboard": [[button]], "one_time_keyboard": True, "resize_keyboard": True}
    return {"remove_keyboard": True}


def _keyboard(choices: Sequence[Choice]) -> list[list[dict[str, str]]] | None:
    """The rows of buttons; None when there are none, or when a value is longer than a button can carry."""
    if not choices or any(not 0 < len(each.value.encode()) <= VALUE or not each.label for each in choices):
        return None
    rows: list[list[Choice]] = []
    for each in choices:
        beside = rows and len(rows[-1]) == 1 and max(len(rows[-1][0].label), len(each.label)) <= _SHORT
        if beside:
            rows[-1].append(each)
        else:
            rows.append([each])
    return [[{"text": each.label, "callback_data": each.value} for each in row] for row in rows]
