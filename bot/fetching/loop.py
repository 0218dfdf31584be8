"""The loop that fetches. One transaction a round writes down how fetching ended and claims what is due next.

Fetching twice does no harm, and a file is kept under the hash of its bytes: killed at any line, the process
fetches again what it had not written down, and nothing is there twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection

from bot.dialogue.turn import File
from bot.fetching import verdicts
from bot.fetching.standing import Standing
from bot.rounds import Alarm, BellsLike, StoreLike, land, until_first
from bot.store import amending, fetches
from bot.store.amending import End, Lost, PutOff, Stored
from bot.store.fetches import BELL, Figures, Job
from bot.store.media import media_type
from channels.base import Attachment, Fetched, Fetcher, FetchResult, Health, Refused, Retry

log = logging.getLogger(__name__)

ABANDONED_LOOKS = timedelta(hours=1)
"""Between two looks for files of providers that are not set up any more, whose time is over."""
ABANDONED_AT_ONCE = 200
MOST_BYTES = 25_000_000
"""Bytes of one file: more than Telegram gives to bots, or than a letter to a department can carry."""


class FilesLike(Protocol):
    """What fetching needs of the files."""

    async def put(self, content: bytes) -> str:
        """Store a file; its digest. Durable when it returns."""


@dataclass(slots=True)
class _Claim:
    """What one round took, and when each channel is next due."""

    taken: list[Job] = field(default_factory=list)
    due: list[datetime] = field(default_factory=list)


class Fetching:
    """Fetches the files of `fetchers` (by channel name).

    `at_once` files of each channel are on their way at the same time; `most_bytes` is the largest that is
    taken; `patience` is how long a provider may take for one; `grace` how long `run` waits for those on their
    way when it is cancelled. `alone`: no other process fetches for this database (always so on SQLite).
    """

    def __init__(
        self,
        store: StoreLike,
        files: FilesLike,
        bells: BellsLike,
        fetchers: Mapping[str, Fetcher],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        at_once: int = 4,
        most_bytes: int = MOST_BYTES,
        patience: timedelta = timedelta(minutes=3),
        grace: timedelta = timedelta(seconds=3),
        alone: bool = True,
    ) -> None:
        self._store = store
        self._files = files
        self._fetchers = dict(fetchers)
        self._clock = clock
        self._at_once = at_once
        self._most_bytes = most_bytes
        self._patience = patience
        self._grace = grace
        self._alone = alone
        self._standing = {name: Standing() for name in self._fetchers}
        self._flying: dict[str, tuple[Job, asyncio.Task[None]]] = {}
        self._ends: list[End] = []
        self._unsure: list[_Claim] = []
        self._alarm = Alarm(bells, BELL)
        self._fault = self._disk = ""
        self._fault_since: datetime | None = None
        self._recovered_at: datetime | None = None
        self._cleared_at: datetime | None = None
        self.fetched = 0
        """Files stored since the start, for metrics."""
        self.lost = 0
        """Files given up since the start."""

    # --------------------------------------------------------------------------------------- the loop

    async def run(self) -> None:
        """Fetch until cancelled. Files on their way then get `grace` to arrive; the others are due again."""
        self._recovered_at = self._cleared_at = None
        ear = asyncio.create_task(self._alarm.listen(), name="files-bell")
        try:
            while True:
                self._alarm.clear()
                wait, _ = await self._round()
                await self._alarm.rest(wait)
        finally:
            ear.cancel()
            await self._wind_up()

    async def run_once(self) -> int:
        """Fetch all that is due now and what follows from it; how many tries that took. For tests."""
        tries = 0
        while True:
            self._alarm.clear()
            wait, launched = await self._round()
            tries += launched
            if self._flying:
                await self._alarm.wait()
            elif self._fault or (not launched and wait > 0):
                return tries

    async def _round(self) -> tuple[float, int]:
        """Write down, claim, fetch. For how many seconds nothing will be due unless something happens, and
        how many files it began to fetch."""
        now = self._clock()
        ends, unsure = list(self._ends), list(self._unsure)
        ready = {name: list(standing.ready) for name, standing in self._standing.items()}
        room = self._room(now)
        recovers = self._recovers(now)
        clears = self._cleared_at is None or now - self._cleared_at >= ABANDONED_LOOKS
        claim = _Claim()

        def turn(conn: Connection) -> None:
            claim.taken, claim.due = [], []  # it may be run again
            amending.settle(conn, ends, now)
            fetches.unclaim(conn, [job for one in unsure for job in one.taken], now)
            fetches.hurry(conn, [job for some in ready.values() for job in some], now)
            if recovers:
                fetches.recover(conn, now, lapsed_only=not self._alone)
            lapses = now + self._patience + timedelta(minutes=1)
            if clears:
                claim.taken += fetches.claim_abandoned(conn, self._fetchers, now, ABANDONED_AT_ONCE, lapses)
            for channel, most in room.items():
                claim.taken += fetches.claim(conn, channel, now, most, lapses)
                due = fetches.next_due(conn, channel)
                if due is not None and due > now:
                    claim.due.append(due)

        try:
            await self._store.write(turn)
        except BaseException as error:
            self._unsure.append(claim)  # committed or not: what it takes has not begun to be fetched
            if not isinstance(error, Exception):
                raise
            if not self._fault:
                log.exception("files_not_written_down")
            self._fault, self._fault_since = type(error).__name__, self._fault_since or now
            return 1.0, 0
        self._fault, self._fault_since = "", None
        del self._ends[: len(ends)]
        del self._unsure[: len(unsure)]
        for name, some in ready.items():
            del self._standing[name].ready[: len(some)]
        if recovers:
            self._recovered_at = now
        abandoned = [job for job in claim.taken if job.channel not in self._fetchers]
        if clears and len(abandoned) < ABANDONED_AT_ONCE:
            self._cleared_at = now
        for job in abandoned:
            self._give_up(job)
        fetched = [job for job in claim.taken if job.channel in self._fetchers]
        for job in fetched:
            task = asyncio.create_task(self._bring(job), name=f"file-{job.key}")
            self._flying[job.key] = (job, task)
        return self._seconds(now, claim), len(fetched)

    def _room(self, now: datetime) -> dict[str, int]:
        """How many files of each channel may be claimed now."""
        found: dict[str, int] = {}
        for name, standing in self._standing.items():
            flying = sum(job.channel == name for job, _task in self._flying.values())
            most = standing.room(self._at_once - flying, flying, now)
            if most > 0:
                found[name] = most
        return found

    def _recovers(self, now: datetime) -> bool:
        """Whether rows that a dead process left claimed are looked for: at the start, and now and then where
        other processes may die beside us."""
        if self._recovered_at is None:
            return True
        return not self._alone and now - self._recovered_at >= timedelta(minutes=1)

    def _seconds(self, now: datetime, claim: _Claim) -> float:
        if self._ends or any(standing.ready for standing in self._standing.values()):
            return 0.0
        times = list(claim.due)
        times += [s.rests_until for s in self._standing.values() if s.rests_until and s.rests_until > now]
        return until_first(times, now)

    # --------------------------------------------------------------------------------------- one file

    async def _bring(self, job: Job) -> None:
        result = await self._ask(job)
        try:
            end = await self._end(job, result)
        except Exception as error:  # whatever the bytes did to us: the others go on, and this one is not lost
            log.exception("file_not_judged", extra={"file": job.key})
            again = Retry(f"a fault of Sapa ({type(error).__name__}), please report it", alone=True)
            end = verdicts.in_vain(job, again, self._clock())
        self._standing[job.channel].heard(result, end, self._clock())
        match end:
            case Stored():
                self.fetched += 1
            case Lost(why=why):
                self.lost += 1
                log.warning("file_lost", extra={"file": job.key, "channel": job.channel, "why": why[:200]})
            case PutOff():
                log.info("file_put_off", extra={"file": job.key, "channel": job.channel, "try": job.attempts})
        self._ends.append(end)
        del self._flying[job.key]
        self._alarm.ring()

    def _give_up(self, job: Job) -> None:
        """Its provider was taken out of the settings and did not come back in time."""
        end = Lost(job, f"given up: {job.channel} is not in the settings")
        self.lost += 1
        log.warning("file_lost", extra={"file": job.key, "channel": job.channel, "why": end.why})
        self._ends.append(end)

    async def _ask(self, job: Job) -> FetchResult:
        if why := verdicts.too_large(job.size, self._most_bytes):
            return Refused(why, too_large=True)
        file = Attachment(job.name, job.media_type, job.size, reference=job.reference, digest=job.digest)
        try:
            async with asyncio.timeout(self._patience.total_seconds()):
                result = await self._fetchers[job.channel].fetch(job.account, file)
        except TimeoutError:
            return Retry(f"no answer within {self._patience.total_seconds():.0f} seconds")
        except Exception as error:
            log.exception("fetcher_raised", extra={"file": job.key, "channel": job.channel})
            return Retry(f"the channel failed ({type(error).__name__})")
        if not isinstance(result, FetchResult):
            return Retry("the channel gave no answer")
        return result

    async def _end(self, job: Job, result: FetchResult) -> End:
        if not isinstance(result, Fetched):
            return verdicts.in_vain(job, result, self._clock())
        content = result.content
        if why := verdicts.too_large(len(content), self._most_bytes):
            return Lost(job, why, too_large=True)
        if why := await asyncio.to_thread(verdicts.not_the_file, job, content):
            return verdicts.in_vain(job, Retry(why, alone=True), self._clock())
        try:
            digest = await self._files.put(content)
        except Exception as error:  # the disk's fault or the object store's: the provider did its part
            log.exception("file_not_stored", extra={"file": job.key})
            self._disk = type(error).__name__
            return verdicts.in_vain(job, Retry(f"it cannot be stored ({self._disk})"), self._clock())
        self._disk = ""
        kind = media_type(content)
        return Stored(job, File(digest, verdicts.name_of(job, result, kind), kind, len(content)))

    # --------------------------------------------------------------------------------------- stopping, health

    async def _wind_up(self) -> None:
        await land([task for _, task in self._flying.values()], self._grace)
        now = self._clock()
        ends = list(self._ends)
        given_back = [job for job, _task in self._flying.values()]
        given_back += [job for one in self._unsure for job in one.taken]
        self._flying.clear()

        def close(conn: Connection) -> None:
            amending.settle(conn, ends, now)
            fetches.unclaim(conn, given_back, now)

        if ends or given_back:
            try:
                await self._store.write(close)
            except Exception:
                log.exception("files_not_written_down")  # found as claimed at the next start
                return
            self._ends, self._unsure = [], []

    def health(self) -> Health:
        """How fetching is."""
        if self._fault or self._disk:
            what = self._fault or self._disk
            detail = f"fetched files cannot be stored ({what}); see the disk and the log"
            return Health(ok=False, detail=detail, since=self._fault_since)
        told = {name: standing.health() for name, standing in self._standing.items()}
        bad = [f"{name}: {one.detail}" for name, one in told.items() if not one.ok]
        return Health(ok=not bad, detail="; ".join(bad), figures={"on_their_way": float(len(self._flying))})

    async def figures(self) -> Figures:
        """What waits, and since when the oldest is due (its age is the lag)."""
        now, names = self._clock(), list(self._fetchers)
        return await self._store.read(lambda conn: fetches.figures(conn, now, names))
