"""The channel: where it listens, whose mail it takes, and what the store says becomes the answer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import stat
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from channels.base import NOBODY, Accept, Health, Message, NotStored, Trusted, Unreadable
from channels.smtp_in.content import Content, Spool
from channels.smtp_in.door import Crowd, Door, room_for
from channels.smtp_in.session import TROUBLE, LmtpSession, Session

if TYPE_CHECKING:
    from channels.smtp_in.checks import Checks

_READ_INLINE = 65_536  # bytes up to which parsing is faster than a hop to a thread
_BIND_AGAIN = 5.0  # seconds
_LARGE_AT_ONCE = 1
"""Spooled mails that are parsed and stored side by side: in memory each holds its size several times."""
_NO_ROOM = "452 4.3.1 No room for this mail now; please try again later"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen: `host` and `port`, or a unix socket at `path` with the permission bits `mode`.

    `lmtp`: LMTP instead of SMTP, for a mail server in front of us.
    """

    host: str = "127.0.0.1"
    port: int = 2525
    path: Path | None = None
    mode: int = 0o666
    lmtp: bool = False

    def __str__(self) -> str:
        return str(self.path) if self.path else f"{self.host}:{self.port}"


class SmtpIn:
    """A Listener: takes mail for `recipients` (and their plus-addresses) and nothing else.

    `recipients` are addresses; one that begins with "@" takes the whole domain. `account` names the mailbox
    in every `Message` (default: the first recipient). `max_size` in bytes; larger mails in flight lie in
    `spool` (a folder), at most `max_spool` bytes together. `timeout` seconds a client may take for a command
    or be silent within a mail (a tenth of it while more than half of the places are taken), `data_timeout`
    for a whole mail, `session_timeout` without delivering one. At most `max_connections`, of which
    `max_per_address` from one network that is not this machine. `tls` offers STARTTLS, and with `require_tls`
    insists on it. `own` are our own addresses: mail from them is kept and never answered. Verdicts come from
    the servers in `trusted`, else from `checks`, which asks the DNS.
    """

    name = "smtp_in"

    def __init__(
        self,
        place: Place = Place(),
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
        timeout: float = 300.0,
        data_timeout: float = 600.0,
        session_timeout: float = 900.0,
        accept_timeout: float = 120.0,
        drain_timeout: float = 10.0,
        trusted: Trusted = NOBODY,
        checks: Checks | None = None,
        spool: Path | None = None,
        max_spool: int = 1024**3,
        tls: ssl.SSLContext | None = None,
        require_tls: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if not recipients:
            raise ValueError("SmtpIn needs at least one recipient")
        self.place = place
        self.port = place.port
        self.recipients = frozenset(each.strip().lower() for each in recipients)
        self.account = account or next(iter(recipients)).strip().lower().removeprefix("@")
        self.own = frozenset(own)
        self.hostname, self.max_size, self.max_recipients = hostname, max_size, max_recipients
        self.max_commands = max_commands
        self.timeout, self.data_timeout, self.session_timeout = timeout, data_timeout, session_timeout
        self.accept_timeout, self.drain_timeout = accept_timeout, drain_timeout
        self.trusted, self.checks = trusted, checks
        self.tls, self.require_tls, self.clock = tls, require_tls, clock
        self.spool = Spool(spool, max_spool)
        self.large = asyncio.Semaphore(_LARGE_AT_ONCE)
        self.listening = asyncio.Event()
        """Set while the place is open; `port` is then the real one (also when 0 was asked for)."""
        self._crowd = Crowd(max_connections, max_per_address)
        self._accept: Accept | None = None
        self._sessions: set[Session] = set()
        self._storing: set[Session] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._figures: Counter[str] = Counter()
        self._trouble = ""
        self._last: datetime | None = None

    # ------------------------------------------------------------------------------------- listening

    async def run(self, accept: Accept) -> None:
        """Listen until cancelled; then finish what is being stored, answer it, and close."""
        self._accept = accept
        self._crowd.most = room_for(self._crowd.most)
        server = None
        try:
            while server is None:
                try:
                    server = await self._open()
                except OSError as error:
                    self._trouble = (
                        f"cannot listen on {self.place} ({error.strerror or error}); "
                        "another program may use it, or it may not be allowed there"
                    )
                    log.error("smtp_in: %s", self._trouble)
                    await asyncio.sleep(_BIND_AGAIN)
            self._trouble = ""
            self.listening.set()
            await self._watch()
        finally:
            self.listening.clear()
            if server is not None:
                server.close()
                if self.place.path is not None:
                    self.place.path.unlink(missing_ok=True)
                await asyncio.shield(self._drain())

    async def _open(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        make = LmtpSession if self.place.lmtp else Session

        def admit(address: str, network: str) -> Session:
            session = make(self, loop, address, network)
            self._sessions.add(session)
            return session

        def door() -> Door:
            return Door(self._crowd, admit)

        if self.place.path is None:
            server = await loop.create_server(door, self.place.host, self.place.port, backlog=1024)
            self.port = server.sockets[0].getsockname()[1]
            return server
        await asyncio.to_thread(_free, self.place.path)
        server = await loop.create_unix_server(door, self.place.path, backlog=1024)
        self.place.path.chmod(self.place.mode)
        return server

    async def _watch(self) -> None:
        """Hang up on those who take too long, in one round over all instead of a timer for each command."""
        loop = asyncio.get_running_loop()
        pause = min(1.0, self.timeout / 4, self.data_timeout / 4, self.session_timeout / 4)
        while True:
            await asyncio.sleep(pause)
            now = loop.time()
            patience = self.timeout / 10 if self._crowd.tight else self.timeout
            for session in list(self._sessions):
                if session.busy:
                    continue
                if session.receiving_since:
                    late = now - session.receiving_since > self.data_timeout
                else:
                    late = now - session.rewarded > self.session_timeout
                if late or now - session.heard > patience:
                    session.late()

    async def _drain(self) -> None:
        """Let mails that are being stored get their answer; say 421 to the others."""
        for session in list(self._sessions):
            session.leave()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), self.drain_timeout)
        for session in list(self._sessions):
            session.cut()

    def left(self, session: Session) -> None:
        """A connection is gone; its place is free."""
        if session in self._sessions:
            self._sessions.discard(session)
            self._crowd.leave(session.network)

    def storing(self, session: Session) -> None:
        """A mail of this session is being stored: it is not cut off until it has its answer."""
        self._storing.add(session)
        self._idle.clear()

    def stored(self, session: Session) -> None:
        """It has its answer."""
        self._storing.discard(session)
        if not self._storing:
            self._idle.set()

    def refused(self) -> None:
        """Something was refused."""
        self._figures["refused"] += 1

    def health(self) -> Health:
        """Red when nobody can come in, or when the last mail could not be stored."""
        figures = {
            "connections": float(len(self._sessions)),
            "turned_away": float(self._crowd.turned_away),
            **{
                name: float(self._figures[name])
                for name in ("accepted", "duplicates", "refused", "not_stored")
            },
        }
        if self._trouble:
            return Health(False, self._trouble, self._last, figures)
        if not self.listening.is_set():
            return Health(False, "not listening yet", self._last, figures)
        return Health(True, self.where, self._last, figures)

    @property
    def where(self) -> str:
        """The real place: `127.0.0.1:2525`, or the path of the socket."""
        return str(self.place.path) if self.place.path else f"{self.place.host}:{self.port}"

    # --------------------------------------------------------------------------------------- storing

    def takes(self, address: str) -> bool:
        """Whether a recipient is ours, with or without a +token."""
        local, at, domain = address.lower().rpartition("@")
        if not at or not local:
            return False
        if f"{local}@{domain}" in self.recipients or f"@{domain}" in self.recipients:
            return True
        return f"{local.partition('+')[0]}@{domain}" in self.recipients

    async def take(self, session: Session, sender: str, recipients: Sequence[str], content: Content) -> str:
        """Give one mail on and say what to answer. Never raises but when cancelled."""
        if not content.spooled:
            return await self._take(session, sender, recipients, content.whole())
        async with self.large:  # few at a time: in memory each is several times its size
            try:
                raw = await asyncio.to_thread(content.whole)
            except OSError as error:
                self._failed(f"a mail could not be read back from the spool ({error.strerror})")
                return _NO_ROOM
            return await self._take(session, sender, recipients, raw)

    async def _take(self, session: Session, sender: str, recipients: Sequence[str], raw: bytes) -> str:
        if self._accept is None:  # no place is open before `run` was given where to store
            return TROUBLE
        if len(raw) > self.max_size:
            self.refused()
            return "552 5.3.4 Error: message size exceeds fixed maximum message size"
        try:
            one = await self._parsed(session, sender, recipients, raw)
            # shielded: a client that hangs up while we store must not stop the store half-way
            done = asyncio.ensure_future(_awaited(self._accept, one))
            done.add_done_callback(_seen)
            async with asyncio.timeout(self.accept_timeout):
                accepted = await asyncio.shield(done)
        except NotStored as error:
            self._failed(f"the last mail could not be stored ({error})")
            return TROUBLE
        except TimeoutError:
            self._failed("the last mail could not be stored in time")
            return TROUBLE
        except Exception as error:
            log.exception("smtp_in: a mail could not be stored")
            self._failed(f"the last mail could not be stored ({type(error).__name__})")
            return TROUBLE
        self._trouble, self._last = "", self.clock()
        self._figures["accepted" if accepted and accepted[0] == "new" else "duplicates"] += 1
        return f"250 2.0.0 Stored as {one.external_id[:16]}"

    def _failed(self, why: str) -> None:
        self._figures["not_stored"] += 1
        self._trouble = why

    async def _parsed(
        self, session: Session, sender: str, recipients: Sequence[str], raw: bytes
    ) -> Message | Unreadable:
        from channels.mail import external_id, read  # with the first mail: its patterns take time to compile

        at = self.clock()

        def parse() -> Message:
            return read(
                raw,
                account=self.account,
                envelope_from=sender,
                envelope_to=recipients,
                received_at=at,
                own=self.own,
                trusted=self.trusted,
            )

        try:
            mail = parse() if len(raw) <= _READ_INLINE else await asyncio.to_thread(parse)
            return mail if self.checks is None else await self._judged(self.checks, session, sender, mail)
        except Exception as error:  # `read` promises never to; should it, the bytes are kept all the same
            log.exception("smtp_in: a mail could not be read")
            return Unreadable(
                channel="email",
                account=self.account,
                external_id=external_id(raw, envelope_from=sender, envelope_to=recipients),
                raw=raw,
                cause=f"unreadable: {type(error).__name__}",
                sent_at=at,
            )

    async def _judged(self, checks: Checks, session: Session, sender: str, mail: Message) -> Message:
        """The mail with our own verdicts, unless a server in front of us has judged it."""
        if mail.mail is None or mail.mail.verdicts:
            return mail
        found = await checks.verdicts(
            mail.raw,
            address=session.address if session.network else "",  # this machine only passes on
            hello=(session.session.host_name if session.session else "") or "",
            sender=sender,
        )
        from channels.mail.verdicts import judged

        return replace(mail, mail=judged(mail.mail, found))


def _free(path: Path) -> None:
    """Take away the socket of a process that is gone. Raises `OSError` when somebody listens on it, or when
    something else lies there."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode):
        raise OSError(0, "something that is no socket lies there")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
    raise OSError(0, "somebody listens there")


def _awaited(accept: Accept, one: Message | Unreadable) -> Awaitable[Sequence[str]]:
    return accept([one])


def _seen(done: asyncio.Future[Any]) -> None:
    """An error after the client left is on record in the log, not lost in the loop."""
    if not done.cancelled() and done.exception() is not None and not isinstance(done.exception(), NotStored):
        log.debug("smtp_in: the store failed", exc_info=done.exception())
