"""The one task that opens write transactions: group commit.

Callers hand in functions; whatever waits goes into one transaction and one fsync, so that throughput grows
with load while latency stays near one fsync. When a group fails it is rolled back and its jobs are run one
by one, so that only the guilty one fails. The task is never cancelled: a cancelled commit is unknown, not
rolled back. A caller that is cancelled stops waiting; its job is done or not done, but never half.

What somebody outside waits for - a provider's webhook that is not acknowledged before its update is on the
disk - goes first, in groups of its own: it waits for one group that is being committed, and for one small
group of the rest now and then, and never for all that is waiting.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from bot.errors import SapaError
from bot.store.bells import Bells, take_asked
from bot.store.engine import run
from bot.store.others import tell_others

T = TypeVar("T")
A = TypeVar("A")

MOST_TOGETHER = 512
"""Jobs in one transaction; more wait for the next one."""

FEW = 4
"""Jobs of the rest in one transaction while somebody outside waits ..."""
IN_A_ROW = 1
"""... and groups of those outside after which one of the rest has its turn."""


class StoreClosed(SapaError):
    """The store is closed; nothing is written any more."""


class _Job:
    """One caller's wish. With `together`, jobs of the same function are run by one call for all of them."""

    __slots__ = ("arg", "fn", "future", "together")

    def __init__(self, fn: Callable[..., Any], arg: Any, together: bool, future: asyncio.Future[Any]) -> None:
        self.fn = fn
        self.arg = arg
        self.together = together
        self.future = future


class Writer:
    """Runs jobs in group commits on an engine, rings the bells they ask for after each commit."""

    def __init__(self, engine: Engine, bells: Bells) -> None:
        self._engine = engine
        self._bells = bells
        self._jobs: deque[_Job] = deque()
        self._first: deque[_Job] = deque()
        self._in_a_row = 0
        self._calm = asyncio.Event()
        self._calm.set()
        self._wake = asyncio.Event()
        self._closing = False
        self.commits = 0
        self.fault: str = ""
        """What the last failed group said; empty after the next good one. For health."""
        self._task = asyncio.create_task(self._run(), name="store-writer")

    @property
    def waiting(self) -> int:
        """How many jobs wait, for metrics."""
        return len(self._jobs) + len(self._first)

    async def write(self, fn: Callable[[Connection], T]) -> T:
        """Run `fn` in a transaction shared with others; returns after the durable commit.

        `fn` has no side effects but on its connection, and may be run more than once.
        """
        result: T = await self._add(fn, None, together=False)
        return result

    async def write_each(
        self, fn: Callable[[Connection, Sequence[A]], Sequence[T]], arg: A, *, first: bool = False
    ) -> T:
        """As `write`, for work that is cheaper for many at once: `fn` gets the arguments of all callers that
        wait with the same function (the same object), and returns one result for each, in order. `first`:
        somebody outside waits for it."""
        result: T = await self._add(fn, arg, together=True, first=first)
        return result

    async def calm(self, patience: float) -> None:
        """Wait until nobody outside waits for a commit, at most `patience` seconds. Who works for long on the
        event loop asks now and then: a transaction needs the interpreter between its statements, and gets it
        late while others compute."""
        if not self._calm.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(patience):
                    await self._calm.wait()

    def _add(
        self, fn: Callable[..., Any], arg: Any, *, together: bool, first: bool = False
    ) -> asyncio.Future[Any]:
        if self._closing:
            raise StoreClosed
        # a caller who is cancelled cancels this future and nothing else: the job is done all the same
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        (self._first if first else self._jobs).append(_Job(fn, arg, together, future))
        if first:
            self._calm.clear()
        self._wake.set()
        return future

    async def close(self) -> None:
        """Commit what waits, take nothing new, end the task."""
        self._closing = True
        self._wake.set()
        await asyncio.shield(self._task)

    async def _run(self) -> None:
        while True:
            if not self._jobs and not self._first:
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
                await asyncio.sleep(0)  # let everybody who is ready at this moment come along
            await self._commit_group(self._group())
            if not self._first:
                self._calm.set()

    def _group(self) -> list[_Job]:
        """The jobs of the next transaction."""
        if self._first and not (self._jobs and self._in_a_row >= IN_A_ROW):
            self._in_a_row += 1
            taken, most = self._first, MOST_TOGETHER
        else:
            self._in_a_row = 0
            taken, most = self._jobs, FEW if self._first else MOST_TOGETHER
        return [taken.popleft() for _ in range(min(len(taken), most))]

    async def _commit_group(self, jobs: list[_Job]) -> None:
        try:
            results, names = await run(_transact, self._engine, jobs, self._bells.source)
        except _NotBegun as error:
            self._fail(jobs, error.__cause__ or error)
        except Exception as error:
            if len(jobs) == 1:
                self._fail(jobs, error)
                return
            for job in jobs:
                await self._commit_group([job])
        except BaseException as error:
            self._fail(jobs, StoreClosed("The process is being stopped."))
            raise error
        else:
            self.commits += 1
            self.fault = ""
            for job, result in zip(jobs, results, strict=True):
                if not job.future.done():
                    job.future.set_result(result)
            for name in names:
                self._bells.ring(name)

    def _fail(self, jobs: Sequence[_Job], error: BaseException) -> None:
        self.fault = type(error).__name__
        for job in jobs:
            if not job.future.done():
                job.future.set_exception(error)


class _NotBegun(Exception):
    """The transaction could not even be opened: no job is to blame, all fail."""


def _transact(engine: Engine, jobs: Sequence[_Job], source: str) -> tuple[list[Any], tuple[str, ...]]:
    with engine.connect() as connection:
        try:
            connection.begin()
        except Exception as error:
            raise _NotBegun from error
        try:
            results = _run_jobs(connection, jobs)
            names = take_asked(connection)
            tell_others(connection, source, names)
            connection.commit()
        except BaseException:
            _roll_back(connection)
            raise
        return results, names


def _roll_back(connection: Connection) -> None:
    try:
        connection.rollback()
    except Exception:  # the connection is gone, and with it the transaction
        connection.invalidate()


def _run_jobs(connection: Connection, jobs: Sequence[_Job]) -> list[Any]:
    take_asked(connection)  # what a group asked for that was rolled back
    results: list[Any] = [None] * len(jobs)
    together: dict[Callable[..., Any], list[int]] = {}
    for at, job in enumerate(jobs):
        if job.together:
            together.setdefault(job.fn, []).append(at)
    for at, job in enumerate(jobs):
        if not job.together:
            results[at] = job.fn(connection)
            continue
        places = together.pop(job.fn, None)
        if places is not None:
            answers = job.fn(connection, [jobs[place].arg for place in places])
            for place, answer in zip(places, answers, strict=True):
                results[place] = answer
    return results
