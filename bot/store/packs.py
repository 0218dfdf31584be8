"""Packs in use, kept by hash: a conversation goes on with the pack it stands on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from bot.store.tables import conversations, packs
from bot.store.upsert import insert_or_replace


def last(connection: Connection) -> str | None:
    """The hash of the pack that was taken into use last; None when none ever was."""
    found: str | None = connection.execute(
        select(packs.c.hash).order_by(packs.c.stored_at.desc(), packs.c.hash).limit(1)
    ).scalar()
    return found


def open_talks(connection: Connection, hash_: str) -> Iterator[bytes]:
    """The talks under way that stand on another pack than this, as JSON. Looks at every conversation: only
    for a pack that is new."""
    return (
        row[0]
        for row in connection.execute(
            select(conversations.c.talk).where(conversations.c.state == "open", conversations.c.pack != hash_)
        )
    )


def keep(connection: Connection, hash_: str, files: Mapping[str, str], at: datetime) -> None:
    """Keep a pack's files under its hash, as the one that is used from `at` on."""
    insert_or_replace(
        connection, packs, [{"hash": hash_, "files": msgspec.json.encode(dict(files)), "stored_at": at}]
    )


def find(connection: Connection, hash_: str) -> dict[str, str] | None:
    """A kept pack's files, {path: text}; None when it was never in use."""
    stored = connection.execute(select(packs.c.files).where(packs.c.hash == hash_)).scalar()
    return None if stored is None else msgspec.json.decode(stored, type=dict[str, str])
