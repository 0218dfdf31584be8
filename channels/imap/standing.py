"""Where a folder stands: the value of its cursor, and the marks of what lay there before Sapa came."""

from __future__ import annotations

import base64
import bisect
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

CHANNEL = "imap"
"""The cursors' channel; the mails' own is "email"."""
_LONGEST = 255
_MARK = 8


@dataclass(frozen=True, slots=True)
class Standing:
    """Every mail up to `uid` has been dealt with, as long as the folder's UIDVALIDITY is `validity`.

    Up to `before` lie mails from before Sapa came. Up to `rebuilt` lie mails that may be known already: the
    server gave all mails new numbers, and they are read once more. `mark` is that of the mail at `uid`, in
    hex, "" when it is not known.
    """

    validity: int
    uid: int
    before: int = 0
    rebuilt: int = 0
    mark: str = ""

    def encode(self) -> str:
        """The cursor's value."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, separators=(",", ":"))

    @classmethod
    def decode(cls, value: str) -> Standing | None:
        """The standing of `encode`; None for "", which is a folder never seen."""
        return cls(**json.loads(value)) if value else None

    def at(self, uid: int) -> Standing:
        """The same after everything up to `uid`."""
        return replace(self, uid=uid, mark="")

    def again(self, validity: int, newest: int) -> Standing:
        """After the server numbered everything anew: start over, up to `newest` with suspicion."""
        return Standing(validity, 0, 0, newest)


def account(mailbox: str, folder: str) -> str:
    """The account of a folder's cursor, at most 255 characters."""
    name = f"{mailbox}/{folder}"
    if len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 33]}#{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def marks_account(mailbox: str, folder: str) -> str:
    """The account under which the marks of a folder are kept."""
    return account(mailbox, f"{folder}#before")


def mark(head: bytes) -> bytes:
    """A mail's mark: of its Message-ID, Date, From and Subject lines, whatever their order, folding and
    case."""
    unfolded = re.sub(rb"\r?\n[ \t]+", b" ", head.strip())
    lines = sorted(
        name.strip().lower() + b":" + b" ".join(value.split())
        for name, _, value in (line.partition(b":") for line in unfolded.splitlines() if line.strip())
    )
    return hashlib.sha256(b"\n".join(lines)).digest()[:_MARK]


class Marks:
    """A set of marks, small: 8 bytes each. For 100,000 mails less than a megabyte."""

    def __init__(self, marks: Iterable[bytes] = ()) -> None:
        self._sorted = sorted(set(marks))

    def __contains__(self, one: bytes) -> bool:
        place = bisect.bisect_left(self._sorted, one)
        return place < len(self._sorted) and self._sorted[place] == one

    def __len__(self) -> int:
        return len(self._sorted)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._sorted)

    def encode(self) -> str:
        """As text, for the store."""
        return "v1:" + base64.b64encode(b"".join(self._sorted)).decode("ascii")

    @classmethod
    def decode(cls, value: str) -> Marks | None:
        """The marks of `encode`; None for "": they were never taken."""
        if not value:
            return None
        content = base64.b64decode(value.removeprefix("v1:"))
        return cls(content[at : at + _MARK] for at in range(0, len(content), _MARK))
