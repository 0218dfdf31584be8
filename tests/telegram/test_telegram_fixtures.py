"""Real updates of other projects: each is read without a fault, as what an independent reader saw in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from telegram import Update
from telegram._files._basemedium import _BaseMedium
from telegram.constants import MessageType

from channels.base import Edited, Message, Noted, Pressed, Reachability
from channels.telegram.kinds import _MEDIA, _SHOWN, SERVICE
from channels.telegram.reading import read
from tests.telegram.updates import AT

FILES = frozenset({"photo", "document", "audio", "voice", "video", "video_note", "animation", "paid_media"})


@pytest.fixture(scope="module")
def listed(samples: Path) -> list[tuple[str, bytes, dict[str, Any]]]:
    """Every update of the folder: its name, its bytes, and what the manifest expects."""
    manifest = samples / "chat" / "MANIFEST.jsonl"
    if not manifest.is_file():
        pytest.skip("no chat samples here")
    found = []
    for line in manifest.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["file"].startswith("telegram/"):
            path = samples / "chat" / entry["file"]
            found.append((entry["file"], path.read_bytes(), entry["expectation"]))
    return found


def test_every_update_is_read_as_what_it_is(listed: list[tuple[str, bytes, dict[str, Any]]]) -> None:
    assert listed
    wrong = []
    for name, raw, expected in listed:
        (one,) = read(raw, account="1", at=AT)
        if not one.external_id.startswith(f"{expected['update_id']}/") or one.raw != raw:
            wrong.append(f"{name}: id {one.external_id}")
        if said := _mistake(one, expected):
            wrong.append(f"{name}: {said}")
    assert wrong == []


def _mistake(one: object, expected: dict[str, Any]) -> str:
    kind, what = expected["update_type"], expected.get("content", "")
    wanted = {
        "message": Message,
        "edited_message": Edited,
        "callback_query": Pressed,
        "my_chat_member": Reachability,
    }.get(kind, Noted)
    if expected.get("private") is False:
        wanted = Noted
    if isinstance(one, Noted) and one.cause.startswith("bot"):
        return ""  # the manifest does not say who is one
    if isinstance(one, Noted) and one.cause.startswith("service"):
        return "" if "text" not in expected and what not in FILES else f"words were left aside: {one.cause}"
    if not isinstance(one, wanted):
        return f"{type(one).__name__} instead of {wanted.__name__}"
    if isinstance(one, Message):
        return _told(one, expected, what)
    return ""


def _told(one: Message, expected: dict[str, Any], what: str) -> str:
    text = expected.get("text", expected.get("caption", ""))
    if text and text not in (one.text, f"/{one.command} {one.text}".strip()):
        return f"text {one.text!r}, not {text!r}"
    if (what in FILES) != bool(one.attachments):
        return f"{what} with {len(one.attachments)} files"
    if "reply_to" in expected and one.quotes != str(expected["reply_to"]):
        return f"answers {one.quotes}, not {expected['reply_to']}"
    if not (one.text or one.attachments or one.placeholder or one.command):
        return "invisible"
    return ""


def test_python_telegram_bot_sees_the_same(listed: list[tuple[str, bytes, dict[str, Any]]]) -> None:
    """An independent reader: what it can parse has the same words, files, group and quote."""
    compared = 0
    for name, raw, _ in listed:
        (one,) = read(raw, at=AT)
        try:
            theirs = Update.de_json(json.loads(raw), None)
        except (TypeError, KeyError, ValueError):
            continue
        if not isinstance(one, Message) or theirs.message is None or one.placeholder or one.command:
            continue
        message = theirs.message
        files = [message.photo[-1]] if message.photo else [message.effective_attachment]
        expected = [file.file_id for file in files if isinstance(file, _BaseMedium)]
        assert [each.reference for each in one.attachments] == expected, name
        assert one.text == (message.text or message.caption or ""), name
        assert one.group == (message.media_group_id or ""), name
        assert one.sent_at == message.date, name
        assert (one.message_id, one.thread) == (str(message.message_id), str(message.chat_id)), name
        compared += 1
    if not compared:
        pytest.skip("nothing among these samples that both can read")


@pytest.mark.parametrize("kind", [each.value for each in MessageType])
def test_every_kind_of_message_that_the_library_knows_is_known_here(kind: str) -> None:
    """A newer library shows which kinds the Bot API has got meanwhile."""
    about_others = {
        "business_connection_id", "effect_id", "reply_to_story", "sender_boost_count", "sender_business_bot",
        "suggested_post_info",
    }  # fmt: skip
    assert kind in {"text", "photo", "paid_media", *_MEDIA, *_SHOWN, *SERVICE, *about_others}


def test_no_two_updates_have_one_id(listed: list[tuple[str, bytes, dict[str, Any]]]) -> None:
    """Several of the samples carry the same update_id for quite different things."""
    by_id: dict[str, bytes] = {}
    for name, raw, _ in listed:
        (one,) = read(raw, at=AT)
        assert by_id.setdefault(one.external_id, raw) == raw, (
            f"{name} has the id of another: {one.external_id}"
        )
