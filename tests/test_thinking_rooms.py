"""Thinking rooms know no clock, no I/O and no randomness: what was decided once is decided so again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

BOT = Path(__file__).resolve().parent.parent / "bot"
ROOMS = ("sop", "understanding", "dialogue", "tickets")
FILES = sorted(file for room in ROOMS for file in (BOT / room).rglob("*.py"))

ACTING = """
    asyncio http io multiprocessing os pathlib random secrets shutil signal socket sqlite3 ssl subprocess
    tempfile threading time urllib uuid httpx structlog logging
"""
CALLS = {
    "open",
    "print",
    "input",
    "exec",
    "eval",
    "datetime.now",
    "datetime.utcnow",
    "date.today",
    "datetime.today",
}


def _acts(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.split(".")[0] in ACTING.split())
            case ast.ImportFrom(module=str(module), level=0) if module.split(".")[0] in ACTING.split():
                yield module
            case ast.Call(func=func) if ast.unparse(func) in CALLS:
                yield f"{ast.unparse(func)}() in line {node.lineno}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(BOT)))
def test_a_thinking_room_only_thinks(file: Path) -> None:
    assert list(_acts(ast.parse(file.read_text(encoding="utf-8")))) == []


def test_the_check_would_find_a_clock() -> None:
    assert list(_acts(ast.parse("import time\nfrom datetime import datetime\nx = datetime.now()"))) == [
        "time",
        "datetime.now() in line 3",
    ]
