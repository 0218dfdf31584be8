"""The Listener of one mailbox: connects, reads its folders in turn, waits for news, and comes back from
every trouble."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any

from channels.base import NOBODY, Accept, Health, Trusted
from channels.imap.faults import Declined, FolderMissing, LoginRefused, Lost
from channels.imap.folder import Folder
from channels.imap.mailbox import Mailbox, Pauses
from channels.imap.memory import Memory
from channels.imap.worker import Worker
from channels.storing import Storing

IDLE_DEATHS = 2
"""Times that a connection may die silently in IDLE before IDLE is never relied on for long."""
_COUNTS = ("stored", "duplicates", "gone", "only_texts", "unreadable", "left_alone", "rebuilt", "connections")

log = logging.getLogger(__name__)


class Imap:
    """Reads `mailbox` and gives each mail to the house, once.

    `account` names the house's mail in every `Message`, the same for all mailboxes: a customer who writes
    to two of them is one customer. `own` are our own addresses. `memory` is what the house remembers.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        memory: Memory,
        *,
        account: str,
        own: Collection[str] = (),
        trusted: Trusted = NOBODY,
        pauses: Pauses | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.mailbox = mailbox
        self.name = f"imap {mailbox.user}"
        self._memory, self._account, self._own, self._trusted = memory, account, own, trusted
        self._pauses, self._clock = pauses or Pauses(), clock
        self._counts: Counter[str] = Counter()
        self._folders: tuple[Folder, ...] = ()
        self._fault = "not connected yet"
        self._store_fault = ""
        self._failures = 0
        self._refusals = 0
        self._idle_trusted = False
        self._idle_refused = False
        self._idle_deaths = 0
        self._elsewhere = False
        self._looked: datetime | None = None
        self.rounds = 0
        """How often all folders were brought up to date."""

    # --------------------------------------------------------------------------------------------- health

    @property
    def waiting(self) -> int:
        """Mails that were seen on the server and are not stored yet."""
        return sum(folder.waiting for folder in self._folders)

    def lag(self, now: datetime) -> float:
        """Seconds since the mailbox was last known to be read to its end; 0 while all is well."""
        if self._elsewhere or (self.health().ok and not self.waiting):
            return 0.0
        return max((now - self._looked).total_seconds(), 0.0) if self._looked else 0.0

    def health(self) -> Health:
        """Red when the server, the login or a folder fails, or nothing can be stored; it says what to do."""
        figures = {
            "waiting": float(self.waiting), **{name: float(self._counts[name]) for name in _COUNTS}
        }  # fmt: skip
        if self._elsewhere:
            return Health(True, "another process reads this mailbox", self._looked, figures)
        lost = self._fault if self._failures > 1 or self._refusals or self._looked is None else ""
        troubles = [each for each in (lost, self._store_fault) if each]
        troubles += [folder.trouble for folder in self._folders if folder.trouble]
        if troubles:
            return Health(False, "; ".join(troubles), self._looked, figures)
        words = [
            f"{self.mailbox.host}: {self.waiting or 'no'} mail{'' if self.waiting == 1 else 's'} waiting"
        ]
        if self._looked:
            words.append(f"read to the end at {self._looked:%H:%M:%S} UTC")
        words += [folder.note for folder in self._folders if folder.note]
        return Health(True, "; ".join(words), self._looked, figures)

    # ---------------------------------------------------------------------------------------------- run

    async def run(self, accept: Accept) -> None:
        """Read until cancelled."""
        while True:
            self._elsewhere = True  # until the mailbox is ours
            async with self._memory.alone(f"imap:{self.mailbox.key}") as lost:
                self._elsewhere = False
                reading = asyncio.create_task(self._keep_reading(accept), name=self.name)
                losing = asyncio.create_task(lost.wait())
                try:
                    await asyncio.wait([reading, losing], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for task in (reading, losing):
                        task.cancel()
                    await asyncio.gather(reading, losing, return_exceptions=True)
                if not reading.cancelled() and (error := reading.exception()) is not None:
                    raise error  # a fault of ours: whoever runs us starts us again
                log.warning("imap: %s may be read by another process now", self.mailbox.key)

    async def _keep_reading(self, accept: Accept) -> None:
        from channels.imap.login import Credentials  # with imapclient, when a mailbox is there to be read

        worker = Worker(self.name)
        credentials = Credentials(self.mailbox)
        storing = Storing(accept, self._pauses.not_stored, self._store_trouble)
        self._folders = tuple(
            Folder(
                name, self.mailbox, account=self._account, own=self._own, trusted=self._trusted,
                memory=self._memory, worker=worker, counts=self._counts, storing=storing, clock=self._clock,
            )
            for name in self.mailbox.folders
        )  # fmt: skip
        try:
            while True:
                pause = await self._once(worker, credentials)
                await asyncio.sleep(pause)
        finally:
            worker.close()

    async def _once(self, worker: Worker, credentials: Any) -> float:
        """One connection until it ends; seconds to wait before the next."""
        from channels.imap.session import Session

        session = Session(self.mailbox, credentials)
        try:
            await worker.call(session.open, cut=session.cut)
            self._counts["connections"] += 1
            self._refusals, self._fault = 0, ""
            await self._attend(session, worker)
        except LoginRefused as error:
            self._refusals += 1
            self._fault = str(error)
            log.error("imap: %s: %s", self.mailbox.key, error)
            return self._pauses.after(self._pauses.refused, self._refusals)
        except Exception as error:
            self._failures += 1
            if isinstance(error, Lost | Declined):
                self._fault = f"{self.mailbox.host}:{self.mailbox.port}: {error}"
                log.warning("imap: %s: %s", self.mailbox.key, error)
            else:  # the store does not answer, or a fault of ours: the next try may do better
                self._fault = f"reading failed ({type(error).__name__}: {error}); see the log"
                log.exception("imap: %s could not be read", self.mailbox.key)
        finally:
            session.cut()
            worker.start(session.close)
        return self._pauses.after(self._pauses.lost, self._failures)

    async def _attend(self, session: Any, worker: Worker) -> None:
        """Bring the folders up to date again and again. The first folder is where news is waited for."""
        first, *others = self._folders
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if loop.time() >= due:
                for folder in others:
                    await self._visit(folder, session)
                due = loop.time() + self.mailbox.poll
            await self._visit(first, session)
            self._looked = self._clock()
            self._failures, self._fault = 0, ""
            self.rounds += 1
            if all(folder.finished or folder.trouble for folder in self._folders):
                longest = due - loop.time() if others else self.mailbox.idle
                await self._rest(session, worker, first, max(longest, 0.1))

    async def _visit(self, folder: Folder, session: Any) -> None:
        try:
            await folder.visit(session)
            folder.trouble = ""
        except FolderMissing as error:
            if not folder.trouble:
                log.error("imap: %s: %s", self.mailbox.key, error)
            folder.trouble = str(error)

    async def _rest(self, session: Any, worker: Worker, first: Folder, longest: float) -> None:
        """Wait for news, or until it is time to look. IDLE is given its full time once it has shown that it
        works: until then, and after it has missed a mail, it is only a shorter way to wait for the next
        poll."""
        short = min(longest, self.mailbox.poll)
        if first.trouble or not session.can_idle or self._idle_refused:
            await asyncio.sleep(short)
            return
        before = self._counts["stored"] + self._counts["duplicates"]
        try:
            news = await worker.call(session.wait, longest if self._idle_trusted else short, cut=session.cut)
        except Declined:
            self._idle_refused = True
            raise  # what the connection is in now, nobody knows
        except Lost as error:
            self._idle_trusted = False
            self._idle_deaths += isinstance(error.__cause__, TimeoutError)
            raise
        if news:
            self._idle_trusted = self._idle_deaths < IDLE_DEATHS
        else:
            await self._visit(first, session)
            if self._counts["stored"] + self._counts["duplicates"] > before:
                self._idle_trusted = False  # it said nothing of this mail

    def _store_trouble(self, why: str) -> None:
        self._store_fault = why
