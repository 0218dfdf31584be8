"""Templates: what may be said when 24 hours have passed since the customer's last message.

Three are known by role. `update` carries our text as its one variable, `reply` says that there is news and
asks for an answer, `ticket` tells name and number of a ticket that was taken down. Each is approved by Meta
under a name, once for each language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

UPDATE, REPLY, TICKET = "update", "reply", "ticket"
VARIABLES = {UPDATE: 1, REPLY: 0, TICKET: 2}
"""How many variables the body of each has."""
LONGEST_VARIABLE = 900
"""Characters of our text in a template: the whole body ends at 1,024."""

_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
_ENDS = (".", ",", ";", ":", "!", "?", "…", ")")


@dataclass(frozen=True, slots=True)
class Template:
    """An approved template in one language."""

    name: str
    language: str

    def payload(self, variables: Sequence[str] = ()) -> dict[str, Any]:
        """As the API wants it."""
        made: dict[str, Any] = {"name": self.name, "language": {"code": self.language}}
        if variables:
            parameters = [{"type": "text", "text": each} for each in variables]
            made["components"] = [{"type": "body", "parameters": parameters}]
        return made


@dataclass(frozen=True, slots=True)
class Templates:
    """The approved ones: role -> language -> template. `default` is the language where another has none."""

    by_role: Mapping[str, Mapping[str, Template]] = field(default_factory=dict)
    default: str = "id"

    def find(self, role: str, language: str) -> Template | None:
        """The template of a role, in the language if there is one, else in another; None: none is set."""
        known = self.by_role.get(role, {})
        return known.get(language) or known.get(self.default) or next(iter(known.values()), None)


def one_line(text: str) -> str:
    """The text as a variable may be: no line breaks, no tabs, never two spaces. Lines that do not end in a
    mark are parted by one."""
    lines = [each for each in _LINES.split(_SPACES.sub(" ", text).strip()) if each]
    joined = ""
    for line in lines:
        if joined:
            joined += " " if joined.endswith(_ENDS) else "; "
        joined += line
    return " ".join(joined.split())


def fits(text: str) -> bool:
    """Whether a text may stand in the template `update`, made one line."""
    return 0 < len(one_line(text)) <= LONGEST_VARIABLE
