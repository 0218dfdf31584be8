"""A trial by hand: kill so many times from a seed, and say what was counted as one line of JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

KillMany = Callable[..., Coroutine[Any, Any, dict[str, Any]]]
"""`kill_many(data, times, seed, say=True)`; raises `AssertionError` that names the broken promises."""


def trial(name: str, kill_many: KillMany, argv: list[str], *, times: int) -> int:
    """Run it as often as the first argument says, `times` without one, from the seed that the second one
    is; the exit code."""
    kills = int(argv[0]) if argv else times
    seed = int(argv[1]) if len(argv) > 1 else int(time.time())
    with tempfile.TemporaryDirectory(prefix="sapa-faults-") as folder:
        try:
            counted = asyncio.run(kill_many(Path(folder) / "data", kills, seed, say=True))
        except AssertionError as error:
            print(f"\nseed {seed}: {error}", file=sys.stderr)
            return 1
    print(file=sys.stderr)
    print(json.dumps({"faults": name, "seed": seed, **counted, "broken_promises": 0}))
    return 0
