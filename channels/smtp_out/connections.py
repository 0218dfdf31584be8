"""Connections to the relay: opened safely, used for several mails, closed when nobody needs them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from datetime import timedelta
from typing import TYPE_CHECKING

from channels.base import Retry

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPResponseException

LOGIN_AGAIN = timedelta(minutes=5)


class Connections:
    """Opens connections to one server and keeps them for `idle` seconds, each for at most `mails` mails.

    `trouble` says why the last one could not be opened, empty when it could.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        tls: str,
        user: str,
        password: str,
        hostname: str,
        timeout: float,
        idle: float,
        mails: int,
        context: ssl.SSLContext | None,
    ) -> None:
        self.host, self.port, self._tls, self._user, self._password = host, port, tls, user, password
        self._hostname, self._timeout, self._idle, self._mails = hostname, timeout, idle, mails
        self._context = context
        self._free: list[tuple[float, SMTP]] = []
        self._used: dict[SMTP, int] = {}
        self._sweep: asyncio.TimerHandle | None = None
        self._going: set[asyncio.Task[None]] = set()
        self.opened = 0

    @property
    def free(self) -> int:
        """How many wait for the next mail."""
        return len(self._free)

    def kept(self) -> SMTP | None:
        """A connection that is still good."""
        now = asyncio.get_running_loop().time()
        while self._free:
            since, client = self._free.pop()
            if client.is_connected and now - since < self._idle:
                return client
            self._drop(client)
        return None

    async def open(self) -> SMTP | Retry:
        """A new connection, greeted and logged in; or why there is none. TLS is never given up."""
        import aiosmtplib  # only who has a relay pays for it

        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            local_hostname=self._hostname,
            timeout=self._timeout,
            use_tls=self._tls == "tls",
            start_tls=self._tls == "starttls",
            tls_context=self._context,
        )
        try:
            await client.connect()
            await _hello(client)
            if self._user:
                await client.login(self._user, self._password)
        except aiosmtplib.SMTPAuthenticationError as error:
            client.close()
            return Retry(
                f"the mail server refuses our login ({error.code}): check user and password", LOGIN_AGAIN
            )
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            return Retry(f"the mail server does not take us: {said(error)}")
        except ssl.SSLError as error:
            client.close()
            return Retry(f"no safe connection to the mail server ({error.reason or 'TLS'})", LOGIN_AGAIN)
        except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPConnectTimeoutError) as error:
            client.close()
            cause = error.__cause__
            if isinstance(cause, ssl.SSLError):
                return Retry(f"no safe connection to the mail server ({cause.reason or 'TLS'})", LOGIN_AGAIN)
            why = (cause.strerror if isinstance(cause, OSError) else "") or type(cause or error).__name__
            return Retry(f"the mail server {self.host}:{self.port} cannot be reached ({why})")
        except aiosmtplib.SMTPException as error:
            client.close()
            why = f"{type(error).__name__}: {error}"[:200]
            return Retry(f"the mail server {self.host}:{self.port} cannot be used ({why})")
        except (OSError, TimeoutError) as error:
            client.close()
            return Retry(
                f"the mail server {self.host}:{self.port} cannot be reached ({type(error).__name__})"
            )
        except BaseException:
            client.close()
            raise
        self.opened += 1
        self._used[client] = 0
        return client

    def give_back(self, client: SMTP) -> None:
        """A mail was said on it; it waits for the next one, or is closed."""
        loop = asyncio.get_running_loop()
        self._used[client] = self._used.get(client, 0) + 1
        if not client.is_connected:
            self._drop(client)
        elif self._used[client] >= self._mails:
            self._say_goodbye(client)
        else:
            self._free.append((loop.time(), client))
            if self._sweep is None:
                self._sweep = loop.call_later(self._idle, self._sweep_idle)

    def drop(self, client: SMTP) -> None:
        """It is not used again."""
        self._drop(client)

    async def close(self) -> None:
        """Say goodbye on all."""
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        while self._free:
            self._say_goodbye(self._free.pop()[1])
        while self._going:
            await asyncio.gather(*self._going)

    def _sweep_idle(self) -> None:
        """Close what nobody needed for a while, before the server does."""
        loop = asyncio.get_running_loop()
        self._sweep = None
        rested = [client for since, client in self._free if loop.time() - since >= self._idle]
        self._free = [(since, client) for since, client in self._free if client not in rested]
        for client in rested:
            self._say_goodbye(client)
        if self._free:
            self._sweep = loop.call_at(self._free[0][0] + self._idle, self._sweep_idle)

    def _drop(self, client: SMTP) -> None:
        self._used.pop(client, None)
        client.close()

    def _say_goodbye(self, client: SMTP) -> None:
        self._used.pop(client, None)
        task = asyncio.get_running_loop().create_task(_quit(client))
        self._going.add(task)
        task.add_done_callback(self._going.discard)


def said(error: SMTPResponseException) -> str:
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


async def _quit(client: SMTP) -> None:
    with contextlib.suppress(Exception):  # going anyway
        await asyncio.wait_for(client.quit(), 2.0)
    client.close()
