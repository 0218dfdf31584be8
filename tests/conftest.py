"""What all tests share: hypothesis without deadlines, and the folder of real samples where it is present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "sapa", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("sapa")

ROOT = Path(__file__).resolve().parent.parent


def needs(what: str, present: bool) -> None:
    """Skip where a real server is missing, with a loud reason; in CI that is a failure."""
    if present:
        return
    reason = f"{what} is not installed; this test needs the real thing"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real third-party samples; tests that read it are skipped where it is absent."""
    folder = Path(os.environ.get("SAPA_FIXTURES", ROOT.parent / "shared" / "fixtures"))
    if not folder.is_dir():
        pytest.skip(f"no real samples here ({folder}); name their folder in SAPA_FIXTURES")
    return folder
