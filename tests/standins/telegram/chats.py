"""The chats of the bot as Telegram keeps them: messages with ids per chat, files, pressed buttons."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from dataclasses import dataclass, field
from typing import Any

from ..people import Button, Got, Said
from ..serving import Clock
from .markup import Refusal, bad

FETCH_LIMIT = 20 * 1024 * 1024


@dataclass(slots=True)
class File:
    """A file on Telegram's side; `path` is where getFile sends one, "" when it has not been asked for."""

    id: str
    content: bytes
    name: str
    media_type: str
    kind: str
    path: str = ""

    @property
    def unique_id(self) -> str:
        """The same for the same bytes, and no use for fetching."""
        return "AQAD" + hashlib.sha256(self.content).hexdigest()[:12]


class Files:
    """All files, by id and by path."""

    def __init__(self) -> None:
        self._by_id: dict[str, File] = {}
        self._numbers = itertools.count()

    def add(self, content: bytes, name: str, media_type: str, kind: str) -> File:
        """Keep a file."""
        id_ = f"AgACAgUAAxk{random.getrandbits(120):030x}"
        file = self._by_id[id_] = File(id_, content, name, media_type, kind)
        return file

    def get(self, file_id: str) -> File:
        """By its id. Raises a 400."""
        if file_id not in self._by_id:
            raise bad("wrong file_id or the file is temporarily unavailable")
        return self._by_id[file_id]

    def locate(self, file_id: str) -> dict[str, Any]:
        """`getFile`: a path that can be fetched for an hour. Raises 400 for more than 20 MB."""
        file = self.get(file_id)
        if len(file.content) > FETCH_LIMIT:
            raise bad("file is too big")
        ending = file.name.rpartition(".")[2] if "." in file.name else "bin"
        file.path = file.path or f"{file.kind}s/file_{next(self._numbers)}.{ending}"
        return {
            "file_id": file.id,
            "file_unique_id": file.unique_id,
            "file_size": len(file.content),
            "file_path": file.path,
        }

    def at(self, path: str) -> File | None:
        """The file that getFile sent to `path`."""
        return next((f for f in self._by_id.values() if f.path == path), None)

    def expire(self) -> None:
        """All paths given out so far lead nowhere any more."""
        for file in self._by_id.values():
            file.path = ""


class Phone:
    """What a chat needs of a person: see `Person`."""

    id: int
    got: list[Got]
    log: list[Got | Said]
    blocked: bool
    deactivated: bool

    def gets(self, message: Got) -> None:
        """Ears."""
        raise NotImplementedError


@dataclass(slots=True)
class Chat:
    """One private chat. Message ids count for this chat alone."""

    phone: Phone
    about: dict[str, Any]
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    shown: dict[int, Got] = field(default_factory=dict)
    started: bool = False
    last_id: int = 0

    def next_id(self) -> int:
        """The id of the next message in this chat."""
        self.last_id += 1
        return self.last_id


class Chats:
    """All chats of the bot."""

    def __init__(self, clock: Clock, bot: dict[str, Any]) -> None:
        self._clock, self._bot = clock, bot
        self._chats: dict[int, Chat] = {}
        self.files = Files()
        self.pressed: dict[str, tuple[float, Phone]] = {}
        self.toasts: list[tuple[int, str]] = []

    def open(self, phone: Phone, about: dict[str, Any]) -> Chat:
        """The chat of a person."""
        chat = self._chats[phone.id] = Chat(phone, about)
        return chat

    def writable(self, chat_id: Any) -> Chat:
        """The chat to send to. Raises the 400s and 403s of the real one."""
        try:
            chat = self._chats[int(chat_id)]
        except (KeyError, TypeError, ValueError):
            raise bad("chat not found" if chat_id not in (None, "") else "chat_id is empty") from None
        if chat.phone.deactivated:
            raise Refusal(403, "Forbidden: user is deactivated")
        if chat.phone.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if not chat.started:
            raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
        return chat

    def show(
        self, chat: Chat, content: dict[str, Any], args: dict[str, Any], file: File | None = None
    ) -> dict[str, Any]:
        """The bot's message: kept, shown on the phone, and returned."""
        answered = reply_of(args)
        if answered is not None and answered[0] not in chat.messages and not answered[1]:
            raise bad("message to be replied not found")
        now = self._clock.now()
        message = {
            "message_id": chat.next_id(),
            "from": self._bot,
            "chat": chat.about,
            "date": int(now),
            **content,
        }
        if answered is not None and answered[0] in chat.messages:
            message["reply_to_message"] = chat.messages[answered[0]]
        chat.messages[message["message_id"]] = message
        got = Got(str(message["message_id"]), "", now)
        _fill(got, message, file)
        chat.shown[message["message_id"]] = got
        chat.phone.gets(got)
        return message

    def change(self, args: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
        """An edit of the bot's own message."""
        chat = self.writable(args.get("chat_id"))
        message = chat.messages.get(int(args.get("message_id") or 0))
        if message is None:
            raise bad("message to edit not found")
        if message["from"]["id"] != self._bot["id"]:
            raise bad("message can't be edited")
        before = {
            k: message.get(k) for k in ("text", "caption", "entities", "caption_entities", "reply_markup")
        }
        after = {**before, **content}
        if after == before:
            raise bad(
                "message is not modified: specified new message content and reply markup are exactly the "
                "same as a current content and reply markup of the message"
            )
        for key, value in after.items():
            if value:
                message[key] = value
            else:
                message.pop(key, None)
        message["edit_date"] = int(self._clock.now())
        _fill(chat.shown[message["message_id"]], message, None)
        return message

    def delete(self, args: dict[str, Any]) -> None:
        """The bot takes a message back."""
        chat = self.writable(args.get("chat_id"))
        if chat.messages.pop(int(args.get("message_id") or 0), None) is None:
            raise bad("message to delete not found")
        got = chat.shown.pop(int(args["message_id"]), None)
        if got in chat.phone.got:
            chat.phone.got.remove(got)
            chat.phone.log.remove(got)

    def answer(self, args: dict[str, Any]) -> None:
        """`answerCallbackQuery`: once, within 150 s."""
        pressed = self.pressed.pop(str(args.get("callback_query_id")), None)
        if pressed is None or self._clock.now() > pressed[0] + 150:
            raise bad("query is too old and response timeout expired or query ID is invalid")
        if args.get("text"):
            self.toasts.append((pressed[1].id, str(args["text"])))


def reply_of(args: dict[str, Any]) -> tuple[int, bool] | None:
    """The message that is answered, and whether it may be missing."""
    asked = args.get("reply_parameters")
    if isinstance(asked, str):
        asked = json.loads(asked)
    if asked:
        return int(asked.get("message_id", 0)), bool(asked.get("allow_sending_without_reply"))
    if args.get("reply_to_message_id"):
        loose = str(args.get("allow_sending_without_reply", "")).lower() == "true"
        return int(args["reply_to_message_id"]), loose
    return None


def _fill(got: Got, message: dict[str, Any], file: File | None) -> None:
    got.text = message.get("text") or message.get("caption") or ""
    got.raw = message
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    got.buttons = [Button(b["text"], b.get("callback_data", "")) for row in rows for b in row]
    if file:
        got.kind, got.file, got.file_name = file.kind, file.content, file.name
