"""Who wrote, who is who now, and what became of what we sent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from channels.base import (
    Delivery,
    Identified,
    Noted,
    Status,
)
from channels.whatsapp import read
from channels.whatsapp.reading import read_each
from tests.whatsapp.bodies import (
    BUDI,
    BUDI_ID,
    NUMBER,
    PHONE,
    body,
    contact,
    message,
    one,
    said,
    status,
    value,
)  # fmt: skip

AT = datetime(2026, 11, 22, tzinfo=UTC)


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


def test_a_status_that_names_nobody_is_still_our_messages() -> None:
    heard = one(body(value(statuses=[{"id": "wamid.4", "status": "read", "timestamp": "1795305601"}])))
    assert isinstance(heard, Status)
    assert (heard.of, heard.delivery, bool(heard.sender.id and heard.thread)) == ("wamid.4", "read", True)


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
    assert paused.cause.startswith("warning: the template sapa_kabar (id) is PAUSED")
    fine = one(body(value(**{**bad, "event": "APPROVED"}), field="message_template_status_update"))
    assert fine.cause == "field: message_template_status_update APPROVED"
