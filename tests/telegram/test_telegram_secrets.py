"""The token and the webhook's secret stand in nothing that is written, said or stored."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Iterator

import pytest

from channels.base import Attachment, Message
from channels.telegram.faults import Fault
from tests.standins.faults import Dropped, Fails, Garbage, Lost
from tests.standins.telegram import BotApi
from tests.telegram.kit import SECRET, Desk, a_bot, answer, photo, running
from tests.telegram.test_telegram_webhook import at_work
from tests.waiting import until


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that any library logs, however talkative."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


async def test_the_token_stands_in_no_log_error_health_or_record(written: io.StringIO) -> None:
    said: list[str] = []
    desk = Desk()
    async with BotApi(scale=0.01) as api, a_bot(api, desk) as bot:
        sri = api.person("Sri")
        async with running(bot, desk):
            sri.sends_photo()
            (one,) = await desk.has(1)
            for fault in (Fails(401), Fails(502), Dropped(), Lost(), Garbage(), Garbage(200, b"{")):
                api.faults.next("sendMessage", fault)
                said.append(repr(await bot.send(answer(sri.id, key=repr(fault)))))
                api.faults.next("getFile", fault)
                assert isinstance(one, Message)
                said.append(repr(await bot.fetch("1", one.attachments[0])))
                api.faults.next("file", fault)
                said.append(repr(await bot.fetch("1", one.attachments[0])))
                try:
                    api.faults.next("getMe", fault)
                    await bot.calls.call("getMe")
                except Fault as error:
                    said += ["".join(traceback.format_exception(error)), repr(error.__cause__)]
            await bot.send(answer(sri.id, key="file", attachments=(photo(b"\xff\xd8\xff"),)))
            api.revoke()
            await until(lambda: not bot.health().ok)
            said.append(repr(bot.health()))
        await api.stop()
        said.append(repr(await bot.send(answer(sri.id))))
        said.append(repr(await bot.fetch("1", Attachment("a", "b", 0, None, "c"))))
        said += [repr(bot), repr(bot.calls), repr(desk.kept), repr(desk.cursors), written.getvalue()]
    secret = api.token.partition(":")[2]
    assert "telegram_trouble" in written.getvalue()  # the log was really looked at
    assert [text for text in said if secret in text] == []


@pytest.mark.parametrize("name", ["httpx", "httpcore", "httpcore.http11", "telegram", "telegram.Bot"])
def test_who_writes_whole_addresses_is_quiet(name: str) -> None:
    import channels.telegram.calls  # noqa: F401 - loading it is what makes them quiet

    assert not logging.getLogger(name).isEnabledFor(logging.INFO)


async def test_the_secret_of_the_webhook_stands_in_nothing_either(written: io.StringIO) -> None:
    desk = Desk()
    desk.refuse = lambda batch: desk.refused < 2
    async with BotApi(scale=0.001) as api:
        for fault in (Fails(400, reason="Bad Request: bad webhook"), Fails(502), Dropped(), Garbage()):
            api.faults.next("setWebhook", fault)
        async with at_work(api, desk) as (bot, _), running(bot, desk):
            said = []
            await until(lambda: not bot.health().ok)
            said.append(repr(bot.health()))
            await until(lambda: api.hook.hook.secret == SECRET)
            api.person("Sri").says("halo")
            await desk.has(1)
            said += [repr(bot.health()), repr(bot), repr(desk.kept), written.getvalue()]
    assert "telegram_trouble" in written.getvalue()
    assert [text for text in said if SECRET in text or api.token.partition(":")[2] in text] == []
