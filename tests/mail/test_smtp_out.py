"""SMTP out against real servers that say yes, no, later, and nothing; and the local mailbox."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from channels.base import Outbound, Refused, Retry, SendResult, Sent, Unknown
from channels.mail import write
from channels.smtp_out import LocalMailbox, Relay, mailbox_name
from tests.mail.lines import server_context
from tests.mail.test_mail_writing import HEAD, LETTER


class Server:
    """A relay that answers `says` at the step `at`: an answer, or None to hang up."""

    def __init__(self, at: str = "", says: str | None = "") -> None:
        self.at, self.says = at, says
        self.mails: list[Envelope] = []
        self.connections = 0

    async def step(self, name: str, server: SMTP, usual: str) -> str:
        if name != self.at:
            return usual
        if self.says is None:
            assert server.transport is not None
            server.transport.close()
            await asyncio.Event().wait()  # the connection's task is cancelled
        assert self.says is not None
        return self.says

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self.step("MAIL", server, "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self.step("RCPT", server, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = await self.step("DATA", server, "250 OK")
        if answer.startswith("250"):
            self.mails.append(envelope)
        return answer


@contextlib.asynccontextmanager
async def relay(
    server: Server, *, serve: dict[str, Any] | None = None, **settings: Any
) -> AsyncIterator[Relay]:
    loop = asyncio.get_running_loop()
    sessions: list[SMTP] = []

    def session() -> SMTP:
        server.connections += 1
        sessions.append(SMTP(server, hostname="relay.example", loop=loop, **(serve or {})))
        return sessions[-1]

    listening = await loop.create_server(session, "127.0.0.1", 0)
    out = Relay(
        "localhost", listening.sockets[0].getsockname()[1], **{"tls": "none", "timeout": 5.0, **settings}
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


async def sent_to(server: Server, letter: Outbound = LETTER, **settings: Any) -> SendResult:
    async with relay(server, **settings) as out:
        return await out.send(letter)


async def test_a_letter_arrives_as_it_was_written() -> None:
    server = Server()
    assert await sent_to(server) == Sent(HEAD.message_id)
    (mail,) = server.mails
    assert mail.original_content == write(LETTER)
    assert mail.rcpt_tos == ["sari@pelanggan.example"]
    assert mail.mail_from == HEAD.reply_to  # a bounce comes back to its thread


async def test_dots_and_long_letters_arrive_whole() -> None:
    server = Server()
    letter = replace(LETTER, text=".\n..\n.gula\n" + "basah\n" * 50_000, html="")
    assert isinstance(await sent_to(server, letter, serve={"data_size_limit": None}), Sent)
    assert server.mails[0].original_content == write(letter)


@pytest.mark.parametrize(
    ("at", "says", "kind"),
    [
        ("DATA", "451 try later", Retry),
        ("DATA", "550 spam", Refused),
        ("DATA", "421 shutting down", Retry),
        ("DATA", None, Unknown),
        ("RCPT", "450 greylisted", Retry),
        ("RCPT", "550 5.1.1 no such user", Refused),
        ("RCPT", None, Retry),
        ("MAIL", "451 later", Retry),
        ("MAIL", "550 5.7.1 sender not allowed", Retry),
        ("MAIL", "530 5.7.0 authentication required", Retry),
        ("MAIL", "552 too large", Refused),
        ("MAIL", None, Retry),
    ],
)
async def test_what_the_server_says_is_a_value(at: str, says: str | None, kind: type) -> None:
    server = Server(at, says)
    async with relay(server) as out:
        result = await out.send(LETTER)
        assert isinstance(result, kind), result
        assert not server.mails
        if says is not None:
            assert says[4:] in result.reason  # type: ignore[union-attr]
        server.at = ""
        assert isinstance(await out.send(LETTER), Sent)  # the next one is not hurt by it
        assert out.health().ok


async def test_a_server_that_does_not_let_us_send_turns_health_red() -> None:
    async with relay(Server("MAIL", "550 sender not allowed")) as out:
        assert isinstance(await out.send(LETTER), Retry)
        assert not out.health().ok
        assert "sender not allowed" in out.health().detail


async def test_the_connection_is_used_again() -> None:
    server = Server()
    async with relay(server, connections=1) as out:
        for _ in range(5):
            assert isinstance(await out.send(LETTER), Sent)
        await asyncio.gather(*(out.send(LETTER) for _ in range(5)))
    assert server.connections == 1
    assert len(server.mails) == 10


async def test_many_at_once_use_no_more_connections_than_allowed() -> None:
    server = Server()
    async with relay(server, connections=3) as out:
        results = await asyncio.gather(*(out.send(LETTER) for _ in range(30)))
    assert all(isinstance(each, Sent) for each in results)
    assert server.connections <= 3


async def test_a_kept_connection_that_the_server_closed_costs_no_mail() -> None:
    server = Server()
    async with relay(server, serve={"timeout": 0.05}) as out:
        assert isinstance(await out.send(LETTER), Sent)
        ((_, kept),) = out.connections._free
        await asyncio.wait_for(closed(kept), 5)
        assert isinstance(await out.send(LETTER), Sent)
    assert server.connections == 2


async def closed(client: Any) -> None:
    while client.is_connected:
        await asyncio.sleep(0)


async def test_a_server_that_is_away_or_silent_means_later() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        out = Relay("127.0.0.1", nobody.getsockname()[1], tls="none", timeout=5)
        assert isinstance(await out.send(LETTER), Retry)
        assert not out.health().ok
        nobody.listen()
        silent = Relay("127.0.0.1", nobody.getsockname()[1], tls="none", timeout=0.2)
        assert isinstance(await silent.send(LETTER), Retry)


async def test_a_lost_answer_is_unknown_and_sending_again_is_the_same_mail() -> None:
    server = Server()

    async with relay(server) as out:
        taken: list[bytes] = []
        original = server.handle_DATA

        async def take_and_drop(smtp: SMTP, session: Session, envelope: Envelope) -> str:
            taken.append(bytes(envelope.original_content or b""))
            assert smtp.transport is not None
            smtp.transport.close()
            await asyncio.Event().wait()
            return ""

        server.handle_DATA = take_and_drop  # type: ignore[method-assign]
        assert isinstance(await out.send(LETTER), Unknown)
        server.handle_DATA = original  # type: ignore[method-assign]
        assert isinstance(await out.send(LETTER), Sent)
    assert taken == [server.mails[0].original_content]


async def test_a_letter_larger_than_the_server_takes_is_refused_before_it_is_sent() -> None:
    server = Server()
    result = await sent_to(server, replace(LETTER, text="x" * 5000), serve={"data_size_limit": 1000})
    assert isinstance(result, Refused)
    assert "larger" in result.reason


async def test_what_is_no_mail_is_refused() -> None:
    for letter in (
        replace(LETTER, to="nobody"),
        replace(LETTER, to="a@b.example\r\nRCPT TO:<c@d.example>"),
        replace(LETTER, mail=None),
    ):
        server = Server()
        assert isinstance(await sent_to(server, letter), Refused)
        assert server.connections == 0


async def test_an_address_in_other_letters_needs_a_server_that_knows_them() -> None:
    letter = replace(LETTER, to="süß@pelanggan.example")
    assert isinstance(await sent_to(Server(), letter), Refused)
    server = Server()
    assert isinstance(await sent_to(server, letter, serve={"enable_SMTPUTF8": True}), Sent)
    assert server.mails[0].rcpt_tos == ["süß@pelanggan.example"]


async def test_tls_is_never_given_up() -> None:
    """django-helpdesk falls back to plain text when STARTTLS fails."""
    server = Server()
    async with relay(server, tls="starttls") as out:
        result = await out.send(LETTER)
        assert isinstance(result, Retry)
        assert not out.health().ok
    assert not server.mails


async def test_starttls_with_a_known_certificate_and_not_with_another(certificate: Path) -> None:
    server = Server()
    serve = {"tls_context": server_context(certificate), "require_starttls": True}
    known = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    assert isinstance(await sent_to(server, serve=serve, tls="starttls", context=known), Sent)
    strange = ssl.create_default_context()
    async with relay(server, serve=serve, tls="starttls", context=strange) as out:
        assert isinstance(await out.send(LETTER), Retry)
        assert not out.health().ok
    assert len(server.mails) == 1


async def test_a_refused_login_keeps_the_mail_and_turns_health_red(certificate: Path) -> None:
    def authenticator(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    server = Server()
    serve = {
        "tls_context": server_context(certificate),
        "auth_required": True,
        "authenticator": authenticator,
    }
    known = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
    settings = {"serve": serve, "tls": "starttls", "context": known, "user": "sapa"}
    async with relay(server, password="wrong", **settings) as out:
        result = await out.send(LETTER)
        assert isinstance(result, Retry)
        assert result.after is not None
        assert "login" in out.health().detail
        assert "wrong" not in out.health().detail
    assert isinstance(await sent_to(server, password="right", **settings), Sent)


def test_a_password_is_not_sent_over_an_open_line() -> None:
    with pytest.raises(ValueError, match="open line"):
        Relay("relay.example", 25, tls="none", user="sapa", password="x")
    with pytest.raises(ValueError, match="starttls"):
        Relay("relay.example", 25, tls="maybe")


# ------------------------------------------------------------------------------------------ the mailbox


async def test_the_mailbox_holds_the_whole_mail_under_its_ids_name(tmp_path: Path) -> None:
    box = LocalMailbox(tmp_path / "mailbox")
    assert await box.send(LETTER) == Sent(HEAD.message_id)
    (file,) = (tmp_path / "mailbox").iterdir()
    assert file.name == mailbox_name(HEAD.message_id)
    assert file.read_bytes() == write(LETTER)


async def test_sending_again_changes_nothing(tmp_path: Path) -> None:
    box = LocalMailbox(tmp_path)
    await asyncio.gather(*(box.send(LETTER) for _ in range(20)))
    first = next(tmp_path.iterdir()).stat().st_ino
    assert isinstance(await box.send(replace(LETTER, id="again")), Sent)
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == write(LETTER)
    assert file.stat().st_ino == first


async def test_a_mail_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a mail never stands in the mailbox, and a full disk means later."""
    synced: list[str] = []
    real = os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda fd: (synced.append(str(Path(f"/proc/self/fd/{fd}").readlink().name)), real(fd))[1]
    )
    await LocalMailbox(tmp_path).send(LETTER)
    assert synced[0].endswith(".part")
    assert synced[1] == tmp_path.name

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    other = replace(LETTER, mail=replace(HEAD, message_id="other@sapa.example"))
    assert isinstance(await LocalMailbox(tmp_path).send(other), Retry)
    assert [file.name for file in tmp_path.iterdir()] == [mailbox_name(HEAD.message_id)]


async def test_the_mailbox_refuses_what_is_no_mail(tmp_path: Path) -> None:
    assert isinstance(await LocalMailbox(tmp_path).send(replace(LETTER, to="nobody")), Refused)
