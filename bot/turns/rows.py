"""The rows of a batch of turns, by table, and how a turn's outcome becomes rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import structs
from sqlalchemy import Connection

from bot import letters, tokens
from bot.dialogue import (
    ClearTimer,
    Finished,
    SetTimer,
    encode_event,
    encode_talk,
    event_type,
)
from bot.dialogue.status import SHOWS_NUMBER
from bot.dialogue.wording import fragment, has
from bot.letters import Mailbox
from bot.sop.model import Reader, Sop
from bot.store import bells, conversations, inbox, items, outbox, tickets, timers
from bot.store.conversations import Advance, Recorded, Standing, State
from bot.store.inbox import Outcome, WaitingInput
from bot.store.items import Item, ItemBody
from bot.store.outbox import NewRow
from bot.store.timers import Timer
from bot.turns import marks
from bot.turns.marks import Mark
from bot.turns.planning import Plan
from channels.base import Choice, Outbound

MENU, SHARE = "choice_menu", "choice_share"
NEVER_ASKED = frozenset({"webchat", "email"})
"""Channels on which nothing ever waits for the customer to write first."""
TELLS_TICKET = frozenset({"ticket", "ticket_order"})


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
    shown: list[Item] = field(default_factory=list)
    threads: list[Advance] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    outbox: list[NewRow] = field(default_factory=list)
    set_timers: list[Timer] = field(default_factory=list)
    cleared: list[tuple[int, str]] = field(default_factory=list)
    tickets: list[tickets.NewTicket] = field(default_factory=list)
    taken_over: list[int] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)  # threads whose customer said something
    bells: list[str] = field(default_factory=list)

    def write(self, connection: Connection) -> None:
        """Insert and update everything, one statement for each kind."""
        conversations.write(connection, self.new, self.changed)
        conversations.record(connection, self.events)
        items.add(connection, self.items)
        items.adopt(connection, self.shown)
        conversations.advance(connection, self.threads)
        timers.clear_timers(connection, self.cleared)
        timers.set_timers(connection, self.set_timers)
        tickets.add(connection, self.tickets)
        outbox.queue(connection, self.outbox)
        for conversation in self.taken_over:
            outbox.withdraw(connection, conversation, "a person has taken the conversation over")
        outbox.heard(connection, self.heard)
        inbox.settle(connection, self.outcomes)
        for name in self.bells:
            bells.after_commit(connection, name)


def add(rows: Rows, plan: Plan, finished: Finished | None, new_id: int | None, means: Means) -> None:
    """One turn's rows. `finished` None: the input is ignored."""
    thread = plan.thread
    if finished is None:
        rows.outcomes += [
            Outcome(row.id, inbox.IGNORED, plan.ignored, row.conversation_id) for row in plan.rows
        ]
        rows.threads.append(
            Advance(thread.id, thread.conversation_id, thread.item_seq, thread.body, thread.heard_at)
        )
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
    go_on(rows, thread, conversation, seq, body, [s.row for s in plan.spoken if s.author == items.CUSTOMER])
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


def go_on(
    rows: Rows,
    thread: Standing,
    conversation: int | None,
    seq: int,
    body: bytes,
    spoken: Sequence[WaitingInput],
) -> None:
    """Move the thread on. In the outbox something may wait for the customer to write."""
    heard_at = _last_heard(thread, spoken)
    rows.threads.append(Advance(thread.id, conversation, seq, body, heard_at))
    if heard_at != thread.heard_at and thread.item_seq and thread.channel not in NEVER_ASKED:
        rows.heard.append(thread.id)


def _last_heard(thread: Standing, rows: Sequence[WaitingInput]) -> datetime | None:
    """When the customer said something last, by the provider's clock; never earlier than was known."""
    times = [row.sent_at for row in rows]
    return max(times if thread.heard_at is None else [thread.heard_at, *times], default=None)


def _add_items(rows: Rows, plan: Plan, finished: Finished, conversation: int) -> int:
    """What the customer sees of this turn, in order; the number of the last item."""
    thread = plan.thread
    seq = thread.item_seq
    for spoken in plan.spoken:
        row = spoken.row
        seq += not row.shown
        at, body = row.received_at, spoken.item()
        item = Item(thread.id, seq, conversation, spoken.author, at, spoken.text, body, row.id)
        (rows.shown if row.shown else rows.items).append(item)
    for message in finished.messages:
        seq += 1
        said = ItemBody(choices=message.choices, phrases=message.phrases)
        rows.items.append(Item(thread.id, seq, conversation, items.BOT, plan.now, message.text, said))
    return seq


def _answer(rows: Rows, plan: Plan, finished: Finished, conversation: int, before: int, means: Means) -> None:
    thread = plan.thread
    mark = Mark(conversation, finished.talk.keyboards)
    heard = plan.spoken[-1].row.external_id if plan.spoken else ""
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
                choices=tuple(
                    Choice(marks.make(mark, option.value), option.label) for option in message.choices
                ),
                menu=_menu(plan.sop, finished.talk.language) if message.choices else "",
                answers=heard if position == 1 else "",
                language=finished.talk.language,
                name=finished.talk.identity.get("name", ""),
                ticket=finished.talk.last_ticket if TELLS_TICKET & set(message.phrases) else "",
                share=_share(plan, finished) if position == len(finished.messages) else "",
            )
        rows.outbox.append(NewRow(outbound, plan.now, conversation, thread.id))


def _menu(sop: Sop, language: str) -> str:
    """The word on the button that opens choices as a list; a pack of before there were any has none."""
    return fragment(sop, language, MENU, {}) if has(sop, MENU) else ""


def _share(plan: Plan, finished: Finished) -> str:
    """The word on the button that shows the own number, where that is what is asked for, or proves as much
    as the code that is."""
    talk, sop = finished.talk, plan.sop
    if plan.thread.channel not in SHOWS_NUMBER or talk.asked is None or not has(sop, SHARE):
        return ""
    spec = sop.fields.get(talk.asked.field)
    phone = spec is not None and spec.reader is Reader.PHONE
    return fragment(sop, talk.language, SHARE, {}) if phone or talk.asked.what == "code" else ""


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
