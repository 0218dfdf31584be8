"""A letter that came back is a letter that did not arrive: seen by a person, tied to what it belongs to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from bot import tokens
from bot.outbox import canonical
from bot.store import outbox, replay, waiting
from bot.store.gate import suppressed_of
from channels.base import Bounce, Forwarded, Message, Outbound
from channels.mail import read
from tests.mail.machine_mail import dsn, failed
from tests.store.rooms import COMPLAINT, OURS, SECRET, Rooms, mail
from tests.store.test_mail_threads import staff_inbox

CUSTOMER = "budi@contoh.co.id"
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
SENT = (
    "UPDATE outbox SET state = 'sent', delivery = 'sent', sent_at = :at, provider_id = :id WHERE key = :key"
)


async def letters(rooms: Rooms) -> dict[str, str]:
    """All letters left: Message-ID by recipient."""
    found: dict[str, str] = {}
    for key, to, body in await rooms.rows("outbox", "key", "recipient", "body"):
        head = msgspec.json.decode(body, type=Outbound, strict=False).mail
        assert head is not None
        found[to] = head.message_id
        values = {"key": key, "id": head.message_id, "at": datetime.now(UTC)}
        await rooms.store.write(lambda c, v=values: c.execute(text(SENT), v))  # type: ignore[misc]
    return found


def came_back(name: str, tagged: tuple[str, ...] = (), **said: str) -> Message:
    """A bounce; `tagged` are the tokens of the addresses it was sent to."""
    news = mail(name, sender="mailer-daemon@contoh.co.id", automatic="bounce: x", tokens=tagged)
    assert news.mail is not None
    return replace(news, mail=replace(news.mail, kind="bounce", bounce=Bounce(**said)))


async def blocked(rooms: Rooms) -> set[str]:
    return {row[0] for row in await rooms.rows("suppressed", "address")}


async def flags(rooms: Rooms) -> list[str]:
    return [row[1] for row in await rooms.rows("conversations", "id", "flag")]


async def outcome(rooms: Rooms, name: str) -> tuple[Any, ...]:
    rows = await rooms.rows("inbox", "external_id", "channel", "outcome", "cause", "conversation_id")
    return next(row[2:] for row in rows if row[:2] == (name, "email"))


async def asked(rooms: Rooms) -> str:
    """A customer wrote and was answered; the answer's Message-ID."""
    await rooms.inbox.accept([mail("m1")])
    await rooms.turns.run_once()
    return (await letters(rooms))[CUSTOMER]


async def test_an_address_that_does_not_exist_gets_nothing_more_until_it_writes(rooms: Rooms) -> None:
    ours = await asked(rooms)
    hard = came_back(
        "b",
        status="5.1.1",
        cause="hard",
        recipient=CUSTOMER,
        original_message_id=f"<{ours}>",
        diagnostic="no such user",
    )
    await rooms.inbox.accept([hard])
    await rooms.turns.run_once()
    ((state, reason),) = await rooms.rows("outbox", "state", "reason")
    assert (state, reason) == ("refused", "came back (hard): no such user")
    assert await flags(rooms) == ["undelivered"]
    assert (await outcome(rooms, "b"))[0] == "ignored"
    assert (await outcome(rooms, "b"))[2] is not None
    stopped = await rooms.store.read(lambda c: suppressed_of(c, "email", [canonical(CUSTOMER)]))
    assert stopped[CUSTOMER].reason.startswith("undeliverable: 5.1.1")
    proved = await rooms.store.read(replay.replay)
    assert not proved.faults
    await rooms.inbox.accept([mail("m2")])
    assert await blocked(rooms) == set()


@pytest.mark.parametrize(
    ("status", "cause", "to"),
    [
        ("5.2.2", "quota", CUSTOMER),
        ("5.7.1", "policy", CUSTOMER),
        ("5.0.0", "hard", CUSTOMER),
        ("4.4.1", "soft", CUSTOMER),
        ("5.1.1", "hard", "somebody-else@contoh.co.id"),
    ],
)
async def test_a_letter_that_failed_for_another_reason_blocks_no_address(
    rooms: Rooms, status: str, cause: str, to: str
) -> None:
    ours = await asked(rooms)
    await rooms.inbox.accept(
        [came_back("b", status=status, cause=cause, recipient=to, original_message_id=ours)]
    )
    await rooms.turns.run_once()
    assert [row[0] for row in await rooms.rows("outbox", "state")] == ["refused"]
    assert await flags(rooms) == ["undelivered"]
    assert await blocked(rooms) == set()


async def test_a_delay_is_noted_and_nobody_is_troubled(rooms: Rooms) -> None:
    ours = await asked(rooms)
    late = came_back(
        "b", action="delayed", status="4.4.1", cause="soft", original_message_id=ours, diagnostic="timed out"
    )
    await rooms.inbox.accept([late])
    await rooms.turns.run_once()
    assert await rooms.rows("outbox", "state", "reason") == [("sent", "delayed: timed out")]
    assert await flags(rooms) == [""]
    assert (await outcome(rooms, "b"))[2] is not None


async def test_a_department_that_was_not_told_is_seen(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1", "\n".join(COMPLAINT))])
    await rooms.turns.run_once()
    departments = {each.email.lower() for each in rooms.sop.departments.values()}
    sent = await letters(rooms)
    to = min(departments & set(sent))
    await rooms.inbox.accept(
        [came_back("b", status="5.1.1", cause="hard", recipient=to, original_message_id=sent[to])]
    )
    await rooms.turns.run_once()
    states = {row[0]: row[1] for row in await rooms.rows("outbox", "recipient", "state")}
    assert states[to] == "refused"
    assert await flags(rooms) == ["untold"]
    look = await rooms.store.read(lambda c: waiting.look(c, NOW, ["email"], departments))
    assert (look.stuck, look.untold) == (1, 1), "health is red for it"
    assert await blocked(rooms) == set(), "a department is told again as soon as it can be"


async def test_the_token_of_the_return_path_is_enough(rooms: Rooms) -> None:
    await asked(rooms)
    ((thread,),) = await rooms.rows("threads", "id")
    token = tokens.sign(SECRET, thread)
    await rooms.inbox.accept([came_back("b", (token,), cause="quota", recipient=CUSTOMER)])
    await rooms.turns.run_once()
    assert [row[0] for row in await rooms.rows("outbox", "state")] == ["refused"]
    assert await flags(rooms) == ["undelivered"]


async def test_a_bounce_of_nothing_we_sent_changes_nothing(rooms: Rooms) -> None:
    ours = await asked(rooms)
    forged = tokens.sign(b"another secret", 1)
    strange = ours.replace("sapa.", "sapa.x", 1)
    await rooms.inbox.accept(
        [
            came_back("b1", cause="hard", status="5.1.1", recipient=CUSTOMER),
            came_back("b2", (forged,), cause="hard", status="5.1.1", recipient=CUSTOMER),
            came_back("b3", cause="hard", status="5.1.1", original_message_id=strange),
            came_back(
                "b4", cause="hard", status="5.1.1", original_message_id="letter.1.1.1@elsewhere.example"
            ),
        ]
    )
    await rooms.turns.run_once()
    assert [row[0] for row in await rooms.rows("outbox", "state")] == ["sent"]
    assert await flags(rooms) == [""]
    assert await blocked(rooms) == set()
    assert (await outcome(rooms, "b1"))[:2] == ("ignored", "bounce: x")


@pytest.mark.parametrize("state", ["queued", "sending"])
async def test_nobody_can_stop_a_letter_by_a_bounce_with_a_guessed_id(rooms: Rooms, state: str) -> None:
    """The key of a row is easily guessed, and until it has left no id is on record to compare with."""
    await asked(rooms)
    ((key,),) = await rooms.rows("outbox", "key")
    change = text("UPDATE outbox SET state = :state, delivery = '', provider_id = NULL")
    await rooms.store.write(lambda c: c.execute(change, {"state": state}))
    plain = key.replace("/", ".")
    for n, front in enumerate(("sapa.abcdefghijklmnopqrst", "letter")):
        guess = f"{front}.{plain}@{OURS.partition('@')[2]}"
        said = {"cause": "hard", "status": "5.1.1", "recipient": CUSTOMER, "original_message_id": guess}
        await rooms.inbox.accept([came_back(f"b{n}", **said)])
    await rooms.turns.run_once()
    assert [row[0] for row in await rooms.rows("outbox", "state")] == [state]
    assert await flags(rooms) == [""]
    assert await blocked(rooms) == set()


async def test_a_bounce_that_is_faster_than_our_own_record_is_believed(rooms: Rooms) -> None:
    ours = await asked(rooms)
    change = text("UPDATE outbox SET state = 'sending', delivery = '', provider_id = NULL")
    await rooms.store.write(lambda c: c.execute(change))
    said = {"cause": "hard", "status": "5.1.1", "recipient": CUSTOMER, "original_message_id": ours}
    await rooms.inbox.accept([came_back("b", **said)])
    assert [row[0] for row in await rooms.rows("outbox", "state")] == ["refused"]
    assert await blocked(rooms) == {CUSTOMER}


async def test_the_id_of_a_letter_to_a_department_cannot_be_guessed(rooms: Rooms) -> None:
    """A forged bounce with the number of a ticket turned health red: the department seemed not to be told."""
    await rooms.say("a", *COMPLAINT)
    found = await rooms.rows("outbox", "key", "body")
    ids = {key: outbox.decode(body).mail.message_id for key, body in found}  # type: ignore[union-attr]
    (key, ours), *_ = ids.items()
    await rooms.store.write(lambda c: c.execute(text("UPDATE outbox SET state = 'sent'")))
    plain = key.replace("/", ".")
    domain = ours.partition("@")[2]
    for n, guess in enumerate((f"letter.{plain}@{domain}", f"letter.{'0' * 16}.{plain}@{domain}")):
        said = {"cause": "hard", "status": "5.1.1", "recipient": CUSTOMER, "original_message_id": guess}
        await rooms.inbox.accept([came_back(f"b{n}", **said)])
    assert {row[0] for row in await rooms.rows("outbox", "state")} == {"sent"}
    await rooms.inbox.accept([came_back("c", cause="hard", status="5.1.1", original_message_id=ours)])
    assert [row[1] for row in await rooms.rows("outbox", "key", "state") if row[0] == key] == ["refused"]


async def test_what_a_colleague_passes_on_lifts_no_block_of_the_customers(rooms: Rooms) -> None:
    """The customer's address is still gone, whoever passes an old mail of theirs on."""
    ours = await asked(rooms)
    said = {"cause": "hard", "status": "5.1.1", "recipient": CUSTOMER, "original_message_id": ours}
    await rooms.inbox.accept([came_back("b", **said)])
    assert await blocked(rooms) == {CUSTOMER}
    passed = Forwarded(email=CUSTOMER, name="Budi", subject="minyak", text="minyak kurang 2 dus")
    sent = mail("f", "tolong", sender="dewi@arunika-niaga.example", subject="Fwd: minyak")
    assert sent.mail is not None
    await staff_inbox(rooms).accept(
        [replace(sent, mail=replace(sent.mail, kind="forward", forwarded=passed))]
    )
    assert await blocked(rooms) == {CUSTOMER}
    await rooms.inbox.accept([mail("m2")])
    assert await blocked(rooms) == set()


async def test_two_bounces_of_one_letter_are_one_failure(rooms: Rooms) -> None:
    ours = await asked(rooms)
    said = {"cause": "hard", "status": "5.1.1", "recipient": CUSTOMER, "original_message_id": ours}
    await rooms.inbox.accept([came_back("b1", **said)])
    await rooms.inbox.accept([came_back("b2", **said)])
    await rooms.turns.run_once()
    types = [row[1] for row in await rooms.rows("events", "no", "type")]
    assert types.count("letter_came_back") == 1


async def test_a_delivery_report_as_a_mail_server_writes_it_finds_its_letter(rooms: Rooms) -> None:
    """From the bytes on: the plus-address of the return path, the returned headers, the fields."""
    ours = await asked(rooms)
    ((thread,),) = await rooms.rows("threads", "id")
    tagged = OURS.replace("@", f"+{tokens.sign(SECRET, thread)}@")
    returned = f"Content-Type: text/rfc822-headers\n\nTo: {CUSTOMER}\nMessage-ID: <{ours}>\n"
    raw = dsn(
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.example.",
        failed("5.1.1", "550 5.1.1 User unknown", CUSTOMER),
        head=f"From: Mail Delivery System <MAILER-DAEMON@mx.example>\nTo: {tagged}",
        returned=returned,
    )
    news = read(raw, account=OURS, envelope_from="", envelope_to=(tagged,), received_at=NOW, own=(OURS,))
    await rooms.inbox.accept([news])
    await rooms.turns.run_once()
    assert await rooms.rows("outbox", "state", "reason") == [
        ("refused", "came back (hard): 550 5.1.1 User unknown")
    ]
    assert await flags(rooms) == ["undelivered"]
    assert await blocked(rooms) == {CUSTOMER}
