"""Walking the steps: from where the talk stands, as far as it goes without the customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, auto

from bot.dialogue.draft import Draft
from bot.dialogue.events import StepReached
from bot.sop.model import Does, Step

LONGEST = 60
"""More steps than this without waiting means a pack that turns in circles."""


class Went(Enum):
    """What became of a step: done (the next one follows), moved (it chose where to go), or it waits."""

    DONE = auto()
    MOVED = auto()
    WAITS = auto()


def go(d: Draft, step: Step, procedure: str = "") -> None:
    """Stand on `step`."""
    procedure = procedure or d.talk.procedure
    if (procedure, step.id) != (d.talk.procedure, d.talk.step):
        d.note(StepReached(procedure=procedure, step=step.id))


def go_to(d: Draft, does: Does, procedure: str = "") -> bool:
    """Stand on the first step of that kind in the procedure; False when it has none."""
    procedure = procedure or d.talk.procedure
    for step in d.sop.procedures[procedure].steps:
        if step.does is does:
            go(d, step, procedure)
            return True
    return False


def walk(d: Draft, steps: Mapping[Does, Callable[[Draft], Went]]) -> None:
    """Take steps until one waits for the customer or the talk is closed."""
    for _ in range(LONGEST):
        if d.talk.closed or d.asked_now:
            return
        step = d.step()
        enter = steps.get(step.does)
        if enter is None:  # a person's step: this conversation has done its part
            return
        went = enter(d)
        if went is Went.WAITS:
            return
        if went is Went.DONE:
            step = d.step()  # it may have gone over to another procedure
            if step.next is None:
                return
            go(d, next(s for s in d.sop.procedures[d.talk.procedure].steps if s.id == step.next))
