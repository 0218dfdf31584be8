"""A mail server that takes our mail: each mail once, at a pace that the recipients' servers like."""

from __future__ import annotations

import asyncio
import logging
import ssl
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from channels.base import Health, Outbound, Refused, Retry, SendResult, Sent
from channels.pacing import Pace
from channels.smtp_out.connections import LOGIN_AGAIN, Connections
from channels.smtp_out.handover import AboutUs, BrokenOff, Letter, hand_over
from channels.smtp_out.mailbox import CAPABILITIES

if TYPE_CHECKING:
    from channels.smtp_out.signing import Signer

_CROWDED = 5.0  # seconds

log = logging.getLogger(__name__)


class Relay:
    """A SenderOut by SMTP.

    `tls`: "starttls" (the connection is dropped when the server does not offer it), "tls" (from the first
    byte) or "none" (a server on this machine or network). A password is never sent over an open line, except
    to this machine. Up to `connections` connections are open at the same time, kept for `idle` seconds and
    used for `mails_each` mails; `timeout` in seconds a step. `pace` spreads mail to one domain; `signer` adds
    DKIM signatures.

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
        idle: float = 20.0,
        mails_each: int = 100,
        pace: Pace | None = None,
        signer: Signer | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        if tls not in ("starttls", "tls", "none"):
            raise ValueError('tls is "starttls", "tls" or "none"')
        if user and tls == "none" and host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("a password is not sent over an open line; use starttls or tls")
        self.host, self.port = host, port
        self._data_timeout = data_timeout
        self._room = asyncio.Semaphore(connections)
        self._pace = pace or Pace()
        self._signer = signer
        self._trouble = ""
        self._sent = 0
        self.connections = Connections(
            host,
            port,
            tls=tls,
            user=user,
            password=password,
            hostname=hostname,
            timeout=timeout,
            idle=idle,
            mails=mails_each,
            context=context,
        )

    def health(self) -> Health:
        """Red while the server cannot be used (away, login refused, no TLS)."""
        figures = {
            "sent": float(self._sent),
            "connections": float(self.connections.free),
            "opened": float(self.connections.opened),
        }
        return Health(not self._trouble, self._trouble or f"{self.host}:{self.port}", None, figures)

    async def close(self) -> None:
        """Say goodbye to the server."""
        await self.connections.close()

    async def send(self, outbound: Outbound) -> SendResult:
        """Hand one mail over, when its domain's turn has come."""
        from channels.mail.writing import Unwritable, address, needs_utf8, own_id, return_path, write

        try:
            raw = write(outbound)
            sender, recipient = return_path(outbound), address(outbound.to)
            utf8, message_id = needs_utf8(outbound), own_id(outbound)
        except Unwritable as error:
            return Refused(f"this cannot be a mail: {error}")
        domain = recipient.rpartition("@")[2].lower()
        wait = self._pace.wait(outbound.id, domain, asyncio.get_running_loop().time())
        if wait > self._pace.patience:
            return _put_off(domain, wait)
        await asyncio.sleep(wait)
        async with self._pace.turn(domain) as ours:
            if not ours:
                return _put_off(domain, _CROWDED)
            return await self._sign_and_send(outbound, Letter(sender, recipient, raw, utf8, message_id))

    async def _sign_and_send(self, outbound: Outbound, letter: Letter) -> SendResult:
        async with self._room:
            if self._signer is not None:
                date = outbound.mail.date if outbound.mail else None
                letter = replace(letter, raw=await asyncio.to_thread(self._signer.sign, letter.raw, date))
            return await self._send(letter)

    async def _send(self, letter: Letter) -> SendResult:
        while True:
            client = self.connections.kept()
            kept = client is not None
            if client is None:
                opened = await self.connections.open()
                if isinstance(opened, Retry):
                    self._red(opened.reason)
                    return opened
                client = opened
                self._trouble = ""
            try:
                verdict = await hand_over(client, letter, self._data_timeout)
            except BrokenOff:
                self.connections.drop(client)
                if kept:
                    continue  # the server had closed a kept connection: nothing of this mail was said on it
                return Retry("the connection to the mail server broke off")
            except BaseException:
                self.connections.drop(client)
                raise
            self.connections.give_back(client)
            if isinstance(verdict, AboutUs):  # it is not about this mail, which therefore waits
                self._red(f"the mail server does not take mail from us: {verdict.why}")
                return Retry(self._trouble, LOGIN_AGAIN)
            if isinstance(verdict, Sent):
                self._trouble = ""
                self._sent += 1
            return verdict

    def _red(self, why: str) -> None:
        if self._trouble != why:
            log.warning("smtp_out: %s", why)
        self._trouble = why


def _put_off(domain: str, seconds: float) -> Retry:
    return Retry(f"many mails go to {domain} just now", timedelta(seconds=seconds), alone=True)
