"""`sapa chat` as a person at a terminal, and scripts that say where a talk differs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SAPA = str(Path(sys.executable).with_name("sapa"))


def _chat(*arguments: str, lines: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SAPA, "chat", *arguments], input=lines, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_piped_talk_is_answered_before_it_ends() -> None:
    done = _chat(lines="selamat pagi\nminyak yang datang cuma 1 dus dari 2 dus\n")
    assert done.returncode == 0
    assert "Sapa, asisten virtual" in done.stdout
    assert "2 dus" in done.stdout.split("asisten virtual")[1]


def test_a_talk_that_is_kept_goes_on_where_it_was(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    _chat("--data", data, lines="minyak Sari Murni 1 L yang datang cuma 1 dus dari 2 dus, INV-2611-0457\n")
    done = _chat("--data", data, lines="betul\n")
    assert "asisten virtual" not in done.stdout, "greeted twice on one day"
    assert "nama" in done.stdout


def test_a_script_says_where_the_talk_differs(tmp_path: Path) -> None:
    script = tmp_path / "talk.yaml"
    script.write_text("name: x\nsteps:\n  - customer: selamat pagi\n  - sapa: [asisten virtual, ular naga]\n")
    done = _chat("--script", str(script))
    assert done.returncode == 1
    assert "ular naga" in done.stderr
    assert done.stderr.count("DIFFERS") == 1


def test_a_script_that_is_none_is_said_so(tmp_path: Path) -> None:
    script = tmp_path / "talk.yaml"
    for text in ("steps: [", "- a list", "steps: {}", "steps: [{dance: tango}]", "steps: [3]", "\x00"):
        script.write_text(text)
        done = _chat("--script", str(script))
        assert done.returncode == 1, text
        assert "cannot be played" in done.stderr, text
        assert "Traceback" not in done.stderr, text


def test_a_talk_as_by_sms_is_short_and_says_what_it_costs() -> None:
    done = _chat("--as", "sms", lines="minyak Sari Murni 1 L kurang 1 dus, INV-2611-0457\n")
    assert "Saya Sapa, bot" in done.stdout
    assert "SMS" in done.stdout


def test_a_script_can_be_played_on_another_channel(tmp_path: Path) -> None:
    script = tmp_path / "talk.yaml"
    script.write_text('name: x\nsteps:\n  - customer: selamat pagi\n  - sapa: ["Sapa, bot"]\n')
    assert _chat("--script", str(script), "--as", "sms").returncode == 0
    assert _chat("--script", str(script)).returncode == 1


def test_a_channel_that_there_is_not_is_said_so() -> None:
    for channel in ("fax", "email"):
        done = _chat("--as", channel)
        assert done.returncode == 2
        assert "no such channel" in done.stderr
