"""What a message of Telegram holds: its words, its files, and a name for what is neither."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import dataclass

from channels.base import Attachment
from channels.telegram.wire import Json, count, part, parts, whole, words

PHOTO = "image/jpeg"
"""Telegram makes every photo a JPEG."""

_MEDIA = {
    "animation": ("animation", "video/mp4"),
    "document": ("file", "application/octet-stream"),
    "audio": ("audio", "audio/mpeg"),
    "voice": ("voice", "audio/ogg"),
    "video": ("video", "video/mp4"),
    "video_note": ("video-note", "video/mp4"),
    "live_photo": ("live-photo", "video/mp4"),
}
"""Kinds of files: name and type when the sender tells none. An animation is a document too: it goes first."""

SERVICE = frozenset({
    "boost_added", "channel_chat_created", "chat_background_set", "chat_owner_changed",
    "chat_owner_left", "chat_shared", "checklist_tasks_added", "checklist_tasks_done",
    "connected_website", "delete_chat_photo", "direct_message_price_changed", "forum_topic_closed",
    "forum_topic_created", "forum_topic_edited", "forum_topic_reopened", "general_forum_topic_hidden",
    "general_forum_topic_unhidden", "gift", "gift_upgrade_sent", "giveaway_completed",
    "giveaway_created", "group_chat_created", "left_chat_member", "managed_bot_created",
    "message_auto_delete_timer_changed", "migrate_from_chat_id", "migrate_to_chat_id",
    "new_chat_members", "new_chat_photo", "new_chat_title", "paid_message_price_changed",
    "passport_data", "pinned_message", "poll_option_added", "poll_option_deleted",
    "proximity_alert_triggered", "refunded_payment", "successful_payment",
    "suggested_post_approval_failed", "suggested_post_approved", "suggested_post_declined",
    "suggested_post_paid", "suggested_post_refunded", "supergroup_chat_created", "unique_gift",
    "user_shared", "users_shared", "video_chat_ended", "video_chat_participants_invited",
    "video_chat_scheduled", "video_chat_started", "web_app_data", "write_access_allowed",
})  # fmt: skip
"""What Telegram itself tells of a chat: nobody's words. Those of payments and web apps, too: Sapa offers
neither."""


@dataclass(frozen=True, slots=True)
class Content:
    """What there is to see of a message. `placeholder` names what is no text and no file; `text` may then
    hold what of it can be written down. `service` names what Telegram itself told, "" for a person's."""

    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    placeholder: str = ""
    service: str = ""


def content(message: Json) -> Content:
    """The content of a message, never nothing: what nobody knows is "unsupported"."""
    text = words(message, "text") or words(message, "caption")
    attachments = tuple(_attachments(message))
    if attachments:
        return Content(text, attachments)
    for kind, shown in _SHOWN.items():
        if kind in message:
            return Content(shown(part(message, kind)) or text, placeholder=kind)
    if text:
        return Content(text)
    service = next((name for name in message if name in SERVICE), "")
    return Content(service=service) if service else Content(placeholder="unsupported")


def _attachments(message: Json) -> list[Attachment]:
    live = part(message, "live_photo")
    photo = _largest(parts(message, "photo") or parts(live, "photo"))
    if photo is not None:
        return [_file(photo, message, "photo", PHOTO)]
    for kind, (name, media_type) in _MEDIA.items():
        if words(part(message, kind), "file_id"):
            return [_file(part(message, kind), message, name, media_type)]
    paid = [_paid(each) for each in parts(part(message, "paid_media"), "paid_media")]
    return [_file(file, message, name, media_type) for file, name, media_type in paid if file]


def _paid(media: Json) -> tuple[Json | None, str, str]:
    if video := part(media, "video"):
        return video if words(video, "file_id") else None, *_MEDIA["video"]
    return _largest(parts(media, "photo")), "photo", PHOTO


def _largest(sizes: list[Json]) -> Json | None:
    """The best of a photo's sizes; they come in growing order, but nobody promises it."""
    whole_ones = [size for size in sizes if words(size, "file_id")]
    return max(
        whole_ones,
        key=lambda size: (count(size, "width") * count(size, "height"), count(size, "file_size")),
        default=None,
    )


def _file(file: Json, message: Json, name: str, media_type: str) -> Attachment:
    """A file that lies with Telegram. Its id is no secret: it is worth nothing without the bot's token."""
    media_type = words(file, "mime_type") or media_type
    named = words(file, "file_name").replace("\\", "/").rpartition("/")[2].strip()
    if not named:
        number = whole(message, "message_id")
        ending = mimetypes.guess_extension(media_type, strict=False) or ""
        named = f"{name}-{number}{ending}" if number is not None else f"{name}{ending}"
    return Attachment(named, media_type, count(file, "file_size"), None, words(file, "file_id"))


# ------------------------------------------------------------------------------- what is no text and no file


def _nothing(_: Json) -> str:
    return ""


def _place(location: Json) -> str:
    found = [location.get(name) for name in ("latitude", "longitude")]
    numbers = [each for each in found if isinstance(each, int | float) and not isinstance(each, bool)]
    return ", ".join(f"{each:.6f}" for each in numbers) if len(numbers) == 2 else ""


def _venue(venue: Json) -> str:
    return _lines(words(venue, "title"), words(venue, "address"), _place(part(venue, "location")))


def _card(contact: Json) -> str:
    name = " ".join(filter(None, (words(contact, "first_name"), words(contact, "last_name"))))
    return _lines(name, phone_of(contact) or words(contact, "phone_number"))


def _poll(poll: Json) -> str:
    return _lines(words(poll, "question"), *(f"- {words(each, 'text')}" for each in parts(poll, "options")))


def _list(checklist: Json) -> str:
    return _lines(
        words(checklist, "title"), *(f"- {words(each, 'text')}" for each in parts(checklist, "tasks"))
    )


def _lines(*found: str) -> str:
    return "\n".join(each for each in found if each)


def phone_of(contact: Json) -> str:
    """The phone number of a contact card as +628…, "" when it is none: the server leaves out the plus."""
    digits = "".join(each for each in words(contact, "phone_number") if each in "0123456789")
    return f"+{digits}" if 7 <= len(digits) <= 15 else ""


_SHOWN: dict[str, Callable[[Json], str]] = {
    "sticker": _nothing,
    "contact": _card,
    "venue": _venue,  # before location: a venue carries itself as one too
    "location": _place,
    "poll": _poll,
    "checklist": _list,
    "dice": _nothing,
    "game": _nothing,
    "story": _nothing,
    "invoice": _nothing,
    "giveaway": _nothing,
    "giveaway_winners": _nothing,
}
"""Kinds that are no text and no file, and how they are written down."""
