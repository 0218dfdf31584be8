"""How far is my ticket (K4): told only to who proves to be its customer.

A stranger gets the same words whether the number exists or not, and both the look-ups and the codes he may
try in one conversation are limited.
"""

from __future__ import annotations

from bot.dialogue import events as e
from bot.dialogue.draft import Draft
from bot.dialogue.gain import Gain
from bot.dialogue.hours import when
from bot.dialogue.steps.walk import go_to
from bot.dialogue.turn import CallPerson, CheckCode, CodeChecked, Found, LookUp, SendCode, TicketFacts
from bot.dialogue.wording import has
from bot.sop.model import Does
from bot.understanding.heard import Act

LOOK_UPS = 5
"""So many questions for a status are taken in one conversation."""
SHOWS_NUMBER = frozenset({"telegram"})
"""Channels that do not tell a customer's number, but on which the customer can show it by a card."""
CODES = 3
"""So many wrong codes end the question."""


def heard(d: Draft, gain: Gain) -> bool | None:
    """Whether the message asks for a status: True when the turn waits for a look-up or an answer, False
    when it was dealt with and the talk goes on, None when it is about something else."""
    asked = d.talk.asked.what if d.talk.asked else ""
    if asked == "code" and gain.code:
        if d.talk.code_tries >= CODES:
            return _end(d)
        d.note(e.CodeTried(number=d.talk.status_number))
        d.want(CheckCode(d.talk.status_number, gain.code))
        d.quiet = True
        return True
    if asked == "code" and gain.showed:
        return _look_up(d, d.talk.status_number)  # the own number may prove as much as the code would
    wants = Act.STATUS in gain.acts or asked == "number"
    in_hand = d.talk.matter is not None and d.talk.matter.is_open
    beside = gain.added and (in_hand or gain.corrected)  # "an budi" beside the number is nothing else
    if gain.tickets and (wants or not beside):
        return _look_up(d, gain.tickets[-1])
    if Act.STATUS not in gain.acts:
        return None
    if d.talk.ticketed is not None:
        return _look_up(d, d.talk.ticketed.number)
    if asked in ("number", "code"):
        return None
    if (
        d.talk.matter is not None
        and d.talk.matter.is_open
        and d.talk.matter.kind
        and (gain.added or gain.faq)
    ):
        return None  # "kok belum sampai, nyampe mana ya": a complaint, not a ticket; nor is "kapan diganti?"
    if d.talk.before:
        return _look_up(d, d.talk.before)  # "yang kemarin gimana?"
    d.want(LookUp(""))  # there may be one of the same person on another channel
    d.quiet = True
    return True


def _look_up(d: Draft, number: str) -> bool:
    if d.talk.status_asked >= LOOK_UPS:
        return _end(d)
    d.note(e.StatusAsked(number=number))
    d.settle()
    d.want(LookUp(number))
    d.quiet = True
    return True


def _end(d: Draft) -> bool:
    """Enough was tried: a person may help, the talk goes on."""
    d.note(e.StatusLeft())
    d.settle()
    d.say("status_limit")
    return False


def found(d: Draft, answer: Found) -> None:
    """The look-up's answer: the status when it is proven whose ticket it is, else the way to prove it. Of the
    person's last ticket (asked for without a number): the status, or which one is meant."""
    ticket = answer.ticket
    if not answer.number:
        d.ask("which_number", "number")
        return
    if d.talk.status_number != answer.number:
        d.note(e.StatusAsked(number=answer.number))
    if ticket is not None and (ticket.proven or ticket.number in d.talk.proven):
        tell(d, ticket)
        return
    d.want(SendCode(answer.number))
    d.note(e.CodeAsked(number=answer.number))
    d.ask("enter_code", "code", values={"number": answer.number}, tries=0)
    if d.talk.channel in SHOWS_NUMBER:
        d.say("or_share_number")


def code_checked(d: Draft, answer: CodeChecked) -> None:
    """A right code tells; a wrong one may be tried again, the same for numbers that do not exist."""
    if answer.ticket is not None:
        d.settle()
        tell(d, answer.ticket)
        return
    if d.talk.code_tries >= CODES:
        d.note(e.StatusLeft())
        d.settle()
        d.say("code_over")
        if d.talk.matter is None or not d.talk.matter.is_open:
            go_to(d, Does.MORE)
        return
    d.ask("code_wrong", "code", tries=0)


def tell(d: Draft, ticket: TicketFacts) -> None:
    """Say where the ticket is and until when an answer comes; an overdue one is apologised for (E8)."""
    department = d.sop.departments.get(ticket.department)
    state = f"state_{ticket.state}"
    values = {
        "number": ticket.number,
        "label": ticket.label,
        "department": department.name.in_(d.talk.language) if department else ticket.department,
        "state": d.word(state if has(d.sop, state) else "state_other"),
    }
    d.say("status", values)
    if (
        ticket.due_at is not None
        and ticket.due_at < d.now
        and ticket.state not in ("closed", "done", "solved")
    ):
        d.say("status_late", {"department": values["department"]})
        d.want(CallPerson("wanted"))
        d.note(e.PersonCalled(reason="wanted"))
    elif ticket.due_at is not None and ticket.state not in ("closed", "done", "solved"):
        d.say("status_due", {"when": when(d, ticket.due_at)})
    d.note(e.StatusTold(number=ticket.number))
    d.new_message()
    if d.talk.matter is None or not d.talk.matter.is_open:
        go_to(d, Does.MORE)
