"""Rules of a procedure: its steps are one path from first to last, and someone answers for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.sop.model import Does, Kind, Procedure, Step
from bot.sop.parts import Parts
from bot.sop.rules import clauses

WITH_TICKET = (
    Does.GREET,
    Does.LISTEN,
    Does.RESTATE,
    Does.COLLECT,
    Does.SUMMARISE,
    Does.TICKET,
    Does.FORWARD,
    Does.MORE,
    Does.CLOSE,
)
"""What a conversation that ends in a ticket does, in this order (E2, E6, E3, K2, E3, K4, K5, E9, E10)."""

WITHOUT_TICKET = (Does.GREET, Does.LISTEN, Does.ANSWER, Does.MORE, Does.CLOSE)
"""What a conversation without a ticket does, in this order."""


def check_procedures(parts: Parts) -> None:
    """Check each procedure, and that each kind of matter has exactly one."""
    procedures: Mapping[str, Procedure] = parts.of("procedures")
    for procedure in procedures.values():
        where = ("procedures", procedure.id)
        parts.known("kinds", procedure.kinds, where, "kinds")
        clauses(parts, where, procedure.clauses)
        _steps(parts, where, procedure.steps)
        _conversation(parts, procedure)
    if len(procedures) < len(parts.ids.get("procedures", ())):
        return  # a procedure with a fault may be the one that is missed below
    kind: Kind
    for kind in parts.of("kinds").values():
        handled = [procedure for procedure in procedures.values() if kind.id in procedure.kinds]
        if not handled:
            what = f"no procedure handles `{kind.id}`; name it in `kinds` of a procedure"
            parts.fault("kinds", kind.id, what)
        for extra in handled[1:]:
            what = f"`{kind.id}` is handled by `{handled[0].id}` already; keep it in one procedure"
            parts.fault("procedures", extra.id, what, "kinds", extra.kinds.index(kind.id))


def _steps(parts: Parts, where: tuple[str, str], steps: Sequence[Step]) -> None:
    position_of: dict[str, int] = {}
    for position, step in enumerate(steps):
        at = ("steps", position)
        if step.id in position_of:
            line = parts.line(*where, "steps", position_of[step.id])
            parts.fault(
                *where, f"the step `{step.id}` stands already in line {line}; give it another id", *at
            )
        position_of.setdefault(step.id, position)
    older: dict[str, str] = {}
    for position, step in enumerate(steps):
        at = ("steps", position)
        parts.known("roles", step.role, where, *at, "role")
        parts.known("fields", step.fields, where, *at, "fields")
        clauses(parts, where, step.clauses, *at)
        if step.next is not None and step.next not in position_of:
            known = ", ".join(position_of)
            parts.fault(*where, f"there is no step `{step.next}` here; known are: {known}", *at, "next")
        for moved in step.moved:
            if moved in position_of:
                what = f"`{moved}` is a step of today; `moved` names only ids that are gone"
                parts.fault(*where, what, *at, "moved")
            elif older.setdefault(moved, step.id) != step.id:
                parts.fault(*where, f"`{moved}` became `{older[moved]}` already", *at, "moved")
    _path(parts, where, steps, position_of)


def _path(
    parts: Parts, where: tuple[str, str], steps: Sequence[Step], position_of: Mapping[str, int]
) -> None:
    """From the first step every step is reached, once, and one of them is the last."""
    seen: dict[int, None] = {}
    position = 0
    while position not in seen:
        seen[position] = None
        following = steps[position].next
        if following is None:
            break
        if following not in position_of:
            return  # reported; what lies behind it cannot be judged
        if position_of[following] in seen:
            what = (
                f"`next: {following}` leads back to an earlier step, so the procedure never ends; "
                "the last step has no `next`"
            )
            parts.fault(*where, what, "steps", position, "next")
        position = position_of[following]
    for position, step in enumerate(steps):
        if position not in seen and position_of[step.id] == position:
            what = f"no step leads to `{step.id}`; name it as `next` of the step before, or remove it"
            parts.fault(*where, what, "steps", position)


def _conversation(parts: Parts, procedure: Procedure) -> None:
    where = ("procedures", procedure.id)
    person = [position for position, step in enumerate(procedure.steps) if step.does is Does.PERSON]
    if not procedure.kinds:
        for position, step in enumerate(procedure.steps):
            if step.does is not Does.PERSON:
                what = f"`{step.id}` talks with the customer in a procedure without kinds; use `does: person`"
                parts.fault(*where, what, "steps", position, "does")
        return
    talked = [
        (position, step) for position, step in enumerate(procedure.steps) if step.does is not Does.PERSON
    ]
    for position, step in talked:
        if person and position > person[0]:
            what = f"`{step.id}` talks with the customer after a person's step; put it before"
            parts.fault(*where, what, "steps", position, "does")
    kinds = parts.of("kinds")
    known = [kinds[kind] for kind in procedure.kinds if kind in kinds]
    needed = WITH_TICKET if not known or any(kind.ticket for kind in known) else WITHOUT_TICKET
    place: dict[Does, int] = {}
    for position, step in talked:
        if step.does in place:
            what = f"a second step that does `{step.does}`; a conversation does it once"
            parts.fault(*where, what, "steps", position, "does")
        place.setdefault(step.does, position)
    last = -1
    for does in needed:
        if does not in place:
            parts.fault(*where, f"a step that does `{does}` is missing; add it")
        elif place[does] < last:
            what = f"`{does}` comes too early; the order is {', '.join(needed)}"
            parts.fault(*where, what, "steps", place[does], "does")
        last = max(last, place.get(does, -1))
