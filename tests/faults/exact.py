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
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.faults.one_complaint import LINES
from tests.faults.promises import broken_promises

CALLS = ("fdatasync", "pwrite64")


class Complainer:
    """Processes that complain once each, forked from one that has loaded Sapa (see `one_complaint`)."""

    def __enter__(self) -> Complainer:
        """Start it."""
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.one_complaint", "--serve"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.stdout.close()
        self._server.wait(60)

    def complain(
        self, folder: Path, acknowledged: Sequence[str] = (), inject: str | None = None
    ) -> tuple[int, list[str]]:
        """The exit code of the process (negative: the signal that killed it), and the words it told."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        wish = {"folder": str(folder), "acknowledged": list(acknowledged), "inject": inject}
        self._server.stdin.write(json.dumps(wish) + "\n")
        self._server.stdin.flush()
        answer = json.loads(self._server.stdout.readline())
        assert answer["code"] <= 0, "the complaint failed by itself; its traceback is on standard error"
        return answer["code"], answer["words"]

    def killed_at(self, template: Path, work: Path, call: str, count: int) -> tuple[bool, list[str]]:
        """Whether a process died at its `count`-th `call`, and every promise that was then broken."""
        shutil.rmtree(work, ignore_errors=True)
        shutil.copytree(template, work)
        code, words = self.complain(work, inject=f"{call}:signal=SIGKILL:when={count}")
        told = [word.removeprefix("ACK ") for word in words if word.startswith("ACK ")]
        if code != 0:
            _code, rest = self.complain(work, told)
            assert rest[-1:] == ["DONE"], rest
        return code != 0, list(_faults(work, told))


def prepared(folder: Path) -> Path:
    """A data folder with its schema made, to start each trial from."""
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
    with tempfile.TemporaryDirectory(prefix="sapa-exact-") as folder, Complainer() as complainer:
        template = prepared(Path(folder) / "template")
        for call in CALLS:
            count = 0
            while True:
                count += 1
                died, faults = complainer.killed_at(template, Path(folder) / "work", call, count)
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
