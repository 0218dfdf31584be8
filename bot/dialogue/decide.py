"""The engine: one input in, one turn out. Pure: no clock, no I/O, no randomness."""

from __future__ import annotations

import re
from datetime import datetime
from typing import assert_never

from bot.dialogue import answers, colleagues, files, interrupts, silence, status
from bot.dialogue import events as e
from bot.dialogue.absorb import absorb
from bot.dialogue.afterword import afterword, is_afterword
from bot.dialogue.draft import Draft, find_step
from bot.dialogue.gain import Gain
from bot.dialogue.steps.table import STEPS
from bot.dialogue.steps.walk import go_to, walk
from bot.dialogue.talk import BOT, NOBODY, Talk
from bot.dialogue.turn import (
    CameBack,
    CodeChecked,
    Due,
    FileCame,
    FileLost,
    Found,
    HandedBack,
    Input,
    Said,
    Say,
    TookOver,
    Turn,
    Wrote,
)
from bot.sop.model import Does, Sop

_WITH_BOT = re.compile(
    r"\b(bot|sapa|robot)\b.*\b(saja|aja|dulu|lanjut)\b|\b(lanjut|teruskan)\b.*\b(bot|sapa)\b"
    r"|\b(continue|go on|carry on)\b.*\b(bot|sapa)\b",
    re.IGNORECASE,
)
"""Words by which a customer who waits for a person goes on with the bot instead."""
_GREETS = ("greet_", "salam_", "introduce")
"""Phrases that open a letter, before anything else is said."""


def decide(talk: Talk, input_: Input, now: datetime, sop: Sop) -> Turn:
    """All that follows from one input. Raises `ValueError` when the customer writes into a closed talk more
    than thanks: the next message begins a new conversation."""
    if talk.closed:
        if isinstance(input_, Said) and is_afterword(talk, input_, now):
            return afterword(talk, input_, now, sop)
        if isinstance(input_, Said) and not input_.only_on_record:
            raise ValueError("this conversation is closed; begin a new one")
        if not isinstance(input_, Said | FileCame | FileLost):  # files that were on their way are on record
            return Turn()
    d = Draft(talk, now, sop)
    _follow_pack(d)
    match input_:
        case Said():
            _said(d, input_)
        case Due():
            if silence.came_due(d, input_.timer):
                walk(d, STEPS)
        case TookOver():
            colleagues.took_over(d, input_)
        case Wrote():
            colleagues.wrote(d, input_)
        case HandedBack():
            colleagues.handed_back(d, input_)
            walk(d, STEPS)
        case CameBack():
            d.note(
                e.LetterCameBack(
                    to=input_.to, cause=input_.cause, reason=input_.reason, department=input_.department
                )
            )
            d.quiet = True
        case FileCame():
            files.came(d, input_)
        case FileLost():
            files.lost(d, input_)
        case Found():
            status.found(d, input_)
            walk(d, STEPS)
        case CodeChecked():
            status.code_checked(d, input_)
            walk(d, STEPS)
        case _:
            assert_never(input_)
    return d.turn()


def _follow_pack(d: Draft) -> None:
    """A talk that began under an older pack finds its step in the pack in use."""
    if d.talk.pack == d.sop.hash:
        return
    procedure = d.talk.procedure if d.talk.procedure in d.sop.procedures else next(iter(d.sop.procedures))
    step = find_step(d.sop, procedure, d.talk.step)
    d.note(e.PackChanged(pack=d.sop.hash, procedure=procedure, step=step.id))


def _said(d: Draft, said: Said) -> None:
    d.note(
        e.CustomerSaid(
            at=d.now,
            texts=tuple(h.text for h in said.heard),
            files=said.files,
            inputs=said.inputs,
            subject=said.subject,
            kinds=tuple(aside.kind for aside in said.asides),
            command=said.command,
            pressed=said.pressed,
            stale=said.stale,
        )
    )
    for part in said.parts:
        files.later_part(d, part)
    if said.only_on_record:
        d.quiet = True  # nothing to answer
        return
    gain = absorb(d, said)
    if d.talk.owner == NOBODY and (gain.chosen == "bot" or _WITH_BOT.search(gain.text)):
        interrupts.back_to_bot(d, "wished")
        d.say("with_bot")
        walk(d, STEPS)
        return
    if d.talk.owner != BOT:
        colleagues.heard(d, gain)  # the bot never talks over a person; what was said is kept
        return
    _respond(d, gain)
    _preface(d)


def _preface(d: Draft) -> None:
    """What must be said first, once: that this is a new matter, or who is asked to say who they are."""
    if d.talk.preface == "whose" and {"phone", "email"} & d.talk.identity.keys():
        return  # the colleague said it
    if not d.talk.preface or not any(d.messages):
        return
    first = d.messages[0]
    greeting = next((n for n, say in enumerate(first) if not say.phrase.startswith(_GREETS)), len(first))
    d.messages[:1] = [
        first[:greeting],
        [Say(d.talk.preface, {"numbers": ", ".join(d.talk.related)})],
        first[greeting:],
    ]


def _respond(d: Draft, gain: Gain) -> None:
    then = interrupts.interrupt(d, gain)
    if then is interrupts.Then.STOP:
        return
    if then is interrupts.Then.ANSWER:
        moved = answers.answer(d, gain)
        if not moved:
            _not_moved(d, gain)
        elif d.talk.misunderstood:
            d.note(e.Understood())
    if d.asked_now or d.stop or d.talk.closed or d.talk.owner != BOT:
        return
    _follow_kind(d)
    walk(d, STEPS)
    _say_second(d, gain)


def _not_moved(d: Draft, gain: Gain) -> None:
    """The message had meaning but answered nothing: say so kindly before asking again."""
    asked = d.talk.asked
    if asked is None:
        return
    if asked.what in ("help", "correction"):
        times = d.talk.misunderstood + 1
        d.note(e.Misunderstood(times=times))
        if times > d.sop.standards.misunderstood_before_person:
            interrupts.offer_person(d, times)
    elif asked.what in ("restating", "summary", "more", "class", "group"):
        d.say("please_choose")
        d.explained = True


def _follow_kind(d: Draft) -> None:
    """A matter that turned out to be of another kind goes on in that kind's procedure."""
    matter = d.talk.matter
    if matter is None or not matter.is_open or not matter.kind:
        return
    if d.step().does in (Does.GREET, Does.LISTEN, Does.MORE, Does.CLOSE):
        return
    procedure = d.sop.procedure_for(matter.kind).id
    if procedure != d.talk.procedure and go_to(d, Does.LISTEN, procedure):
        d.settle()


def _say_second(d: Draft, gain: Gain) -> None:
    """Two matters at once: say that the other one comes next."""
    if gain.second and d.second and d.messages:
        one = len(d.messages) == 1 and d.asked_now  # the question stands at the end
        d.messages[0].insert(0 if one else len(d.messages[0]), d.second_say())
