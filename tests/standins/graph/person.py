"""Somebody with WhatsApp on the phone: says, sends, presses, picks, reads - and hears the business."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from ..people import Button, Ears, Got, Said
from .errors import Refusal
from .push import News

if TYPE_CHECKING:
    from .server import Graph, Number

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb004300") + bytes(64) + b"\xff\xd9"
"""Bytes that begin as a JPEG does, for photos that nobody looks at."""


class Person(Ears):
    """One customer, talking with one number of the business. What they do returns the wamid.

    `shows_phone`: the webhooks carry the phone number; `shows_user_id`: they carry the BSUID (since 2026);
    `online`: messages are delivered; `reads_at_once`: and read. `unreachable` is the code of the error that a
    message to them fails with, 0 for none.
    """

    def __init__(self, graph: Graph, number: Number, name: str, phone: str, user_id: str) -> None:
        super().__init__(name)
        self.phone, self.user_id = phone, user_id
        self.parent_user_id = ""
        self.username = ""
        self.shows_phone = self.shows_user_id = True
        self.online, self.reads_at_once, self.unreachable = True, False, 0
        self.number = number
        self.heard_at: dict[str, float] = {}  # number id: when the business last heard from them
        self._graph = graph
        self._waiting: list[tuple[Got, dict[str, Any]]] = []
        self._unread: list[dict[str, Any]] = []

    # ------------------------------------------------------------------------------------------- speaking
    def says(self, text: str, *, answers: Got | str | None = None, **more: Any) -> str:
        """A text; `answers` quotes a message."""
        return self._sends({"type": "text", "text": {"body": text}, **self._quoting(answers), **more})

    def sends_photo(self, content: bytes = JPEG, caption: str = "", **more: Any) -> str:
        """A photo."""
        return self.sends("image", content, "image/jpeg", caption=caption, **more)

    def sends_album(self, photos: list[bytes], caption: str = "") -> list[str]:
        """Photos together: WhatsApp sends as many messages, and nothing ties them."""
        return [self.sends_photo(photo, caption if n == 0 else "") for n, photo in enumerate(photos)]

    def sends_document(self, content: bytes, name: str, media_type: str = "application/pdf") -> str:
        """A document."""
        return self.sends("document", content, media_type, filename=name)

    def sends_voice(self, content: bytes = b"OggS voice") -> str:
        """A voice note."""
        return self.sends("audio", content, "audio/ogg; codecs=opus", voice=True)

    def sends_sticker(self) -> str:
        """A sticker."""
        return self.sends("sticker", b"RIFFsticker", "image/webp", animated=False)

    def sends(self, kind: str, content: bytes, media_type: str, **more: Any) -> str:
        """A file: image, document, audio, video, sticker."""
        medium = self._graph.media.add(content, media_type)
        part = medium.in_message() | {name: value for name, value in more.items() if value not in ("", None)}
        return self._sends({"type": kind, kind: part}, content)

    def shares_location(self, latitude: float = -6.2, longitude: float = 106.8, name: str = "") -> str:
        """A place."""
        place: dict[str, Any] = {"latitude": latitude, "longitude": longitude}
        return self._sends({"type": "location", "location": place | ({"name": name} if name else {})})

    def shares_contact(self, own: bool = True, phone: str = "") -> str:
        """A card: the own one as the answer to a request, or somebody else's."""
        number = phone or (self.phone if own else "628119990001")
        card: dict[str, Any] = {
            "name": {"formatted_name": self.name if own else "Tetangga", "first_name": self.name},
            "phones": [{"phone": f"+{number}", "wa_id": number, "type": "CELL"}],
        }
        if own:
            card["origin"] = "contact_request"
        return self._sends({"type": "contacts", "contacts": [card]})

    def reacts(self, message: Got, emoji: str) -> str:
        """A reaction to a message; "" takes it back."""
        reaction = {"message_id": message.id} | ({"emoji": emoji} if emoji else {})
        return self._sends({"type": "reaction", "reaction": reaction})

    def sends_unsupported(self) -> str:
        """A kind of message that the API does not carry."""
        return self._sends({"type": "unsupported", "errors": [Refusal(131051).in_webhook()]})

    def edits(self, wamid: str, text: str) -> str:
        """Changes an earlier message (told for coexistence numbers only)."""
        changed = {"original_message_id": wamid, "message": {"type": "text", "text": {"body": text}}}
        return self._sends({"type": "edit", "edit": changed})

    def takes_back(self, wamid: str) -> str:
        """Deletes an earlier message for everyone (told for coexistence numbers only)."""
        return self._sends({"type": "revoke", "revoke": {"original_message_id": wamid}})

    def presses(self, message: Got, label: str, *, stale: bool = False) -> str:
        """A reply button under a message, or a template's quick reply."""
        button = message.button(label, stale=stale)
        if message.kind == "template":
            body = {"type": "button", "button": {"text": button.label, "payload": button.value}}
        elif button.row:
            return self.picks(message, label)
        else:
            reply = {"id": button.value, "title": button.label}
            body = {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": reply}}
        return self._sends({**body, **self._quoting(message)})

    def picks(self, message: Got, row: str) -> str:
        """A row of a list."""
        button = message.button(row)
        reply = {"id": button.value, "title": button.label} | (
            {"description": button.note} if button.note else {}
        )
        body = {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": reply}}
        return self._sends({**body, **self._quoting(message)})

    def presses_value(self, message: Got, button: Button | str) -> str:
        """A button reply with this value, or any made-up one."""
        made_up = button if isinstance(button, Button) else Button("?", button)
        reply = {"id": made_up.value, "title": made_up.label}
        body = {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": reply}}
        return self._sends({**body, **self._quoting(message)})

    # ----------------------------------------------------------------------------------------- being there
    def reads(self, message: Got | None = None) -> None:
        """Sees this message, and all before it (None: all): the business is told `read`."""
        for sent in list(self._unread):
            self._graph.tells_status(self, sent, "read")
            self._unread.remove(sent)
            if message is not None and sent["id"] == message.id:
                break

    def goes_offline(self) -> None:
        """The phone is off: messages are `sent` and wait."""
        self.online = False

    def comes_online(self) -> None:
        """What waited arrives."""
        self.online = True
        waiting, self._waiting = self._waiting, []
        for got, sent in waiting:
            self.receives(got, sent)

    def receives(self, got: Got, sent: dict[str, Any]) -> None:
        """A message of the business, on the phone or waiting for it."""
        if not self.online:
            self._waiting.append((got, sent))
            return
        self.gets(got)
        self._unread.append(sent)
        if not (self._graph.ladder.skips_delivered and self.reads_at_once):
            self._graph.tells_status(self, sent, "delivered")
        if self.reads_at_once:
            self.reads(got)

    def changes_number(self, phone: str, user_id: str = "") -> None:
        """Moves the account to another phone number; the BSUID changes with it (told as `system` events)."""
        old_phone, old_id = self.phone, self.user_id
        self.phone, self.user_id = phone, user_id or self._graph.new_user_id()
        words = f"User {self.name} changed from {old_phone} to {phone}"
        system = {"body": words, "wa_id": phone, "user_id": self.user_id, "type": "user_changed_number"}
        self._tells_system(system, {"from": old_phone, "from_user_id": old_id})
        self._tells_update(old_id)

    def changes_user_id(self, user_id: str = "") -> None:
        """Gets another BSUID (told as a `system` event)."""
        old, self.user_id = self.user_id, user_id or self._graph.new_user_id()
        system = {
            "body": f"User {self.name} changed from {old} to {self.user_id}",
            "previous_user_id": old,
            "user_id": self.user_id,
            "type": "user_changed_user_id",
        }
        self._tells_system(system, {"from": self.phone} if self.shows_phone else {})
        self._tells_update(old)

    def _tells_update(self, before: str) -> None:
        """The same by the field `user_id_update`, for those who have subscribed to it."""
        if not self._graph.tells_user_id_update:
            return
        item: dict[str, Any] = {
            "detail": f"User id for {self.name} has been updated.",
            "user_id": {"previous": before, "current": self.user_id},
            "timestamp": str(int(self._graph.clock.now())),
        }
        contact: dict[str, Any] = {"profile": {"name": self.name}}
        if self.shows_phone:
            item["wa_id"] = contact["wa_id"] = self.phone
        news = News("user_id_update", "user_id_update", item, [contact], self.number.metadata)
        self._graph.hook.tell(news)

    def _tells_system(self, system: dict[str, Any], who: dict[str, str]) -> None:
        item = {**who, **self._stamped(), "type": "system", "system": system}
        self._graph.hook.tell(News("messages", "messages", item, [], self.number.metadata))

    # --------------------------------------------------------------------------------------------- for Graph
    def ids(self, prefix: str = "") -> dict[str, str]:
        """What a webhook tells of who this is: `from` and `from_user_id`, or by another prefix."""
        told = {}
        if self.shows_phone:
            told[prefix or "from"] = self.phone
        if self.shows_user_id:
            told["from_user_id" if not prefix else "recipient_user_id"] = self.user_id
            if self.parent_user_id:
                told["from_parent_user_id" if not prefix else "recipient_parent_user_id"] = (
                    self.parent_user_id
                )
        return told

    def contact(self) -> dict[str, Any]:
        """The element of `contacts`."""
        profile = {"name": self.name} | ({"username": self.username} if self.username else {})
        told: dict[str, Any] = {"profile": profile}
        if self.shows_phone:
            told["wa_id"] = self.phone
        if self.shows_user_id:
            told["user_id"] = self.user_id
            if self.parent_user_id:
                told["parent_user_id"] = self.parent_user_id
        return told

    def _quoting(self, message: Got | str | None) -> dict[str, Any]:
        if message is None:
            return {}
        wamid = message.id if isinstance(message, Got) else message
        return {"context": {"from": self.number.display, "id": wamid}}

    def _stamped(self) -> dict[str, str]:
        return {"id": new_wamid(), "timestamp": str(int(self._graph.clock.now()))}

    def _sends(self, content: dict[str, Any], file: bytes = b"") -> str:
        self.heard_at[self.number.id] = self._graph.clock.now()
        item = {**self.ids(), **self._stamped(), **content}
        self._graph.hook.tell(News("messages", "messages", item, [self.contact()], self.number.metadata))
        self.log.append(Said(item["id"], _words(content), self._graph.clock.now(), content["type"], file))
        return str(item["id"])


def _words(content: dict[str, Any]) -> str:
    """What stands on the phone for it."""
    part = content.get(content["type"])
    match content["type"]:
        case "text":
            return str(content["text"]["body"])
        case "interactive":
            return str(next(v for v in content["interactive"].values() if isinstance(v, dict))["title"])
        case "button":
            return str(content["button"]["text"])
    return str(part.get("caption") or part.get("name") or "") if isinstance(part, dict) else ""


def new_wamid() -> str:
    """A message id as WhatsApp makes them."""
    return f"wamid.HBgN{secrets.token_urlsafe(27)}="
