"""One connection to an IMAP server, in blocking calls: imapclient, with its errors in our words and every
wait bounded.

After `Lost` the session is of no more use. `Declined` is a NO to one command.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from imapclient import IMAPClient, SocketTimeout  # type: ignore[import-untyped]
from imapclient.exceptions import (  # type: ignore[import-untyped]
    CapabilityError,
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
    ProtocolError,
)

from channels.imap.faults import Declined, Fault, FolderMissing, Lost
from channels.imap.login import Credentials
from channels.imap.mailbox import Mailbox
from channels.imap.skeleton import Skeleton, fetch_skeleton
from channels.imap.standing import mark

P = ParamSpec("P")
R = TypeVar("R")

_KEEPALIVE = ((socket.TCP_KEEPIDLE, 60), (socket.TCP_KEEPINTVL, 20), (socket.TCP_KEEPCNT, 4))
_MARKED_BY = b"BODY.PEEK[HEADER.FIELDS (MESSAGE-ID DATE FROM SUBJECT)]"


@dataclass(frozen=True, slots=True)
class Selected:
    """A folder as it was opened. `next_uid` is 0 when the server does not say; `writable` is ours to mark."""

    validity: int
    next_uid: int
    exists: int
    writable: bool


def _translated(fn: Callable[P, R]) -> Callable[P, R]:
    """Errors of imapclient as ours. What is no clear NO means that the connection cannot be trusted any
    more."""

    @functools.wraps(fn)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return fn(*args, **kwargs)
        except Fault:
            raise
        except TimeoutError as error:
            raise Lost("the server does not answer in time") from error
        except ssl.SSLCertVerificationError as error:
            raise Lost(
                f"the server's certificate is not trusted ({error.verify_message}); check the host name, or "
                "name the certificate of your own authority in `authority`"
            ) from error
        except OSError as error:
            raise Lost(f"the connection failed ({error.strerror or error})") from error
        except (IMAPClientAbortError, ProtocolError) as error:
            raise Lost(f"the connection was lost ({_said(error)})") from error
        except CapabilityError as error:
            raise Declined(_said(error)) from error
        except IMAPClientError as error:
            raise Declined(f"the server declines ({_said(error)})") from error
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, AssertionError) as error:
            raise Lost(f"the server's answer cannot be read ({type(error).__name__})") from error

    return call


class Session:
    """A connection of `mailbox`. `told` is set when the server announced something new in the open folder."""

    def __init__(self, mailbox: Mailbox, credentials: Credentials) -> None:
        self._mailbox = mailbox
        self._credentials = credentials
        self._client: Any = None
        self._handle: socket.socket | None = None
        self.folder = ""
        self.told = False

    @_translated
    def open(self) -> None:
        """Connect, secure the connection as it was ordered and log in. Raises `Lost`, `LoginRefused`."""
        mailbox = self._mailbox
        context = None
        if mailbox.tls != "none":
            context = ssl.create_default_context(cafile=mailbox.authority)
        self._client = IMAPClient(
            mailbox.host,
            mailbox.port,
            ssl=mailbox.tls == "tls",
            ssl_context=context,
            timeout=SocketTimeout(mailbox.connect_timeout, mailbox.timeout),
        )
        self._client.normalise_times = False
        if mailbox.tls == "starttls":
            if not self._client.has_capability("STARTTLS"):
                raise Lost(
                    'the server offers no STARTTLS, and nothing is sent without it; try tls = "tls", port 993'
                )
            try:
                self._client.starttls(context)
            except IMAPClientError as error:
                raise Lost(f"STARTTLS failed, and nothing is sent without it ({_said(error)})") from error
        plain = self._client.socket()
        # shutting down a copy wakes a thread that waits on the connection, without touching its objects
        self._handle = socket.socket(fileno=os.dup(plain.fileno()))
        with contextlib.suppress(OSError):
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in _KEEPALIVE:
                plain.setsockopt(socket.IPPROTO_TCP, option, value)
        self._credentials.log_in(self._client)

    def cut(self) -> None:
        """End the connection now, from any thread: whoever waits on it gets `Lost`."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

    def close(self, *, politely: bool = False) -> None:
        """Leave; `politely` with a LOGOUT."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # whatever its state, it is gone afterwards
                if politely:
                    client.logout()
            with contextlib.suppress(Exception):
                client.shutdown()
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    @property
    def can_idle(self) -> bool:
        """Whether the server can announce new mail."""
        return bool(self._client.has_capability("IDLE"))

    def offers(self, capability: str) -> bool:
        """Whether the server says so."""
        return bool(self._client.has_capability(capability))

    @_translated
    def folders(self) -> list[str]:
        """The names of all folders."""
        return [str(name) for _flags, _delimiter, name in self._client.list_folders()]

    @_translated
    def select(self, folder: str) -> Selected:
        """Open a folder, read-only when nothing is to be changed in it. Raises `FolderMissing`."""
        readonly = self._mailbox.keeps
        try:
            try:
                said = self._client.select_folder(folder, readonly=readonly)
            except IMAPClientReadOnlyError:
                readonly = True
                said = self._client.select_folder(folder, readonly=True)
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            there = ", ".join(self.folders()[:12])
            raise FolderMissing(
                f"the folder {folder} cannot be opened ({_said(error)}); create it, or correct `folders`; "
                f"there are: {there}"
            ) from error
        self.folder = folder
        self.told = False
        if b"UIDVALIDITY" not in said:
            raise FolderMissing(f"the server gives no lasting numbers in {folder}: it cannot be read safely")
        return Selected(
            int(said[b"UIDVALIDITY"]), int(said.get(b"UIDNEXT", 0)), int(said.get(b"EXISTS", 0)), not readonly
        )

    @_translated
    def search(self, low: int, high: int | None = None) -> list[int]:
        """The UIDs from `low` up to `high` (None: the newest) that are in the open folder, in order."""
        self._client._imap.response("EXISTS")  # what was told until now is part of the answer
        found = self._client.search(["UID", f"{low}:{high or '*'}"])
        self.told = self._client._imap.response("EXISTS")[1] != [None]  # came while we asked: ask again
        # "n:*" names the newest even when it is older than n
        return sorted({int(uid) for uid in found if uid >= low and (high is None or uid <= high)})

    @_translated
    def still(self, uids: Sequence[int]) -> set[int]:
        """Those of the UIDs that are still there."""
        return {int(uid) for uid in self._client.search(["UID", _set(uids)])} & set(uids)

    @_translated
    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """Bytes of each mail that is still there."""
        told = _fetched(self._client, uids, [b"RFC822.SIZE"])
        return {uid: int(told[uid][b"RFC822.SIZE"]) for uid in uids if b"RFC822.SIZE" in told.get(uid, {})}

    @_translated
    def bodies(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The mails byte for byte, without a mark that they were read; those that are gone are missing."""
        told = _fetched(self._client, uids, [b"BODY.PEEK[]"])
        return {uid: each[b"BODY[]"] for uid, each in told.items() if isinstance(each.get(b"BODY[]"), bytes)}

    @_translated
    def skeleton(self, uid: int, size: int) -> Skeleton | None:
        """Headers and texts of a large mail; None when it is gone."""
        where = f"imap://{self._mailbox.user}@{self._mailbox.host}/{self.folder};UID={uid}"
        return fetch_skeleton(self._client, uid, size, where)

    @_translated
    def marks(self, uids: Sequence[int]) -> dict[int, bytes]:
        """The mark of each mail (see `standing.mark`), without its body being read."""
        told = _fetched(self._client, uids, [_MARKED_BY])
        return {
            uid: mark(
                next((v for k, v in each.items() if k.startswith(b"BODY[") and isinstance(v, bytes)), b"")
            )
            for uid, each in told.items()
        }

    @_translated
    def courtesy(self, uids: Sequence[int]) -> None:
        """Do with stored mails what `after` says. Raises `Declined`: they then stay as they are."""
        after = self._mailbox.after
        if after == "seen":
            self._client.add_flags(uids, [b"\\Seen"], silent=True)
        elif after.startswith("flag:"):
            self._client.add_flags(uids, [after[5:].encode("ascii")], silent=True)
        elif after.startswith("move:"):
            if self.offers("MOVE"):
                self._client.move(uids, after[5:])
            elif self.offers("UIDPLUS"):
                self._client.copy(uids, after[5:])
                self._client.add_flags(uids, [b"\\Deleted"], silent=True)
                self._client.uid_expunge(uids)
            else:
                raise Declined("the server can neither MOVE nor expunge single mails")

    @_translated
    def wait(self, seconds: float) -> bool:
        """IDLE in the open folder until something new is announced (True) or `seconds` are over (False)."""
        self._client.idle()
        until = time.monotonic() + (0 if self._something_read_ahead() else seconds)
        told = False
        while not told and (left := until - time.monotonic()) > 0:
            said = self._client.idle_check(timeout=left)
            told = _news(said)
            if not said and time.monotonic() < until - 0.05:
                break  # readable and nothing to read: the connection has ended, and the next line says so
        _text, rest = self._client.idle_done()
        return told or _news(rest)

    def _something_read_ahead(self) -> bool:
        """Whether an announcement came in one piece with the answer to IDLE: it was read from the
        connection already, so that waiting for the connection would miss it."""
        connection = self._client.socket()
        connection.setblocking(False)
        try:
            return bool(self._client._imap.file.peek(1))
        except OSError:  # nothing there, in the words of TLS
            return False
        finally:
            connection.settimeout(self._mailbox.timeout)


def _news(said: Sequence[Any]) -> bool:
    return any(isinstance(each, tuple) and len(each) > 1 and each[1] == b"EXISTS" for each in said)


def _fetched(client: Any, uids: Sequence[int], what: Sequence[bytes]) -> dict[int, dict[bytes, Any]]:
    told = client.fetch(list(uids), list(what))
    return {uid: told[uid] for uid in uids if uid in told}


def _set(uids: Sequence[int]) -> str:
    """UIDs as a short set: 1:50,52."""
    runs: list[list[int]] = []
    for uid in uids:
        if runs and uid == runs[-1][1] + 1:
            runs[-1][1] = uid
        else:
            runs.append([uid, uid])
    return ",".join(f"{a}:{b}" if b > a else str(a) for a, b in runs)


def _said(error: BaseException) -> str:
    """A server's words, short."""
    return " ".join(str(error).replace("b'", "'").split())[:200]
