"""Packs and what understands their customers, by hash: a talk goes on with the pack it stands on."""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Protocol

from sqlalchemy import Connection

from bot.dialogue import Talk, decode_talk
from bot.errors import StepsGone
from bot.sop.check import Faults, check
from bot.sop.model import Sop
from bot.store import Store, packs
from bot.understanding.heard import Expecting, Heard

MOST_OLD = 4
"""Older packs kept ready at the same time."""

log = logging.getLogger(__name__)


class Understands(Protocol):
    """What `bot.understanding.Understander` does."""

    def understand(self, text: str, expecting: Expecting) -> Heard:
        """All that is understood of one text."""


def understander(sop: Sop) -> Understands:
    """The real one; imported when it is needed."""
    from bot.understanding import Understander

    return Understander(sop)


def missing(sop: Sop, talks: Iterable[Talk]) -> Counter[tuple[str, str]]:
    """How many of `talks` stand on each (procedure, step) that `sop` has neither now nor in `moved`."""
    known = {
        (procedure.id, step_id)
        for procedure in sop.procedures.values()
        for step in procedure.steps
        for step_id in (step.id, *step.moved)
    }
    return Counter(place for talk in talks if (place := (talk.procedure, talk.step)) not in known)


def _told(sop: Sop, gone: Counter[tuple[str, str]]) -> str:
    lines = []
    for (procedure, step), count in sorted(gone.items()):
        talks = f"{count} open conversation{'s' if count > 1 else ''}"
        if procedure in sop.procedures:
            todo = f"write `moved: [{step}]` into the step of `{procedure}` that takes its place"
        else:
            todo = f"bring the procedure `{procedure}` back until they are closed"
        lines.append(f"{talks} on the step `{step}` of `{procedure}`: {todo}.")
    return "\n".join(lines)


class Book:
    """A pack with its understander, which is made when the first message wants it."""

    __slots__ = ("_make", "_understands", "sop")

    def __init__(self, sop: Sop, make: Callable[[Sop], Understands]) -> None:
        self.sop = sop
        self._make = make
        self._understands: Understands | None = None

    @property
    def understands(self) -> Understands:
        """What understands a text by this pack's words."""
        if self._understands is None:
            self._understands = self._make(self.sop)
        return self._understands


class Shelf:
    """The pack in use and those that open talks still stand on."""

    def __init__(self, store: Store, sop: Sop, make: Callable[[Sop], Understands] = understander) -> None:
        self._store = store
        self._make = make
        self.current = Book(sop, make)
        self._old: OrderedDict[str, Book] = OrderedDict()

    async def keep_current(self) -> None:
        """Keep the pack in use in the store, before the first talk stands on it.

        Raises `StepsGone` when it lacks a step on which an open talk stands; then the pack is not taken into
        use. Looked at only where another pack was in use before.
        """
        sop = self.current.sop
        at = datetime.now(UTC)

        def take(connection: Connection) -> None:
            if packs.last(connection) not in (None, sop.hash):
                gone = missing(sop, map(decode_talk, packs.open_talks(connection, sop.hash)))
                if gone:
                    raise StepsGone(_told(sop, gone))
            packs.keep(connection, sop.hash, sop.files, at)

        await self._store.write(take)

    async def fetch(self, hashes: Iterable[str]) -> None:
        """Make sure that `book` has these packs, as far as the store has them and they are still sound."""
        for hash_ in set(hashes) - {self.current.sop.hash} - set(self._old):
            files = await self._store.read(lambda connection, h=hash_: packs.find(connection, h))  # type: ignore[misc]
            if files is None:
                continue
            try:
                book = Book(check(files), self._make)
            except Faults as error:
                log.error("old_pack_not_sound", extra={"pack": hash_, "faults": len(error.faults)})
                continue
            self._old[hash_] = book
            while len(self._old) > MOST_OLD:
                self._old.popitem(last=False)

    def book(self, hash_: str) -> Book:
        """The pack of that hash; the one in use where it is gone: its talks find their step there by id."""
        if hash_ == self.current.sop.hash:
            return self.current
        book = self._old.get(hash_)
        if book is None:
            return self.current
        self._old.move_to_end(hash_)
        return book
