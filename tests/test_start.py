"""A start stays quick and small: what it does not need is not loaded."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

START = """
import json, sys
import bot.cli, bot.logs, bot.service
from bot import packs, settings
from bot.tickets.hours import WorkCalendar
from bot.understanding import Understander
from datetime import UTC, datetime

settings.load()
sop = packs.load()
Understander(sop)
WorkCalendar(sop.hours, sop.about.timezone).is_open(datetime(2026, 11, 22, tzinfo=UTC))
print(json.dumps(sorted(sys.modules)))
"""
NOT_NEEDED = (
    "aiosmtplib",
    "alembic",
    "asyncpg",
    "channels.telegram",
    "holidays.countries.malaysia",
    "httpx",
    "imapclient",
    "nh3",
    "obstore",
    "prometheus_client",
    "rich",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.orm",
    "telegram",
)


@pytest.fixture(scope="module")
def loaded() -> frozenset[str]:
    """The modules of a process that has started and told whether the company is open."""
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, timeout=120, check=True)
    return frozenset(json.loads(done.stdout))


@pytest.mark.parametrize("name", NOT_NEEDED)
def test_a_start_does_not_load(name: str, loaded: frozenset[str]) -> None:
    """Each of them once cost every start megabytes and tenths of a second. Import it where it is used."""
    assert name not in loaded
