"""Killed at random moments under load: nothing acknowledged is lost, nothing is answered twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.kill import kill_many


@pytest.mark.slow
@pytest.mark.sop("E7", "K4")
async def test_killed_twenty_times_under_load_keeps_every_promise(tmp_path: Path) -> None:
    counted = await kill_many(tmp_path / "data", 20, seed=2611)
    assert counted["acknowledged_web"] > 20
    assert counted["acknowledged_mail"] > 5
    assert counted["tickets"] > 5
