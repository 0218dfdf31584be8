"""Messages out: each once, in order; every failure is a value that says what to do."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from channels.base import Refused, Retry, Sent, Status, Unknown
from tests.standins.faults import Dropped, Fails, Garbage, Lost
from tests.whatsapp.kit import PHOTO, at_work, sent


async def test_what_is_answered_is_marked_read_once_with_the_typing_sign() -> None:
    async with at_work() as place:
        wamid = place.budi.says("Siang")
        await sent(place, answers=f"m:{wamid}")
        await sent(place, id_="2", answers=f"m:{wamid}")
        assert (place.graph.business.read, place.graph.business.typing) == ([wamid], [wamid])
        assert [call.method for call in place.graph.calls] == ["read", "messages", "messages"]


@pytest.mark.parametrize("fault", [Fails(500), Dropped(), Lost(), Garbage()])
async def test_a_read_mark_that_fails_stops_nothing(fault: Any) -> None:
    async with at_work() as place:
        place.graph.faults.next("read", fault)
        await sent(place, answers="m:wamid.x")


async def test_a_read_mark_that_hangs_delays_nothing() -> None:
    async with at_work() as place:
        held = place.graph.faults.hold("read")
        await sent(place, answers="m:wamid.x")
        await asyncio.wait_for(held.reached.wait(), 5)
        held.release()


async def test_presses_and_calls_are_no_messages_to_mark() -> None:
    async with at_work() as place:
        await sent(place, answers="call:wacid.1")
        assert place.graph.calls.of("read") == []


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (Fails(429, code=130429), Retry, "130429"),
        (Fails(400, code=80007), Retry, "80007"),
        (Fails(500, code=131000), Retry, "131000"),
        (Fails(503, code=131016), Retry, "131016"),
        (Fails(500), Retry, "131000"),
        (Garbage(), Retry, "502"),
        (Garbage(503, b"{"), Retry, "503"),
        (Garbage(504), Unknown, "lost"),
        (Garbage(200, b"<html>"), Unknown, "without naming"),
        (Dropped(), Unknown, "broke"),
        (Lost(), Unknown, "broke"),
        (Fails(400, code=131026), Refused, "not on WhatsApp"),
        (Fails(400, code=131049), Refused, "wait a day"),
        (Fails(400, code=999999), Refused, "999999"),
    ],
)
async def test_each_failure_says_what_it_means(fault: Any, kind: type, words: str) -> None:
    async with at_work() as place:
        place.graph.faults.next("messages", fault)
        result = await place.channel.send(place.out())
        assert isinstance(result, kind), result
        assert words in result.reason  # type: ignore[attr-defined]
        assert not getattr(result, "stop_channel", False)
        assert place.graph.token not in str(result)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, 190), (401, 0), (403, 10), (403, 200), (403, 368), (400, 131042), (403, 131031)],
)
async def test_what_concerns_the_account_stops_the_channel(status: int, code: int) -> None:
    async with at_work() as place:
        place.graph.faults.next("messages", Fails(status, code=code))
        result = await place.channel.send(place.out())
        assert isinstance(result, Refused)
        assert result.stop_channel


async def test_a_server_that_is_not_there_got_nothing() -> None:
    async with at_work() as place:
        await place.graph.stop()
        assert isinstance(await place.channel.send(place.out()), Retry)


async def test_an_answer_that_does_not_come_is_unknown() -> None:
    async with at_work(timeout=0.2) as place:
        held = place.graph.faults.hold("messages", done=True)
        assert isinstance(await place.channel.send(place.out()), Unknown)
        assert held.reached.is_set()
        held.release()


async def test_a_lost_answer_is_told_by_the_status_with_our_own_id() -> None:
    async with at_work() as place:
        place.graph.faults.next("messages", Lost())
        assert isinstance(await place.channel.send(place.out()), Unknown)
        await place.graph.hook.idle()
        assert {each.echo for each in place.desk.kept if isinstance(each, Status)} == {"7/3/1"}


async def test_who_got_too_much_is_left_alone_longer_each_time() -> None:
    async with at_work() as place:
        place.graph.faults.next("messages", Fails(400, code=131056), times=3)
        results = [await place.channel.send(place.out()) for _ in range(4)]
        assert [r.after for r in results if isinstance(r, Retry) and r.alone] == [
            timedelta(seconds=6), timedelta(seconds=24), timedelta(seconds=96),
        ]  # fmt: skip
        assert isinstance(results[3], Sent)


async def test_a_message_in_parts_goes_on_where_it_stopped() -> None:
    async with at_work() as place:
        outbound = place.out("Dua foto", attachments=(PHOTO, PHOTO))
        second = Fails(503, code=131016)
        place.graph.faults.next("messages", second, when=lambda _: len(place.sent()) == 1)
        first = await place.channel.send(outbound)
        assert isinstance(first, Retry)
        assert first.reason.startswith("1 of 2")
        assert isinstance(await place.channel.send(outbound), Sent)
        assert len(place.budi.got) == 2
        assert len(place.graph.calls.of("media.upload")) == 2


async def test_news_of_a_part_is_told_apart_from_news_of_the_last_one() -> None:
    async with at_work() as place:
        result = await sent(place, "Dua foto", attachments=(PHOTO, PHOTO))
        await place.graph.hook.idle()
        news = [each for each in place.desk.kept if isinstance(each, Status)]
        assert {each.echo for each in news} == {"7/3/1"}
        assert {each.of for each in news if not each.part} == {result.external_id}
        assert any(each.part for each in news)


async def test_a_part_that_failed_after_it_left_leaves_again() -> None:
    """It had left at an earlier try: only the parts behind it were sent again."""
    async with at_work() as place:
        outbound = place.out("Dua foto", attachments=(PHOTO, PHOTO))
        place.graph.faults.next("messages", Fails(503, code=131016), when=lambda _: len(place.sent()) == 1)
        assert isinstance(await place.channel.send(outbound), Retry)
        place.channel._sending.failed("7/3/1")
        assert isinstance(await place.channel.send(outbound), Sent)
        assert len(place.sent()) == 3


async def test_the_next_message_waits_for_the_status_of_the_one_before() -> None:
    async with at_work(settles=60) as place:
        place.budi.goes_offline()
        place.graph.ladder.sent = False  # no status at all, until he is there
        await sent(place, "satu")
        second = asyncio.create_task(place.channel.send(place.out("dua", "2")))
        other = place.graph.person("Siti")
        other.heard_at[place.graph.number.id] = place.graph.clock.now()
        await place.channel.send(place.out("lain", "3", to=f"+{other.phone}"))  # nobody else waits
        assert [call["text"]["body"] for call in place.sent()] == ["satu", "lain"]
        assert not second.done()
        place.budi.comes_online()
        await asyncio.wait_for(second, 5)
        assert place.budi.texts == ["satu", "dua"]


async def test_without_a_status_the_next_message_leaves_after_a_moment() -> None:
    async with at_work(settles=0.05) as place:
        place.graph.ladder.sent = place.graph.ladder.delivered = False
        await sent(place, "satu")
        await asyncio.wait_for(sent(place, "dua", "2"), 5)
