"""A real `sapa run` as a process of its own, that can be killed and started again on the same data folder."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


QUICK = {"SAPA_WEB__PER_VISITOR": "1000", "SAPA_WEB__PER_ADDRESS": "1000", "SAPA_MAIL__QUIET": "0"}
"""The test's customers all write from one address, and faster than people; a mail is answered at once."""


def porches(of: int) -> list[int]:
    """The numbers of the porches that this process has started."""
    found: list[int] = []
    for each in Path("/proc").glob("[0-9]*/status"):
        try:
            theirs = f"PPid:\t{of}\n" in each.read_text()
            if theirs and b"bot.porch.process" in each.with_name("cmdline").read_bytes():
                found.append(int(each.parent.name))
        except OSError:  # it has just ended
            continue
    return found


class House:
    """`sapa run` on `data`, always on the same ports."""

    def __init__(self, data: Path, *, under: tuple[str, ...] = (), env: dict[str, str] | None = None) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        self.web_port, self.smtp_port = free_port(), free_port()
        self.web = f"http://127.0.0.1:{self.web_port}"
        self.log = data.with_suffix(".log")
        self._under = under
        self._env = env or {}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = 180) -> None:
        """Start it and wait until it is ready; its log grows from start to start."""
        ready = self.data / "ready"
        ready.unlink(missing_ok=True)
        sapa = Path(sys.executable).with_name("sapa")
        command = [*self._under, str(sapa), "run", "--data", str(self.data)]
        command += [
            "--web-port",
            str(self.web_port),
            "--smtp-port",
            str(self.smtp_port),
            "--ready-file",
            str(ready),
        ]
        with self.log.open("ab") as log:
            env = {**os.environ, **QUICK, **self._env}
            env.pop("PYTHONDONTWRITEBYTECODE", None)  # a start is to find its modules compiled
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=env)
        until = time.monotonic() + seconds
        while not ready.exists():
            ended = self.process.poll()
            if ended is not None or time.monotonic() > until:
                why = f"not ready after {seconds:.0f} s" if ended is None else f"ended with {ended}"
                told = self.log.read_text()[-4000:]
                raise AssertionError(f"sapa run did not start, {why}; its log:\n{told}")
            time.sleep(0.01)
        addresses = json.loads(ready.read_text())
        assert addresses["web"] == self.web, addresses

    def kill(self) -> None:
        """SIGKILL, as the power cut of a process."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @property
    def porch(self) -> int:
        """The number of its porch's process; 0 while there is none."""
        assert self.process is not None
        return next(iter(porches(self.process.pid)), 0)

    @property
    def acknowledged(self) -> int:
        """How many webhooks stand in the porch's book."""
        path = self.data / "porch.db"
        if not path.exists():
            return 0
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return int(connection.execute("select count(*) from calls").fetchone()[0])

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM and wait; the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(seconds)

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self.data / "sapa.db"
