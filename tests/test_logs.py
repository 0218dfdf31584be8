"""Logs name the event and its ids; what a customer wrote never gets into them."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from bot.logs import Json, Text
from bot.store import Bells, Store
from bot.store.tables import contacts


def record(**given: Any) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "bot.x", "levelno": 40, "levelname": "ERROR", **given})


def test_an_event_is_one_json_line_with_its_particulars() -> None:
    line = Json().format(record(msg="part_died", part="web", at=Path("/x"), created=1_795_305_600.0))
    assert "\n" not in line
    assert json.loads(line) == {
        "timestamp": "2026-11-22T00:00:00+00:00",
        "level": "error",
        "logger": "bot.x",
        "event": "part_died",
        "part": "web",
        "at": "/x",
    }


def test_a_fault_brings_its_traceback_and_none_of_the_values_in_it() -> None:
    secret = "kata pelanggan"
    try:
        raise ValueError("the fault")
    except ValueError as error:
        line = json.loads(Json().format(record(msg="x", exc_info=(ValueError, error, error.__traceback__))))
        text = Text().format(record(msg="x", row=7, exc_info=(ValueError, error, error.__traceback__)))
    assert line["exception"].endswith("ValueError: the fault")
    assert "error   x  row=7\nTraceback" in text
    assert secret not in line["exception"] + text


async def test_an_error_of_the_store_does_not_quote_what_was_to_be_stored(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "sapa.db", bells=Bells())

    def twice(connection: Connection) -> None:
        row = {"id": 1, "name": "kata pelanggan"}
        connection.execute(insert(contacts), [row, row])

    with pytest.raises(IntegrityError) as raised:
        await store.write(twice)
    await store.close()
    assert "kata pelanggan" not in str(raised.value)
