"""A webhook taken apart: every entry, change and item, each by itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from channels.base import (
    Identified,
    Message,
    Noted,
    Status,
    Unreadable,
)
from channels.whatsapp import read
from channels.whatsapp.reading import read_each
from tests.whatsapp.bodies import (
    BUDI,
    BUDI_ID,
    NUMBER,
    body,
    contact,
    message,
    one,
    said,
    status,
    value,
)  # fmt: skip

AT = datetime(2026, 11, 22, tzinfo=UTC)


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
