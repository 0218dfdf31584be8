"""One folder of a mailbox: brought up to date at each visit, from its cursor on."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from channels.base import Accepted, Cursor, Message, Trusted, Unreadable
from channels.imap import fetching, standing
from channels.imap.asking import Asking, blame
from channels.imap.faults import Declined, Fault, Lost
from channels.imap.fetching import Context, Got, Wanted
from channels.imap.mailbox import Mailbox
from channels.imap.memory import Memory
from channels.imap.reading import HISTORY, KNOWN_BEFORE
from channels.imap.standing import CHANNEL, Marks, Standing
from channels.imap.worker import Worker
from channels.storing import Storing

if TYPE_CHECKING:
    from channels.imap.session import Selected, Session

WINDOW = 2_000
"""UIDs that one search covers when there are many: an answer stays short, whatever the folder holds."""
SIZES = 200
"""Mails whose sizes, or marks, are asked for at once."""
SLICE = 2_000
"""Mails that are marked as old at one visit, so that new mail does not wait for it."""

_UNKNOWN_PAST = "history: the folder was numbered anew before Sapa had noted what was old"

log = logging.getLogger(__name__)


class Folder:
    """A folder's work. `waiting` mails were above the cursor at the last look; `counts` since the start."""

    def __init__(
        self,
        name: str,
        mailbox: Mailbox,
        *,
        account: str,
        own: Collection[str],
        trusted: Trusted,
        memory: Memory,
        worker: Worker,
        counts: Counter[str],
        storing: Storing,
        clock: Callable[[], datetime],
    ) -> None:
        self.name = name
        self.waiting = 0
        self.trouble = ""
        self.note = ""
        self.finished = False
        """Whether it is noted what lay here before Sapa came; until then there is more to do than to wait."""
        self._mailbox, self._account, self._own, self._trusted = mailbox, account, own, trusted
        self._memory, self._ask = memory, Asking(worker)
        self._storing, self._counts, self._clock = storing, counts, clock
        self._standing: Standing | None = None
        self._marks: Marks | None = None
        self._loaded = False
        self._noted: list[bytes] = []
        self._noted_to = 0
        self._tries: Counter[int] = Counter()
        self._untold: Counter[int] = Counter()
        self._window = WINDOW
        self._signed = 0
        self._looked_in: Session | None = None

    async def visit(self, session: Session) -> None:
        """Store everything above the cursor. Raises `Fault`."""
        selected = await self._ask.call(session, session.select, self.name)
        place = await self._place(session, selected)
        low = place.uid + 1
        while True:
            high = low + self._window - 1 if selected.next_uid - low > self._window else None
            uids = await self._ask.call(session, session.search, low, high)
            if uids:
                self._window = WINDOW
                beyond = max(selected.next_uid - 1 - high, 0) if high else 0
                await self._take(session, selected, uids, beyond)
                low = uids[-1] + 1
            elif high is not None:
                low, self._window = high + 1, self._window * 4  # a wide gap: look further
            elif not session.told:
                break
        self.waiting = 0
        self._tries.clear()
        await self._sign(session)
        if not self.finished:
            await self._note_the_past(session, selected)

    async def _place(self, session: Session, selected: Selected) -> Standing:
        """Where the folder stands now: as it was, or begun, or begun anew."""
        if not self._loaded:
            account = standing.account(self._mailbox.key, self.name)
            self._standing = Standing.decode(await self._memory.cursor(CHANNEL, account))
            marks = await self._memory.cursor(CHANNEL, standing.marks_account(self._mailbox.key, self.name))
            self._marks = Marks.decode(marks)
            renumbered = self._standing is not None and self._standing.rebuilt > 0  # too late to note it
            self.finished = self._marks is not None or renumbered
            self._loaded = True
        place = self._standing
        if place is not None and await self._same(session, selected, place):
            return place
        newest = selected.next_uid - 1 if selected.next_uid else 0
        if not selected.next_uid and selected.exists:
            newest = max(await self._ask.call(session, session.search, 1), default=0)
        if place is None:
            begin = newest if self._mailbox.first == "now" else 0
            new = Standing(selected.validity, begin, before=newest)
        else:
            log.warning("imap: the server numbered %s of %s anew", self.name, self._mailbox.key)
            self._counts["rebuilt"] += 1
            self._tries.clear()
            self._untold.clear()
            self._signed = 0
            if not self.finished:  # what was noted so far is of no use any more
                self._noted, self.finished = [], True
            new = place.again(selected.validity, newest)
        await self._advance(new)
        return new

    async def _same(self, session: Session, selected: Selected, place: Standing) -> bool:
        """Whether the numbers are those we know, and the last number still means the same mail: a mailbox
        that was put back from a backup gives out its numbers a second time under the same UIDVALIDITY.
        Asked once a connection: within one it cannot change."""
        if selected.validity != place.validity or 0 < selected.next_uid <= place.uid:
            return False
        if self._looked_in is session or not place.mark:
            return True
        found = await self._ask.of_each(session, session.marks, [place.uid], self._untold)
        self._looked_in = session
        return place.uid not in found or found[place.uid].hex() == place.mark

    async def _sign(self, session: Session) -> None:
        """Remember which mail the last number meant."""
        place = self._standing
        if place is None or place.mark or place.uid in (0, self._signed):
            return
        found = await self._ask.of_each(session, session.marks, [place.uid], self._untold)
        self._signed, self._looked_in = place.uid, session
        if place.uid in found:
            await self._advance(replace(place, mark=found[place.uid].hex()))

    async def _advance(self, new: Standing) -> None:
        old = self._cursor(self._standing or new)
        await self._storing.store([], old, self._cursor(new))
        self._standing = new

    def _cursor(self, place: Standing) -> Cursor:
        return Cursor(CHANNEL, standing.account(self._mailbox.key, self.name), place.encode())

    # ---------------------------------------------------------------------------------------- taking mails

    async def _take(self, session: Session, selected: Selected, uids: Sequence[int], beyond: int) -> None:
        """Fetch and store these mails. The next batch is on its way while one is being stored."""
        self.waiting = len(uids) + beyond
        for at in range(0, len(uids), SIZES):
            some = uids[at : at + SIZES]
            sizes = await self._ask.of_each(session, session.sizes, some, self._tries)
            gone = await self._missing(session, [uid for uid in some if uid not in sizes])
            self._gone(gone)
            past, old = await self._past(session, [uid for uid in some if uid not in gone])
            wanted = [uid for uid in some if uid not in gone and uid not in old]
            context = Context(
                self._mailbox.key,
                self.name,
                selected.validity,
                self._account,
                self._own,
                self._clock(),
                past,
                self._trusted,
            )
            await self._batches(
                session, list(fetching.batches(wanted, sizes, self._tries, self._mailbox.max_size)), context
            )
            assert self._standing is not None  # noqa: S101 - it has been placed
            if self._standing.uid < some[-1]:
                await self._advance(self._standing.at(some[-1]))
            self.waiting = len(uids) - at - len(some) + beyond

    async def _missing(self, session: Session, uids: Sequence[int]) -> set[int]:
        """Those that others removed. One that is still there, and of which the server says nothing, is
        asked for alone."""
        unknown = [uid for uid in uids if not self._tries[uid]]
        if not unknown:
            return set()
        there: set[int] = await self._ask.call(session, session.still, unknown)
        for uid in there:
            self._tries[uid] = 1
        return set(unknown) - there

    async def _batches(self, session: Session, wanted: Sequence[Wanted], context: Context) -> None:
        ahead: asyncio.Future[Got] | None = None
        for number, batch in enumerate(wanted):
            now = ahead or self._ask.begin(fetching.fetch, session, batch, context)
            try:
                got = await self._ask.end_of(session, now)
            except (Fault, fetching.NotGiven) as error:
                blame(self._tries, batch.uids)
                raise Lost(str(error)) from error
            following = wanted[number + 1] if number + 1 < len(wanted) else None
            ahead = self._ask.begin(fetching.fetch, session, following, context) if following else None
            await self._store(session, batch, got)

    async def _store(self, session: Session, batch: Wanted, got: Got) -> None:
        place = self._standing
        assert place is not None  # noqa: S101 - it has been placed
        self._gone(got.gone)
        mails = await self._not_twice(place, got.mails)
        after = place.at(batch.uids[-1])
        words = await self._storing.store(
            [(self._cursor(place.at(uid)), one) for uid, one in mails],
            self._cursor(place),
            self._cursor(after),
        )
        self._standing = after
        self.waiting = max(self.waiting - len(batch.uids), 0)
        for uid in batch.uids:
            del self._tries[uid]
        for (_uid, one), word in zip(mails, words, strict=True):
            kind = "unreadable" if isinstance(one, Unreadable) else "stored"
            self._counts[kind if word is Accepted.NEW else "duplicates"] += 1
        if batch.way == "texts":
            self._counts["only_texts"] += len(mails)
        if got.whole and not self._mailbox.keeps:
            try:
                await self._ask.call(session, session.courtesy, sorted(got.whole))
                self.note = ""
            except Declined as error:
                self.note = f"{self.name}: mails stay as they are on the server: {error}"

    def _gone(self, uids: Collection[int]) -> None:
        if uids:
            self._counts["gone"] += len(uids)
            log.warning(
                "imap: %d mails of %s were removed by others before they were read", len(uids), self.name
            )

    # ------------------------------------------------------------------------------- what lay here before

    async def _past(self, session: Session, uids: Sequence[int]) -> tuple[dict[int, str], set[int]]:
        """Why some are not answered, by UID; and those that are left alone because they were left alone
        before."""
        place = self._standing
        assert place is not None  # noqa: S101 - it has been placed
        past = {uid: HISTORY for uid in uids if uid <= place.before}
        doubtful = [uid for uid in uids if uid <= place.rebuilt]
        if not doubtful:
            return past, set()
        if self._marks is None:
            return past | dict.fromkeys(doubtful, _UNKNOWN_PAST), set()
        found = await self._ask.of_each(session, session.marks, doubtful, self._tries)
        old = {uid for uid, each in found.items() if each in self._marks}
        if self._mailbox.first == "history":
            return past | dict.fromkeys(old, HISTORY), set()
        self._counts["left_alone"] += len(old)
        return past, old

    async def _not_twice(
        self, place: Standing, mails: Sequence[tuple[int, Message | Unreadable]]
    ) -> list[tuple[int, Message | Unreadable]]:
        """After the server numbered its mails anew: one whose Message-ID is on record is not answered
        again, even if moving it changed its bytes. (With the same bytes it is the same mail, which the
        inbox sees.)"""
        doubtful = {
            uid: one.mail.message_id
            for uid, one in mails
            if uid <= place.rebuilt and isinstance(one, Message) and one.mail
        }
        if not doubtful:
            return list(mails)
        known = await self._memory.known_ids(set(doubtful.values()))
        done: list[tuple[int, Message | Unreadable]] = []
        for uid, one in mails:
            if (
                doubtful.get(uid) in known
                and isinstance(one, Message)
                and one.mail
                and not one.mail.automatic
            ):
                one = replace(one, mail=replace(one.mail, automatic=KNOWN_BEFORE, bounce=None))
            done.append((uid, one))
        return done

    async def _note_the_past(self, session: Session, selected: Selected) -> None:
        """Note a slice of what lay here before, so that it can be told apart should the numbers change."""
        place = self._standing
        assert place is not None  # noqa: S101 - it has been placed
        begin, seen = self._noted_to + 1, 0
        window = WINDOW
        while begin <= place.before and seen < SLICE:
            end = min(begin + window - 1, place.before)
            uids = await self._ask.call(session, session.search, begin, end)
            for at in range(0, len(uids), SIZES):
                some = uids[at : at + SIZES]
                self._noted += (await self._ask.of_each(session, session.marks, some, self._untold)).values()
            window = window if uids else window * 4
            begin, seen, self._noted_to = end + 1, seen + len(uids), end
        if begin > place.before:
            marks = Marks(self._noted)
            account = standing.marks_account(self._mailbox.key, self.name)
            cursor = Cursor(CHANNEL, account, marks.encode())
            await self._storing.store([], cursor, cursor)
            self._marks, self._noted, self.finished = marks, [], True
