"""What an operator does beside `sapa run`: look at the quarantine, prove the record, copy, migrate."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import structs
from sqlalchemy import Connection

from bot.dialogue import HandedBack, TookOver
from bot.errors import NotFound, SapaError
from bot.settings import Settings
from bot.store import Bells, Files, Store, conversations, inbox, outbox, quarantine
from bot.store.inbox import Submitted
from bot.store.inputs import Act

if TYPE_CHECKING:
    from bot.store.replay import Replayed


BY_COMMAND = "command"
"""The agent who takes and gives conversations on the command line."""
NO_LETTER = "No message {} waits for a person; `sapa outbox list` shows them."


class NoCopy(SapaError):
    """The copy was not made."""


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The store of a data folder, also beside a running `sapa run`. Raises `NotFound` where there is none."""
    if not settings.shared and not (settings.data / "sapa.db").exists():
        raise NotFound(f"No database in {settings.data.absolute()}; name its data folder with --data.")
    store = await Store.open(settings.database_url, bells=Bells())
    try:
        yield store
    finally:
        await store.close()


async def quarantined(settings: Settings) -> list[dict[str, Any]]:
    """The inputs in quarantine, the newest first."""
    async with open_store(settings) as store:
        return [_plain(one) for one in await store.read(quarantine.held)]


async def unanswered(settings: Settings, kind: str) -> list[dict[str, Any]]:
    """Messages that machines wrote and that were not answered, the newest first; of one kind, or all ("")."""
    async with open_store(settings) as store:
        return [_plain(one) for one in await store.read(lambda conn: quarantine.unanswered(conn, kind=kind))]


def _plain(one: quarantine.Held) -> dict[str, Any]:
    return {**asdict(one), "received_at": one.received_at.isoformat()}


async def raw_of(settings: Settings, id_: int) -> bytes:
    """What came over the wire, byte for byte; what was understood of it where a channel keeps no bytes."""
    async with open_store(settings) as store:
        raw, digest, body = await store.read(lambda conn: quarantine.came(conn, id_))
    if digest:
        return await Files(settings.files_folder).get(digest)
    return raw or body


async def release(settings: Settings, id_: int) -> None:
    """Put an input back into the queue; a running `sapa run` takes it within seconds."""
    async with open_store(settings) as store:
        await store.write(lambda conn: quarantine.release(conn, id_))


async def give_up(settings: Settings, id_: int) -> None:
    """Decide that an input in quarantine shall not be answered; it stays on record."""
    async with open_store(settings) as store:
        await store.write(lambda conn: quarantine.discard(conn, id_))


async def dead_letters(settings: Settings) -> list[dict[str, Any]]:
    """The messages that did not leave and that a person must look at, the oldest first."""
    async with open_store(settings) as store:
        found = await store.read(outbox.stuck)
    return [
        {"id": one.id, "channel": one.channel, "to": one.recipient, "state": one.state, "reason": one.reason}
        for one in found
    ]


async def resend(settings: Settings, id_: int, now: datetime) -> None:
    """Put a dead letter on its way again, for another week."""
    async with open_store(settings) as store:
        if not await store.write(lambda conn: outbox.release(conn, [id_], now)):
            raise NotFound(NO_LETTER.format(id_))


async def discard(settings: Settings, id_: int) -> None:
    """Decide that a dead letter shall not leave; it stays on record."""
    async with open_store(settings) as store:
        if not await store.write(lambda conn: outbox.discard(conn, [id_], "discarded by an operator")):
            raise NotFound(NO_LETTER.format(id_))


async def held(settings: Settings) -> list[dict[str, Any]]:
    """The open conversations that a person has, or that wait for one."""
    async with open_store(settings) as store:
        found = await store.read(conversations.held)
    return [{**structs.asdict(one), "last_at": one.last_at.isoformat()} for one in found]


async def take(settings: Settings, id_: int, name: str, now: datetime) -> None:
    """Take an open conversation over: the bot is silent, what it has queued does not leave."""
    await _act(settings, id_, TookOver(agent=BY_COMMAND, name=name), now)


async def give(settings: Settings, id_: int, name: str, now: datetime) -> None:
    """Hand a conversation back to the bot."""
    await _act(settings, id_, HandedBack(agent=BY_COMMAND, name=name), now)


async def _act(settings: Settings, id_: int, act: TookOver | HandedBack, now: datetime) -> None:
    wish = Submitted(id_, Act(act), f"{BY_COMMAND}/{id_}/{now.isoformat()}", now, "agent")

    def submit(connection: Connection) -> None:
        owner = conversations.owner_of(connection, id_)
        if owner is None:
            raise NotFound(f"No open conversation has the number {id_}; `sapa agent list` shows them.")
        if isinstance(act, HandedBack) and owner == "bot":
            raise NotFound(f"The bot has conversation {id_} already.")
        inbox.submit(connection, [wish])

    async with open_store(settings) as store:
        await store.write(submit)


async def replay(settings: Settings) -> Replayed:
    """Fold every conversation's events again and compare with the talk on record."""
    from bot.store.replay import replay as fold_all

    async with open_store(settings) as store:
        return await store.read(fold_all)


async def migrate(settings: Settings) -> None:
    """Open the database, which brings it to this version's schema."""
    async with open_store(settings):
        pass


def backup(settings: Settings, to: Path) -> None:
    """Copy the data folder to the new folder `to`; the database page by page, sound while it is written.

    The porch's book first, then the database, the files after it: what was acknowledged is then in the one or
    the other, and every file that the copied database names is in the copy.
    """
    database = settings.data / "sapa.db"
    if settings.shared:
        raise NoCopy("The database is on a server: copy it with pg_dump, and the data folder with any tool.")
    if not database.exists():
        raise NotFound(f"No database in {settings.data.absolute()}; name its data folder with --data.")
    try:
        to.mkdir(parents=True)
    except OSError as error:
        raise NoCopy(f"{to}: {error.strerror}; name a folder that does not exist yet.") from None
    for each in (settings.porch_book, database):
        if each.exists():
            with (
                closing(sqlite3.connect(f"file:{each}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(to / each.name)) as target,
            ):
                source.backup(target, pages=4096)
    for name in ("files", "mailbox"):
        if (settings.data / name).is_dir():
            shutil.copytree(settings.data / name, to / name, ignore=shutil.ignore_patterns("*.tmp", ".*"))
    for name in ("secret", "sapa.toml"):
        if (settings.data / name).is_file():
            shutil.copy2(settings.data / name, to / name)
