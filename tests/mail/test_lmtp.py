"""LMTP behind a mail server: LHLO, a unix socket, and one answer for each recipient."""
# ruff: noqa: E501

from __future__ import annotations

import asyncio
import shutil
import smtplib
import socket
from pathlib import Path
from typing import Any

import pytest

from channels.base import NotStored
from channels.smtp_in import Place, SmtpIn
from tests.mail.lines import MAIL, Line, Store, serving, with_line

BOTH = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<support@sapa.example>\r\nRCPT TO:<nobody@sapa.example>\r\nRCPT TO:<halo+tok_1234@sapa.example>\r\nDATA\r\n"


def lmtp(path: Path | None = None, **settings: Any) -> Place:
    return Place(port=0, path=path, lmtp=True, **settings)


async def test_each_recipient_that_was_taken_gets_its_own_answer() -> None:
    """aiosmtpd gives one status for all, and the mail server then waits for the others until it times out."""
    store = Store()
    async with serving(store, place=lmtp()) as smtp:

        def talk(line: Line) -> list[bytes]:
            assert line.said().startswith(b"220")
            assert b"PIPELINING" in line.ask(b"LHLO mx")
            line.send(BOTH)
            answers = [line.said() for _ in range(5)]
            line.send(MAIL + b".\r\n")
            return [*answers, line.said(), line.said(), line.ask(b"NOOP")]

        said = await with_line(smtp, talk)
    assert [each[:3] for each in said] == [b"250", b"250", b"550", b"250", b"354", b"250", b"250", b"250"]
    assert said[5].startswith(b"250 2.0.0 <support@sapa.example>: Stored as")
    assert said[6].startswith(b"250 2.0.0 <halo+tok_1234@sapa.example>: Stored as")
    (mail,) = store.mails  # one message, whoever it was for
    assert mail.mail is not None
    assert mail.mail.tokens == ("tok_1234",)


async def test_the_same_mailbox_named_twice_is_answered_twice() -> None:
    """RFC 2033, 4.2: one reply for each RCPT that was accepted, also for the same one."""
    store = Store()
    async with serving(store, place=lmtp()) as smtp:

        def talk(line: Line) -> list[bytes]:
            line.said()
            line.ask(b"LHLO mx")
            line.ask(b"MAIL FROM:<>")
            line.ask(b"RCPT TO:<support@sapa.example>")
            line.ask(b"RCPT TO:<support@sapa.example>")
            line.ask(b"DATA")
            line.send(MAIL + b".\r\n")
            return [line.said()[:9], line.said()[:9], line.ask(b"NOOP")[:3]]

        assert await with_line(smtp, talk) == [b"250 2.0.0", b"250 2.0.0", b"250"]
    assert len(store.mails) == 1


async def test_trouble_is_told_for_each_recipient() -> None:
    store = Store()
    store.trouble = NotStored("disk full")
    async with serving(store, place=lmtp(), max_size=200_000) as smtp:

        def talk(line: Line) -> list[bytes]:
            line.ready_for_data(hello=b"LHLO")
            line.send(MAIL + b".\r\n")
            said = [line.said()]
            line.send(BOTH)
            [line.said() for _ in range(5)]
            line.send(MAIL + b"x" * 300_000 + b"\r\n.\r\n")
            return [*said, line.said(), line.said(), line.ask(b"NOOP")]

        said = await with_line(smtp, talk)
    assert [each[:3] for each in said] == [b"451", b"552", b"552", b"250"]
    assert b"disk" not in said[0]


async def test_smtps_greetings_are_none_here_and_lhlo_is_none_there() -> None:
    async with serving(Store(), place=lmtp()) as smtp:
        talk = await with_line(smtp, lambda line: [line.said(), line.ask(b"EHLO x"), line.ask(b"HELO x"), line.ask(b"MAIL FROM:<a@b>"), line.ask(b"LHLO"), line.ask(b"LHLO x")])  # fmt: skip
        assert [each[:3] for each in talk] == [b"220", b"500", b"500", b"503", b"501", b"250"]
    async with serving(Store()) as smtp:
        assert (await with_line(smtp, lambda line: [line.said(), line.ask(b"LHLO x")]))[1].startswith(b"500")


async def test_a_unix_socket_takes_mail_and_leaves_nothing_behind(tmp_path: Path) -> None:
    store = Store()
    path = tmp_path / "lmtp"
    async with serving(store, place=lmtp(path, mode=0o660)) as smtp:
        assert path.stat().st_mode & 0o777 == 0o660
        assert smtp.health().detail == str(path)

        def send() -> dict[str, Any]:
            with smtplib.LMTP(
                str(path)
            ) as client:  # which reads one answer only, so it may have one recipient
                return client.sendmail("a@b.example", ["support@sapa.example"], MAIL)

        assert await asyncio.to_thread(send) == {}
    assert len(store.mails) == 1
    assert not path.exists()


async def test_the_socket_of_a_dead_process_is_taken_over_and_a_living_ones_is_not(tmp_path: Path) -> None:
    path = tmp_path / "lmtp"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))  # bound and never listened on: what a killed process leaves
    async with serving(Store(), place=lmtp(path)):
        other = SmtpIn(lmtp(path), ("support@sapa.example",))
        task = asyncio.create_task(other.run(Store().accept))
        while "somebody listens there" not in other.health().detail:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert path.exists()  # the other one went without taking it along
    path.write_text("a file of somebody's")
    third = SmtpIn(lmtp(path), ("support@sapa.example",))
    task = asyncio.create_task(third.run(Store().accept))
    while "no socket lies there" not in third.health().detail:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert path.read_text() == "a file of somebody's"


@pytest.mark.skipif(shutil.which("swaks") is None, reason="no swaks here")
async def test_swaks_speaks_lmtp_over_a_socket(tmp_path: Path) -> None:
    store = Store()
    async with serving(store, place=lmtp(tmp_path / "lmtp")) as smtp:
        command = ["swaks", "--socket", str(smtp.place.path), "--protocol", "LMTP", "--from", "a@b.example", "--to", "support@sapa.example,halo@sapa.example", "--body", "halo", "--silent", "2"]  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode()
    assert len(store.mails) == 1
