"""Killed while it reads a mailbox: each mail has one outcome and one answer, and the cursor is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import needs
from tests.faults.reading import kill_reading
from tests.imap.dovecot import PRESENT, Dovecot


@pytest.mark.slow
async def test_killed_while_it_reads_a_mailbox(tmp_path: Path) -> None:
    needs("Dovecot", PRESENT)
    dovecot = Dovecot()
    dovecot.start()
    try:
        counted = await kill_reading(tmp_path / "data", dovecot, times=3, mails=90, seed=7)
    finally:
        dovecot.stop()
    assert 90 - counted["quarantined"] <= counted["answers"] <= 90
