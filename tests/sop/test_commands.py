"""What the maintainer types: `sapa sop check`, `sapa sop show`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.packs import BUILT_IN


def sapa(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from bot.cli import main; main()", "sop", *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


@pytest.mark.sop("K1", "W2")
def test_a_step_without_a_role_is_a_configuration_error(tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    shutil.copytree(BUILT_IN, pack)
    assert sapa("check", str(pack)).returncode == 0
    complaint = pack / "procedures" / "complaint.yaml"
    text = complaint.read_text(encoding="utf-8")
    line = text[: text.index("role: department_head")].count("\n") + 1
    complaint.write_text(text.replace("role: department_head", "role: nobody", 1), encoding="utf-8")
    (pack / "hours.yaml").write_text("hours: {}\n", encoding="utf-8")
    done = sapa("check", str(pack))
    assert done.returncode == 1
    assert f"procedures/complaint.yaml:{line}: `nobody` is not among the roles" in done.stderr
    assert "hours.yaml:1: " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_not_there_is_told_without_a_traceback(tmp_path: Path) -> None:
    done = sapa("check", str(tmp_path / "nowhere"))
    assert done.returncode != 0
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.sop("W5")
@pytest.mark.parametrize(
    ("language", "words"),
    [("id", ("Riwayat revisi", "Pengesahan")), ("en", ("Revision history", "Approval"))],
)
def test_the_pack_is_shown_as_a_document(language: str, words: tuple[str, ...]) -> None:
    done = sapa("show", "--language", language)
    assert done.returncode == 0
    for word in ("SOP-CS-001", *words):
        assert word in done.stdout
