"""The same webhooks read by an independent client, field by field. pywa reads one message of a post: one goes
in each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pywa import types
from pywa.types.system import PhoneNumberChange
from pywa_async import WhatsApp

from channels.base import Edited, Identified, Message, Noted, Pressed, Status
from channels.whatsapp import read
from channels.whatsapp.values import sha256_hex
from tests.standins.graph import Graph, Person
from tests.standins.people import Button, Got
from tests.standins.webhooks import Post, Receiver

BUTTONS = Got(
    "wamid.q",
    "Betul?",
    0.0,
    buttons=[Button("Ya, betul", "k3x.7:ya"), Button("Baris", "k3x.7:2", row=True, note="n")],
)

SAYS: dict[str, Callable[[Person], Any]] = {
    "text": lambda budi: budi.says("Siang, minyaknya bocor é 👍", answers="wamid.q"),
    "photo": lambda budi: budi.sends_photo(caption="ini fotonya"),
    "document": lambda budi: budi.sends_document(b"%PDF", "nota.pdf"),
    "voice": lambda budi: budi.sends_voice(),
    "sticker": lambda budi: budi.sends_sticker(),
    "location": lambda budi: budi.shares_location(name="Toko Budi"),
    "contact": lambda budi: budi.shares_contact(own=False),
    "reaction": lambda budi: budi.reacts(BUTTONS, "👍"),
    "unsupported": lambda budi: budi.sends_unsupported(),
}  # fmt: skip


async def told(act: Callable[[Person], Any]) -> tuple[Post, Person]:
    """The one webhook that comes of what Budi does."""
    async with Graph(scale=0.001) as graph, Receiver(graph.verify_token) as ours:
        await graph.subscribe(ours.url)
        budi = graph.person("Budi Santoso")
        budi.parent_user_id = "ID.ENT.42"
        act(budi)
        await graph.hook.idle()
        (post,) = ours.posts
        return post, budi


@pytest.fixture
async def wa() -> Any:
    async with httpx.AsyncClient() as session:
        yield WhatsApp(phone_id="106540352242922", token="x", session=session, server=None, api_version=23.0)


def same_person(ours: Any, theirs: Any) -> None:
    user = theirs.from_user
    assert ours.sender.id == user.bsuid
    assert ours.sender.phone == f"+{user.wa_id}"
    assert set(ours.sender.claims) == {f"+{user.wa_id}", user.parent_bsuid}
    assert ours.sender.name == user.name


@pytest.mark.parametrize("kind", SAYS)
async def test_messages(kind: str, wa: WhatsApp) -> None:
    post, _budi = await told(SAYS[kind])
    (ours,) = read(post.body)
    theirs = types.Message.from_update(wa, post.json())
    same_person(ours, theirs)
    assert ours.message_id == theirs.id
    assert ours.sent_at == theirs.timestamp
    assert ours.account == theirs.metadata.phone_number_id
    if isinstance(ours, Noted):
        assert theirs.reaction
        assert (theirs.reaction.emoji or "") in ours.cause
        return
    assert isinstance(ours, Message)
    assert ours.quotes == (theirs.reply_to_message.id if theirs.reply_to_message else "")
    if kind == "text":
        assert ours.text == theirs.text
    if theirs.media and kind != "sticker":
        (file,) = ours.attachments
        assert (file.reference, file.digest) == (theirs.media.id, sha256_hex(theirs.media.sha256))
        assert file.media_type == theirs.media.mime_type.partition(";")[0]
        assert ours.text == (theirs.caption or "")
        assert file.name == (getattr(theirs.media, "filename", None) or file.name)
    else:
        assert ours.attachments == ()
    if theirs.location:
        assert (
            ours.text == f"{theirs.location.name} ({theirs.location.latitude}, {theirs.location.longitude})"
        )
    if theirs.contacts:
        assert theirs.contacts[0].name.formatted_name in ours.text


@pytest.mark.parametrize("label", ["Ya, betul", "Baris"])
async def test_choices(label: str, wa: WhatsApp) -> None:
    post, _budi = await told(lambda budi: budi.presses(BUTTONS, label))
    (ours,) = read(post.body)
    kind = types.CallbackButton if label == "Ya, betul" else types.CallbackSelection
    theirs = kind.from_update(wa, post.json())
    assert isinstance(ours, Pressed)
    assert (ours.value, ours.label) == (theirs.data, theirs.title)
    assert theirs.reply_to_message is not None
    assert (ours.of, ours.message_id) == (theirs.reply_to_message.id, theirs.id)
    same_person(ours, theirs)


async def test_edits_and_revocations(wa: WhatsApp) -> None:
    post, _budi = await told(lambda budi: budi.edits("wamid.1", "tiga dus"))
    (ours,) = read(post.body)
    edited = types.EditedMessage.from_update(wa, post.json())
    assert isinstance(ours, Edited)
    assert (ours.of, ours.text, ours.deleted) == (edited.original_message_id, edited.message.text, False)
    post, _budi = await told(lambda budi: budi.takes_back("wamid.1"))
    (gone,) = read(post.body)
    deleted = types.DeletedMessage.from_update(wa, post.json())
    assert isinstance(gone, Edited)
    assert (gone.of, gone.deleted) == (deleted.original_message_id, True)


async def test_new_numbers(wa: WhatsApp) -> None:
    post, _budi = await told(lambda budi: budi.changes_number("6285200001111"))
    (ours,) = read(post.body)
    theirs = PhoneNumberChange.from_update(wa, post.json())
    assert isinstance(ours, Identified)
    assert ours.sender.id == theirs.new_user_id
    assert ours.sender.phone == f"+{theirs.new_wa_id}"
    assert f"+{theirs.old_wa_id}" in ours.sender.claims


@pytest.mark.parametrize("status", ["sent", "delivered", "read"])
async def test_statuses(status: str, wa: WhatsApp) -> None:
    def act(budi: Person) -> None:
        sent = {"id": "wamid.1", "echo": "7/3/1", "metadata": budi.number.metadata}
        budi._graph.tells_status(budi, sent, status)

    post, _budi = await told(act)
    (ours,) = read(post.body)
    theirs = types.MessageStatus.from_update(wa, post.json())
    assert isinstance(ours, Status)
    assert (ours.of, ours.delivery, ours.echo) == (theirs.id, theirs.status, theirs.tracker)
    assert ours.sent_at == theirs.timestamp
    same_person(ours, theirs)


def test_every_error_that_pywa_knows_has_words_of_ours() -> None:
    """What a client that lives with Meta has met, we have words for (calls, flows and blocking aside)."""
    from pywa import errors

    from channels.whatsapp.errors import meaning_of

    groups = (
        errors.AuthorizationError, errors.ThrottlingError, errors.IntegrityError, errors.SendMessageError,
    )  # fmt: skip
    codes = {code for group in groups for one in group.__subclasses__() for code in one.__error_codes__ or ()}
    assert len(codes) > 100
    assert sorted(code for code in codes if not re.search(r"\w", meaning_of(code))) == []
