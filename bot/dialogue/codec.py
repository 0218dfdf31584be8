"""Talks and events to bytes and back: JSON by msgspec, events as a union told apart by `type`."""

from __future__ import annotations

import msgspec

from bot.dialogue.events import Event
from bot.dialogue.talk import Talk

_encoder = msgspec.json.Encoder()
_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_talks = msgspec.json.Decoder(Talk)


def encode_talk(talk: Talk) -> bytes:
    """A talk as JSON."""
    return _encoder.encode(talk)


def decode_talk(data: bytes) -> Talk:
    """The talk of `encode_talk`. Raises `msgspec.DecodeError` when it is none."""
    return _talks.decode(data)


def encode_event(event: Event) -> bytes:
    """An event as JSON, with its `type`."""
    return _encoder.encode(event)


def decode_event(data: bytes) -> Event:
    """The event of `encode_event`. Raises `msgspec.DecodeError` when it is none."""
    return _events.decode(data)


def event_type(event: Event) -> str:
    """The name an event has on record: `customer_said`, `field_filled` ..."""
    tag = event.__struct_config__.tag
    assert isinstance(tag, str)  # noqa: S101 - every event is declared with one
    return tag
