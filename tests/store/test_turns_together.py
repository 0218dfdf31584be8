"""Turns: many conversations in one commit, each input one outcome, one owner, gapless numbers."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bot.dialogue import Due, HandedBack, TookOver
from bot.store import quarantine
from bot.store.invariants import broken
from bot.store.outbox import decode
from bot.store.replay import replay
from channels.base import Accepted
from tests.store.rooms import COMPLAINT, POISON, Rooms, mail


async def hold(rooms: Rooms) -> None:
    """Every promise, on the database as it stands."""
    assert await rooms.store.read(broken) == []
    assert (await rooms.store.read(replay)).faults == ()


@pytest.mark.sop("K3", "K4", "K5")
async def test_a_complaint_becomes_a_ticket_with_its_departments_mail(rooms: Rooms) -> None:
    await rooms.say("a", *COMPLAINT)
    ((number, department, state),) = await rooms.rows("tickets", "number", "department", "state")
    assert number in (await rooms.texts("bot"))[-1] or any(
        number in text for text in await rooms.texts("bot")
    )
    letters = await rooms.rows("outbox", "key", "recipient", "thread_id", "state")
    assert (f"{number}/{department}", rooms.sop.departments[department].email, None, "queued") in letters
    assert state == "new"
    await hold(rooms)


async def test_many_complaints_at_once_get_gapless_numbers(rooms: Rooms) -> None:
    for text in COMPLAINT:
        words = await asyncio.gather(
            *(rooms.inbox.accept([rooms.memory.message(f"t{n}", text)]) for n in range(40))
        )
        assert words == [[Accepted.NEW]] * 40
        await rooms.turns.run_once()
    assert len(await rooms.rows("tickets", "number")) == 40
    await hold(rooms)


async def test_poison_among_255_good_ones_costs_nobody_else(rooms: Rooms) -> None:
    messages = [rooms.memory.message(f"t{n:03}", POISON if n == 100 else "selamat pagi") for n in range(256)]
    await rooms.inbox.accept(messages)
    assert await rooms.turns.run_once() == 255
    rows = await rooms.rows("inbox", "id", "state", "outcome", "cause", "attempts")
    dead = [row for row in rows if row[1] == "dead"]
    assert [row[2:4] for row in dead] == [("quarantined", "ZeroDivisionError: a fault in the understanding")]
    assert sum(row[2] == "conversation" for row in rows) == 255
    assert len({row[0] for row in await rooms.rows("items", "thread_id", "author") if row[1] == "bot"}) == 256
    assert POISON in await rooms.texts("customer"), "what was quarantined stays visible to its writer"
    await hold(rooms)


async def told(rooms: Rooms) -> int:
    """How often a customer was told that a person looks at their message."""
    return sum("belum bisa memprosesnya" in text for text in await rooms.texts("bot"))


async def test_who_wrote_what_nobody_could_handle_is_told_once(rooms: Rooms) -> None:
    await rooms.say("a", POISON)
    assert await told(rooms) == 1
    await rooms.say("a", POISON, f"{POISON} lagi")
    assert await told(rooms) == 1, "no answer to each of a machine's messages"
    await rooms.say("a", "selamat siang", f"{POISON}!")
    assert await told(rooms) == 2, "after something else was said, it is news again"
    await hold(rooms)


async def test_nobody_is_told_while_a_person_has_the_conversation(rooms: Rooms) -> None:
    await rooms.say("a", "selamat siang")
    ((conversation,),) = await rooms.rows("conversations", "id")
    await rooms.inbox.submit(conversation, TookOver("1", "Sari"), "t1")
    await rooms.turns.run_once()
    await rooms.say("a", POISON)
    assert await told(rooms) == 0
    await hold(rooms)


async def test_by_mail_the_letter_that_tells_it_is_an_answer_in_the_thread(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1", POISON, subject="Barang kurang")])
    await rooms.turns.run_once()
    ((recipient, body),) = await rooms.rows("outbox", "recipient", "body")
    letter = decode(body)
    assert recipient == "budi@contoh.co.id"
    assert letter.mail is not None
    assert (letter.mail.subject, letter.mail.in_reply_to) == ("Re: Barang kurang", "m1@contoh.co.id")
    assert letter.text.startswith("Yth. Bapak/Ibu Budi,\n\nEmail Bapak/Ibu sudah kami terima")
    await rooms.inbox.accept([mail("m2", POISON, answers=["m1@contoh.co.id"])])
    await rooms.turns.run_once()
    assert len(await rooms.rows("outbox", "id")) == 1
    await hold(rooms)


async def test_a_pack_that_cannot_tell_it_costs_nothing(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.turns.aside.finish", lambda *_: 1 / 0)
    await rooms.say("a", POISON)
    assert await rooms.rows("inbox", "outcome") == [("quarantined",)]
    assert await rooms.texts("bot") == []
    await hold(rooms)


async def test_what_was_released_is_in_the_transcript_once(rooms: Rooms) -> None:
    """The words were visible from the quarantine on; the ticket's letter has them all the same."""
    real = rooms.turns._plan
    rooms.turns._plan = lambda _work: 1 / 0  # type: ignore[assignment,return-value]
    await rooms.say("a", COMPLAINT[0])
    rooms.turns._plan = real  # type: ignore[method-assign]
    ((row,),) = await rooms.rows("inbox", "id")
    await rooms.store.write(lambda connection: quarantine.release(connection, row))
    await rooms.turns.run_once()
    await rooms.say("a", *COMPLAINT[1:])
    assert (await rooms.texts("customer")).count(COMPLAINT[0]) == 1
    await rooms.say("b", *COMPLAINT)  # as it is where nothing went wrong
    counts: dict[int, list[int]] = {}
    for conversation, _id, body in await rooms.rows("outbox", "conversation_id", "id", "body"):
        counts.setdefault(conversation, []).append(decode(body).text.count(COMPLAINT[0]))
    released, plain = counts.values()
    assert released == plain
    assert max(plain) > 0
    await hold(rooms)


async def test_poison_in_a_burst_is_found_and_the_rest_of_the_burst_answered(rooms: Rooms) -> None:
    await rooms.inbox.accept(
        [rooms.memory.message("a", text) for text in ("halo", "apa kabar", POISON, "ada?")]
    )
    await rooms.turns.run_once()
    rows = await rooms.rows("inbox", "id", "outcome")
    assert [row[1] for row in rows] == ["conversation", "appended", "quarantined", "appended"]
    await hold(rooms)


async def test_poison_that_fails_the_commit_is_put_aside_alone(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that the database refuses: the batch is repeated one conversation at a time."""
    from bot.store import items

    real = items.add

    def refuse(connection, rows):  # type: ignore[no-untyped-def]
        answered = any(row.author == "bot" and row.body.phrases != ("held",) for row in rows)
        if answered and any(row.text == "tolak saya" and row.author == "customer" for row in rows):
            raise ValueError("the column does not take this")
        real(connection, rows)

    monkeypatch.setattr(items, "add", refuse)
    await rooms.inbox.accept(
        [rooms.memory.message(f"t{n}", "tolak saya" if n == 5 else "halo") for n in range(20)]
    )
    assert await rooms.turns.run_once() == 19
    rows = await rooms.rows("inbox", "id", "outcome", "cause")
    assert rows[5][1:] == ("quarantined", "ValueError: the column does not take this")
    await hold(rooms)


async def test_what_ended_the_process_again_and_again_is_tried_alone_and_quarantined(rooms: Rooms) -> None:
    """An input that kills the process (not an exception) must not kill it for ever."""

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    await rooms.inbox.accept([rooms.memory.message("a", "yang membunuh"), rooms.memory.message("b", "halo")])
    for starts in range(3):
        turns = rooms.again(later=starts)  # by then the dead process's claims have lapsed
        real = turns._plan
        turns._plan = lambda work, real=real: (  # type: ignore[method-assign,misc]
            die() if b"membunuh" in work.rows[0].body else real(work)
        )
        with pytest.raises(Killed):
            await turns.run_once()
    await rooms.again(later=5).run_once()
    rows = await rooms.rows("inbox", "id", "outcome", "cause")
    assert rows[0][1] == "quarantined"
    assert rows[0][2].startswith("the process ended 3 times")
    assert rows[1][1] == "conversation"
    await hold(rooms)


async def test_restarts_alone_never_quarantine_what_was_never_tried(rooms: Rooms) -> None:
    await rooms.inbox.accept([rooms.memory.message("a", "halo")])
    for _ in range(10):
        await rooms.again().start()
    assert await rooms.again().run_once() == 1
    assert [row[1] for row in await rooms.rows("inbox", "id", "outcome")] == ["conversation"]


async def test_the_bot_never_talks_over_a_person(rooms: Rooms) -> None:
    """rasa#1945 #8119, botpress v12#1326: the bot talked over the human, or stayed mute after hand-back."""
    await rooms.say("a", "halo, saya mau komplain")
    ((conversation,),) = await rooms.rows("conversations", "id")
    assert await rooms.inbox.submit(conversation, TookOver("ani", "Ani"), "takeover-1")
    assert not await rooms.inbox.submit(conversation, TookOver("ani", "Ani"), "takeover-1"), "once"
    await rooms.turns.run_once()
    said = len(await rooms.texts("bot"))
    await rooms.say("a", "halo?", "ada orang?")
    assert len(await rooms.texts("bot")) == said
    ((owner,),) = await rooms.rows("conversations", "owner")
    assert owner == "agent:ani"
    await rooms.inbox.submit(conversation, HandedBack("ani", "Ani"), "handback-1")
    await rooms.turns.run_once()
    await rooms.say("a", "minyak goreng saya kurang 1 dus")
    assert len(await rooms.texts("bot")) > said
    assert [row[1] for row in await rooms.rows("items", "seq", "author")][-1] == "bot"
    await hold(rooms)


async def test_a_takeover_withdraws_what_the_bot_has_queued(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("budi@toko.example", "minyak goreng saya kurang")])
    await rooms.turns.run_once()
    ((conversation,),) = await rooms.rows("conversations", "id")
    assert [row[1] for row in await rooms.rows("outbox", "id", "state")] == ["queued"]
    await rooms.inbox.submit(conversation, TookOver("ani", "Ani"), "takeover-1")
    await rooms.turns.run_once()
    assert [row[1] for row in await rooms.rows("outbox", "id", "state")] == ["withdrawn"]
    await hold(rooms)


async def test_a_message_that_comes_while_its_conversation_is_closed_opens_the_next(rooms: Rooms) -> None:
    """The close/new-message race: nothing is lost between two conversations."""
    await rooms.say("a", "halo")
    ((conversation,),) = await rooms.rows("conversations", "id")
    await rooms.inbox.submit(conversation, Due("remind"), "r")
    await rooms.turns.run_once()
    await rooms.inbox.submit(conversation, Due("close"), "c")
    await rooms.inbox.accept([rooms.memory.message("a", "masih di sini")])
    await rooms.turns.run_once()
    states = [row[1] for row in await rooms.rows("conversations", "id", "state")]
    assert states[-1] == "open"
    rows = await rooms.rows("inbox", "id", "outcome")
    assert all(row[1] for row in rows)
    assert (await rooms.texts("customer"))[-1] == "masih di sini"
    await hold(rooms)


async def test_a_timer_of_a_closed_conversation_is_ignored_with_a_cause(rooms: Rooms) -> None:
    rooms.turns._clock = lambda: datetime(2026, 11, 23, 3, tzinfo=UTC)  # nobody is reminded by night
    await rooms.say("a", "halo")
    ((conversation,),) = await rooms.rows("conversations", "id")
    for timer in ("remind", "close", "close"):
        await rooms.inbox.submit(conversation, Due(timer), f"{timer}-{datetime.now(UTC).timestamp()}")
        await rooms.turns.run_once()
    assert [row[0] for row in await rooms.rows("conversations", "state")] == ["closed"]
    assert (await rooms.rows("inbox", "id", "outcome", "cause"))[-1][1:] == (
        "ignored",
        "timer: its conversation is closed",
    )
    await rooms.say("a", "halo lagi")
    assert len(await rooms.rows("conversations", "id")) == 2
    await hold(rooms)


async def test_items_are_numbered_without_gaps_over_conversations(rooms: Rooms) -> None:
    await rooms.say("a", "halo", "minyak goreng kurang", "ya")
    await rooms.say("b", "halo")
    seqs = await rooms.rows("items", "thread_id", "seq")
    for thread in {row[0] for row in seqs}:
        own = [row[1] for row in seqs if row[0] == thread]
        assert own == list(range(1, len(own) + 1))


async def test_two_turn_takers_never_answer_twice(rooms: Rooms) -> None:
    """Two processes on one database (by mistake, on SQLite): the version of the thread decides."""
    other = rooms.again()
    for round_ in range(3):
        await rooms.inbox.accept([rooms.memory.message(f"t{n}", f"halo {round_}") for n in range(30)])
        await asyncio.gather(rooms.turns.run_once(), other.run_once())
        await rooms.turns.run_once()
        await other.run_once()
    rows = await rooms.rows("inbox", "id", "state", "outcome")
    assert all(row[1] == "done" for row in rows)
    assert len([t for t in await rooms.texts("customer") if t == "halo 1"]) == 30
    await hold(rooms)


async def test_a_mail_with_everything_is_answered_in_one_letter_with_its_thread_kept(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1", COMPLAINT[0], subject="Barang kurang")])
    await rooms.turns.run_once()
    ((recipient, body),) = [
        row[1:] for row in await rooms.rows("outbox", "id", "recipient", "body") if b"sapa." in row[2]
    ]
    assert recipient == "budi@contoh.co.id"
    assert b"Re: " in body
    assert b"m1@contoh.co.id" in body
    await hold(rooms)


async def test_the_loop_wakes_by_itself_and_stops_clean(rooms: Rooms) -> None:
    task = asyncio.create_task(rooms.turns.run())
    with rooms.store.bells.listen("thread:1") as listener:
        await rooms.inbox.accept([rooms.memory.message("a", "halo")])
        assert await listener.wait(20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await rooms.texts("bot")
    await hold(rooms)


async def test_an_old_pack_goes_on_deciding_its_talks(rooms: Rooms) -> None:
    await rooms.say("a", "minyak goreng saya kurang 1 dus")
    newer = rooms.sop.model_copy(update={"hash": "f" * 64})
    rooms.sop = newer
    turns = rooms.again()
    seen: list[str] = []
    real = turns._plan

    def watch(work):  # type: ignore[no-untyped-def]
        made = real(work)
        seen.append(made.sop.hash)
        return made

    turns._plan = watch  # type: ignore[method-assign]
    await rooms.inbox.accept([rooms.memory.message("a", "ya"), rooms.memory.message("b", "halo")])
    await turns.run_once()
    assert len(set(seen)) == 2
    assert len(await rooms.rows("packs", "hash")) == 2
