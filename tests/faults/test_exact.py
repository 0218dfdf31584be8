"""Killed at the N-th system call of a complaint: what was acknowledged is there once, nothing by half."""

from __future__ import annotations

import re
import shutil
import signal
import smtplib
import subprocess
import sys
import uuid
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.conftest import needs
from tests.faults.exact import Complainer, prepared
from tests.faults.house import House


@pytest.fixture(scope="session", autouse=True)
def strace() -> None:
    needs("strace", shutil.which("strace") is not None)


@pytest.fixture(scope="session")
def complainer() -> Iterator[Complainer]:
    with Complainer() as ready:
        yield ready


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(tmp_path_factory.mktemp("exact") / "template")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(2))
def test_killed_at_every_fdatasync_of_a_complaint(
    part: int, complainer: Complainer, template: Path, tmp_path: Path
) -> None:
    count, died = part + 1, True
    while died:
        died, faults = complainer.killed_at(template, tmp_path / "work", "fdatasync", count)
        assert not faults, f"killed at fdatasync {count}: {faults}"
        count += 2
    assert count > 20, "the complaint ended after fewer syncs than it has messages to keep"


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, 29, 71, 127, 181, 241, 307, 383, 461, 541])
def test_killed_at_a_write_of_a_complaint(
    count: int, complainer: Complainer, template: Path, tmp_path: Path
) -> None:
    died, faults = complainer.killed_at(template, tmp_path / "work", "pwrite64", count)
    assert died
    assert not faults


def test_every_message_is_synced_to_the_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-qq", "-s", "40", "-e", "trace=fdatasync,write", "-o", str(trace)]
    command += [sys.executable, "-m", "tests.faults.one_complaint", str(tmp_path / "data")]
    assert subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 0
    marks = re.findall(r'write\(1, "(SEND|ACK) (m\d)|(fdatasync)\(\d+\) += 0', trace.read_text())
    synced: dict[str, int] = {}
    asked = ""
    for word, message_id, sync in marks:
        if word == "SEND":
            asked, synced[message_id] = message_id, 0
        elif word == "ACK":
            assert synced[message_id] >= 1, f"{message_id} was acknowledged before it was on the disk"
            asked = ""
        elif sync and asked:
            synced[asked] += 1
    assert len(synced) >= 5


def test_the_web_chat_and_smtp_answer_only_after_the_sync(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    under = ("strace", "-f", "-qq", "-s", "4000", "-e", "trace=fdatasync,recvfrom,sendto", "-o", str(trace))
    house = House(tmp_path / "data", under=under)
    house.start()
    key, subject = str(uuid.uuid4()), f"Keluhan {uuid.uuid4()}"
    with httpx.Client(base_url=house.web, headers={"Origin": house.web}, timeout=30) as client:
        client.get("/chat")
        sent = client.post("/chat/messages", json={"client_msg_id": key, "text": "halo"})
        assert sent.status_code == 200
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "budi@toko.example", "support@localhost", subject
    mail.set_content("minyak datang kurang")
    with smtplib.SMTP("127.0.0.1", house.smtp_port, timeout=30) as smtp:
        smtp.send_message(mail)
    assert house.process is not None
    subprocess.run(
        ["pkill", "-TERM", "-P", str(house.process.pid)], check=True
    )  # strace's child: sapa itself
    assert house.process.wait(30) in (0, -signal.SIGTERM)
    lines = trace.read_text(errors="replace").splitlines()
    assert _synced_between(lines, key, '"client_msg_id\\":\\"' + key)
    assert _synced_between(lines, subject, "250 2.0.0 Stored")


def _synced_between(lines: list[str], came: str, answer: str) -> bool:
    """Whether an fdatasync ended after `came` was received and before `answer` was sent."""
    first = next(
        at for at, line in enumerate(lines) if came in line and ("recvfrom" in line or "resumed" in line)
    )
    last = next(at for at, line in enumerate(lines) if at > first and answer in line and "sendto" in line)
    return any("fdatasync" in line and line.rstrip().endswith("= 0") for line in lines[first:last])
