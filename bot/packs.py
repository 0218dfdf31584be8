"""Reads a pack's files and has them checked: the only place where the SOP touches a disk."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from bot.errors import NotFound
from bot.sop.check import Fault, Faults, check
from bot.sop.model import Sop

BUILT_IN = Path(__file__).parent / "sop" / "packs" / "distributor"
"""The pack that comes with Sapa."""


def load(path: Path | None = None) -> Sop:
    """The checked pack in the folder `path`, the built-in one for None. Read once per process and folder.

    Raises `NotFound` when there is no such folder, `Faults` with all faults when the pack is not sound.
    """
    return _load((path or BUILT_IN).resolve())


def read(folder: Path) -> dict[str, str]:
    """The texts of a pack's YAML files by path within the pack, with `/` on every system.

    Raises `NotFound` without a folder, `Faults` when a file cannot be read or is not UTF-8.
    """
    if not folder.is_dir():
        raise NotFound(f"No SOP pack folder {folder}.")
    files: dict[str, str] = {}
    faults: list[Fault] = []
    for file in sorted(folder.rglob("*.yaml")):
        name = file.relative_to(folder).as_posix()
        try:
            content = file.read_bytes()
            files[name] = content.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            faults.append(Fault(name, line, "not UTF-8 text; save the file as UTF-8"))
        except OSError as error:
            faults.append(Fault(name, 1, f"cannot be read: {error.strerror}; check the file's permissions"))
    if faults:
        raise Faults(faults)
    return files


@lru_cache(maxsize=8)
def _load(folder: Path) -> Sop:
    return check(read(folder))
