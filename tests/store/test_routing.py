"""A WhatsApp customer is found by number or id, whichever is there, and never shown what is another's."""

from __future__ import annotations

import json

import pytest

from bot.store import people
from channels.base import Accepted, Echoed, Message, Sender
from channels.whatsapp.reading import read
from tests.store.rooms import Rooms
from tests.store.whatsapp import ACCOUNT, moved, sent, shared, wa

NEW = Accepted.NEW
P, P2, Q = "6281200000001", "6281200000002", "6281300000003"
X, Y, Z = "ID.1001", "ID.1002", "ID.1003"


async def places(rooms: Rooms) -> list[tuple[str, int, str]]:
    return await rooms.rows("threads", "key", "contact_id", "address")


async def aliases(rooms: Rooms) -> dict[str, int]:
    return dict(await rooms.rows("aliases", "value", "contact_id"))


async def threads_of(rooms: Rooms) -> list[int]:
    """The thread of each message, in the order they came."""
    return [row[1] for row in await rooms.rows("inbox", "id", "thread_id", "kind") if row[2] == "message"]


async def same_person(rooms: Rooms, *contacts: int) -> bool:
    (first, *_) = contacts
    found = await rooms.store.read(lambda c: people.person(c, first))
    return set(contacts) <= found


async def test_when_the_phone_vanishes_the_conversation_goes_on(rooms: Rooms) -> None:
    """Chatwoot ended with two conversations for one person when WhatsApp stopped naming the phone."""
    await rooms.inbox.accept([wa("1", phone=P, bsuid=X), wa("2", bsuid=X, at=1), wa("3", phone=P, at=2)])
    await rooms.inbox.accept([wa("4", bsuid=X, at=3)])
    await rooms.turns.run_once()
    assert await places(rooms) == [(P, 1, P)]
    assert len(await rooms.rows("conversations", "id")) == 1
    assert await aliases(rooms) == {P: 1, X: 1}


async def test_answers_go_to_the_phone_as_soon_as_it_is_known(rooms: Rooms) -> None:
    await rooms.inbox.accept([wa("1", bsuid=X)])
    assert await places(rooms) == [(X, 1, X)]
    await rooms.turns.run_once()
    await rooms.inbox.accept([wa("2", phone=P, bsuid=X, at=1)])
    assert await places(rooms) == [(X, 1, P)]
    waiting = await rooms.rows("outbox", "recipient", "state")
    assert {row[0] for row in waiting} == {P}, "what waits to leave goes there, too"
    await rooms.turns.run_once()
    assert {row[0] for row in await rooms.rows("outbox", "recipient")} == {P}


@pytest.mark.parametrize("together", [True, False])
async def test_a_changed_number_keeps_the_conversation(rooms: Rooms, together: bool) -> None:
    await rooms.inbox.accept([wa("1", phone=P, bsuid=X)])
    batch = [moved("1", old=(P, X), phone=P2, bsuid=Y, at=5), wa("2", phone=P2, bsuid=Y, at=6)]
    if together:
        await rooms.inbox.accept(batch)
    else:
        for each in batch:
            await rooms.inbox.accept([each])
    await rooms.turns.run_once()
    assert await places(rooms) == [(P, 1, P2)]
    assert await aliases(rooms) == {P2: 1, X: 1, Y: 1}
    assert len(await rooms.rows("conversations", "id")) == 1
    assert len(await rooms.texts("customer")) == 2, "the change itself is not shown"


async def test_a_changed_number_is_told_once_however_often_it_comes(rooms: Rooms) -> None:
    await rooms.inbox.accept([wa("1", phone=P)])
    await rooms.inbox.accept([moved("1", old=(P,), phone=P2, at=5)] * 2)
    await rooms.inbox.accept([moved("again", old=(P,), phone=P2, at=5)])
    assert await aliases(rooms) == {P2: 1}
    assert await rooms.rows("past_aliases", "value", "contact_id") == [(P, 1)]
    found = await rooms.rows("inbox", "kind", "outcome", "cause")
    assert {row for row in found if row[0] == "identified"} == {
        ("identified", "ignored", "identified: the provider said that the sender's ids changed")
    }
    await rooms.turns.run_once()
    assert len(await rooms.rows("conversations", "id")) == 1


async def test_a_text_that_comes_before_the_change_is_the_same_persons(rooms: Rooms) -> None:
    """The text may precede the system event, also in another webhook."""
    await rooms.inbox.accept([wa("1", phone=P)])
    await rooms.inbox.accept([wa("2", phone=P2, at=6)])
    assert not await same_person(rooms, 1, 2)
    await rooms.inbox.accept([moved("1", old=(P,), phone=P2, at=5)])
    assert await same_person(rooms, 1, 2)
    assert await places(rooms) == [(P, 1, P2), (P2, 2, P2)], "nothing goes to the number that was left"


async def test_what_was_sent_before_the_change_and_comes_late_belongs_to_its_sender(rooms: Rooms) -> None:
    await rooms.inbox.accept([wa("1", phone=P)])
    await rooms.inbox.accept([moved("1", old=(P,), phone=P2, at=5)])
    await rooms.inbox.accept([wa("late", phone=P, bsuid=X, at=4)])
    assert await threads_of(rooms) == [1, 1]
    assert await places(rooms) == [(P, 1, P2)]
    assert await aliases(rooms) == {P2: 1, X: 1}


async def test_a_change_before_the_first_message_is_remembered(rooms: Rooms) -> None:
    await rooms.inbox.accept([moved("1", old=(P, X), phone=P2, at=5)])
    assert await places(rooms) == []
    await rooms.inbox.accept([wa("late", phone=P, bsuid=X, at=4)])
    await rooms.inbox.accept([wa("2", phone=P2, at=6)])
    assert await threads_of(rooms) == [1, 1]
    assert await places(rooms) == [(P, 1, P2)]


async def test_a_recycled_number_opens_nothing_of_its_former_owner(rooms: Rooms) -> None:
    """WhatsApp's id changes with the account: the same number with another id may be another person."""
    await rooms.inbox.accept([wa("1", "saya Budi", phone=P, bsuid=X)])
    await rooms.turns.run_once()
    await rooms.inbox.accept([wa("2", phone=P, bsuid=Y, at=9)])
    await rooms.turns.run_once()
    assert await places(rooms) == [(P, 1, X), (f"{P}~2", 2, P)]
    assert await aliases(rooms) == {P: 2, X: 1, Y: 2}
    assert len(await rooms.rows("conversations", "id")) == 2
    assert not await same_person(rooms, 1, 2)
    assert P not in {row[1] for row in await rooms.rows("outbox", "thread_id", "recipient") if row[0] == 1}
    await rooms.inbox.accept([wa("3", phone=P, at=10), wa("4", bsuid=Y, at=11), wa("5", bsuid=X, at=12)])
    assert await threads_of(rooms) == [1, 2, 2, 2, 1]


async def test_a_number_that_was_left_and_is_somebody_elses_now(rooms: Rooms) -> None:
    await rooms.inbox.accept([wa("1", phone=P), moved("1", old=(P,), phone=P2, at=5)])
    await rooms.inbox.accept([wa("2", phone=P, at=500)])
    assert await places(rooms) == [(P, 1, P2), (f"{P}~2", 2, P)]
    assert not await same_person(rooms, 1, 2)


async def test_a_customer_changes_to_a_number_that_was_another_customers(rooms: Rooms) -> None:
    await rooms.inbox.accept([wa("b", phone=P2, bsuid=Z), wa("a", phone=P, bsuid=X, at=1)])
    await rooms.inbox.accept([moved("1", old=(P, X), phone=P2, bsuid=Y, at=500)])
    assert await aliases(rooms) == {Z: 1, X: 2, Y: 2, P2: 2}
    assert not await same_person(rooms, 1, 2)
    assert await places(rooms) == [(P, 2, P2), (P2, 1, Z)]
    await rooms.inbox.accept([wa("2", phone=P2, bsuid=Y, at=501), wa("3", bsuid=Z, at=502)])
    assert await threads_of(rooms) == [1, 2, 2, 1]


async def test_who_has_lost_the_only_number_is_not_written_to_under_it(rooms: Rooms) -> None:
    await rooms.inbox.accept([wa("b", phone=P2), wa("a", phone=P, at=1)])
    await rooms.inbox.accept([moved("1", old=(P,), phone=P2, at=500)])
    assert await places(rooms) == [(P, 2, P2), (P2, 1, f"passed:{P2}")]
    assert await rooms.rows("suppressed", "channel", "address") == [("whatsapp", f"passed:{P2}")]


async def test_phone_and_id_of_two_contacts_are_never_merged_but_are_one_person(rooms: Rooms) -> None:
    """On record both stay, the phone decides where a message goes; WhatsApp named them as one account."""
    await rooms.inbox.accept([wa("1", phone=P), wa("2", bsuid=X, at=1)])
    assert not await same_person(rooms, 1, 2)
    await rooms.inbox.accept([wa("3", phone=P, bsuid=X, at=2)])
    assert await threads_of(rooms) == [1, 2, 1]
    assert await aliases(rooms) == {P: 1, X: 2}
    assert await same_person(rooms, 1, 2)


async def test_a_changed_id_keeps_the_conversation_whenever_it_is_told(rooms: Rooms) -> None:
    await rooms.inbox.accept([wa("1", phone=P, bsuid=X)])
    await rooms.inbox.accept([moved("1", old=(X, P), bsuid=Y, at=5), wa("2", phone=P, bsuid=Y, at=6)])
    assert await places(rooms) == [(P, 1, P)]
    assert await aliases(rooms) == {P: 1, X: 1, Y: 1}


async def test_a_changed_id_that_is_told_late_makes_one_person_of_two(rooms: Rooms) -> None:
    await rooms.inbox.accept([wa("1", phone=P, bsuid=X), wa("2", phone=P, bsuid=Y, at=6)])
    assert not await same_person(rooms, 1, 2)
    await rooms.inbox.accept([moved("1", old=(X,), phone=P, bsuid=Y, at=5)])
    assert await same_person(rooms, 1, 2)


async def test_numbers_of_two_accounts_of_ours_do_not_mix(rooms: Rooms) -> None:
    await rooms.inbox.accept([wa("1", phone=P, bsuid=X), wa("2", phone=P, bsuid=X, account="1061")])
    assert len(await places(rooms)) == 2
    assert await same_person(rooms, 1, 2), "the number is the same, and WhatsApp made sure of it"


async def test_a_shared_number_is_no_address_on_telegram(rooms: Rooms) -> None:
    await rooms.inbox.accept([shared("0", "", text="halo"), shared("1", P, at=1), wa("1", phone=P, at=2)])
    assert await places(rooms) == [(P, 2, P), ("77", 1, "77")]
    assert await aliases(rooms) == {"77": 1, P: 2}
    assert await same_person(rooms, 1, 2)


async def test_one_sender_may_have_two_places_where_the_key_says_so(rooms: Rooms) -> None:
    """Telegram's business chats: the same user, another place."""
    places_ = ("5", "business/9/5", "5", "business/9/5")
    for n, thread in enumerate(places_):
        said = Message(
            channel="telegram", account="bot", external_id=str(n), sender=Sender("5"), thread=thread,
            sent_at=sent(n), text="halo",
        )  # fmt: skip
        await rooms.inbox.accept([said])
    assert await threads_of(rooms) == [1, 2, 1, 2]
    assert len(await rooms.rows("contacts", "id")) == 1


async def test_a_batch_of_everything_is_stored_as_if_it_had_come_one_by_one(rooms: Rooms) -> None:
    batch = [
        wa("1", phone=P, bsuid=X), wa("2", bsuid=X, at=1), moved("1", old=(P, X), phone=P2, bsuid=Y, at=2),
        wa("3", phone=P2, bsuid=Y, at=3), wa("4", bsuid=Y, at=4), wa("5", phone=P, bsuid=Z, at=5),
        wa("6", bsuid=Z, at=6), wa("7", phone=Q, at=7),
    ]  # fmt: skip
    assert await rooms.inbox.accept(batch) == [NEW] * len(batch)
    assert await threads_of(rooms) == [1, 1, 1, 1, 2, 2, 3]
    assert await aliases(rooms) == {P2: 1, X: 1, Y: 1, P: 2, Z: 2, Q: 3}
    assert {row[0] for row in await rooms.rows("threads", "account")} == {ACCOUNT}


async def test_an_answer_from_the_business_phone_finds_the_customer_by_any_id(rooms: Rooms) -> None:
    """The phone app names the number of a customer whom Meta had named by id alone: the bot went on in one
    thread while a person answered in another."""
    await rooms.inbox.accept([wa("1", "gula kurang 2 dus", bsuid=X)])
    await rooms.turns.run_once()
    echo = Echoed(
        channel="whatsapp", account=ACCOUNT, external_id="e:wamid.2", thread=P,
        sender=Sender("+622150000000", claims=(X, P)), sent_at=sent(1), text="Siang, saya cek dulu ya",
    )  # fmt: skip
    await rooms.inbox.accept([echo])
    await rooms.turns.run_once()
    assert await places(rooms) == [(X, 1, P)]
    assert [row[1] for row in await rooms.rows("conversations", "id", "owner")] == ["agent:phone"]
    assert {row[1] for row in await rooms.rows("outbox", "id", "state")} == {"withdrawn"}
    assert await rooms.rows("proofs", "value") == [], "what the company's phone shows proves nothing of them"


def webhook(at: int, *, contacts: list[dict[str, object]], **message: object) -> bytes:
    """A webhook of Meta's with one message."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "622150000000", "phone_number_id": ACCOUNT},
        "contacts": contacts,
        "messages": [{"timestamp": str(int(sent(at).timestamp())), **message}],
    }
    change = {"field": "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}).encode()


async def test_what_meta_sends_keeps_one_conversation_through_all_changes(rooms: Rooms) -> None:
    """As the channel reads it: number and id, the id alone, a changed number, the new number alone."""
    said = {"type": "text", "text": {"body": "halo"}}
    both = [{"profile": {"name": "Budi"}, "wa_id": P, "user_id": X}]
    changed = {"type": "user_changed_number", "body": "", "wa_id": P2, "user_id": Y}
    hooks = (
        webhook(1, contacts=both, id="wamid.1", **{"from": P}, from_user_id=X, **said),
        webhook(2, contacts=[{"user_id": X}], id="wamid.2", from_user_id=X, **said),
        webhook(3, contacts=[], id="wamid.3", **{"from": P}, from_user_id=X, type="system", system=changed),
        webhook(4, contacts=[{"wa_id": P2, "user_id": Y}], id="wamid.4", **{"from": P2}, **said),
        webhook(5, contacts=[{"user_id": Y}], id="wamid.5", from_user_id=Y, **said),
    )
    for raw in hooks:
        await rooms.inbox.accept(read(raw))
    await rooms.turns.run_once()
    assert await places(rooms) == [(f"+{P}", 1, f"+{P2}")]
    assert len(await rooms.rows("conversations", "id")) == 1
    assert await aliases(rooms) == {f"+{P2}": 1, X: 1, Y: 1}
    proven = [(row[0], row[1]) for row in await rooms.rows("proofs", "value", "contact_id", "kind")]
    assert proven == [(f"+{P}", 1), (f"+{P2}", 1)]
