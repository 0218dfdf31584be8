"""Buttons stay on a phone for ever: an old one is refused kindly, and never answers what is asked now."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store.inputs import MessageIn, PressedIn
from channels.base import Capabilities, Choice
from tests.dialogue.phone import TELEGRAM, Phone

STORY = "minyak goreng 1 liter bocor 2 dus, INV-2611-0900"


def _choices(phone: Phone) -> tuple[Choice, ...]:
    return next(message.choices for message in reversed(phone.said) if message.choices)


def test_a_button_answers_what_is_asked() -> None:
    phone = Phone()
    phone.say(STORY)
    assert phone.asked == "restating"
    phone.press("yes")
    assert phone.asked == "name"
    assert phone.talk.matter is not None
    assert phone.talk.matter.confirmed


def test_an_old_yes_is_no_yes_to_the_new_question() -> None:
    phone = Phone()
    phone.say(STORY)
    old = _choices(phone)[0]
    phone.say("bukan, 3 dus")  # restated anew, with a yes of its own
    assert phone.asked == "restating"
    said = phone.tap(old)
    assert "stale_button" in phone.phrases
    assert phone.asked == "restating"
    assert phone.talk.matter is not None
    assert not phone.talk.matter.confirmed
    assert "3 dus" in said, "what is asked now is asked again"
    phone.press("yes")
    assert phone.asked == "name"


def test_a_button_of_a_field_that_was_answered_does_not_skip_the_next_one() -> None:
    phone = Phone()
    phone.say(STORY + ", Tini, 081234567890, tini@toko.example")
    old = _choices(phone)
    phone.press("yes")
    asked = phone.asked
    phone.tap(old[1])
    assert phone.asked == asked
    assert phone.phrases[0] == "stale_button"


def test_the_same_button_twice_is_one_answer() -> None:
    phone = Phone()
    phone.say(STORY)
    yes = _choices(phone)[0]
    phone.tap(yes)
    before = phone.talk
    assert phone.tap(yes) == ""
    assert phone.talk == before
    assert phone.plan is not None
    assert phone.plan.ignored


def test_the_same_button_twice_in_a_burst_is_one_answer() -> None:
    phone = Phone()
    phone.say(STORY)
    phone.tap(_choices(phone)[0], _choices(phone)[0])
    assert phone.asked == "name"
    assert "stale_button" not in phone.phrases
    assert phone.plan is not None
    assert len(phone.plan.spoken) == 1


def test_the_same_button_after_something_else_was_said_is_old() -> None:
    phone = Phone()
    phone.say(STORY)
    yes = _choices(phone)[0]
    phone.tap(yes)
    phone.say("Tini")
    phone.tap(yes)
    assert phone.phrases[0] == "stale_button"


def _closed() -> tuple[Phone, Choice]:
    phone = Phone()
    phone.say("jam buka kantor?")
    last = next(choice for choice in _choices(phone) if choice.value.endswith("no_more"))
    phone.tap(last)
    assert phone.talk.closed
    return phone, last


def test_a_button_of_a_closed_conversation_opens_politely_and_does_nothing_else() -> None:
    phone = Phone()
    phone.say(STORY)
    yes = _choices(phone)[0]
    phone.say("batal")
    phone.press("no_more")
    assert phone.talk.closed
    phone.tap(yes)
    assert not phone.talk.closed
    assert phone.asked == "help"
    assert "stale_button" in phone.phrases
    assert phone.talk.matters == ()


def test_the_goodbye_pressed_twice_opens_nothing() -> None:
    phone, last = _closed()
    assert phone.tap(last) == ""
    assert phone.talk.closed


def test_a_button_and_a_word_in_one_burst_are_both_taken() -> None:
    phone = Phone()
    phone.say(STORY)
    yes = _choices(phone)[0]
    phone.send(PressedIn(value=yes.value, label=yes.label), MessageIn(text="nama saya Tini"))
    assert phone.talk.identity["name"] == "Tini"
    assert phone.asked == "phone"


@pytest.mark.parametrize(
    "value",
    [
        "yes",
        "1.1:yes",
        "9.9:yes",
        "1.zz:yes",
        ":",
        "1.1:",
        "a" * 64,
        "1.1:no_more",
        "\x00",
        "..:yes",
        "٣.٣:yes",
    ],
)
def test_a_forged_button_does_no_harm(value: str) -> None:
    phone = Phone()
    phone.say("halo")
    phone.say(STORY)
    phone.say("bukan, 3 dus")
    before = phone.talk
    phone.send(PressedIn(value=value))
    assert phone.phrases[0] == "stale_button"
    assert phone.talk.asked == before.asked
    assert phone.talk.matters == before.matters


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.text(max_size=30))
def test_no_value_and_no_label_break_a_turn(value: str, label: str) -> None:
    phone = Phone()
    phone.say(STORY)
    phone.send(PressedIn(value=value, label=label))
    assert phone.asked
    assert phone.talk.matter is not None
    assert not phone.talk.matters[0].number


def test_the_web_chat_has_no_marks_and_works() -> None:
    web = Phone(Capabilities(buttons=10, stored=True))
    web.say(STORY)
    web.send(PressedIn(value="yes", label="Ya, betul"))
    assert web.asked == "name"


def test_a_person_who_has_the_conversation_is_not_talked_over_for_an_old_button() -> None:
    from bot.dialogue import TookOver

    phone = Phone(TELEGRAM)
    phone.say(STORY)
    yes = _choices(phone)[0]
    phone.act(TookOver("1", "Rina"))
    assert phone.tap(yes) == ""
