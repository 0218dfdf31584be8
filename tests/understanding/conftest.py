"""One understander of the default pack for all tests here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from bot.packs import load
from bot.understanding import Expecting, Heard, Understander

TODAY = date(2026, 11, 20)  # a Friday

Listen = Callable[..., Heard]


@pytest.fixture(scope="session")
def understander() -> Understander:
    return Understander(load())


@pytest.fixture(scope="session")
def hear(understander: Understander) -> Listen:
    def listen(text: str, **expecting: object) -> Heard:
        return understander.understand(text, Expecting(today=TODAY, **expecting))  # type: ignore[arg-type]

    return listen
