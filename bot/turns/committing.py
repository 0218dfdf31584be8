"""Writes many conversations' turns in one transaction: looks up, binds numbers, words, inserts.

The functions here run inside `Store.write`: they may be run again and have no effect but on the connection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from msgspec import structs
from sqlalchemy import Connection

from bot.dialogue import (
    CheckCode,
    CodeChecked,
    Finished,
    Found,
    LookUp,
    TicketFacts,
)
from bot.store import acquaintance, conversations, ids, tickets
from bot.store.tables import conversations as conversations_table
from bot.turns import issuing
from bot.turns.planning import Plan, asker_of, complete, go_on
from bot.turns.rows import Means, Rows, add

MOST_LOOK_UPS = 5
"""Look-ups in one turn; a talk that asks for more is at fault."""

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
        add(rows, plan, finished, conversation_of.get(id(plan)), means)
        if finished is None:
            issuing.add_late_files(connection, rows, plan, means)
        else:
            issuing.add_to_tickets(rows, plan, finished, plan.thread.conversation_id or 0, means)
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
    numbers = issuing.numbers(connection, [plan for plan, _ in answered])
    evidence, spoken_before = issuing.records(connection, answered)
    for (plan, conversation), bound in zip(answered, numbers, strict=True):
        finished = complete(plan, bound)
        add(rows, plan, finished, conversation_of.get(id(plan)), means)
        issuing.add_to_tickets(rows, plan, finished, conversation, means)
        issuing.issue(rows, plan, finished, bound, conversation, means, evidence, spoken_before)
        issuing.send_codes(connection, rows, plan, finished, conversation, means)
    whole = {id(plan) for plan, _ in (*early, *answered)}
    for plan in (each for each in starting if id(each) in whole):
        issuing.strangers(connection, rows, plan, conversation_of[id(plan)], means)
    rows.write(connection)
    return answers


def _look_up(connection: Connection, plan: Plan, conversation: int, means: Means) -> None:
    """Answer the turn's look-ups; each answer may wish for another."""
    for _ in range(MOST_LOOK_UPS):
        wish = next((e for e in plan.turn.effects if isinstance(e, LookUp | CheckCode)), None)
        if wish is None:
            return
        if isinstance(wish, LookUp):
            wanted = wish.number or _last(connection, plan)
            go_on(plan, Found(wanted, _facts(connection, plan, wanted) if wanted else None))
            continue
        hashed = tickets.hash_code(means.secret, conversation, wish.number, wish.code)
        right, left = tickets.try_code(connection, conversation, wish.number, hashed, plan.now)
        facts = _facts(connection, plan, wish.number) if right else None
        if facts is not None and plan.carrying.medium == "chat":  # elsewhere a sender is easily forged
            acquaintance.prove_mailbox(connection, plan.thread.contact_id, facts.email, plan.now)
        go_on(plan, CodeChecked(structs.replace(facts, proven=True) if facts else None, left))
    raise RuntimeError(f"a turn wished for more than {MOST_LOOK_UPS} look-ups")


def _last(connection: Connection, plan: Plan) -> str:
    """The number of the last ticket of the person who asks, "" for none."""
    asker = asker_of(plan.thread, plan.carrying)
    return acquaintance.known(connection, [asker])[asker].ticket if asker is not None else ""


def _facts(connection: Connection, plan: Plan, wanted: str) -> TicketFacts | None:
    found = tickets.find(connection, wanted)
    if found is None:
        return None
    thread = plan.thread
    by_mail = plan.memory is not None and bool(found.email)
    proven = found.thread_id == thread.id or (by_mail and thread.address.lower() == found.email.lower())
    asker = asker_of(thread, plan.carrying)
    if not proven and asker is not None:
        proven = acquaintance.may_see(connection, asker, found)
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
