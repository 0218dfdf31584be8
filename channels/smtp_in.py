"""Mail that comes in by SMTP. The sender hears 250 only after the mail is stored; any trouble of ours is 451.

aiosmtpd speaks the protocol in our own event loop. What it leaves to the embedder is done here: the end of a
mail is CRLF.CRLF and nothing else, long lines are taken, limits hold in bytes, connections and seconds, and
no reply ever carries the text of an exception.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import ssl
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from channels.base import Accept, Health, Message, NotStored, Unreadable

_CHUNK = 65_536
_READ_INLINE = 65_536  # bytes up to which parsing is faster than a hop to a thread
_TROUBLE = "451 4.3.0 We could not store this mail; please try again later"
_BIND_AGAIN = 5.0  # seconds

_PATH = re.compile(r"\s*(?:<([^<>\s]*|[^<>@]{1,200}@[^<>\s]*)>|([^\s<>]+))(?:\s+(.*))?\Z", re.DOTALL)

log = logging.getLogger(__name__)


class SmtpIn:
    """A Listener: takes mail for `recipients` (and their plus-addresses) and nothing else.

    `recipients` are addresses; one that begins with "@" takes the whole domain. `account` names the mailbox
    in every `Message` (default: the first recipient). `max_size` in bytes. `timeout` seconds a client may
    take for a command or be silent within a mail, `data_timeout` for a whole mail. At most `max_connections`,
    of which `max_per_address` from one address that is not this machine. `tls` offers STARTTLS, and with
    `require_tls` insists on it. `own` are our own addresses: mail from them is kept and never answered.
    """

    name = "smtp_in"

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 2525,
        recipients: Collection[str] = ("support@localhost",),
        *,
        account: str = "",
        own: Collection[str] = (),
        hostname: str = "localhost",
        max_size: int = 35 * 1024 * 1024,
        max_recipients: int = 100,
        max_connections: int = 200,
        max_per_address: int = 50,
        max_commands: int = 10_000,
        timeout: float = 60.0,
        data_timeout: float = 600.0,
        accept_timeout: float = 120.0,
        drain_timeout: float = 10.0,
        tls: ssl.SSLContext | None = None,
        require_tls: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not recipients:
            raise ValueError("SmtpIn needs at least one recipient")
        self.host, self.port = host, port
        self.recipients = frozenset(each.strip().lower() for each in recipients)
        self.account = account or next(iter(recipients)).strip().lower().removeprefix("@")
        self.own = frozenset(own)
        self.hostname, self.max_size, self.max_recipients = hostname, max_size, max_recipients
        self.max_connections, self.max_per_address, self.max_commands = (
            max_connections,
            max_per_address,
            max_commands,
        )
        self.timeout, self.data_timeout = timeout, data_timeout
        self.accept_timeout, self.drain_timeout = accept_timeout, drain_timeout
        self.tls, self.require_tls, self.clock = tls, require_tls, clock
        self.listening = asyncio.Event()
        """Set while the port is open; `port` is then the real one (also when 0 was asked for)."""
        self._accept: Accept | None = None
        self._sessions: set[_Protocol] = set()
        self._addresses: Counter[str] = Counter()
        self._storing: set[_Protocol] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._figures: Counter[str] = Counter()
        self._trouble = ""
        self._last: datetime | None = None

    async def run(self, accept: Accept) -> None:
        """Listen until cancelled; then finish what is being stored, answer it, and close."""
        self._accept = accept
        loop = asyncio.get_running_loop()
        server = None
        try:
            while server is None:
                try:
                    server = await loop.create_server(
                        lambda: _Protocol(self, loop), self.host, self.port, backlog=1024
                    )
                except OSError as error:
                    self._trouble = (
                        f"cannot listen on {self.host}:{self.port} ({error.strerror or error}); "
                        "another program may use the port"
                    )
                    log.error("smtp_in: %s", self._trouble)
                    await asyncio.sleep(_BIND_AGAIN)
            self._trouble = ""
            self.port = server.sockets[0].getsockname()[1]
            self.listening.set()
            await asyncio.Event().wait()
        finally:
            self.listening.clear()
            if server is not None:
                server.close()
                await asyncio.shield(self._drain())

    async def _drain(self) -> None:
        """Let mails that are being stored get their answer; say 421 to the others."""
        for session in list(self._sessions):
            session.leave()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), self.drain_timeout)
        for session in list(self._sessions):
            session.cut()

    def storing(self, session: _Protocol) -> None:
        """A mail of this session is being stored: it is not cut off until it has its answer."""
        self._storing.add(session)
        self._idle.clear()

    def stored(self, session: _Protocol) -> None:
        """It has its answer."""
        self._storing.discard(session)
        if not self._storing:
            self._idle.set()

    def health(self) -> Health:
        """Red when the port is not open, or when the last mail could not be stored."""
        figures = {
            "connections": float(len(self._sessions)),
            **{
                name: float(self._figures[name])
                for name in ("accepted", "duplicates", "refused", "not_stored", "turned_away")
            },
        }
        if self._trouble:
            return Health(False, self._trouble, self._last, figures)
        if not self.listening.is_set():
            return Health(False, "not listening yet", self._last, figures)
        return Health(True, f"{self.host}:{self.port}", self._last, figures)

    def takes(self, address: str) -> bool:
        """Whether a recipient is ours, with or without a +token."""
        local, at, domain = address.lower().rpartition("@")
        if not at or not local:
            return False
        return bool(
            {f"{local}@{domain}", f"{local.partition('+')[0]}@{domain}", f"@{domain}"} & self.recipients
        )

    async def store(self, envelope_from: str, envelope_to: Sequence[str], raw: bytes) -> str:
        """Give one mail on and say what to answer. Never raises but when cancelled."""
        if self._accept is None:  # no port is open before `run` was given where to store
            return _TROUBLE
        try:
            one = await self._parsed(envelope_from, envelope_to, raw)
            # shielded: a client that hangs up while we store must not stop the store half-way
            done = asyncio.ensure_future(_awaited(self._accept, one))
            done.add_done_callback(_seen)
            accepted = await asyncio.wait_for(asyncio.shield(done), self.accept_timeout)
        except NotStored as error:
            self._failed(f"the last mail could not be stored ({error})")
            return _TROUBLE
        except TimeoutError:
            self._failed("the last mail could not be stored in time")
            return _TROUBLE
        except Exception as error:
            log.exception("smtp_in: a mail could not be stored")
            self._failed(f"the last mail could not be stored ({type(error).__name__})")
            return _TROUBLE
        self._trouble, self._last = "", self.clock()
        self._figures["accepted" if accepted and accepted[0] == "new" else "duplicates"] += 1
        return f"250 2.0.0 Stored as {one.external_id[:16]}"

    def _failed(self, why: str) -> None:
        self._figures["not_stored"] += 1
        self._trouble = why

    async def _parsed(
        self, envelope_from: str, envelope_to: Sequence[str], raw: bytes
    ) -> Message | Unreadable:
        from channels.mail import external_id, read  # with the first mail: its patterns take time to compile

        at = self.clock()

        def parse() -> Message:
            return read(
                raw,
                account=self.account,
                envelope_from=envelope_from,
                envelope_to=envelope_to,
                received_at=at,
                own=self.own,
            )

        try:
            return parse() if len(raw) <= _READ_INLINE else await asyncio.to_thread(parse)
        except Exception as error:  # `read` promises never to; should it, the bytes are kept all the same
            log.exception("smtp_in: a mail could not be read")
            return Unreadable(
                channel="email",
                account=self.account,
                external_id=external_id(raw, envelope_from=envelope_from, envelope_to=envelope_to),
                raw=raw,
                cause=f"unreadable: {type(error).__name__}",
                sent_at=at,
            )


async def _awaited(accept: Accept, one: Message | Unreadable) -> Sequence[str]:
    return await accept([one])


def _seen(done: asyncio.Future[Any]) -> None:
    """An error after the client left is on record in the log, not lost in the loop."""
    if not done.cancelled() and done.exception() is not None and not isinstance(done.exception(), NotStored):
        log.debug("smtp_in: the store failed", exc_info=done.exception())


def _is_near(address: str) -> bool:
    """On this machine a mail server in front of us may stand."""
    return address in ("::1", "") or address.startswith("127.")


class _Handler:
    """aiosmtpd's hooks for one connection."""

    def __init__(self, channel: SmtpIn) -> None:
        self.channel = channel

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [
            *(each for each in responses if not each.startswith(("250-AUTH", "250 HELP"))),
            "250 PIPELINING",
        ]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.channel.takes(address):
            self.channel._figures["refused"] += 1
            return "550 5.1.1 No such mailbox here"
        if len(envelope.rcpt_tos) >= self.channel.max_recipients:
            return "452 4.5.3 Too many recipients"
        if address not in envelope.rcpt_tos:
            envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content
        if not isinstance(content, bytes):
            return _TROUBLE
        sender = envelope.mail_from or ""
        return await self.channel.store("" if sender == "<>" else sender, tuple(envelope.rcpt_tos), content)

    async def handle_exception(self, error: Exception) -> str:
        if not isinstance(error, ConnectionError | asyncio.IncompleteReadError):
            log.error("smtp_in: a session failed", exc_info=error)
        return _TROUBLE


class _Protocol(SMTP):
    """One connection: aiosmtpd with bounds."""

    line_length_limit = _CHUNK

    def __init__(self, channel: SmtpIn, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            _Handler(channel),
            data_size_limit=channel.max_size,
            enable_SMTPUTF8=True,
            hostname=channel.hostname,
            ident="Sapa",
            tls_context=channel.tls,
            require_starttls=channel.require_tls,
            timeout=channel.timeout,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            command_call_limit=channel.max_commands,
            loop=loop,
        )
        self.channel = channel
        self._address = ""
        self._turned_away = False
        self._leaving = False
        self._half_closed = False
        self._receiving = False
        self._heard = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count the connection; turn it away when there are too many."""
        if self._original_transport is None:
            peer = transport.get_extra_info("peername")
            self._address = str(peer[0]) if peer else ""
            channel = self.channel
            if len(channel._sessions) >= channel.max_connections or (
                channel._addresses[self._address] >= channel.max_per_address and not _is_near(self._address)
            ):
                self._turned_away = True
                channel._figures["turned_away"] += 1
                if isinstance(transport, asyncio.WriteTransport):
                    transport.write(b"421 4.7.0 Too many connections; please try again later\r\n")
                transport.close()
                return
            channel._sessions.add(self)
            channel._addresses[self._address] += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Give the place free."""
        if self._turned_away:
            return
        if self in self.channel._sessions:
            self.channel._sessions.discard(self)
            self.channel._addresses[self._address] -= 1
            if self.channel._addresses[self._address] <= 0:
                del self.channel._addresses[self._address]
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Nothing is heard from one who was turned away; in a mail, whoever sends has time again."""
        if self._turned_away:
            return
        if self._receiving and self.loop.time() - self._heard > 1.0:  # a new timer each second at most
            self._heard = self.loop.time()
            self._reset_timeout()
        super().data_received(data)

    def eof_received(self) -> bool | None:
        """A client that closes its half while we store still hears what became of its mail."""
        if self._turned_away:
            return False
        if self in self.channel._storing:
            self._half_closed = True
            return self.session is None or self.session.ssl is None
        return super().eof_received()

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """`<address> parameters`; aiosmtpd's own way is slow and raises on some input."""
        found = _PATH.match(arg)
        if found is None:
            return None, None
        path, bare, rest = found.groups()
        if path == "":
            return "<>", rest or ""
        address = (path or bare).rpartition(":")[2] if (path or bare).startswith("@") else (path or bare)
        return (address, rest or "") if len(address) <= 320 else (None, None)

    def leave(self) -> None:
        """We are stopping: an idle client is told so, one whose mail we store hears that answer first."""
        self._leaving = True
        if self not in self.channel._storing:
            self.cut()

    def cut(self) -> None:
        """Close now."""
        if self.transport is not None:
            if isinstance(self.transport, asyncio.WriteTransport) and not self.transport.is_closing():
                self.transport.write(b"421 4.3.2 Shutting down; please try again later\r\n")
            self.transport.close()

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
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            self._receiving = True
            async with asyncio.timeout(self.channel.data_timeout):
                content = await self._content()
        except TimeoutError:
            await self.push("421 4.4.2 Took too long")
            self._hang_up()
            return
        finally:
            self._receiving = False
        self._stop_clock()
        self.channel.storing(self)
        try:
            if content is None:
                status = "552 5.3.4 Error: message size exceeds fixed maximum message size"
                self.channel._figures["refused"] += 1
            else:
                self.envelope.content = self.envelope.original_content = content
                status = str(await self._call_handler_hook("DATA"))
            self._set_post_data_state()  # type: ignore[no-untyped-call]
            if self.transport is not None:
                await self.push(status)
                self._reset_timeout()
        finally:
            self.channel.stored(self)
        if self._leaving:
            self.cut()
        elif self._half_closed:
            self._hang_up()

    async def _content(self) -> bytes | None:
        """The mail's bytes without its dots; None when it is larger than allowed (it is read to its end).

        Reads up to each ".CRLF" and looks whether a CRLF stands before it: only that ends a mail, so that no
        bare LF or CR can smuggle a second one in.
        """
        content = bytearray(b"\r\n")  # the line end of the DATA command, to which a first "." belongs
        seen = 0
        too_large = False
        while True:
            try:
                piece = await self._reader.readuntil(b".\r\n")
                whole = True
            except asyncio.LimitOverrunError as error:
                piece = await self._reader.readexactly(max(error.consumed, 1))
                whole = False
            seen += len(piece)
            content += piece
            if whole and content.endswith(b"\r\n.\r\n"):
                break
            if seen > self.channel.max_size + _CHUNK:
                too_large = True
                del content[:-4]
            if seen > 2 * self.channel.max_size + 16 * 1024 * 1024:
                raise TimeoutError  # goes on and on: nobody sends so much by mistake
        if too_large:
            return None
        body = bytes(content[:-3].replace(b"\r\n.", b"\r\n")[2:])
        return None if len(body) > self.channel.max_size else body

    def _stop_clock(self) -> None:
        """While we store, the client waits for us and not we for it."""
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.close()
