"""Thanks after the goodbye open no new conversation; whatever says more does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.dialogue import Due
from bot.store.inputs import Act, MessageIn
from tests.dialogue.phone import Phone


def _closed() -> Phone:
    phone = Phone()
    phone.say("jam buka kantor?")
    phone.say("tidak ada")
    assert phone.talk.closed
    return phone


@pytest.mark.sop("E10")
@pytest.mark.parametrize(
    "text",
    ["ok makasih", "makasih ya kak", "trims", "nuhun", "siap kak makasih infonya", "thank you so much"],
)
def test_thanks_after_the_goodbye_are_returned_once(text: str) -> None:
    phone = _closed()
    assert phone.say(text) == "Sama-sama, Kak."
    assert phone.talk.closed
    assert phone.say(text) == ""
    assert phone.plan is not None
    assert [each.text for each in phone.plan.spoken] == [text], "it is on record"


@pytest.mark.parametrize(
    "body", [MessageIn(text="👍"), MessageIn(text="sip"), MessageIn(placeholder="sticker")]
)
def test_a_nod_after_the_goodbye_gets_no_answer(body: MessageIn) -> None:
    phone = _closed()
    assert phone.send(body) == ""
    assert phone.talk.closed


@pytest.mark.parametrize(
    "text", ["makasih, tapi faktur saya belum dikirim", "halo", "makasih, jam bukanya?", "tidak"]
)
def test_what_says_more_than_thanks_is_answered(text: str) -> None:
    phone = _closed()
    assert phone.say(text)
    assert phone.thread.conversation_id == 2


def test_a_yes_to_a_talk_that_was_closed_unfinished_is_no_nod() -> None:
    phone = Phone()
    phone.say("minyak goreng 1 liter kurang 2 dus")
    phone.now += timedelta(hours=5)
    phone.send(Act(Due("remind")))
    phone.send(Act(Due("close")))
    assert phone.talk.closed
    assert phone.say("ya")
    assert phone.thread.conversation_id == 2


def test_thanks_of_another_day_are_greeted() -> None:
    phone = _closed()
    phone.now += timedelta(days=2)
    assert "greet_morning" in (phone.say("makasih") and phone.phrases)
