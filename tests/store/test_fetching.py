"""Files that lie with a provider: fetched whatever it does, in the order people sent them, each once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue import decode_event
from bot.dialogue.turn import File
from bot.store import invariants, outbox, quarantine, replay, waiting
from bot.store.amending import Lost, Stored, amended
from bot.store.fetches import PATIENCE, Job
from bot.store.inputs import MessageIn, Unfetched
from bot.store.items import ItemBody, decode_body
from channels.base import Accepted, Fetched, Outbound, Refused, Retry
from tests.outbox_kit import mail
from tests.store.lying import JPEG, Clock, Lying, fetching, hexed, photo, take_late
from tests.store.rooms import COMPLAINT, POISON, Rooms
from tests.store.test_pieces import STORY, WHOLE, piece

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
DOWN = Retry("HTTP 503")
JSON = Fetched(b'{"error": {"code": 190, "message": "expired"}}', "image/jpeg")


@pytest.fixture
def clock(rooms: Rooms) -> Clock:
    made = Clock()
    made.rules(rooms)
    return made


async def items(rooms: Rooms) -> list[tuple[str, ItemBody]]:
    """What the customer said, with what came along, in order."""
    found = await rooms.rows("items", "thread_id", "seq", "author", "text", "body")
    return [(text, decode_body(body)) for _, _, author, text, body in found if author == "customer"]


async def events(rooms: Rooms, *types: str) -> list[Any]:
    found = await rooms.rows("events", "conversation_id", "no", "type", "body")
    return [decode_event(body) for _, _, type_, body in found if type_ in types]


async def states(rooms: Rooms) -> list[tuple[str, str]]:
    return [row[2:] for row in await rooms.rows("fetches", "inbox_id", "position", "state", "reason")]


async def test_a_photo_is_there_when_its_message_is_answered(rooms: Rooms, clock: Clock) -> None:
    """SamSaffron/term-llm#987: the text overtook the photo that was being downloaded."""
    await rooms.inbox.accept([photo("p1", "ini fotonya")])
    await rooms.inbox.accept([rooms.memory.message("a", "dus gula basah semua")])
    assert await rooms.turns.run_once() == 0, "the thread waits for the photo"
    assert await fetching(rooms, Lying(), clock).run_once() == 1
    assert await rooms.turns.run_once() == 1, "and is ready at once when it is there"
    ((first, with_photo), (second, _)) = await items(rooms)
    assert (first, second) == ("ini fotonya", "dus gula basah semua")
    (file,) = with_photo.files
    assert (file.name, file.media_type, file.size) == ("foto.jpg", "image/jpeg", len(JPEG))
    assert await rooms.files.get(file.digest) == JPEG
    (said,) = await events(rooms, "customer_said")
    assert [each.digest for each in said.files] == [file.digest]
    assert await states(rooms) == [("stored", "")]
    assert await rooms.rows("files", "digest") == [(file.digest,)]


async def test_what_does_not_come_in_time_comes_later_and_is_shown(rooms: Rooms, clock: Clock) -> None:
    """chatwoot#15754, #13610: a failed download cost the file, or the whole message."""
    lying = Lying(DOWN, ConnectionResetError("gone"), DOWN)
    out = fetching(rooms, lying, clock)
    assert await rooms.inbox.accept([photo("p1", "mau komplain gula basah, ini fotonya")]) == [Accepted.NEW]
    await out.run_once()
    assert await take_late(rooms, clock) == 1
    ((_, before),) = await items(rooms)
    assert [(each.name, each.lost) for each in before.unfetched] == [("foto.jpg", "")]
    assert before.files == ()
    assert await rooms.inbox.accept([photo("p1", "mau komplain gula basah, ini fotonya")]) == [
        Accepted.DUPLICATE
    ]
    for seconds in (2, 6):
        clock.tick(seconds=seconds)
        await out.run_once()
        assert await rooms.turns.run_once() == 0
    clock.tick(seconds=40)
    answers = await rooms.texts("bot")
    assert await out.run_once() == 1
    assert await rooms.turns.run_once() == 1
    ((_, after),) = await items(rooms)
    assert ([each.name for each in after.files], after.unfetched) == (["foto.jpg"], ())
    (came,) = [each for each in await events(rooms, "files_added") if each.of]
    assert came.files == after.files
    assert await rooms.texts("bot") == answers, "nothing is said of it"
    assert len(lying.asked) == 4


async def test_what_is_not_the_file_is_not_taken_for_it(rooms: Rooms, clock: Clock) -> None:
    """chatwoot#9809 kept the JSON as the photo."""
    cut = Fetched(JPEG[:-3], "image/jpeg")
    page = Fetched(b"\xef\xbb\xbf <html><h1>Sign in</h1>", "image/jpeg")
    lying = Lying(JSON, page, Fetched(b""), cut)
    out = fetching(rooms, lying, clock)
    await rooms.inbox.accept([photo("p1", digest=hexed(JPEG).upper())])
    for _ in range(5):
        await out.run_once()
        clock.tick(hours=1)
    assert await states(rooms) == [("stored", "")]
    assert await rooms.rows("files", "digest") == [(hexed(JPEG),)]
    assert len(lying.asked) == 5


@given(st.lists(st.sampled_from(["here", "comes", "lost", "waits"]), max_size=6), st.randoms())
def test_files_stand_in_the_messages_own_order_however_they_come(kinds: list[str], chance: Random) -> None:
    def file(n: int) -> File:
        return File(str(n), f"{n}.jpg", "image/jpeg", 1)

    here = tuple(file(n) for n, kind in enumerate(kinds) if kind == "here")
    body = MessageIn(files=here, unfetched=tuple(Unfetched(n) for n, k in enumerate(kinds) if k != "here"))
    ends: list[Stored | Lost] = []
    for n, kind in enumerate(kinds):
        if kind in ("comes", "lost"):
            job = Job(1, n, "memory", "", "r", "", "", 0, "", 1, NOW, NOW)
            ends.append(Stored(job, file(n)) if kind == "comes" else Lost(job, "gone"))
    chance.shuffle(ends)
    for end in ends:
        body = amended(amended(body, [end]), [end])  # twice is once
    assert [each.digest for each in body.files] == [
        str(n) for n, k in enumerate(kinds) if k in ("here", "comes")
    ]
    assert [(e.position, e.lost) for e in body.unfetched] == [
        (n, "gone" if kind == "lost" else "") for n, kind in enumerate(kinds) if kind in ("lost", "waits")
    ]


async def test_what_a_file_is_its_bytes_tell_and_nobody_else(rooms: Rooms, clock: Clock) -> None:
    script = b"\0\0<script>alert(1)</script>"
    await rooms.inbox.accept([photo("p1"), photo("p2", media_type="text/html")])
    await fetching(rooms, Lying(p1=script), clock).run_once()
    assert sorted(await rooms.rows("files", "media_type")) == [("application/octet-stream",), ("image/jpeg",)]


async def test_a_document_that_is_text_is_a_document(rooms: Rooms, clock: Clock) -> None:
    await rooms.inbox.accept([photo("d1", media_type="application/json")])
    await fetching(rooms, Lying(d1=b'{"pesanan": 3}'), clock).run_once()
    assert await states(rooms) == [("stored", "")]


@pytest.mark.parametrize("told", [True, False])
async def test_a_file_that_is_too_large_is_refused_politely_and_on_record(
    rooms: Rooms, clock: Clock, told: bool
) -> None:
    lying = Lying(p1=b"\xff\xd8\xff" + b"x" * 2000)
    await rooms.inbox.accept([photo("p1", "gula basah, ini fotonya", size=2003 if told else 0)])
    await fetching(rooms, lying, clock, most_bytes=1000).run_once()
    assert await rooms.turns.run_once() == 1
    assert await states(rooms) == [("lost", "too large: 0 MB, at most 0 MB are taken")]
    assert lying.asked == ([] if told else ["p1"]), "what is announced as too large is not even asked for"
    ((_, shown),) = await items(rooms)
    assert [each.lost for each in shown.unfetched] == ["too large: 0 MB, at most 0 MB are taken"]
    assert len(await events(rooms, "file_missed")) == 1
    assert "terlalu besar" in " ".join(await rooms.texts("bot")) or "melebihi" in " ".join(
        await rooms.texts("bot")
    )
    assert await rooms.rows("files", "digest") == []


async def test_a_file_that_is_gone_is_told_once_also_when_that_is_known_late(
    rooms: Rooms, clock: Clock
) -> None:
    out = fetching(rooms, Lying(DOWN, Refused("HTTP 404: gone")), clock)
    await rooms.inbox.accept([photo("p1", "gula basah, ini fotonya")])
    await out.run_once()
    assert await take_late(rooms, clock) == 1
    before = await rooms.texts("bot")
    clock.tick(seconds=30)
    await out.run_once()
    await out.run_once()
    assert await rooms.turns.run_once() == 1
    assert len(await rooms.texts("bot")) == len(before) + 1
    (missed,) = await events(rooms, "file_missed")
    assert (missed.name, missed.reason) == ("foto.jpg", "HTTP 404: gone")
    ((_, shown),) = await items(rooms)
    assert [each.lost for each in shown.unfetched] == ["HTTP 404: gone"]


async def test_a_file_is_given_up_when_the_provider_keeps_it_no_longer(rooms: Rooms, clock: Clock) -> None:
    lying = Lying(*[Retry("HTTP 500", alone=True)] * 999)
    out = fetching(rooms, lying, clock)
    await rooms.inbox.accept([photo("p1")])
    for _ in range(8 * 12):
        await out.run_once()
        clock.tick(hours=2)
    ((state, reason),) = await states(rooms)
    assert (state, reason) == ("lost", f"given up after {len(lying.asked)} tries: HTTP 500")
    assert 20 < len(lying.asked) < 100


async def test_an_album_gets_one_answer_with_all_its_pictures(rooms: Rooms, clock: Clock) -> None:
    """The pictures of an album are messages of their own; each was answered by itself (chatwoot#13261)."""
    out = fetching(rooms, Lying(p1=JPEG + b"1", p2=JPEG + b"2", p3=JPEG + b"3"), clock)
    await rooms.inbox.accept([photo("p1", "gula basah", group="g")])
    await out.run_once()
    assert await rooms.turns.run_once() == 0, "another picture may follow"
    await rooms.inbox.accept([photo("p2", group="g"), photo("p3", group="g")])
    await out.run_once()
    assert await take_late(rooms, clock) == 1
    (said,) = await events(rooms, "customer_said")
    assert [each.digest for each in said.files] == [hexed(JPEG + n) for n in (b"1", b"2", b"3")]


async def test_files_that_follow_each_other_make_nobody_wait_for_longer(rooms: Rooms, clock: Clock) -> None:
    out = fetching(rooms, Lying(*[DOWN] * 99), clock)
    for n in range(5):
        await rooms.inbox.accept([photo(f"p{n}")])
        await out.run_once()
    rows = await rooms.rows("inbox", "id", "received_at", "ready_at")
    assert {ready for _, _, ready in rows} == {rows[0][1] + PATIENCE}


async def test_a_file_that_comes_while_its_turn_is_decided_is_part_of_it(
    rooms: Rooms, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Committed between a turn's decision and its commit, the file would be in the store and in no item."""
    out = fetching(rooms, Lying(), clock)
    await rooms.inbox.accept([photo("p1", "gula basah, ini fotonya")])
    decide, late = rooms.turns._decide, [1]

    async def slowly(work: Any) -> Any:
        plans = await decide(work)
        if late:
            late.pop()
            await out.run_once()
        return plans

    monkeypatch.setattr(rooms.turns, "_decide", slowly)
    assert await take_late(rooms, clock) == 1
    ((_, shown),) = await items(rooms)
    assert len(shown.files) == 1
    assert shown.unfetched == ()
    assert [len(each.files) for each in await events(rooms, "customer_said")] == [1]


async def test_a_file_whose_message_is_taken_back_is_not_fetched(rooms: Rooms, clock: Clock) -> None:
    from tests.store.test_inbox_accept import edited

    lying = Lying()
    await rooms.inbox.accept([photo("p1"), edited("e", "p1", "", deleted=True)])
    assert await fetching(rooms, lying, clock).run_once() == 0
    assert lying.asked == []
    assert (await states(rooms))[0][0] == "lost"
    assert await rooms.store.read(invariants.broken) == []


async def test_a_channel_that_refuses_us_keeps_its_files_and_says_so(rooms: Rooms, clock: Clock) -> None:
    lying = Lying(*[Refused("the token was revoked", stop_channel=True)] * 4)
    out = fetching(rooms, lying, clock)
    await rooms.inbox.accept([photo(f"p{n}", thread=f"t{n}") for n in range(6)])
    await out.run_once()
    assert not out.health().ok
    assert "the token was revoked" in out.health().detail
    asked = len(lying.asked)
    assert asked <= 4, "those that were on their way, and no more"
    clock.tick(minutes=2)
    await out.run_once()
    assert out.health().ok
    assert [state for state, _ in await states(rooms)] == ["stored"] * 6


@pytest.mark.parametrize("alone", [False, True])
async def test_a_channel_that_fails_is_asked_rarely_and_its_files_come_at_once_when_it_is_back(
    rooms: Rooms, clock: Clock, alone: bool
) -> None:
    """Twenty failures in an hour, and WhatsApp gives nothing for half an hour. Whether a 502 is the fault of
    one file cannot be told from one; from five different ones it can."""
    lying = Lying(*[Retry("HTTP 502", alone=alone)] * 999)
    out = fetching(rooms, lying, clock)
    await rooms.inbox.accept([photo(f"p{n}", thread=f"t{n}") for n in range(12)])
    for _ in range(360):
        await out.run_once()
        clock.tick(seconds=10)
    assert 5 < len(lying.asked) < 20
    await rooms.inbox.accept([photo("large", thread="large", size=10**9)])
    clock.tick(hours=1)
    asked = len(lying.asked)
    await out.run_once()
    await out.run_once()
    assert len(lying.asked) - asked <= 1, "what is refused without asking says nothing of the channel"
    assert not out.health().ok
    lying.script.clear()
    for _ in range(3):
        clock.tick(minutes=10)
        await out.run_once()
    assert sorted(state for state, _ in await states(rooms)) == ["lost", *["stored"] * 12]


async def test_a_slow_file_holds_nobody_up_and_a_silent_one_is_asked_for_again(
    rooms: Rooms, clock: Clock
) -> None:
    never = asyncio.Event()

    async def silent() -> Fetched:
        await never.wait()
        raise AssertionError("never")

    out = fetching(rooms, Lying(silent), clock, patience=timedelta(seconds=0.5))
    await rooms.inbox.accept([photo(f"p{n}", thread=f"t{n}") for n in range(3)])
    await out.run_once()
    assert [state for state, _ in await states(rooms)] == ["waiting", "stored", "stored"]
    clock.tick(seconds=5)
    await out.run_once()
    assert [state for state, _ in await states(rooms)] == ["stored"] * 3


async def test_a_message_in_quarantine_shows_its_missing_file_and_gets_it_all_the_same(
    rooms: Rooms, clock: Clock
) -> None:
    await rooms.inbox.accept([photo("p1", POISON)])
    await take_late(rooms, clock)
    (one,) = await rooms.store.read(quarantine.seen)
    assert (one.files, one.missing) == ((), ("foto.jpg",))
    await fetching(rooms, Lying(), clock).run_once()
    (one,) = await rooms.store.read(quarantine.seen)
    assert (one.files, one.missing) == (("foto.jpg",), ())
    ((_, shown),) = await items(rooms)
    assert len(shown.files) == 1


async def test_the_letter_to_the_department_names_a_photo_that_is_still_on_its_way(
    rooms: Rooms, clock: Clock
) -> None:
    await rooms.inbox.accept([photo("p1", COMPLAINT[0], thread="c")])
    await take_late(rooms, clock)
    await rooms.say("c", *COMPLAINT[1:])
    letters = [outbox.decode(body).text for (body,) in await rooms.rows("outbox", "body")]
    assert letters
    assert all("[foto.jpg: belum terambil, akan menyusul]" in text for text in letters)


async def to_department(rooms: Rooms) -> list[Outbound]:
    """The letters on what was added to a ticket."""
    found = await rooms.rows("outbox", "id", "key", "body")
    return [outbox.decode(body) for _, key, body in found if "/added/" in key or "/file/" in key]


@pytest.mark.sop("K5")
async def test_photos_that_come_after_the_ticket_go_to_its_department_in_one_letter(
    rooms: Rooms, clock: Clock
) -> None:
    out = fetching(rooms, Lying(p1=JPEG + b"1", p2=JPEG + b"2"), clock)
    await rooms.inbox.accept([photo("p1", COMPLAINT[0], thread="c"), photo("p2", thread="c")])
    await take_late(rooms, clock)
    await rooms.say("c", *COMPLAINT[1:])
    ((number, department),) = await rooms.rows("tickets", "number", "department")
    await out.run_once()
    assert await rooms.turns.run_once() == 1
    (letter,) = await to_department(rooms)
    assert letter.to == rooms.sop.departments[department].email
    assert {each.reference for each in letter.attachments} == {hexed(JPEG + b"1"), hexed(JPEG + b"2")}
    assert number in letter.text
    assert letter.mail is not None
    assert letter.mail.references
    assert await rooms.store.read(invariants.broken) == []
    proved = await rooms.store.read(replay.replay)
    assert not proved.faults


@pytest.mark.sop("K5")
async def test_a_photo_that_comes_when_another_conversation_has_begun_goes_to_the_department_all_the_same(
    rooms: Rooms, clock: Clock
) -> None:
    await rooms.inbox.accept([photo("p1", COMPLAINT[0], thread="c")])
    await take_late(rooms, clock)
    await rooms.say("c", *COMPLAINT[1:], "tidak, cukup")
    await rooms.say("c", "halo, mau tanya jam buka")
    assert len(await rooms.rows("conversations", "id")) == 2
    await fetching(rooms, Lying(), clock).run_once()
    await rooms.turns.run_once()
    (letter,) = await to_department(rooms)
    assert [each.reference for each in letter.attachments] == [hexed(JPEG)]
    (*_, (_, kind, outcome)) = await rooms.rows("inbox", "id", "kind", "outcome")
    assert (kind, outcome) == ("file", "ignored")


async def test_a_photo_that_is_there_does_not_cut_a_long_sms_short(rooms: Rooms, clock: Clock) -> None:
    await rooms.inbox.accept([piece(1, STORY[0], thread="a"), photo("p1")])
    await fetching(rooms, Lying(), clock).run_once()
    assert await rooms.turns.run_once() == 0
    await rooms.inbox.accept([piece(n, STORY[n - 1], thread="a") for n in (2, 3)])
    assert await rooms.turns.run_once() == 1
    assert WHOLE in await rooms.texts("customer")


async def test_figures_tell_what_waits(rooms: Rooms, clock: Clock) -> None:
    await rooms.inbox.accept([photo("p1"), photo("p2")])
    now = clock()
    seen = await rooms.store.read(lambda c: waiting.look(c, now + timedelta(minutes=1), [], (), ["memory"]))
    assert seen.files == 2
    assert seen.oldest_file is not None
    none = await rooms.store.read(lambda c: waiting.look(c, now, []))
    assert (none.files, none.oldest_file, none.files_without_channel) == (0, None, 2)
    assert seen.files_without_channel == 0


async def test_what_waits_is_counted_by_channel(rooms: Rooms) -> None:
    async def seen(channel: str) -> tuple[int, int, int]:
        found = await rooms.store.read(lambda c: waiting.of_channel(c, channel))
        return found.unanswered, found.leaving, found.doubtful

    await rooms.inbox.accept([rooms.memory.message("a", "halo")])
    assert await seen("memory") == (1, 0, 0)
    assert await seen("telegram") == (0, 0, 0)
    await rooms.turns.run_once()
    await rooms.store.write(lambda c: outbox.queue(c, [mail("a", channel="memory")]))
    assert await seen("memory") == (0, 1, 0)


async def test_files_of_a_provider_that_was_taken_out_are_given_up_in_their_time(
    rooms: Rooms, clock: Clock
) -> None:
    """They stayed `waiting` for ever, and nobody was told."""
    await rooms.inbox.accept([photo("p1", "mau komplain gula basah, ini fotonya")])
    await take_late(rooms, clock)
    other = Lying()
    other.name = "other"
    out = fetching(rooms, other, clock)
    await out.run_once()
    clock.tick(days=6, hours=23)
    await out.run_once()
    assert await states(rooms) == [("waiting", "")], "it may be set up again"
    clock.tick(hours=2)
    await out.run_once()
    assert await states(rooms) == [("lost", "given up: memory is not in the settings")]
    assert (other.asked, out.lost) == ([], 1)
    await rooms.turns.run_once()
    ((_, said),) = await items(rooms)
    assert [each.lost for each in said.unfetched] == ["given up: memory is not in the settings"]
