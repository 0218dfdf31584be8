"""One update of the Bot API to `Inbound`: pure, each update by itself, from the raw JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from channels.base import Inbound, Pressed, Reachability, Sender
from channels.telegram import business
from channels.telegram.messages import aside, author, changed, chat_of, name_of, said
from channels.telegram.update import Update, parse
from channels.telegram.wire import Json, instant, part, whole, words

DONE = "-"
"""The value of a button that only shows what was chosen: whoever presses it asks for nothing."""


def read(raw: bytes, *, account: str = "", at: datetime | None = None) -> Sequence[Inbound]:
    """What one update says: at least one `Inbound`.

    `account` is the bot's id. `at` is when the update was received, for what Telegram gives no time of its
    own (a button pressed, messages deleted). Raises `ValueError` for what is no update.
    """
    update = parse(raw, account, at)
    for kind, reader in _READERS.items():
        if kind in update.body:
            return reader(part(update.body, kind), update)
    return [
        update.noted(f"unsupported: an update of the kind {update.kind!r}", part(update.body, update.kind))
    ]


def _message(message: Json, update: Update) -> list[Inbound]:
    why = aside(message)
    return [update.noted(why, message) if why else said(message, update)]


def _edited(message: Json, update: Update) -> list[Inbound]:
    why = aside(message)
    return [update.noted(why, message) if why else changed(message, update)]


def _pressed(query: Json, update: Update) -> list[Inbound]:
    """A button. Its message may be too old to be told of: then only the person says which chat it is."""
    message, person = part(query, "message"), part(query, "from")
    inside = whole(part(message, "chat"), "id")
    chat = whole(person, "id") if inside is None else inside
    value = words(query, "data")
    if chat is None or chat < 0 or words(part(message, "chat"), "type") not in ("private", ""):
        return [update.noted("group: a button was pressed outside a private chat", query)]
    if value in ("", DONE):
        why = (
            "done: a choice that was made already was pressed"
            if value
            else "unsupported: a button without a value"
        )
        return [update.noted(why, query)]
    number = whole(message, "message_id")
    shared = update.shared(
        chat,
        words(query, "id")[:100] or f"b{number or 0}",
        Sender(str(whole(person, "id") or chat), name_of(person)),
        update.at or instant(message, "date"),
        thread=business.thread_of(chat, words(message, "business_connection_id")),
    )
    return [Pressed(**shared, value=value, label=_label(message, value), of=str(number or ""))]


def _label(message: Json, value: str) -> str:
    rows = part(message, "reply_markup").get("inline_keyboard")
    for row in rows if isinstance(rows, list) else ():
        for button in row if isinstance(row, list) else ():
            if isinstance(button, dict) and words(button, "callback_data") == value:
                return words(button, "text")
    return ""


def _member(news: Json, update: Update) -> list[Inbound]:
    status = words(part(news, "new_chat_member"), "status")
    if aside(news) or status not in ("member", "kicked"):
        return [update.noted(f"membership: the bot is {status[:40] or 'something else'} there", news)]
    at = instant(news, "date")
    shared = update.shared(chat_of(news), whole(news, "date") or 0, author(news), at)
    return [Reachability(**shared, reachable=status == "member")]


_READERS: dict[str, Callable[[Json, Update], list[Inbound]]] = {
    "message": _message,
    "edited_message": _edited,
    "callback_query": _pressed,
    "my_chat_member": _member,
    "business_message": business.message,
    "edited_business_message": business.edited,
    "deleted_business_messages": business.deleted,
    "business_connection": business.connection,
}
UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of updates that are asked for."""
BUSINESS = ("business_connection", "business_message", "edited_business_message", "deleted_business_messages")
"""Those that are asked for besides, when a business account is answered for."""
