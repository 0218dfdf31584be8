"""SMTP in when it is much, slow or hostile: memory, disk, connections and patience have their limits."""
# ruff: noqa: E501

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.smtp_in.content import IN_MEMORY, Content, Endless, Spool, receive
from channels.smtp_in.door import Crowd, network_of, room_for
from tests.mail.lines import MAIL, Line, Store, server_context, serving, with_line

# ------------------------------------------------------------------------------------------ the end of a mail

PIECES = st.lists(
    st.sampled_from(
        [b"\r\n.\r\n", b"\r\n", b".", b"\r", b"\n", b"a", b"\n.\n", b"\x00", b"..", b"b" * 70_000]
    ),
    max_size=12,
)


def fed(wire: bytes, cuts: list[int]) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=65_536)
    last = 0
    for cut in sorted({each % (len(wire) + 1) for each in cuts}):
        reader.feed_data(wire[last:cut])
        last = cut
    reader.feed_data(wire[last:])
    reader.feed_eof()
    return reader


@given(PIECES, st.lists(st.integers(0, 300_000), max_size=5))
@settings(max_examples=150, deadline=None)
def test_a_mail_ends_at_the_first_crlf_dot_crlf_and_nowhere_else(
    pieces: list[bytes], cuts: list[int]
) -> None:
    wire = b"".join(pieces) + b"\r\n.\r\nNEXT"

    async def run() -> tuple[bytes, bytes]:
        reader = fed(wire, cuts)
        content = Content(10_000_000, Spool(None, 10_000_000))
        await receive(reader, content, 10_000_000)
        whole = content.whole()
        content.close()
        return whole, await reader.read()

    whole, rest = asyncio.run(run())
    full = b"\r\n" + wire  # the line end of DATA stands in front
    end = full.index(b"\r\n.\r\n")
    assert rest == full[end + 5 :]
    lines = full[2 : end + 2].split(b"\r\n") if end else []
    assert whole == b"\r\n".join(line.removeprefix(b".") for line in lines)


async def test_a_mail_of_nothing_but_false_ends_takes_linear_time() -> None:
    """Dots before line ends were read one by one: 35 MB of them held the loop for a minute."""
    reads = 0
    reader = fed(b"x.\r\n" * 200_000 + b".\r\n", [])
    original = reader.readuntil

    async def counted(end: bytes) -> bytes:
        nonlocal reads
        reads += 1
        return await original(end)

    reader.readuntil = counted  # type: ignore[method-assign, assignment]
    content = Content(1_000_000, Spool(None, 10_000_000))
    await receive(reader, content, 10_000_000)
    assert content.whole() == b"x.\r\n" * 200_000
    assert reads < 50
    content.close()


# --------------------------------------------------------------------------------------------- memory and disk


async def test_a_large_mail_waits_on_the_disk_and_arrives_whole(tmp_path: Path) -> None:
    store = Store()
    body = b"Subject: besar\r\n\r\n" + b".gula pasir\r\n" * 100_000
    async with serving(store, spool=tmp_path) as smtp:
        on_disk = threading.Event()

        def talk(line: Line) -> bytes:
            line.ready_for_data()
            line.send(body.replace(b"\r\n.", b"\r\n..") + b"\r\n")
            on_disk.wait(20)
            line.send(b".\r\n")
            return line.said()

        talking = asyncio.create_task(with_line(smtp, talk))
        while smtp.spool.used < IN_MEMORY:
            await asyncio.sleep(0)
        on_disk.set()
        assert (await talking).startswith(b"250")
        assert smtp.spool.used == 0
    assert store.mails[0].raw == body + b"\r\n"
    assert not list(tmp_path.iterdir())


async def test_a_full_disk_means_later_and_costs_the_others_nothing(tmp_path: Path) -> None:
    store = Store()
    async with serving(store, spool=tmp_path, max_spool=600_000) as smtp:

        def talk(line: Line) -> list[bytes]:
            line.ready_for_data()
            line.send(b"Subject: x\r\n\r\n" + b"a" * 2_000_000 + b"\r\n.\r\n")
            full = line.said()
            line.send(b"MAIL FROM:<a@b.example>\r\nRCPT TO:<support@sapa.example>\r\nDATA\r\n")
            [line.said() for _ in range(3)]
            line.send(MAIL + b".\r\n")
            return [full[:9], line.said()[:3]]

        assert await with_line(smtp, talk) == [b"452 4.3.1", b"250"]
        assert smtp.spool.used == 0
    async with serving(store, spool=tmp_path / "not there") as smtp:

        def again(line: Line) -> bytes:
            line.ready_for_data()
            line.send(b"Subject: x\r\n\r\n" + b"a" * 2_000_000 + b"\r\n.\r\n")
            return line.said()[:9]

        assert await with_line(smtp, again) == b"452 4.3.1"
    assert len(store.mails) == 1


async def test_a_mail_that_never_ends_is_hung_up_on_and_leaves_nothing(tmp_path: Path) -> None:
    store = Store()
    async with serving(store, max_size=100_000, spool=tmp_path) as smtp:

        def talk(line: Line) -> bytes:
            line.ready_for_data()
            with contextlib.suppress(OSError):
                for _ in range(400):
                    line.send(b"Selamat siang\r\n" * 5000)
            with contextlib.suppress(OSError):
                return line.said()
            return b""

        assert (await with_line(smtp, talk))[:3] in (b"552", b"")
        assert smtp.spool.used == 0
    assert not store.mails
    with pytest.raises(Endless):
        await receive(fed(b"x" * 900_000, []), Content(1000, Spool(None, 1000)), 500_000)


async def test_memory_does_not_grow_with_what_is_thrown_away() -> None:
    content = Content(100_000, Spool(None, 1_000_000))
    for _ in range(100):
        content.add(b"x" * 65_536)
    assert content.too_large
    assert not content._pieces
    assert not content.spooled


# ------------------------------------------------------------------------------------------------- patience


async def test_a_client_that_reads_nothing_is_cut_off() -> None:
    """A connection with answers that nobody fetches stays open for ever when it is only asked to close."""
    async with serving(Store(), timeout=0.3, max_commands=10**9) as smtp:
        begin, gone = threading.Event(), threading.Event()

        def talk(line: Line) -> None:
            begin.wait(20)
            line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.socket.settimeout(0.2)
            with contextlib.suppress(OSError):
                while True:  # until all buffers between us are full
                    line.send(b"HELP\r\n" * 2000)
            gone.wait(20)

        talking = asyncio.create_task(with_line(smtp, talk))
        while not smtp._sessions:
            await asyncio.sleep(0)
        (session,) = smtp._sessions
        assert session.transport is not None
        session.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        begin.set()
        try:
            async with asyncio.timeout(15):
                while smtp.health().figures["connections"]:
                    await asyncio.sleep(0.01)
        finally:
            gone.set()
            await talking


async def test_a_client_that_only_keeps_the_line_open_is_told_to_leave() -> None:
    """NOOP every few seconds would hold a place for a week."""
    async with serving(Store(), session_timeout=0.3) as smtp:

        def talk(line: Line) -> bytes:
            line.said()
            while (said := line.ask(b"NOOP")).startswith(b"250"):
                pass
            return said

        assert (await with_line(smtp, talk)).startswith(b"421 4.4.2")


async def test_who_tries_out_addresses_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """From another network only: a mail server on this machine passes on what others tried."""

    def talk(line: Line) -> list[bytes]:
        line.said()
        line.ask(b"EHLO me")
        line.ask(b"MAIL FROM:<a@b.example>")
        return [line.ask(b"RCPT TO:<guess%d@sapa.example>" % n)[:3] for n in range(101)]

    async with serving(Store()) as smtp:
        assert await with_line(smtp, talk) == [b"550"] * 101
    monkeypatch.setattr("channels.smtp_in.door.network_of", lambda address: "203.0.113.7")
    async with serving(Store()) as smtp:
        assert (await with_line(smtp, talk))[-2:] == [b"550", b"421"]


async def test_when_it_is_crowded_nobody_may_dawdle() -> None:
    async with serving(Store(), timeout=3.0, max_connections=3) as smtp:

        def talk() -> list[bytes]:
            lines = [Line(smtp.port) for _ in range(2)]
            said = [line.said()[:3] for line in lines]
            said += [lines[0].said()[:3]]  # hung up on after a tenth of the time
            for line in lines:
                line.close()
            return said

        assert await asyncio.to_thread(talk) == [b"220", b"220", b"421"]


async def test_nothing_said_before_tls_counts_after_it(certificate: Path) -> None:
    """CVE-2011-0411: commands put behind STARTTLS in the clear were run inside the safe connection."""
    store = Store()
    async with serving(store, tls=server_context(certificate)) as smtp:

        def talk() -> list[bytes]:
            line = Line(smtp.port)
            line.said()
            line.ask(b"EHLO me")
            line.send(b"STARTTLS\r\nEHLO injected\r\nMAIL FROM:<evil@b.example>\r\n")
            assert line.said().startswith(b"220")
            line.file.close()
            context = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
            with context.wrap_socket(line.socket, server_hostname="localhost") as safe:
                file = safe.makefile("rb")
                safe.sendall(b"RCPT TO:<support@sapa.example>\r\n")
                said = [file.readline()]
                safe.sendall(b"NOOP\r\n")
                said.append(file.readline())
                file.close()
            return [each[:3] for each in said]

        assert await asyncio.to_thread(talk) == [b"503", b"250"]


# ---------------------------------------------------------------------------------------------- connections


@pytest.mark.slow
async def test_five_thousand_connections_are_refused_cheaply_and_mail_still_comes_in() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 11_000:
        pytest.skip("this system allows too few open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (11_000, hard))
    store = Store()
    try:
        async with serving(store, max_connections=100) as smtp:

            def flood() -> tuple[int, bytes]:
                first = Line(smtp.port)  # a customer's server that is in the middle of its mail
                first.ready_for_data()
                flooding: list[socket.socket] = []
                for _ in range(5000):
                    one = socket.socket()
                    one.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        one.connect(("127.0.0.1", smtp.port))
                    flooding.append(one)
                first.send(MAIL + b".\r\n")
                answer = first.said()
                told = 0
                for one in flooding:
                    one.settimeout(20)
                    with contextlib.suppress(OSError):
                        told += one.recv(100).startswith(b"421")
                for one in flooding:
                    one.close()
                first.close()
                return told, answer

            told, answer = await asyncio.to_thread(flood)
            assert answer.startswith(b"250")
            assert told >= 4800  # the rest were let in (99), or gave up in the queue of the system
            while smtp.health().figures["connections"]:
                await asyncio.sleep(0)
            assert (await with_line(smtp, lambda line: line.said())).startswith(b"220")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(store.mails) == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("127.0.0.1", ""),
        ("::1", ""),
        ("", ""),
        ("::ffff:127.0.0.1", ""),
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_one_client_counts_as_one_network(address: str, network: str) -> None:
    """Whoever has an IPv6 network has 2**64 addresses."""
    assert network_of(address) == network


def test_one_network_cannot_take_all_places() -> None:
    crowd = Crowd(10, 2)
    assert [crowd.enter("203.0.113.9")[:3] for _ in range(3)] == [b"", b"", b"421"]
    assert [crowd.enter("")[:3] for _ in range(9)] == [b""] * 8 + [b"421"]
    crowd.leave("203.0.113.9")
    assert crowd.enter("203.0.113.9") == b""
    assert crowd.turned_away == 2


def test_no_more_connections_than_the_system_has_files(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: dict[str, Any] = {"now": (256, 512)}
    monkeypatch.setattr(resource, "getrlimit", lambda which: limits["now"])
    monkeypatch.setattr(resource, "setrlimit", lambda which, wanted: limits.update(now=wanted))
    assert room_for(100) == 100
    assert limits["now"] == (256, 512)
    assert room_for(200) == 200
    assert limits["now"] == (300, 512)
    assert room_for(5000) == 412
