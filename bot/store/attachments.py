"""What is known of the files that `Files` keeps."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from bot.dialogue.turn import File
from bot.store.tables import files
from bot.store.upsert import insert_missing

_one = select(files.c.size, files.c.media_type).where(files.c.digest == bindparam("wanted"))


def keep(connection: Connection, kept: Sequence[File], at: datetime) -> None:
    """Record files that were stored; one that is known stays as it is."""
    insert_missing(
        connection,
        files,
        [
            {"digest": file.digest, "size": file.size, "media_type": file.media_type[:128], "stored_at": at}
            for file in kept
        ],
    )


def find(connection: Connection, digest: str) -> tuple[int, str] | None:
    """Size in bytes and media type of a file, None when it is not known."""
    row = connection.execute(_one, {"wanted": digest}).first()
    return None if row is None else (row.size, row.media_type)
