"""SIGKILL at the N-th system call of one complaint, for every N; after each, the promises are checked.

`python -m tests.faults.exact` tries every N of each call. strace delivers the signal *instead of* letting the
call return, so that the process dies exactly there.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.faults.one_complaint import LINES
from tests.faults.promises import broken_promises

CALLS = ("fdatasync", "pwrite64")


def _complain(folder: Path, *acknowledged: str, under: tuple[str, ...] = ()) -> tuple[int, list[str]]:
    """The exit code of the process, and the words it told."""
    command = [*under, sys.executable, "-m", "tests.faults.one_complaint", str(folder), *acknowledged]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode > 0:
        raise AssertionError(done.stderr[-3000:])
    return done.returncode, done.stdout.split("\n")[:-1]


def _acknowledged(words: list[str]) -> list[str]:
    return [word.removeprefix("ACK ") for word in words if word.startswith("ACK ")]


def prepared(folder: Path) -> Path:
    """A data folder with its schema made, to start each trial from."""
    from bot import upkeep  # noqa: F401 - what `sapa migrate` needs is imported once, not in each trial

    subprocess.run(
        [sys.executable, "-c", _PREPARE, str(folder)], check=True, timeout=120, capture_output=True
    )
    return folder


_PREPARE = """
import asyncio, sys
from pathlib import Path
from bot.house import open_house
from bot.settings import Settings

async def main():
    async with open_house(Settings(data=Path(sys.argv[1])), lambda ground: {}) as house:
        await house.turns.run_once()

asyncio.run(main())
"""


def killed_at(template: Path, work: Path, call: str, count: int) -> tuple[bool, list[str]]:
    """Whether the process died at the `count`-th `call`, and every promise that was then broken."""
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(template, work)
    trace = ("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}")
    code, words = _complain(work, under=(*trace, "-e", f"inject={call}:signal=SIGKILL:when={count}"))
    died = code != 0
    told = _acknowledged(words)
    if died:
        _code, rest = _complain(work, *told)
        assert rest[-1:] == ["DONE"], rest
    return died, list(_faults(work, told))


def _faults(folder: Path, acknowledged: list[str]) -> Iterator[str]:
    database = folder / "sapa.db"
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        states = dict(
            connection.execute("select external_id, state from inbox where channel = 'memory'").fetchall()
        )
        tickets = connection.execute("select count(*) from tickets").fetchone()[0]
    for message_id in {*acknowledged, *(f"m{no}" for no in range(len(LINES)))}:
        if states.get(message_id) != "done":
            yield f"{message_id} is {states.get(message_id)}"
    if tickets != 1:
        yield f"{tickets} tickets for one complaint"
    yield from broken_promises(database)


def main() -> int:
    """Every N of every call."""
    with tempfile.TemporaryDirectory(prefix="sapa-exact-") as folder:
        template = prepared(Path(folder) / "template")
        for call in CALLS:
            count = 0
            while True:
                count += 1
                died, faults = killed_at(template, Path(folder) / "work", call, count)
                print(f"\r{call} {count}", end="", file=sys.stderr, flush=True)
                if faults:
                    print(f"\nkilled at {call} {count}:", *faults, sep="\n  ", file=sys.stderr)
                    return 1
                if not died:
                    break
            print(file=sys.stderr)
            print(json.dumps({"faults": "exact", "call": call, "killed_at": count - 1, "broken_promises": 0}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
