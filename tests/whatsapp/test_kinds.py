"""What a message says, by its kind, whatever Meta put in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from channels.base import (
    Echoed,
    Edited,
    Message,
    Noted,
    Pressed,
)
from channels.whatsapp import read
from tests.whatsapp.bodies import (
    BUDI,
    BUDI_ID,
    PHONE,
    SHOWN,
    body,
    contact,
    message,
    one,
    said,
    value,
)  # fmt: skip

AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "content", "name", "media_type", "text"),
    [
        ("image", {"mime_type": "image/jpeg", "caption": "pecah"}, "image.jpg", "image/jpeg", "pecah"),
        ("document", {"mime_type": "a/pdf", "filename": "nota.pdf"}, "nota.pdf", "a/pdf", ""),
        ("audio", {"mime_type": "audio/ogg; codecs=opus", "voice": True}, "audio.ogg", "audio/ogg", ""),
        ("video", {"mime_type": "video/mp4"}, "video.mp4", "video/mp4", ""),
    ],
)  # fmt: skip
def test_files_lie_with_meta_under_their_id(
    kind: str, content: dict[str, Any], name: str, media_type: str, text: str
) -> None:
    heard = one(
        said(kind, {"id": "7", **content, "url": "https://lookaside.fbsbx.com/x", "sha256": "A" * 43 + "="})
    )
    [file] = heard.attachments
    assert (file.name, file.media_type, file.reference, file.content) == (name, media_type, "7", None)
    assert (heard.text, heard.placeholder, file.digest) == (text, "", "00" * 32)


def test_a_file_without_its_id_is_not_invisible() -> None:
    heard = one(said("image", {"caption": "ini fotonya"}))
    assert (heard.text, heard.placeholder, heard.attachments) == ("ini fotonya", "image", ())


@pytest.mark.parametrize("kind", ["button_reply", "list_reply"])
def test_a_choice_is_pressed_with_its_value_untouched(kind: str) -> None:
    content = {"type": kind, kind: {"id": "k3x.7:ya", "title": "Ya, betul"}}
    heard = one(said("interactive", content, context={"id": "wamid.0"}))
    assert isinstance(heard, Pressed)
    assert (heard.value, heard.label, heard.of) == ("k3x.7:ya", "Ya, betul", "wamid.0")


def test_a_quick_reply_of_a_template_is_said_with_and_without_context() -> None:
    content = {"text": "Ya, betul", "payload": "YES"}
    assert [one(said("button", content)).text, one(said("button", content)).quotes] == ["Ya, betul", ""]
    assert one(said("button", content, context={"id": "wamid.0"})).quotes == "wamid.0"


def test_an_answer_quotes_what_it_answers() -> None:
    assert one(said("text", context={"from": SHOWN, "id": "wamid.0"})).quotes == "wamid.0"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"response_json": '{"no":"INV-1","flow_token":"x","isi":["a","b"]}'}, "no: INV-1\nisi: a, b"),
        ({"body": "Sent"}, "Sent"),
        ({"response_json": "{no json", "body": "Sent"}, "{no json"),
        ({"response_json": "[1, 2]", "body": "Sent"}, "1, 2"),
    ],
)  # fmt: skip
def test_a_form_is_read_however_it_was_answered(content: dict[str, Any], text: str) -> None:
    heard = one(said("interactive", {"type": "nfm_reply", "nfm_reply": content}))
    assert (heard.text, heard.placeholder) == (text, "")


def test_interactive_may_be_missing_where_there_are_errors() -> None:
    raw = body(value(contacts=[contact()], messages=[message(1, "interactive")], errors=[{"code": 131051}]))
    assert (one(raw).placeholder, one(raw).text) == ("unsupported", "")


def test_a_place_and_an_order_have_words() -> None:
    place = one(
        said("location", {"latitude": -6.2, "longitude": 106.8, "name": "Toko", "address": "Jl. A 1"})
    )
    assert (place.placeholder, place.text) == ("location", "Toko, Jl. A 1 (-6.2, 106.8)")
    items = [{"product_retailer_id": "MSM-2L", "quantity": 2, "item_price": 38000, "currency": "IDR"}]
    order = one(said("order", {"catalog_id": "c", "text": "untuk besok", "product_items": items}))
    assert (order.placeholder, order.text) == ("", "untuk besok\n2 x MSM-2L (IDR 38000)")


def test_a_number_shared_on_request_is_proven_and_a_card_of_somebody_else_is_not() -> None:
    card = {"name": {"formatted_name": "Budi"}, "phones": [{"phone": "+62 812-3000-1111", "wa_id": BUDI}]}
    hidden: dict[str, Any] = {"from": None, "from_user_id": BUDI_ID}
    mine = one(said("contacts", [{**card, "origin": "contact_request"}], **hidden))
    assert (mine.sender.phone, mine.sender.proven, mine.placeholder) == (PHONE, ("phone",), "contact")
    assert PHONE in mine.sender.claims
    lone = body(value(contacts=[contact(wa_id="")], messages=[message(1, "contacts", [card], **hidden)]))
    assert (one(lone).sender.phone, one(lone).sender.proven) == ("", ())
    assert one(lone).text == "Budi +62 812-3000-1111"


@pytest.mark.parametrize(
    ("kind", "more", "placeholder"),
    [
        ("sticker", {"sticker": {"id": "7"}}, "sticker"),
        ("unsupported", {"errors": [{"code": 131051}]}, "unsupported"),
        ("unsupported", {"unsupported": {"type": "poll"}}, "poll"),
        ("unknown", {"errors": [{"code": 131051}]}, "unsupported"),
        ("ephemeral", {}, "ephemeral"),
        ("text", {"text": None}, "unsupported"),
        ("text", {"text": {"body": ["x"]}}, "unsupported"),
        ("something new!", {}, "unsupported"),
    ],
)
def test_unknown_kinds_are_placeholders(kind: str, more: dict[str, Any], placeholder: str) -> None:
    """zammad#5439: one unknown message type blocked the channel."""
    heard = one(body(value(contacts=[contact()], messages=[{**message(1, "x"), "type": kind, **more}])))
    assert isinstance(heard, Message)
    assert (heard.placeholder, heard.text) == (placeholder, "")


def test_who_opens_the_chat_starts_it() -> None:
    assert one(said("request_welcome")).command == "start"


def test_a_reaction_is_on_record_and_no_word() -> None:
    assert one(said("reaction", {"message_id": "wamid.0", "emoji": "👍"})).cause == "reaction: 👍 to wamid.0"
    assert "taken back" in one(said("reaction", {"message_id": "wamid.0", "emoji": ""})).cause
    assert "taken back" in one(said("reaction", {"message_id": "wamid.0"})).cause


def test_a_group_is_not_answered() -> None:
    heard = one(said("text", group_id="g1"))
    assert isinstance(heard, Noted)
    assert heard.cause.startswith("group:")


def test_edits_and_revocations_name_what_they_change() -> None:
    inner = {"type": "text", "text": {"body": "tiga dus"}}
    edited = one(said("edit", {"original_message_id": "wamid.0", "message": inner}))
    assert isinstance(edited, Edited)
    assert (edited.of, edited.text, edited.deleted) == ("wamid.0", "tiga dus", False)
    gone = one(said("revoke", {"original_message_id": "wamid.0"}))
    assert (gone.of, gone.text, gone.deleted) == ("wamid.0", "", True)
    assert one(said("edit", {})).placeholder == "unsupported"


def test_both_events_of_a_call_are_one_call_by_the_customer() -> None:
    call = {"id": "wacid.1", "from": BUDI, "from_user_id": BUDI_ID, "timestamp": "1795305600"}
    raw = body(
        value(contacts=[contact()], calls=[{**call, "event": "connect", "direction": "USER_INITIATED"}]),
        value(contacts=[contact()], calls=[{**call, "event": "terminate", "direction": "USER_INITIATED"}]),
        field="calls",
    )
    assert {(each.external_id, each.placeholder) for each in read(raw) if isinstance(each, Message)} == {
        ("call:wacid.1", "call")
    }
    ours = body(value(calls=[{**call, "event": "connect", "direction": "BUSINESS_INITIATED"}]), field="calls")
    assert isinstance(one(ours), Noted)


def test_an_answer_from_the_business_phone_is_an_echo_and_no_customers_word() -> None:
    echo = {"from": SHOWN, "to": BUDI, "to_user_id": BUDI_ID, "id": "wamid.e", "timestamp": "1795305600"}
    heard = one(
        body(
            value(message_echoes=[{**echo, "type": "text", "text": {"body": "Sudah dicek"}}]),
            field="smb_message_echoes",
        )
    )
    assert isinstance(heard, Echoed)
    assert (heard.text, heard.thread, heard.sender.id) == ("Sudah dicek", PHONE, f"+{SHOWN}")
    assert heard.sender.claims == (BUDI_ID, PHONE)
    gone = {**echo, "type": "revoke", "revoke": {"original_message_id": "wamid.1"}}
    assert isinstance(one(body(value(message_echoes=[gone]), field="smb_message_echoes")), Noted)
