"""Whose thread a mail belongs to, and what each of the people in it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import structs
from sqlalchemy import text, update

from bot import tokens
from bot.inbox import Inbox
from bot.letters import MailThread
from bot.store.tables import conversations
from channels.base import Bounce, Forwarded, Message, Outbound
from tests.store.rooms import OURS, SECRET, Rooms, mail
from tests.store.test_inbox_accept import threads_of, ticket_by_mail


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite only: `test_inbox_accept` asks PostgreSQL the same questions."""
    return f"sqlite:///{tmp_path / 'sapa.db'}"


CUSTOMER = "budi@contoh.co.id"
FRIEND = "tono@gudang-budi.example"
STRANGER = "mallory@evil.example"
SALES = "andi@arunika-niaga.example"


def facts(message: Message, **changes: Any) -> Message:
    """The mail with some of its facts changed."""
    assert message.mail is not None
    return replace(message, mail=replace(message.mail, **changes))


async def letters(rooms: Rooms, to: str) -> list[Outbound]:
    """What is queued for an address, in order."""
    found = await rooms.rows("outbox", "id", "recipient", "body")
    return [msgspec.json.decode(row[2], type=Outbound, strict=False) for row in found if row[1] == to]


def staff_inbox(rooms: Rooms) -> Inbox:
    return Inbox(
        rooms.store, rooms.files, secret=SECRET, sop=rooms.sop, own_addresses=[OURS],
        staff=["arunika-niaga.example"],
    )  # fmt: skip


# ------------------------------------------------------------------------------------------ signed tokens


@pytest.mark.parametrize("token", ["forged", "of another installation", "of a thread that is not there"])
async def test_a_token_that_is_not_ours_opens_nothing(rooms: Rooms, token: str) -> None:
    await rooms.inbox.accept([mail("m1")])
    (thread,) = await threads_of(rooms)
    right = tokens.sign(SECRET, thread)
    made = {
        "forged": ("a" if right[0] != "a" else "b") + right[1:],
        "of another installation": tokens.sign(b"another secret", thread),
        "of a thread that is not there": tokens.sign(SECRET, thread + 1000),
    }[token]
    await rooms.inbox.accept([mail("m2", sender="siti@lain.example", tokens=[made], subject="Lain")])
    assert len(set(await threads_of(rooms))) == 2
    assert [row[1:] for row in await rooms.rows("threads", "id", "linked_to", "link")][-1] == (None, "")


async def test_another_installations_message_id_leads_nowhere(rooms: Rooms) -> None:
    """Two Sapas write to each other: `sapa.TOKEN.KEY@theirs` is their thread, not ours."""
    await rooms.inbox.accept([mail("m1")])
    (thread,) = await threads_of(rooms)
    theirs = f"sapa.{tokens.sign(b'another secret', thread)}.1.0.1@theirs.example"
    await rooms.inbox.accept([mail("m2", sender="support@theirs.example", answers=[theirs], subject="Lain")])
    assert len(set(await threads_of(rooms))) == 2


# ------------------------------------------------------------------------------------- a new, linked matter


@pytest.mark.sop("K2c")
async def test_a_reply_with_another_subject_is_a_new_matter_linked_to_the_old(rooms: Rooms) -> None:
    """chatwoot#15869, zammad#5286: a new request sent by replying to an old mail disappears in the old
    ticket."""
    number = await ticket_by_mail(rooms)
    (old,) = set(await threads_of(rooms))
    token = tokens.sign(SECRET, old)
    complaint = "3 dus Susu UHT Lembah Ria 1 L bocor, INV-2611-0500, diterima kemarin, hp 0812 3456 7890"
    await rooms.inbox.accept([mail("n", complaint, subject="Re: Susu bocor semua", tokens=[token])])
    await rooms.turns.run_once()
    new = (await threads_of(rooms))[-1]
    assert new != old
    assert (new, old, "subject") in await rooms.rows("threads", "id", "linked_to", "link")
    answer = (await letters(rooms, CUSTOMER))[-1]
    assert f"lanjutan dari tiket {number}" in answer.text
    ((_, second),) = [row for row in await rooms.rows("tickets", "id", "number") if row[1] != number]
    department = [
        row[2] for row in await rooms.rows("outbox", "id", "key", "body") if row[1].startswith(second)
    ]
    assert department
    assert all(f"Terkait tiket: {number}".encode() in body for body in department)


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Pesanan",
        "Bls: [SP-2611-0001-5] Pesanan",
        "",
        "Fotonya",
        "Re: pesanan minyak",
        "data faktur terlampir",
    ],
)
async def test_what_a_mail_program_or_a_hurry_does_to_a_subject_is_no_new_matter(
    rooms: Rooms, subject: str
) -> None:
    """libredesk#176, chatwoot#10028: replies open new tickets because subjects fold."""
    await rooms.inbox.accept([mail("m1")])
    await rooms.turns.run_once()
    await rooms.inbox.accept([mail("m2", subject=subject, answers=["m1@contoh.co.id"])])
    assert len(set(await threads_of(rooms))) == 1


async def test_an_answer_long_after_the_close_is_a_new_matter_and_a_soon_one_is_not(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1")])
    await rooms.turns.run_once()

    async def closed(days: int) -> None:
        when = datetime.now(UTC) - timedelta(days=days)
        past = update(conversations).values(state="closed", closed_at=when, last_at=when)
        await rooms.store.write(lambda c: c.execute(past))

    await closed(3)
    await rooms.inbox.accept([mail("m2", answers=["m1@contoh.co.id"])])
    assert len(set(await threads_of(rooms))) == 1
    await closed(31)
    await rooms.inbox.accept([mail("m3", answers=["m1@contoh.co.id"])])
    first, _, third = await threads_of(rooms)
    assert (third, first, "later") in await rooms.rows("threads", "id", "linked_to", "link")


async def test_a_new_matter_is_answered_to_the_address_that_is_known(rooms: Rooms) -> None:
    """A forged From with somebody's token and another Reply-To: the answer, with the customer's data in it,
    goes to the customer."""
    await rooms.inbox.accept([mail("m1")])
    await rooms.turns.run_once()
    (old,) = await threads_of(rooms)
    forged = mail(
        "x", "susu bocor", subject="Susu bocor semua", tokens=[tokens.sign(SECRET, old)], reply_to=STRANGER
    )
    await rooms.inbox.accept([forged])
    await rooms.turns.run_once()
    assert await letters(rooms, STRANGER) == []


# -------------------------------------------------------------------------------------- sent twice, in pieces


async def test_the_same_mail_sent_twice_by_an_impatient_customer_is_one_matter(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1", "minyak kurang 2 dus", subject="Minyak kurang")])
    await rooms.turns.run_once()
    await rooms.inbox.accept([mail("m2", "minyak kurang 2 dus", subject="minyak kurang")])
    await rooms.turns.run_once()
    assert len(set(await threads_of(rooms))) == 1
    assert len(await rooms.rows("conversations", "id")) == 1


async def test_two_matters_on_one_day_are_two(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1", subject="Minyak kurang"), mail("m2", subject="Susu bocor")])
    assert len(set(await threads_of(rooms))) == 2


async def test_two_customers_with_one_subject_are_two(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1", subject=""), mail("m2", subject="", sender="siti@lain.example")])
    await rooms.inbox.accept([mail("m3", subject="", sender="siti@lain.example")])
    first, second, third = await threads_of(rooms)
    assert first != second == third


async def test_a_reply_without_ids_goes_on_with_the_last_matter_of_that_subject(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1", subject="Minyak kurang")])
    await rooms.turns.run_once()
    sql = text("UPDATE conversations SET last_at = '2020-01-01 00:00:00.000000'")
    await rooms.store.write(lambda c: c.execute(sql))
    await rooms.inbox.accept([mail("m2", subject="Minyak kurang"), mail("m3", subject="Bls: Minyak kurang")])
    first, again, answer = await threads_of(rooms)
    assert again != first, "written anew a long time after: another matter"
    assert answer in (first, again)


# ------------------------------------------------------------------------------------------- participants


async def with_a_friend(rooms: Rooms) -> int:
    """A customer's mail with a friend in Cc, answered; its thread."""
    first = facts(
        mail("m1", "Siang, minyak yang datang kurang 2 dus"), cc=(FRIEND.upper(), OURS, "x+y@localhost")
    )
    await rooms.inbox.accept([first])
    await rooms.turns.run_once()
    return (await threads_of(rooms))[0]


async def test_whom_the_customer_copied_in_is_a_participant_and_nobody_else(rooms: Rooms) -> None:
    thread = await with_a_friend(rooms)
    assert (thread, FRIEND) in await rooms.rows("participants", "thread_id", "address")
    assert all(OURS not in row[1] for row in await rooms.rows("participants", "thread_id", "address"))


async def test_a_participant_writes_in_the_thread_and_the_customer_is_answered(rooms: Rooms) -> None:
    thread = await with_a_friend(rooms)
    before = len(await letters(rooms, CUSTOMER))
    said = "fakturnya INV-2611-0457, minyak sari murni 1 l, hp saya 0811 2222 3333, saya Tono"
    await rooms.inbox.accept([mail("m2", said, sender=FRIEND, answers=["m1@contoh.co.id"])])
    await rooms.turns.run_once()
    assert set(await threads_of(rooms)) == {thread}
    to_customer = (await letters(rooms, CUSTOMER))[before:]
    assert len(to_customer) == 1
    assert "INV-2611-0457" in to_customer[0].text
    (to_friend,) = await letters(rooms, FRIEND)
    for private in ("INV-2611-0457", "inyak", CUSTOMER, "Budi", "SP-"):
        assert private not in to_friend.text, private
    ((talk,),) = await rooms.rows("conversations", "talk")
    assert b"081122223333" not in talk.replace(b"+62", b"0"), (
        "a participant does not change whose matter it is"
    )
    assert b"Tono" not in talk


async def test_a_participants_robot_is_told_once(rooms: Rooms) -> None:
    await with_a_friend(rooms)
    for n in range(4):
        answer = mail(f"a{n}", "Saya sedang cuti", sender=FRIEND, answers=["m1@contoh.co.id"])
        await rooms.inbox.accept([answer])
        await rooms.turns.run_once()
    assert len(await letters(rooms, FRIEND)) == 1


async def test_a_stranger_cannot_make_himself_a_participant(rooms: Rooms) -> None:
    thread = await with_a_friend(rooms)
    own = facts(mail("s", sender=STRANGER, answers=["m1@contoh.co.id"]), cc=("second@evil.example",))
    await rooms.inbox.accept([own])
    assert [row for row in await rooms.rows("participants", "thread_id", "address") if row[0] == thread] == [
        row
        for row in await rooms.rows("participants", "thread_id", "address")
        if row[1] in (FRIEND, "x+y@localhost")
    ]


async def test_who_wrote_is_shown_to_the_department(rooms: Rooms) -> None:
    await with_a_friend(rooms)
    everything = "INV-2611-0457, minyak sari murni 1 l, pesan 5 dus datang 3 dus, diterima kemarin"
    await rooms.inbox.accept([mail("m2", everything, sender=FRIEND, answers=["m1@contoh.co.id"])])
    await rooms.inbox.accept([mail("m3", "hp saya 0812 3456 7890", answers=["m1@contoh.co.id"])])
    await rooms.turns.run_once()
    assert len(await rooms.rows("tickets", "number")) == 1
    to_department = await letters(rooms, rooms.sop.departments["warehouse"].email)
    assert f"Budi <{FRIEND}>" in to_department[0].text


# ---------------------------------------------------------------------------------------------- strangers


@pytest.mark.sop("K4")
@pytest.mark.parametrize("how", ["token", "ids"])
async def test_a_stranger_in_the_thread_is_asked_who_they_are_and_the_department_is_told(
    rooms: Rooms, how: str
) -> None:
    number = await ticket_by_mail(rooms)
    (thread,) = set(await threads_of(rooms))
    stranger = mail(
        "x",
        "barangnya sudah sampai belum ya?",
        sender=STRANGER,
        subject="Re: Pesanan",
        tokens=[tokens.sign(SECRET, thread)] if how == "token" else [],
        answers=["m1@contoh.co.id"] if how == "ids" else [],
    )
    await rooms.inbox.accept([stranger])
    await rooms.turns.run_once()
    own = (await threads_of(rooms))[-1]
    assert (own, thread, "stranger") in await rooms.rows("threads", "id", "linked_to", "link")
    (asked,) = await letters(rooms, STRANGER)
    assert "Boleh kami tahu nama" in asked.text
    assert number not in asked.text + (asked.mail.subject if asked.mail else "")
    told = [o for o in await letters(rooms, rooms.sop.departments["warehouse"].email) if STRANGER in o.text]
    assert len(told) == 1
    assert told[0].mail is not None
    assert number in told[0].mail.subject
    assert "barangnya sudah sampai" in told[0].text
    again = mail("y", "saya kurirnya", sender=STRANGER, answers=["x@contoh.co.id"])
    await rooms.inbox.accept([again])
    await rooms.turns.run_once()
    answers = await letters(rooms, STRANGER)
    assert sum("Boleh kami tahu nama" in each.text for each in answers) == 1
    told = [o for o in await letters(rooms, rooms.sop.departments["warehouse"].email) if STRANGER in o.text]
    assert len(told) == 1, "told once"


async def test_a_number_alone_does_not_even_link(rooms: Rooms) -> None:
    number = await ticket_by_mail(rooms)
    await rooms.inbox.accept([mail("x", sender=STRANGER, subject=number)])
    assert (await rooms.rows("threads", "id", "linked_to"))[-1][1] is None


# --------------------------------------------------------------------------------------- colleagues' mail


def forwarded(name: str, passed: Forwarded | None, text: str, **more: Any) -> Message:
    return facts(
        mail(name, text, sender=SALES, subject="Fwd: Minyak kurang", **more), kind="forward", forwarded=passed
    )


PASSED = Forwarded(
    email="Rina@Toko-Sinar.example",
    name="Rina",
    subject="Minyak kurang",
    text="saya Rina hp 0813-2222-3333, kemarin terima INV-2611-0461, pesan 5 dus Minyak Sari Murni 1 L "
    "datang 3 dus",
)


@pytest.mark.sop("S2", "C1")
async def test_what_a_colleague_forwards_is_the_customers_and_the_customer_is_answered(rooms: Rooms) -> None:
    await staff_inbox(rooms).accept([forwarded("f", PASSED, "Tolong diproses ya")])
    await rooms.turns.run_once()
    ((number,),) = await rooms.rows("tickets", "number")
    (to_customer,) = await letters(rooms, "rina@toko-sinar.example")
    assert number in to_customer.text
    assert "Rina" in to_customer.text
    (to_sales,) = await letters(rooms, SALES)
    assert number in to_sales.text
    assert "rina@toko-sinar.example" in to_sales.text
    to_department = await letters(rooms, rooms.sop.departments["warehouse"].email)
    assert f"Dilaporkan oleh: Budi <{SALES}>" in to_department[0].text
    kinds = [row[1] for row in await rooms.rows("events", "no", "type")]
    assert "reported" in kinds


@pytest.mark.sop("S2")
async def test_a_colleague_who_does_not_say_who_the_customer_is_is_asked(rooms: Rooms) -> None:
    passed = Forwarded(email="", name="", subject="", text="minyak kurang 2 dus, INV-2611-0461")
    await staff_inbox(rooms).accept([forwarded("f", passed, "minyak kurang 2 dus, INV-2611-0461")])
    await rooms.turns.run_once()
    (asked,) = await letters(rooms, SALES)
    assert "siapa pelanggannya" in asked.text
    assert "Nama, misalnya" in asked.text, "the colleague's own name is not the customer's"
    ((talk,),) = await rooms.rows("conversations", "talk")
    assert SALES.encode() not in talk


@pytest.mark.parametrize("who", ["staff themselves", "us", "a department"])
async def test_a_forward_of_our_own_mail_has_no_customer_in_it(rooms: Rooms, who: str) -> None:
    """A colleague forwards our letter, or a colleague's: nobody but the colleague is written to."""
    whose = {
        "staff themselves": "dewi@arunika-niaga.example",
        "us": OURS,
        "a department": rooms.sop.departments["sales"].email,
    }[who]
    passed = Forwarded(email=whose, name="X", subject="x", text="minyak kurang")
    await staff_inbox(rooms).accept([forwarded("f", passed, "minyak kurang")])
    await rooms.turns.run_once()
    assert {row[0] for row in await rooms.rows("outbox", "recipient")} == {SALES}


async def test_a_forged_colleague_writes_to_nobody_in_our_name(rooms: Rooms) -> None:
    """Who could forge a colleague could make us write to anybody: a failed DMARC is enough to stop it."""
    forged = facts(forwarded("f", PASSED, "x"), verdicts={"dmarc": "fail"})
    await staff_inbox(rooms).accept([forged])
    await rooms.turns.run_once()
    assert await letters(rooms, "rina@toko-sinar.example") == []


async def test_a_colleagues_answer_to_our_note_is_for_a_person(rooms: Rooms) -> None:
    await staff_inbox(rooms).accept([forwarded("f", PASSED, "x")])
    await rooms.turns.run_once()
    (note,) = await letters(rooms, SALES)
    assert note.mail is not None
    back = mail(
        "b", "oke terima kasih", sender=SALES, subject=note.mail.subject, answers=[note.mail.message_id]
    )
    await staff_inbox(rooms).accept([back])
    assert await rooms.turns.run_once() == 0
    row = (await rooms.rows("inbox", "id", "outcome", "conversation_id"))[-1]
    assert row[1] == "appended"
    assert row[2] is not None


# ------------------------------------------------------------------------------------------------ bounces


async def test_a_bounce_puts_the_letter_before_a_person_with_what_the_server_said(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1")])
    await rooms.turns.run_once()
    ((key, body),) = await rooms.rows("outbox", "key", "body")
    ours = msgspec.json.decode(body, type=Outbound, strict=False).mail
    assert ours is not None
    sent = text("UPDATE outbox SET state = 'sent', delivery = 'sent', provider_id = :id").bindparams(
        id=ours.message_id
    )
    await rooms.store.write(lambda c: c.execute(sent))
    bounce = Bounce(
        status="5.1.1", cause="hard", recipient=CUSTOMER, original_message_id=f"<{ours.message_id}>",
        diagnostic="550 no such user",
    )  # fmt: skip
    news = facts(
        mail("b", sender="mailer-daemon@contoh.co.id", automatic="bounce: failed"),
        kind="bounce",
        bounce=bounce,
    )
    await rooms.inbox.accept([news])
    assert await rooms.rows("outbox", "key", "state", "reason") == [
        (key, "refused", "came back (hard): 550 no such user")
    ]
    row = next(
        row
        for row in await rooms.rows("inbox", "id", "outcome", "cause", "conversation_id")
        if row[2].startswith("bounce")
    )
    assert row[1:3] == ("ignored", "bounce: failed")
    assert row[3] is not None


async def test_automatic_mail_is_kept_with_the_conversation_whose_token_it_carries(rooms: Rooms) -> None:
    """A bounce comes from a mailer-daemon whom nobody knows; our return path has the token."""
    await rooms.inbox.accept([mail("m1")])
    await rooms.turns.run_once()
    (thread,) = await threads_of(rooms)
    note = mail(
        "b", sender="mailer-daemon@contoh.co.id", automatic="bounce: x", tokens=[tokens.sign(SECRET, thread)],
    )  # fmt: skip
    await rooms.inbox.accept([note])
    row = (await rooms.rows("inbox", "id", "outcome", "thread_id", "conversation_id"))[-1]
    assert row[1:3] == ("ignored", thread)
    assert row[3] is not None


def test_the_memory_of_a_thread_keeps_a_bounded_number_of_related_tickets() -> None:
    old = MailThread(numbers=tuple(f"SP-{n}" for n in range(9)))
    new = MailThread(whose="a@b").going_on(old, "later")
    assert new.related == ("SP-4", "SP-5", "SP-6", "SP-7", "SP-8")
    assert MailThread.load(structs.replace(new, told=("x",)).dump()).told == ("x",)


async def test_one_mail_by_two_ways_is_answered_once(rooms: Rooms) -> None:
    """To two mailboxes, or by SMTP and by IMAP, a mail has other Received lines: other bytes, one mail."""
    await rooms.inbox.accept([mail("by-smtp", "minyak kurang 1 dus", message_id="one@contoh.co.id")])
    await rooms.turns.run_once()
    await rooms.inbox.accept([mail("by-imap", "minyak kurang 1 dus", message_id="one@contoh.co.id")])
    await rooms.turns.run_once()
    assert len(await rooms.texts("bot")) == 1
    causes = [row[1] for row in await rooms.rows("inbox", "outcome", "cause")]
    assert causes == ["", "copy: the same mail came by another way already"]


async def test_two_copies_of_one_mail_in_one_batch_are_answered_once(rooms: Rooms) -> None:
    twice = [mail(way, "minyak kurang 1 dus", message_id="one@contoh.co.id") for way in ("a", "b")]
    await rooms.inbox.accept(twice)
    await rooms.turns.run_once()
    assert len(await rooms.texts("bot")) == 1


async def test_a_program_that_repeats_its_message_id_loses_no_mail(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("a", "minyak kurang 1 dus", message_id="same@contoh.co.id")])
    await rooms.turns.run_once()
    await rooms.inbox.accept([mail("b", "gula kurang 3 dus", message_id="same@contoh.co.id")])
    await rooms.turns.run_once()
    assert [row[0] for row in await rooms.rows("inbox", "outcome")].count("ignored") == 0


@pytest.mark.parametrize(
    ("verdicts", "shown"),
    [
        (
            {"spf": "pass", "dkim": "pass", "dmarc": "pass"},
            "Pemeriksaan pengirim: SPF pass, DKIM pass, DMARC pass",
        ),
        ({"spf": "fail", "dkim": "none"}, "SPF fail, DKIM none: pengirimnya meragukan"),
    ],
)
async def test_the_department_reads_whether_the_sender_was_checked(
    rooms: Rooms, verdicts: dict[str, str], shown: str
) -> None:
    written = mail(
        "m1",
        "Komplain: Minyak Sari Murni 1 L kurang 1 dus, INV-2611-0457, diterima 20 November 2026. "
        "Budi, 081233445566",
    )
    assert written.mail is not None
    await rooms.inbox.accept([replace(written, mail=replace(written.mail, verdicts=verdicts))])
    await rooms.turns.run_once()
    written_to = {row[1]: row[2] for row in await rooms.rows("outbox", "id", "recipient", "body")}
    warehouse = rooms.sop.departments["warehouse"].email
    assert shown in msgspec.json.decode(written_to[warehouse])["text"]
