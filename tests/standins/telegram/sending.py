"""What the bot may call to speak: send, edit, delete, answer a press, fetch a file."""

from __future__ import annotations

import json
import math
import time
from typing import Any

from .chats import Chat, Chats, File
from .markup import CAPTION, TEXT, Refusal, bad, keyboard_of, text_of

UPLOADS = {  # method: (field, its default media type, the largest upload in bytes)
    "sendPhoto": ("photo", "image/jpeg", 10 << 20),
    "sendDocument": ("document", "application/octet-stream", 50 << 20),
    "sendVoice": ("voice", "audio/ogg", 50 << 20),
    "sendAudio": ("audio", "audio/mpeg", 50 << 20),
    "sendVideo": ("video", "video/mp4", 50 << 20),
    "sendAnimation": ("animation", "video/mp4", 50 << 20),
}
METHODS = (
    *UPLOADS,
    "sendMessage",
    "sendMediaGroup",
    "sendChatAction",
    "sendLocation",
    "sendContact",
    "answerCallbackQuery",
    "editMessageText",
    "editMessageCaption",
    "editMessageReplyMarkup",
    "deleteMessage",
    "getFile",
    "getChat",
    "setMyCommands",
    "getMyCommands",
    "deleteMyCommands",
    "setMyDescription",
    "setMyShortDescription",
)
ACTIONS = {"typing", "upload_photo", "upload_document", "upload_video", "record_voice", "upload_voice"}


class Bucket:
    """So many a second, after a burst."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst, self._left, self._at = rate, burst, burst, time.monotonic()

    def take(self) -> int:
        """0, or how many whole seconds to wait."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0
        return max(1, math.ceil((1 - self._left) / self._rate))


class Sending:
    """The methods by their names. `commands` and `typing` are what the bot has set and shown."""

    def __init__(
        self, chats: Chats, bot: dict[str, Any], per_chat: float | None, overall: float | None
    ) -> None:
        self._chats, self._bot = chats, bot
        self.per_chat, self.overall = per_chat, overall
        self._chat_buckets: dict[int, Bucket] = {}
        self._bucket: Bucket | None = None
        self.commands: dict[str, list[dict[str, str]]] = {}
        self.typing: list[int] = []

    async def do(self, method: str, args: dict[str, Any]) -> Any:
        """Call a method. Raises `Refusal`."""
        if method in UPLOADS:
            return self._upload(method, args)
        match method:
            case "sendMessage":
                text, entities = text_of(args, "text", TEXT)
                return self._show(args, _without_nothing(text=text, entities=entities))
            case "sendMediaGroup":
                return self._album(args)
            case "sendLocation":
                place = {"latitude": float(args["latitude"]), "longitude": float(args["longitude"])}
                return self._show(args, {"location": place})
            case "sendContact":
                card = {"phone_number": str(args["phone_number"]), "first_name": str(args["first_name"])}
                return self._show(args, {"contact": card})
            case "sendChatAction":
                if args.get("action") not in ACTIONS:
                    raise bad("wrong parameter action in request")
                self.typing.append(self._chats.writable(args.get("chat_id")).phone.id)
            case "answerCallbackQuery":
                self._chats.answer(args)
            case "editMessageText":
                text, entities = text_of(args, "text", TEXT)
                return self._chats.change(
                    args, {"text": text, "entities": entities or None, "reply_markup": keyboard_of(args)}
                )
            case "editMessageCaption":
                text, entities = text_of(args, "caption", CAPTION, may_be_empty=True)
                content = {"caption": text or None, "caption_entities": entities or None}
                return self._chats.change(args, {**content, "reply_markup": keyboard_of(args)})
            case "editMessageReplyMarkup":
                return self._chats.change(args, {"reply_markup": keyboard_of(args)})
            case "deleteMessage":
                self._chats.delete(args)
            case "getFile":
                return self._chats.files.locate(str(args.get("file_id") or ""))
            case "getChat":
                return {**self._chats.writable(args.get("chat_id")).about, "accent_color_id": 0}
            case "setMyCommands" | "getMyCommands" | "deleteMyCommands":
                return self._commands(method, args)
        return True

    def _show(
        self, args: dict[str, Any], content: dict[str, Any], file: File | None = None
    ) -> dict[str, Any]:
        markup = keyboard_of(args)
        chat = self._chats.writable(args.get("chat_id"))
        self._pace(chat)
        if markup:
            content["reply_markup"] = markup
        shown = self._chats.show(chat, content, args, file)
        if markup and "inline_keyboard" not in markup:  # only inline keyboards come back in the message
            return {key: value for key, value in shown.items() if key != "reply_markup"}
        return shown

    def _pace(self, chat: Chat) -> None:
        """Raises a 429 when it goes too fast."""
        waits = 0
        if self.overall is not None:
            self._bucket = self._bucket or Bucket(self.overall, self.overall)
            waits = self._bucket.take()
        if self.per_chat is not None and not waits:
            bucket = self._chat_buckets.setdefault(chat.phone.id, Bucket(self.per_chat, 3))
            waits = bucket.take()
        if waits:
            raise Refusal(429, "Too Many Requests", waits)

    def _file(self, given: Any, args: dict[str, Any], kind: str, default: str, most: int) -> File:
        if isinstance(given, str) and given.startswith("attach://"):
            given = args.get(given.removeprefix("attach://"))
        if isinstance(given, tuple):
            name, content, media_type = given
            if not content:
                raise bad("file must be non-empty")
            if len(content) > most:
                raise Refusal(413, "Request Entity Too Large")
            return self._chats.files.add(content, name, media_type or default, kind)
        if not given:
            raise bad(f"there is no {kind} in the request")
        if str(given).startswith(("http://", "https://")):
            raise bad("failed to get HTTP URL content")
        return self._chats.files.get(str(given))

    def _upload(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        kind, default, most = UPLOADS[method]
        caption, entities = text_of(args, "caption", CAPTION, may_be_empty=True)
        file = self._file(args.get(kind), args, kind, default, most)
        words = _without_nothing(caption=caption, caption_entities=entities)
        return self._show(args, {**media(file, kind), **words}, file)

    def _album(self, args: dict[str, Any]) -> list[dict[str, Any]]:
        items = json.loads(args.get("media") or "[]")
        if not 2 <= len(items) <= 10:
            raise bad("group send failed: an album has 2 to 10 parts")
        group, sent = str(13_000_000_000_000_000 + time.monotonic_ns() % 10**9), []
        for item in items:
            _, default, most = UPLOADS[f"send{str(item['type']).title()}"]
            file = self._file(item["media"], args, item["type"], default, most)
            caption, entities = text_of(item, "caption", CAPTION, may_be_empty=True)
            words = _without_nothing(caption=caption, caption_entities=entities, media_group_id=group)
            sent.append(self._show(args, {**media(file, item["type"]), **words}, file))
        return sent

    def _commands(self, method: str, args: dict[str, Any]) -> Any:
        language = str(args.get("language_code") or "")
        if method == "getMyCommands":
            return self.commands.get(language, [])
        given = args.get("commands") or "[]"
        commands = json.loads(given) if isinstance(given, str) else given
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        self.commands[language] = commands if method == "setMyCommands" else []
        return True


def media(file: File, kind: str) -> dict[str, Any]:
    """The part of a message that names a file, as Telegram writes it for this kind."""
    one: dict[str, Any] = {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": len(file.content),
    }
    if kind == "photo":
        small = {**one, "file_id": f"{file.id}s", "file_size": 1705, "width": 90, "height": 72}
        return {"photo": [small, {**one, "width": 1280, "height": 960}]}
    if kind == "sticker":
        look = {"type": "regular", "is_animated": False, "is_video": False, "emoji": "👍"}
        return {"sticker": {**one, **look, "width": 512, "height": 512}}
    if kind == "document":
        return {"document": {**one, "file_name": file.name, "mime_type": file.media_type}}
    if kind == "voice":
        return {"voice": {**one, "duration": 3, "mime_type": file.media_type}}
    if kind == "video_note":
        return {"video_note": {**one, "duration": 3, "length": 240}}
    if kind == "audio":
        return {"audio": {**one, "duration": 3, "file_name": file.name, "mime_type": file.media_type}}
    film = {**one, "duration": 3, "width": 640, "height": 360}
    film |= {"file_name": file.name, "mime_type": file.media_type}
    if kind == "animation":  # an animation is also told as a document
        document = {**one, "file_name": file.name, "mime_type": file.media_type}
        return {"animation": film, "document": document}
    return {kind: film}


def _without_nothing(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value}
