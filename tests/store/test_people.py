"""One person on several channels: a ticket follows its customer after proof, and nobody else."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.store import people
from bot.store.outbox import decode
from channels.base import Message, Sender
from tests.store.rooms import COMPLAINT, Rooms, mail
from tests.store.whatsapp import moved, sent, shared, wa

P, P2 = "6281234567890", "6281200000002"
X, Y = "ID.1001", "ID.1002"
BUDI = "budi@contoh.co.id"


async def complain(rooms: Rooms, *, bsuid: str = X, account: str = "1060") -> str:
    """A complaint on WhatsApp, from the first word to its ticket's number. The email is only typed there."""
    for n, line in enumerate(COMPLAINT):
        await rooms.inbox.accept([wa(f"c{n}", line, phone=P, bsuid=bsuid, at=n, account=account)])
        await rooms.turns.run_once()
    ((number,),) = await rooms.rows("tickets", "number")
    return str(number)


async def telegram(rooms: Rooms, name: str, text: str, *, user: str = "77", at: float = 20) -> str:
    """Somebody writes on Telegram; what they are answered."""
    await rooms.inbox.accept([shared(name, "", user=user, text=text, at=at)])
    return await answered(rooms, "telegram")


async def answered(rooms: Rooms, channel: str) -> str:
    """All that was said on a channel in the turns that waited."""
    before = {row[0] for row in await rooms.rows("outbox", "id")}
    await rooms.turns.run_once()
    found = await rooms.rows("outbox", "id", "channel", "thread_id", "body")
    bodies = [row[3] for row in found if row[0] not in before and row[1] == channel and row[2] is not None]
    return "\n".join(decode(body).text for body in bodies)


async def code(rooms: Rooms) -> str:
    """The code in the newest letter with one."""
    rows = [row for row in await rooms.rows("outbox", "id", "key", "body") if row[1].startswith("code/")]
    found = re.search(r"\b\d{6}\b", decode(rows[-1][2]).text)
    assert found
    return found[0]


async def contact(rooms: Rooms, channel: str) -> int:
    found = await rooms.rows("aliases", "contact_id", "channel")
    return int(next(row[0] for row in found if row[1] == channel))


async def person(rooms: Rooms, channel: str) -> frozenset[int]:
    whose = await contact(rooms, channel)
    return await rooms.store.read(lambda c: people.person(c, whose))


def tells(said: str, number: str) -> bool:
    """Whether the status is told, and not a code asked for."""
    return number in said and "kode" not in said.lower()


@pytest.mark.sop("K4")
async def test_a_ticket_made_on_whatsapp_is_asked_about_by_email(rooms: Rooms) -> None:
    number = await complain(rooms)
    await rooms.inbox.accept([mail("m", f"bagaimana tiket {number}?", sender=BUDI, subject="status")])
    assert tells(await answered(rooms, "email"), number)
    await rooms.inbox.accept([mail("s", f"bagaimana tiket {number}?", sender="lain@x.id", subject="status")])
    assert not tells(await answered(rooms, "email"), number)


@pytest.mark.sop("K4")
async def test_a_ticket_made_on_whatsapp_is_asked_about_on_telegram_with_the_own_number(rooms: Rooms) -> None:
    number = await complain(rooms)
    await rooms.inbox.accept([shared("1", P, at=20)])
    await rooms.turns.run_once()
    assert tells(await telegram(rooms, "2", f"bagaimana tiket {number}?"), number)


async def test_a_number_that_is_shown_answers_what_was_asked_before(rooms: Rooms) -> None:
    """A code was asked for; the customer sends their own card instead."""
    number = await complain(rooms)
    said = await telegram(rooms, "1", f"bagaimana tiket {number}?")
    assert "kode" in said.lower()
    assert "kartu kontak" in said
    await rooms.inbox.accept([shared("2", P, at=20)])
    assert tells(await answered(rooms, "telegram"), number)


async def test_a_number_of_another_shown_answers_nothing(rooms: Rooms) -> None:
    number = await complain(rooms)
    await telegram(rooms, "1", f"bagaimana tiket {number}?")
    await rooms.inbox.accept([shared("2", P2, at=20)])
    assert not tells(await answered(rooms, "telegram"), number)


async def test_a_number_shown_in_the_middle_of_a_talk_finds_the_last_ticket(rooms: Rooms) -> None:
    number = await complain(rooms)
    await telegram(rooms, "1", "halo")
    assert "nomor tiket" in (await telegram(rooms, "2", "tiket saya yang kemarin gimana?")).lower()
    await rooms.inbox.accept([shared("3", P, at=20)])
    await rooms.turns.run_once()
    assert tells(await telegram(rooms, "4", "tiket saya yang kemarin gimana?"), number)


async def test_the_last_ticket_is_known_on_the_other_channel(rooms: Rooms) -> None:
    number = await complain(rooms)
    await rooms.inbox.accept([shared("1", P, at=20)])
    await rooms.turns.run_once()
    assert tells(await telegram(rooms, "2", "yang kemarin gimana?"), number)


async def test_who_types_somebody_elses_number_learns_nothing(rooms: Rooms) -> None:
    """The same name, the same number typed and a card of somebody else are claims and prove nothing."""
    number = await complain(rooms)
    card = Message(
        channel="telegram", account="bot", external_id="card", sender=Sender("77", "Budi Santoso", f"+{P}"),
        thread="77", sent_at=sent(20), placeholder="contact",
    )  # fmt: skip
    await rooms.inbox.accept([card])
    await rooms.turns.run_once()
    assert not tells(await telegram(rooms, "2", "nama saya Budi Santoso, 0812 3456 7890"), number)
    assert not tells(await telegram(rooms, "3", f"bagaimana tiket {number}?"), number)
    assert len(await person(rooms, "telegram")) == 1


async def test_a_code_opens_the_ticket_for_good_and_makes_nobody_one_person(rooms: Rooms) -> None:
    """Whoever made the ticket only typed the address: its owner may see it, they need not be one person."""
    number = await complain(rooms)
    assert "kode" in (await telegram(rooms, "1", f"bagaimana tiket {number}?")).lower()
    assert tells(await telegram(rooms, "2", await code(rooms)), number)
    assert await rooms.rows("proofs", "kind", "value", "how") == [
        ("email", BUDI, "code"), ("phone", f"+{P}", "channel"),
    ]  # fmt: skip
    assert len(await person(rooms, "telegram")) == len(await person(rooms, "whatsapp")) == 1
    assert not tells(await telegram(rooms, "3", f"bagaimana tiket {number}?", user="78"), number)


async def test_a_mailbox_shown_once_opens_its_tickets_without_another_code(rooms: Rooms) -> None:
    number = await complain(rooms)
    await telegram(rooms, "1", f"bagaimana tiket {number}?")
    await telegram(rooms, "2", await code(rooms))
    await telegram(rooms, "3", "tidak ada, terima kasih")
    states = dict(await rooms.rows("conversations", "thread_id", "state"))
    assert "closed" in states.values()
    assert tells(await telegram(rooms, "again", f"bagaimana tiket {number}?"), number)


async def test_a_mail_that_was_judged_genuine_makes_one_person_with_who_typed_a_code(rooms: Rooms) -> None:
    """The same mailbox, shown twice: by DMARC on the mail, by a code on Telegram."""
    number = await complain(rooms)
    await telegram(rooms, "1", f"bagaimana tiket {number}?")
    await telegram(rooms, "2", await code(rooms))
    genuine = mail("m", "halo", sender=BUDI.upper())
    assert genuine.mail is not None
    genuine.mail.verdicts["dmarc"] = "pass"  # type: ignore[index]
    await rooms.inbox.accept([genuine])
    assert await person(rooms, "email") == await person(rooms, "telegram")
    assert len(await person(rooms, "email")) == 2


async def test_a_mail_may_ask_for_what_the_holder_of_its_mailbox_may_see(rooms: Rooms) -> None:
    """The answer reaches the mailbox and nobody else - unless it goes elsewhere."""
    number = await complain(rooms)
    whose = await contact(rooms, "whatsapp")
    held = people.Proof(whose, "email", BUDI, "code", sent(9))
    await rooms.store.write(lambda c: people.prove(c, [held]))
    await rooms.inbox.accept([mail("m", "tiket yang kemarin gimana?", sender=BUDI, subject="tanya")])
    assert tells(await answered(rooms, "email"), number)
    forged = mail("f", f"tiket {number} gimana?", sender=BUDI, subject="lain lagi", reply_to="jahat@x.id")
    await rooms.inbox.accept([forged])
    assert not tells(await answered(rooms, "email"), number)
    assert len(await person(rooms, "email")) == 1, "nobody proved who wrote"


async def test_a_code_typed_in_a_mail_makes_nobody_the_sender(rooms: Rooms) -> None:
    """Who forges a mail of the victim and knows a code of their own must not become the victim."""
    number = await complain(rooms)
    await rooms.inbox.accept([mail("1", f"bagaimana tiket {number}?", sender="korban@x.id", subject="tanya")])
    await answered(rooms, "email")
    right = await code(rooms)
    await rooms.inbox.accept([mail("2", right, sender="korban@x.id", subject="Re: tanya")])
    await answered(rooms, "email")
    assert await rooms.rows("proofs", "kind", "how") == [("phone", "channel")]


async def test_what_was_confirmed_elsewhere_is_not_asked_again_but_shown(rooms: Rooms) -> None:
    await complain(rooms)
    await rooms.inbox.accept([shared("1", P, at=20)])
    said = await answered(rooms, "telegram")
    lines = ("halo", COMPLAINT[0], "iya betul", "tidak ada", "tidak ada")
    for line in lines:
        said += await telegram(rooms, f"line {len(said)}", line)
    assert "Budi Santoso" in said
    assert "atas nama siapa" not in said.lower()
    ((_, talk),) = [
        row for row in await rooms.rows("conversations", "id", "talk") if b'"channel":"telegram"' in row[1]
    ]
    assert b'"name":"Budi Santoso"' in talk


async def test_nothing_is_filled_in_from_another_person(rooms: Rooms) -> None:
    await complain(rooms)
    await rooms.inbox.accept([shared("1", P2, at=20)])
    await rooms.turns.run_once()
    await telegram(rooms, "2", COMPLAINT[0])
    talks = [row[1] for row in await rooms.rows("conversations", "id", "talk")]
    (mine,) = [talk for talk in talks if b'"channel":"telegram"' in talk]
    assert b"Budi" not in mine


async def test_who_got_the_number_later_sees_nothing(rooms: Rooms) -> None:
    """A recycled number: WhatsApp names another id with it, and what was shared then is worth no more."""
    number = await complain(rooms)
    await rooms.inbox.accept([shared("1", P, at=20)])
    await rooms.turns.run_once()
    await rooms.inbox.accept([wa("new", f"bagaimana tiket {number}?", phone=P, bsuid=Y, at=100)])
    assert not tells(await answered(rooms, "whatsapp"), number)
    assert len(await person(rooms, "telegram")) == 2, "the two of before are one person still"
    await rooms.inbox.accept([shared("2", P, user="99", at=101)])
    await rooms.turns.run_once()
    assert not tells(await telegram(rooms, "3", f"bagaimana tiket {number}?", user="99", at=102), number)


async def test_a_telegram_account_keeps_a_number_that_is_another_persons_by_now(rooms: Rooms) -> None:
    """Telegram shows the number an account was made with, long after the SIM is gone."""
    await complain(rooms)
    await rooms.inbox.accept([shared("1", P, at=20)])
    await rooms.inbox.accept([wa("new", phone=P, bsuid=Y, at=100)])
    await rooms.inbox.accept([shared("2", P, at=101)])
    assert await person(rooms, "telegram") == await person(rooms, "whatsapp") == {1, 2}
    said = ("dewi", "menelepon, ini orangnya", sent(102))
    assert await rooms.store.write(lambda c: people.join(c, [1, 3], *said)), "a person knows better"
    assert await person(rooms, "telegram") == {1, 2, 3}


async def test_a_number_shown_long_after_is_not_the_same_proof(rooms: Rooms) -> None:
    """Without any word of the provider: prepaid numbers are given out anew after a few months."""
    number = await complain(rooms)
    later = (people.FRESH["phone"] + timedelta(days=30)).total_seconds() / 60
    await rooms.inbox.accept([shared("1", P, at=later)])
    await rooms.turns.run_once()
    assert not tells(await telegram(rooms, "2", f"bagaimana tiket {number}?", at=later), number)
    await rooms.inbox.accept([wa("again", phone=P, bsuid=X, at=later + 5)])
    assert await person(rooms, "whatsapp") == await person(rooms, "telegram"), "both show it now"


async def test_a_customer_who_changed_the_number_keeps_the_tickets(rooms: Rooms) -> None:
    number = await complain(rooms)
    await rooms.inbox.accept([moved("1", old=(P, X), phone=P2, bsuid=Y, at=20), shared("1", P2, at=21)])
    await rooms.turns.run_once()
    assert tells(await telegram(rooms, "2", f"bagaimana tiket {number}?"), number)
