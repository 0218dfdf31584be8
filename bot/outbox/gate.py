"""The gate: every automatic message passes it, once, in the transaction that sends it on its way.

What it stops is on record with the cause, in words for the person who looks at it: refused (it must never
leave), dead (a cap held it: a machine may be answering us) or put off (nothing is wrong with the message,
only with how many there are). Counts are kept per quarter of an hour; nothing is counted over history.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from bot.store import gate as memory
from bot.store.gate import Suppressed, canonical
from bot.store.outbox import RELEASED, State, Waiting

QUARTER = 15 * 60
"""Seconds of one counting window."""

_DAEMON = re.compile(
    r"(?:mailer[-_.]?daemon|postmaster|mdaemon|listserv|majordomo|(?:no|do[-_.]?not|don[-_.]?t)[-_.]?reply"
    r"|auto[-_.]?reply|bounces?|null|nobody|devnull|(?:jangan|tidak|tak|tanpa)[-_.]?(?:di)?balas)(?:[-_.=].*)?|owner-.*|.*[-_.](?:bounces?|request|owner|no-?reply)",
    re.IGNORECASE,
)
_DAEMONS = re.compile(r"(?:.+\.)?(?:no-?reply|bounces?)\..+", re.IGNORECASE)
_LIST = re.compile(r"(?:lists?|groups)\..+|googlegroups\.com|groups\.io|yahoogroups\..+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` messages within any time as long as `within` (whole quarters of an hour)."""

    most: int
    within: timedelta

    @property
    def words(self) -> str:
        """`10 in 3 hours`."""
        hours = self.within.total_seconds() / 3600
        return f"{self.most} in {hours:g} hours" if hours != 1 else f"{self.most} in an hour"


@dataclass(frozen=True, slots=True)
class Caps:
    """How many automatic messages leave: to one address, in one thread, on one subject in new threads to
    one address, to one department's mailbox, and over one channel in all."""

    address: Cap
    thread: Cap
    subject: Cap | None = None
    department: Cap = Cap(500, timedelta(hours=3))
    overall: Cap | None = None


MAIL_CAPS = Caps(
    address=Cap(10, timedelta(hours=3)),
    thread=Cap(20, timedelta(hours=24)),
    subject=Cap(2, timedelta(hours=3)),
    overall=Cap(5_000, timedelta(hours=1)),
)
CHAT_CAPS = Caps(address=Cap(120, timedelta(hours=3)), thread=Cap(120, timedelta(hours=3)))
"""A chat has many short messages; the cap ends talks between two machines (business accounts answer too)."""


@dataclass(frozen=True, slots=True)
class Halt:
    """A row that does not leave now: its new state, the cause, and when it is next due."""

    row: Waiting
    state: State
    why: str
    then: datetime


@dataclass(slots=True)
class Admitted:
    """What the gate decided on some rows. `full_until` is set when the channel's overall cap is reached:
    automatic rows then wait in the queue, untouched."""

    passed: list[Waiting] = field(default_factory=list)
    halted: list[Halt] = field(default_factory=list)
    full_until: datetime | None = None


class Gate:
    """The rules. `own` are all our addresses, `departments` the mailboxes that get letters on tickets."""

    def __init__(
        self,
        own: Collection[str] = (),
        departments: Collection[str] = (),
        *,
        mail: Caps = MAIL_CAPS,
        chat: Caps = CHAT_CAPS,
    ) -> None:
        self._own = frozenset(canonical(address) for address in own)
        self._departments = frozenset(canonical(address) for address in departments)
        self._mail = mail
        self._chat = chat

    def admit(
        self, conn: Connection, channel: str, medium: str, rows: Sequence[Waiting], now: datetime
    ) -> Admitted:
        """Judge due rows of one channel and count those that pass, in the claim's transaction."""
        made = Admitted()
        if not rows:
            return made
        caps = self._mail if medium == "email" else self._chat
        addresses = {row.id: canonical(row.recipient) for row in rows}
        blocked = memory.suppressed_of(conn, channel, addresses.values())
        counts = _Counts(conn, channel, caps, rows, addresses, now)
        for row in rows:
            address = addresses[row.id]
            halt = self._never(row, address, medium, blocked, now)
            if halt is None and row.automatic and row.attempts == 0:
                halt = self._too_many(row, address, caps, counts, now)
                if halt is None and counts.full(caps.overall, counts.all_name):
                    made.full_until = counts.next_quarter
                    continue
                if halt is None:
                    counts.add(row)
            if halt is None:
                made.passed.append(row)
            else:
                made.halted.append(halt)
        counts.save(conn)
        return made

    def _never(
        self, row: Waiting, address: str, medium: str, blocked: Mapping[str, Suppressed], now: datetime
    ) -> Halt | None:
        """Rules that hold whatever was sent before. What a person wrote is only kept from ourselves."""
        if row.automatic and row.thread is not None and row.owner.startswith("agent:"):
            return Halt(row, State.WITHDRAWN, "a person has taken the conversation over", now)
        why = ""
        if address in ("", "<>"):
            why = "there is no address to send it to; look for the customer's contact in the conversation"
        elif medium == "email" and address in self._own:
            why = "the address is our own: we never write to ourselves; correct the address"
        elif row.automatic and medium == "email":
            why = self._mail_never(row, address)
        block = blocked.get(address) if row.automatic else None
        if not why and block is not None and not _written_since(row, medium, block.at):
            why = f"the address gets nothing automatic: {block.reason}"
        return Halt(row, State.REFUSED, why, now) if why else None

    def _mail_never(self, row: Waiting, address: str) -> str:
        head = row.outbound().mail
        if head is None or head.automatic in ("", "no"):
            return (
                "the letter is not marked as automatic (RFC 3834); this is a fault of Sapa, please report it"
            )
        if self._is_department(row, address):
            return ""
        local, _, domain = address.rpartition("@")
        if _DAEMON.fullmatch(local) or _DAEMONS.fullmatch(domain):
            return "the address belongs to a machine (bounces, no-reply): machines are never answered"
        if _LIST.fullmatch(domain):
            return "the address is a mailing list: lists are never answered by a machine"
        return ""

    def _is_department(self, row: Waiting, address: str) -> bool:
        return row.thread is None and address in self._departments

    def _too_many(
        self, row: Waiting, address: str, caps: Caps, counts: _Counts, now: datetime
    ) -> Halt | None:
        if row.reason == RELEASED:
            return None
        if self._is_department(row, address):
            if not counts.full(caps.department, counts.address_name(row)):
                return None
            why = f"put off: the department's mailbox got {caps.department.words}"
            return Halt(row, State.QUEUED, why, counts.next_quarter)
        checks = (
            (caps.address, counts.address_name(row), "to this address"),
            (caps.thread, counts.thread_name(row), "in this conversation"),
            (caps.subject, counts.subject_name(row), "to this address on this subject, each in a new thread"),
        )
        for cap, name, what in checks:
            if name and counts.full(cap, name):
                why = (
                    f"held by a cap: {cap.words if cap else ''} automatic messages {what}; "
                    "see whether a machine is answering us, then release or discard it"
                )
                return Halt(row, State.DEAD, why, now)
        return None


class _Counts:
    """What was let through, under each name that the rules ask for, with this batch counted in."""

    def __init__(
        self,
        conn: Connection,
        channel: str,
        caps: Caps,
        rows: Iterable[Waiting],
        addresses: dict[int, str],
        now: datetime,
    ) -> None:
        seconds = int(now.timestamp())
        self._window = seconds - seconds % QUARTER
        self.next_quarter = datetime.fromtimestamp(self._window + QUARTER, UTC)
        self._addresses = addresses
        self._channel = channel
        self._caps = caps
        self._subjects: dict[int, str] = {}
        self._new: dict[str, int] = {}
        self.all_name = f"all:{channel}"
        counted = [row for row in rows if row.automatic and row.attempts == 0]
        for row in counted:
            self._subjects[row.id] = self._subject(row)
        names = {name for row in counted for name in self._names(row)}
        longest = max(cap.within for cap in self._all_caps())
        since = self._window - int(longest.total_seconds())
        self._old = memory.counted(conn, names, since)

    def _all_caps(self) -> list[Cap]:
        caps = self._caps
        found = (caps.address, caps.thread, caps.subject, caps.department, caps.overall)
        return [cap for cap in found if cap is not None]

    def address_name(self, row: Waiting) -> str:
        return _name("address", self._channel, self._addresses[row.id])

    def thread_name(self, row: Waiting) -> str:
        return "" if row.thread is None else f"thread:{row.thread}"

    def subject_name(self, row: Waiting) -> str:
        """Only the first letter of a thread counts for its subject: an exchange keeps its subject."""
        thread = self.thread_name(row)
        if not self._subjects.get(row.id) or not thread or self._so_far(thread, self._caps.thread.within):
            return ""
        return self._subjects[row.id]

    def _subject(self, row: Waiting) -> str:
        if self._caps.subject is None or row.thread is None:
            return ""
        head = row.outbound().mail
        words = _plain(head.subject) if head else ""
        return _name("subject", self._channel, f"{self._addresses[row.id]}\n{words}") if words else ""

    def _names(self, row: Waiting) -> Iterable[str]:
        names = (self.address_name(row), self.thread_name(row), self._subjects[row.id])
        return [self.all_name, *(name for name in names if name)]

    def full(self, cap: Cap | None, name: str) -> bool:
        """Whether one more under this name would be too many."""
        return cap is not None and self._so_far(name, cap.within) >= cap.most

    def _so_far(self, name: str, within: timedelta) -> int:
        since = self._window - int(within.total_seconds())
        return self._new.get(name, 0) + sum(n for start, n in self._old.get(name, ()) if start >= since)

    def add(self, row: Waiting) -> None:
        """Count a row that passes."""
        names = [self.all_name, self.address_name(row), self.thread_name(row), self.subject_name(row)]
        for name in names:
            if name:
                self._new[name] = self._new.get(name, 0) + 1

    def save(self, conn: Connection) -> None:
        """Keep what this batch added."""
        memory.count(conn, self._window, self._new)


def _written_since(row: Waiting, medium: str, blocked_at: datetime) -> bool:
    """Who writes on a chat can be written to again. The date of a mail is only its sender's word, and who
    said STOP by SMS hears nothing before START, whatever else they write."""
    return medium == "chat" and row.heard_at is not None and row.heard_at > blocked_at


def _plain(subject: str) -> str:
    """A subject without what machines put before it."""
    return " ".join(re.sub(r"^(?:\s*\w{2,3}\s*:)+|\[[^\]]*\]", " ", subject.casefold()).split())


def _name(what: str, channel: str, of: str) -> str:
    short = of if len(of) <= 256 and "\n" not in of else hashlib.sha256(of.encode()).hexdigest()
    return f"{what}:{channel}:{short}"
