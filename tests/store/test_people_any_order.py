"""Who is one person does not depend on the order in which the news comes, nor on how it is batched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, delete, select
from sqlalchemy.pool import StaticPool

from bot.inbox.places import place_of
from bot.store import arrivals, people, tables
from bot.store.arrivals import Arrival, Batch
from bot.store.inbox import NewInput
from channels.base import Identified, Message
from tests.store.whatsapp import moved, shared, wa

P, P2, Q, R = "6281200000001", "6281200000002", "6281300000003", "6281400000004"
MONTH = 30 * 24 * 60

WORLD: Sequence[Message | Identified] = (
    # Budi, with two numbers of ours; he changes his number, and shows old and new one on Telegram
    wa("budi1", phone=P, bsuid="ID.1", at=1),
    wa("budi2", phone=P, bsuid="ID.1", at=2),
    shared("budi3", P, user="7001", at=3),
    wa("budi4", phone=P, bsuid="ID.11", account="1061", at=4),
    moved("budi5", old=(P, "ID.1"), phone=P2, bsuid="ID.2", at=10),
    wa("budi6", phone=P2, bsuid="ID.2", at=11),
    shared("budi7", P2, user="7001", at=12),
    wa("budi8", bsuid="ID.2", at=13),
    # Siti gets his old number a month later; her Telegram shows it, too
    wa("siti1", phone=P, bsuid="ID.3", at=MONTH),
    shared("siti2", P, user="7002", at=MONTH + 1),
    wa("siti3", phone=P, bsuid="ID.3", at=MONTH + 2),
    # Tono's id changes with the same number; Wati changes to a number that was Tono's
    wa("tono1", phone=Q, bsuid="ID.4", at=20),
    wa("tono2", phone=Q, bsuid="ID.5", at=22),
    moved("tono3", old=("ID.4",), phone=Q, bsuid="ID.5", at=21),
    wa("wati1", phone=R, bsuid="ID.6", at=23),
    moved("wati2", old=(R, "ID.6"), phone=Q, bsuid="ID.7", at=2 * MONTH),
    wa("wati3", phone=Q, bsuid="ID.7", at=2 * MONTH + 1),
)
WHO = {"budi", "siti", "tono", "wati"}


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        yield connection
    engine.dispose()


def _prepared(inbound: Message | Identified) -> Arrival:
    kind, told = ("message", False) if isinstance(inbound, Message) else ("identified", True)
    row = NewInput(
        channel=inbound.channel,
        account=inbound.account,
        external_id=inbound.external_id,
        kind=kind,
        sent_at=inbound.sent_at,
        received_at=datetime.now(UTC),
        body=b"{}",
        outcome="ignored" if told else "",
        cause=kind,
    )
    return Arrival(row, place_of(inbound), only_known=told, moved=told)


def _grouped(
    connection: Connection, batches: Sequence[Sequence[Message | Identified]]
) -> set[frozenset[str]]:
    """The messages by the person who sent them, in a store that knew nobody."""
    for name in ("contacts", "aliases", "past_aliases", "threads", "inbox", "proofs"):
        connection.execute(delete(tables.metadata.tables[name]))
    for batch in batches:
        wish = Batch(tuple(_prepared(each) for each in batch), None, datetime.now(UTC))
        arrivals.accept(connection, [wish])
    sent = connection.execute(
        select(tables.inbox.c.external_id, tables.threads.c.contact_id).join(
            tables.threads, tables.threads.c.id == tables.inbox.c.thread_id
        )
    ).all()
    persons = people.persons(connection, {row.contact_id for row in sent})
    by_person: dict[frozenset[int], set[str]] = {}
    for row in sent:
        by_person.setdefault(persons[row.contact_id], set()).add(row.external_id)
    return {frozenset(names) for names in by_person.values()}


def test_each_is_one_person_and_nobody_is_another(connection: Connection) -> None:
    found = _grouped(connection, [[each] for each in sorted(WORLD, key=lambda each: each.sent_at)])
    names = [{name.split(".")[1].rstrip("0123456789") for name in group} for group in found]
    assert sorted(names, key=sorted) == [{who} for who in sorted(WHO)]


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_order_in_which_the_news_come_changes_nothing(
    connection: Connection, data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(WORLD))), unique=True, min_size=2))
    cuts = data.draw(st.lists(st.integers(1, 5), min_size=len(chosen), max_size=len(chosen)))
    mixed = [WORLD[n] for n in chosen]
    batches, rest = [], mixed
    for cut in cuts:
        if rest:
            batches.append(rest[:cut])
            rest = rest[cut:]
    in_order = [[each] for each in sorted(mixed, key=lambda each: each.sent_at)]
    assert _grouped(connection, batches) == _grouped(connection, in_order)
