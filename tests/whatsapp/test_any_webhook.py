"""Real samples, and anything at all: it is read, or it is kept; nothing else can happen."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.base import Inbound, Pressed, Unreadable
from channels.whatsapp import read
from channels.whatsapp.reading import NEVER, read_each


def _samples(folder: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    chat = folder / "chat"
    for line in (chat / "MANIFEST.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["file"].startswith("whatsapp/"):
            yield (chat / entry["file"]).read_bytes(), entry["expectation"]


def _kinds(found: list[Inbound], prefix: str) -> list[str]:
    return sorted({each.external_id for each in found if each.external_id.startswith(prefix)})


def test_real_samples_say_what_an_independent_reader_found(samples: Path) -> None:
    seen = 0
    for raw, expected in _samples(samples):
        if expected["malformed"]:
            continue
        seen += 1
        found = list(read(raw))
        messages = {m["id"] for m in expected["messages"]}
        assert {each.external_id.removeprefix("m:").removeprefix("sys:") for each in found} >= messages
        statuses = {f"s:{s['id']}:{s['status']}" for s in expected["statuses"]}
        assert set(_kinds(found, "s:")) == statuses
        texts = [m["text"] for m in expected["messages"] if m.get("text")]
        heard = [each.label if isinstance(each, Pressed) else getattr(each, "text", "") for each in found]
        assert all(any(text in each for each in heard) for text in texts), (texts, heard)
    assert seen


def test_samples_shuffled_in_batches_say_the_same(samples: Path) -> None:
    bodies = [json.loads(raw) for raw, expected in _samples(samples) if not expected["malformed"]]
    alone = {each.external_id for raw in bodies for each in read(json.dumps(raw).encode())}
    chance = random.Random(4)
    for _ in range(3):
        chance.shuffle(bodies)
        found: set[str] = set()
        at = 0
        while at < len(bodies):
            size = chance.randint(1, 7)
            entries = [entry for each in bodies[at : at + size] for entry in each["entry"]]
            found |= {each.external_id for each in read(json.dumps({"entry": entries}).encode())}
            at += size
        assert {each for each in found if each[:4] != "sys:"} == {
            each for each in alone if each[:4] != "sys:"
        }


_leaf = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["text", "wamid.1"])
_names = st.sampled_from(
    [
        *("id", "from", "type", "text", "body", "image", "system", "interactive", "status", "errors"),
        *("contacts", "messages", "statuses", "metadata", "timestamp", "context", "edit", "message", "code"),
        *("phones", "user_id"),
    ]
)
_any = st.recursive(
    _leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=5),
    max_leaves=12,
)


def _object(fixed: dict[str, Any], *free: str) -> Any:
    return st.fixed_dictionaries(fixed, optional=dict.fromkeys(free, _any))


_KINDS = ["text", "image", "contacts", "system", "edit", "order", "interactive", "location", "reaction"]
_message = _object({"type": st.sampled_from(_KINDS)}, "id", "from", "timestamp", "context", *_KINDS)
_status = _object({"status": st.sampled_from(["sent", "failed"])}, "id", "errors", "recipient_id")
any_value = st.fixed_dictionaries(
    {},
    optional={
        "messages": st.lists(_message | _any, max_size=3) | _any,
        "statuses": st.lists(_status | _any, max_size=2) | _any,
        **dict.fromkeys(
            ("errors", "contacts", "metadata", "calls", "message_echoes", "user_id_update"), _any
        ),
    },
)


@given(st.lists(any_value | _any, max_size=3))
def test_any_json_is_read_or_kept_and_each_piece_reads_the_same_again(values: list[Any]) -> None:
    whole = {"entry": [{"id": "1", "changes": [{"field": "messages", "value": each} for each in values]}]}
    for each in read_each(json.dumps(whole).encode(), NEVER):
        assert not (isinstance(each, Unreadable) and each.cause.startswith("not understood")), each
        again = read_each(each.raw, NEVER)
        assert any(other.external_id == each.external_id and type(other) is type(each) for other in again), (
            each,
            again,
        )


@settings(max_examples=40)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_are_no_webhook(raw: bytes) -> None:
    try:
        read(raw)
    except ValueError:
        assert all(isinstance(each, Unreadable) for each in read_each(raw, NEVER))
