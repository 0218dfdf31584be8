"""Several mails in a short time get one answer: a mail waits a quiet time before it is decided."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.dialogue.turn import TookOver
from bot.inbox import Inbox
from tests.store.rooms import OURS, SECRET, Rooms, mail


def quiet(rooms: Rooms, minutes: float = 1) -> Inbox:
    return Inbox(
        rooms.store,
        rooms.files,
        secret=SECRET,
        sop=rooms.sop,
        own_addresses=[OURS],
        quiet=timedelta(minutes=minutes),
    )


@pytest.mark.sop("K2c")
async def test_three_mails_of_one_thread_in_a_short_time_get_one_answer(rooms: Rooms) -> None:
    inbox = quiet(rooms)
    await inbox.accept([mail("m1", "Siang, minyak yang datang kurang 2 dus")])
    await inbox.accept([mail("m2", "fakturnya INV-2611-0457", answers=["m1@contoh.co.id"])])
    assert await rooms.turns.run_once() == 0
    await inbox.accept([mail("m3", "hp saya 0812 3456 7890", answers=["m2@contoh.co.id"])])
    assert await rooms.turns.run_once() == 0, "answered before the quiet time was over"
    assert await rooms.take(later=2) == 1
    (answer,) = await rooms.texts("bot")
    assert "INV-2611-0457" in answer
    assert len(await rooms.rows("outbox", "id")) == 1


async def test_what_comes_into_a_quiet_thread_does_not_make_it_longer(rooms: Rooms) -> None:
    await quiet(rooms).accept([mail("m1")])
    await quiet(rooms, minutes=60).accept([mail("m2", answers=["m1@contoh.co.id"])])
    times = {row[1] for row in await rooms.rows("inbox", "id", "ready_at")}
    assert len(times) == 1
    assert await rooms.take(later=2) == 1


async def test_a_chat_never_waits_for_the_quiet_mails_before_it(rooms: Rooms) -> None:
    inbox = quiet(rooms)
    await inbox.accept([mail("m1"), rooms.memory.message("a", "halo"), mail("m2", sender="ani@contoh.co.id")])
    assert await rooms.turns.run_once() == 1
    assert await rooms.take(later=2) == 2


async def test_an_agent_who_takes_over_a_quiet_thread_comes_after_what_the_customer_wrote(
    rooms: Rooms,
) -> None:
    """Inputs of one thread are taken in order: the bot's answer is withdrawn, the mail is not lost."""
    await rooms.inbox.accept([mail("m1")])
    await rooms.turns.run_once()
    ((conversation,),) = await rooms.rows("conversations", "id")
    await quiet(rooms).accept([mail("m2", "minyaknya kurang", answers=["m1@contoh.co.id"])])
    await rooms.inbox.submit(conversation, TookOver("7", "Rina"), "take")
    assert await rooms.turns.run_once() == 0
    assert await rooms.take(later=2) == 2
    kinds = [row[1] for row in await rooms.rows("events", "no", "type")]
    assert kinds.index("taken_over") > [n for n, kind in enumerate(kinds) if kind == "customer_said"][1]
    ((owner,),) = await rooms.rows("conversations", "owner")
    assert owner == "agent:7"


async def test_the_turn_taker_wakes_by_itself_when_the_quiet_time_is_over(rooms: Rooms) -> None:
    """Nobody rings a bell then; it knows from the store when the next thread is ready."""
    await quiet(rooms).accept([mail("m1")])
    assert await rooms.turns.run_once() == 0
    ((ready,),) = await rooms.rows("inbox", "ready_at")
    assert rooms.turns._ready_at == ready
