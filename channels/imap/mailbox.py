"""What is to be known of one mailbox before it can be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

PORTS = {"tls": 993, "starttls": 143, "none": 143}
LONGEST_IDLE = 29 * 60
"""Seconds: RFC 2177 tells clients to begin anew before 29 minutes."""

_AFTER = re.compile(r"keep|seen|flag:[A-Za-z0-9$_.-]{1,60}|move:\S.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds to wait before the next try, growing from first to last. A refused login is tried seldom:
    servers lock out who knocks too often."""

    lost: tuple[float, ...] = (1, 2, 5, 10, 30, 60)
    refused: tuple[float, ...] = (60, 300, 900)
    not_stored: tuple[float, ...] = (1, 2, 5, 10, 30)

    @staticmethod
    def after(ladder: tuple[float, ...], failures: int) -> float:
        """The pause after so many failures in a row (at least 1)."""
        return ladder[min(failures, len(ladder)) - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """One mailbox and how it is to be read.

    `tls` is "tls" (from the first byte), "starttls" or "none", and is never downgraded; "none" is for this
    machine alone. Either `password` or `token_command` (a command whose first line of output is an OAuth2
    access token). `first`: what is in a folder when it is seen for the first time - "now" leaves it alone,
    "history" stores it and never answers it. `after`: what becomes of a mail on the server once it is
    stored - "keep", "seen", "flag:KEYWORD" or "move:FOLDER". `poll` seconds between two looks at the
    folders, `idle` seconds after which IDLE begins anew, `timeout` for each answer of the server. Of a mail
    larger than `max_size` bytes only headers and texts are taken. `authority` is a file with the
    certificate that signed the server's, when it is your own.

    Raises `ValueError` for what cannot be.
    """

    host: str
    user: str
    password: str = field(default="", repr=False)
    token_command: str = ""
    port: int = 0
    tls: Literal["tls", "starttls", "none"] = "tls"
    authority: Path | None = None
    folders: tuple[str, ...] = ("INBOX",)
    first: Literal["now", "history"] = "now"
    after: str = "keep"
    poll: float = 60.0
    idle: float = 9 * 60
    max_size: int = 35 * 1024 * 1024
    timeout: float = 60.0
    connect_timeout: float = 30.0

    def __post_init__(self) -> None:
        if fault := self.fault():
            raise ValueError(fault)
        if not self.port:
            object.__setattr__(self, "port", PORTS[self.tls])

    def fault(self) -> str:
        """What is wrong with it, "" when nothing is."""
        if not self.host or not self.user:
            return "a mailbox needs host and user"
        if bool(self.password) == bool(self.token_command):
            return "give either a password or a token_command"
        if self.tls == "none" and not self.near:
            return (
                f'tls = "none" would send the password to {self.host} for everybody to read; use "tls" or '
                '"starttls" (plain text is for a server on this machine only)'
            )
        if not self.folders or any(not folder.strip() for folder in self.folders):
            return "folders needs at least one name, such as INBOX"
        if len({_folder(each) for each in self.folders}) < len(self.folders):
            return "a folder is named twice"
        if not _AFTER.fullmatch(self.after):
            return f'after = "{self.after}" is not known; use "keep", "seen", "flag:KEYWORD" or "move:FOLDER"'
        if self.after.startswith("move:") and _folder(self.after[5:]) in {
            _folder(each) for each in self.folders
        }:
            return "after moves mails into a folder that is read itself; move them to another one"
        if not 0 < self.idle <= LONGEST_IDLE:
            return f"idle must be at most {LONGEST_IDLE} seconds"
        return ""

    @property
    def near(self) -> bool:
        """Whether the server is on this machine."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    @property
    def key(self) -> str:
        """What the mailbox is called in the store, for ever."""
        return f"{self.user}@{self.host}".lower()

    @property
    def keeps(self) -> bool:
        """Whether mails are left on the server as they are."""
        return self.after == "keep"


def _folder(name: str) -> str:
    return "INBOX" if name.upper() == "INBOX" else name
