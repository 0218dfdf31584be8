"""`sapa run` as an operator uses it: starting, refusing, stopping."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import uuid
from pathlib import Path

import httpx
import pytest

from tests.faults.house import House

SAPA = str(Path(sys.executable).with_name("sapa"))


def test_a_second_run_on_the_same_folder_is_refused_with_what_to_do(house: House) -> None:
    done = subprocess.run(
        [SAPA, "run", "--data", str(house.data)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "Another `sapa run`" in done.stderr
    assert "--data" in done.stderr


def test_health_names_every_part_and_metrics_can_be_read_by_prometheus(house: House) -> None:
    with httpx.Client(base_url=house.web, timeout=10) as client:
        health = client.get("/health")
        assert health.status_code == 200
        assert {"store", "web", "smtp", "turns", "outbox", "timers"} <= health.json()["parts"].keys()
        assert all(part["ok"] for part in health.json()["parts"].values())
        assert 'sapa_up{part="turns"} 1.0' in client.get("/metrics").text


def test_what_was_accepted_before_sigterm_is_answered_by_the_next_start(tmp_path: Path) -> None:
    house = House(tmp_path / "data")
    house.start()
    with httpx.Client(base_url=house.web, headers={"Origin": house.web}, timeout=10) as client:
        client.get("/chat")
        for no in range(10):
            sent = client.post(
                "/chat/messages", json={"client_msg_id": str(uuid.uuid4()), "text": f"halo {no}"}
            )
            assert sent.status_code == 200
        assert house.stop() == 0
        house.start()
        items = client.get("/chat/items?after=0&wait=5").json()["items"]
    assert house.stop() == 0
    assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
    assert sum(item["author"] == "customer" for item in items) == 10
    with sqlite3.connect(house.database) as connection:
        states = connection.execute("select distinct state from inbox").fetchall()
    assert states == [("done",)]


def test_logs_carry_ids_and_no_texts(tmp_path: Path) -> None:
    house = House(tmp_path / "data")
    house.start()
    secret = "rahasia-" + uuid.uuid4().hex
    with httpx.Client(base_url=house.web, headers={"Origin": house.web}, timeout=10) as client:
        client.get("/chat")
        client.post(
            "/chat/messages", json={"client_msg_id": str(uuid.uuid4()), "text": f"nama saya {secret}"}
        )
        client.get("/chat/items?after=1&wait=3")
    assert house.stop() == 0
    log = house.log.read_text()
    assert secret not in log
    assert (house.data / "secret").read_bytes().hex() not in log
    assert json.loads(next(line for line in log.splitlines() if line.startswith("{")))["event"] == "up"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["run", "--only", "web,kitchen"], "kitchen"),
        (["run", "--pack", "nowhere"], "No SOP pack"),
        (["quarantine", "list", "--data", "nowhere"], "No database"),
        (["chat", "--script", "nowhere.yaml"], "No script"),
    ],
)
def test_wrong_use_says_what_is_wrong(arguments: list[str], word: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [SAPA, *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert done.returncode in (1, 2)
    assert word in done.stderr
    assert "Traceback" not in done.stderr
