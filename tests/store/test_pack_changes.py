"""A pack that lacks a step on which customers stand is refused at start: nobody loses their place unseen."""

from __future__ import annotations

import pytest

from bot.dialogue import decode_talk
from bot.errors import StepsGone
from bot.sop.check import check
from bot.sop.model import Sop
from tests.store.rooms import COMPLAINT, Rooms

FILE = "procedures/complaint.yaml"


def changed(sop: Sop, *pairs: tuple[str, str]) -> Sop:
    """The pack with other words in the procedure of complaints."""
    text = sop.files[FILE]
    for old, new in pairs:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return check({**sop.files, FILE: text})


def renamed(sop: Sop, *, moved: str = "") -> Sop:
    """The pack whose step `restate` is called `repeat`; with `moved` as the line that tells so."""
    return changed(sop, ("- id: restate\n", f"- id: repeat\n{moved}"), ("next: restate\n", "next: repeat\n"))


async def two_talks(rooms: Rooms) -> None:
    """Two customers who are asked whether Sapa understood them."""
    await rooms.say("a", COMPLAINT[0])
    await rooms.say("b", COMPLAINT[0])
    talks = [decode_talk(row[0]) for row in await rooms.rows("conversations", "talk")]
    assert [(talk.procedure, talk.step) for talk in talks] == [("complaint", "restate")] * 2


async def test_a_removed_step_on_which_talks_stand_is_refused_and_says_what_to_write(rooms: Rooms) -> None:
    await two_talks(rooms)
    before, rooms.sop = rooms.sop, renamed(rooms.sop)
    for _ in range(2):  # and it does not pass for being tried again
        with pytest.raises(StepsGone) as refused:
            await rooms.again().take_pack()
        assert "2 open conversations on the step `restate` of `complaint`" in str(refused.value)
        assert "write `moved: [restate]`" in str(refused.value)
    assert await rooms.rows("packs", "hash") == [(before.hash,)]
    rooms.sop = before
    await rooms.again().take_pack()


async def test_a_step_that_says_what_it_was_called_is_taken_and_the_talk_goes_on(rooms: Rooms) -> None:
    await two_talks(rooms)
    rooms.sop = renamed(rooms.sop, moved="      moved: [restate]\n")
    rooms.turns = rooms.again()
    await rooms.say("a", COMPLAINT[1])
    assert (await rooms.texts("bot"))[-1]
    assert len(await rooms.rows("packs", "hash")) == 2


async def test_going_back_to_the_pack_before_is_looked_at_too(rooms: Rooms) -> None:
    """Its hash is known: that says nothing of the talks that began meanwhile."""
    older = rooms.sop
    await rooms.turns.take_pack()
    rooms.sop = renamed(older)
    rooms.turns = rooms.again(later=1)
    await rooms.say("a", COMPLAINT[0])
    rooms.sop = older
    with pytest.raises(StepsGone, match="1 open conversation on the step `repeat`"):
        await rooms.again().take_pack()


async def test_closed_talks_hold_no_pack_back(rooms: Rooms) -> None:
    await rooms.say("a", *COMPLAINT, "tidak, terima kasih")
    (state,) = await rooms.rows("conversations", "state")
    assert state == ("closed",)
    rooms.sop = renamed(rooms.sop)
    await rooms.again().take_pack()
    assert len(await rooms.rows("packs", "hash")) == 2
