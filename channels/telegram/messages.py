"""Messages and their edits: who wrote, what, and whether it is said to us at all."""

from __future__ import annotations

import re

from channels.base import Edited, Message, Noted, Sender
from channels.telegram.kinds import content, phone_of
from channels.telegram.update import Update
from channels.telegram.wire import Json, instant, part, whole, words

COMMANDS = {"start": "start", "mulai": "start", "help": "help", "bantuan": "help"}
"""Commands that mean something here; whatever else begins with a slash is a person's text."""

_COMMAND = re.compile(r"/([a-zA-Z0-9_]{1,32})(?:@\w{1,64})?(?:\s+|$)")


def aside(message: Json) -> str:
    """Why a message is nobody's word to us, "" when it is a customer's."""
    chat = part(message, "chat")
    number, kind = whole(chat, "id"), words(chat, "type")
    if number is None:
        return "malformed: a message without a chat"
    if number < 0 or kind not in ("private", ""):
        return f"group: written in a {kind or 'group'}, and only private chats are answered"
    if part(message, "from").get("is_bot") is True:
        return "bot: written by another bot"
    return ""


def said(message: Json, update: Update, *, thread: str = "") -> Message | Noted:
    """A message of a private chat. `thread` where it is not the chat's own."""
    found = content(message)
    if found.service:
        return update.noted(f"service: Telegram tells of {found.service}", message)
    text, command = found.text, ""
    if not found.attachments and not found.placeholder and (match := _COMMAND.match(text)):
        command = COMMANDS.get(match[1].lower(), "")
        text = text[match.end() :].strip() if command else text
    sender = author(message)
    card = part(message, "contact")
    if phone := _own_phone(card, message):
        sender = Sender(sender.id, sender.name, phone=phone, proven=("phone",))
        text = phone
    message_id = whole(message, "message_id")
    quoted = whole(part(message, "reply_to_message"), "message_id")
    return Message(
        **update.shared(
            chat_of(message),
            which(message),
            sender,
            instant(message, "date"),
            thread=thread,
            message_id=message_id,
        ),
        text=text,
        attachments=found.attachments,
        group=words(message, "media_group_id"),
        placeholder=found.placeholder,
        command=command,
        quotes="" if quoted is None else str(quoted),
    )


def changed(message: Json, update: Update, *, thread: str = "") -> Edited | Noted:
    """An edit: the whole message comes again, with its old id and its new words."""
    message_id = whole(message, "message_id")
    if message_id is None:
        return update.noted("malformed: an edit of no message", message)
    at = instant(message, "edit_date") or instant(message, "date")
    return Edited(
        **update.shared(
            chat_of(message),
            f"{message_id}/edited",
            author(message),
            at,
            thread=thread,
            message_id=message_id,
        ),
        of=str(message_id),
        text=content(message).text,
    )


def chat_of(message: Json) -> int:
    """The id of the chat."""
    return whole(part(message, "chat"), "id") or 0


def which(message: Json) -> int | str:
    """What tells a message from the others of its chat."""
    found = whole(message, "message_id")
    return found if found is not None else f"d{whole(message, 'date') or 0}"


def author(message: Json) -> Sender:
    """Who wrote. A private chat has the id of the person in it."""
    person = part(message, "from") or part(message, "chat")
    number = whole(person, "id")
    return Sender(str(chat_of(message) if number is None else number), name_of(person))


def name_of(person: Json) -> str:
    """The name a person goes by."""
    full = " ".join(filter(None, (words(person, "first_name"), words(person, "last_name"))))
    return full.strip() or words(person, "username")


def _own_phone(card: Json, message: Json) -> str:
    """The number on a contact card that is the sender's own, "" otherwise. Telegram puts the id of the
    account on a card; a card that somebody passes on has another one, or none."""
    owner = whole(card, "user_id")
    return phone_of(card) if owner is not None and owner == whole(part(message, "from"), "id") else ""
