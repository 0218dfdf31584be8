"""Hostile input: stored or refused with a clear word, shown harmlessly, and the next customer is served."""

from __future__ import annotations

import json
import smtplib
import uuid
from collections.abc import Iterator
from email.message import EmailMessage

import httpx
import pytest

from tests.e2e.conftest import MailClient, plain
from tests.faults.house import House

HOSTILE = [
    "nama saya Robert'); DROP TABLE inbox;-- ",
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "{{7*7}} {% for x in y %} ${7*7} #{7*7} %(name)s {0} {customer}",
    "\u202egnalab\u202c a\u200b\u200c\u200d\ufeffb \u2066x\u2069",
    "a\u0000b \ud83d\ude00 " + "\u0301" * 500,
    "' OR 1=1; -- \\ \" ` $(rm -rf /) | cat /etc/passwd",
    "../../../../etc/passwd %00 \r\nBcc: korban@example.org\r\n\r\n",
    "SP-2611-0001-3 SP-2611-0002-1 SP-2611-0003-9",
    "𝕿𝖔𝖐𝖔 ﷽ ‱ ₨ 🇮🇩" * 40,
    "e" * 9_999,
]


@pytest.fixture
def web(house: House) -> Iterator[httpx.Client]:
    """A visitor's browser."""
    with httpx.Client(base_url=house.web, headers={"Origin": house.web}, timeout=30) as client:
        client.get("/chat").raise_for_status()
        yield client


def _say(web: httpx.Client, text: str) -> httpx.Response:
    body = json.dumps({"client_msg_id": str(uuid.uuid4()), "text": text})
    return web.post("/chat/messages", content=body, headers={"Content-Type": "application/json"})


def _hear(web: httpx.Client, after: int) -> list[dict[str, object]]:
    items: list[dict[str, object]] = []
    while not any(item["author"] == "bot" for item in items):
        found = web.get(f"/chat/items?after={after + len(items)}&wait=10").json()["items"]
        assert found, "no answer within ten seconds"
        items += found
    return items


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_message_is_answered_like_any_other(web: httpx.Client, text: str) -> None:
    assert _say(web, text).status_code == 200
    items = _hear(web, 0)
    assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
    said = " ".join(str(item["text"]) for item in items if item["author"] == "bot")
    assert "49" not in said, "a template was run"
    assert "Traceback" not in said
    assert "Gudang" not in said, "another customer's ticket was told"


def test_ten_megabytes_of_text_are_refused_with_a_clear_word(web: httpx.Client) -> None:
    answer = _say(web, "a" * 10_000_000)
    assert answer.status_code == 413
    assert answer.json()["error"] == "too_long"
    assert _say(web, "selamat siang").status_code == 200
    assert _hear(web, 0)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"\xff\xfe not json", 400),
        (b"[]", 400),
        (b'{"client_msg_id": 7, "text": "x"}', 400),
        (b'{"client_msg_id": "not-a-uuid", "text": "x"}', 422),
        (b'{"client_msg_id": "6d6ad62e-4d3c-4e41-8f43-7d0a4e3a3b10", "text": ""}', 422),
        (b"{" * 4000, 400),
    ],
)
def test_a_body_that_is_no_message_is_refused(web: httpx.Client, body: bytes, status: int) -> None:
    answer = web.post("/chat/messages", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.json()["error"]


def test_a_mail_with_a_thousand_attachments_is_kept_and_answered(house: House, mail: MailClient) -> None:
    who = "banyak@toko-banyak.example"
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = (
        who,
        "support@localhost",
        "Foto-foto <b>\u202e\u0000"[:12],
    )
    letter["Message-ID"] = f"<{uuid.uuid4()}@toko-banyak.example>"
    letter.set_content("minyak Sari Murni 1 L rusak semua, fotonya terlampir")
    for no in range(1000):
        letter.add_attachment(
            b"\xff\xd8\xff\xe0" + bytes([no % 256]) * 50, "image", "jpeg", filename=f"foto {no}.jpg"
        )
    with smtplib.SMTP("127.0.0.1", house.smtp_port, timeout=60) as client:
        client.send_message(letter)
    assert "Bapak/Ibu" in plain(mail.inbox(who, seconds=60)[0])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\r\n\r\n",
        b"From: <>\r\nSubject: =?utf-8?b?\xff?=\r\n\r\n\x00\x00\xff",
        b"From: a@b.example\r\nFrom: c@d.example\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"From: x@y.example\r\nContent-Type: text/plain; charset=klingon\r\n\r\nnuqneH\x80",
        b"not a header at all\r\n" * 50,
    ],
    ids=range(6),
)
def test_a_broken_mail_is_taken_and_the_next_one_is_answered(
    house: House, mail: MailClient, raw: bytes
) -> None:
    with smtplib.SMTP("127.0.0.1", house.smtp_port, timeout=30) as client:
        client.sendmail("rusak@example.org", ["support@localhost"], raw)
    who = f"sehat-{uuid.uuid4().hex[:8]}@toko.example"
    mail.send(who, "Halo", "Minyak Sari Murni 1 L yang datang kurang 2 dus.")
    assert mail.inbox(who)


def test_header_injection_by_subject_and_name_reaches_nobody_else(mail: MailClient, house: House) -> None:
    who = "licik@toko.example"
    raw = (
        f'From: "Licik\r\n Bcc: korban@example.org" <{who}>\r\nTo: support@localhost\r\n'
        "Subject: =?utf-8?q?Halo=0D=0ABcc:_korban@example.org=0D=0A=0D=0Apalsu?=\r\n\r\n"
        "Minyak kurang 2 dus\r\n"
    )
    with smtplib.SMTP("127.0.0.1", house.smtp_port, timeout=30) as client:
        client.sendmail(who, ["support@localhost"], raw.encode())
    (answer,) = mail.inbox(who)
    assert answer["Bcc"] is None
    assert answer["To"].count("@") == 1
    assert mail.here("korban@example.org") == []
