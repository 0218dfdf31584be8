"""Text and keyboards as the Bot API takes them: HTML to plain text and entities, limits in UTF-16 units."""

from __future__ import annotations

import html
import json
import re
from typing import Any

TEXT, CAPTION, ENTITIES, CALLBACK = 4096, 1024, 100, 64

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)?([^<>]*)>?")
_NAMED = re.compile(r"&(?:#x[0-9a-fA-F]+|#[0-9]+|lt|gt|amp|quot);")


class Refusal(Exception):
    """The Bot API says no: an HTTP status, and its own words."""

    def __init__(self, status: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status, self.description, self.retry_after = status, description, retry_after


def bad(description: str) -> Refusal:
    """A 400."""
    return Refusal(400, f"Bad Request: {description}")


def units(text: str) -> int:
    """The length in UTF-16 code units: what Telegram counts entities in."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_html(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Plain text and entities. Raises a 400 "can't parse entities", with the byte where it went wrong."""
    plain: list[str] = []
    length, entities = 0, list[dict[str, Any]]()
    open_tags: list[tuple[str, int, str]] = []
    at = 0

    def add(piece: str) -> None:
        nonlocal length
        plain.append(piece)
        length += units(piece)

    while at < len(text):
        if text[at] == "&" and (named := _NAMED.match(text, at)):
            add(html.unescape(named.group()))
            at = named.end()
            continue
        if text[at] != "<":
            end = min((p for p in (text.find("<", at), text.find("&", at + 1)) if p > 0), default=len(text))
            add(text[at:end])
            at = end
            continue
        where = len(text[:at].encode())
        tag = _TAG.match(text, at)
        if tag is None or not tag.group().endswith(">"):
            raise bad(f"can't parse entities: Unclosed start tag at byte offset {where}")
        closing, name, rest = tag.group(1), (tag.group(2) or "").lower(), tag.group(3)
        if closing:
            if not open_tags:
                raise bad(f"can't parse entities: Unexpected end tag at byte offset {where}")
            opened, start, attributes = open_tags.pop()
            if name and name != opened:
                raise bad(
                    f"can't parse entities: Unmatched end tag at byte offset {where}, "
                    f'expected "</{opened}>", found "</{name}>"'
                )
            if length > start:
                entity: dict[str, Any] = {"type": _KINDS[opened], "offset": start, "length": length - start}
                href = re.search(r"href\s*=\s*[\"']?([^\"' >]+)", attributes)
                if opened == "a" and href:
                    entity["url"] = html.unescape(href.group(1))
                entities.append(entity)
        else:
            if name not in _KINDS or (name == "span" and "tg-spoiler" not in rest):
                raise bad(f'can\'t parse entities: Unsupported start tag "{name}" at byte offset {where}')
            open_tags.append((name, length, rest))
        at = tag.end()
    if open_tags:
        raise bad(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{open_tags[-1][0]}\""
        )
    return "".join(plain), sorted(entities, key=lambda e: (e["offset"], -e["length"]))


def text_of(
    args: dict[str, Any], field: str, most: int, *, may_be_empty: bool = False
) -> tuple[str, list[dict[str, Any]]]:
    """The text of a call as Telegram shows it, with its entities. Raises the 400s of the real one."""
    raw = str(args.get(field) or "")
    mode = str(args.get("parse_mode") or "").lower()
    if mode == "html":
        text, entities = parse_html(raw)
    elif mode:
        raise bad("unsupported parse_mode")
    else:
        text, entities = raw, []
    text = text.replace("\0", "").rstrip()
    lead = len(text) - len(text.lstrip())
    if lead:
        cut = units(text[:lead])
        text = text[lead:]
        entities = [{**e, "offset": max(0, e["offset"] - cut)} for e in entities]
    if not text and not may_be_empty:
        raise bad("message text is empty")
    if units(text) > most:
        raise bad("message caption is too long" if field == "caption" else "message is too long")
    return text, entities[:ENTITIES]


def keyboard_of(args: dict[str, Any]) -> dict[str, Any] | None:
    """`reply_markup`, checked."""
    markup = args.get("reply_markup")
    if isinstance(markup, str):
        try:
            markup = json.loads(markup) if markup else None
        except ValueError:
            raise bad("object expected as reply markup") from None
    if not markup:
        return None
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    for row in markup.get("inline_keyboard", ()):
        for button in row:
            if not str(button.get("text") or "").strip():
                raise bad('can\'t parse inline keyboard button: Field "text" must be non-empty')
            data = button.get("callback_data")
            if data is None and not {"url", "web_app", "switch_inline_query", "copy_text"} & set(button):
                raise bad(
                    "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
                )
            if data is not None and not 1 <= len(str(data).encode()) <= CALLBACK:
                raise bad("BUTTON_DATA_INVALID")
    return dict(markup)
