"""The schema, once, for SQLite and PostgreSQL. The only SQL of Sapa lives in this room.

A *thread* is the place where we talk with somebody (a web visitor, a chat, a mail thread) and outlives its
conversations; a *conversation* goes from the greeting to the close. Inputs wait per thread, so that a
message that comes while its conversation is being closed opens the next one and is never lost.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.types import TypeEngine

from bot.store.clean import clean, fit

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant on both engines. SQLite keeps it as text that sorts by time, the same that
    SQLAlchemy writes (`2026-11-22 03:04:05.000006`) at a tenth of its price; rows of a turn have a dozen."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text on SQLite, a timestamp with time zone on PostgreSQL."""
        return dialect.type_descriptor(String(26) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive times; everything is stored in UTC."""
        if value is None:
            return None
        if value.tzinfo is not UTC:
            if value.tzinfo is None:
                raise ValueError("a naive time reached the store; give an aware one")
            value = value.astimezone(UTC)
        return value.isoformat(" ", "microseconds")[:26] if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give UTC back."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        aware: datetime = value.astimezone(UTC)
        return aware


class Words(TypeDecorator[str]):
    """Text of any length; NUL and lone surrogates never reach the column, whoever writes."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean what is written."""
        return None if value is None else clean(value)


class Line(TypeDecorator[str]):
    """A key or a short text with a limit in characters; a longer key keeps its head and ends in a hash."""

    impl = String
    cache_ok = True

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean and fit what is written or compared."""
        if value is None or (len(value) <= self.limit and value.isascii() and "\0" not in value):
            return value
        return fit(value, self.limit)


Key = BigInteger().with_variant(Integer, "sqlite")
"""A growing key: SQLite only counts up by itself on INTEGER PRIMARY KEY."""


def _partial(name: str, *columns: str, only: str) -> Index:
    """An index of the rows for which `only` holds. PostgreSQL is told so when it makes the index: naming it
    here would load its part of SQLAlchemy, 2 MB, in every process that never sees a PostgreSQL."""
    return Index(name, *columns, sqlite_where=text(only), info={"only": only})


@event.listens_for(metadata, "before_create")
def _partial_on_postgres(_metadata: MetaData, connection: Connection, **_options: Any) -> None:
    if connection.dialect.name == "postgresql":
        for index in (index for table in metadata.tables.values() for index in table.indexes):
            if "only" in index.info:
                index.dialect_options["postgresql"]["where"] = text(index.info["only"])


contacts = Table(
    "contacts",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", Words, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
)

aliases = Table(
    "aliases",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("account", Line(255), nullable=False),
    Column("value", Line(320), nullable=False),
    Column("contact_id", Key, nullable=False, index=True),
    Column("kind", String(8), nullable=False, server_default="id"),  # id | phone: numbers pass on to others
    Column("since", Instant, nullable=False),  # the provider's time of what first showed it
    UniqueConstraint("channel", "account", "value"),
    CheckConstraint("value <> ''", name="value"),
)

past_aliases = Table(  # numbers that somebody had before: what was sent then, and comes late, is still theirs
    "past_aliases",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("account", Line(255), nullable=False),
    Column("value", Line(320), nullable=False),
    Column("contact_id", Key, nullable=False, index=True),
    Column("until", Instant, nullable=False),
    Index("ix_past_aliases_value", "channel", "account", "value"),
)

proofs = Table(  # what contacts were shown to hold; two that hold the same are one person (see `people`)
    "proofs",
    metadata,
    Column("id", Key, primary_key=True),
    Column("contact_id", Key, nullable=False),
    Column("kind", String(8), nullable=False),  # phone | email | channel | said
    Column("value", Line(320), nullable=False),  # E.164, lower case, a pair of aliases, the id of a joining
    Column("how", String(16), nullable=False),  # channel | code | dmarc | person
    Column("origin", Line(320), nullable=False, server_default=""),  # the channel and account it was shown in
    Column("at", Instant, nullable=False),  # when it was first shown, and when last
    Column("seen_at", Instant, nullable=False),
    Column("until", Instant, nullable=False),  # when the contact left it; far away: it has not
    Column("by", Words, nullable=False, server_default=""),  # who said so, and why, where a person did
    Column("note", Words, nullable=False, server_default=""),
    Column("undone_at", Instant),  # it joins no more; by whom, why
    Column("undone_by", Words, nullable=False, server_default=""),
    Column("undone_why", Words, nullable=False, server_default=""),
    UniqueConstraint("contact_id", "kind", "value", "until"),
    CheckConstraint("value <> ''", name="value"),
    Index("ix_proofs_value", "value", "kind"),
)

threads = Table(
    "threads",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("account", Line(255), nullable=False),
    Column("key", Line(320), nullable=False),
    Column("contact_id", Key, nullable=False, index=True),
    Column("address", Line(320), nullable=False, server_default=""),  # where answers go
    Column("conversation_id", Key),  # the open one, or the last
    Column("item_seq", Integer, nullable=False, server_default="0"),  # gap-free, visible items
    Column("version", Integer, nullable=False, server_default="0"),  # grows with each turn: optimistic lock
    Column("body", LargeBinary, nullable=False),  # JSON of bot.letters.MailThread, empty on a chat
    Column("claimed_by", Line(80)),  # PostgreSQL: the process that is taking this thread's turn ...
    Column("claimed_until", Instant),  # ... and until when its word counts
    Column(
        "subject", Line(200), nullable=False, server_default=""
    ),  # a mail thread's, without Re: and number
    Column("linked_to", Key),  # the thread this one goes on from, or that a stranger answered
    Column("link", String(16), nullable=False, server_default=""),  # subject | later | stranger
    Column("heard_at", Instant),  # the provider's time of what the customer said last
    UniqueConstraint("channel", "account", "key"),
    CheckConstraint("key <> ''", name="key"),
    _partial("ix_threads_linked_to", "linked_to", only="linked_to IS NOT NULL"),
)

participants = Table(
    "participants",
    metadata,
    Column("thread_id", Key, primary_key=True, autoincrement=False),
    Column("address", Line(320), primary_key=True),  # lower case; who the customer wrote to besides us
    CheckConstraint("address <> ''", name="address"),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Key, primary_key=True),
    Column("thread_id", Key, nullable=False, index=True),
    Column("owner", String(64), nullable=False, server_default="bot"),  # bot | agent:<id> | nobody
    Column("state", String(16), nullable=False, server_default="open"),  # open | closed
    Column("flag", String(32), nullable=False, server_default=""),  # why a person is wanted, "" if not
    Column("opened_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("last_at", Instant, nullable=False),
    Column("pack", String(64), nullable=False),
    Column("event_no", Integer, nullable=False, server_default="0"),  # gap-free
    Column("talk", LargeBinary, nullable=False),  # JSON of bot.dialogue.Talk
    _partial(
        "ix_conversations_flagged",
        "last_at",
        only="flag <> ''",
    ),
    _partial(
        "ix_conversations_held",
        "last_at",
        only="state = 'open' AND owner <> 'bot'",
    ),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Key, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("account", Line(255), nullable=False),
    Column("external_id", Line(255), nullable=False),
    Column(
        "kind", String(16), nullable=False
    ),  # message edited pressed status reachability identified unreadable timer agent returned
    Column("thread_id", Key),
    Column("sent_at", Instant, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),  # JSON of the parsed input, files by digest
    Column("raw", LargeBinary),  # what came over the wire; NULL: see raw_file
    Column("raw_file", String(64)),  # digest, when raw is large
    Column("state", String(8), nullable=False, server_default="new"),  # new | done | dead
    Column(
        "outcome", String(16), nullable=False, server_default=""
    ),  # conversation appended ignored quarantined
    Column("cause", Words, nullable=False, server_default=""),
    Column("conversation_id", Key),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("ready_at", Instant),  # not decided before: more of it may be on its way; NULL: at once
    Column("same", String(64), unique=True),  # a person's mail, whatever way it came; NULL: none, or a copy
    # a chat's own id of the message within its thread, or of the one that an edit is of; NULL: it has none
    Column("message_id", Line(255)),
    # the tombstone: outlives the conversation, so that a redelivery years later is still "already here"
    UniqueConstraint("channel", "account", "external_id"),
    CheckConstraint("external_id <> ''", name="external_id"),
    _partial(
        "ix_inbox_waiting",
        "thread_id",
        "id",
        only="state = 'new'",
    ),
    _partial(
        "ix_inbox_new",
        "id",
        only="state = 'new'",
    ),
    _partial(
        "ix_inbox_quiet",  # what waits for more of it: never looked for where nothing does
        "ready_at",
        "thread_id",
        only="state = 'new' AND ready_at IS NOT NULL",
    ),
    _partial(
        "ix_inbox_unanswered",  # mail that machines wrote: kept, never answered, for a person to look through
        "id",
        only="outcome = 'ignored' AND kind = 'message'",
    ),
    _partial(
        "ix_inbox_dead",
        "id",
        only="state = 'dead'",
    ),
    _partial(
        "ix_inbox_conversation",
        "conversation_id",
        only="conversation_id IS NOT NULL",
    ),
    _partial(
        "ix_inbox_message",  # the message that an edit or a quote names
        "thread_id",
        "message_id",
        only="message_id IS NOT NULL",
    ),
)

fetches = Table(
    "fetches",
    metadata,
    Column("inbox_id", Key, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),  # among the message's files, from 0
    Column("channel", String(32), nullable=False),
    Column("account", Line(255), nullable=False),
    Column("reference", Words, nullable=False),  # under which the provider has it: no URL, no secret
    Column("name", Line(255), nullable=False),
    Column("media_type", Line(128), nullable=False),  # as claimed
    Column("size", BigInteger, nullable=False),  # as claimed, 0: not told
    Column("digest", String(64), nullable=False),  # SHA-256 as the provider names it, "": it names none
    Column("state", String(10), nullable=False),  # waiting fetching stored lost
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Instant, nullable=False),  # when due; of one being fetched: when its claim lapses
    Column("give_up_at", Instant, nullable=False),  # the provider keeps it no longer
    Column("reason", Words, nullable=False, server_default=""),  # why not yet, or never
    _partial(
        "ix_fetches_due",
        "channel",
        "next_at",
        "inbox_id",
        only="state = 'waiting'",
    ),
    _partial(
        "ix_fetches_taken",
        "next_at",
        only="state = 'fetching'",
    ),
    sqlite_with_rowid=False,
)

events = Table(
    "events",
    metadata,
    Column("conversation_id", Key, primary_key=True, autoincrement=False),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("type", String(32), nullable=False),
    Column("body", LargeBinary, nullable=False),  # JSON of bot.dialogue.events.Event
    sqlite_with_rowid=False,
)

items = Table(
    "items",
    metadata,
    Column("thread_id", Key, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("conversation_id", Key, nullable=False, index=True),
    Column("author", String(64), nullable=False),  # customer | bot | agent:<id>
    Column("at", Instant, nullable=False),
    Column("text", Words, nullable=False),
    Column("body", LargeBinary, nullable=False),  # JSON: choices, files, client id
    Column("inbox_id", Key),
    sqlite_with_rowid=False,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Key, primary_key=True),
    Column("key", Line(160), nullable=False, unique=True),  # idempotency: conversation/turn/position
    Column("conversation_id", Key, index=True),
    Column("thread_id", Key),
    Column("channel", String(32), nullable=False),
    Column("account", Line(255), nullable=False),
    Column("recipient", Line(320), nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),  # JSON of channels.base.Outbound, files by digest
    Column("state", String(10), nullable=False),  # queued sending sent unknown refused dead withdrawn
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=False),  # when due; of a row that is sending: when its claim lapses
    Column("give_up_at", Instant, nullable=False),  # retried until then, a dead letter after
    Column("asked_at", Instant),  # when the customer was asked to write, because it cannot leave before
    Column("sent_at", Instant),
    Column("provider_id", Line(255)),
    Column("failed_id", Words),  # names of the sending that failed after it had left, set apart by blanks
    Column("delivery", String(10), nullable=False, server_default=""),
    Column("reason", Words, nullable=False, server_default=""),
    _partial(
        "ix_outbox_due",  # by channel: a channel that stands still never slows the others
        "channel",
        "next_at",
        "id",
        only="state = 'queued'",
    ),
    _partial(
        "ix_outbox_lane",  # what of a thread has not left yet: its messages leave in order
        "thread_id",
        "id",
        only="state IN ('queued', 'sending')",
    ),
    _partial(
        "ix_outbox_sending",
        "id",
        only="state = 'sending'",
    ),
    _partial(
        "ix_outbox_stuck",
        "id",
        only="state IN ('unknown', 'refused', 'dead')",
    ),
    _partial(
        "ix_outbox_provider",
        "channel",
        "account",
        "provider_id",
        only="provider_id IS NOT NULL",
    ),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Key, primary_key=True),
    Column("number", String(32), nullable=False, unique=True),
    Column("conversation_id", Key, nullable=False, index=True),
    Column("ref", String(32), nullable=False),
    Column("thread_id", Key, nullable=False),
    Column("contact_id", Key, nullable=False, index=True),
    Column("kind", String(40), nullable=False),
    Column("class", String(40), nullable=False, server_default=""),
    Column("department", String(40), nullable=False),
    Column("state", String(24), nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("title", Words, nullable=False),
    Column("email", Line(320), nullable=False, server_default=""),
    Column("phone", String(32), nullable=False, server_default=""),
    Column("body", LargeBinary, nullable=False),  # JSON of bot.dialogue.turn.IssueTicket
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    UniqueConstraint("conversation_id", "ref"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

timers = Table(
    "timers",
    metadata,
    Column("conversation_id", Key, primary_key=True, autoincrement=False),
    Column("name", String(32), primary_key=True),
    Column("due_at", Instant, nullable=False, index=True),
    Column("set_no", Integer, nullable=False),  # event number when set: makes the input's external id unique
)

codes = Table(
    "codes",
    metadata,
    Column("conversation_id", Key, primary_key=True, autoincrement=False),
    Column("number", String(32), primary_key=True, index=True),
    Column("hash", String(64), nullable=False),
    Column("left", Integer, nullable=False),
    Column("expires_at", Instant, nullable=False),
)

mail_ids = Table(
    "mail_ids",
    metadata,
    Column("message_id", Line(255), primary_key=True),
    Column("thread_id", Key, nullable=False),
    CheckConstraint("message_id <> ''", name="message_id"),
)

suppressed = Table(
    "suppressed",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("address", Line(320), primary_key=True),
    Column("reason", Words, nullable=False),
    Column("at", Instant, nullable=False),
)

gate = Table(
    "gate",
    metadata,
    Column("name", Line(360), primary_key=True),  # address:<a> | thread:<id> | all
    Column("window", BigInteger, primary_key=True, autoincrement=False),  # start of the window, epoch seconds
    Column("count", Integer, nullable=False),
)

files = Table(
    "files",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the bytes
    Column("size", BigInteger, nullable=False),
    Column("media_type", String(128), nullable=False),  # by content, not as claimed
    Column("stored_at", Instant, nullable=False),
)

packs = Table(
    "packs",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("files", LargeBinary, nullable=False),  # JSON {path: text}
    Column("stored_at", Instant, nullable=False),  # when it was taken into use last
)

cursors = Table(
    "cursors",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("account", Line(255), primary_key=True),
    Column("value", Words, nullable=False),
)
