"""The golden talks of tests/talks, played against the built-in pack, and what must hold for every talk."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.dialogue import decode_event, decode_talk, encode_event, encode_talk, fold
from bot.dialogue import events as e
from bot.dialogue.etiquette import audit
from bot.dialogue.fields import value
from bot.dialogue.phrases import values_of
from bot.dialogue.rehearsal import Played, play
from bot.packs import load
from bot.understanding import Understander

TALKS = sorted((Path(__file__).parents[1] / "talks").glob("*.yaml"))


def _script(path: Path) -> dict[str, Any]:
    script: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return script


def _params() -> list[Any]:
    return [pytest.param(path, id=path.stem, marks=pytest.mark.sop(*_script(path)["sop"])) for path in TALKS]


@pytest.fixture(scope="module")
def understander() -> Understander:
    return Understander(load())


@pytest.mark.parametrize("path", _params())
def test_a_golden_talk_goes_as_written(path: Path, understander: Understander) -> None:
    played = play(_script(path), load(), understander)
    assert not played.differences, "\n".join([str(played), *played.differences])
    for events, talk in played.conversations:
        _holds_always(events, talk, played)
    _never_alike(played)


def _holds_always(events: list[e.Event], talk: Any, played: Played) -> None:
    """What no talk may break, whatever it is about."""
    sop = load()
    assert fold(None, events) == talk, str(played)
    assert decode_talk(encode_talk(talk)) == talk
    assert [decode_event(encode_event(event)) for event in events] == events
    so_far = None
    for event in events:
        if isinstance(event, e.AskedFor) and event.what == "field" and so_far and so_far.matter:
            known = value(so_far, so_far.matter, sop.fields[event.field])
            assert not known, f"asked for {event.field}, which is {known}\n{played}"
        if isinstance(event, e.Replied):
            assert "{" not in event.text, event.text
            assert "  " not in event.text, event.text
            assert not any(f" {mark}" in event.text for mark in ".,?;"), event.text
            assert all(values_of(phrase) is not None for phrase in event.phrases), event.phrases
            for choice in event.choices:
                assert len(choice.label) <= 20, choice
        so_far = fold(so_far, [event])
    ticketed = [event.matter for event in events if isinstance(event, e.TicketRequested)]
    numbered = [event.ref for event in events if isinstance(event, e.TicketNumbered)]
    assert len(set(ticketed)) == len(ticketed) == len(numbered), "a matter gets one ticket, and it a number"
    assert not audit(events), f"{audit(events)}\n{played}"


def _never_alike(played: Played) -> None:
    texts = [message.text for turn in played.turns for message in turn]
    for before, after in pairwise(texts):
        assert before != after, f"said twice: {after}\n{played}"


def test_there_are_enough_talks_in_both_languages() -> None:
    scripts = [_script(path) for path in TALKS]
    assert len(scripts) >= 60
    assert sum(script.get("language") == "en" for script in scripts) >= 15
