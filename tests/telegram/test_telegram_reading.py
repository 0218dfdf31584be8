"""Updates are read each by itself, from whatever they hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.base import Attachment, Echoed, Edited, Message, Noted, Pressed, Reachability, Sender
from channels.telegram.business import parse_thread
from channels.telegram.reading import BUSINESS, UPDATES, read
from channels.telegram.update import unreadable
from tests.telegram.updates import AT, GROUP, PRIVATE, SENT, SRI, heard, message, update, wrote

PHOTO = [
    {"file_id": "small", "file_unique_id": "a", "width": 90, "height": 60, "file_size": 1200},
    {"file_id": "large", "file_unique_id": "b", "width": 1280, "height": 853, "file_size": 180_000},
    {"file_id": "middle", "file_unique_id": "c", "width": 320, "height": 213, "file_size": 21_000},
]


def test_a_text_is_a_message_with_everything_a_house_needs() -> None:
    raw = update(
        9_000_000_001, message=message(41, text="Susu menggembung", reply_to_message={"message_id": 40})
    )
    (one,) = read(raw, account="555")
    assert one == Message(
        channel="telegram", account="555", external_id="9000000001/7000000123/41",
        sender=Sender("7000000123", "Sri Wahyuni"), thread="7000000123", sent_at=AT, raw=raw, message_id="41",
        text="Susu menggembung", quotes="40",
    )  # fmt: skip


def test_ids_beyond_32_bits_are_kept_whole() -> None:
    """chatwoot's own samples have update ids of 42 bits; people have ids of more than 32."""
    (one,) = read(update(2_342_342_343_242, message=message(2**40, text="halo")))
    assert one.external_id == f"2342342343242/7000000123/{2**40}"
    assert one.message_id == str(2**40)


def test_the_same_update_id_after_a_quiet_week_is_another_update() -> None:
    """Ids of updates begin anew at random: a bare update_id would swallow a customer's message."""
    (first,) = heard(900, message=message(41, text="lama"))
    (again,) = heard(900, message=message(42, text="baru"))
    assert first.external_id != again.external_id


def test_a_message_and_its_edits_have_ids_of_their_own() -> None:
    (first,) = heard(900, message=message(41, text="lima dus"))
    (edit,) = heard(901, edited_message=message(41, text="enam dus", edit_date=SENT + 60))
    assert isinstance(edit, Edited)
    assert (edit.of, edit.text, edit.deleted) == ("41", "enam dus", False)
    assert edit.sent_at == datetime.fromtimestamp(SENT + 60, UTC)
    assert first.external_id != edit.external_id
    assert edit.of == first.message_id


@pytest.mark.parametrize(
    ("fields", "file"),
    [
        ({"photo": PHOTO}, Attachment("photo-41.jpg", "image/jpeg", 180_000, None, "large")),
        (
            {"document": {"file_id": "d", "file_name": "../nota juli.pdf", "mime_type": "application/pdf"}},
            Attachment("nota juli.pdf", "application/pdf", 0, None, "d"),
        ),
        ({"voice": {"file_id": "v", "duration": 7}}, Attachment("voice-41.oga", "audio/ogg", 0, None, "v")),
        (
            {"video": {"file_id": "m", "mime_type": "video/mp4", "file_size": 70_000_000}},
            Attachment("video-41.mp4", "video/mp4", 70_000_000, None, "m"),
        ),
        (
            {"live_photo": {"file_id": "l", "photo": PHOTO}},
            Attachment("photo-41.jpg", "image/jpeg", 180_000, None, "large"),
        ),
        ({"live_photo": {"file_id": "l"}}, Attachment("live-photo-41.mp4", "video/mp4", 0, None, "l")),
        ({"video_note": {"file_id": "n"}}, Attachment("video-note-41.mp4", "video/mp4", 0, None, "n")),
        (
            {"audio": {"file_id": "s", "file_name": "rekaman.m4a"}},
            Attachment("rekaman.m4a", "audio/mpeg", 0, None, "s"),
        ),
        (
            {"animation": {"file_id": "g"}, "document": {"file_id": "g-as-document"}},
            Attachment("animation-41.mp4", "video/mp4", 0, None, "g"),
        ),
        (
            {"paid_media": {"star_count": 1, "paid_media": [{"type": "photo", "photo": PHOTO}]}},
            Attachment("photo-41.jpg", "image/jpeg", 180_000, None, "large"),
        ),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)  # fmt: skip
def test_a_file_lies_with_telegram_and_its_caption_is_the_text(
    fields: dict[str, Any], file: Attachment
) -> None:
    one = wrote(**fields, caption="Foto dusnya")
    assert (one.text, one.attachments, one.placeholder) == ("Foto dusnya", (file,), "")


def test_an_album_is_tied_together_by_its_group() -> None:
    parts = [wrote(number=n, photo=PHOTO, media_group_id="13579") for n in (41, 42)]
    assert [part.group for part in parts] == ["13579", "13579"]
    assert len({part.external_id for part in parts}) == 2


@pytest.mark.parametrize(
    ("fields", "kind", "text"),
    [
        ({"sticker": {"file_id": "s", "emoji": "👍"}}, "sticker", ""),
        ({"location": {"latitude": -7.2575, "longitude": 112.7521}}, "location", "-7.257500, 112.752100"),
        (
            {
                "venue": {
                    "title": "Toko Jaya", "address": "Jl. Pasar 3",
                    "location": {"latitude": 1, "longitude": 2},
                },
                "location": {"latitude": 1, "longitude": 2},
            },
            "venue",
            "Toko Jaya\nJl. Pasar 3\n1.000000, 2.000000",
        ),
        ({"poll": {"question": "Kapan?", "options": [{"text": "Senin"}]}}, "poll", "Kapan?\n- Senin"),
        ({"dice": {"emoji": "🎲", "value": 2}}, "dice", ""),
        ({"some_kind_of_2027": {"a": 1}}, "unsupported", ""),
        ({"sticker": "not an object"}, "sticker", ""),
    ],
)  # fmt: skip
def test_what_is_no_text_and_no_file_is_never_invisible(fields: dict[str, Any], kind: str, text: str) -> None:
    one = wrote(**fields)
    assert (one.placeholder, one.text, one.attachments) == (kind, text, ())


def test_a_phone_is_proven_only_by_the_senders_own_card() -> None:
    """A card that is passed on names somebody else's number, or nobody's account."""
    own = wrote(contact={"phone_number": "628123456789", "first_name": "Sri", "user_id": SRI["id"]})
    assert own.sender == Sender(str(SRI["id"]), "Sri Wahyuni", phone="+628123456789", proven=("phone",))
    assert (own.placeholder, own.text) == ("contact", "+628123456789")
    for card in (
        {"phone_number": "+62 811-111", "first_name": "Budi", "user_id": 5},
        {"phone_number": "+62 811-111", "first_name": "Budi"},
    ):
        other = wrote(contact=card)
        assert other.sender == Sender(str(SRI["id"]), "Sri Wahyuni")
        assert (other.placeholder, other.text) == ("contact", "Budi\n+62811111")
    nobody = wrote(contact={"phone_number": "628123456789", "first_name": "X"}, from_=None)
    assert nobody.sender.proven == ()


@pytest.mark.parametrize(
    ("text", "command", "rest"),
    [
        ("/start", "start", ""),
        ("/start SPA-2026-000017", "start", "SPA-2026-000017"),
        ("/START@sapa_bot  promo", "start", "promo"),
        ("/mulai", "start", ""),
        ("/help", "help", ""),
        ("/bantuan tolong", "help", "tolong"),
        ("/24 dus rusak", "", "/24 dus rusak"),
        ("/status SPA-1", "", "/status SPA-1"),
        ("/starter", "", "/starter"),
        ("halo /start", "", "halo /start"),
    ],
)
def test_commands_are_told_from_words_that_begin_with_a_slash(text: str, command: str, rest: str) -> None:
    one = wrote(text=text)
    assert (one.command, one.text) == (command, rest)


def test_a_pressed_button_carries_its_value_label_and_message() -> None:
    keyboard = {
        "inline_keyboard": [
            [{"text": "Ya", "callback_data": "c1:yes"}, {"text": "Bukan", "callback_data": "c1:no"}]
        ]
    }
    query = {
        "id": "4382bfdwdsb323b2d9", "from": SRI, "chat_instance": "1", "data": "c1:no",
        "message": message(77, text="Benar?", reply_markup=keyboard, from_={"id": 555, "is_bot": True}),
    }  # fmt: skip
    (one,) = heard(callback_query=query)
    assert isinstance(one, Pressed)
    assert (one.value, one.label, one.of) == ("c1:no", "Bukan", "77")
    assert (one.sender.id, one.thread) == (str(SRI["id"]), str(SRI["id"]))
    assert one.external_id == "900/7000000123/4382bfdwdsb323b2d9"
    assert one.sent_at == AT  # Telegram gives no time: it is when it came


@pytest.mark.parametrize("shown", [{"chat": PRIVATE, "message_id": 77, "date": 0}, None])
def test_a_button_of_a_message_too_old_to_be_shown_is_still_pressed(shown: dict[str, Any] | None) -> None:
    query = {"id": "1", "from": SRI, "data": "old:yes"} | ({"message": shown} if shown else {})
    (one,) = heard(callback_query=query)
    assert isinstance(one, Pressed)
    assert (one.thread, one.value, one.label) == (str(SRI["id"]), "old:yes", "")


@pytest.mark.parametrize(
    ("kinds", "cause"),
    [
        ({"message": message(chat=GROUP, text="halo semua")}, "group"),
        ({"edited_message": message(chat=GROUP, text="halo")}, "group"),
        ({"message": message(chat={"id": -5}, text="tanpa jenis")}, "group"),
        ({"callback_query": {"id": "1", "from": SRI, "data": "x", "message": message(chat=GROUP)}}, "group"),
        ({"callback_query": {"id": "1", "from": SRI, "data": "-", "message": message()}}, "done"),
        ({"callback_query": {"id": "1", "from": SRI, "game_short_name": "x"}}, "unsupported"),
        ({"message": message(from_={**SRI, "is_bot": True}, text="aku bot")}, "bot"),
        ({"message": message(pinned_message={"message_id": 1})}, "service"),
        ({"message": {"text": "di mana?"}}, "malformed"),
        ({"message": "not an object"}, "malformed"),
        ({"edited_message": message(None, text="x")}, "malformed"),
        ({"channel_post": message(chat=GROUP, text="kabar")}, "unsupported"),
        ({"message_reaction": {"chat": PRIVATE, "message_id": 4, "user": SRI}}, "unsupported"),
        ({"my_chat_member": {"chat": GROUP, "new_chat_member": {"status": "left"}}}, "membership"),
        ({"business_connection": {"id": "b", "user": SRI, "is_enabled": True, "date": SENT}}, "connection"),
        ({}, "unsupported"),
    ],
)  # fmt: skip
def test_what_is_nobodys_word_to_us_is_on_record_with_its_cause(kinds: dict[str, Any], cause: str) -> None:
    (one,) = heard(**kinds)
    assert isinstance(one, Noted)
    assert one.cause.partition(":")[0] == cause
    assert one.raw


@pytest.mark.parametrize(("status", "reachable"), [("kicked", False), ("member", True)])
def test_who_blocks_the_bot_cannot_be_reached_and_who_unblocks_it_can(status: str, reachable: bool) -> None:
    (one,) = heard(
        my_chat_member={"chat": PRIVATE, "from": SRI, "date": SENT, "new_chat_member": {"status": status}}
    )
    assert isinstance(one, Reachability)
    assert (one.reachable, one.thread, one.external_id) == (
        reachable,
        str(SRI["id"]),
        f"900/{SRI['id']}/{SENT}",
    )


def test_a_business_account_is_answered_over_its_connection() -> None:
    (one,) = heard(business_message=message(text="halo toko", business_connection_id="cAb-9"))
    assert isinstance(one, Message)
    assert one.thread == "7000000123@cAb-9"
    assert parse_thread(one.thread) == ("7000000123", "cAb-9")
    assert one.sender.id == str(SRI["id"])


def test_what_the_owner_writes_from_the_phone_takes_the_conversation_over() -> None:
    owner = {"id": 42, "first_name": "Pak Hadi"}
    (one,) = heard(business_message=message(text="Saya bantu ya", from_=owner, business_connection_id="b"))
    assert isinstance(one, Echoed)
    assert (one.thread, one.text, one.sender) == ("7000000123@b", "Saya bantu ya", Sender("42", "Pak Hadi"))
    (ours,) = heard(
        business_message=message(
            text="x", from_=owner, business_connection_id="b", sender_business_bot={"id": 5}
        )
    )
    assert isinstance(ours, Noted)


def test_messages_that_are_taken_back_are_each_named() -> None:
    gone = heard(
        deleted_business_messages={"business_connection_id": "b", "chat": PRIVATE, "message_ids": [5, 6, 6]}
    )
    assert [(one.of, one.deleted, one.thread) for one in gone if isinstance(one, Edited)] == [
        ("5", True, "7000000123@b"),
        ("6", True, "7000000123@b"),
    ]
    assert len({one.external_id for one in gone}) == 2


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"null", b"[]", b"{}", b"{", b"\xff\xfe", b'{"update_id": "5"}', b'{"update_id": true}',
        b"[" * 9_000, b'{"update_id":1' + b"0" * 5_000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_update_is_refused_and_kept_as_it_is(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|update_id"):
        read(raw)
    kept = unreadable(raw, account="555", at=AT, cause="no JSON")
    assert kept.raw == raw
    assert kept.external_id == unreadable(raw, account="555", at=AT, cause="no JSON").external_id


def test_a_damaged_update_is_known_by_its_id() -> None:
    raw = update(77, message=message(text="x"))[:-1]
    assert unreadable(raw, account="", at=AT, cause="").external_id.startswith("77/raw/")


@pytest.mark.parametrize("odd", ["", 0, None, [], {}, "x", -1, 1.5, True, [[]], {"id": "x"}, 10**30])
@pytest.mark.parametrize(
    "field",
    [
        "message_id", "from", "chat", "date", "text", "photo", "document", "contact", "reply_to_message",
        "media_group_id",
    ],
)  # fmt: skip
def test_one_odd_field_spoils_no_update(field: str, odd: Any) -> None:
    """python-telegram-bot gives up the whole batch for a missing is_bot or file_unique_id."""
    for kind in ("message", "edited_message", "business_message"):
        body = {**message(text="halo", business_connection_id="b"), field: odd}
        (one,) = read(update(5, **{kind: body}), at=AT)
        assert 0 < len(one.external_id) < 255


NAMES = (
    "id", "chat", "from", "type", "text", "date", "message_id", "photo", "message", "data", "contact"
)  # fmt: skip
LEAVES = (
    st.sampled_from([None, True])
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=14,
)


@given(st.sampled_from([*UPDATES, *BUSINESS, "poll"]), JSON, st.integers(-(2**62), 2**62))
def test_whatever_an_update_holds_it_is_read_as_something(kind: str, body: Any, number: int) -> None:
    raw = json.dumps({"update_id": number, kind: body}).encode()
    found = read(raw, account="5", at=AT)
    assert found
    for one in found:
        assert one.external_id.startswith(f"{number}/")
        assert one.raw == raw
        assert isinstance(one, Noted) or (one.sender.id and one.thread)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read(raw)
    except ValueError:
        assert unreadable(raw, account="", at=AT, cause="x").external_id
