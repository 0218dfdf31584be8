"""The turn-taker: claims threads with waiting inputs, decides their turns, commits them together.

Deciding is pure and in memory; while one batch is being committed the next is decided. One conversation's
fault never costs the others: what cannot be decided is quarantined with its cause, and what ended the process
twice is tried alone before it can do so again.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from bot.dialogue import Carrying
from bot.letters import Mailbox
from bot.sop.model import Sop
from bot.store import Files, Store, StoreClosed, acquaintance, conversations, inbox
from bot.store.acquaintance import Known
from bot.store.conversations import Standing
from bot.store.inbox import WaitingInput
from bot.turns.aside import Saying, put_aside
from bot.turns.committing import STALE, commit
from bot.turns.planning import STRANGER, Plan, asker_of, carrying_of, plan, segment
from bot.turns.rows import Means
from bot.turns.shelf import Shelf, Understands, understander
from channels.base import Capabilities, Health

__all__ = ["Turns"]

MOST_THREADS = 48
"""Threads in one batch: their turns are one transaction, for which an arrival may have to wait."""

WINDOW = 512
"""Waiting inputs that are looked at for one batch."""

SLICE = 0.008
"""Seconds of deciding after which the event loop serves others ..."""
CALM = 0.008
"""... and waits so long, at most, for what somebody outside waits for to be on the disk."""

UNDER_WAY = 2
"""Batches that are being committed while the next is decided."""

SUSPECT = 2
"""Starts that an input has waited through from which on it is decided alone ..."""
GUILTY = 4
"""... and attempts after which it is quarantined: twice the process ended while it was decided alone."""

LEASE = timedelta(seconds=30)
LOOK_ANYWAY = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Work:
    """One thread and the inputs of its next turn."""

    thread: Standing
    rows: tuple[WaitingInput, ...]
    known: Known = STRANGER


class Turns:
    """Takes turns until cancelled. One per process; on SQLite one at all.

    `capabilities` by channel name tell what wording fits; `understanders` makes what understands a pack's
    customers.
    """

    def __init__(
        self,
        store: Store,
        files: Files,
        *,
        sop: Sop,
        secret: bytes,
        mailbox: Mailbox,
        capabilities: Mapping[str, Capabilities],
        understanders: Callable[[Sop], Understands] = understander,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._files = files
        self._clock = clock
        self._shelf = Shelf(store, sop, understanders)
        self._carrying = {name: carrying_of(each) for name, each in capabilities.items()}
        self._other = carrying_of(Capabilities())
        stored = frozenset(name for name, each in capabilities.items() if each.stored)
        self._means = Means(secret, mailbox, stored, lock_late=not store.sqlite)
        self._who = f"{socket.gethostname()}/{os.getpid()}"[:80]
        self._busy: set[int] = set()
        self._alone: set[int] = set()
        self._under_way: set[asyncio.Task[int]] = set()
        self._has_pack = False
        self._started = False
        self._ready_at: datetime | None = None
        self._fault: Exception | None = None
        self._health = Health()
        self.taken = 0
        """Turns committed since the start, for metrics."""
        self.quarantined = 0
        """Inputs quarantined since the start."""
        self.decide_seconds = 0.0
        """Seconds of CPU spent understanding and deciding since the start."""

    def health(self) -> Health:
        """Not well while the store cannot be written."""
        return self._health

    async def run(self) -> None:
        """Take turns until cancelled; what is being committed then is committed."""
        # the pack, its patterns and the modules live as long as the process: the collector, which would look
        # at all of them again and again (a twentieth of the work), leaves them alone from now on
        _ = self._shelf.current.understands
        if gc.isenabled():  # not while `sapa run` starts: nothing of a start is garbage
            gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)
        try:
            while True:
                try:
                    busy = await self._round()
                    self._health = Health()
                except StoreClosed:
                    return
                except Exception as error:
                    log.exception("turns_failed")
                    self._health = Health(
                        False, f"turns cannot be taken: {type(error).__name__}", self._clock()
                    )
                    await asyncio.sleep(1)
                    continue
                if not busy:
                    await self._store.bells.wait(inbox.BELL, self._patience())
        finally:
            await self._settle_down()

    async def run_once(self) -> int:
        """Take every turn that waits, and return how many there were; for tests and tools."""
        before = self.taken
        while await self._round() or self._under_way:
            await self._settle_down()
        return self.taken - before

    async def take_pack(self) -> None:
        """Take the pack into use. Raises `StepsGone` when open talks could not go on with it."""
        if not self._has_pack:
            await self._shelf.keep_current()
            self._has_pack = True

    async def start(self) -> None:
        """Take the pack into use; suspect what waited while an earlier process ended."""
        if not self._started:
            await self.take_pack()
            await self._store.write(lambda connection: inbox.suspect(connection, SUSPECT))
            self._started = True

    def _patience(self) -> float:
        """Seconds until something may be there that rings no bell: the end of a quiet time, or anything."""
        if self._ready_at is None:
            return LOOK_ANYWAY
        return min(LOOK_ANYWAY, max(0.0, (self._ready_at - self._clock()).total_seconds()))

    async def _settle_down(self) -> None:
        while self._under_way:
            await asyncio.shield(asyncio.gather(*self._under_way, return_exceptions=True))

    async def _round(self) -> bool:
        """Decide one batch and begin to commit it. Whether there was anything to do."""
        await self.start()
        if self._fault is not None:
            fault, self._fault = self._fault, None
            raise fault
        while len(self._under_way) >= UNDER_WAY:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        work = await self._claim()
        if not work:
            return False
        suspects = [each for each in work if any(row.attempts >= SUSPECT for row in each.rows)]
        if suspects:
            await self._give_back({each.thread.id for each in work} - {suspects[0].thread.id})
            await self._alone_turn(suspects[0])
            return True
        self._busy |= {each.thread.id for each in work}
        try:
            plans = await self._decide(work)
        except BaseException:
            self._busy -= {each.thread.id for each in work}
            raise
        task = asyncio.create_task(self._commit_and_free(plans, [each.thread.id for each in work]))
        self._under_way.add(task)
        task.add_done_callback(self._done)
        return True

    def _done(self, task: asyncio.Task[int]) -> None:
        self._under_way.discard(task)
        if not task.cancelled() and isinstance(error := task.exception(), Exception):
            self._fault = error
        self._store.bells.ring(inbox.BELL)  # what came meanwhile for these threads

    # ------------------------------------------------------------------------------------------- claiming

    async def _claim(self) -> list[_Work]:
        if self._store.sqlite:
            # as it is now: what is committed while we read is then neither seen as waiting nor as free
            busy = frozenset(self._busy)
            return await self._store.read(lambda connection: self._waiting(connection, busy))
        now = self._clock()
        claimed = await self._store.write(
            lambda connection: conversations.claim(
                connection, self._who, now, now + LEASE, MOST_THREADS, WINDOW
            )
        )
        if not claimed:
            self._ready_at = await self._store.read(lambda connection: inbox.next_ready(connection, now))
            return []
        work = await self._store.read(
            lambda connection: self._work(connection, inbox.of_threads(connection, claimed))
        )
        # a thread whose inputs another process took between the look and the claim
        await self._give_back(set(claimed) - {each.thread.id for each in work})
        return work

    async def _give_back(self, threads: Collection[int]) -> None:
        """PostgreSQL: give up claims without a turn."""
        if threads and not self._store.sqlite:
            await self._store.write(lambda connection: conversations.give_back(connection, threads))

    def _waiting(self, connection: Connection, busy: Collection[int]) -> list[_Work]:
        """SQLite: one process takes turns, and knows itself which threads it has in hand."""
        now = self._clock()
        waiting = inbox.waiting(connection, WINDOW, now)
        threads: set[int] = set()
        wanted: list[int] = []
        for row, thread in waiting:
            if thread in threads or (thread not in busy and len(threads) < MOST_THREADS):
                threads.add(thread)
                wanted.append(row)
        if not wanted:  # also when what waits is under way: a time that has passed would let us spin
            self._ready_at = inbox.next_ready(connection, now)
        return self._work(connection, inbox.rows(connection, wanted))

    def _work(self, connection: Connection, rows: Sequence[WaitingInput]) -> list[_Work]:
        by_thread: dict[int, list[WaitingInput]] = {}
        for row in rows:
            by_thread.setdefault(row.thread_id, []).append(row)
        found = conversations.standing(connection, by_thread)
        work = [
            _Work(found[thread_id], self._segment(listed))
            for thread_id, listed in by_thread.items()
            if thread_id in found
        ]
        return self._acquainted(connection, work)

    def _acquainted(self, connection: Connection, work: Sequence[_Work]) -> list[_Work]:
        """With what is known of those who begin a conversation."""
        beginning = {
            each.thread.id: replace(asker, fresh=each.thread.conversation_id is None and not asker.mailbox)
            for each in work
            if not each.thread.open and (asker := asker_of(each.thread, self._carries(each))) is not None
        }
        if not beginning:
            return list(work)
        known = acquaintance.known(connection, set(beginning.values()))
        return [
            replace(each, known=known[beginning[each.thread.id]]) if each.thread.id in beginning else each
            for each in work
        ]

    def _carries(self, work: _Work) -> Carrying:
        return self._carrying.get(work.thread.channel, self._other)

    def _segment(self, rows: Sequence[WaitingInput]) -> tuple[WaitingInput, ...]:
        alone = rows[0].thread_id in self._alone or any(row.attempts >= SUSPECT for row in rows)
        return segment(rows, alone=alone)

    # ------------------------------------------------------------------------------------------- deciding

    async def _decide(self, work: Sequence[_Work]) -> list[Plan]:
        """Plans for what can be decided; what cannot is put aside here."""
        await self._shelf.fetch(
            each.thread.pack for each in work if each.thread.open and each.thread.pack is not None
        )
        plans: list[Plan] = []
        since, spent = time.perf_counter(), time.thread_time()
        for each in work:
            try:
                plans.append(self._plan(each))
            except Exception as error:
                await self._blame(each.rows, error)
            if time.perf_counter() - since > SLICE:
                self.decide_seconds += time.thread_time() - spent
                await asyncio.sleep(0)
                await self._store.writer.calm(CALM)
                since, spent = time.perf_counter(), time.thread_time()
        self.decide_seconds += time.thread_time() - spent
        return plans

    def _plan(self, work: _Work) -> Plan:
        thread = work.thread
        book = self._shelf.book(thread.pack) if thread.open and thread.pack else self._shelf.current
        return plan(thread, work.rows, book, self._clock(), self._carries(work), work.known)

    async def _blame(self, rows: tuple[WaitingInput, ...], error: Exception) -> None:
        """The inputs made the turn fail: of several, find the guilty one; one alone is quarantined."""
        thread_id = rows[0].thread_id
        if len(rows) > 1:
            self._alone.add(thread_id)
            await self._give_back([thread_id])
            return
        self._alone.discard(thread_id)
        cause = f"{type(error).__name__}: {error}"[:2000]
        log.error("input_quarantined", extra={"inbox": rows[0].id, "error": type(error).__name__})
        await self._put_aside(rows, cause)
        self.quarantined += len(rows)

    async def _put_aside(self, rows: Sequence[WaitingInput], cause: str) -> None:
        """Into quarantine; the customer is told once."""
        saying = Saying(
            self._shelf.current.sop,
            lambda channel: self._carrying.get(channel, self._other),
            self._means,
            self._clock(),
        )
        await self._store.write(lambda connection: put_aside(connection, rows, cause, saying))

    async def _alone_turn(self, work: _Work) -> None:
        """A suspect: nothing else under way, one more attempt on record, then its turn by itself."""
        await self._settle_down()
        row = work.rows[0]
        if row.attempts >= GUILTY:
            cause = f"the process ended {row.attempts - 1} times while this waited or was decided"
            await self._put_aside([row], cause)
            self.quarantined += 1
            return
        await self._store.write(lambda connection: inbox.count_try(connection, row.id))
        for made in await self._decide([work]):
            await self._commit([made])

    # ----------------------------------------------------------------------------------------- committing

    async def _commit_and_free(self, plans: Sequence[Plan], threads: Sequence[int]) -> int:
        try:
            return await self._commit(plans)
        finally:
            self._busy.difference_update(threads)

    async def _commit(self, plans: Sequence[Plan]) -> int:
        """Commit plans together; where that fails, one by one, and blame the guilty. Turns committed."""
        if not plans:
            return 0
        try:
            answers = await self._store.write(lambda connection: commit(connection, plans, self._means))
        except (OperationalError, InterfaceError, StoreClosed, OSError):
            raise  # the database's fault: everything waits and is decided again
        except Exception as error:
            if len(plans) == 1:
                await self._blame(plans[0].rows, error)
                return 0
            return sum([await self._commit([each]) for each in plans])
        done = 0
        for each, answer in zip(plans, answers, strict=True):
            if isinstance(answer, Exception):
                await self._blame(each.rows, answer)
            elif answer is STALE:
                await self._give_back([each.thread.id])
            else:
                done += 1
                if len(each.rows) == 1:
                    self._alone.discard(each.thread.id)
        self.taken += done
        return done
