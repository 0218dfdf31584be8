"""One complaint from the first word to the ticket, step by step, in a process that may be killed anywhere.

`python -m tests.faults.one_complaint FOLDER` writes `SEND id` before it gives a message to `accept` and
`ACK id` right after it returned: what a provider would be told. Ids that are named as further arguments were
acknowledged in an earlier life and are not sent again. `DONE` comes last.

`--serve` waits for such wishes on its standard input and forks for each: to start Python and load Sapa takes
ten times as long as the complaint itself.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import NoReturn

from bot.house import open_house
from bot.settings import Settings
from channels.memory import Memory

LINES = (
    "siang, saya beli 2 dus minyak goreng Sari Murni 1 liter kemarin, yang datang cuma 1, INV-2611-0457",
    "betul",
    "saya Budi, hp 0812-3344-5566, email budi@toko.example",
    "tidak ada",
    "tidak ada",
    "betul",
    "tidak ada, terima kasih",
)


def _tell(word: str) -> None:
    os.write(1, f"{word}\n".encode())


async def complain(folder: Path, acknowledged: frozenset[str]) -> None:
    """Give each line to the house and let it do all that follows."""
    memory = Memory()
    settings = Settings(data=folder)
    async with open_house(settings, lambda _ground: {Memory.name: memory}) as house:
        await house.turns.run_once()
        await house.outbox.run_once()
        for no, line in enumerate(LINES):
            message_id = f"m{no}"
            if message_id not in acknowledged:
                _tell(f"SEND {message_id}")
                await house.inbox.accept([memory.message("budi", line, external_id=message_id)])
                _tell(f"ACK {message_id}")
            await house.turns.run_once()
            await house.outbox.run_once()
    _tell("DONE")


PR_SET_PTRACER, ANYBODY = 0x59616D61, ctypes.c_ulong(-1)


def serve() -> None:
    """A JSON line in (`folder`, `acknowledged`, `inject`: strace's words or null), one out (`code`, `words`).

    A rehearsal comes first: what is loaded and compiled with the first complaint is there for all children.
    """
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("wb") as nowhere:
        out = os.dup(1)
        os.dup2(nowhere.fileno(), 1)
        asyncio.run(complain(Path(folder), frozenset()))
        os.dup2(out, 1)
        os.close(out)
    alone = len(list(Path("/proc/self/task").iterdir())) == 1
    assert alone, "a thread of the rehearsal is still there, and no child would have it"
    gc.freeze()
    for line in sys.stdin:
        wish = json.loads(line)
        code, words = _forked(Path(wish["folder"]), frozenset(wish["acknowledged"]), wish["inject"])
        print(json.dumps({"code": code, "words": words}), flush=True)


def _forked(folder: Path, acknowledged: frozenset[str], inject: str | None) -> tuple[int, list[str]]:
    told, tell = os.pipe()
    wait, begin = os.pipe()
    child = os.fork()
    if child == 0:
        _live(folder, acknowledged, tell, wait)
    os.close(tell)
    os.close(wait)
    tracer = _trace(child, inject) if inject is not None else None
    os.write(begin, b"!")
    os.close(begin)
    with os.fdopen(told, "rb") as words:
        said = words.read().decode().split("\n")[:-1]
    _pid, status = os.waitpid(child, 0)
    if tracer is not None:
        tracer.wait(60)
    return os.waitstatus_to_exitcode(status), said


def _live(folder: Path, acknowledged: frozenset[str], tell: int, wait: int) -> NoReturn:
    """The child: complains once it may begin, and ends without the parent's clean-up."""
    code = 1
    try:
        os.dup2(tell, 1)
        ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYBODY, 0, 0, 0)  # strace is no parent of ours
        os.read(wait, 1)
        asyncio.run(complain(folder, acknowledged))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _trace(child: int, inject: str) -> subprocess.Popen[bytes]:
    """strace on the waiting child, once it has taken hold."""
    call = inject.partition(":")[0]
    command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={inject}"]
    tracer = subprocess.Popen([*command, "-p", str(child)])
    while "TracerPid:\t0\n" in Path(f"/proc/{child}/status").read_text():
        if tracer.poll() is not None:
            raise RuntimeError("strace could not take hold of its process; is ptrace forbidden here?")
        time.sleep(0.002)
    return tracer


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        asyncio.run(complain(Path(sys.argv[1]), frozenset(sys.argv[2:])))
