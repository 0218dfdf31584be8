"""What the tests of the chat channels share."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Everything as it comes, in a folder of its own."""
    return Settings(data=tmp_path / "data")
