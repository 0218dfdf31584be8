"""By webhook: only who knows the secret is heard, and yes is said only to what is durable."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute

from channels.base import Message, Pressed, Unreadable
from channels.telegram.provider import Telegram
from channels.telegram.webhook import LARGEST, PATH
from tests.standins.faults import Fails
from tests.standins.serving import StandIn
from tests.standins.telegram import BotApi
from tests.telegram.kit import SECRET, Desk, a_bot, answer, running
from tests.telegram.updates import message, update
from tests.waiting import until

HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET, "Content-Type": "application/json"}


class Site(StandIn):
    """Sapa's own web server with the door of one bot."""

    def __init__(self) -> None:
        super().__init__()
        self.doors: Sequence[BaseRoute] = ()

    def routes(self) -> Sequence[BaseRoute]:
        return self.doors

    def people(self) -> dict[str, Any]:
        return {}


@asynccontextmanager
async def at_work(api: BotApi, desk: Desk, **given: Any) -> AsyncIterator[tuple[Telegram, Site]]:
    """A bot in webhook mode behind a web server of its own; it is not running yet."""
    site = Site()
    site.port = given.pop("port", 0) or _free_port()
    async with a_bot(api, desk, mode="webhook", hook=f"{site.url}{PATH}", secret=SECRET, **given) as bot:
        site.doors = bot.routes(desk.accept)
        async with site:
            yield bot, site


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(name="client")
async def a_client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, verify=False) as client:
        yield client


async def test_the_webhook_is_set_and_what_people_do_comes_in() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api, at_work(api, desk) as (bot, site), running(bot, desk):
        sri = api.person("Sri")
        await until(lambda: api.hook.hook.url)
        assert api.hook.hook.url == f"{site.url}{PATH}"
        assert api.hook.hook.secret == SECRET
        (call,) = api.calls.of("setWebhook")
        assert call.args["drop_pending_updates"] == "false"
        assert json.loads(call.args["allowed_updates"])[0] == "message"
        for number in range(5):
            sri.says(str(number))
        await desk.has(5)
        assert desk.texts == ["0", "1", "2", "3", "4"]
        await until(lambda: bot.health().detail.startswith("webhook set"))
        assert bot.health().ok
        assert len(api.calls.of("setWebhook")) == 1  # it stands: it is not set again and again


async def test_what_comes_twice_or_out_of_order_is_one_message_each() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api, at_work(api, desk) as (bot, _), running(bot, desk):
        await until(lambda: api.hook.hook.url)
        api.hook.deliveries.copies = 2
        api.hook.deliveries.unseen = 3
        for number in range(10):
            api.person(f"P{number % 3}").says(str(number))
        await desk.has(10)
        await api.hook.idle()
        assert sorted(desk.texts) == [str(number) for number in range(10)]
        assert bot.health().figures["duplicates"] >= 10


async def test_a_press_comes_by_webhook_as_by_polling() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api, at_work(api, desk) as (bot, _), running(bot, desk):
        sri = api.person("Sri")
        await bot.send(answer(sri.id, "Benar?", choices=[("c:y", "Ya")]))
        asked = await sri.hears("Benar?")
        sri.presses(asked, "Ya")
        (one,) = await desk.has(1)
        assert isinstance(one, Pressed)
        await until(lambda: asked.labels == ["» Ya"])


async def test_what_cannot_be_stored_is_asked_for_again() -> None:
    desk = Desk()
    desk.refuse = lambda batch: desk.refused < 2
    async with BotApi(scale=0.01) as api, at_work(api, desk) as (bot, site), running(bot, desk):
        await until(lambda: api.hook.hook.url)
        said = asyncio.create_task(desk.has(1))
        async with httpx.AsyncClient(trust_env=False) as client:
            answered = await client.post(
                f"{site.url}{PATH}", content=update(5, message=message(text="a")), headers=HEADERS
            )
            assert (answered.status_code, answered.headers["retry-after"]) == (503, "5")
            assert not bot.health().ok
            assert "the store does not take updates" in bot.health().detail
            for status in (503, 200, 200):
                answered = await client.post(
                    f"{site.url}{PATH}", content=update(5, message=message(text="a")), headers=HEADERS
                )
                assert answered.status_code == status
        await said
        assert desk.texts == ["a"]
        await until(lambda: bot.health().ok)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Telegram-Bot-Api-Secret-Token": ""},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET + "x"},
        {"X-Telegram-Bot-Api-Secret-Token": SECRET[:-1]},
        {"X-Telegram-Bot-Api-Secret-Token": "\xe9".encode("latin-1")},
        {"Authorization": f"Bearer {SECRET}"},
    ],
)
async def test_who_does_not_know_the_secret_is_sent_away(
    client: httpx.AsyncClient, headers: dict[str, Any]
) -> None:
    desk = Desk()
    async with BotApi() as api, at_work(api, desk) as (bot, site):
        url = f"{site.url}{PATH}"
        answered = await client.post(url, content=update(5, message=message(text="x")), headers=headers)
        assert (answered.status_code, answered.content) == (403, b"")
        assert not desk.kept
        assert bot.health().figures["refused"] == 1
        assert bot.health().ok, "whoever knocks turns nothing red"


async def test_a_giant_is_refused_before_it_is_read(client: httpx.AsyncClient) -> None:
    desk = Desk()
    async with BotApi() as api, at_work(api, desk) as (_, site):
        url = f"{site.url}{PATH}"
        try:
            announced = await client.post(url, content=b"x" * (LARGEST + 1), headers=HEADERS)
            assert announced.status_code == 413
        except httpx.NetworkError:
            pass  # the connection was closed in the middle, which is as good
        read = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal read
            while read < 64 * LARGEST:
                read += 65536
                yield b"x" * 65536

        try:
            answered = await client.post(url, content=endless(), headers=HEADERS)
            assert answered.status_code == 413
        except httpx.NetworkError:
            pass
        assert read < 16 * LARGEST
        assert not desk.kept


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "text/plain", ""]
)
async def test_any_content_type_will_do(client: httpx.AsyncClient, content_type: str) -> None:
    """python-telegram-bot refuses "application/json; charset=utf-8" with a 403: a proxy makes it so."""
    desk = Desk()
    async with BotApi() as api, at_work(api, desk) as (_, site):
        headers = HEADERS | {"Content-Type": content_type}
        body = update(5, message=message(text="halo 👍"))
        answered = await client.post(f"{site.url}{PATH}", content=body, headers=headers)
        assert answered.status_code == 200
        (one,) = desk.kept.values()
        assert isinstance(one, Message)
        assert one.raw == body


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"message": 1}', b"\xff" * 50])
async def test_what_knows_the_secret_and_is_no_update_is_on_record_and_not_sent_again(
    client: httpx.AsyncClient, body: bytes
) -> None:
    desk = Desk()
    async with BotApi() as api, at_work(api, desk) as (_, site):
        for _ in range(2):
            answered = await client.post(f"{site.url}{PATH}", content=body, headers=HEADERS)
            assert answered.status_code == 200
        (one,) = desk.kept.values()
        assert isinstance(one, Unreadable)
        assert one.raw == body


async def test_only_post_is_answered(client: httpx.AsyncClient) -> None:
    async with BotApi() as api, at_work(api, Desk()) as (_, site):
        assert (await client.get(f"{site.url}{PATH}", headers=HEADERS)).status_code == 405


async def test_a_webhook_that_another_program_set_is_left_alone() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api:
        async with at_work(api, desk) as (bot, _):
            await bot.calls.call("setWebhook", url="https://lain.example.com/x/rahasia")
            async with running(bot, desk):
                await until(lambda: not bot.health().ok)
                assert "lain.example.com" in bot.health().detail
                assert "rahasia" not in bot.health().detail
        assert len(api.calls.of("setWebhook")) == 1
        async with at_work(api, desk, take_over=True) as (bot, site), running(bot, desk):
            await until(lambda: bot.health().detail.startswith("webhook set"))
            assert api.hook.hook.url.startswith(site.url)


async def test_a_webhook_that_is_gone_is_set_again() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api, at_work(api, desk) as (bot, _), running(bot, desk):
        await until(lambda: api.hook.hook.url)
        await bot.calls.call("deleteWebhook")
        api.person("Sri").says("masih ada?")
        await desk.has(1)
        assert len(api.calls.of("setWebhook")) == 2


async def test_deliveries_that_fail_turn_the_channel_red_and_say_what_to_do() -> None:
    desk = Desk()
    async with BotApi(scale=0.01) as api, at_work(api, desk) as (bot, site), running(bot, desk):
        await until(lambda: api.hook.hook.url)
        await site.stop()
        api.person("Sri").says("halo")
        await until(lambda: not bot.health().ok)
        assert "nothing listens there" in bot.health().detail
        assert bot.health().figures["pending"] == 1
        await site.start()
        await desk.has(1)
        await until(lambda: bot.health().ok)


async def test_an_address_that_telegram_does_not_take_is_said_with_what_it_wants() -> None:
    desk = Desk()
    async with BotApi(strict_webhook=True) as api, at_work(api, desk) as (bot, _), running(bot, desk):
        await until(lambda: not bot.health().ok)
        assert "web.public_url" in bot.health().detail


@pytest.mark.parametrize(
    ("fault", "words"), [(Fails(401), "@BotFather"), (Fails(502), "cannot be asked")], ids=repr
)
async def test_a_server_in_trouble_does_not_end_the_watch(fault: Fails, words: str) -> None:
    desk = Desk()
    async with BotApi() as api:
        api.faults.always("getWebhookInfo", fault)
        async with at_work(api, desk) as (bot, _), running(bot, desk):
            await until(lambda: words in bot.health().detail)
            api.faults.clear()
            await until(lambda: bot.health().ok)


async def test_a_webhook_without_a_secret_or_an_address_cannot_be() -> None:
    for given in ({"hook": "https://a.example/hooks/telegram"}, {"secret": SECRET}):
        with pytest.raises(ValueError, match=r"secret|public_url"):
            Telegram("1:a", Desk(), mode="webhook", **given)  # type: ignore[arg-type]
    polling = Telegram("1:a", Desk())
    assert polling.routes(Desk().accept) == ()
