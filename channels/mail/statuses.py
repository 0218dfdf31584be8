"""Delivery reports (RFC 3464) read field by field, in blocks for each recipient."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from channels.mail.charsets import decode
from channels.mail.headers import one_line
from channels.mail.parts import Part

MAX_REPORT = 262_144
"""Bytes of one delivery report that are read."""
MAX_RECIPIENTS = 500

REPORT_TYPES = ("message/delivery-status", "message/global-delivery-status")
GOOD = frozenset({"delivered", "relayed", "expanded", "deliverable"})
"""Actions that say the mail arrived, or went on to where no report comes from."""

ADDRESS = re.compile(
    r"[^\s<>()\[\],;:\"'|=*\\@]{1,64}(?:@[A-Za-z0-9_.-]{1,190}\.[A-Za-z0-9-]{2,63}|@localhost\b)"
)
CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient's block. `action` is lower-case, "" when none is given; `status` "5.1.1" or ""; `address`
    the one the mail was written to, as far as the report says; `diagnostic` on one line."""

    action: str = ""
    status: str = ""
    address: str = ""
    diagnostic: str = ""

    @property
    def failed(self) -> bool:
        """The mail did not arrive: by its action, else by its status."""
        if self.action:
            return self.action not in GOOD and self.action != "delayed"
        return self.status[:1] in ("4", "5")


@dataclass(frozen=True, slots=True)
class Report:
    """A delivery report: one block for each recipient, and the Message-ID of the mail it is about, or "".

    `envelope` is the name that the sending server gave the mail (ENVID); of ours it is the Message-ID.
    """

    recipients: tuple[Recipient, ...] = ()
    original: str = ""
    envelope: str = ""


def report(parts: Sequence[Part]) -> Report | None:
    """The mail's own delivery report, None when it has none. An attached mail's report is not its own."""
    for part in parts:
        if part.media_type in REPORT_TYPES:
            # a report that begins without its blank line stands among the part's headers
            head = b"".join(name.encode() + b": " + value + b"\n" for name, value in part.headers.fields)
            return read(decode(head + b"\n" + part.content[:MAX_REPORT], "utf-8"))
    return None


def read(text: str) -> Report:
    """Read the fields of a delivery report, in blocks as they come."""
    found: list[Recipient] = []
    original = envelope = ""
    block: dict[str, str] = {}
    last = ""
    for line in [*text[:MAX_REPORT].replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line[:1] in (" ", "\t") and line.strip() and last in block:
            block[last] = f"{block[last]} {line.strip()}"[:2000]
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not line.strip() or (name.endswith("-recipient") and name in block):
            found += _recipient(block)
            block, last = {}, ""
        if len(found) >= MAX_RECIPIENTS:
            break
        if colon and _FIELD.fullmatch(name):
            last = name
            block.setdefault(name, value.strip()[:2000])
            if name in ("x-original-message-id", "original-message-id") and not original:
                original = value.strip().strip("<>")[:900]
            if name == "original-envelope-id" and not envelope:
                envelope = value.strip()[:900]
    return Report(tuple(found), original, envelope)


_FIELD = re.compile(r"[a-z][a-z0-9-]{2,40}")


def _recipient(block: dict[str, str]) -> list[Recipient]:
    """The recipient of a block of fields, if it is about one."""
    action = _WORD.search(block.get("action", "").lower())
    status = CODE.search(block.get("status", ""))
    address = ""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient", "to"):
        if name in block and (found := ADDRESS.search(block[name].rpartition(";")[2] or block[name])):
            address = found[0]
            break
    diagnostic = one_line(block.get("diagnostic-code") or block.get("x-supplementary-info", ""))
    diagnostic = _TYPE.sub("", diagnostic, count=1)
    if action is None and status is None and not address:
        return []
    return [
        Recipient(
            action=action[0] if action else "",
            status=better(status[1] if status else "", diagnostic),
            address=address,
            diagnostic=diagnostic[:1000],
        )
    ]


_TYPE = re.compile(r"\A(?:smtp|x-[a-z0-9.-]{1,40}|dns|unix|lmtp)\s{0,4};\s{0,4}", re.IGNORECASE)
"""In front of a diagnosis: whose words they are."""
_WORD = re.compile(r"[a-z]+")


def better(status: str, diagnostic: str) -> str:
    """The status, or the one in the diagnosis where the given one says nothing ("5.0.0")."""
    if status and not status.endswith(".0.0"):
        return status
    found = CODE.search(diagnostic)
    if found and (not status or (found[1][0] == status[0] and not found[1].endswith(".0.0"))):
        return found[1]
    return status
