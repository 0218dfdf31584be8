"""The loop of the outbox. One transaction a round settles what came back and claims what is due next."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec
from sqlalchemy import Connection

from bot.outbox.gate import Gate
from bot.outbox.retries import CHAT, MAIL, settled
from bot.outbox.standing import Standing
from bot.rounds import Alarm, BellsLike, StoreLike, land, until_first
from bot.store import gate as memory
from bot.store import outbox as rows
from bot.store.outbox import BELL, Figures, Settled, Waiting
from channels.base import (
    Attachment,
    Health,
    Outbound,
    Refused,
    Retry,
    SenderOut,
    SendResult,
    Unknown,
)

log = logging.getLogger(__name__)

TOGETHER = 0.01
"""Seconds in which more may come to an end or come due: one transaction writes it all down ..."""
LONGEST_TOGETHER = 0.2
"""... and up to so many when the last transaction took long: others want to write, too."""
LONGEST_CAP = 26 * 3600
"""Seconds that counts of the gate are kept: longer than any cap looks back."""


class FilesLike(Protocol):
    """What the outbox needs of the files."""

    async def get(self, digest: str) -> bytes:
        """The bytes of a stored file."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What one round may claim of a channel."""

    channel: str
    medium: str
    most: int
    automatic: bool


@dataclass(slots=True)
class _Claim:
    """What one round took: rows to send, when each channel is next due, which caps are full."""

    taken: list[Waiting] = field(default_factory=list)
    due: list[datetime] = field(default_factory=list)
    full: dict[str, datetime] = field(default_factory=dict)
    more: bool = False


class Outbox:
    """Sends queued messages over `senders` (by channel name).

    `at_once` messages of each channel are on their way at the same time, one of each thread; `patience` is
    how long a sender may take before its answer counts as lost; `grace` how long `run` waits for messages on
    their way when it is cancelled. `alone`: no other process sends from this database (always so on SQLite).
    """

    def __init__(
        self,
        store: StoreLike,
        files: FilesLike,
        bells: BellsLike,
        senders: Mapping[str, SenderOut],
        *,
        gate: Gate | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        at_once: int = 16,
        patience: timedelta = timedelta(minutes=10),
        grace: timedelta = timedelta(seconds=8),
        alone: bool = True,
    ) -> None:
        self._store = store
        self._files = files
        self._senders = dict(senders)
        self._gate = gate or Gate()
        self._clock = clock
        self._at_once = at_once
        self._patience = patience
        self._grace = grace
        self._alone = alone
        self._standing = {name: Standing() for name in self._senders}
        self._flying: dict[tuple[int, int], tuple[Waiting, asyncio.Task[None]]] = {}  # by row and attempt
        self._done: list[Settled] = []
        self._unsure: list[_Claim] = []
        self._launched = 0
        self._alarm = Alarm(bells, BELL)
        self._fault = ""
        self._fault_since: datetime | None = None
        self._recovered_at: datetime | None = None
        self._forgot_at: datetime | None = None
        self.sent = 0
        """Messages that left since the start, for metrics."""

    # --------------------------------------------------------------------------------------- the loop

    async def run(self) -> None:
        """Send until cancelled. Messages on their way then get `grace` to arrive; nothing is half done."""
        self._recovered_at = None
        ear = asyncio.create_task(self._alarm.listen(), name="outbox-bell")
        try:
            while True:
                self._alarm.clear()
                began = time.monotonic()
                wait = await self._round()
                took = time.monotonic() - began
                await self._alarm.rest(wait)
                await asyncio.sleep(min(max(took, TOGETHER), LONGEST_TOGETHER))
        finally:
            ear.cancel()
            await self._wind_up()

    async def run_once(self) -> int:
        """Send all that is due now and what follows from it; how many sends were tried. For tests."""
        tries = 0
        while True:
            self._alarm.clear()
            wait = await self._round()
            tries += self._launched
            if self._flying:
                await self._alarm.wait()
            elif self._fault or (not self._launched and wait > 0):
                return tries

    async def _round(self) -> float:
        """Settle, claim, send. Returns how many seconds nothing will be due unless something happens."""
        now = self._clock()
        done, unsure, plans = list(self._done), list(self._unsure), self._plans(now)
        ready = {name: list(standing.ready) for name, standing in self._standing.items()}
        self._launched = 0
        claim = _Claim()

        def turn(conn: Connection) -> None:
            claim.taken, claim.due, claim.full, claim.more = [], [], {}, False  # it may be run again
            rows.settle(conn, done)
            rows.unclaim(conn, [row for one in unsure for row in one.taken], now)
            rows.hurry(conn, [row for some in ready.values() for row in some], now)
            self._claim(conn, now, plans, claim)

        try:
            await self._store.write(turn)
        except BaseException as error:
            # committed or not, now or later: what this claim takes has not begun to be sent
            self._unsure.append(claim)
            if not isinstance(error, Exception):
                raise
            if not self._fault:
                log.exception("outbox_not_stored")
            self._fault, self._fault_since = type(error).__name__, self._fault_since or now
            return 1.0
        self._fault, self._fault_since = "", None
        del self._done[: len(done)]
        del self._unsure[: len(unsure)]
        for name, some in ready.items():
            del self._standing[name].ready[: len(some)]
        if self._looks_after(now):
            self._recovered_at = now
        if self._forgets(now):
            self._forgot_at = now
        for channel, until in claim.full.items():
            self._standing[channel].full_until = until
        for row in claim.taken:
            self._launch(row)
        self._launched = len(claim.taken)
        return self._seconds(now, claim)

    def _plans(self, now: datetime) -> list[_Plan]:
        plans: list[_Plan] = []
        for name, sender in self._senders.items():
            flying = sum(row.channel == name for row, _task in self._flying.values())
            standing = self._standing[name]
            most = standing.room(self._at_once - flying, flying, now)
            if most > 0:
                plans.append(_Plan(name, sender.capabilities.medium, most, standing.automatic(now)))
        return plans

    def _claim(self, conn: Connection, now: datetime, plans: Sequence[_Plan], claim: _Claim) -> None:
        if self._looks_after(now):
            idempotent = [name for name, sender in self._senders.items() if sender.capabilities.idempotent]
            rows.recover(conn, idempotent, now, lapsed_only=not self._alone)
        if self._forgets(now):
            memory.forget_windows(conn, int(now.timestamp()) - LONGEST_CAP)
            rows.abandon(conn, self._senders, now)
        lapses = now + self._patience + timedelta(minutes=5)
        if plans:
            rows.lock_gate(conn)
        for plan in plans:
            heads = rows.heads(conn, plan.channel, now, plan.most, automatic=plan.automatic)
            admitted = self._gate.admit(conn, plan.channel, plan.medium, heads, now)
            rows.halt(conn, [(halt.row, halt.state, halt.why, halt.then) for halt in admitted.halted])
            claim.taken += rows.start(conn, admitted.passed, lapses)
            automatic = plan.automatic
            if admitted.full_until is not None:
                claim.full[plan.channel] = admitted.full_until
                claim.due.append(admitted.full_until)
                automatic = False
            claim.more = claim.more or bool(admitted.halted)  # what stood behind them may leave
            if len(heads) < plan.most:
                rows.park(conn, plan.channel, now)
                due = rows.next_due(conn, plan.channel, automatic=automatic)
                if due is not None:
                    claim.due.append(due)

    def _looks_after(self, now: datetime) -> bool:
        """Whether rows that a dead process left `sending` are looked for: at the start, and now and then
        where other processes may die beside us."""
        if self._recovered_at is None:
            return True
        return not self._alone and now - self._recovered_at >= timedelta(minutes=1)

    def _forgets(self, now: datetime) -> bool:
        return self._forgot_at is None or now - self._forgot_at >= timedelta(hours=1)

    def _seconds(self, now: datetime, claim: _Claim) -> float:
        if claim.more or self._done:
            return 0.0
        times = list(claim.due)
        for standing in self._standing.values():
            if standing.rests_until is not None and standing.rests_until > now:
                times.append(standing.rests_until)
            if standing.full_until is not None and standing.full_until > now:
                times.append(standing.full_until)
        return until_first(times, now)

    # --------------------------------------------------------------------------------------- one message

    def _launch(self, row: Waiting) -> None:
        task = asyncio.create_task(self._deliver(row), name=f"outbox-{row.id}")
        self._flying[row.id, row.attempts] = (row, task)

    async def _deliver(self, row: Waiting) -> None:
        sender = self._senders[row.channel]
        result = await self._send(sender, row)
        now = self._clock()
        can = sender.capabilities
        pauses = MAIL if can.medium == "email" else CHAT
        one = settled(row, result, now, idempotent=can.idempotent, pauses=pauses)
        standing = self._standing[row.channel]
        standing.heard(result, now)
        standing.settled(one, result)
        if one.state is rows.State.SENT:
            self.sent += 1
        else:
            log.info(
                "outbox_not_sent",
                extra={"row": row.id, "channel": row.channel, "state": one.state, "attempt": row.attempts},
            )
        self._done.append(one)
        del self._flying[row.id, row.attempts]
        self._alarm.ring()

    async def _send(self, sender: SenderOut, row: Waiting) -> SendResult:
        try:
            outbound = await self._load(row)
        except msgspec.DecodeError:
            return Refused("the stored message cannot be read; this is a fault of Sapa, please report it")
        except Exception as error:
            return Retry(f"an attachment cannot be read ({type(error).__name__})")
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                result = await sender.send(outbound)
        except TimeoutError:
            return Unknown(f"no answer within {self._patience.total_seconds():.0f} seconds")
        except asyncio.CancelledError:
            return Unknown("the process was stopped while it was being sent")
        except Exception as error:
            log.exception("sender_raised", extra={"row": row.id, "channel": row.channel})
            return Unknown(f"the channel failed ({type(error).__name__})")
        if not isinstance(result, SendResult):
            return Unknown("the channel gave no answer")
        return result

    async def _load(self, row: Waiting) -> Outbound:
        outbound = row.outbound()
        if all(one.content is not None for one in outbound.attachments):
            return outbound
        loaded: list[Attachment] = []
        for one in outbound.attachments:
            content = one.content if one.content is not None else await self._files.get(one.reference or "")
            loaded.append(replace(one, content=content, size=len(content)))
        return replace(outbound, attachments=tuple(loaded))

    # --------------------------------------------------------------------------------------- stopping, health

    async def _wind_up(self) -> None:
        await land([task for _, task in self._flying.values()], self._grace)
        self._flying.clear()
        done, unsure, now = list(self._done), list(self._unsure), self._clock()

        def close(conn: Connection) -> None:
            rows.settle(conn, done)
            rows.unclaim(conn, [row for one in unsure for row in one.taken], now)

        if done or unsure:
            try:
                await self._store.write(close)
            except Exception:
                log.exception("outbox_not_stored")  # found as `sending` at the next start
                return
            self._done, self._unsure = [], []

    def health(self) -> Health:
        """How the outbox is; its channels are told apart in `channels`."""
        if self._fault:
            detail = f"the store does not take what was sent ({self._fault}); see the disk and the log"
            return Health(ok=False, detail=detail, since=self._fault_since)
        bad = [f"{name}: {one.detail}" for name, one in self.channels().items() if not one.ok]
        figures = {"on_their_way": float(len(self._flying)), "sent": float(self.sent)}
        return Health(ok=not bad, detail="; ".join(bad), figures=figures)

    def channels(self) -> Mapping[str, Health]:
        """How each channel's way out is."""
        now = self._clock()
        return {name: standing.health(now) for name, standing in self._standing.items()}

    async def figures(self) -> Figures:
        """What waits, by state, and since when the oldest is due (its age is the lag)."""
        now = self._clock()
        names = list(self._senders)
        return await self._store.read(lambda conn: rows.figures(conn, now, names))
