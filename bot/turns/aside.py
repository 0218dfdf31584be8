"""Inputs that are put aside for a person: into quarantine, with a word to whoever wrote them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot import letters, tokens
from bot.dialogue import Carrying, Opening, Talk, Turn, begin, decode_talk, finish, fold
from bot.dialogue.turn import Reply, Say
from bot.letters import MailThread
from bot.sop.model import Sop
from bot.store import conversations, inbox, items
from bot.store.conversations import Standing
from bot.store.inbox import Outcome, WaitingInput
from bot.store.inputs import MessageIn, decode
from bot.store.items import Item, ItemBody
from bot.store.outbox import NewRow
from bot.turns.planning import heard_mail, memory_of
from bot.turns.rows import Means, Rows, go_on
from bot.turns.spoken import Spoken, readable
from channels.base import Outbound

PHRASE = "held"
"""What the pack says to a customer whose message could not be handled."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Saying:
    """What is needed to tell a customer: the pack, what each channel can carry, the means, and the time."""

    sop: Sop
    carrying: Callable[[str], Carrying]
    means: Means
    now: datetime


def put_aside(
    connection: Connection, rows: Sequence[WaitingInput], cause: str, saying: Saying | None = None
) -> None:
    """Put inputs of one thread into quarantine. What the customer wrote stays visible to them.

    With `saying` they are told, once: not again before something else was said in the thread, and not where
    a person has the conversation.
    """
    thread = conversations.standing(connection, [rows[0].thread_id]).get(rows[0].thread_id)
    made = Rows()
    conversation = thread.conversation_id if thread else None
    made.outcomes = [Outcome(row.id, inbox.QUARANTINED, cause, conversation) for row in rows]
    if thread is not None:
        seq = thread.item_seq
        spoken = [each for each in map(readable, rows) if each is not None]
        for each in spoken:
            if each.row.shown:
                continue
            seq += 1
            at, body = each.row.received_at, each.item()
            made.items.append(
                Item(thread.id, seq, conversation or 0, items.CUSTOMER, at, each.text, body, each.row.id)
            )
        if saying is not None and spoken and _may_speak(connection, thread):
            seq += _tell(made, thread, spoken[-1], seq + 1, saying)
        go_on(made, thread, thread.conversation_id, seq, thread.body, [each.row for each in spoken])
        made.bells.append(f"thread:{thread.id}")
    made.write(connection)


def _may_speak(connection: Connection, thread: Standing) -> bool:
    if thread.open and thread.owner != "bot":
        return False
    last = items.last_of(connection, thread.id, items.BOT)
    return last is None or PHRASE not in last.body.phrases


def _tell(made: Rows, thread: Standing, spoken: Spoken, seq: int, saying: Saying) -> int:
    """Add what the customer is told, from the item number `seq` on; how many items that is. A poison input
    may spoil even this: then nothing is said, and a person sees it all the same."""
    conversation, row = thread.conversation_id, spoken.row
    try:
        carrying = saying.carrying(thread.channel)
        body = decode(row.body)
        memory = memory_of(thread, carrying)
        if memory is not None and isinstance(body, MessageIn):
            if memory.whose not in ("", body.email.lower()):
                return 0  # a colleague or somebody in copy wrote: the customer knows nothing of it
            memory = heard_mail(memory, row, body)
        talk = _talk(thread, body, carrying, saying)
        turn = Turn(replies=(Reply((Say(PHRASE),)),))
        messages = finish(talk, turn, {}, saying.sop, carrying).messages
        leaving = [
            _outbound(f"held/{row.id}/{n}", thread, message.text, memory, talk.language, saying)
            for n, message in enumerate(messages, 1)
            if thread.channel not in saying.means.stored
        ]
    except Exception as error:
        log.warning("customer_not_told", extra={"inbox": row.id, "error": type(error).__name__})
        return 0
    said = ItemBody(phrases=(PHRASE,))
    for n, message in enumerate(messages, seq):
        made.items.append(Item(thread.id, n, conversation or 0, items.BOT, saying.now, message.text, said))
    made.outbox += [NewRow(outbound, saying.now, conversation, thread.id) for outbound in leaving]
    return len(messages)


def _talk(thread: Standing, body: object, carrying: Carrying, saying: Saying) -> Talk:
    """The thread's last talk, for language and name; a new one where there is none."""
    if thread.talk:
        return decode_talk(thread.talk)
    identity = {"name": body.name} if isinstance(body, MessageIn) and body.name else {}
    return fold(None, begin(Opening(thread.channel, carrying.medium, identity, saying.now), saying.sop))


def _outbound(
    key: str, thread: Standing, text: str, memory: MailThread | None, language: str, saying: Saying
) -> Outbound:
    if memory is None:
        return Outbound(
            id=key,
            channel=thread.channel,
            account=thread.account,
            to=thread.address,
            thread=thread.key,
            text=text,
        )
    return letters.answer(
        key=key,
        mailbox=saying.means.mailbox,
        to=thread.address,
        thread=memory,
        token=tokens.sign(saying.means.secret, thread.id),
        text=text,
        at=saying.now,
        sop=saying.sop,
        language=language,
        thread_key=thread.key,
    )
