"""Real payloads through the real doors into a real store: found, once, in whatever order and company.

Other samples than those of the usual folder are named by SAPA_FIXTURES: nothing here knows any of them.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from bot.providers import BUILDERS
from tests.chat.replay import Doors, Sample, doors, listed

DELIVERY = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
WORDLESS = frozenset({"reaction", "system", "request_welcome", "edit", "revoke", "ephemeral"})
"""Kinds of WhatsApp that are nobody's word to us: on record, and not answered."""


BROKEN = (
    b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe\x00", b"{}", b'{"entry": 7}', b'{"update_id": "x"}',
    b'{"entry": [{"changes": [{"value": {"messages": [7, null, {"id": 5}]}}]}]}',
    b'{"update_id": 7, "message": 5}', b'{"update_id": 8, "message": {"chat": []}}',
)  # fmt: skip


@pytest.fixture(params=["telegram", "whatsapp"])
def found(request: pytest.FixtureRequest, samples: Path) -> list[Sample]:
    if request.param not in BUILDERS:
        pytest.skip(f"no {request.param} here")
    found = listed(samples, request.param)
    if not found:
        pytest.skip(f"no samples of {request.param} here")
    return found


def batches(samples: list[Sample], how: random.Random) -> list[list[bytes]]:
    """In groups of one to seven."""
    raws = [sample.raw for sample in samples]
    made = []
    while raws:
        size = how.randint(1, 7)
        made.append(raws[:size])
        raws = raws[size:]
    return made


async def test_everything_is_found_as_an_independent_reader_found_it(
    found: list[Sample], tmp_path: Path
) -> None:
    own = [sample.own(n) for n, sample in enumerate(found)]
    wrong: list[str] = []
    async with doors(tmp_path, own) as house:
        for sample in own:
            await house.bring(sample.channel, [sample.raw])
            known = {row[0].lstrip("+") for row in await house.rows("aliases", "value")}
            wrong += [f"{sample.file}: nobody is {each}" for each in senders(sample) - known]
        stored = await house.rows("inbox", "id", "external_id", "kind", "state", "cause", "body")
        for sample in own:
            wrong += [f"{sample.file}: {each}" for each in mistakes(sample, stored)]
        assert wrong == []
        await house.answer()
        dead = [row for row in await house.rows("inbox", "id", "state", "cause") if row[1] == "dead"]
        malformed = sum(bool(sample.expected.get("malformed")) for sample in own)
        assert len(dead) <= malformed, dead
        assert not [row for row in await house.rows("inbox", "id", "state") if row[1] == "new"]


async def test_again_and_shuffled_and_in_batches_changes_nothing(found: list[Sample], tmp_path: Path) -> None:
    """Providers repeat, overtake themselves, and pack as they like."""
    channel = found[0].channel
    async with doors(tmp_path, found) as house:
        for sample in found:
            await house.bring(channel, [sample.raw])
        first = await house.ids()
        assert len(first) == len(set(first))
        answered = await house.answer()
        for seed in range(3):
            how = random.Random(seed)
            shuffled = how.sample(found, len(found))
            for batch in batches(shuffled if seed else found, how):
                await house.bring(channel, batch)
            assert await house.ids() == first
            assert await house.answer() == answered, "a replay was answered"
    async with doors(tmp_path / "other", found) as house:
        how = random.Random(7)
        for batch in batches(how.sample(found, len(found)), how):
            await house.bring(channel, batch)
        assert await house.ids() == first, "what is stored hangs on how it was packed"


async def test_what_is_broken_stops_nothing_beside_it(found: list[Sample], tmp_path: Path) -> None:
    """One update that nobody can read once held up all chats of a bot for hours."""
    channel = found[0].channel
    async with doors(tmp_path, found) as house:
        for sample in found:
            await house.bring(channel, [sample.raw])
        whole = await house.ids()
    async with doors(tmp_path / "other", found) as house:
        for n, sample in enumerate(found):
            await knock(house, channel, BROKEN[n % len(BROKEN)])
            await house.bring(channel, [sample.raw])
        assert set(whole) <= set(await house.ids())
        await house.answer()
        assert not [row for row in await house.rows("inbox", "id", "state") if row[1] == "new"]


async def knock(house: Doors, channel: str, body: bytes) -> None:
    """Something that may be refused, but must not break the door."""
    answer = await house.client.post(f"/hooks/{channel}", content=body, headers=house.headers(channel, body))
    assert answer.status_code < 500


# ------------------------------------------------------------------------------------ what was expected


def mistakes(sample: Sample, stored: list[Any]) -> list[str]:
    """What of the expectation is not in the store."""
    return _telegram(sample, stored) if sample.channel == "telegram" else _whatsapp(sample, stored)


def senders(sample: Sample) -> set[str]:
    """Who wrote, by the ids that the reader saw."""
    if sample.channel == "telegram":
        return set()
    said = [each for each in sample.expected["messages"] if each["type"] not in WORDLESS]
    return {each[name] for each in said for name in ("from", "from_user_id") if each.get(name)}


def _telegram(sample: Sample, stored: list[Any]) -> list[str]:
    expected = sample.expected
    chat = expected.get("chat", {}).get("id")
    head = f"{expected['update_id']}/" if chat is None else f"{expected['update_id']}/{chat}/"
    rows = [row for row in stored if row[1].startswith(head)]
    if not rows:
        return [f"not stored ({head})"]
    text = expected.get("text", expected.get("caption", ""))
    spoken = [body for row in rows if row[2] == "message" for body in [json.loads(row[5])]]
    if expected["update_type"] != "message" or not expected.get("private") or not (text or spoken):
        return []
    if not any(
        text in (b.get("text", ""), f"/{b.get('command')} {b.get('text', '')}".strip()) for b in spoken
    ):
        return [f"the text {text!r} is not there"] if text else []
    quoted = expected.get("reply_to")
    if quoted is not None and not any(b.get("quotes") == str(quoted) for b in spoken):
        return [f"does not answer {quoted}"]
    return []


def _words(body: dict[str, Any]) -> str:
    return str(body.get("text", ""))


def _whatsapp(sample: Sample, stored: list[Any]) -> list[str]:
    said: list[str] = []
    for message in sample.expected["messages"]:
        rows = [row for row in stored if message["id"] in row[1].split(":")]
        if len(rows) != 1:
            said.append(f"{message['id']} is stored {len(rows)} times")
            continue
        _id, _external, kind, state, cause, body = rows[0]
        if state == "dead" and not sample.expected["malformed"]:
            said.append(f"{message['id']} is in quarantine: {cause}")
        if message["type"] in WORDLESS or len(sample.ids) < len(sample.expected["messages"]):
            continue
        found = json.loads(body)
        if kind not in ("message", "pressed"):
            said.append(f"{message['id']} ({message['type']}) is a {kind}: {cause}")
        words = found.get("text") or found.get("label") or ""
        if message.get("text") and message["text"] != words:
            said.append(f"{message['id']} says {words!r}, not {message['text']!r}")
        if "reply_to" in message and message["reply_to"] not in (found.get("quotes"), found.get("of")):
            said.append(f"{message['id']} answers {found.get('quotes') or found.get('of')!r}")
        here = found.get("files") or found.get("unfetched") or message["type"] == "sticker"
        if "media_id" in message and not here:
            said.append(f"{message['id']} has lost its file")
    told = [(json.loads(row[5]), row) for row in stored if row[2] == "status"]
    for status in sample.expected["statuses"]:
        wanted = (status["id"], DELIVERY.get(status["status"], ""))
        if wanted[1] and not any((b.get("of"), b.get("delivery")) == wanted for b, _ in told):
            said.append(f"the status {wanted} is not there")
    return said
