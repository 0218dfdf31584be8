"""Chats of a Telegram Business account that Sapa answers for.

An answer must name the connection over which it may be given; so the thread of such a chat holds it.
Nothing else needs to be remembered of a connection, and it does not matter in what order the news of it come:
an answer over one that is gone is refused by Telegram.
"""

from __future__ import annotations

from channels.base import Echoed, Edited, Inbound, Sender
from channels.telegram.kinds import content
from channels.telegram.messages import aside, author, changed, chat_of, name_of, said, which
from channels.telegram.update import Update
from channels.telegram.wire import Json, instant, part, whole, words


def thread_of(chat: int, connection: str) -> str:
    """The thread of a chat: with the bot itself, or with a business over a connection."""
    return f"{chat}@{connection}" if connection else str(chat)


def parse_thread(thread: str) -> tuple[str, str]:
    """Chat and connection ("" for a chat with the bot itself)."""
    chat, _, connection = thread.partition("@")
    return chat, connection


def message(message: Json, update: Update) -> list[Inbound]:
    """A message in a business account's chat: the customer's, or the company's own from its phone."""
    connection = words(message, "business_connection_id")
    if not connection or part(message, "sender_business_bot"):
        return [update.noted("own: sent by a bot in the name of the business", message)]
    if why := aside(message):
        return [update.noted(why, message)]
    thread = thread_of(chat_of(message), connection)
    if not _by_the_company(message):
        return [said(message, update, thread=thread)]
    found = content(message)
    if found.service:
        return [update.noted(f"service: Telegram tells of {found.service}", message)]
    shared = update.shared(
        chat_of(message),
        which(message),
        author(message),
        instant(message, "date"),
        thread=thread,
        message_id=whole(message, "message_id"),
    )
    return [Echoed(**shared, text=found.text, attachments=found.attachments, placeholder=found.placeholder)]


def edited(message: Json, update: Update) -> list[Inbound]:
    """An edit in such a chat."""
    connection = words(message, "business_connection_id")
    if not connection or part(message, "sender_business_bot") or _by_the_company(message):
        return [update.noted("own: the company changed what it had written", message)]
    if why := aside(message):
        return [update.noted(why, message)]
    return [changed(message, update, thread=thread_of(chat_of(message), connection))]


def deleted(news: Json, update: Update) -> list[Inbound]:
    """Messages that were taken back, by whichever side; Telegram does not say by which."""
    connection = words(news, "business_connection_id")
    listed = news.get("message_ids")
    gone = [each for each in listed if isinstance(each, int)] if isinstance(listed, list) else []
    if not connection or not gone or aside(news):
        return [update.noted("malformed: nothing was named that was deleted", news)]
    chat = chat_of(news)
    sender, thread = Sender(str(chat), name_of(part(news, "chat"))), thread_of(chat, connection)
    return [
        Edited(
            **update.shared(chat, f"{each}/deleted", sender, None, thread=thread, message_id=each),
            of=str(each),
            text="",
            deleted=True,
        )
        for each in dict.fromkeys(gone)
    ]


def connection(news: Json, update: Update) -> list[Inbound]:
    """A business account lets us answer for it, or no longer."""
    word = "on" if news.get("is_enabled") is True else "off"
    return [update.noted(f"connection: a business account turned it {word}", news)]


def _by_the_company(message: Json) -> bool:
    """A chat has the id of the customer; whoever else writes in it is the company."""
    found = whole(part(message, "from"), "id")
    return found is not None and found != chat_of(message)
