"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Instant, Line, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "aliases",
        sa.Column("id", KEY, nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", Line(255), nullable=False),
        sa.Column("value", Line(320), nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=8), server_default="id", nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.CheckConstraint("value <> ''", name=op.f("ck_aliases_value")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_aliases")),
        sa.UniqueConstraint("channel", "account", "value", name=op.f("uq_aliases_channel_account_value")),
    )
    op.create_index(op.f("ix_aliases_contact_id"), "aliases", ["contact_id"], unique=False)
    op.create_table(
        "past_aliases",
        sa.Column("id", KEY, nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", Line(255), nullable=False),
        sa.Column("value", Line(320), nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_past_aliases")),
    )
    op.create_index(op.f("ix_past_aliases_contact_id"), "past_aliases", ["contact_id"], unique=False)
    op.create_index("ix_past_aliases_value", "past_aliases", ["channel", "account", "value"], unique=False)
    op.create_table(
        "proofs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("value", Line(320), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("origin", Line(320), server_default="", nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("by", Words(), server_default="", nullable=False),
        sa.Column("note", Words(), server_default="", nullable=False),
        sa.Column("undone_at", Instant(), nullable=True),
        sa.Column("undone_by", Words(), server_default="", nullable=False),
        sa.Column("undone_why", Words(), server_default="", nullable=False),
        sa.CheckConstraint("value <> ''", name=op.f("ck_proofs_value")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proofs")),
        sa.UniqueConstraint(
            "contact_id", "kind", "value", "until", name=op.f("uq_proofs_contact_id_kind_value_until")
        ),
    )
    op.create_index("ix_proofs_value", "proofs", ["value", "kind"], unique=False)
    op.create_table(
        "codes",
        sa.Column("conversation_id", KEY, autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "number", name=op.f("pk_codes")),
    )
    op.create_index(op.f("ix_codes_number"), "codes", ["number"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", Words(), server_default="", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_table(
        "conversations",
        sa.Column("id", KEY, nullable=False),
        sa.Column("thread_id", KEY, nullable=False),
        sa.Column("owner", sa.String(length=64), server_default="bot", nullable=False),
        sa.Column("state", sa.String(length=16), server_default="open", nullable=False),
        sa.Column("flag", sa.String(length=32), server_default="", nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("pack", sa.String(length=64), nullable=False),
        sa.Column("event_no", sa.Integer(), server_default="0", nullable=False),
        sa.Column("talk", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    op.create_index(
        "ix_conversations_flagged",
        "conversations",
        ["last_at"],
        unique=False,
        sqlite_where=sa.text("flag <> ''"),
        postgresql_where=sa.text("flag <> ''"),
    )
    op.create_index(
        "ix_conversations_held",
        "conversations",
        ["last_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open' AND owner <> 'bot'"),
        postgresql_where=sa.text("state = 'open' AND owner <> 'bot'"),
    )
    op.create_index(op.f("ix_conversations_thread_id"), "conversations", ["thread_id"], unique=False)
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "cursors",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", Line(255), nullable=False),
        sa.Column("value", Words(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", name=op.f("pk_cursors")),
    )
    op.create_table(
        "events",
        sa.Column("conversation_id", KEY, autoincrement=False, nullable=False),
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "no", name=op.f("pk_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "fetches",
        sa.Column("inbox_id", KEY, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", Line(255), nullable=False),
        sa.Column("reference", Words(), nullable=False),
        sa.Column("name", Line(255), nullable=False),
        sa.Column("media_type", Line(128), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("give_up_at", Instant(), nullable=False),
        sa.Column("reason", Words(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("inbox_id", "position", name=op.f("pk_fetches")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_fetches_due",
        "fetches",
        ["channel", "next_at", "inbox_id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_fetches_taken",
        "fetches",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("state = 'fetching'"),
        postgresql_where=sa.text("state = 'fetching'"),
    )
    op.create_table(
        "files",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=128), nullable=False),
        sa.Column("stored_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_files")),
    )
    op.create_table(
        "gate",
        sa.Column("name", Line(360), nullable=False),
        sa.Column("window", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "window", name=op.f("pk_gate")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", KEY, nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", Line(255), nullable=False),
        sa.Column("external_id", Line(255), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("thread_id", KEY, nullable=True),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("raw_file", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=8), server_default="new", nullable=False),
        sa.Column("outcome", sa.String(length=16), server_default="", nullable=False),
        sa.Column("cause", Words(), server_default="", nullable=False),
        sa.Column("conversation_id", KEY, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ready_at", Instant(), nullable=True),
        sa.Column("same", sa.String(length=64), nullable=True),
        sa.Column("message_id", Line(255), nullable=True),
        sa.CheckConstraint("external_id <> ''", name=op.f("ck_inbox_external_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("same", name=op.f("uq_inbox_same")),
        sa.UniqueConstraint(
            "channel", "account", "external_id", name=op.f("uq_inbox_channel_account_external_id")
        ),
    )
    op.create_index(
        "ix_inbox_quiet",
        "inbox",
        ["ready_at", "thread_id"],
        unique=False,
        sqlite_where=sa.text("state = 'new' AND ready_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'new' AND ready_at IS NOT NULL"),
    )
    op.create_index(
        "ix_inbox_unanswered",
        "inbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("outcome = 'ignored' AND kind = 'message'"),
        postgresql_where=sa.text("outcome = 'ignored' AND kind = 'message'"),
    )
    op.create_index(
        "ix_inbox_conversation",
        "inbox",
        ["conversation_id"],
        unique=False,
        sqlite_where=sa.text("conversation_id IS NOT NULL"),
        postgresql_where=sa.text("conversation_id IS NOT NULL"),
    )
    op.create_index(
        "ix_inbox_message",
        "inbox",
        ["thread_id", "message_id"],
        unique=False,
        sqlite_where=sa.text("message_id IS NOT NULL"),
        postgresql_where=sa.text("message_id IS NOT NULL"),
    )
    op.create_index(
        "ix_inbox_dead",
        "inbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_inbox_new",
        "inbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["thread_id", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_table(
        "items",
        sa.Column("thread_id", KEY, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("conversation_id", KEY, nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("inbox_id", KEY, nullable=True),
        sa.PrimaryKeyConstraint("thread_id", "seq", name=op.f("pk_items")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_items_conversation_id"), "items", ["conversation_id"], unique=False)
    op.create_table(
        "mail_ids",
        sa.Column("message_id", Line(255), nullable=False),
        sa.Column("thread_id", KEY, nullable=False),
        sa.CheckConstraint("message_id <> ''", name=op.f("ck_mail_ids_message_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_mail_ids")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", Line(160), nullable=False),
        sa.Column("conversation_id", KEY, nullable=True),
        sa.Column("thread_id", KEY, nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", Line(255), nullable=False),
        sa.Column("recipient", Line(320), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("give_up_at", Instant(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("provider_id", Line(255), nullable=True),
        sa.Column("failed_id", Words(), nullable=True),
        sa.Column("delivery", sa.String(length=10), server_default="", nullable=False),
        sa.Column("reason", Words(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index(op.f("ix_outbox_conversation_id"), "outbox", ["conversation_id"], unique=False)
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["channel", "next_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "ix_outbox_lane",
        "outbox",
        ["thread_id", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'sending')"),
        postgresql_where=sa.text("state IN ('queued', 'sending')"),
    )
    op.create_index(
        "ix_outbox_provider",
        "outbox",
        ["channel", "account", "provider_id"],
        unique=False,
        sqlite_where=sa.text("provider_id IS NOT NULL"),
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_sending",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_outbox_stuck",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state IN ('unknown', 'refused', 'dead')"),
        postgresql_where=sa.text("state IN ('unknown', 'refused', 'dead')"),
    )
    op.create_table(
        "packs",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_packs")),
    )
    op.create_table(
        "suppressed",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("address", Line(320), nullable=False),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "address", name=op.f("pk_suppressed")),
    )
    op.create_table(
        "threads",
        sa.Column("id", KEY, nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("account", Line(255), nullable=False),
        sa.Column("key", Line(320), nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("address", Line(320), server_default="", nullable=False),
        sa.Column("conversation_id", KEY, nullable=True),
        sa.Column("item_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("claimed_by", Line(80), nullable=True),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("subject", Line(200), server_default="", nullable=False),
        sa.Column("linked_to", KEY, nullable=True),
        sa.Column("link", sa.String(length=16), server_default="", nullable=False),
        sa.Column("heard_at", Instant(), nullable=True),
        sa.CheckConstraint("key <> ''", name=op.f("ck_threads_key")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
        sa.UniqueConstraint("channel", "account", "key", name=op.f("uq_threads_channel_account_key")),
    )
    op.create_index(op.f("ix_threads_contact_id"), "threads", ["contact_id"], unique=False)
    op.create_index(
        "ix_threads_linked_to",
        "threads",
        ["linked_to"],
        unique=False,
        sqlite_where=sa.text("linked_to IS NOT NULL"),
        postgresql_where=sa.text("linked_to IS NOT NULL"),
    )
    op.create_table(
        "participants",
        sa.Column("thread_id", KEY, autoincrement=False, nullable=False),
        sa.Column("address", Line(320), nullable=False),
        sa.CheckConstraint("address <> ''", name=op.f("ck_participants_address")),
        sa.PrimaryKeyConstraint("thread_id", "address", name=op.f("pk_participants")),
    )
    op.create_table(
        "tickets",
        sa.Column("id", KEY, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("conversation_id", KEY, nullable=False),
        sa.Column("ref", sa.String(length=32), nullable=False),
        sa.Column("thread_id", KEY, nullable=False),
        sa.Column("contact_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("class", sa.String(length=40), server_default="", nullable=False),
        sa.Column("department", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("title", Words(), nullable=False),
        sa.Column("email", Line(320), server_default="", nullable=False),
        sa.Column("phone", sa.String(length=32), server_default="", nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickets")),
        sa.UniqueConstraint("conversation_id", "ref", name=op.f("uq_tickets_conversation_id_ref")),
        sa.UniqueConstraint("number", name=op.f("uq_tickets_number")),
    )
    op.create_index(op.f("ix_tickets_contact_id"), "tickets", ["contact_id"], unique=False)
    op.create_index(op.f("ix_tickets_conversation_id"), "tickets", ["conversation_id"], unique=False)
    op.create_table(
        "timers",
        sa.Column("conversation_id", KEY, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("set_no", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("conversation_id", "name", name=op.f("pk_timers")),
    )
    op.create_index(op.f("ix_timers_due_at"), "timers", ["due_at"], unique=False)
