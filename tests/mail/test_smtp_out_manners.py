"""SMTP out as a good neighbour: connections used again, a pace for each domain, reports, signatures, greylists."""
# ruff: noqa: E501

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.outbox.standing import TOLERATED, Standing
from channels.base import Outbound, Refused, Retry, Sent, Unknown
from channels.mail import read, write
from channels.pacing import Pace
from channels.smtp_out import Relay
from channels.smtp_out.handover import xtext
from channels.smtp_out.signing import BadKey, Signer
from tests.mail.test_mail_writing import HEAD, LETTER

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


class Offers(SMTP):
    """aiosmtpd that offers DSN and notes what was asked for at MAIL and RCPT."""

    async def smtp_EHLO(self, hostname: str) -> None:
        self._set_rset_state()  # type: ignore[no-untyped-call]
        assert self.session is not None
        self.session.extended_smtp, self.session.host_name = True, hostname
        for line in (*self.event_handler.offers, "250 HELP"):
            await self.push(line if line.startswith("250 ") else f"250-{line}")

    async def smtp_MAIL(self, arg: str | None) -> None:
        self.event_handler.asked.append(f"MAIL {arg}")
        await super().smtp_MAIL((arg or "").partition(" ")[0] + self._kept(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:
        self.event_handler.asked.append(f"RCPT {arg}")
        await super().smtp_RCPT((arg or "").partition(" ")[0])

    @staticmethod
    def _kept(arg: str | None) -> str:
        return "".join(
            f" {word}" for word in (arg or "").split()[1:] if word.startswith(("SMTPUTF8", "BODY", "SIZE"))
        )


class Neighbour:
    """A server that takes mail and notes it; `answers` are said in turn at RCPT, then 250."""

    def __init__(self, *offers: str, answers: tuple[str, ...] = ()) -> None:
        self.offers = ("neighbour.example", *offers)
        self.asked: list[str] = []
        self.mails: list[bytes] = []
        self.answers = list(answers)
        self.connections = 0
        self.quits = 0
        self.at_once = self.most_at_once = 0
        self.hold: asyncio.Event | None = None

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        if self.hold is not None:
            await self.hold.wait()
        self.at_once -= 1
        self.mails.append(bytes(envelope.original_content or b""))
        return "250 OK"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.quits += 1
        return "221 Bye"


@contextlib.asynccontextmanager
async def relay(server: Neighbour, **given_settings: Any) -> AsyncIterator[Relay]:
    loop = asyncio.get_running_loop()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        server.connections += 1
        sessions.append(Offers(server, hostname="neighbour.example", enable_SMTPUTF8=True, loop=loop))
        return sessions[-1]

    listening = await loop.create_server(session, "127.0.0.1", 0)
    out = Relay(
        "localhost",
        listening.sockets[0].getsockname()[1],
        **{"tls": "none", "timeout": 5.0, **given_settings},
    )
    try:
        yield out
    finally:
        await out.close()
        listening.close()
        for each in sessions:
            if each.transport is not None:
                each.transport.close()
        await asyncio.sleep(0)


# ------------------------------------------------------------------------------------ what the server offers


async def test_reports_are_asked_for_where_the_server_can_give_them() -> None:
    """ENVID is the Message-ID, so that a report finds its letter without a copy of it; success is never reported."""
    server = Neighbour("DSN", "SIZE 100000")
    async with relay(server) as out:
        assert isinstance(
            await out.send(replace(LETTER, mail=replace(HEAD, message_id="sapa.tok+1.k=2@sapa.example"))),
            Sent,
        )
    size = len(server.mails[0])
    assert server.asked == [
        f"MAIL FROM:<{HEAD.reply_to}> SIZE={size} RET=HDRS ENVID=sapa.tok+2B1.k+3D2@sapa.example",
        "RCPT TO:<sari@pelanggan.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;sari@pelanggan.example",
    ]


async def test_a_server_that_offers_nothing_is_asked_for_nothing() -> None:
    server = Neighbour()
    async with relay(server) as out:
        assert isinstance(await out.send(LETTER), Sent)
    assert server.asked == [f"MAIL FROM:<{HEAD.reply_to}>", "RCPT TO:<sari@pelanggan.example>"]


async def test_addresses_in_other_letters_are_said_with_all_that_they_need() -> None:
    server = Neighbour("SMTPUTF8", "8BITMIME", "DSN")
    async with relay(server) as out:
        assert isinstance(await out.send(replace(LETTER, to="süß@pelanggan.example")), Sent)
        assert isinstance(await out.send(LETTER), Sent)
    assert server.asked[0].endswith(" SMTPUTF8 BODY=8BITMIME RET=HDRS ENVID=" + xtext(HEAD.message_id))
    assert server.asked[1] == "RCPT TO:<süß@pelanggan.example> NOTIFY=FAILURE,DELAY"
    assert "SMTPUTF8" not in server.asked[2]
    assert "8BITMIME" not in server.asked[2]  # our text is 7-bit by itself: nothing to fall back from
    assert server.mails[1].isascii()


@given(st.text(max_size=40))
@settings(max_examples=40, deadline=None)
def test_any_id_becomes_one_word(text: str) -> None:
    word = xtext(text)
    assert all("!" <= c <= "~" and c != "=" for c in word)
    assert " " not in word


# --------------------------------------------------------------------------------------------- connections


async def test_a_connection_that_nobody_needs_is_closed_with_a_goodbye() -> None:
    server = Neighbour()
    async with relay(server, idle=0.05) as out:
        assert isinstance(await out.send(LETTER), Sent)
        assert out.health().figures["connections"] == 1
        while not server.quits:
            await asyncio.sleep(0)
        assert out.health().figures["connections"] == 0
        assert isinstance(await out.send(LETTER), Sent)
    assert server.connections == server.quits == 2


async def test_a_connection_carries_only_so_many_mails() -> None:
    """Providers hang up after a hundred; we say goodbye before that."""
    server = Neighbour()
    async with relay(server, mails_each=2) as out:
        for _ in range(5):
            assert isinstance(await out.send(LETTER), Sent)
    assert (server.connections, server.quits, len(server.mails)) == (3, 3, 5)


async def test_a_refused_mail_does_not_cost_the_connection() -> None:
    server = Neighbour(answers=("550 5.1.1 nobody", "450 4.2.0 greylisted"))
    async with relay(server) as out:
        assert isinstance(await out.send(LETTER), Refused)
        assert isinstance(await out.send(LETTER), Retry)
        assert isinstance(await out.send(LETTER), Sent)
    assert server.connections == 1


# --------------------------------------------------------------------------------------------------- pacing


def to(domain: str, number: int) -> Outbound:
    return replace(LETTER, id=f"{domain}-{number}", to=f"sari{number}@{domain}")


async def test_one_domain_gets_few_at_once_and_another_need_not_wait() -> None:
    server = Neighbour()
    server.hold = asyncio.Event()
    async with relay(server, connections=8, pace=Pace(at_once=2, patience=30)) as out:
        many = [asyncio.create_task(out.send(to("ramai.example", n))) for n in range(6)]
        while server.at_once < 2:
            await asyncio.sleep(0)
        other = asyncio.create_task(out.send(to("sepi.example", 1)))
        while server.at_once < 3:
            await asyncio.sleep(0)
        assert server.most_at_once == 3
        server.hold.set()
        results = await asyncio.gather(*many, other)
    assert all(isinstance(each, Sent) for each in results)
    assert server.most_at_once == 3


async def test_mail_to_a_slow_domain_steps_aside_instead_of_holding_the_others_up() -> None:
    server = Neighbour()
    server.hold = asyncio.Event()
    async with relay(server, pace=Pace(at_once=1, patience=0.05)) as out:
        first = asyncio.create_task(out.send(to("lambat.example", 1)))
        while not server.at_once:
            await asyncio.sleep(0)
        second = await out.send(to("lambat.example", 2))
        assert isinstance(second, Retry)
        assert second.alone
        assert second.after is not None
        server.hold.set()
        assert isinstance(await first, Sent)
        assert isinstance(await out.send(to("lambat.example", 2)), Sent)


def test_the_pace_holds_and_those_who_are_sent_away_come_back_one_after_the_other() -> None:
    pace = Pace(per_minute=60, burst=3, patience=0.5)
    waits = [pace.wait(f"m{n}", "a.example", 1000.0) for n in range(6)]
    assert waits == [0, 0, 0, 0, 1, 2]  # three more than one each second, then each a second after the other
    assert pace.wait("m0", "b.example", 1000.0) == 0
    assert pace.wait("m4", "a.example", 1001.0) == 0  # its place was kept
    assert pace.wait("m5", "a.example", 1002.0) == 0
    assert pace.wait("m6", "a.example", 1002.0) == 1  # and who comes new stands behind them
    assert Pace(per_minute=0).wait("x", "a.example", 0.0) == 0


def test_no_domain_and_no_mail_is_remembered_for_ever() -> None:
    pace = Pace(per_minute=60, burst=1, patience=0)
    for n in range(5000):
        pace.wait(f"m{n}", f"d{n}.example", 1000.0 + n)
    assert len(pace._next) < 2000


# ------------------------------------------------------------------------------------- what concerns one mail


@pytest.mark.parametrize(
    ("answer", "alone"),
    [
        ("450 greylisted, try again in 5 minutes", True),
        ("451 4.7.1 greylisted", True),
        ("452 4.2.2 mailbox full", True),
        ("450 4.1.1 cannot look this recipient up", True),
        ("452 4.3.1 insufficient system storage", False),
        ("451 4.4.1 no route", False),
    ],
)
async def test_a_recipient_who_has_to_wait_is_no_trouble_of_the_channel(answer: str, alone: bool) -> None:
    async with relay(Neighbour(answers=(answer,))) as out:
        result = await out.send(LETTER)
    assert isinstance(result, Retry)
    assert result.alone is alone
    assert answer[4:] in result.reason


def test_greylisted_mail_does_not_slow_the_channel_down() -> None:
    """Ten greylisted mails in a row made the whole channel count as failing."""
    standing = Standing()
    for _ in range(3 * TOLERATED):
        standing.heard(Retry("450 greylisted", alone=True), AT)
    assert not standing.failing
    for _ in range(TOLERATED):
        standing.heard(Retry("the mail server cannot be reached"), AT)
    standing.heard(Retry("450 greylisted", alone=True), AT)
    assert standing.failing


# ------------------------------------------------------------------------------------------------------ DKIM


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As openssl writes it today: PKCS#8."""
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", str(path)],
        check=True,
        capture_output=True,
    )
    return path


def record(key: Path) -> bytes:
    made = subprocess.run(["openssl", "rsa", "-in", str(key), "-pubout"], check=True, capture_output=True)
    lines = made.stdout.decode().splitlines()
    return f"v=DKIM1; k=rsa; p={''.join(lines[1:-1])}".encode()


def holds(raw: bytes, key: Path) -> bool:
    import dkim

    return bool(dkim.verify(raw, dnsfunc=lambda name, timeout=0: record(key)))


async def test_a_signed_letter_arrives_with_a_signature_that_holds(key: Path) -> None:
    signer = Signer.load("sapa.example", "s1", key)
    server = Neighbour()
    dated = replace(LETTER, text=".\n..\nGula basah, Bu\n", mail=replace(HEAD, date=AT))
    async with relay(server, signer=signer) as out:
        assert isinstance(await out.send(dated), Sent)
    (raw,) = server.mails
    assert raw.endswith(write(dated))
    assert f"t={int(AT.timestamp())};".encode() in raw
    assert holds(raw, key)
    for changed in (
        raw.replace(b"Gula", b"Beras"),
        raw.replace(b"Subject: ", b"Subject: x"),
        b"Reply-To: <evil@b.example>\r\n" + raw,
        b"Subject: evil\r\n" + raw,
    ):
        assert not holds(changed, key)


async def test_a_signed_letter_that_is_sent_again_is_the_same_letter(key: Path) -> None:
    """The answer to DATA was lost: the second try, by another process a day later, gives the same bytes."""
    server = Neighbour()
    server.hold = asyncio.Event()
    async with relay(server, signer=Signer.load("sapa.example", "s1", key), data_timeout=0.3) as out:
        assert isinstance(await out.send(replace(LETTER, mail=replace(HEAD, date=AT))), Unknown)
    server.hold.set()
    async with relay(server, signer=Signer.load("sapa.example", "s1", key)) as out:
        assert isinstance(await out.send(replace(LETTER, mail=replace(HEAD, date=AT))), Sent)
    assert len(set(server.mails)) == 1
    assert server.mails[0].startswith(b"DKIM-Signature:")


def test_the_time_of_a_signature_is_the_letters_or_none(key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    signer = Signer.load("sapa.example", "s1", key)
    once = signer.sign(write(LETTER), AT), signer.sign(write(LETTER), None)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert (signer.sign(write(LETTER), AT), signer.sign(write(LETTER), None)) == once
    assert b"t=" not in once[1].partition(b"b=")[0].replace(b"bh=", b"")
    assert holds(once[1], key)
    assert signer.sign(write(LETTER), AT + timedelta(seconds=1)) != once[0]


def test_a_key_that_cannot_sign_is_told_with_its_reason(tmp_path: Path, key: Path) -> None:
    bad = tmp_path / "bad.pem"
    for content, word in ((b"hello", "no PEM"), (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "public key"), (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no RSA key"),
                          (b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "cannot sign")):  # fmt: skip
        bad.write_bytes(content)
        with pytest.raises(BadKey, match=word):
            Signer.load("sapa.example", "s1", bad)
    with pytest.raises(BadKey, match="cannot be read"):
        Signer.load("sapa.example", "s1", tmp_path / "missing.pem")


def test_whether_the_dns_holds_the_other_half(key: Path) -> None:
    signer = Signer.load("sapa.example", "s1", key)
    assert signer.name == "s1._domainkey.sapa.example"
    assert signer.published(record(key))
    assert not signer.published(b"v=DKIM1; k=rsa; p=")
    assert not signer.published(record(key)[:80] + b"AAAA" + record(key)[84:])
    assert not signer.published(b"nonsense")


async def test_a_report_without_a_copy_of_the_letter_still_names_it() -> None:
    """Some servers return nothing of the mail: what we called it at MAIL is all there is."""
    server = Neighbour("DSN")
    async with relay(server) as out:
        assert isinstance(await out.send(LETTER), Sent)
    envid = server.asked[0].rpartition("ENVID=")[2]
    report = (
        "From: MAILER-DAEMON@mx.pelanggan.example\r\nTo: support@sapa.example\r\nSubject: Undelivered Mail\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.pelanggan.example\r\nOriginal-Envelope-Id: {envid}\r\n\r\n"
        "Final-Recipient: rfc822; sari@pelanggan.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    ).encode()
    message = read(
        report, account="a", envelope_from="", envelope_to=["support@sapa.example"], received_at=AT
    )
    assert message.mail is not None
    assert message.mail.bounce is not None
    assert message.mail.bounce.original_message_id == HEAD.message_id
