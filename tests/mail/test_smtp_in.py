"""SMTP in, spoken to by smtplib, swaks and raw sockets."""
# ruff: noqa: E501

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import smtplib
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from channels.base import NotStored
from channels.smtp_in import Place, SmtpIn
from tests.mail.lines import MAIL, Line, Store, server_context, serving, with_client, with_line


async def test_a_mail_is_answered_250_only_after_it_is_stored() -> None:
    store = Store()
    store.gate.clear()
    async with serving(store) as smtp:
        answer = asyncio.create_task(
            with_client(smtp, lambda c: c.sendmail("sari@pelanggan.example", ["support@sapa.example"], MAIL))
        )
        await store.asked.wait()
        assert not answer.done()
        store.gate.set()
        assert await answer == {}
        (mail,) = store.mails
        assert mail.raw == MAIL
        assert mail.text == "3 sak gula basah."
        assert mail.account == "support@sapa.example"
        assert smtp.health().ok
        assert smtp.health().figures["accepted"] == 1


@pytest.mark.parametrize(
    "trouble", [NotStored("disk full"), OSError("secret path /data/x"), ValueError("boom"), TimeoutError()]
)
async def test_trouble_of_ours_is_451_and_tells_nothing(trouble: BaseException) -> None:
    """aiosmtpd's own answer is a permanent 500 with the text of the exception."""
    store = Store()
    store.trouble = trouble
    async with serving(store) as smtp:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            await with_client(smtp, lambda c: c.sendmail("a@b.example", ["support@sapa.example"], MAIL))
        assert caught.value.smtp_code == 451
        for word in (b"secret", b"disk", b"boom", b"Error"):
            assert word not in bytes(caught.value.smtp_error)
        assert not smtp.health().ok
        store.trouble = None
        await with_client(smtp, lambda c: c.sendmail("a@b.example", ["support@sapa.example"], MAIL))
        assert smtp.health().ok


async def test_a_store_that_hangs_is_451_in_time() -> None:
    store = Store()
    store.gate.clear()
    async with serving(store, accept_timeout=0.2) as smtp:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            await with_client(smtp, lambda c: c.sendmail("a@b.example", ["support@sapa.example"], MAIL))
        assert caught.value.smtp_code == 451
        store.gate.set()


async def test_only_our_recipients_are_taken_with_their_plus_addresses() -> None:
    store = Store()
    async with serving(store) as smtp:

        def talk(client: smtplib.SMTP) -> list[int]:
            client.ehlo()
            client.mail("a@b.example")
            wanted = ("support@sapa.example", "Support+Token123@SAPA.example", "nobody@sapa.example", "support@other.example",
                      "support", "support@sapa.example@evil.example", "+x@sapa.example", "support%sapa.example@evil.example")  # fmt: skip
            return [client.rcpt(each)[0] for each in wanted]

        assert await with_client(smtp, talk) == [250, 250, 550, 550, 550, 550, 550, 550]


async def test_a_mail_for_two_of_our_addresses_is_one_message() -> None:
    store = Store()
    async with serving(store) as smtp:
        both = ["support+tok_1234@sapa.example", "halo@sapa.example"]
        await with_client(smtp, lambda c: c.sendmail("a@b.example", both, MAIL))
        refused = await with_client(
            smtp, lambda c: c.sendmail("a@b.example", ["x@sapa.example", "halo@sapa.example"], MAIL)
        )
    assert len(store.mails) == 2
    assert store.mails[0].mail is not None
    assert store.mails[0].mail.tokens == ("tok_1234",)
    assert list(refused) == ["x@sapa.example"]


async def test_the_same_mail_delivered_again_is_taken_and_is_a_duplicate() -> None:
    store = Store()
    async with serving(store) as smtp:
        for _ in range(2):
            await with_client(smtp, lambda c: c.sendmail("a@b.example", ["support@sapa.example"], MAIL))
        assert smtp.health().figures["duplicates"] == 1
    assert len(store.mails) == 1


async def test_the_null_path_is_taken_and_marked() -> None:
    store = Store()
    async with serving(store) as smtp:
        await with_client(smtp, lambda c: c.sendmail("", ["support@sapa.example"], MAIL))
    assert store.mails[0].mail is not None
    assert store.mails[0].mail.automatic == "auto_reply: it has no return path"


async def test_size_is_announced_and_kept() -> None:
    store = Store()
    async with serving(store, max_size=100_000) as smtp:

        def declared(client: smtplib.SMTP) -> Any:
            client.ehlo()
            assert client.esmtp_features["size"] == "100000"
            return client.mail("a@b.example", ["SIZE=100001"])[0]

        assert await with_client(smtp, declared) == 552

        def undeclared(line: Line) -> tuple[bytes, bytes]:
            line.ready_for_data()
            line.send(MAIL + b"x" * 200_000 + b"\r\n.\r\n")
            return line.said(), line.ask(b"NOOP")

        too_large, still_there = await with_line(smtp, undeclared)
        assert too_large.startswith(b"552")
        assert still_there.startswith(b"250")

        def fits(line: Line) -> bytes:
            line.ready_for_data()
            line.send(b"Subject: x\r\n\r\n" + b"a" * 99_000 + b"\r\n.\r\n")
            return line.said()

        assert (await with_line(smtp, fits)).startswith(b"250")
    assert len(store.mails) == 1


async def test_lines_longer_than_the_rules_allow_are_taken() -> None:
    """A permanent refusal would lose the mail of a customer whose program breaks no lines."""
    store = Store()
    body = b"Subject: x\r\n\r\n" + b"gula " * 300_000 + b"\r\n"
    async with serving(store) as smtp:

        def talk(line: Line) -> bytes:
            line.ready_for_data()
            line.send(body + b".\r\n")
            return line.said()

        assert (await with_line(smtp, talk)).startswith(b"250")
    assert store.mails[0].raw == body


SMUGGLED = b"MAIL FROM:<evil@b.example>\r\nRCPT TO:<support@sapa.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"


@pytest.mark.parametrize(
    "end",
    [
        b"\n.\n",
        b"\n.\r\n",
        b"\r\n.\n",
        b"\r.\r",
        b"\r.\r\n",
        b"\r\n.\r",
        b"\n.\r",
        b"\r\n\x00.\r\n",
        b"\r\n.\r\r\n",
    ],
)
async def test_nothing_but_crlf_dot_crlf_ends_a_mail(end: bytes) -> None:
    store = Store()
    async with serving(store) as smtp:

        def talk(line: Line) -> bytes:
            line.ready_for_data()
            line.send(MAIL + b"first" + end + SMUGGLED)
            return line.said() + line.ask(b"NOOP")

        said = await with_line(smtp, talk)
    assert said.count(b"250") == 2
    (mail,) = store.mails
    assert b"MAIL FROM:<evil" in mail.raw


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b".",
        b"..",
        b"a.",
        b".a",
        b"\r\n.\r\nx",
        b"..\r\n...\r\n",
        b"x.\r\n.y",
        b"\r\n\r\n",
        b"\n.\n",
        b"\r",
        b"a" * 65_535 + b".",
        b"." * 70_000,
    ],
)
async def test_every_byte_arrives_whatever_dots_it_has(text: bytes) -> None:
    store = Store()
    stuffed = (b"\r\n" + text + b"\r\n").replace(b"\r\n.", b"\r\n..")[2:]
    async with serving(store) as smtp:

        def talk(line: Line) -> bytes:
            line.ready_for_data()
            for at in range(0, len(stuffed), 1000):
                line.send(stuffed[at : at + 1000])
            line.send(b".\r\n")
            return line.said()

        assert (await with_line(smtp, talk)).startswith(b"250")
    assert store.mails[0].raw == text + b"\r\n"


async def test_an_empty_mail_is_taken() -> None:
    store = Store()
    async with serving(store) as smtp:

        def talk(line: Line) -> bytes:
            line.ready_for_data()
            line.send(b".\r\n")
            return line.said()

        assert (await with_line(smtp, talk)).startswith(b"250")
    assert store.mails[0].raw == b""


async def test_addresses_and_text_in_other_letters_arrive_as_they_are() -> None:
    """SMTPUTF8 and 8BITMIME: nothing is translated on the way, whatever the sender announced."""
    store = Store()
    raw = "From: Süß <süß@pelanggan.example>\r\nSubject: Gula ½ sak\r\n\r\nBasah “semua”.\r\n".encode()
    async with serving(store) as smtp:

        def talk(line: Line) -> list[bytes]:
            line.said()
            offered = line.ask(b"EHLO me")
            assert b"SMTPUTF8" in offered
            assert b"8BITMIME" in offered
            said = [line.ask("MAIL FROM:<süß@pelanggan.example> SMTPUTF8 BODY=8BITMIME".encode())]
            said += [line.ask(b"RCPT TO:<support@sapa.example>"), line.ask(b"DATA")]
            line.send(raw + b".\r\n")
            return [each[:3] for each in (*said, line.said())]

        assert await with_line(smtp, talk) == [b"250", b"250", b"354", b"250"]
    (mail,) = store.mails
    assert mail.raw == raw
    assert mail.sender.email == "süß@pelanggan.example"
    assert mail.text == "Basah “semua”."


async def test_pipelined_commands_and_mails_are_all_answered_in_order() -> None:
    store = Store()
    one = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<support@sapa.example>\r\nDATA\r\n"
    async with serving(store) as smtp:

        def talk(line: Line) -> list[bytes]:
            line.said()
            line.send(
                b"EHLO me\r\n"
                + b"".join(one + b"Subject: %d\r\n\r\nx\r\n.\r\n" % n for n in range(3))
                + b"QUIT\r\n"
            )
            return [line.said()[:3] for _ in range(14)]

        assert await with_line(smtp, talk) == [b"250", *([b"250", b"250", b"354", b"250"] * 3), b"221"]
    assert [mail.mail.subject for mail in store.mails if mail.mail] == ["0", "1", "2"]


async def test_commands_out_of_order_or_malformed_are_refused_and_the_session_goes_on() -> None:
    store = Store()
    async with serving(store) as smtp:

        def talk(line: Line) -> list[bytes]:
            line.said()
            asked = (b"MAIL FROM:<a@b.example>", b"EHLO me", b"RCPT TO:<support@sapa.example>", b"DATA", b"MAIL FROM:", b"MAIL FROM:<a b>",
                     b"MAIL FROM:<", b"MAIL FROM:<\xff@b.example>", b"RSET", b"MAIL FROM:<a@b.example> SIZE=x", b"MAIL FROM:<a@b.example> FOO=1",
                     b"MAIL FROM:<a@b.example> BODY=8BITMIME SMTPUTF8", b"DATA", b"RCPT TO:<>", b"XYZZY", b"X" * 5000, b"\x00\xff", b"NOOP")  # fmt: skip
            return [line.ask(each)[:3] for each in asked]

        said = await with_line(smtp, talk)
    assert said == [b"503", b"250", b"503", b"503", b"553", b"553", b"553", b"250", b"250", b"501", b"555", b"250", b"503", b"550", b"500", b"500", b"500", b"250"]  # fmt: skip
    assert not store.mails


async def test_a_client_that_is_silent_is_hung_up_on() -> None:
    async with serving(Store(), timeout=0.2) as smtp:
        assert await with_line(smtp, lambda line: [line.said()[:3] for _ in range(3)]) == [
            b"220",
            b"421",
            b"",
        ]

        def in_data(line: Line) -> bytes:
            line.ready_for_data()
            line.send(b"Subject: x")
            return line.said() + line.said()

        assert (await with_line(smtp, in_data)).startswith(b"421 4.4.2")


async def test_a_client_that_trickles_is_hung_up_on() -> None:
    async with serving(Store(), data_timeout=0.3) as smtp:

        def talk(line: Line) -> bytes:
            line.ready_for_data()
            line.socket.settimeout(0.01)
            with contextlib.suppress(OSError):
                for _ in range(2000):
                    line.send(b"a")
                    with contextlib.suppress(TimeoutError):
                        if heard := line.socket.recv(100):
                            return heard
            return b""

        assert (await with_line(smtp, talk)).startswith(b"421")


async def test_connections_beyond_the_limit_are_told_to_come_later() -> None:
    async with serving(Store(), max_connections=3) as smtp:

        def talk() -> list[bytes]:
            lines = [Line(smtp.port) for _ in range(3)]
            hello = [line.said()[:3] for line in lines]
            late = [Line(smtp.port) for _ in range(20)]
            turned = [line.said()[:3] for line in late]
            assert smtp.health().figures["connections"] == 3
            assert lines[0].ask(b"QUIT").startswith(b"221")
            assert lines[0].said() == b""
            for line in [*lines, *late]:
                line.close()
            return hello + turned

        assert await asyncio.to_thread(talk) == [b"220"] * 3 + [b"421"] * 20
        assert await with_line(smtp, lambda line: line.said()[:3]) in (b"220", b"421")


async def test_too_many_recipients_and_too_many_commands() -> None:
    async with serving(Store(), max_recipients=2, max_commands=5) as smtp:

        def recipients(line: Line) -> list[bytes]:
            line.said()
            line.ask(b"EHLO me")
            line.ask(b"MAIL FROM:<a@b.example>")
            return [line.ask(b"RCPT TO:<support+%d@sapa.example>" % n)[:3] for n in range(3)]

        assert await with_line(smtp, recipients) == [b"250", b"250", b"452"]
        assert (
            await with_line(smtp, lambda line: [line.said(), *(line.ask(b"NOOP")[:3] for _ in range(6))][-1])
            == b"421"
        )


async def test_a_client_that_leaves_while_we_store_costs_nothing() -> None:
    store = Store()
    store.gate.clear()
    async with serving(store) as smtp:

        def talk(line: Line) -> None:
            line.ready_for_data()
            line.send(MAIL + b".\r\n")

        await with_line(smtp, talk)
        await store.asked.wait()
        store.gate.set()
        await with_client(smtp, lambda c: c.sendmail("c@d.example", ["support@sapa.example"], MAIL))
    assert (
        len(store.mails) == 2
    )  # the first one is stored though nobody heard it: sent again, it is a duplicate


async def test_a_client_that_closed_its_half_hears_the_answer() -> None:
    store = Store()
    store.gate.clear()
    async with serving(store) as smtp:

        def talk(line: Line) -> list[bytes]:
            line.ready_for_data()
            line.send(MAIL + b".\r\n")
            line.socket.shutdown(socket.SHUT_WR)
            return [line.said()[:3], line.said()]

        heard = asyncio.create_task(with_line(smtp, talk))
        await store.asked.wait()
        store.gate.set()
        assert await heard == [b"250", b""]


async def test_stopping_answers_the_mail_that_is_being_stored() -> None:
    store = Store()
    store.gate.clear()
    smtp = SmtpIn(Place(port=0), ("support@sapa.example",))
    task = asyncio.create_task(smtp.run(store.accept))
    await smtp.listening.wait()

    def talk(line: Line) -> list[bytes]:
        line.ready_for_data()
        line.send(MAIL + b".\r\n")
        return [line.said()[:3], line.said()[:3]]

    heard = asyncio.create_task(with_line(smtp, talk))
    idle = asyncio.create_task(with_line(smtp, lambda line: [line.said()[:3], line.said()[:3]]))
    await store.asked.wait()
    while smtp.health().figures["connections"] < 2:
        await asyncio.sleep(0)
    task.cancel()
    assert (await idle)[-1] in (b"421", b"220")
    assert not task.done()
    store.gate.set()
    assert await heard == [b"250", b"421"]
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(OSError, match="refused"):
        await with_line(smtp, lambda line: line.said())


async def test_a_port_in_use_is_told_and_does_not_end_the_process() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        smtp = SmtpIn(Place(port=taken.getsockname()[1]), ("support@sapa.example",))
        task = asyncio.create_task(smtp.run(Store().accept))
        while "cannot listen" not in smtp.health().detail:
            await asyncio.sleep(0)
        assert not smtp.health().ok
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_starttls_is_offered_and_works(certificate: Path) -> None:
    store = Store()
    async with serving(store, tls=server_context(certificate), require_tls=True) as smtp:

        def talk(client: smtplib.SMTP) -> int:
            client.ehlo()
            refused = client.mail("a@b.example")[0]
            client.starttls(context=ssl.create_default_context(cafile=str(certificate / "cert.pem")))
            client.ehlo()
            assert not client.has_extn("auth")
            client.sendmail("a@b.example", ["support@sapa.example"], MAIL)
            return refused

        # the certificate names localhost
        def run() -> int:
            with smtplib.SMTP("localhost", smtp.port, timeout=10) as client:
                return talk(client)

        assert await asyncio.to_thread(run) == 530
    assert len(store.mails) == 1


@pytest.mark.skipif(shutil.which("swaks") is None, reason="no swaks here")
async def test_swaks_is_served() -> None:
    store = Store()
    async with serving(store) as smtp:
        command = ["swaks", "--server", f"127.0.0.1:{smtp.port}", "--from", "a@b.example", "--to", "support@sapa.example",
                   "--header", "Subject: dari swaks", "--body", "halo", "--pipeline", "--silent", "2"]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
    assert store.mails[0].mail is not None
    assert store.mails[0].mail.subject == "dari swaks"
    assert store.mails[0].text == "halo"


WORDS = [b"EHLO x", b"HELO", b"MAIL FROM:<a@b.example>", b"MAIL FROM:<>", b"mail from:a@b", b"MAIL FROM:<@x,@y:a@b>", b"MAIL FROM:<\"a b\"@c>", b"RCPT TO:<support@sapa.example>",
         b"RCPT TO:<" + b"a" * 400 + b"@sapa.example>", b"RCPT TO:<support@sapa.example> NOTIFY=NEVER", b"DATA", b".", b"..", b"", b"RSET", b"NOOP", b"VRFY x", b"EXPN x", b"HELP",
         b"HELP DATA", b"AUTH PLAIN AAAA", b"AUTH LOGIN", b"STARTTLS", b"BDAT 5", b"MAIL FROM:<a@b> SIZE=99999999999999", b"MAIL FROM:<\xf0\x9f> SMTPUTF8", b"\xff" * 30, b"Subject: x", b"MAIL FROM:<(((((>"]  # fmt: skip


async def test_no_sequence_of_commands_breaks_the_server_or_shows_an_exception() -> None:
    store = Store()
    chance = random.Random(2611)

    def talk(port: int) -> bytes:
        said = b""
        for _ in range(150):
            line = Line(port)
            ends = [chance.choice([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b""]) for _ in range(12)]
            line.send(
                b"EHLO me\r\n" + b"".join(chance.choice(WORDS) + end for end in ends) + b"\r\n.\r\nQUIT\r\n"
            )
            with contextlib.suppress(ConnectionError):
                said += line.file.read()
            line.close()
        return said

    async with serving(store) as smtp:
        said = await asyncio.to_thread(talk, smtp.port)
        await with_client(smtp, lambda c: c.sendmail("z@b.example", ["support@sapa.example"], MAIL))
        assert smtp.health().ok
    assert store.mails[-1].raw == MAIL
    assert b"Error: (" not in said
    assert b"Traceback" not in said
    assert not [line for line in said.split(b"\r\n") if line and not line[:3].isdigit()]
