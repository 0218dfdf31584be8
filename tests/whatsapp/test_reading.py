"""What webhooks say: every entry, change and item, each by itself, whatever Meta put in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.base import (
    Delivery,
    Echoed,
    Edited,
    Identified,
    Message,
    Noted,
    Pressed,
    Status,
    Unreadable,
)
from channels.whatsapp import read
from channels.whatsapp.reading import read_each
from tests.whatsapp.bodies import (
    BUDI,
    BUDI_ID,
    NUMBER,
    SHOWN,
    body,
    contact,
    message,
    said,
    status,
    value,
)  # fmt: skip

PHONE = f"+{BUDI}"
AT = datetime(2026, 11, 22, tzinfo=UTC)


def one(raw: bytes) -> Any:
    found = read(raw)
    assert len(found) == 1, found
    return found[0]


# ---------------------------------------------------------------------------------------------- the envelope


def test_every_message_of_every_change_of_every_entry_is_read() -> None:
    """david-lev/pywa#229, netflie/whatsapp-cloud-api#132: only the first of a batch was taken."""
    raw = body(
        value(contacts=[contact()], messages=[message(1), message(2)]),
        value(contacts=[contact()], messages=[message(3)], statuses=[status(9)]),
        value(contacts=[contact()], messages=[message(4)]),
        entries=2,
    )
    found = read(raw)
    assert sorted(m.external_id for m in found if isinstance(m, Message)) == [
        f"m:wamid.{n}" for n in range(1, 5)
    ]
    assert [type(each) for each in found] == [*[Message] * 4, Status]


def test_news_of_ids_comes_before_the_text_it_is_about_and_statuses_come_last() -> None:
    changed = message(
        7, "system",
        {"type": "user_changed_user_id", "previous_user_id": BUDI_ID, "user_id": "ID.2"}, **{"from": None},
    )  # fmt: skip
    raw = body(value(statuses=[status(9)], messages=[message(1), changed], contacts=[contact()]))
    assert [type(each) for each in read(raw)] == [Identified, Message, Status]


def test_a_broken_item_costs_only_itself() -> None:
    """botpress#15083: one part that fails must not take the others with it."""
    raw = body(
        value(messages=[message(1), 17, message(2)], contacts=[contact()]),
        value(messages={"not": "a list"}, statuses=[status(3)]),
    )
    found = read_each(raw, AT)
    assert [each.external_id for each in found if isinstance(each, Message)] == ["m:wamid.1", "m:wamid.2"]
    assert [each.external_id for each in found if isinstance(each, Status)] == ["s:wamid.3:sent"]
    broken = [each for each in found if isinstance(each, Unreadable)]
    assert [each.cause.split(":")[0] for each in broken] == ["messages", "messages"]
    assert len({each.external_id for each in broken}) == 2
    assert all(each.account == NUMBER and each.raw for each in broken)


def test_a_change_and_an_entry_that_are_no_objects_cost_only_themselves() -> None:
    whole = json.loads(said("text"))
    whole["entry"] += [3, {"id": "x", "changes": [None, {"field": "messages", "value": 4}]}]
    found = read_each(json.dumps(whole).encode(), AT)
    assert sum(isinstance(each, Message) for each in found) == 1
    assert sum(isinstance(each, Unreadable) for each in found) == 3


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"null", b"\xff\xfe", b'{"entry":7}', b"[" * 100_000])
def test_what_is_no_webhook_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        read(raw)
    assert [type(each) for each in read_each(raw, AT)] == [Unreadable]


def test_nothing_in_it_is_nothing() -> None:
    for raw in (b"{}", body(), body(value(messages=[])), body(value(statuses=[], contacts=[contact()]))):
        assert read(raw) == ()


def test_each_part_of_a_batch_can_be_read_again_by_itself() -> None:
    raw = body(
        value(
            contacts=[contact(), contact("Siti", "628777", "ID.3")],
            messages=[message(1), message(2, "image", {"id": "5"})],
        ),
        value(statuses=[status(4, "failed", errors=[{"code": 131026}])], errors=[{"code": 1}]),
        value(user_id_update=[{"wa_id": BUDI, "user_id": {"previous": "ID.1", "current": "ID.2"}}]),
    )  # fmt: skip
    found = read(raw)
    assert len(found) == 4
    for each in found:
        assert replace(one(each.raw), raw=b"") == replace(each, raw=b"")
        assert len(each.raw) < len(raw)


def test_one_alone_keeps_the_very_bytes() -> None:
    raw = said("text", {"body": "é 👍"}).replace(b": ", b":  ")
    assert one(raw).raw == raw


def test_escaped_unescaped_and_half_characters_are_read() -> None:
    assert one(said("text", {"body": "pecah é 👍"})).text == "pecah é 👍"
    assert (
        one(json.dumps(json.loads(said("text", {"body": "é 👍"})), ensure_ascii=False).encode()).text
        == "é 👍"
    )
    assert one(said("text", {"body": "HALF"}).replace(b"HALF", b"a\\ud83d")).text == "a\ufffd"


def test_unknown_fields_are_on_record_only_when_they_say_something() -> None:
    noted = one(body(value(event="VERIFIED", what={"x": 1}), field="account_update"))
    assert isinstance(noted, Noted)
    assert noted.cause == "field: account_update VERIFIED"
    assert read(body({"messaging_product": "whatsapp", "metadata": {}}, field="new_thing")) == ()
    other = json.dumps(
        {"object": "page", "entry": [{"id": "1", "time": 2, "messaging": [{"x": 1}]}]}
    ).encode()
    assert one(other).cause == "field: page"


def test_a_change_without_its_field_is_read_by_what_is_in_it() -> None:
    whole = json.loads(said("text"))
    del whole["entry"][0]["changes"][0]["field"]
    assert one(json.dumps(whole).encode()).text == "pesan 1"
    assert one(json.dumps(whole["entry"][0]["changes"][0]).encode()).text == "pesan 1"


# ------------------------------------------------------------------------------------------------- who it is


def test_phone_and_user_id_are_both_the_persons() -> None:
    sender = one(said("text")).sender
    assert (sender.id, sender.phone, sender.name) == (BUDI_ID, PHONE, "Budi")
    assert sender.claims == (PHONE,)
    assert sender.proven == ("phone",)
    assert one(said("text")).thread == PHONE


def test_without_a_phone_the_user_id_is_answered() -> None:
    """Since mid-2026 people with a username come without a phone."""
    raw = body(value(contacts=[contact(wa_id="")], messages=[message(1, **{"from": None})]))
    heard = one(raw)
    assert (heard.sender.id, heard.sender.phone, heard.sender.proven, heard.thread) == (
        BUDI_ID,
        "",
        (),
        BUDI_ID,
    )


def test_before_user_ids_the_phone_is_all_there_is() -> None:
    raw = body(value(contacts=[contact(user_id="")], messages=[message(1, from_user_id=None)]))
    heard = one(raw)
    assert (heard.sender.id, heard.sender.claims, heard.thread) == (PHONE, (), PHONE)


def test_a_message_that_names_nobody_is_its_only_contacts() -> None:
    raw = body(value(contacts=[contact()], messages=[message(1, from_user_id=None, **{"from": None})]))
    assert one(raw).sender.id == BUDI_ID
    nobody = body(value(messages=[message(1, from_user_id=None, **{"from": None})]))
    assert one(nobody).sender.id == ""


def test_names_in_a_batch_belong_to_their_writers() -> None:
    siti = message(2, from_user_id="ID.3", **{"from": "628777000111"})
    raw = body(
        value(contacts=[contact("Siti", "628777000111", "ID.3"), contact()], messages=[message(1), siti])
    )
    assert {each.sender.id: each.sender.name for each in read(raw)} == {BUDI_ID: "Budi", "ID.3": "Siti"}


def test_the_company_wide_id_is_a_claim_too() -> None:
    raw = said("text", from_parent_user_id="ID.ENT.77")
    assert one(raw).sender.claims == (PHONE, "ID.ENT.77")


def test_several_numbers_in_one_app_are_several_accounts() -> None:
    second = {
        **value(messages=[message(2)]),
        "metadata": {"display_phone_number": "1", "phone_number_id": "222"},
    }
    assert [each.account for each in read(body(value(messages=[message(1)]), second))] == [NUMBER, "222"]


@pytest.mark.parametrize("time", ["1795305600", 1795305600, "1795305600000"])
def test_times_are_the_providers(time: object) -> None:
    assert one(said("text", timestamp=time)).sent_at == datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize("time", [None, "", "gestern", -4, "9" * 40, [1]])
def test_a_time_that_is_none_is_the_time_it_came(time: object) -> None:
    assert read_each(said("text", timestamp=time), AT)[0].sent_at == AT


# ---------------------------------------------------------------------------------------------- what it says


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


# -------------------------------------------------------------------------------------------- who is who now


@pytest.mark.parametrize("kind", ["user_changed_number", "customer_changed_number"])
def test_a_new_number_and_the_old_one_are_one_person(kind: str) -> None:
    event = {"type": kind, "wa_id": "6281999", "user_id": "ID.2", "body": "User A changed from X to Y"}
    heard = one(said("system", event))
    assert isinstance(heard, Identified)
    assert heard.external_id == "sys:wamid.1"
    assert (heard.sender.id, heard.sender.phone) == ("ID.2", "+6281999")
    assert set(heard.sender.claims) == {"+6281999", PHONE, BUDI_ID}


def test_a_new_user_id_comes_as_an_event_and_as_a_field() -> None:
    event = {"type": "user_changed_user_id", "previous_user_id": BUDI_ID, "user_id": "ID.2"}
    heard = one(said("system", event, **{"from": None, "from_user_id": None}))
    assert (heard.sender.id, heard.sender.claims) == ("ID.2", (BUDI_ID,))
    update = {"wa_id": BUDI, "user_id": {"previous": BUDI_ID, "current": "ID.2"}, "timestamp": "1795305600"}
    field = one(body(value(user_id_update=[update]), field="user_id_update"))
    assert (field.sender.id, set(field.sender.claims)) == ("ID.2", {PHONE, BUDI_ID})


def test_names_in_the_words_of_an_event_change_nothing() -> None:
    """The words hold a name that its owner chose."""
    event = {"type": "user_changed_user_id", "user_id": "ID.2", "body": "User ID.9 changed from ID.8 to ID.2"}
    heard = one(said("system", event, **{"from": None, "from_user_id": None}))
    assert isinstance(heard, Noted)
    assert isinstance(one(said("system", {"type": "customer_identity_changed"})), Noted)


# --------------------------------------------------------------------------------------- what became of ours


@pytest.mark.parametrize(
    ("name", "delivery"),
    [
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "read"),
        ("played", "read"),
        ("failed", "failed"),
    ],
)
def test_a_status_names_our_message_and_our_own_id(name: str, delivery: str) -> None:
    heard = one(body(value(statuses=[status(4, name, biz_opaque_callback_data="7/3/1")])))
    assert isinstance(heard, Status)
    assert (heard.of, heard.echo, heard.delivery) == ("wamid.4", "7/3/1", Delivery(delivery))
    assert heard.external_id == f"s:wamid.4:{name}"


def test_an_unknown_status_is_on_record() -> None:
    assert one(body(value(statuses=[status(4, "deleted")]))).cause == "status: deleted of wamid.4"
    assert one(body(value(statuses=[status(4, "haunted")]))).cause == "status: haunted of wamid.4"


@pytest.mark.parametrize(
    ("code", "again", "alert"),
    [(131026, False, False), (131047, True, False), (131000, True, False), (131042, True, True)],
)
def test_a_failure_says_why_and_whether_it_may_go_again(code: int, again: bool, alert: bool) -> None:
    error = {"code": code, "title": "T", "error_data": {"details": "because"}}
    first, *rest = read(body(value(statuses=[status(4, "failed", errors=[error])])))
    assert isinstance(first, Status)
    assert (first.again, f"error {code}: because" in first.reason) == (again, True)
    assert [type(each) for each in rest] == ([Noted] if alert else [])


def test_errors_of_the_account_are_alerts() -> None:
    heard = one(body(value(errors=[{"code": 131031, "title": "Account locked"}])))
    assert isinstance(heard, Noted)
    assert heard.cause.startswith("account: the business account is locked")
    bad = {"event": "PAUSED", "message_template_name": "sapa_kabar", "message_template_language": "id"}
    paused = one(body(value(**bad), field="message_template_status_update"))
    assert paused.cause.startswith("account: the template sapa_kabar (id) is PAUSED")
    fine = one(body(value(**{**bad, "event": "APPROVED"}), field="message_template_status_update"))
    assert fine.cause == "field: message_template_status_update APPROVED"
