"""A long SMS comes in pieces, in any order, some never: it is heard as one text, and no piece is lost."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

from channels.base import Accepted, Message, Sender
from tests.store.rooms import Rooms

STORY = ("siang, saya beli 5 dus minyak sari murni 1 l ke", "marin, yg datang cuma 4, IN", "V-2611-0457")
WHOLE = "".join(STORY)


def piece(number: int, text: str, *, total: int = 3, reference: str = "7", thread: str = "+62811") -> Message:
    return Message(
        channel="memory",
        account="local",
        external_id=f"{thread}/{reference}/{number}/{text}",
        sender=Sender(thread, phone=thread),
        thread=thread,
        sent_at=datetime(2026, 11, 20, 3, tzinfo=UTC),
        text=text,
        group=f"{thread}/{reference}/{total}",
        part=number,
        parts=total,
    )


async def test_pieces_in_any_order_are_one_text(rooms: Rooms) -> None:
    for number, order in enumerate(itertools.permutations((1, 2, 3))):
        thread = f"+6281{number}"
        for at in order[:-1]:
            assert await rooms.inbox.accept([piece(at, STORY[at - 1], thread=thread)]) == [Accepted.NEW]
            assert await rooms.turns.run_once() == 0, "more of it is on its way"
        last = order[-1]
        assert await rooms.inbox.accept([piece(last, STORY[last - 1], thread=thread)]) == [Accepted.NEW]
        assert await rooms.turns.run_once() == 1, "the last piece is there: nobody waits longer"
    assert await rooms.texts("customer") == [WHOLE] * 6
    outcomes = await rooms.rows("inbox", "id", "state", "outcome")
    assert [row[1:] for row in outcomes[:3]] == [
        ("done", "conversation"), ("done", "appended"), ("done", "appended")
    ]  # fmt: skip


async def test_pieces_in_one_batch_are_one_text(rooms: Rooms) -> None:
    await rooms.inbox.accept([piece(n, STORY[n - 1]) for n in (3, 1, 2)])
    assert await rooms.turns.run_once() == 1
    assert await rooms.texts("customer") == [WHOLE]


async def test_a_lost_piece_is_not_waited_for_for_ever(rooms: Rooms) -> None:
    await rooms.inbox.accept([piece(1, STORY[0]), piece(3, STORY[2])])
    assert await rooms.turns.run_once() == 0
    assert await rooms.take(later=1) == 1
    assert await rooms.texts("customer") == [f"{STORY[0]} [...] {STORY[2]}"]
    await rooms.inbox.accept([piece(2, STORY[1])])  # it was only very late
    assert await rooms.take(later=2) == 1
    assert (await rooms.texts("customer"))[-1] == f"[...] {STORY[1]} [...]"


async def test_a_redelivered_piece_completes_nothing(rooms: Rooms) -> None:
    first = piece(1, STORY[0], total=2)
    assert await rooms.inbox.accept([first]) == [Accepted.NEW]
    assert await rooms.inbox.accept([first, first]) == [Accepted.DUPLICATE, Accepted.DUPLICATE]
    assert await rooms.turns.run_once() == 0


async def test_what_is_written_after_a_piece_waits_for_the_whole(rooms: Rooms) -> None:
    """Order within a thread is kept: the short message does not overtake the long one before it."""
    await rooms.inbox.accept([piece(2, STORY[1] + STORY[2], total=2)])
    await rooms.inbox.accept([rooms.memory.message("+62811", "tolong ya")])
    assert await rooms.turns.run_once() == 0
    await rooms.inbox.accept([piece(1, STORY[0], total=2)])
    assert await rooms.turns.run_once() == 1
    assert await rooms.texts("customer") == [WHOLE, "tolong ya"]


async def test_a_message_that_waits_does_not_make_a_piece_ready(rooms: Rooms) -> None:
    await rooms.inbox.accept([rooms.memory.message("+62811", "halo")])
    await rooms.inbox.accept([piece(1, STORY[0])])
    assert await rooms.turns.run_once() == 0
    await rooms.inbox.accept([piece(2, STORY[1]), piece(3, STORY[2])])
    assert await rooms.turns.run_once() == 1
    assert await rooms.texts("customer") == ["halo", WHOLE]


async def test_two_long_texts_at_once_are_not_mixed(rooms: Rooms) -> None:
    await rooms.inbox.accept([
        piece(2, "dua", total=2, reference="1"), piece(1, "SATU", total=2, reference="2"),
        piece(2, "DUA", total=2, reference="2"), piece(1, "satu", total=2, reference="1"),
        piece(1, "lain", total=2, reference="1", thread="+62812"),
    ])  # fmt: skip
    assert await rooms.turns.run_once() == 1
    assert await rooms.texts("customer") == ["satudua", "SATUDUA"]
    assert await rooms.take(later=1) == 1
    assert (await rooms.texts("customer"))[-1] == "lain [...]"


async def test_the_wait_for_pieces_does_not_grow(rooms: Rooms) -> None:
    """Every piece after the first would otherwise put the answer off by the whole time again."""
    await rooms.inbox.accept([piece(1, STORY[0])])
    (first,) = await rooms.rows("inbox", "ready_at")
    await rooms.inbox.accept([piece(2, STORY[1])])
    assert await rooms.rows("inbox", "ready_at") == [first, first]
