"""A person of ours has the conversation: the bot is silent until it is handed back, or nobody goes on.

Who answers on the business's phone may not know of Sapa at all and will hand nothing back. So a customer who
is left without an answer there is not left for ever: the bot apologises and goes on; and what nobody goes on
with is closed without a word, so that the next message begins anew.
"""

from __future__ import annotations

from datetime import timedelta

from bot.dialogue import events as e
from bot.dialogue.draft import Draft
from bot.dialogue.gain import Gain
from bot.dialogue.turn import CallPerson, ClearTimer, HandedBack, SetTimer, TookOver, Wrote
from bot.understanding.heard import Act

PHONE = "agent:phone"
"""The owner of a conversation that somebody answers on the business's phone, past Sapa."""
LEFT = timedelta(hours=24)
"""So long after the last word of a talk on the phone it is over."""
_COURTESY = frozenset({Act.THANKS, Act.BYE, Act.YES, Act.DONE, Act.WAIT})


def took_over(d: Draft, who: TookOver | Wrote) -> None:
    """A person takes the conversation; what was asked need not be answered any more."""
    d.note(e.TakenOver(agent=who.agent, name=who.name))
    d.settle()
    d.quiet = True
    d.effects += [ClearTimer("remind"), ClearTimer("close")]


def wrote(d: Draft, wrote: Wrote) -> None:
    """A person wrote to the customer past Sapa, and has the conversation by that."""
    if d.talk.owner != f"agent:{wrote.agent}":
        took_over(d, wrote)
    d.note(e.PersonSaid(at=d.now, agent=wrote.agent, text=wrote.text, files=wrote.files))
    d.quiet = True
    d.effects += [ClearTimer("remind"), SetTimer("close", d.now + LEFT)]


def handed_back(d: Draft, by: HandedBack) -> None:
    """The bot goes on, and says from whom."""
    d.note(e.GivenBack(why="agent", agent=by.agent, name=by.name))
    d.settle()
    d.say("handed_back", {"agent": by.name or d.word("a_colleague")})


def heard(d: Draft, gain: Gain) -> None:
    """The customer wrote while a person has the conversation: the first word that wants an answer sets the
    time by which the bot does what nobody does."""
    d.quiet = True
    if d.talk.owner != PHONE:
        return
    d.effects.append(SetTimer("close", d.now + LEFT))
    only_kind = bool(gain.acts) and gain.acts <= _COURTESY and not (gain.tells or gain.added or gain.files)
    if d.talk.awaiting or only_kind:
        return
    d.note(e.PersonAwaited(at=d.now))
    d.effects.append(SetTimer("remind", d.now + timedelta(minutes=d.sop.standards.remind_after)))


def came_due(d: Draft, timer: str) -> bool:
    """A timer of a talk on the phone. True when the bot has it again and the steps go on."""
    if timer == "remind" and d.talk.awaiting:
        d.note(e.GivenBack(why="overdue"))
        d.settle()
        d.say("person_late")
        d.quiet = False
        return True
    if timer == "close":
        if any(m.is_open and m.kind for m in d.talk.matters):  # what was said is not lost: a person sees it
            d.want(CallPerson("unreachable"))
            d.note(e.PersonCalled(reason="unreachable"))
        for matter in d.talk.matters:
            if matter.is_open:
                d.note(e.MatterDropped(matter=matter.no, why="abandoned"))
        d.note(e.Closed(at=d.now, why="silence"))
    return False
