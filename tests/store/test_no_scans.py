"""No statement of the hot path looks through a table that grows with history (chatwoot#12874, zammad#6226).

The rooms run with everything they do every day; each statement they sent is then explained by the database.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from bot.dialogue.turn import Due, TookOver
from bot.outbox import Outbox
from bot.store import history, quarantine, tables, waiting
from bot.store.bulk import STEPS
from bot.timers import Timers
from channels.base import Attachment, Delivery, Edited, Reachability, Retry, Sender, Status
from tests.outbox_kit import Provider
from tests.store.lying import Clock, Lying, fetching, photo
from tests.store.rooms import COMPLAINT, OURS, POISON, Rooms, mail
from tests.store.whatsapp import moved, shared, wa

GROWS = set(tables.metadata.tables) - {"counters", "cursors", "packs", "suppressed", "gate"}
"""Tables with a row for each message, talk, ticket or customer; of the others there are few."""

WAITING = {
    "ix_inbox_new", "ix_inbox_waiting", "ix_inbox_quiet", "ix_inbox_dead", "ix_outbox_sending",
    "ix_outbox_stuck", "ix_outbox_due", "ix_outbox_lane", "ix_conversations_flagged", "ix_fetches_due",
    "ix_fetches_taken",
}  # fmt: skip
"""Partial indexes over what waits: to go through one of them costs as much as waits, whatever came before."""

Statement = tuple[str, Any]


class Ear:
    """Notes each statement once, with the values of its first time."""

    def __init__(self, *engines: Engine) -> None:
        self.engines = engines
        self.heard: dict[str, Any] = {}

    def note(self, _conn: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.lstrip().split(maxsplit=1)[0] in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            self.heard.setdefault(statement, values[0] if many else values)

    def __enter__(self) -> Ear:
        for engine in self.engines:
            event.listen(engine, "before_cursor_execute", self.note)
        return self

    def __exit__(self, *_: object) -> None:
        for engine in self.engines:
            event.remove(engine, "before_cursor_execute", self.note)


async def a_day(rooms: Rooms, number: str) -> None:
    """All that the rooms do each day: chats, mails, tickets (`number` is one of them), timers, a poison,
    letters and their news."""
    store, now = rooms.store, datetime.now(UTC)
    customers = [f"w{n}" for n in range(sum(STEPS[1:]))]
    for line in COMPLAINT:
        await asyncio.gather(*(rooms.inbox.accept([rooms.memory.message(c, line)]) for c in customers))
        await rooms.turns.run_once()
        customers = customers[: STEPS[-1] + 1]
    await rooms.inbox.accept(
        [mail("m1", COMPLAINT[0], attachments=[Attachment("a.txt", b"a", "text/plain")])]
    )
    await rooms.turns.run_once()
    await rooms.inbox.accept([mail("m2", "terima kasih", answers=["m1@contoh.co.id"], subject=f"[{number}]")])
    await rooms.say("status", f"bagaimana dengan {number}?")
    await rooms.say("poison", POISON)
    await rooms.inbox.accept([wa("1", phone="628110001", bsuid="ID.1"), shared("1", "628110001")])
    await rooms.inbox.accept([moved("1", old=("628110001", "ID.1"), phone="628110002", bsuid="ID.2", at=5)])
    await rooms.inbox.accept([wa("2", bsuid="ID.2", at=6), wa("3", phone="628110002", bsuid="ID.3", at=7)])
    await rooms.turns.run_once()
    await rooms.inbox.accept([shared("2", "", text=f"bagaimana dengan {number}?", at=8)])
    await rooms.inbox.submit(1, Due("remind"), "1/remind/9")
    await rooms.inbox.submit(2, TookOver("agent:1", "Dewi"), "a1")
    sender = Sender("w1")
    await rooms.inbox.accept(
        [
            Status(
                channel="email", account=OURS, external_id="s1", sender=sender, thread="w1", sent_at=now,
                of="p1", delivery=Delivery.READ,
            ),
            Reachability(
                channel="memory", account="", external_id="r1", sender=sender, thread="w1", sent_at=now,
                reachable=False,
            ),
        ]
    )  # fmt: skip
    await rooms.turns.run_once()
    await rooms.inbox.accept([photo(f"p{n}", thread=f"p{n}") for n in range(3)])
    out = fetching(rooms, Lying(Retry("HTTP 503")), Clock())
    await out.run_once()
    await rooms.take(later=1)
    await fetching(rooms, Lying(), late := Clock(), alone=False).run_once()
    late.tick(minutes=5)
    await fetching(rooms, Lying(), late).run_once()
    edit = Edited(
        channel="memory", account="local", external_id="e1", sender=sender, thread="p1", sent_at=now,
        of="p1", text="lain",
    )  # fmt: skip
    await rooms.inbox.accept([edit, replace(edit, external_id="e2", deleted=True)])
    await rooms.turns.run_once()
    providers = {"email": Provider(), "memory": Provider()}
    await Outbox(
        store, rooms.files, store.bells, providers, clock=lambda: now + timedelta(minutes=1)
    ).run_once()
    await Timers(store, store.bells).run_once(now + timedelta(days=30))
    await rooms.turns.run_once()
    await store.read(lambda c: waiting.look(c, now, ["email"], (), ["memory"]))
    await store.read(lambda c: quarantine.held(c))
    place = await store.read(lambda c: history.find(c, "memory", "local", "w1"))
    assert place is not None
    await store.read(lambda c: history.after(c, place.thread_id, 3, 50))


def sqlite_scans(connection: Connection, statement: str, values: Any) -> Iterator[str]:
    for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values):
        words = row[3].split()
        if words[0] == "SCAN" and words[1] in GROWS and not WAITING & set(words):
            yield row[3]


def postgres_scans(connection: Connection, statement: str, values: Any) -> Iterator[str]:
    """Where an index serves, the planner takes it when it may not look through the table."""
    (plan,) = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", values).scalars()
    nodes = [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node.get("Relation Name") not in GROWS:
            continue
        whole = node["Node Type"] == "Seq Scan" or (
            node["Node Type"] in ("Index Scan", "Index Only Scan")
            and "Index Cond" not in node
            and node["Index Name"] not in WAITING
        )
        if whole:
            yield f"{node['Node Type']} of {node['Relation Name']} {node.get('Index Name', '')}"


async def test_no_statement_of_the_hot_path_looks_through_history(rooms: Rooms) -> None:
    store = rooms.store
    await rooms.say("first", *COMPLAINT)
    ((number,),) = await rooms.rows("tickets", "number")
    with Ear(store.engines.writing, store.engines.reading) as ear:
        await a_day(rooms, number)
    assert len(ear.heard) > 60, "the rooms said less than they do in a day: this test would show nothing"

    def explain(connection: Connection) -> list[str]:
        if not store.sqlite:
            # with a few rows every way is as good as another: those that pay with many rows are left
            for way in ("seqscan", "hashjoin", "mergejoin"):
                connection.execute(text(f"SET LOCAL enable_{way} = off"))
        scans = sqlite_scans if store.sqlite else postgres_scans
        return [
            f"{found}   in   {statement}"
            for statement, values in ear.heard.items()
            if "pg_catalog" not in statement
            for found in scans(connection, statement, values)
        ]

    assert await store.write(explain) == []


def test_a_statement_that_looks_through_history_is_found(tmp_path: Path) -> None:
    """The finder finds: a fault of the test above would otherwise look like a clean house."""
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    with engine.begin() as connection:
        tables.metadata.create_all(connection)
        find: Callable[[str], list[str]] = lambda said: list(sqlite_scans(connection, said, ()))  # noqa: E731
        assert find("SELECT count(*) FROM inbox")
        assert find("UPDATE conversations SET owner = 'x' WHERE owner = 'y'")
        assert find("DELETE FROM timers WHERE name = 'x'")
        assert not find("SELECT count(*) FROM inbox WHERE state = 'new'")
    engine.dispose()
