"""One connection: aiosmtpd speaks the protocol; the bounds, the end of a mail and the answers are ours."""

from __future__ import annotations

import asyncio
import collections
import logging
import re
from typing import TYPE_CHECKING, Protocol

from aiosmtpd.smtp import SMTP, Envelope, syntax
from aiosmtpd.smtp import Session as Peer

from channels.smtp_in.content import Content, Endless, Spool, receive

if TYPE_CHECKING:
    import ssl

CHUNK = 65_536
"""Bytes of a command line at most, and of a piece of a mail."""
TROUBLE = "451 4.3.0 We could not store this mail; please try again later"
_NO_ROOM = "452 4.3.1 No room for this mail now; please try again later"
_TOO_LARGE = "552 5.3.4 Error: message size exceeds fixed maximum message size"
_SHUTTING = b"421 4.3.2 Shutting down; please try again later\r\n"
_LATE = b"421 4.4.2 Took too long; please try again later\r\n"
_MOST_ERRORS = 100
"""Refused commands of one connection; who goes on asking tries out addresses."""

_PATH = re.compile(r" *(?:<([^<>\s]*|[^<>@]{1,200}@[^<>\s]*)>|([^\s<>]+))(?: +(.*))?\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

log = logging.getLogger(__name__)


class Host(Protocol):
    """What a session needs of its channel."""

    hostname: str
    max_size: int
    max_recipients: int
    max_commands: int
    data_timeout: float
    tls: ssl.SSLContext | None
    require_tls: bool
    spool: Spool
    large: asyncio.Semaphore

    def takes(self, address: str) -> bool:
        """Whether a recipient is ours."""

    def refused(self) -> None:
        """Something was refused, for the figures."""

    def storing(self, session: Session) -> None:
        """A mail of this session is being stored: it is not cut off until it has its answer."""

    def stored(self, session: Session) -> None:
        """It has its answer."""

    def left(self, session: Session) -> None:
        """The connection is gone."""

    async def take(self, session: Session, sender: str, recipients: list[str], content: Content) -> str:
        """Store one mail and say what to answer."""


class _NoTimer:
    """Stands where aiosmtpd keeps a timer for each command: one round over all sessions does it for us."""

    def cancel(self) -> None:
        """Nothing to cancel."""


_NO_TIMER = _NoTimer()


class _Handler:
    """aiosmtpd's hooks."""

    def __init__(self, host: Host) -> None:
        self.host = host

    async def handle_EHLO(
        self, server: SMTP, session: Peer, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        kept = [each for each in responses if not each.startswith(("250-AUTH", "250 HELP"))]
        return ["\r\n".join([*kept, "250 PIPELINING"])]  # in one piece: one packet instead of six

    async def handle_MAIL(
        self, server: SMTP, session: Peer, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Peer, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.host.takes(address):
            self.host.refused()
            return "550 5.1.1 No such mailbox here"
        if len(envelope.rcpt_tos) >= self.host.max_recipients:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        if not isinstance(error, ConnectionError | asyncio.IncompleteReadError):
            log.error("smtp_in: a session failed", exc_info=error)
        return TROUBLE


class Session(SMTP):
    """A connection that was let in, until it ends. `address` is the client's, `network` what it counts as."""

    line_length_limit = CHUNK
    command_size_limit = 2048  # RFC 5321 asks for 512 at least; long addresses with parameters need more
    command_size_limits: dict[str, int] = collections.defaultdict(lambda: 2048)  # noqa: RUF012 - aiosmtpd's

    def __init__(
        self, host: Host, loop: asyncio.AbstractEventLoop, address: str = "", network: str = ""
    ) -> None:
        self.heard = loop.time()
        super().__init__(
            _Handler(host),
            data_size_limit=host.max_size,
            enable_SMTPUTF8=True,
            hostname=host.hostname,
            ident="Sapa",
            tls_context=host.tls,
            require_starttls=host.require_tls,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            command_call_limit=host.max_commands,
            loop=loop,
        )
        self.host = host
        self.address, self.network = address, network
        self.receiving_since = 0.0
        """When the mail that is coming began; 0 when none is coming."""
        self.rewarded = self.heard
        """When it came, or last delivered a mail: who only keeps the line open is told to leave."""
        self.busy = False
        """Whether we store a mail of it: it waits for us then, not we for it."""
        self._errors = 0
        self._leaving = False
        self._half_closed = False

    # -------------------------------------------------------------------------------- the connection

    def connection_lost(self, error: Exception | None) -> None:
        """Give the place free."""
        self.host.left(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """In a mail, whoever sends has time again."""
        if self.receiving_since:
            self.heard = self.loop.time()
        super().data_received(data)

    def eof_received(self) -> bool | None:
        """A client that closes its half while we store still hears what became of its mail."""
        if self.busy:
            self._half_closed = True
            return self.session is None or self.session.ssl is None
        return super().eof_received()

    def _reset_timeout(self, duration: float | None = None) -> None:
        self.heard = self.loop.time()
        self._timeout_handle = _NO_TIMER  # type: ignore[assignment]

    def late(self) -> None:
        """It took too long: say so and hang up; the second time without waiting for what it does not read."""
        if isinstance(self.transport, asyncio.Transport):
            if self.transport.is_closing():
                self.transport.abort()
            else:
                self.transport.write(_LATE)
                self.transport.close()

    def leave(self) -> None:
        """We are stopping: an idle client is told so, one whose mail we store hears that answer first."""
        self._leaving = True
        if not self.busy:
            self.cut()

    def cut(self) -> None:
        """Close now."""
        if isinstance(self.transport, asyncio.WriteTransport):
            if not self.transport.is_closing():
                self.transport.write(_SHUTTING)
            self.transport.close()

    async def push(self, status: str | bytes) -> None:
        """Answer. After too many refusals the client is asked to come again later."""
        said = status if isinstance(status, bytes) else status.encode("utf-8", "backslashreplace")
        if said.startswith((b"5", b"421")) and self.network:
            self._errors += 1
            if self._errors > _MOST_ERRORS and isinstance(self.transport, asyncio.Transport):
                self.transport.write(b"421 4.7.0 Too many errors; please try again later\r\n")
                self.transport.close()
                return
        await super().push(said)

    # ---------------------------------------------------------------------------------- the commands

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """`<address> parameters`; aiosmtpd's own way is slow and raises on some input."""
        found = _PATH.match(arg)
        if found is None or _CONTROL.search(arg):
            return None, None
        path, bare, rest = found.groups()
        if path == "":
            return "<>", rest or ""
        address = (path or bare).rpartition(":")[2] if (path or bare).startswith("@") else (path or bare)
        return (address, rest or "") if len(address) <= 320 else (None, None)

    async def smtp_DATA(self, arg: str) -> None:
        """Take one mail: until CRLF.CRLF, in whatever line lengths, at most `max_size` bytes."""
        if await self.check_helo_needed():
            return
        if self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = Content(self.host.max_size, self.host.spool)
        self.receiving_since = self.heard = self.loop.time()
        try:
            try:
                await receive(self._reader, content, 2 * self.host.max_size + 16 * 1024 * 1024)
            finally:
                self.receiving_since = 0.0
            self.busy = True
            self.host.storing(self)
            await self._answer(self.envelope, await self._stored(self.envelope, content))
        except Endless:
            await self.push(_TOO_LARGE)
            self._hang_up()
        finally:
            content.close()
            self.busy = False
            self.host.stored(self)
        if self._leaving:
            self.cut()
        elif self._half_closed:
            self._hang_up()

    async def _stored(self, envelope: Envelope, content: Content) -> str:
        """What to answer to a mail that came to its end."""
        if content.too_large:
            self.host.refused()
            return _TOO_LARGE
        if content.no_room:
            return _NO_ROOM
        sender = envelope.mail_from or ""
        return await self.host.take(
            self, "" if sender == "<>" else sender, list(dict.fromkeys(envelope.rcpt_tos)), content
        )

    async def _answer(self, envelope: Envelope, status: str) -> None:
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        self.heard = self.loop.time()
        if status.startswith("250"):
            self.rewarded = self.heard
        if self.transport is not None:
            await self.push(self.statuses(envelope, status))

    def statuses(self, envelope: Envelope, status: str) -> str:
        """The answer to the end of a mail: one for all its recipients."""
        return status

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()


class LmtpSession(Session):
    """As a mail server speaks to a mailbox (RFC 2033): LHLO, and after a mail one answer for each recipient.

    A mail is stored for all its recipients or for none: the answers are alike, nothing is delivered twice.
    """

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:
        """The greeting of LMTP."""
        await super().smtp_EHLO(arg)

    async def smtp_HELO(self, arg: str) -> None:
        """Not in LMTP (RFC 2033, section 4.1)."""
        await self.push('500 5.5.1 Error: this is LMTP; say "LHLO"')

    async def smtp_EHLO(self, arg: str) -> None:
        """Not in LMTP (RFC 2033, section 4.1)."""
        await self.push('500 5.5.1 Error: this is LMTP; say "LHLO"')

    def statuses(self, envelope: Envelope, status: str) -> str:
        """One for each RCPT that was taken, also when two named the same mailbox."""
        return "\r\n".join(
            f"{status[:4]}{status[4:].partition(' ')[0]} <{recipient}>: {status[4:].partition(' ')[2]}"
            for recipient in envelope.rcpt_tos
        )
