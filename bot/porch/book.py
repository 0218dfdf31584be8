"""The porch's book: calls that were acknowledged and not yet taken into the house, in an SQLite file.

The porch writes it, the house reads it. Numbers only grow: none is given twice, also not of calls that were
struck out.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

BUSY_SECONDS = 10

Headers = tuple[tuple[str, str], ...]


class Call(Struct, frozen=True, array_like=True):
    """One webhook as it came. Of its headers those that matter, without a shown secret."""

    path: str
    query: bytes
    headers: Headers
    body: bytes


class Done(Struct, frozen=True, array_like=True):
    """All calls up to this number were taken into the house, but these."""

    up_to: int
    but: tuple[int, ...] = ()


_headers = msgspec.json.Decoder(Headers)


class Book:
    """One connection to the file, which is made when it is not there. Not for several threads at a time."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("pragma journal_mode=wal")
        self._connection.execute("pragma synchronous=full")
        self._connection.execute(
            "create table if not exists calls (id integer primary key autoincrement, at real not null,"
            " path text not null, query blob not null, headers blob not null, body blob not null)"
        )

    def write(self, calls: Sequence[Call], done: Done | None = None) -> None:
        """Add calls and strike out what is done; on the disk when it returns."""
        at = time.time()
        rows = [(at, one.path, one.query, msgspec.json.encode(one.headers), one.body) for one in calls]
        self._connection.execute("begin immediate")
        try:
            if rows:
                self._connection.executemany(
                    "insert into calls (at, path, query, headers, body) values (?, ?, ?, ?, ?)", rows
                )
            if done is not None:
                self._connection.execute(
                    "delete from calls where id <= ? and id not in (select value from json_each(?))",
                    (done.up_to, msgspec.json.encode(done.but).decode()),
                )
            self._connection.execute("commit")
        except BaseException:
            if self._connection.in_transaction:  # where the disk is full, SQLite has rolled back itself
                self._connection.execute("rollback")
            raise

    def read(self, after: int, most: int) -> list[tuple[int, Call]]:
        """The next calls with their numbers, in the order in which they were acknowledged."""
        found = self._connection.execute(
            "select id, path, query, headers, body from calls where id > ? order by id limit ?", (after, most)
        )
        return [
            (number, Call(path, query, _headers.decode(headers), body))
            for number, path, query, headers, body in found
        ]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
