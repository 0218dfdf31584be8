"""What gateways send: a query, a form, a multipart form or JSON, each under names of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import Delivery, Inbound, Message, Noted, Reachability, Status, Unreadable
from channels.sms import Fields, Hook, Reports
from channels.sms.reading import Reader
from tests.sms.kit import CUSTOMER, OURS, gateway

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SAID = {
    "from": "081234567890",
    "to": OURS,
    "text": "barang kurang 2 dus",
    "id": "m1",
    "time": "2026-11-22 08:59:01",
}


def form(**fields: Any) -> bytes:
    return urlencode({**SAID, **fields}).encode()


def one(raw: bytes, reader: Reader | None = None) -> Inbound | Unreadable:
    (found,) = (reader or Reader(gateway())).read(raw, NOW)
    return found


def multipart(fields: dict[str, str]) -> bytes:
    parts = "".join(
        f'--X9\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return f"{parts}--X9--\r\n".encode()


@pytest.mark.parametrize(
    "raw",
    [form(), b"?" + form(), json.dumps(SAID).encode(), b" \n" + json.dumps(SAID).encode(), multipart(SAID)],
    ids=["form", "query", "json", "json after blanks", "multipart"],
)
def test_every_way_of_writing_says_the_same(raw: bytes) -> None:
    found = one(raw)
    assert isinstance(found, Message)
    assert (found.text, found.external_id, found.thread, found.account) == (
        SAID["text"],
        "id/m1",
        CUSTOMER,
        OURS,
    )
    assert found.sent_at == datetime(2026, 11, 22, 8, 59, 1, tzinfo=UTC)
    assert found.message_id == "m1"
    assert (found.sender.id, found.sender.phone, found.sender.proven) == (CUSTOMER, CUSTOMER, ())
    assert found.raw == raw.lstrip()


def test_a_sender_is_a_claim_and_never_proof() -> None:
    """Sender numbers of SMS can be forged (K4): nothing may hang on them alone."""
    found = one(form())
    assert isinstance(found, Message)
    assert "phone" not in found.sender.proven


def test_a_batch_is_read_one_by_one() -> None:
    reader = Reader(gateway(fields=Fields(items="results", time="time")))
    batch = [SAID, {"from": ""}, 17, {**SAID, "id": "m2", "text": 5}]
    found = reader.read(json.dumps({"results": batch}).encode(), NOW)
    assert [type(each) for each in found] == [Message, Unreadable, Unreadable, Message]
    assert len({each.external_id for each in found}) == 4
    last = found[-1]
    assert isinstance(last, Message)
    assert (last.text, json.loads(last.raw)["id"]) == ("5", "m2")


def test_values_lie_deep_in_json() -> None:
    told = {"data": {"msg": [{"src": 6281234567890, "body": {"text": "halo"}, "uid": 77}]}}
    names = Fields(sender="data.msg.0.src", text="data.msg.0.body.text", id="data.msg.0.uid", recipient="")
    found = one(json.dumps(told).encode(), Reader(gateway(fields=names)))
    assert isinstance(found, Message)
    assert (found.sender.id, found.text, found.external_id, found.sent_at) == (CUSTOMER, "halo", "id/77", NOW)


# ------------------------------------------------------------------------------------ who it is, and which


@pytest.mark.parametrize("sender", ["TELKOMSEL", "3636", "BRI-INFO", "+99"])
def test_who_cannot_be_answered_is_on_record_and_never_answered(sender: str) -> None:
    found = one(form(**{"from": sender, "text": "Pulsa Anda hampir habis"}))
    assert isinstance(found, Noted)
    assert sender in found.cause
    assert "Pulsa Anda hampir habis" in found.cause


def test_our_own_number_is_a_loop() -> None:
    found = one(form(**{"from": OURS.lstrip("+")}))
    assert isinstance(found, Noted)
    assert found.cause.startswith("own:")


def test_which_of_our_numbers_was_written_to() -> None:
    """The answer comes from the number that the customer knows."""
    reader = Reader(gateway(numbers=(OURS, "+6281100002222", "3636")))
    found = [
        one(form(to=to), reader) for to in ("6281100002222", "081100002222", "3636", "somewhere else", "")
    ]
    assert [each.account for each in found] == ["+6281100002222", "+6281100002222", "3636", OURS, OURS]


def test_a_redelivery_has_the_same_id_and_a_second_message_another() -> None:
    """Without the gateway's id: the time as it wrote it, and the words."""
    reader = Reader(gateway(fields=Fields(id="", time="time")))
    first = one(form(), reader)
    again = one(form(extra="a retry counter"), reader)
    assert again.external_id == first.external_id
    others = [
        form(time="2026-11-22 08:59:02"),
        form(text="barang kurang 3 dus"),
        form(**{"from": "081234567891"}),
    ]
    assert len({first.external_id, *(one(raw, reader).external_id for raw in others)}) == 4


def test_words_cannot_be_moved_between_fields_to_make_two_messages_one() -> None:
    reader = Reader(gateway(fields=Fields(id="", time="time")))
    assert (
        one(form(time="2026-11-22 08:59:01", text="0a"), reader).external_id
        != one(form(time="2026-11-22 08:59:010", text="a"), reader).external_id
    )


def test_neither_id_nor_time_is_shown_to_a_person() -> None:
    raw = urlencode({"from": "081234567890", "text": "ya"}).encode()
    found = one(raw)
    assert isinstance(found, Unreadable)
    assert "neither an id nor a time" in found.cause


@pytest.mark.parametrize(
    ("written", "zone", "form_", "instant"),
    [
        ("2026-11-22T08:59:01Z", "UTC", "", "2026-11-22T08:59:01+00:00"),
        ("2026-11-22 15:59:01", "Asia/Jakarta", "", "2026-11-22T08:59:01+00:00"),
        ("1795337941", "UTC", "", "2026-11-22T08:59:01+00:00"),
        ("1795337941000", "UTC", "", "2026-11-22T08:59:01+00:00"),
        ("20261122155901", "Asia/Jakarta", "", "2026-11-22T08:59:01+00:00"),
        ("Sun, 22 Nov 2026 08:59:01 +0000", "UTC", "", "2026-11-22T08:59:01+00:00"),
        ("22/11/2026 15.59", "Asia/Jakarta", "%d/%m/%Y %H.%M", "2026-11-22T08:59:00+00:00"),
        ("yesterday", "UTC", "", None),
        ("9" * 400, "UTC", "", None),
        ("0001-01-01", "UTC", "", None),
    ],
)
def test_times_as_gateways_write_them(written: str, zone: str, form_: str, instant: str | None) -> None:
    reader = Reader(gateway(fields=Fields(time="time", zone=zone, time_format=form_)))
    found = one(form(time=written), reader)
    assert found.sent_at == (datetime.fromisoformat(instant) if instant else NOW)


# --------------------------------------------------------------------------------------- parts, and codings

PARTS = Fields(part="concat-part", parts="concat-total", reference="concat-ref")


def test_a_part_is_known_as_one() -> None:
    reader = Reader(gateway(fields=PARTS))
    found = one(form(**{"concat-part": "2", "concat-total": "3", "concat-ref": "8"}), reader)
    assert isinstance(found, Message)
    assert (found.part, found.parts, found.group) == (2, 3, f"{CUSTOMER}/8/3")
    assert found.external_id == "id/m1/2", "some gateways give one id to all parts"


@pytest.mark.parametrize("part", [("1", "1"), ("4", "3"), ("0", "3"), ("x", "3"), ("", ""), ("2", "900")])
def test_a_part_that_makes_no_sense_is_a_whole_text(part: tuple[str, str]) -> None:
    """Nobody waits for parts that can never come."""
    found = one(form(**{"concat-part": part[0], "concat-total": part[1]}), Reader(gateway(fields=PARTS)))
    assert isinstance(found, Message)
    assert (found.part, found.parts, found.group) == (0, 0, "")


@pytest.mark.parametrize(
    ("header", "piece"),
    [
        ("050003A20302", (2, 3, "a2")),
        ("05 00 03 a2 03 02", (2, 3, "a2")),
        ("060804012A0201", (1, 2, "012a")),
        ("0B05040B8423F00003CC0201", (1, 2, "cc")),
        ("050003A20300", (0, 0, "")),
        ("0500", (0, 0, "")),
        ("zz", (0, 0, "")),
    ],
)
def test_the_header_of_a_part_is_read(header: str, piece: tuple[int, int, str]) -> None:
    found = one(form(udh=header), Reader(gateway(fields=Fields(udh="udh"))))
    assert isinstance(found, Message)
    assert (found.part, found.parts) == piece[:2]
    assert (piece[2] in found.group) if piece[2] else not found.group


def test_utf_16_in_hex_is_text_where_the_gateway_says_so() -> None:
    names = Fields(coding="dcs", hex_codings=("8",))
    reader = Reader(gateway(fields=names))
    coded = "Terima kasih 🙏".encode("utf-16-be").hex()

    def heard(**fields: str) -> str:
        found = one(form(**fields), reader)
        assert isinstance(found, Message)
        return found.text

    assert heard(dcs="8", text=coded) == "Terima kasih 🙏"
    assert heard(dcs="0", text="1234") == "1234", "a number stays a number"
    assert heard(dcs="8", text="kurang 2 dus") == "kurang 2 dus", "what is no hex stays as it is"


def test_a_form_in_another_charset() -> None:
    reader = Reader(gateway(hook=Hook(charset="iso-8859-1")))
    found = one(b"from=081234567890&text=caf%E9&id=1", reader)
    assert isinstance(found, Message)
    assert found.text == "café"


# ------------------------------------------------------------------------------------------- stop and start


@pytest.mark.parametrize(
    "text", ["STOP", "stop.", " Berhenti ", "UNREG", "UNREG SAPA", "stop sms", "Unsubscribe!"]
)
def test_who_says_stop_is_left_alone(text: str) -> None:
    found = one(form(text=text))
    assert isinstance(found, Reachability)
    assert not found.reachable


@pytest.mark.parametrize(
    "text",
    [
        "barangnya berhenti dikirim",
        "stop kirim dulu barangnya ya, masih banyak",
        "kapan mulai kirim?",
        "start up",
        "batal",
    ],
)
def test_a_sentence_with_such_a_word_is_a_message(text: str) -> None:
    assert isinstance(one(form(text=text)), Message)


def test_start_lifts_it_and_is_answered() -> None:
    lifted, said = Reader(gateway()).read(form(text="MULAI"), NOW)
    assert isinstance(lifted, Reachability)
    assert lifted.reachable
    assert isinstance(said, Message)
    assert lifted.external_id != said.external_id


# -------------------------------------------------------------------------------------------------- reports


@pytest.mark.parametrize(
    ("word", "delivery"),
    [
        ("DELIVRD", "delivered"),
        ("delivered", "delivered"),
        ("UNDELIV", "failed"),
        ("Rejected", "failed"),
        ("EXPIRED", "failed"),
        ("sent", "sent"),
        ("queued", "sent"),
    ],
)
def test_a_report_tells_how_far_a_message_got(word: str, delivery: str) -> None:
    found = one(
        urlencode({"id": "g7", "ref": "12/3/1", "status": word, "error": "E27", "to": CUSTOMER}).encode()
    )
    assert isinstance(found, Status)
    assert (found.delivery, found.of, found.echo) == (Delivery(delivery), "g7", "12/3/1")
    assert ("E27" in found.reason) == (delivery == "failed")
    assert found.account == OURS


def test_an_unknown_word_in_a_report_is_shown_to_a_person() -> None:
    """Taken for "sent" it would hide a failure; the cause says where to write it down."""
    found = one(b"id=g7&status=GONE_FISHING")
    assert isinstance(found, Unreadable)
    assert "GONE_FISHING" in found.cause
    assert "sms.reports" in found.cause


def test_a_message_that_is_marked_received_is_a_message() -> None:
    assert isinstance(one(form(status="received")), Message)


def test_reports_of_one_message_are_different_arrivals() -> None:
    words = ("sent", "delivered", "failed")
    found = [one(f"id=g7&status={word}".encode()) for word in (*words, *words)]
    assert len({each.external_id for each in found}) == 3


# ------------------------------------------------------------------------------------------------- hostile

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = [
    "from",
    "to",
    "text",
    "id",
    "time",
    "status",
    "ref",
    "error",
    "concat-part",
    "concat-total",
    "udh",
    "dcs",
    "items",
]
EVERYTHING = Reader(
    gateway(
        fields=Fields(
            items="items",
            time="time",
            part="concat-part",
            parts="concat-total",
            udh="udh",
            coding="dcs",
            hex_codings=("8",),
        ),
        reports=Reports(status="status", id="id", echo="ref", reason="error"),
    )
)


@settings(max_examples=300)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.builds(lambda told: json.dumps(told).encode(), JSON),
        st.builds(lambda told: json.dumps(told).encode(), st.dictionaries(st.sampled_from(NAMES), JSON)),
        st.builds(
            lambda told: urlencode(told, errors="surrogatepass").encode(),
            st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40)),
        ),
        st.builds(
            lambda told: multipart(told),
            st.dictionaries(st.sampled_from(NAMES), st.text("ab-\r\n1", max_size=20)),
        ),
        st.binary(max_size=200).map(lambda rest: b"--X9\r\n" + rest),
    )
)
def test_whatever_comes_is_read_or_known_as_unreadable(raw: bytes) -> None:
    found = EVERYTHING.read(raw, NOW)
    assert found or b"[]" in raw.replace(b" ", b"")
    for each in found:
        assert each.external_id
        assert each.sent_at.tzinfo is not None
        assert isinstance(each, Noted | Unreadable) or (each.sender.id.strip() and each.thread)
    assert found == EVERYTHING.read(raw, NOW)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"a=1&" * 5_000,
        b"{" + b'"from":"1",' * 3 + b"}",
        json.dumps([SAID] * 501).encode(),
    ],
    ids=["deep list", "deep object", "many fields", "broken object", "many messages"],
)
def test_what_is_made_to_hurt_is_put_aside(raw: bytes) -> None:
    found = one(raw)
    assert isinstance(found, Unreadable)
