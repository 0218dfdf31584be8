"""Files are fetched once they are wanted, within their limits, and over no address that anybody sees."""

from __future__ import annotations

import pytest

from channels.base import Attachment, Fetched, Message, Refused, Retry
from channels.telegram.fetching import LARGEST
from tests.standins.faults import Dropped, Fails, Garbage
from tests.standins.telegram import JPEG, BotApi
from tests.telegram.kit import Desk, a_bot, running


async def sent_photo(api: BotApi, content: bytes = JPEG) -> Attachment:
    """A photo of Sri's as it came in."""
    desk = Desk()
    async with a_bot(api, desk) as bot, running(bot, desk):
        api.person("Sri").sends_photo(content)
        (one,) = await desk.has(1)
        assert isinstance(one, Message)
        return one.attachments[0]


async def test_a_photo_is_fetched_byte_for_byte() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        wanted = await sent_photo(api, JPEG + b"!")
        assert wanted.reference
        assert "/" not in wanted.reference
        got = await bot.fetch("110201543", wanted)
        assert got == Fetched(JPEG + b"!", "image/jpeg", wanted.name)


async def test_what_is_too_large_is_refused_with_words_and_without_a_download() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        large = await bot.fetch("1", Attachment("film.mp4", "video/mp4", LARGEST + 1, None, "x"))
        assert isinstance(large, Refused)
        assert "20 MB" in large.reason
        assert not api.calls
        wanted = await sent_photo(api)
        api.faults.next("getFile", Fails(400, reason="Bad Request: file is too big"))
        assert await bot.fetch("1", wanted) == large
        api.faults.next("file", Garbage(200, bytes(LARGEST + 1), "image/jpeg"))
        assert await bot.fetch("1", wanted) == large


@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("getFile", Fails(502)), ("getFile", Dropped()), ("getFile", Fails(429, retry_after=3)),
        ("getFile", Fails(401)),
        ("getFile", Fails(400, reason="Bad Request: wrong file_id or the file is temporarily unavailable")),
        ("file", Fails(404)), ("file", Dropped()), ("file", Garbage(200, b"too short", "image/jpeg")),
        ("file", Garbage(502)),
    ],
)  # fmt: skip
async def test_what_may_come_later_is_tried_again(method: str, fault: Fails) -> None:
    async with BotApi() as api, a_bot(api) as bot:
        wanted = await sent_photo(api)
        api.faults.next(method, fault)
        result = await bot.fetch("1", wanted)
        assert isinstance(result, Retry)
        assert api.token not in result.reason
        assert isinstance(await bot.fetch("1", wanted), Fetched)


@pytest.mark.parametrize(
    "path",
    ["../../getMe", "/etc/passwd", "https://jahat.example/x", "a//b", "photos/../x", "C:\\x", "", "./x"],
)
async def test_a_path_that_leads_elsewhere_is_not_followed(path: str) -> None:
    import json

    async with BotApi() as api, a_bot(api) as bot:
        told = json.dumps({"ok": True, "result": {"file_id": "x", "file_path": path}}).encode()
        api.faults.next("getFile", Garbage(200, told, "application/json"))
        assert isinstance(await bot.fetch("1", Attachment("a", "image/jpeg", 0, None, "x")), Refused)
        assert not api.calls.of("file")


async def test_a_path_with_odd_signs_stays_below_its_address() -> None:
    import json

    async with BotApi() as api, a_bot(api) as bot:
        told = json.dumps({"ok": True, "result": {"file_path": "documents/nota #1 50%?.pdf"}}).encode()
        api.faults.next("getFile", Garbage(200, told, "application/json"))
        await bot.fetch("1", Attachment("a", "application/pdf", 0, None, "x"))
        (call,) = api.calls.of("file")
        assert call.args["path"] == "documents/nota #1 50%?.pdf"


async def test_a_file_that_is_none_is_refused() -> None:
    async with BotApi() as api, a_bot(api) as bot:
        nowhere = Attachment("a", "image/jpeg", 0, None, None)
        assert isinstance(await bot.fetch("1", nowhere), Refused)
        api.faults.next("getFile", Fails(400, reason="Bad Request: invalid file_id"))
        unknown = Attachment("a", "image/jpeg", 0, None, "none-such")
        assert isinstance(await bot.fetch("1", unknown), Refused)
        # the server's usual words for an unknown file do not tell it from one that comes later
        assert isinstance(await bot.fetch("1", unknown), Retry)
