"""The gate's memory: addresses that get nothing, and kept counts of what was let through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from bot.store.tables import gate, suppressed
from bot.store.upsert import insert_or_replace, own_insert


def canonical(address: str) -> str:
    """An address as it is compared: lower case, without a plus tag (every reply token is another tag)."""
    address = address.strip().lower()
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}" if at else address


def suppress(conn: Connection, channel: str, address: str, reason: str, now: datetime) -> None:
    """Nothing automatic goes to this address any more (a canonical one)."""
    row = {"channel": channel, "address": address, "reason": reason, "at": now}
    insert_or_replace(conn, suppressed, [row])


def release(conn: Connection, channel: str, address: str) -> None:
    """An address (a canonical one) may get everything again."""
    conn.execute(delete(suppressed).where(suppressed.c.channel == channel, suppressed.c.address == address))


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Why an address gets nothing automatic, and since when."""

    reason: str
    at: datetime


def suppressed_of(conn: Connection, channel: str, addresses: Iterable[str]) -> dict[str, Suppressed]:
    """Which of these addresses get nothing."""
    wanted = sorted(set(addresses))
    if not wanted:
        return {}
    rows = conn.execute(
        select(suppressed.c.address, suppressed.c.reason, suppressed.c.at).where(
            suppressed.c.channel == channel, suppressed.c.address.in_(wanted)
        )
    )
    return {row[0]: Suppressed(row[1], row[2]) for row in rows}


def counted(conn: Connection, names: Iterable[str], since: int) -> dict[str, list[tuple[int, int]]]:
    """What was let through under each name: (start of the window in epoch seconds, count), from `since`."""
    wanted = sorted(set(names))
    found: dict[str, list[tuple[int, int]]] = {}
    if not wanted:
        return found
    rows = conn.execute(
        select(gate.c.name, gate.c.window, gate.c.count).where(
            gate.c.name.in_(wanted), gate.c.window >= since
        )
    )
    for name, window, count in rows:
        found.setdefault(name, []).append((window, count))
    return found


def count(conn: Connection, window: int, let_through: Mapping[str, int]) -> None:
    """Count what was let through in the window that starts at `window`; rows in one fixed order."""
    if not let_through:
        return
    into = own_insert(conn, gate)
    conn.execute(
        into.on_conflict_do_update(
            index_elements=["name", "window"], set_={"count": gate.c.count + into.excluded.count}
        ),
        [{"name": name, "window": window, "count": let_through[name]} for name in sorted(let_through)],
    )


def forget_windows(conn: Connection, before: int) -> None:
    """Drop counts no cap looks back to."""
    conn.execute(gate.delete().where(gate.c.window < before))
