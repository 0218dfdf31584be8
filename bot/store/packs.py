"""Packs in use, kept by hash: a conversation goes on with the pack it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select

from bot.store.tables import packs
from bot.store.upsert import insert_missing


def keep(connection: Connection, hash_: str, files: Mapping[str, str], at: datetime) -> None:
    """Keep a pack's files under its hash."""
    insert_missing(
        connection, packs, [{"hash": hash_, "files": msgspec.json.encode(dict(files)), "stored_at": at}]
    )


def find(connection: Connection, hash_: str) -> dict[str, str] | None:
    """A kept pack's files, {path: text}; None when it was never in use."""
    stored = connection.execute(select(packs.c.files).where(packs.c.hash == hash_)).scalar()
    return None if stored is None else msgspec.json.decode(stored, type=dict[str, str])
