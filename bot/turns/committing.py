"""Writes many conversations' turns in one transaction: looks up, binds numbers, words, inserts.

The functions here run inside `Store.write`: they may be run again and have no effect but on the connection.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from msgspec import structs
from sqlalchemy import Connection

from bot import letters, tokens
from bot.dialogue import (
    CheckCode,
    ClearTimer,
    CodeChecked,
    Finished,
    Found,
    IssueTicket,
    LookUp,
    SendCode,
    SetTimer,
    TicketFacts,
    decode_event,
    encode_event,
    encode_talk,
    event_type,
)
from bot.dialogue.events import Classified
from bot.dialogue.wording import common, fill, phrase_of
from bot.letters import Line, Mailbox
from bot.store import bells, conversations, ids, inbox, items, outbox, tickets, timers
from bot.store.conversations import Advance, Recorded, State
from bot.store.inbox import Outcome
from bot.store.items import Item, ItemBody
from bot.store.outbox import NewRow
from bot.store.tables import conversations as conversations_table
from bot.store.timers import Timer
from bot.tickets import number
from bot.tickets.hours import WorkCalendar
from bot.turns.planning import Plan, complete, go_on, readable
from channels.base import Choice, Outbound

CODE_LASTS = timedelta(minutes=15)
CODE_TRIES = 3
CODE_ASKERS = 5
"""Conversations a day that are sent a code for one ticket: guessing then takes a lifetime, and a mailbox is
not flooded by somebody who only knows a number."""
MOST_LOOK_UPS = 5
"""Look-ups in one turn; a talk that asks for more is at fault."""


@dataclass(frozen=True, slots=True)
class Means:
    """What committing needs besides the plans: our mailbox, the secret, and which channels read the store."""

    secret: bytes
    mailbox: Mailbox
    stored: frozenset[str]
    lock_late: bool


@dataclass(slots=True)
class Rows:
    """All rows of a batch, by table."""

    new: list[State] = field(default_factory=list)
    changed: list[State] = field(default_factory=list)
    events: list[Recorded] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    threads: list[Advance] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    outbox: list[NewRow] = field(default_factory=list)
    set_timers: list[Timer] = field(default_factory=list)
    cleared: list[tuple[int, str]] = field(default_factory=list)
    tickets: list[tickets.NewTicket] = field(default_factory=list)
    taken_over: list[int] = field(default_factory=list)
    bells: list[str] = field(default_factory=list)

    def write(self, connection: Connection) -> None:
        """Insert and update everything, one statement for each kind."""
        conversations.write(connection, self.new, self.changed)
        conversations.record(connection, self.events)
        items.add(connection, self.items)
        conversations.advance(connection, self.threads)
        timers.clear_timers(connection, self.cleared)
        timers.set_timers(connection, self.set_timers)
        tickets.add(connection, self.tickets)
        outbox.queue(connection, self.outbox)
        for conversation in self.taken_over:
            outbox.withdraw(connection, conversation, "a person has taken the conversation over")
        inbox.settle(connection, self.outcomes)
        for name in self.bells:
            bells.after_commit(connection, name)


STALE = "stale"
DONE = "done"


def commit(connection: Connection, plans: Sequence[Plan], means: Means) -> list[str | Exception]:
    """Commit the turns of `plans`, each of another thread. For each: done, stale (somebody else moved the
    thread on; decide it again), or the exception that its look-ups or its wording raised (nothing of it is
    written)."""
    current = conversations.versions(connection, [plan.thread.id for plan in plans])
    answers: list[str | Exception] = [DONE] * len(plans)
    early: list[tuple[Plan, Finished | None]] = []
    late: list[tuple[int, Plan]] = []
    for n, plan in enumerate(plans):
        if current.get(plan.thread.id) != plan.thread.version:
            answers[n] = STALE
        elif plan.finished is not None or plan.ignored:
            early.append((plan, plan.finished))
        else:
            late.append((n, replace(plan)))
    rows = Rows()
    starting = [plan for plan, _ in early if plan.before is None and not plan.ignored]
    starting += [plan for _, plan in late if plan.before is None]
    taken = iter(ids.take(connection, conversations_table, len(starting)))
    conversation_of = {id(plan): next(taken) for plan in starting}
    for plan, finished in early:
        _add(rows, plan, finished, conversation_of.get(id(plan)), means)
    if means.lock_late and late:
        rows.write(connection)  # counters last: other processes wait for them no longer than they must
        rows = Rows()
    answered: list[tuple[Plan, int]] = []
    for n, plan in late:
        conversation = conversation_of.get(id(plan)) or plan.thread.conversation_id or 0
        try:
            _look_up(connection, plan, conversation, means)
            answered.append((plan, conversation))
        except Exception as error:
            answers[n] = error
    numbers = _numbers(connection, [plan for plan, _ in answered])
    evidence, spoken_before = _records(connection, answered)
    for (plan, conversation), bound in zip(answered, numbers, strict=True):
        finished = complete(plan, bound)
        _add(rows, plan, finished, conversation_of.get(id(plan)), means)
        _issue(rows, plan, finished, bound, conversation, means, evidence, spoken_before)
        _send_codes(connection, rows, plan, finished, conversation, means)
    whole = {id(plan) for plan, _ in (*early, *answered)}
    for plan in (each for each in starting if id(each) in whole):
        _strangers(connection, rows, plan, conversation_of[id(plan)], means)
    rows.write(connection)
    return answers


def _add(rows: Rows, plan: Plan, finished: Finished | None, new_id: int | None, means: Means) -> None:
    """One turn's rows. `finished` None: the input is ignored."""
    thread = plan.thread
    if finished is None:
        rows.outcomes += [
            Outcome(row.id, inbox.IGNORED, plan.ignored, row.conversation_id) for row in plan.rows
        ]
        rows.threads.append(Advance(thread.id, thread.conversation_id, thread.item_seq, thread.body))
        return
    conversation = new_id or thread.conversation_id or 0
    before = 0 if new_id else thread.event_no or 0
    for no, event in enumerate(finished.events, before + 1):
        rows.events.append(Recorded(conversation, no, plan.now, event_type(event), encode_event(event)))
    last_no = before + len(finished.events)
    talk = finished.talk
    state = State(
        id=conversation,
        thread_id=thread.id,
        owner=talk.owner,
        closed=talk.closed,
        flag=talk.flag,
        opened_at=talk.opened_at,
        last_at=plan.now,
        pack=talk.pack,
        event_no=last_no,
        talk=encode_talk(talk),
    )
    (rows.new if new_id else rows.changed).append(state)
    if talk.owner.startswith("agent:") and plan.base.owner != talk.owner:
        rows.taken_over.append(conversation)  # what the bot has queued will not leave any more
    seq = _add_items(rows, plan, finished, conversation)
    body = thread.body
    if plan.memory is not None:
        plan.memory = plan.memory.issued(*(m.number for m in talk.matters if m.number))
        _tell_others(rows, plan, finished, conversation, before, means)
        body = plan.memory.dump()
    rows.threads.append(Advance(thread.id, conversation, seq, body))
    first = inbox.CONVERSATION if new_id else inbox.APPENDED
    for n, row in enumerate(plan.rows):
        rows.outcomes.append(
            Outcome(row.id, first if n == 0 else inbox.APPENDED, conversation_id=conversation)
        )
    if thread.channel in means.stored:
        rows.bells.append(f"thread:{thread.id}")
    else:
        _answer(rows, plan, finished, conversation, before, means)
    for effect in finished.effects:
        if isinstance(effect, SetTimer):
            rows.set_timers.append(Timer(conversation, effect.name, effect.at, last_no))
        elif isinstance(effect, ClearTimer):
            rows.cleared.append((conversation, effect.name))


def _add_items(rows: Rows, plan: Plan, finished: Finished, conversation: int) -> int:
    """What the customer sees of this turn, in order; the number of the last item."""
    thread = plan.thread
    seq = thread.item_seq
    for spoken in plan.spoken:
        seq += 1
        row = spoken.row
        by = str(spoken.by) if spoken.by is not None else ""
        body = ItemBody(files=spoken.files, client_id=row.external_id, subject=spoken.subject, by=by)
        rows.items.append(
            Item(thread.id, seq, conversation, items.CUSTOMER, row.received_at, spoken.text, body, row.id)
        )
    for message in finished.messages:
        seq += 1
        said = ItemBody(choices=message.choices, phrases=message.phrases)
        rows.items.append(Item(thread.id, seq, conversation, items.BOT, plan.now, message.text, said))
    return seq


def _answer(rows: Rows, plan: Plan, finished: Finished, conversation: int, before: int, means: Means) -> None:
    thread = plan.thread
    for position, message in enumerate(finished.messages, 1):
        key = f"{conversation}/{before}/{position}"
        if plan.memory is not None:
            outbound = letters.answer(
                key=key,
                mailbox=means.mailbox,
                to=thread.address,
                thread=plan.memory,
                token=tokens.sign(means.secret, thread.id),
                text=message.text,
                at=plan.now,
                sop=plan.sop,
                language=finished.talk.language,
                thread_key=thread.key,
            )
        else:
            outbound = Outbound(
                id=key,
                channel=thread.channel,
                account=thread.account,
                to=thread.address,
                thread=thread.key,
                text=message.text,
                choices=tuple(Choice(option.value, option.label) for option in message.choices),
            )
        rows.outbox.append(NewRow(outbound, plan.now, conversation, thread.id))


def _tell_others(
    rows: Rows, plan: Plan, finished: Finished, conversation: int, before: int, means: Means
) -> None:
    """Letters to who wrote in the thread besides its customer, once each: that it arrived. To the colleague
    who passed the matter on also the number, once there is one (S2)."""
    memory = plan.memory
    assert memory is not None  # noqa: S101 - the caller looked
    told = list(memory.told)
    for spoken in plan.spoken:
        if spoken.by is None or spoken.by.address in told:
            continue
        told.append(spoken.by.address)
        letter = letters.to_participant(
            key=f"{conversation}/{before}/with{len(told)}",
            mailbox=means.mailbox,
            to=spoken.by.address,
            subject=spoken.subject,
            message_id=memory.message_id,
            token=tokens.sign(means.secret, plan.thread.id),
            at=plan.now,
            sop=plan.sop,
            talk=finished.talk,
        )
        rows.outbox.append(NewRow(letter, plan.now, conversation))
    if memory.reporter and memory.reporter != memory.whose:
        number_ = memory.numbers[-1] if memory.numbers else ""
        once = f"{memory.reporter} {number_}"
        if once not in told:
            told.append(once)
            letter = letters.to_reporter(
                key=f"{conversation}/{before}/reporter",
                mailbox=means.mailbox,
                to=memory.reporter,
                subject=memory.subject,
                customer=f"{memory.name} <{memory.whose}>" if memory.name else memory.whose,
                number=number_,
                at=plan.now,
                sop=plan.sop,
                talk=finished.talk,
            )
            rows.outbox.append(NewRow(letter, plan.now, conversation))
    if len(told) != len(memory.told):
        plan.memory = structs.replace(memory, told=tuple(told))


def _strangers(connection: Connection, rows: Rows, plan: Plan, conversation: int, means: Means) -> None:
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


def _look_up(connection: Connection, plan: Plan, conversation: int, means: Means) -> None:
    """Answer the turn's look-ups; each answer may wish for another."""
    for _ in range(MOST_LOOK_UPS):
        wish = next((e for e in plan.turn.effects if isinstance(e, LookUp | CheckCode)), None)
        if wish is None:
            return
        if isinstance(wish, LookUp):
            go_on(plan, Found(wish.number, _facts(connection, plan, wish.number)))
            continue
        hashed = tickets.hash_code(means.secret, conversation, wish.number, wish.code)
        right, left = tickets.try_code(connection, conversation, wish.number, hashed, plan.now)
        facts = _facts(connection, plan, wish.number) if right else None
        go_on(plan, CodeChecked(structs.replace(facts, proven=True) if facts else None, left))
    raise RuntimeError(f"a turn wished for more than {MOST_LOOK_UPS} look-ups")


def _facts(connection: Connection, plan: Plan, wanted: str) -> TicketFacts | None:
    found = tickets.find(connection, wanted)
    if found is None:
        return None
    thread = plan.thread
    by_mail = plan.memory is not None and bool(found.email)
    proven = found.thread_id == thread.id or (by_mail and thread.address.lower() == found.email.lower())
    return TicketFacts(
        number=found.number,
        state=found.state,
        department=found.department,
        label=found.title,
        opened_at=found.created_at,
        due_at=found.due_at,
        email=found.email,
        phone=found.phone,
        proven=proven,
    )


def _numbers(connection: Connection, plans: Sequence[Plan]) -> list[dict[str, str]]:
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


def _records(
    connection: Connection, answered: Sequence[tuple[Plan, int]]
) -> tuple[Mapping[int, Sequence[bytes]], Mapping[int, Sequence[Item]]]:
    """What a department's letter quotes: the words of the class, and the transcript so far."""
    issuing = [
        conversation for plan, conversation in answered if plan.before is not None and plan.wants_tickets
    ]
    if not issuing:
        return {}, {}
    return conversations.words_of_class(connection, issuing), items.of_conversations(connection, issuing)


def _issue(
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
    now_said = [item for item in rows.items if item.thread_id == thread.id]
    transcript = [
        Line(item.author, item.at, item.text, tuple(file.name for file in item.body.files), item.body.by)
        for item in (*spoken_before.get(conversation, ()), *now_said)
    ]
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
        ):
            rows.outbox.append(NewRow(letter, plan.now, conversation))


def _reporter(plan: Plan) -> str:
    """The colleague who passed the matter on, as a letter names them."""
    memory = plan.memory
    if memory is None or not memory.reporter:
        return ""
    return f"{memory.reporter_name} <{memory.reporter}>" if memory.reporter_name else memory.reporter


def _send_codes(
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


def quarantine(connection: Connection, plan_rows: Sequence[inbox.WaitingInput], cause: str) -> None:
    """Put inputs of one thread away for a person. What the customer wrote stays visible to them."""
    thread = conversations.standing(connection, [plan_rows[0].thread_id]).get(plan_rows[0].thread_id)
    rows = Rows()
    conversation = thread.conversation_id if thread else None
    rows.outcomes = [Outcome(row.id, inbox.QUARANTINED, cause, conversation) for row in plan_rows]
    if thread is not None:
        seq = thread.item_seq
        for spoken in filter(None, map(readable, plan_rows)):
            seq += 1
            body = ItemBody(files=spoken.files, client_id=spoken.row.external_id, subject=spoken.subject)
            at = spoken.row.received_at
            rows.items.append(
                Item(thread.id, seq, conversation or 0, items.CUSTOMER, at, spoken.text, body, spoken.row.id)
            )
        rows.threads.append(Advance(thread.id, thread.conversation_id, seq, thread.body))
        rows.bells.append(f"thread:{thread.id}")
    rows.write(connection)
