"""Real payloads bent in every way, through the real doors, the store and the turns.

Other types, numbers that no column holds, half characters, endless words, parts that are gone, moved or
doubled: each is answered 200 and on record, none stops what comes after it, and no turn dies of one.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chat.replay import Sample, doors, listed

ODD: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**30, -(2**63) - 1, 1.5, 1e308, "", "a", "\0",
    "\ud83d", "x" * 300, "x" * 5000, "\u202e\u200e", "\U0001f642" * 200, "/start", "/help abc", "../../x",
    "' OR 1=1--", "<b>", [], {}, [[]], [{}], {"": ""}, "0", "-5", "9" * 30, "１２３", "ya", "batal", " ",
    "https://x.example/?a=1", "\n\n",
]  # fmt: skip
ROUNDS = 250


def paths(told: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for name, value in (
        told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    ):
        yield (*before, name)
        yield from paths(value, (*before, name))


def bent(sample: Any, how: random.Random) -> Any:
    """A payload with one to six changes."""
    told = copy.deepcopy(sample)
    for _ in range(how.choice((1, 1, 1, 2, 3, 6))):
        found = list(paths(told))
        if not found:
            break
        *way, last = how.choice(found)
        place = told
        for step in way:
            place = place[step]
        kind = how.random()
        if kind < 0.6:
            place[last] = copy.deepcopy(how.choice(ODD))
        elif kind < 0.75:
            del place[last]
        else:
            other = told
            for step in how.choice(found):
                other = other[step]
            place[last] = copy.deepcopy(other)
    return told


def written(told: Any, how: random.Random) -> bytes:
    """As bytes, now and then damaged ones."""
    raw = bytearray(json.dumps(told, ensure_ascii=how.random() < 0.5).encode("utf-8", "surrogatepass"))
    if raw and how.random() < 0.05:
        raw[how.randrange(len(raw))] = how.randrange(256)
    return bytes(raw)


def payloads(found: list[Sample]) -> list[Any]:
    made = []
    for sample in found:
        try:
            made.append(json.loads(sample.raw))
        except ValueError:
            continue  # broken by itself: replayed elsewhere
    return made


@pytest.mark.parametrize("channel", ["telegram", "whatsapp"])
async def test_a_bent_payload_stops_nothing(channel: str, samples: Path, tmp_path: Path) -> None:
    found = listed(samples, channel)
    if not found:
        pytest.skip(f"no samples of {channel} here")
    how, told = random.Random(20261122), payloads(found)
    async with doors(tmp_path, found) as house:
        for n in range(ROUNDS):
            one = bent(how.choice(told), how)
            if channel == "telegram" and isinstance(one, dict) and how.random() < 0.8:
                one["update_id"] = 10**6 + n
            await house.bring(channel, [written(one, how)])
            if n % 50 == 49:
                await house.answer()
        rows = await house.rows("inbox", "id", "channel", "kind", "state", "cause")
        assert {row[3] for row in rows} <= {"done", "dead"}, "something still waits"
        deaths = [(row[2], row[4]) for row in rows if row[3] == "dead"]
        assert {kind for kind, _ in deaths} <= {"unreadable"}, deaths
        assert not [cause for _, cause in deaths if cause.startswith(("not_prepared", "not_storable"))]
        before = len(rows)
        await house.bring(channel, [found[0].own(7).raw])
        assert len(await house.rows("inbox", "id")) > before
