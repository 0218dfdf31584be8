"""Mail that leaves: through a relay, or into a folder when there is none. Same outbox row, same bytes."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from channels.base import Capabilities, Health, Outbound, Refused, Retry, SendResult, Sent, Unknown

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPResponseException

CAPABILITIES = Capabilities(
    medium="email",
    max_text=100_000,
    media=True,
    max_attachment=20 * 1024 * 1024,
    formatting="html",
    idempotent=True,
)
_LOGIN_AGAIN = timedelta(minutes=5)

log = logging.getLogger(__name__)


class LocalMailbox:
    """A folder that takes every mail: what a newcomer without a relay reads on a page.

    One file per mail, named by the SHA-256 of its Message-ID, complete or not there at all, on the disk
    before `send` returns. A mail that is already there is left as it is.
    """

    name = "email"
    capabilities = CAPABILITIES

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def send(self, outbound: Outbound) -> SendResult:
        """Put one mail into the folder."""
        from channels.mail.writing import Unwritable, own_id, write  # with the first mail

        try:
            raw = write(outbound)
            message_id = own_id(outbound)
        except Unwritable as error:
            return Refused(f"this cannot be a mail: {error}")
        try:
            await asyncio.to_thread(_put, self.folder, mailbox_name(message_id), raw)
        except OSError as error:
            return Retry(f"the mailbox folder cannot be written: {error.strerror}")
        return Sent(message_id)


def mailbox_name(message_id: str) -> str:
    """The file name of a mail in a `LocalMailbox`."""
    return hashlib.sha256(message_id.encode("utf-8", "surrogateescape")).hexdigest() + ".eml"


def _put(folder: Path, name: str, raw: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    if target.exists():
        return
    draft = folder / f".{name}.{os.getpid()}.{os.urandom(4).hex()}.part"
    try:
        with draft.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


class Relay:
    """A mail server that takes our mail and delivers it.

    `tls`: "starttls" (the connection is dropped when the server does not offer it), "tls" (from the first
    byte) or "none" (a server on this machine or network). A password is never sent over an open line, except
    to this machine. Up to `connections` connections are kept and used again; `timeout` in seconds a step.

    What the server says becomes a value: 2xx `Sent`, 4xx and every trouble before the mail was handed over
    `Retry`, 5xx `Refused`, an answer that was lost after the mail went over `Unknown` (sending it again is
    harmless: same Message-ID, same bytes). A refused login or missing TLS is our fault and not the mail's:
    `Retry`, and `health` is red.
    """

    name = "email"
    capabilities = CAPABILITIES

    def __init__(
        self,
        host: str,
        port: int = 587,
        *,
        tls: str = "starttls",
        user: str = "",
        password: str = "",
        hostname: str = "localhost",
        timeout: float = 60.0,
        data_timeout: float = 300.0,
        connections: int = 4,
        idle: float = 60.0,
        context: ssl.SSLContext | None = None,
    ) -> None:
        if tls not in ("starttls", "tls", "none"):
            raise ValueError('tls is "starttls", "tls" or "none"')
        if user and tls == "none" and host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("a password is not sent over an open line; use starttls or tls")
        self.host, self.port, self.tls, self.user = host, port, tls, user
        self._password = password
        self.hostname, self.timeout, self.data_timeout, self.idle = hostname, timeout, data_timeout, idle
        self._context = context
        self._room = asyncio.Semaphore(connections)
        self._free: list[tuple[float, SMTP]] = []
        self._trouble = ""
        self._sent = 0

    def health(self) -> Health:
        """Red while the server cannot be used (away, login refused, no TLS)."""
        figures = {"sent": float(self._sent), "connections": float(len(self._free))}
        return Health(not self._trouble, self._trouble or f"{self.host}:{self.port}", None, figures)

    async def close(self) -> None:
        """Say goodbye to the server."""
        while self._free:
            await _quit(self._free.pop()[1])

    async def send(self, outbound: Outbound) -> SendResult:
        """Hand one mail over."""
        from channels.mail.writing import Unwritable, address, needs_utf8, own_id, return_path, write

        try:
            raw = write(outbound)
            sender, recipient = return_path(outbound), address(outbound.to)
            letter = _Letter(sender, recipient, raw, needs_utf8(outbound), own_id(outbound))
        except Unwritable as error:
            return Refused(f"this cannot be a mail: {error}")
        async with self._room:
            return await self._send(letter)

    async def _send(self, letter: _Letter) -> SendResult:
        while True:
            client = self._kept()
            kept = client is not None
            if client is None:
                opened = await self._open()
                if isinstance(opened, Retry):
                    return opened
                client = opened
            try:
                verdict = await self._hand_over(client, letter)
            except _BrokenOff:
                client.close()
                if kept:
                    continue  # the server had closed a kept connection: nothing of this mail was said on it
                return Retry("the connection to the mail server broke off")
            except BaseException:
                client.close()
                raise
            if client.is_connected:
                self._free.append((asyncio.get_running_loop().time(), client))
            else:
                client.close()
            return verdict

    def _kept(self) -> SMTP | None:
        """A connection that is still good."""
        now = asyncio.get_running_loop().time()
        while self._free:
            since, client = self._free.pop()
            if client.is_connected and now - since < self.idle:
                return client
            client.close()
        return None

    async def _open(self) -> SMTP | Retry:
        import aiosmtplib  # only who has a relay pays for it

        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            local_hostname=self.hostname,
            timeout=self.timeout,
            use_tls=self.tls == "tls",
            start_tls=self.tls == "starttls",
            tls_context=self._context,
        )
        try:
            await client.connect()
            await _hello(client)
            if self.user:
                await client.login(self.user, self._password)
        except aiosmtplib.SMTPAuthenticationError as error:
            return self._red(
                client,
                f"the mail server refuses our login ({error.code}): check user and password",
                _LOGIN_AGAIN,
            )
        except aiosmtplib.SMTPResponseException as error:
            return self._red(client, f"the mail server does not take us: {_said(error)}")
        except ssl.SSLError as error:
            return self._red(
                client, f"no safe connection to the mail server ({error.reason or 'TLS'})", _LOGIN_AGAIN
            )
        except aiosmtplib.SMTPException as error:
            why = f"{type(error).__name__}: {error}"[:200]
            return self._red(client, f"the mail server {self.host}:{self.port} cannot be used ({why})")
        except (OSError, TimeoutError) as error:
            return self._red(
                client, f"the mail server {self.host}:{self.port} cannot be reached ({type(error).__name__})"
            )
        self._trouble = ""
        return client

    def _red(self, client: SMTP, why: str, after: timedelta | None = None) -> Retry:
        client.close()
        if self._trouble != why:
            log.warning("smtp_out: %s", why)
        self._trouble = why
        return Retry(why, after)

    async def _hand_over(self, client: SMTP, letter: _Letter) -> SendResult:
        from aiosmtplib import SMTPException, SMTPResponseException

        options = [f"SIZE={len(letter.raw)}"] if client.supports_extension("size") else []
        limit = client.esmtp_extensions.get("size", "").strip()
        if limit.isdigit() and 0 < int(limit) < len(letter.raw):
            return Refused(f"larger than the mail server takes ({len(letter.raw)} of {limit} bytes)")
        if letter.utf8:
            if not client.supports_extension("smtputf8"):
                return Refused("the mail server takes no addresses with such letters")
            options.append("SMTPUTF8")
        encoding = "utf-8" if letter.utf8 else "ascii"
        step = "MAIL"
        try:
            await client.mail(letter.sender, options=options, encoding=encoding)
            step = "RCPT"
            await client.rcpt(letter.recipient, encoding=encoding)
            step = "DATA"
            await client.data(letter.raw, timeout=self.data_timeout)
        except SMTPResponseException as error:
            return await self._declined(client, step, error)
        except (SMTPException, OSError, TimeoutError) as error:
            client.close()
            if step == "DATA":
                return Unknown(f"the answer of the mail server was lost ({type(error).__name__})")
            raise _BrokenOff from error
        self._trouble = ""
        self._sent += 1
        return Sent(letter.message_id)

    async def _declined(self, client: SMTP, step: str, error: SMTPResponseException) -> SendResult:
        """The server's no, as a value."""
        if error.code < 200:  # not an SMTP answer at all
            client.close()
            return (
                Unknown("the mail server's answer makes no sense") if step == "DATA" else Retry(_said(error))
            )
        if error.code == 421:
            client.close()
            return Retry(_said(error))
        await _reset(client)
        if error.code in (530, 535, 538) or (step == "MAIL" and error.code >= 500 and error.code != 552):
            # it is about us and not about this mail, which therefore waits
            self._trouble = f"the mail server does not take mail from us: {_said(error)}"
            log.warning("smtp_out: %s", self._trouble)
            return Retry(self._trouble, _LOGIN_AGAIN)
        return Refused(_said(error)) if error.code >= 500 else Retry(_said(error))


@dataclass(frozen=True, slots=True)
class _Letter:
    """One mail ready to be handed over."""

    sender: str
    recipient: str
    raw: bytes
    utf8: bool
    message_id: str


class _BrokenOff(Exception):
    """The connection ended before the mail itself was sent."""


def _said(error: SMTPResponseException) -> str:
    """The server's words on one line, at most 200 characters."""
    return f"{error.code} {' '.join(str(error.message).split())}"[:200]


async def _hello(client: SMTP) -> None:
    """EHLO, so that what the server can do is known; HELO for one that knows no EHLO."""
    from aiosmtplib import SMTPHeloError

    if client.is_ehlo_or_helo_needed:
        try:
            await client.ehlo()
        except SMTPHeloError:
            await client.helo()


async def _reset(client: SMTP) -> None:
    """Ready for the next mail, or closed."""
    try:
        await client.rset()
    except Exception:  # whatever is wrong with it, the connection is not used again
        client.close()


async def _quit(client: SMTP) -> None:
    try:
        await asyncio.wait_for(client.quit(), 2.0)
    except Exception:  # going anyway
        client.close()
