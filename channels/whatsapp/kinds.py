"""What a message says, by its kind: Meta's twenty kinds become text, files, or a placeholder."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from channels.base import Attachment
from channels.whatsapp.values import Json, listing, mapping, sha256_hex, word

MEDIA = ("image", "video", "audio", "document")

_NAME = re.compile(r"[a-z][a-z_]{0,29}")
_ENDINGS = {"image/jpeg": ".jpg", "audio/ogg": ".ogg", "audio/mpeg": ".mp3", "image/webp": ".webp"}
"""Where the system's table differs from machine to machine."""
_PLUMBING = frozenset({"flow_token"})
"""Fields of a form's answer that nobody filled in."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says. `button` is the value of a pressed button; `phone` one that was shared on being
    asked for it; `note` makes it nobody's word: on record with that cause, not answered."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    placeholder: str = ""
    command: str = ""
    button: str = ""
    phone: str = ""
    note: str = ""


def said(message: Json) -> Said:
    """What a message says. An unknown kind, and a known one without its content, is a placeholder."""
    kind = word(message.get("type"))
    if message.get("group_id"):
        return Said(note=f"group: a message in the group {word(message['group_id'])}")
    reader = _READERS.get(kind)
    if reader is None:
        return Said(placeholder=_kind_of(message))
    return reader(mapping(message.get(kind)), message)


def _kind_of(message: Json) -> str:
    """The kind that Meta could not pass on, where it says which."""
    inner = mapping(message.get("unsupported")).get("type")
    for name in (word(inner), word(message.get("type"))):
        if _NAME.fullmatch(name) and name not in ("unknown", "unsupported"):
            return name
    return "unsupported"


def _text(body: Json, _message: Json) -> Said:
    text = word(body.get("body"))
    return Said(text=text) if text.strip() else Said(placeholder="unsupported")


def _media(kind: str) -> Callable[[Json, Json], Said]:
    def read(body: Json, _message: Json) -> Said:
        reference = word(body.get("id"))
        caption = word(body.get("caption"))
        if not reference:
            return Said(text=caption, placeholder=kind)
        media_type = word(body.get("mime_type")).partition(";")[0].strip().lower()
        name = word(body.get("filename")) or kind + _ending(media_type)
        file = Attachment(
            name=name,
            media_type=media_type or "application/octet-stream",
            size=0,
            reference=reference,
            digest=sha256_hex(body.get("sha256")),
        )
        return Said(text=caption, attachments=(file,))

    return read


def _ending(media_type: str) -> str:
    return _ENDINGS.get(media_type) or mimetypes.guess_extension(media_type, strict=False) or ""


def _interactive(body: Json, _message: Json) -> Said:
    kind = word(body.get("type"))
    inner = mapping(body.get(kind))
    match kind:
        case "button_reply" | "list_reply":
            value, title = word(inner.get("id")), word(inner.get("title"))
            return (
                Said(text=title, button=value or title) if value or title else Said(placeholder="unsupported")
            )
        case "nfm_reply":
            return _form(inner)
        case "call_permission_reply":
            return Said(note=f"call_permission: {word(inner.get('response')) or 'answered'}")
    return Said(placeholder="unsupported")


def _form(body: Json) -> Said:
    """A filled-in form (Flow). `response_json` is a string, may be missing, and may be no JSON."""
    given = word(body.get("response_json"))
    try:
        fields = json.loads(given) if given else {}
    except (ValueError, RecursionError):
        fields = given
    if isinstance(fields, Mapping):
        lines = [
            f"{name}: {_shown(value)}"
            for name, value in fields.items()
            if name not in _PLUMBING and value != ""
        ]
    else:
        lines = [_shown(fields)]
    text = "\n".join(lines) or word(body.get("body"))
    return Said(text=text, placeholder="" if text.strip() else "form")


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_shown(each) for each in value)
    return word(value) or json.dumps(value, ensure_ascii=False)


def _button(body: Json, _message: Json) -> Said:
    """A quick reply of a template: words, as if typed. Templates are not ours to give values to."""
    text = word(body.get("text")) or word(body.get("payload"))
    return Said(text=text) if text.strip() else Said(placeholder="unsupported")


def _location(body: Json, _message: Json) -> Said:
    named = ", ".join(filter(str.strip, (word(body.get("name")), word(body.get("address")))))
    spot = ", ".join(word(body.get(each)) for each in ("latitude", "longitude") if body.get(each) is not None)
    return Said(text=f"{named} ({spot})" if named and spot else named or spot, placeholder="location")


def _contacts(_body: Json, message: Json) -> Said:
    """Cards. The card of who was asked for their number is their own: WhatsApp fills it in."""
    lines: list[str] = []
    shared = ""
    for card in map(mapping, listing(message.get("contacts"))):
        name = mapping(card.get("name"))
        shown = word(name.get("formatted_name")) or word(name.get("first_name"))
        phones = [mapping(each) for each in listing(card.get("phones"))]
        numbers = [word(each.get("phone")) or word(each.get("wa_id")) for each in phones]
        lines.append(" ".join(filter(None, (shown, ", ".join(filter(None, numbers))))))
        own = "contact_request" in (word(card.get("origin")), word(message.get("origin")))
        if own and not shared:
            shared = next((word(each.get("wa_id")) or word(each.get("phone")) for each in phones), "")
    return Said(text="\n".join(filter(None, lines)), placeholder="contact", phone=shared)


def _order(body: Json, _message: Json) -> Said:
    lines = [word(body.get("text"))]
    for item in map(mapping, listing(body.get("product_items"))):
        price = " ".join(filter(None, (word(item.get("currency")), word(item.get("item_price")))))
        line = f"{word(item.get('quantity')) or '?'} x {word(item.get('product_retailer_id'))}"
        lines.append(f"{line} ({price})" if price else line)
    text = "\n".join(filter(str.strip, lines))
    return Said(text=text, placeholder="" if text else "order")


def _reaction(body: Json, _message: Json) -> Said:
    emoji = word(body.get("emoji"))
    did = f"{emoji} to" if emoji else "taken back from"
    return Said(note=f"reaction: {did} {word(body.get('message_id'))}")


_READERS: Mapping[str, Callable[[Json, Json], Said]] = {
    "text": _text,
    **{kind: _media(kind) for kind in MEDIA},
    "sticker": lambda _body, _message: Said(placeholder="sticker"),
    "interactive": _interactive,
    "button": _button,
    "location": _location,
    "contacts": _contacts,
    "order": _order,
    "reaction": _reaction,
    "request_welcome": lambda _body, _message: Said(command="start"),
}
