"""Who writes to one customer waits a moment for the news of the message before, and no longer."""

from __future__ import annotations

from channels.whatsapp.pacing import Pacing

BUDI, SARI = ("1", "+628111"), ("1", "+628222")


async def test_who_has_to_wait_longer_than_they_may_is_told_so_and_others_are_not_kept() -> None:
    """Sixteen customers without a status once kept all others waiting for three seconds at a time."""
    pacing = Pacing()
    pacing.taken(BUDI, "wamid.1")
    assert not await pacing.turn(BUDI, 0.0)
    assert await pacing.turn(SARI, 0.0)
    assert pacing.told("wamid.1") == BUDI
    assert await pacing.turn(BUDI, 0.0)
