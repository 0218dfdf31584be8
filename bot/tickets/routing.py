"""Where a ticket goes (K5): the first rule of the pack that matches, and nothing else, decides."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bot.sop.model import Sop


@dataclass(frozen=True, slots=True)
class Routed:
    """The department responsible, those that get a copy, and the clauses that say so (`K5, C4`)."""

    department: str
    also: tuple[str, ...] = ()
    clause: str = ""


def route(sop: Sop, kind: str, class_: str, principals: Collection[str], urgent: bool) -> Routed:
    """The department for a matter of `kind` and `class_` ("" when the kind has none).

    `principals` are those of the goods concerned; `urgent` is what the customer's words or the class made it.
    Raises `LookupError` when no rule matches, which the pack's check makes impossible for its own ids.
    """
    for rule in sop.routing:
        if rule.matches(kind, class_, principals, urgent):
            return Routed(rule.to, rule.also, ", ".join(rule.clauses))
    raise LookupError(f"No routing rule for kind {kind!r}, class {class_!r}.")
