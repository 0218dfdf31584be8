"""What strangers and providers send is read up to a limit; what they say of time counts where it is sane."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from channels import courtesies
from channels.bodies import gathered
from channels.courtesies import Courtesies
from channels.headers import time_told, wait_told

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


@pytest.mark.parametrize(("most", "whole"), [(10, b"0123456789"), (9, None)])
async def test_no_more_is_read_than_is_taken(most: int, whole: bytes | None) -> None:
    read: list[bytes] = []

    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"01234", b"56789", b"", b""):
            read.append(chunk)
            yield chunk

    assert await gathered(chunks(), most) == whole
    assert len(read) == (4 if whole else 2)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("Sun, 22 Nov 2026 09:00:00 GMT", NOW),
        ("Sun, 22 Nov 2026 16:00:00 +0700", NOW),
        ("Sun, 22 Nov 2026 09:00:00 -0000", NOW),
        ("Sun, 22 Nov 99999999999 09:00:00 GMT", None),
        ("kemarin", None),
        (None, None),
    ],
)
def test_the_servers_clock_is_read_off_its_answers(told: str | None, meant: datetime | None) -> None:
    assert time_told({"date": told} if told else {}) == meant


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7),
        ("9" * 5000, 86_400),
        ("Sun, 22 Nov 2026 09:01:00 GMT", 60),
        ("Sun, 22 Nov 2026 08:00:00 GMT", 0),
        ("Sun, 22 Nov 2099 08:00:00 GMT", 86_400),
        ("-5", None),
        ("\u0663", None),
        ("nanti", None),
    ],
)
def test_a_pause_that_is_asked_for_is_a_day_at_most(told: str, seconds: int | None) -> None:
    assert wait_told({"retry-after": told}, NOW) == (None if seconds is None else timedelta(seconds=seconds))


async def test_courtesies_of_a_provider_that_hangs_take_neither_its_connections_nor_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Read marks that Meta leaves unanswered must not hold all connections: messages would wait for one."""
    monkeypatch.setattr(courtesies, "MOST", 20)
    under_way, most, full, open_ = 0, 0, asyncio.Event(), asyncio.Event()

    async def hangs() -> None:
        nonlocal under_way, most
        under_way, most = under_way + 1, max(most, under_way + 1)
        if under_way == courtesies.AT_ONCE:
            full.set()
        await open_.wait()
        under_way -= 1
        raise ConnectionError("https://provider.example/bot123:secret")

    some = Courtesies("telegram")
    tasks = [some.start(hangs) for _ in range(50)]
    begun = [task for task in tasks if task is not None]
    assert len(begun) == 20
    await full.wait()
    open_.set()
    await asyncio.gather(*begun)  # what they raise is nobody's trouble
    assert (under_way, most) == (0, courtesies.AT_ONCE)
    open_.clear()
    last = some.start(hangs)
    assert last is not None
    await some.close()
    assert last.cancelled()
