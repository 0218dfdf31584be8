"""YAML as a head of customer service writes it: every scalar stays the text it is, every line is known.

YAML 1.1 reads `no` as false, `on` as true, `08:00` as 480 and `0457` as 303. Here each scalar stays text and
only the model decides what it is, so that none of these surprises exists. Duplicate keys, anchors and tags
are faults: a reader of the file would not see what they do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from bot.sop.faults import Fault

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"
Loc: TypeAlias = tuple[str | int, ...]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map", "merge", "value")
)
"""What a value without a written tag can have."""

_EMPTY = frozenset({"", "~", "null"})


@dataclass(slots=True)
class Page:
    """One file of the pack: its plain values, and the way back from a value to its line."""

    path: str
    value: Plain = None
    root: yaml.Node | None = None
    faults: list[Fault] = field(default_factory=list)

    def line(self, loc: Loc) -> int:
        """The line (from 1) of what stands at `loc`, or of the nearest thing around it that does exist."""
        node, line = self.root, 1
        for part in loc:
            if isinstance(node, yaml.MappingNode):
                found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
                if found is None:
                    continue
                line, node = found[0].start_mark.line + 1, found[1]
            elif isinstance(node, yaml.SequenceNode):
                if not isinstance(part, int) or part >= len(node.value):
                    continue
                node = node.value[part]
                line = node.start_mark.line + 1
            else:
                break
        return line


def read(path: str, text: str) -> Page:
    """Read one file. Never raises on any text: what cannot be read is a fault of the page."""
    page = Page(path)
    try:
        page.root = yaml.compose(text, Loader=_LOADER)
        if page.root is None:
            page.faults.append(Fault(path, 1, "the file is empty; fill it or remove it"))
            return page
        page.value = _plain(page, page.root, set())
    except RecursionError:
        page.faults.append(Fault(path, 1, "nested too deeply; write it with fewer levels"))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        what = f"not readable as YAML ({said}); check indentation, colons and quotes here"
        page.faults.append(Fault(path, mark.line + 1 if mark else 1, what))
    except (yaml.YAMLError, UnicodeError) as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        page.faults.append(Fault(path, line, "a character that may not stand in a YAML file; remove it"))
    return page


def _plain(page: Page, node: yaml.Node, seen: set[int]) -> Plain:
    if id(node) in seen:
        page.faults.append(
            _at(page, node, "anchors and aliases (& and *) are not used in a pack; write it out")
        )
        return None
    if node.tag not in _TAGS:
        page.faults.append(_at(page, node, f"the tag {node.tag} is not used in a pack; remove it"))
    if isinstance(node, yaml.ScalarNode):
        # An alias of a scalar does no harm and small nodes' ids need not be remembered.
        return None if not node.style and node.value.lower() in _EMPTY else node.value
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(page, item, seen) for item in node.value]
    values: dict[str, Plain] = {}
    lines: dict[str, int] = {}
    for key, item in node.value:
        if not isinstance(key, yaml.ScalarNode):
            page.faults.append(_at(page, key, "a key must be a single word or text"))
            continue
        name = key.value
        if name in values:
            what = f"`{name}` stands here twice (first in line {lines[name]}); keep one"
            page.faults.append(_at(page, key, what))
            continue
        lines[name] = key.start_mark.line + 1
        values[name] = _plain(page, item, seen)
    return values


def _at(page: Page, node: yaml.Node, what: str) -> Fault:
    return Fault(page.path, node.start_mark.line + 1, what)
