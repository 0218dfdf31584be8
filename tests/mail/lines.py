"""A channel that takes mail, a store that keeps it in a list, and raw lines to talk to it."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from channels.base import Accepted, Cursor, Message
from channels.smtp_in import Place, SmtpIn

MAIL = b"From: Sari <sari@pelanggan.example>\r\nSubject: Gula basah\r\n\r\n3 sak gula basah.\r\n"


class Store:
    """What `accept` was given; `trouble` is raised instead, `gate` holds it up."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.trouble: BaseException | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = asyncio.Event()

    async def accept(self, batch: Sequence[Any], cursor: Cursor | None = None) -> list[Accepted]:
        self.asked.set()
        await self.gate.wait()
        if self.trouble is not None:
            raise self.trouble
        known = {mail.external_id for mail in self.mails}
        self.mails += [one for one in batch if one.external_id not in known]
        return [Accepted.DUPLICATE if one.external_id in known else Accepted.NEW for one in batch]


@contextlib.asynccontextmanager
async def serving(store: Store, **settings: Any) -> AsyncIterator[SmtpIn]:
    smtp = SmtpIn(
        settings.pop("place", Place(port=0)),
        ("support@sapa.example", "halo@sapa.example"),
        hostname="sapa.example",
        **settings,
    )
    task = asyncio.create_task(smtp.run(store.accept))
    await smtp.listening.wait()
    try:
        yield smtp
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Line:
    """A raw connection: `said` gives the next reply, `b""` when the server hung up."""

    def __init__(self, where: int | Path) -> None:
        if isinstance(where, int):
            self.socket = socket.create_connection(("127.0.0.1", where), timeout=20)
        else:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(20)
            self.socket.connect(str(where))
        self.file = self.socket.makefile("rb")

    def send(self, text: bytes) -> None:
        self.socket.sendall(text)

    def said(self) -> bytes:
        lines = [self.file.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(self.file.readline())
        return b"".join(lines)

    def ask(self, text: bytes) -> bytes:
        self.send(text + b"\r\n")
        return self.said()

    def ready_for_data(self, recipient: bytes = b"support@sapa.example", hello: bytes = b"EHLO") -> None:
        assert self.said().startswith(b"220")
        assert self.ask(hello + b" me").startswith(b"250")
        assert self.ask(b"MAIL FROM:<a@b.example>").startswith(b"250")
        assert self.ask(b"RCPT TO:<" + recipient + b">").startswith(b"250")
        assert self.ask(b"DATA").startswith(b"354")

    def close(self) -> None:
        self.file.close()
        self.socket.close()


async def with_line(smtp: SmtpIn, talk: Callable[[Line], Any]) -> Any:
    def run() -> Any:
        line = Line(smtp.place.path or smtp.port)
        try:
            return talk(line)
        finally:
            line.close()

    return await asyncio.to_thread(run)


async def with_client(smtp: SmtpIn, talk: Callable[[smtplib.SMTP], Any]) -> Any:
    def run() -> Any:
        with smtplib.SMTP("127.0.0.1", smtp.port, timeout=10) as client:
            return talk(client)

    return await asyncio.to_thread(run)


def server_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context
