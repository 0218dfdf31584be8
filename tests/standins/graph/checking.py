"""What Graph checks of a message before it takes it: kinds, limits, templates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..people import Button
from .errors import Refusal, invalid, missing

MEDIA = ("image", "video", "audio", "document", "sticker")


@dataclass(slots=True)
class Template:
    """A message template. Only an APPROVED one can be sent; `body` has variables {{1}}, {{2}}."""

    name: str
    language: str
    body: str
    category: str = "UTILITY"
    status: str = "APPROVED"
    id: str = ""
    buttons: list[str] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """As Graph lists it."""
        components: list[dict[str, Any]] = [{"type": "BODY", "text": self.body}]
        if self.buttons:
            buttons = [{"type": "QUICK_REPLY", "text": text} for text in self.buttons]
            components.append({"type": "BUTTONS", "buttons": buttons})
        return {
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "parameter_format": "POSITIONAL",
            "components": components,
            "id": self.id,
        }


@dataclass(slots=True)
class Checked:
    """A message that may go: its words, its buttons, the media id it shows; `free` needs an open window."""

    kind: str
    text: str = ""
    buttons: list[Button] = field(default_factory=list)
    menu: str = ""
    media_id: str = ""
    file_name: str = ""
    free: bool = True


Templates = dict[tuple[str, str], Template]


def check(body: dict[str, Any], templates: Templates) -> Checked:
    """A message as it will be shown. Raises `Refusal`."""
    if body.get("messaging_product") != "whatsapp":
        raise Refusal(100, "The parameter messaging_product is required.")
    kind = str(body.get("type") or "text")
    part = body.get(kind)
    if not isinstance(part, dict):
        raise missing(kind)
    if len(str(body.get("biz_opaque_callback_data", ""))) > 512:
        raise invalid("biz_opaque_callback_data is longer than 512 characters")
    match kind:
        case "text":
            return Checked("text", _text(part, "body", 4096))
        case "interactive":
            return _interactive(part)
        case "template":
            return _template(part, templates)
        case "reaction":
            return Checked("reaction", str(part.get("emoji", "")))
        case "location":
            if "latitude" not in part or "longitude" not in part:
                raise missing("location.latitude")
            return Checked("location", str(part.get("name", "")))
        case _ if kind in MEDIA:
            return _media(kind, part)
    raise invalid(f"Param type must be one of the supported types, got {kind!r}")


def _text(part: dict[str, Any], name: str, most: int) -> str:
    text = part.get(name)
    if not isinstance(text, str) or not text.strip():
        raise missing(f"{name}")
    if len(text) > most:
        raise invalid(f"Param {name} must be at most {most} characters long")
    return text


def _media(kind: str, part: dict[str, Any]) -> Checked:
    if bool(part.get("id")) == bool(part.get("link")):
        raise missing(f"{kind}.id or {kind}.link")
    if part.get("link"):
        raise Refusal(131053, "Media by link: the address could not be fetched")
    caption = str(part.get("caption", ""))
    if caption and kind in ("audio", "sticker"):
        raise invalid(f"Param caption is not allowed for {kind}")
    if len(caption) > 1024:
        raise invalid("Param caption must be at most 1024 characters long")
    return Checked(kind, caption, media_id=str(part["id"]), file_name=str(part.get("filename", "")))


def _interactive(part: dict[str, Any]) -> Checked:
    action = part.get("action")
    if not isinstance(action, dict):
        raise missing("interactive.action")
    text = _text(part.get("body") or {}, "text", 1024)
    for name in ("header", "footer"):
        words = (part.get(name) or {}).get("text", "")
        if len(words) > 60:
            raise invalid(f"Param interactive.{name}.text must be at most 60 characters long")
    match part.get("type"):
        case "button":
            return Checked("interactive", text, _buttons(action))
        case "list":
            return Checked("interactive", text, _rows(action), _text(action, "button", 20))
        case "location_request_message" | "request_contact_info":
            return Checked("interactive", text)
    raise invalid(f"Param interactive.type: {part.get('type')!r} is not supported")


def _buttons(action: dict[str, Any]) -> list[Button]:
    given = action.get("buttons") or []
    if not 1 <= len(given) <= 3:
        raise invalid("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
    buttons = []
    for each in given:
        reply = each.get("reply") or {}
        if each.get("type") != "reply":
            raise invalid("Param buttons.type must be reply")
        buttons.append(Button(_text(reply, "title", 20), _text(reply, "id", 256)))
    _all_different(buttons, "Button")
    return buttons


def _rows(action: dict[str, Any]) -> list[Button]:
    sections = action.get("sections") or []
    if not 1 <= len(sections) <= 10:
        raise invalid("Invalid sections count. Min: 1, Max: 10")
    rows = []
    for section in sections:
        if len(sections) > 1 or section.get("title"):
            _text(section, "title", 24)
        for row in section.get("rows") or []:
            note = str(row.get("description", ""))
            if len(note) > 72:
                raise invalid("Param rows.description must be at most 72 characters long")
            rows.append(Button(_text(row, "title", 24), _text(row, "id", 200), row=True, note=note))
    if not 1 <= len(rows) <= 10:
        raise invalid("Total row count exceed max allowed count: 10")
    _all_different(rows, "Row", titles=False)
    return rows


def _all_different(buttons: list[Button], what: str, *, titles: bool = True) -> None:
    if len({b.value for b in buttons}) < len(buttons):
        raise invalid(f"{what} ids must be unique")
    if titles and len({b.label for b in buttons}) < len(buttons):
        raise invalid(f"{what} titles must be unique")


def _template(part: dict[str, Any], templates: Templates) -> Checked:
    name, language = str(part.get("name", "")), (part.get("language") or {}).get("code", "")
    template = templates.get((name, language))
    if template is None or template.status in ("PENDING", "REJECTED"):
        raise Refusal(132001, f"template name ({name}) does not exist in {language}")
    if template.status == "PAUSED":
        raise Refusal(132015)
    if template.status == "DISABLED":
        raise Refusal(132016)
    values: list[str] = []
    for component in part.get("components") or []:
        if str(component.get("type", "")).lower() == "body":
            values = [str(p.get("text", "")) for p in component.get("parameters") or []]
    expected = sum(f"{{{{{n}}}}}" in template.body for n in range(1, 20))
    if len(values) != expected:
        given = f"body: number of localizable_params ({len(values)})"
        raise Refusal(132000, f"{given} does not match the expected number of params ({expected})")
    text = template.body
    for number, value in enumerate(values, 1):
        if not value or "\n" in value or "\t" in value or "     " in value:
            raise Refusal(
                100, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
            )
        text = text.replace(f"{{{{{number}}}}}", value)
    if len(text) > 1024:
        raise Refusal(132005, "Translated text too long")
    return Checked("template", text, [Button(t, t) for t in template.buttons], free=False)
