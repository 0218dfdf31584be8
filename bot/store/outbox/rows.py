"""What an outbox row is, and how messages are queued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from sqlalchemy import Connection, RowMapping, func, select

from bot.store.bells import after_commit
from bot.store.clean import clean
from bot.store.tables import conversations, mail_ids, outbox, threads
from bot.store.upsert import insert_missing
from channels.base import Outbound

BELL = "outbox"
WEEK = timedelta(days=7)
RELEASED = "released by a person"
"""The reason on a row that a person sent on its way again: the caps have spoken and do not speak twice."""


class State(StrEnum):
    """Where a row stands. `unknown`, `refused` and `dead` wait for a person and are never hidden."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"  # it may have left: the answer was lost on a channel where twice would do harm
    REFUSED = "refused"  # the provider or the gate will never let it out
    DEAD = "dead"  # tried for a week, or held by a cap
    WITHDRAWN = "withdrawn"  # a person took the conversation over, or discarded the row


STUCK = (State.UNKNOWN, State.REFUSED, State.DEAD)


@dataclass(frozen=True, slots=True)
class NewRow:
    """One message to queue. `outbound.id` is its key: the same key is queued once, however often asked.

    `thread` is set for what is said in the customer's own thread (kept in order, withdrawn by a takeover,
    its Message-ID known to the inbox) and None for every other letter. `automatic` is False only for what a
    person wrote. Attachments name their file by digest in `reference`.
    """

    outbound: Outbound
    at: datetime
    conversation: int | None = None
    thread: int | None = None
    automatic: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row as the loop and a person see it. `owner` is the conversation's, "bot" where there is none;
    `heard_at` when the customer of its thread said something last, as it was when the row was read;
    `asked_at` when they were asked to, because it cannot leave before."""

    id: int
    key: str
    conversation: int | None
    thread: int | None
    channel: str
    account: str
    recipient: str
    automatic: bool
    body: bytes
    state: State
    attempts: int
    created_at: datetime
    next_at: datetime
    give_up_at: datetime
    reason: str
    owner: str = "bot"
    heard_at: datetime | None = None
    asked_at: datetime | None = None

    def outbound(self) -> Outbound:
        """The message itself."""
        found = decode(self.body)
        if self.heard_at is None and self.asked_at is None:
            return found
        return replace(found, heard_at=self.heard_at or found.heard_at, asked=self.asked_at is not None)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a taken row. `row` as it was taken: a claim that lapsed meanwhile changes nothing.
    `unreachable`: its recipient cannot be written to at all; `asked`: was asked to write first."""

    row: Waiting
    state: State
    at: datetime
    reason: str = ""
    next_at: datetime | None = None
    provider_id: str = ""
    unreachable: bool = False
    asked: bool = False


_decoder = msgspec.json.Decoder(Outbound)


def encode(outbound: Outbound) -> bytes:
    """The message as JSON; text that no UTF-8 can hold is made harmless first."""
    try:
        return msgspec.json.encode(outbound)
    except UnicodeEncodeError:
        return msgspec.json.encode(
            replace(outbound, text=clean(outbound.text), html=clean(outbound.html), to=clean(outbound.to))
        )


def decode(body: bytes) -> Outbound:
    """The message a row holds."""
    return _decoder.decode(body)


def queue(conn: Connection, rows: Sequence[NewRow]) -> None:
    """Put messages in the outbox; they leave only once this transaction is committed. Rings `outbox`.

    The Message-ID of a letter in the customer's thread is recorded, so that an answer finds the thread.
    """
    if not rows:
        return
    values = [
        {
            "key": row.outbound.id,
            "conversation_id": row.conversation,
            "thread_id": row.thread,
            "channel": row.outbound.channel,
            "account": row.outbound.account,
            "recipient": row.outbound.to,
            "automatic": row.automatic,
            "body": encode(row.outbound),
            "state": State.QUEUED,
            "created_at": row.at,
            "next_at": row.at,
            "give_up_at": row.at + WEEK,
        }
        for row in rows
    ]
    insert_missing(conn, outbox, values)
    ids = [
        {"message_id": row.outbound.mail.message_id.strip("<>"), "thread_id": row.thread}
        for row in rows
        if row.thread is not None and row.outbound.mail and row.outbound.mail.message_id
    ]
    insert_missing(conn, mail_ids, ids)
    after_commit(conn, BELL)


def waiting(row: RowMapping) -> Waiting:
    """A row of `with_owner` as a value."""
    return Waiting(
        id=row["id"],
        key=row["key"],
        conversation=row["conversation_id"],
        thread=row["thread_id"],
        channel=row["channel"],
        account=row["account"],
        recipient=row["recipient"],
        automatic=row["automatic"],
        body=row["body"],
        state=State(row["state"]),
        attempts=row["attempts"],
        created_at=row["created_at"],
        next_at=row["next_at"],
        give_up_at=row["give_up_at"],
        reason=row["reason"],
        owner=row["owner"],
        heard_at=row["heard_at"],
        asked_at=row["asked_at"],
    )


_with_owner = (
    outbox.outerjoin(conversations, conversations.c.id == outbox.c.conversation_id)
    .outerjoin(threads, threads.c.id == outbox.c.thread_id)
)  # fmt: skip
_owner = func.coalesce(conversations.c.owner, "bot").label("owner")
whole_rows = select(outbox, _owner, threads.c.heard_at).select_from(_with_owner)
"""Rows as `waiting` takes them: with the owner of their conversation and what is known of their thread."""
