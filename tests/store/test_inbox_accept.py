"""What arrives is stored once, whole, in the right thread, before anybody acknowledges it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from bot import tokens
from bot.inbox import INLINE_RAW
from bot.inbox.mails import LONGEST_TEXT
from bot.store import arrivals
from bot.store.amending import TAKEN_BACK
from bot.store.arrivals import Batch
from bot.store.inputs import EditedIn, MessageIn, decode
from bot.store.items import decode_body
from channels.base import (
    Accepted,
    Attachment,
    Cursor,
    Delivery,
    Edited,
    Message,
    Noted,
    NotStored,
    Reachability,
    Sender,
    Status,
    Unreadable,
)
from tests.store.rooms import COMPLAINT, OURS, SECRET, Rooms, mail

NEW, DUPLICATE = Accepted.NEW, Accepted.DUPLICATE
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


def chat(
    external_id: str, text: str = "halo", *, thread: str = "a", sender: str = "a", **more: object
) -> Message:
    return Message(
        channel="memory", account="local", external_id=external_id, sender=Sender(sender), thread=thread,
        sent_at=NOW, text=text, **more,  # type: ignore[arg-type]
    )  # fmt: skip


async def outcomes(rooms: Rooms) -> list[tuple[str, str, str, str]]:
    return await rooms.rows("inbox", "id", "external_id", "outcome", "cause")


async def test_a_redelivery_is_answered_already_here(rooms: Rooms) -> None:
    """chatwoot#12054, zammad#5164: what comes twice is one message."""
    assert await rooms.inbox.accept([chat("1"), chat("2"), chat("1")]) == [NEW, NEW, DUPLICATE]
    assert await rooms.inbox.accept([chat("2"), chat("3")]) == [DUPLICATE, NEW]
    await rooms.turns.run_once()
    assert await rooms.inbox.accept([chat("3")]) == [DUPLICATE]
    assert len(await rooms.rows("inbox", "id")) == 3
    assert await rooms.texts("customer") == ["halo"] * 3


async def test_what_is_nobodys_word_is_on_record_and_starts_nothing(rooms: Rooms) -> None:
    note = Noted(
        channel="memory", account="local", external_id="n", sender=Sender(""), thread="", sent_at=NOW,
        raw=b"{}", cause="reaction: a heart",
    )  # fmt: skip
    assert await rooms.inbox.accept([note]) == [NEW]
    assert await rooms.inbox.accept([note]) == [DUPLICATE]
    await rooms.turns.run_once()
    assert [row[1:] for row in await outcomes(rooms)] == [("n", "ignored", "reaction: a heart")]
    assert await rooms.rows("threads", "id") == []


async def test_the_same_message_over_many_connections_at_once_is_one(rooms: Rooms) -> None:
    answers = await asyncio.gather(*(rooms.inbox.accept([chat("same")]) for _ in range(40)))
    assert sorted(word for answer in answers for word in answer) == [DUPLICATE] * 39 + [NEW]


async def test_two_quick_messages_of_a_new_customer_make_one_conversation(rooms: Rooms) -> None:
    """chatwoot#14071 #10798: two quick WhatsApp messages made two conversations."""
    await asyncio.gather(*(rooms.inbox.accept([chat(str(n), f"pesan {n}")]) for n in range(8)))
    await rooms.turns.run_once()
    assert len(await rooms.rows("threads", "id")) == 1
    assert len(await rooms.rows("contacts", "id")) == 1
    assert len(await rooms.rows("conversations", "id")) == 1
    words = [row[2] for row in await outcomes(rooms)]
    assert words == ["conversation"] + ["appended"] * 7


async def test_an_empty_id_is_refused_and_glues_nothing_together(rooms: Rooms) -> None:
    """libredesk#122: an empty message id glued all mail into one conversation for a day."""
    with pytest.raises(NotStored) as caught:
        await rooms.inbox.accept([chat("")])
    assert isinstance(caught.value.__cause__, IntegrityError)
    assert await rooms.rows("inbox", "id") == []
    assert await rooms.inbox.accept(
        [mail("m1", message_id=" "), mail("m2", message_id="", sender="x@y.id")]
    ) == [
        NEW,
        NEW,
    ]
    assert len(await rooms.rows("threads", "id")) == 2


async def test_an_input_without_a_sender_is_quarantined_and_the_batch_goes_on(rooms: Rooms) -> None:
    assert await rooms.inbox.accept([chat("1", sender=""), chat("2")]) == [NEW, NEW]
    (first, second) = await outcomes(rooms)
    assert first[2:] == ("quarantined", "no_sender: nobody to answer to")
    assert second[2] == ""


async def test_one_unreadable_mail_does_not_block_the_mailbox(rooms: Rooms) -> None:
    """zammad#2754 #1877, chatwoot#5081."""
    bad = Unreadable(
        channel="email", account=OURS, external_id="bad", raw=b"\xff\x00", cause="boundary", sent_at=NOW
    )
    assert await rooms.inbox.accept([mail("m1"), bad, mail("m2")], Cursor("imap", OURS, "7:120")) == [NEW] * 3
    assert await rooms.inbox.accept([bad]) == [DUPLICATE]
    found = await rooms.rows("inbox", "external_id", "state", "outcome", "cause", "raw")
    assert found[0] == ("bad", "dead", "quarantined", "boundary", b"\xff\x00")
    assert await rooms.rows("cursors", "channel", "account", "value") == [("imap", OURS, "7:120")]


async def test_nul_bytes_and_lone_surrogates_reach_no_text_column(rooms: Rooms) -> None:
    odd = "nama\0saya \ud83d ok \udfff"
    message = chat("o\0dd", odd, attachments=(Attachment("fo\0to\ud800.jpg", "image/jpeg", 3, b"abc"),))
    assert await rooms.inbox.accept([message]) == [NEW]
    assert await rooms.inbox.accept([message]) == [DUPLICATE]
    await rooms.turns.run_once()
    (said,) = await rooms.texts("customer")
    assert "\0" not in said
    said.encode()
    assert [row[2] for row in await outcomes(rooms)] == ["conversation"]


async def test_raw_bytes_are_kept_as_they_came_in_the_row_or_as_a_file(rooms: Rooms) -> None:
    small, large = b"\0\xff" * 10, bytes(range(256)) * (INLINE_RAW // 200)
    await rooms.inbox.accept([mail("s", raw=small), mail("l", raw=large, sender="l@contoh.id")])
    found = {row[0]: row[1:] for row in await rooms.rows("inbox", "external_id", "raw", "raw_file")}
    assert found["s"] == (small, None)
    assert found["l"][0] is None
    assert await rooms.files.get(found["l"][1]) == large


async def test_a_thousand_attachments_are_all_kept(rooms: Rooms) -> None:
    files = tuple(
        Attachment(f"foto {n}.png", "text/html", 9, b"\x89PNG\r\n\x1a\n%d" % n) for n in range(1000)
    )
    assert await rooms.inbox.accept([chat("1", "", attachments=files)]) == [NEW]
    kept = await rooms.rows("files", "digest", "media_type", "size")
    assert len(kept) == 1000
    assert {row[1] for row in kept} == {"image/png"}, "by content, not as claimed"
    await rooms.turns.run_once()
    (row,) = await rooms.rows("inbox", "body", "outcome")
    assert row[1] == "conversation"
    body = decode(row[0])
    assert isinstance(body, MessageIn)
    assert await rooms.files.get(body.files[999].digest) == files[999].content


async def test_a_text_of_ten_megabytes_is_kept_whole_and_answered(rooms: Rooms) -> None:
    text = "minyak goreng kurang satu dus " * 350_000
    assert await rooms.inbox.accept([chat("1", text)]) == [NEW]
    await rooms.turns.run_once()
    (body,) = [decode(row[0]) for row in await rooms.rows("inbox", "body")]
    assert isinstance(body, MessageIn)
    assert len(body.text) == LONGEST_TEXT
    assert await rooms.files.get(body.files[-1].digest) == text.encode()
    assert await rooms.texts("bot")


async def test_when_the_disk_refuses_nothing_is_acknowledged(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(contents: object) -> list[str]:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rooms.files, "put_all", full)
    with pytest.raises(NotStored):
        await rooms.inbox.accept([chat("1", attachments=(Attachment("a", "b", 1, b"x"),))])
    assert await rooms.rows("inbox", "id") == []


def edited(external_id: str, of: str, text: str, *, thread: str = "a", **more: object) -> Edited:
    given = {"sent_at": datetime.now(UTC), **more}
    return Edited(
        channel="memory", account="local", external_id=external_id, sender=Sender(thread), thread=thread,
        of=of, text=text, **given,  # type: ignore[arg-type]
    )  # fmt: skip


async def shown(rooms: Rooms) -> list[tuple[str, list[str], bool]]:
    """What the customer's items say, what they said before, and whether they were taken back."""
    found = await rooms.rows("items", "thread_id", "seq", "author", "text", "body")
    bodies = [(text, decode_body(body)) for _, _, author, text, body in found if author == "customer"]
    return [(text, [each.text for each in body.earlier], body.deleted) for text, body in bodies]


async def test_an_edit_is_on_record_and_the_flow_does_not_run_again(rooms: Rooms) -> None:
    assert await rooms.inbox.accept([chat("1", message_id="m1"), chat("2", "tes", message_id="m2")])
    await rooms.turns.run_once()
    before = await rooms.texts("bot")
    assert await rooms.inbox.accept([edited("e", "m1", "halo semua"), edited("f", "m9", "x")]) == [NEW, NEW]
    assert await rooms.inbox.accept([edited("e", "m1", "halo semua")]) == [DUPLICATE]
    assert await rooms.inbox.accept([edited("g", "m1", "x", thread="z")]) == [NEW]
    assert await rooms.turns.run_once() == 0
    assert await rooms.texts("bot") == before
    rows = await rooms.rows("inbox", "id", "outcome", "cause", "body")
    assert [row[1:3] for row in rows[2:]] == [
        ("appended", ""),
        ("ignored", "edited: of no message on record"),
        ("ignored", "edited: of no conversation"),
    ]
    assert decode(rows[2][3]) == EditedIn("m1", "halo semua")
    assert len(await rooms.rows("threads", "id")) == 1
    assert await shown(rooms) == [("halo semua", ["halo"], False), ("tes", [], False)]


async def test_the_newest_words_are_shown_whatever_order_edits_come_in(rooms: Rooms) -> None:
    def at(minute: int) -> datetime:
        return datetime(2026, 11, 20, 4, minute, tzinfo=UTC)

    edits = [edited(f"e{n}", "m1", f"kata {n}", sent_at=at(n)) for n in range(1, 4)]
    message = chat("1", "kata 0", message_id="m1")
    await rooms.say("a", "permisi")
    for order in ([message, *edits], [edits[1], edits[0], message, edits[2]], [*reversed(edits), message]):
        thread = f"t{order[0].external_id}"
        moved = [replace(each, thread=thread, external_id=f"{thread}/{each.external_id}") for each in order]
        await rooms.inbox.accept([chat(f"{thread}/0", "permisi", thread=thread)])
        await rooms.turns.run_once()
        for each in moved:
            await rooms.inbox.accept([each])
            await rooms.turns.run_once()
        await rooms.inbox.accept(moved)
        *_, (text, earlier, _) = await shown(rooms)
        assert (text, earlier) == ("kata 3", ["kata 0", "kata 1", "kata 2"])


async def test_what_was_not_answered_yet_is_answered_to_its_newest_words(rooms: Rooms) -> None:
    first = chat("1", "mau komplain soal gula", message_id="m1")
    await rooms.inbox.accept([first, edited("e", "m1", "mau komplain soal terigu")])
    await rooms.turns.run_once()
    assert await shown(rooms) == [("mau komplain soal terigu", ["mau komplain soal gula"], False)]
    (said,) = [
        body for _, kind, body in await rooms.rows("events", "no", "type", "body") if kind == "customer_said"
    ]
    assert b"terigu" in said
    assert b"gula" not in said


async def test_a_turn_that_was_decided_on_the_first_words_is_decided_again(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The edit is committed between the turn's decision and its commit."""
    await rooms.inbox.accept([chat("1", "mau komplain soal gula", message_id="m1")])
    decide, late = rooms.turns._decide, [edited("e", "m1", "mau komplain soal terigu")]

    async def slowly(work: Any) -> Any:
        plans = await decide(work)
        if late:
            await rooms.inbox.accept([late.pop()])
        return plans

    monkeypatch.setattr(rooms.turns, "_decide", slowly)
    await rooms.turns.run_once()
    assert await shown(rooms) == [("mau komplain soal terigu", ["mau komplain soal gula"], False)]
    assert len(await rooms.texts("bot")) == len({*await rooms.texts("bot")})


async def test_what_is_taken_back_before_the_answer_is_not_answered_and_later_only_marked(
    rooms: Rooms,
) -> None:
    await rooms.inbox.accept([chat("1", "salah kirim", message_id="m1"), edited("e", "m1", "", deleted=True)])
    assert await rooms.turns.run_once() == 0
    assert (await outcomes(rooms))[0][2:] == ("ignored", TAKEN_BACK)
    await rooms.inbox.accept([chat("2", "halo", message_id="m2")])
    await rooms.turns.run_once()
    before = await rooms.texts("bot")
    await rooms.inbox.accept([edited("f", "m2", "", deleted=True)])
    assert await rooms.turns.run_once() == 0
    assert await shown(rooms) == [("halo", [], True)]
    assert await rooms.texts("bot") == before


async def test_a_status_of_nothing_we_sent_is_ignored_with_a_cause(rooms: Rooms) -> None:
    news = Status(
        channel="memory", account="local", external_id="s", sender=Sender("a"), thread="a", sent_at=NOW,
        of="wamid.1", delivery=Delivery.READ,
    )  # fmt: skip
    assert await rooms.inbox.accept([news]) == [NEW]
    assert [row[2:] for row in await outcomes(rooms)] == [("ignored", "status: of nothing we sent")]


async def test_blocked_and_unblocked(rooms: Rooms) -> None:
    def word(external_id: str, reachable: bool) -> Reachability:
        return Reachability(
            channel="memory", account="local", external_id=external_id, sender=Sender("a"), thread="a",
            sent_at=NOW, reachable=reachable,
        )  # fmt: skip

    await rooms.inbox.accept([word("1", False)])
    assert await rooms.rows("suppressed", "channel", "address") == [("memory", "a")]
    await rooms.inbox.accept([word("2", True)])
    assert await rooms.rows("suppressed", "address") == []


# ------------------------------------------------------------------------------------- the thread of a mail


async def threads_of(rooms: Rooms) -> list[int]:
    return [row[1] for row in await rooms.rows("inbox", "id", "thread_id")]


async def test_an_answer_finds_its_thread_by_the_signed_token_whatever_the_client_did(rooms: Rooms) -> None:
    """libredesk#176, chatwoot#10028, django-helpdesk#756: clients rewrite References, subjects fold."""
    await rooms.inbox.accept([mail("m1")])
    (thread,) = await threads_of(rooms)
    token = tokens.sign(SECRET, thread).upper()
    await rooms.inbox.accept([mail("m2", subject="AW: sesuatu", tokens=["forged", token])])
    assert await threads_of(rooms) == [thread, thread]


async def test_an_answer_finds_its_thread_by_the_ids_of_ours_and_of_the_customers_own(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1", COMPLAINT[0])])
    await rooms.turns.run_once()
    ours = [row[0] for row in await rooms.rows("mail_ids", "message_id") if row[0].startswith("sapa.")]
    assert len(ours) == 1
    await rooms.inbox.accept([mail("m2", answers=["lost@x", ours[0]])])
    await rooms.inbox.accept([mail("m3", answers=["m1@contoh.co.id"])])
    assert len(set(await threads_of(rooms))) == 1


async def test_two_mails_of_one_thread_in_one_batch_make_one_conversation(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1"), mail("m2", answers=["m1@contoh.co.id"])])
    await rooms.turns.run_once()
    assert len(set(await threads_of(rooms))) == 1
    assert len(await rooms.rows("conversations", "id")) == 1


@pytest.mark.parametrize("how", ["token", "ids", "number"])
async def test_a_stranger_never_gets_into_somebodys_thread(rooms: Rooms, how: str) -> None:
    """zammad#5064: anyone quoting a ticket number was appended to a stranger's ticket."""
    number = await ticket_by_mail(rooms)
    (thread,) = set(await threads_of(rooms))
    stranger = mail(
        "x",
        sender="mallory@evil.example",
        subject=f"Re: [{number}]" if how == "number" else "Re: Pesanan",
        tokens=[tokens.sign(SECRET, thread)] if how == "token" else [],
        answers=["m1@contoh.co.id"] if how == "ids" else [],
    )
    assert await rooms.inbox.accept([stranger]) == [NEW]
    await rooms.turns.run_once()
    assert (await threads_of(rooms))[-1] != thread
    letters = await rooms.rows("outbox", "id", "thread_id", "recipient", "body")
    to_stranger = [row for row in letters if row[2] == "mallory@evil.example"]
    assert to_stranger
    assert all(row[1] != thread for row in to_stranger)
    assert all(b"0457" not in row[3] and b"minyak" not in row[3].lower() for row in to_stranger)


async def test_a_ticket_number_in_the_subject_and_a_known_sender_find_the_thread(rooms: Rooms) -> None:
    number = await ticket_by_mail(rooms)
    (thread,) = set(await threads_of(rooms))
    await rooms.inbox.accept([mail("later", subject=f"tiket {number.lower()}")])
    assert (await threads_of(rooms))[-1] == thread


async def test_a_forged_reply_to_does_not_move_the_answers_of_a_known_thread(rooms: Rooms) -> None:
    number = await ticket_by_mail(rooms)
    await rooms.inbox.accept([mail("forged", subject=number, reply_to="mallory@evil.example")])
    await rooms.turns.run_once()
    recipients = {row[0] for row in await rooms.rows("outbox", "recipient")}
    assert "mallory@evil.example" not in recipients


async def test_automatic_mail_is_on_record_and_never_answered(rooms: Rooms) -> None:
    """freescout#3670 #634, zammad#1131: auto-reply ping-pong."""
    await rooms.inbox.accept([mail("m1", automatic="auto_reply: Auto-Submitted"), mail("m2", sender=OURS)])
    department = next(iter(rooms.sop.departments.values())).email
    await rooms.inbox.accept([mail("m3", sender=department)])
    assert await rooms.turns.run_once() == 0
    assert [row[2:] for row in await outcomes(rooms)] == [
        ("ignored", "auto_reply: Auto-Submitted"),
        ("ignored", "own: it comes from our own address"),
        ("ignored", "message: of no conversation"),
    ]
    assert await rooms.rows("threads", "id") == []
    assert await rooms.rows("outbox", "id") == []


async def test_a_departments_answer_is_kept_with_its_conversation_and_not_answered(rooms: Rooms) -> None:
    number = await ticket_by_mail(rooms)
    before = len(await rooms.rows("outbox", "id"))
    department = next(iter(rooms.sop.departments.values())).email
    await rooms.inbox.accept([mail("d", "sudah kami kirim", sender=department, subject=f"Re: [{number}]")])
    assert await rooms.turns.run_once() == 0
    row = (await rooms.rows("inbox", "id", "outcome", "cause", "conversation_id"))[-1]
    assert row[1:3] == ("appended", "department: for a person to read")
    assert row[3] is not None
    assert len(await rooms.rows("outbox", "id")) == before


async def ticket_by_mail(rooms: Rooms) -> str:
    """A complaint by mail until there is a ticket; its number."""
    await rooms.inbox.accept([mail("m1", COMPLAINT[0])])
    await rooms.turns.run_once()
    for n, text in enumerate((*COMPLAINT[1:], "tidak ada", "ya, sudah benar"), 2):
        if await rooms.rows("tickets", "number"):
            break
        await rooms.inbox.accept([mail(f"m{n}", text, answers=["m1@contoh.co.id"])])
        await rooms.turns.run_once()
    ((number,),) = await rooms.rows("tickets", "number")
    return str(number)


async def test_what_the_store_cannot_take_keeps_nothing_else_out(rooms: Rooms) -> None:
    """One such update would be asked for again and again, and everybody behind it would wait for ever."""
    odd = replace(chat("odd"), sent_at=datetime(2026, 11, 20, 3))  # no zone
    where = Cursor("memory", "local", "17")
    assert await rooms.inbox.accept([chat("1"), odd, chat("2", thread="b")], where) == [NEW, NEW, NEW]
    assert await rooms.inbox.accept([chat("1"), odd], where) == [DUPLICATE, DUPLICATE]
    found = {name: (outcome, cause) for _, name, outcome, cause in await outcomes(rooms)}
    assert found["odd"][0] == "quarantined"
    assert found["odd"][1].startswith("not_storable: ")
    assert await rooms.rows("cursors", "value") == [("17",)]
    await rooms.turns.run_once()
    assert await rooms.texts("customer") == ["halo", "halo"]


async def test_what_breaks_a_rule_of_the_tables_each_time_keeps_nothing_else_out(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook that is never acknowledged comes again for days, and is then gone with all that is in it."""
    store = arrivals.accept

    def breaking(connection: Connection, batches: Sequence[Batch]) -> list[list[Accepted]]:
        for batch in batches:
            if any((a.row.external_id, a.row.kind) == ("odd", "message") for a in batch.arrivals):
                raise IntegrityError("INSERT INTO threads", {}, Exception("UNIQUE constraint failed"))
        return store(connection, batches)

    monkeypatch.setattr(arrivals, "accept", breaking)
    assert await rooms.inbox.accept([chat("1"), chat("odd"), chat("2", thread="b")]) == [NEW, NEW, NEW]
    found = {name: (outcome, cause) for _, name, outcome, cause in await outcomes(rooms)}
    assert found["odd"] == ("quarantined", "not_storable: IntegrityError")
    await rooms.turns.run_once()
    assert await rooms.texts("customer") == ["halo", "halo"]


async def test_a_file_that_claims_to_be_larger_than_any_is_a_file_to_fetch(rooms: Rooms) -> None:
    """A number beyond 64 bits in one update once kept all of them from being stored."""
    huge = Attachment("a.mp4", "video/mp4", 2**63, reference="F1")
    assert await rooms.inbox.accept([chat("1", attachments=(huge,))]) == [NEW]
    assert await rooms.rows("fetches", "reference", "state") == [("F1", "waiting")]
