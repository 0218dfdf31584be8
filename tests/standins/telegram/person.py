"""Somebody with Telegram on the phone: says, sends, presses, edits, blocks - and hears the bot."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from ..people import Button, Ears, Got, Said
from .chats import Chat, Phone
from .sending import media

if TYPE_CHECKING:
    from .server import BotApi

JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb004300") + bytes(64) + b"\xff\xd9"
"""Bytes that begin as a JPEG does, for photos that nobody looks at."""
CALLBACKS, MEMBERS = 3 << 33, 5 << 33
KINDS = frozenset(
    (
        "photo",
        "document",
        "voice",
        "audio",
        "video",
        "video_note",
        "animation",
        "sticker",
        "contact",
        "location",
    )
)


class Person(Ears, Phone):
    """One user in the private chat with the bot. What they do returns the id of their message in the chat."""

    def __init__(self, api: BotApi, id_: int, name: str, *, started: bool, language: str, phone: str) -> None:
        super().__init__(name)
        first, _, last = name.partition(" ")
        self.id = id_
        self.phone = phone or f"62812{id_ % 10**8:08d}"
        self.blocked = self.deactivated = False
        self.user: dict[str, Any] = {"id": id_, "is_bot": False, "first_name": first}
        if last:
            self.user["last_name"] = last
        about = {k: v for k, v in self.user.items() if k != "is_bot"} | {"type": "private"}
        self.user["language_code"] = language
        self._api = api
        self.chat: Chat = api.chats.open(self, about)
        self.chat.started = started

    # ------------------------------------------------------------------------------------------- speaking
    def says(self, text: str, *, answers: Got | int | None = None, **more: Any) -> int:
        """A text; `/start …` and other commands too. `answers` quotes a message."""
        content: dict[str, Any] = {"text": text}
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        if answers is not None:
            quoted = int(answers.id if isinstance(answers, Got) else answers)
            content["reply_to_message"] = self.chat.messages[quoted]
        return self._message({**content, **more})

    def starts(self, payload: str = "") -> int:
        """Presses Start, perhaps on a deep link (t.me/bot?start=payload)."""
        return self.says(f"/start {payload}".strip())

    def sends_photo(self, content: bytes = JPEG, caption: str = "", **more: Any) -> int:
        """A photo."""
        return self.sends("photo", content, "photo.jpg", "image/jpeg", caption, **more)

    def sends_document(
        self, content: bytes, name: str, media_type: str = "application/pdf", caption: str = "", **more: Any
    ) -> int:
        """A document."""
        return self.sends("document", content, name, media_type, caption, **more)

    def sends_voice(self, content: bytes = b"OggS voice") -> int:
        """A voice note."""
        return self.sends("voice", content, "voice.ogg", "audio/ogg")

    def sends_sticker(self) -> int:
        """A sticker."""
        return self.sends("sticker", b"RIFFsticker", "sticker.webp", "image/webp")

    def sends(
        self, kind: str, content: bytes, name: str, media_type: str, caption: str = "", **more: Any
    ) -> int:
        """A file of any kind: photo, document, voice, audio, video, video_note, animation, sticker."""
        file = self._api.chats.files.add(content, name, media_type, kind)
        part = media(file, kind)
        for size in part.get("photo", [])[:-1]:  # the small size can be fetched too
            self._api.chats.files._by_id[size["file_id"]] = file
        if caption:
            part["caption"] = caption
        return self._message({**part, **more}, content)

    def sends_album(self, photos: list[bytes], caption: str = "") -> list[int]:
        """Photos together: as many updates, one media_group_id, the caption on the first."""
        group = str(13_000_000_000_000_000 + random.getrandbits(40))
        return [
            self.sends_photo(photo, caption if number == 0 else "", media_group_id=group)
            for number, photo in enumerate(photos)
        ]

    def shares_contact(self, own: bool = True, phone: str = "") -> int:
        """The own number by the button, or (not `own`) somebody else's card."""
        card: dict[str, Any] = {
            "phone_number": phone or (self.phone if own else "628119990001"),
            "first_name": self.user["first_name"] if own else "Tetangga",
        }
        if own:
            card["user_id"] = self.id
        return self._message({"contact": card})

    def shares_location(self, latitude: float = -6.2, longitude: float = 106.8) -> int:
        """A place."""
        return self._message({"location": {"latitude": latitude, "longitude": longitude}})

    def sends_unknown(self, kind: str = "paid_gramophone") -> int:
        """A kind of message that nobody knows yet."""
        return self._message({kind: {"what": "a kind of the future"}})

    def edits(self, message_id: int, text: str) -> None:
        """Changes an earlier message of their own."""
        message = self.chat.messages[message_id]
        message = {**message, ("text" if "text" in message else "caption"): text}
        message["edit_date"] = int(self._api.clock.now())
        self.chat.messages[message_id] = message
        for said in self.log:
            if isinstance(said, Said) and said.id == str(message_id):
                said.text = text
        self._api.updates.add("edited_message", message, self.id, message["edit_date"])

    # ------------------------------------------------------------------------------------------- pressing
    def presses(self, message: Got, label: str, *, stale: bool = False, inaccessible: bool = False) -> str:
        """A button under a message; a `stale` one was taken away since (their screen had not changed yet).

        `inaccessible`: the bot is told the ids of the message only. Returns the id of the callback query.
        """
        return self.presses_value(message, message.button(label, stale=stale), inaccessible=inaccessible)

    def presses_value(self, message: Got, button: Button | str, *, inaccessible: bool = False) -> str:
        """A press with this button's value, or any made-up one."""
        value = button.value if isinstance(button, Button) else button
        id_ = str(random.getrandbits(62))
        self._api.chats.pressed[id_] = (self._api.clock.now(), self)
        shown = message.raw
        if inaccessible:
            shown = {"chat": self.chat.about, "message_id": int(message.id), "date": 0}
        query = {
            "id": id_,
            "from": self.user,
            "message": shown,
            "chat_instance": str(self.id * 7919),
            "data": value,
        }
        self._api.updates.add("callback_query", query, self.id + CALLBACKS)
        return id_

    @property
    def toasts(self) -> list[str]:
        """What was shown to them at the top as the answer to a press."""
        return [text for id_, text in self._api.chats.toasts if id_ == self.id]

    # ----------------------------------------------------------------------------------------- being there
    def blocks(self) -> None:
        """Stops and blocks the bot."""
        self.blocked = True
        self._membership("member", "kicked")

    def unblocks(self) -> None:
        """Lets the bot write again."""
        self.blocked = False
        self._membership("kicked", "member")

    def leaves_telegram(self) -> None:
        """Deletes the account; nothing tells the bot so."""
        self.deactivated = True

    def _membership(self, before: str, after: str) -> None:
        bot = self._api.me
        told = {
            "chat": self.chat.about,
            "from": self.user,
            "date": int(self._api.clock.now()),
            "old_chat_member": {"user": bot, "status": before},
            "new_chat_member": {
                "user": bot,
                "status": after,
                **({"until_date": 0} if after == "kicked" else {}),
            },
        }
        self._api.updates.add("my_chat_member", told, self.id + MEMBERS)

    def _message(self, content: dict[str, Any], file: bytes = b"") -> int:
        self.chat.started = True
        now = self._api.clock.now()
        id_ = self.chat.next_id()
        message = {"message_id": id_, "from": self.user, "chat": self.chat.about, "date": int(now), **content}
        self.chat.messages[id_] = message
        self._api.updates.add("message", message, self.id, now)
        kind = next((k for k in content if k in KINDS), "text")
        words = content.get("text") or content.get("caption") or ""
        self.log.append(Said(str(id_), words, now, kind, file))
        return id_
