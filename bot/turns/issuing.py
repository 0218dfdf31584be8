"""Ticket numbers, tickets with the letters to their departments, and identity codes."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import structs
from sqlalchemy import Connection

from bot import letters
from bot.dialogue import (
    FileCame,
    FileLost,
    Finished,
    IssueTicket,
    SendCode,
    decode_event,
)
from bot.dialogue.additions import Addition, additions
from bot.dialogue.events import Classified
from bot.dialogue.wording import common, fill, phrase_of
from bot.letters import Line
from bot.store import conversations, items, tickets
from bot.store.items import Item
from bot.store.outbox import NewRow
from bot.tickets import number
from bot.tickets.hours import WorkCalendar
from bot.turns.planning import Plan
from bot.turns.rows import Means, Rows

CODE_LASTS = timedelta(minutes=15)
CODE_TRIES = 3
CODE_ASKERS = 5
"""Conversations a day that are sent a code for one ticket: guessing then takes a lifetime, and a mailbox is
not flooded by somebody who only knows a number."""


def numbers(connection: Connection, plans: Sequence[Plan]) -> list[dict[str, str]]:
    """Ticket numbers for each plan's `IssueTicket`s, taken from the counters in one go."""
    wanted: dict[str, int] = defaultdict(int)
    wishes: list[tuple[int, IssueTicket, str, datetime]] = []
    for n, plan in enumerate(plans):
        local = _calendar(plan).local(plan.now)
        prefix = plan.sop.about.ticket_prefix
        for effect in plan.turn.effects:
            if isinstance(effect, IssueTicket):
                counter = number.counter_name(prefix, local)
                wanted[counter] += 1
                wishes.append((n, effect, counter, local))
    following = tickets.count(connection, wanted)
    numbers: list[dict[str, str]] = [{} for _ in plans]
    for n, effect, counter, local in wishes:
        made = number.make(plans[n].sop.about.ticket_prefix, local, following[counter])
        numbers[n][effect.ref] = made
        following[counter] += 1
    return numbers


def _calendar(plan: Plan) -> WorkCalendar:
    return WorkCalendar(plan.sop.hours, plan.sop.about.timezone)


def records(
    connection: Connection, answered: Sequence[tuple[Plan, int]]
) -> tuple[Mapping[int, Sequence[bytes]], Mapping[int, Sequence[Item]]]:
    """What a department's letter quotes: the words of the class, and the transcript so far."""
    issuing = [
        conversation for plan, conversation in answered if plan.before is not None and plan.wants_tickets
    ]
    if not issuing:
        return {}, {}
    return conversations.words_of_class(connection, issuing), items.of_conversations(connection, issuing)


def issue(
    rows: Rows,
    plan: Plan,
    finished: Finished,
    bound: Mapping[str, str],
    conversation: int,
    means: Means,
    evidence: Mapping[int, Sequence[bytes]],
    spoken_before: Mapping[int, Sequence[Item]],
) -> None:
    """The turn's tickets, each with the letters to its departments."""
    wishes = [effect for effect in finished.effects if isinstance(effect, IssueTicket)]
    if not wishes:
        return
    thread = plan.thread
    now_said = [item for item in (*rows.shown, *rows.items) if item.thread_id == thread.id]
    transcript = [line(item) for item in (*spoken_before.get(conversation, ()), *now_said)]
    classified = [decode_event(body) for body in evidence.get(conversation, ())] + list(finished.events)
    for wish in wishes:
        number_ = bound[wish.ref]
        words = [
            piece.text
            for event in classified
            if isinstance(event, Classified) and event.matter == wish.matter
            for piece in event.evidence
        ]
        rows.tickets.append(
            tickets.NewTicket(number_, conversation, thread.id, thread.contact_id, wish, plan.now)
        )
        for letter in letters.to_departments(
            keys={whom: f"{number_}/{whom}" for whom in (wish.department, *wish.also)},
            mailbox=means.mailbox,
            sop=plan.sop,
            ticket=wish,
            number=number_,
            at=plan.now,
            conversation=conversation,
            channel=thread.channel,
            transcript=transcript,
            evidence=words,
            related=plan.memory.related if plan.memory else (),
            reporter=_reporter(plan),
            verdicts=plan.memory.verdicts if plan.memory else {},
        ):
            rows.outbox.append(NewRow(letter, plan.now, conversation))


def line(item: Item) -> Line:
    """An item as a department reads it."""
    body = item.body
    return Line(
        author=item.author,
        at=item.at,
        text=item.text,
        files=tuple(file.name for file in body.files),
        by=body.by,
        coming=tuple(each.name for each in body.unfetched if not each.lost),
        lost=tuple(each.name for each in body.unfetched if each.lost),
        earlier=tuple(each.text for each in body.earlier),
        deleted=body.deleted,
    )


def _reporter(plan: Plan) -> str:
    """The colleague who passed the matter on, as a letter names them."""
    memory = plan.memory
    if memory is None or not memory.reporter:
        return ""
    return f"{memory.reporter_name} <{memory.reporter}>" if memory.reporter_name else memory.reporter


def send_codes(
    connection: Connection, rows: Rows, plan: Plan, finished: Finished, conversation: int, means: Means
) -> None:
    """Codes to the address on record. Silent where there is no ticket or no address: a stranger learns
    nothing from it."""
    for wish in finished.effects:
        if not isinstance(wish, SendCode):
            continue
        ticket = tickets.find(connection, wish.number)
        if ticket is None or not ticket.email:
            continue
        yesterday = plan.now - timedelta(days=1)
        if tickets.asked_by(connection, ticket.number, conversation, yesterday) >= CODE_ASKERS:
            continue
        code = f"{secrets.randbelow(10**6):06d}"
        hashed = tickets.hash_code(means.secret, conversation, ticket.number, code)
        tickets.keep_code(connection, conversation, ticket.number, hashed, CODE_TRIES, plan.now + CODE_LASTS)
        talk = structs.replace(finished.talk, medium="email", identity={})
        phrase = phrase_of(plan.sop, talk.language, "code_letter").variants("email")[0]
        letter = letters.code_letter(
            key=f"code/{conversation}/{rows.threads[-1].item_seq}/{ticket.number}",
            mailbox=means.mailbox,
            to=ticket.email,
            text=fill(phrase, {**common(talk, plan.sop), "number": ticket.number, "code": code}),
            number=ticket.number,
            at=plan.now,
            sop=plan.sop,
            language=talk.language,
        )
        rows.outbox.append(NewRow(letter, plan.now, conversation))


def add_to_tickets(rows: Rows, plan: Plan, finished: Finished, conversation: int, means: Means) -> None:
    """What the customer added to tickets that were there already goes to their departments."""
    if plan.before is None:
        return
    for added in additions(plan.base, finished.talk, finished.events, plan.sop):
        if added.department in plan.sop.departments:
            key = f"{added.number}/added/{plan.thread.event_no or 0}"
            letter = letters.addition(key=key, mailbox=means.mailbox, sop=plan.sop, added=added, at=plan.now)
            rows.outbox.append(NewRow(letter, plan.now, conversation))


def add_late_files(connection: Connection, rows: Rows, plan: Plan, means: Means) -> None:
    """Files of a conversation after which another one began: no talk hears of them, but the departments of
    its tickets get them."""
    for row, input_ in plan.late:
        files = (input_.file,) if isinstance(input_, FileCame) else ()
        lost = (input_.name,) if isinstance(input_, FileLost) else ()
        for number_, department in tickets.of_conversation(connection, row.conversation_id or 0):
            if department in plan.sop.departments:
                letter = letters.addition(
                    key=f"{number_}/file/{row.external_id}",
                    mailbox=means.mailbox,
                    sop=plan.sop,
                    added=Addition(number_, department, files=files, lost=lost),
                    at=plan.now,
                )
                rows.outbox.append(NewRow(letter, plan.now, row.conversation_id))


def strangers(connection: Connection, rows: Rows, plan: Plan, conversation: int, means: Means) -> None:
    """A stranger answered in a customer's conversation: the departments of its tickets are told, once."""
    memory = plan.memory
    if memory is None or memory.link != "stranger" or plan.before is not None or not plan.spoken:
        return
    who = f"{memory.name} <{memory.whose}>" if memory.name else memory.whose
    for number_ in memory.related:
        ticket = tickets.find(connection, number_)
        if ticket is None or ticket.department not in plan.sop.departments:
            continue
        letter = letters.stranger_wrote(
            key=f"{number_}/stranger/{conversation}",
            mailbox=means.mailbox,
            sop=plan.sop,
            department=ticket.department,
            number=number_,
            who=who,
            text="\n\n".join(spoken.text for spoken in plan.spoken),
            at=plan.now,
        )
        rows.outbox.append(NewRow(letter, plan.now, conversation))
