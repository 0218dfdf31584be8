"""Which module takes a step of which kind. A step for a person has none: it is not of this conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.dialogue.draft import Draft
from bot.dialogue.steps import (
    answer,
    close,
    collect,
    forward,
    greet,
    listen,
    more,
    restate,
    summarise,
    ticket,
)
from bot.dialogue.steps.walk import Went
from bot.sop.model import Does

STEPS: Mapping[Does, Callable[[Draft], Went]] = {
    Does.GREET: greet.enter,
    Does.LISTEN: listen.enter,
    Does.RESTATE: restate.enter,
    Does.COLLECT: collect.enter,
    Does.SUMMARISE: summarise.enter,
    Does.TICKET: ticket.enter,
    Does.FORWARD: forward.enter,
    Does.ANSWER: answer.enter,
    Does.MORE: more.enter,
    Does.CLOSE: close.enter,
}
