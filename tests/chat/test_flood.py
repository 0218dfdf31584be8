"""Killed at random under a flood from Telegram and WhatsApp: nothing lost, nothing doubled, all in order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.chat import kill_many


@pytest.mark.slow
@pytest.mark.sop("E7")
async def test_killed_under_a_flood_from_two_providers_keeps_every_promise(tmp_path: Path) -> None:
    counted = await kill_many(tmp_path / "data", 3, seed=2611, updates=120, people=24, seconds=5)
    assert counted["updates"] >= 120
    assert counted["answers"] > 50
