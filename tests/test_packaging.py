"""What `scripts/run` installs is enough: nothing that only the tests bring along is needed."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
# sapa[postgres] and sapa[mailauth]
LAZY_EXTRAS = {"asyncpg", "authheaders", "dkim", "dns", "publicsuffix2", "spf"}


def installed_by_run() -> set[str]:
    """The distributions that come with `pip install sapa`, without its extras."""
    found: set[str] = set()

    def walk(name: str, extras: frozenset[str]) -> None:
        for line in requires(name) or ():
            needed = Requirement(line)
            environments = [{"extra": extra} for extra in (*extras, "")]
            if needed.marker is not None and not any(needed.marker.evaluate(e) for e in environments):
                continue
            key = canonicalize_name(needed.name)
            if key not in found or needed.extras:
                found.add(key)
                walk(needed.name, frozenset(needed.extras))

    walk("sapa", frozenset())
    return found


def imported() -> set[str]:
    """The third-party modules that the product names."""
    names: set[str] = set()
    for room in ("bot", "channels"):
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names.add(node.module.split(".")[0])
    return names - set(sys.stdlib_module_names) - {"bot", "channels"}


def test_everything_the_product_imports_is_a_dependency_of_it() -> None:
    have = installed_by_run()
    owners = packages_distributions()
    missing = {
        name
        for name in imported() - LAZY_EXTRAS
        if not have & {canonicalize_name(owner) for owner in owners.get(name, ())}
    }
    assert missing == set()


def test_sqlalchemy_comes_with_what_its_asyncio_part_needs() -> None:
    """A fresh clone could not start: greenlet came along with a test tool only."""
    assert "greenlet" in installed_by_run()


def test_the_walk_leaves_test_tools_out() -> None:
    assert not {"pytest", "playwright", "mypy"} & installed_by_run()
