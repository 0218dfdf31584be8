"""Every promise checked on the database file that a killed process left."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import create_engine

from bot.store import invariants
from bot.store.replay import replay


def broken_promises(database: Path) -> list[str]:
    """What is broken on a database at rest, in sentences."""
    engine = create_engine(f"sqlite:///file:{database}?mode=ro&uri=true")
    try:
        with engine.connect() as connection:
            return [*invariants.broken(connection), *replay(connection).faults]
    finally:
        engine.dispose()
