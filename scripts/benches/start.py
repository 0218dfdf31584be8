"""Seconds from `sapa run` to the first answer of the bot, and the memory of the process at rest."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
SAPA = ROOT / ".venv" / "bin" / "sapa"
GOAL_S, GOAL_MB = 1.5, 90
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""As an installed program starts: with its modules compiled, whatever this shell says about that."""


TICKS = os.sysconf("SC_CLK_TCK")


def _first_answer(data: Path) -> tuple[float, float, float]:
    """(seconds until the bot's first answer could be read, seconds of CPU that the process used for it, MB of
    the process one second later)."""
    began = time.perf_counter()
    command = [
        str(SAPA),
        "run",
        "--data",
        str(data),
        "--web-port",
        "0",
        "--smtp-port",
        "0",
        "--ready-file",
        str(data / "ready"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=ENVIRONMENT)
    try:
        ready = data / "ready"
        while not ready.exists():
            if process.poll() is not None:
                raise SystemExit(
                    f"sapa run ended: {process.stderr.read().decode() if process.stderr else ''}"
                )
            time.sleep(0.005)
        web = json.loads(ready.read_text())["web"]
        with httpx.Client(base_url=web, timeout=10, headers={"Origin": web}) as client:
            client.get("/chat").raise_for_status()
            client.post(
                "/chat/messages", json={"client_msg_id": str(uuid.uuid4()), "text": "selamat siang"}
            ).raise_for_status()
            while not any(
                item["author"] == "bot" for item in client.get("/chat/items?after=0&wait=5").json()["items"]
            ):
                pass
        seconds = time.perf_counter() - began
        used = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        cpu = (int(used[11]) + int(used[12])) / TICKS
        time.sleep(1)
        status = Path(f"/proc/{process.pid}/status").read_text()
        rss = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        return seconds, cpu, rss / 1024
    finally:
        process.terminate()
        process.wait(20)


def main(argv: list[str]) -> int:
    """Print the figures; `argv` may hold the number of starts."""
    times = int(argv[0]) if argv else 5
    runs = []
    for _ in range(times + 1):
        with tempfile.TemporaryDirectory() as folder:
            runs.append(_first_answer(Path(folder)))
    runs = runs[1:]  # the first one reads the disk
    seconds, cpu, megabytes = (statistics.median(run[n] for run in runs) for n in range(3))
    print(
        json.dumps(
            {
                "bench": "start",
                "first_answer_s": round(seconds, 3),
                "goal_s": GOAL_S,
                "cpu_s": round(cpu, 3),
                "rest_mb": round(megabytes, 1),
                "goal_mb": GOAL_MB,
                "runs": times,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
