"""The golden talks on every channel: the same words and the same outcome, in what the channel can carry."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import structs

from bot.dialogue import Carrying
from bot.dialogue import events as e
from bot.dialogue.etiquette import audit
from bot.dialogue.finish import SELF_EVIDENT
from bot.dialogue.rehearsal import CARRYING, Played, play
from bot.packs import load
from bot.turns.planning import carrying_of
from bot.understanding import Understander
from bot.understanding.heard import Expecting, Heard
from channels.sms.alphabet import length, plain, room
from channels.telegram.provider import Telegram
from channels.whatsapp import WhatsApp

TALKS = sorted((Path(__file__).parents[1] / "talks").glob("*.yaml"))
SCRIPTS: dict[str, dict[str, Any]] = {p.stem: yaml.safe_load(p.read_text(encoding="utf-8")) for p in TALKS}
CHAT = [name for name, script in SCRIPTS.items() if script.get("channel", "chat") == "chat"]


class Remembering:
    """The real understanding, each text once for what it answers: the channels hear the same talks."""

    def __init__(self) -> None:
        self.real = Understander(load())
        self.known: dict[tuple[str, Expecting], Heard] = {}

    def understand(self, text: str, expecting: Expecting) -> Heard:
        key = (text, expecting)
        if key not in self.known:
            self.known[key] = self.real.understand(text, expecting)
        return self.known[key]


@pytest.fixture(scope="module")
def understander() -> Remembering:
    return Remembering()


def _on(channel: str, name: str, understander: Remembering) -> Played:
    return play({**SCRIPTS[name], "channel": channel}, load(), understander)


def _facts(played: Played) -> list[e.Event]:
    """All that happened, but the texts and buttons that a channel shapes."""
    return [
        event
        for events, _ in played.conversations
        for event in events
        if not isinstance(event, e.Replied | e.Opened)
    ]


OWN = frozenset({"or_share_number"})
"""What only some channels have to offer."""


def _phrases(played: Played) -> list[list[str]]:
    said = ([phrase for message in turn for phrase in message.phrases] for turn in played.turns)
    return [[phrase for phrase in phrases if phrase not in OWN] for phrases in said]


def _within(played: Played, carrying: Carrying) -> None:
    for message in (message for turn in played.turns for message in turn):
        assert len(message.text) <= (carrying.max_with_choices if message.choices else carrying.max_text)
        assert len(message.choices) <= max(carrying.buttons, carrying.list_rows)
        assert all(len(choice.label) <= carrying.label for choice in message.choices)


def test_the_talks_are_played_on_what_the_channels_say_of_themselves() -> None:
    for channel, itself in (("telegram", Telegram.capabilities), ("whatsapp", WhatsApp.capabilities)):
        assert structs.replace(carrying_of(itself), marked=False) == CARRYING[channel], channel
    assert CARRYING["sms"].max_text == room(4)


@pytest.mark.parametrize("name", CHAT)
def test_a_talk_is_the_same_on_every_chat(name: str, understander: Remembering) -> None:
    web = _on("chat", name, understander)
    for channel in ("telegram", "whatsapp", "terminal"):
        other = _on(channel, name, understander)
        assert _facts(other) == _facts(web)
        assert _phrases(other) == _phrases(web)
        assert other.tickets == web.tickets
        _within(other, CARRYING[channel])
    for choices in {
        event.choices for event in _facts(web) if isinstance(event, e.AskedFor) and event.choices
    }:
        _can_be_typed(choices, understander)


BY_MEDIUM = frozenset({"afterword", "or_none"})
"""Phrases that only an SMS, or only a chat, needs."""


def _can_be_typed(choices: Any, understander: Remembering) -> None:
    """Whoever has no buttons types the words of a choice, or its number in the list."""
    offered = tuple((choice.value, choice.label) for choice in choices)
    waits_for = Expecting(today=date(2026, 11, 23), choices=offered)
    numbered = not all(value in SELF_EVIDENT for value, _ in offered)
    for n, (value, label) in enumerate(offered, 1):
        assert understander.understand(label, waits_for).chosen == value
        for typed in (str(n), f"no {n}", f"nomor {n}", f"yang {_ORDINALS[n]}", f"{n}.") if numbered else ():
            assert understander.understand(typed, waits_for).chosen == value, typed


_ORDINALS = dict(
    enumerate(
        ["pertama", "kedua", "ketiga", "keempat", "kelima", "keenam", "ketujuh", "kedelapan", "kesembilan"], 1
    )
)


@pytest.mark.parametrize("name", CHAT)
def test_a_talk_by_sms_comes_to_the_same_end(name: str, understander: Remembering) -> None:
    web, sms = _on("chat", name, understander), _on("sms", name, understander)
    _within(sms, CARRYING["sms"])
    for events, _ in sms.conversations:
        assert not audit(events), str(sms)
    for turn in sms.turns:
        assert len(turn) <= 1, f"one message a turn\n{sms}"
        for message in turn:
            size = length(plain(message.text))
            assert size.parts <= 3, f"{size}: {message.text}"
            assert not size.wide, message.text
    if any(getattr(event, "field", "") == "photo" for event in _facts(web)):
        return  # no photo can be sent by SMS, and none is asked for: from there the talks differ
    assert _facts(sms) == _facts(web), f"{web}\n{sms}"
    said = [[sorted(set(turn) - BY_MEDIUM) for turn in _phrases(talk)] for talk in (sms, web)]
    assert said[0] == said[1]
    assert sms.tickets == web.tickets
