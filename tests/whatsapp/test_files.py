"""Files that customers send: fetched whole, checked, from Meta only, and never asked for too often."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest

from channels.base import Attachment, Fetched, Message, Refused, Retry
from channels.whatsapp import Graph as Client
from channels.whatsapp.files import MOST_FAILURES, Files
from tests.standins.faults import Dropped, Fails, Garbage
from tests.standins.graph import JPEG
from tests.whatsapp.kit import Place, at_work

ACCOUNT = "106540352242922"


async def photo(place: Place, content: bytes = JPEG) -> Attachment:
    """The file of a photo that Budi sent, as the webhook told it."""
    place.budi.sends_photo(content)
    await place.graph.hook.idle()
    heard = place.desk.kept[-1]
    assert isinstance(heard, Message)
    return heard.attachments[0]


async def test_a_photo_is_fetched_whole_with_the_token_and_its_digest() -> None:
    async with at_work() as place:
        file = await photo(place)
        assert file.digest == hashlib.sha256(JPEG).hexdigest()
        got = await place.channel.fetch(ACCOUNT, file)
        assert got == Fetched(JPEG, "image/jpeg")
        located, downloaded = place.graph.calls
        assert (located.method, downloaded.method) == ("media", "media.download")
        assert downloaded.headers["authorization"] == f"Bearer {place.graph.token}"


async def test_an_address_that_was_over_is_asked_for_anew() -> None:
    async with at_work() as place:
        file = await photo(place)
        place.graph.faults.next("media.download", Fails(404))
        first = await place.channel.fetch(ACCOUNT, file)
        assert isinstance(first, Retry)
        assert first.alone
        assert isinstance(await place.channel.fetch(ACCOUNT, file), Fetched)
        assert len(place.graph.calls.of("media")) == 2


@pytest.mark.parametrize("fault", [Fails(503), Fails(500), Dropped(), Garbage(), Fails(429)])
@pytest.mark.parametrize("step", ["media", "media.download"])
async def test_a_passing_failure_is_tried_again(step: str, fault: Any) -> None:
    """chatwoot#15754: a 503 left the message without its file for ever."""
    async with at_work() as place:
        file = await photo(place)
        place.graph.faults.next(step, fault)
        assert isinstance(await place.channel.fetch(ACCOUNT, file), Retry)
        assert isinstance(await place.channel.fetch(ACCOUNT, file), Fetched)


async def test_a_json_answer_is_not_the_file() -> None:
    """chatwoot#9809: the answer in JSON was kept as the picture."""
    async with at_work() as place:
        file = await photo(place)
        answer = Garbage(200, b'{"error":{"code":1}}', "application/json")
        place.graph.faults.next("media.download", answer, times=2)
        assert isinstance(await place.channel.fetch(ACCOUNT, file), Retry)
        bare = Attachment(file.name, file.media_type, 0, reference=file.reference)
        assert isinstance(await place.channel.fetch(ACCOUNT, bare), Retry)


async def test_other_bytes_than_were_promised_are_not_taken() -> None:
    async with at_work() as place:
        file = await photo(place)
        place.graph.faults.next("media.download", Garbage(200, JPEG[:-1], "image/jpeg"))
        result = await place.channel.fetch(ACCOUNT, file)
        assert isinstance(result, Retry)
        assert "SHA-256" in result.reason


async def test_what_meta_has_no_more_is_asked_of_the_customer_again() -> None:
    async with at_work() as place:
        file = await photo(place)
        place.graph.media.drop(file.reference or "")
        result = await place.channel.fetch(ACCOUNT, file)
        assert isinstance(result, Refused)
        assert "send it again" in result.reason


async def test_a_revoked_token_loses_no_file() -> None:
    async with at_work() as place:
        file = await photo(place)
        place.graph.token, right = "another", place.graph.token
        assert isinstance(await place.channel.fetch(ACCOUNT, file), Retry)
        place.graph.token = right
        assert isinstance(await place.channel.fetch(ACCOUNT, file), Fetched)


async def test_a_file_that_is_too_large_is_not_fetched() -> None:
    async with at_work() as place:
        file = await photo(place, JPEG + bytes(10_000))
        client = Client(place.graph.url, "v26.0", place.graph.token)
        small = Files(client, lambda: place.now, largest=10_000)
        assert isinstance(await small.fetch(file), Refused)
        assert place.graph.calls.of("media.download") == []
        place.graph.faults.next("media.download", Garbage(200, bytes(10_001)))
        bare = place.graph.media.add(b"1", "image/jpeg")
        result = await small.fetch(Attachment("x", "image/jpeg", 0, reference=bare.id))
        assert isinstance(result, Refused)  # it said 1 byte and did not stop
        await client.close()


async def test_the_token_is_shown_to_nobody_but_meta() -> None:
    async with at_work() as place, at_work() as stranger:
        file = await photo(place)
        place.graph.media.host = stranger.graph.url
        result = await place.channel.fetch(ACCOUNT, file)
        assert isinstance(result, Refused)
        assert "not Meta's" in result.reason
        assert stranger.graph.calls == []


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", True),
        ("https://scontent.whatsapp.net/x", True),
        ("https://graph.facebook.com/x", True),
        ("https://graph.facebook.com:443/x", True),
        ("http://lookaside.fbsbx.com/x", False),
        ("https://lookaside.fbsbx.com:8443/x", False),
        ("https://fbsbx.com.evil.example/x", False),
        ("https://evilfbsbx.com/x", False),
        ("https://evil.example/lookaside.fbsbx.com", False),
        ("https://lookaside.fbsbx.com@evil.example/", False),
        ("https://user@lookaside.fbsbx.com/", False),
        ("https://[::1/", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_which_hosts_are_metas(url: str, may: bool) -> None:
    assert Client("https://graph.facebook.com", "v26.0", "t").is_metas(url) is may


async def test_who_fails_too_often_stops_asking_for_a_while() -> None:
    async with at_work() as place:
        file = await photo(place)
        place.graph.faults.always("media", Fails(500))
        for _ in range(MOST_FAILURES + 3):
            assert isinstance(await place.channel.fetch(ACCOUNT, file), Retry)
        assert len(place.graph.calls) == MOST_FAILURES
        place.graph.faults.clear()
        result = await place.channel.fetch(ACCOUNT, file)
        assert isinstance(result, Retry)
        assert result.after is not None
        place.graph.clock.advance(seconds=result.after.total_seconds() + 1)
        assert isinstance(await place.channel.fetch(ACCOUNT, file), Fetched)
        assert result.after <= timedelta(hours=1)


async def test_what_is_no_id_is_asked_of_nobody() -> None:
    async with at_work() as place:
        for reference in (None, "", "../me", "1?x=2"):
            file = Attachment("x", "image/jpeg", 0, reference=reference)
            assert isinstance(await place.channel.fetch(ACCOUNT, file), Refused)
        assert place.graph.calls == []
