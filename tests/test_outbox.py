"""What leaves, when, in which order, and what becomes of what does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from bot.outbox.retries import delay
from bot.store import outbox as rows
from bot.store.outbox import RELEASED
from bot.store.tables import mail_ids
from channels.base import Attachment, Delivery, Outbound, Refused, Retry, SendResult, Sent, Unknown
from tests.outbox_kit import START, House, Provider, mail


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    opened = await House.open(tmp_path)
    yield opened
    await opened.store.close()


async def test_what_was_queued_leaves_once_and_is_sent_only_with_the_providers_word(house: House) -> None:
    """chatwoot#14120, zammad#182: "sent" shown though nothing left."""
    provider = Provider()
    out = house.outbox(provider)
    await house.queue(mail("c1/1/0", thread=1))
    assert (await house.states()) == {"c1/1/0": "queued"}
    assert await out.run_once() == 1
    assert await out.run_once() == 0
    row = await house.row("c1/1/0")
    assert (row["state"], row["provider_id"], row["delivery"]) == ("sent", "<c1/1/0>", "sent")
    assert row["sent_at"] == START
    assert provider.ids == ["c1/1/0"]


async def test_the_same_key_is_queued_once_however_often_asked(house: House) -> None:
    provider = Provider()
    out = house.outbox(provider)
    await house.queue(mail("c1/1/0", thread=1))
    await out.run_once()
    await house.queue(mail("c1/1/0", thread=1), mail("c1/1/1", thread=1))
    await out.run_once()
    assert provider.ids == ["c1/1/0", "c1/1/1"]


async def test_a_letters_id_is_known_to_the_inbox_and_a_departments_is_not(house: House) -> None:
    await house.queue(mail("a", thread=5), mail("b", thread=None))
    known = await house.store.read(lambda conn: conn.execute(select(mail_ids)).all())
    assert [tuple(row) for row in known] == [("sapa.t5.a@support.example", 5)]


async def test_the_messages_of_one_conversation_leave_in_order_one_at_a_time(house: House) -> None:
    provider = Provider()
    turn = asyncio.Event()

    async def wait(_out: Outbound) -> None:
        if len(provider.calls) == 12:
            turn.set()
        if len(provider.calls) <= 12:
            await turn.wait()

    provider.during = wait
    out = house.outbox(provider)
    await house.queue(
        *(mail(f"t{t}/{n}", f"p{t}@x.example", thread=t) for n in range(5) for t in range(1, 13))
    )
    await out.run_once()
    assert provider.most_at_once == 12, "conversations go at once"
    for thread in range(1, 13):
        mine = [key for key in provider.ids if key.startswith(f"t{thread}/")]
        assert mine == [f"t{thread}/{n}" for n in range(5)]


async def test_the_second_message_waits_for_the_first_also_when_that_must_be_tried_again(
    house: House,
) -> None:
    provider = Provider(lambda _: Retry("greylisted"))
    out = house.outbox(provider)
    await house.queue(mail("1", thread=1), mail("2", thread=1))
    await out.run_once()
    assert provider.took == []
    await house.queue(mail("3", thread=1), mail("other", "siti@x.example", thread=2))
    house.clock.tick(seconds=30)
    await out.run_once()
    assert provider.ids == ["other"], "another conversation is not held up"
    house.clock.tick(seconds=45)
    await out.run_once()
    assert provider.ids == ["other", "1", "2", "3"]


async def test_a_provider_that_asks_for_patience_gets_exactly_that(house: House) -> None:
    provider = Provider(lambda _: Retry("flood control", timedelta(seconds=37)))
    out = house.outbox(provider)
    await house.queue(mail("a", thread=1))
    await out.run_once()
    house.clock.tick(seconds=36)
    assert await out.run_once() == 0
    house.clock.tick(seconds=1)
    assert await out.run_once() == 1
    assert provider.ids == ["a"]


async def test_it_is_tried_for_a_week_with_growing_pauses_and_is_a_dead_letter_then(house: House) -> None:
    provider = Provider(*[lambda _: Retry("mailbox full")] * 100)
    out = house.outbox(provider)
    await house.queue(mail("a", thread=1))
    times = []
    while (await house.row("a"))["state"] == "queued":
        house.clock.now = max(house.clock.now, (await house.row("a"))["next_at"])
        if await out.run_once():
            times.append(house.clock.now - START)
        else:
            house.clock.tick(seconds=5)  # the failing channel rests
    pauses = [after - before for before, after in pairwise(times)]
    assert times[0] == timedelta(0)
    assert timedelta(days=7) <= times[-1] <= timedelta(days=7, minutes=2), "the last try is at the week's end"
    assert 20 <= len(times) <= 30
    assert min(pauses[:1]) >= timedelta(minutes=1)
    assert max(pauses) <= timedelta(hours=12, minutes=2)
    assert all(after > before for before, after in pairwise(pauses[:10]))
    (dead,) = await house.stuck()
    assert dead.state == "dead"
    assert "mailbox full" in dead.reason
    assert provider.took == []


async def test_who_waits_at_a_chat_hears_again_within_seconds_of_one_failure(house: House) -> None:
    provider = Provider(*[lambda _: Retry("502")] * 30, medium="chat")
    out = house.outbox(provider)
    await house.queue(mail("a", thread=1))
    times = []
    while len(times) < 12:
        house.clock.now = max(house.clock.now, (await house.row("a"))["next_at"])
        if await out.run_once():
            times.append(house.clock.now - START)
        else:
            house.clock.tick(seconds=1)  # the failing channel rests
    assert times[1] <= timedelta(seconds=3)
    assert times[3] <= timedelta(seconds=20)
    assert max(after - before for before, after in pairwise(times)) <= timedelta(minutes=16)


def test_pauses_are_steady_and_differ_between_rows_that_failed_together() -> None:
    assert delay("a", 3) == delay("a", 3)
    assert len({delay(f"row {n}", 3) for n in range(50)}) > 45
    for n in range(1, 60):
        assert timedelta(minutes=1) <= delay("a", n) <= timedelta(hours=12)


async def test_a_dead_letter_that_a_person_releases_goes_for_another_week(house: House) -> None:
    provider = Provider(lambda _: Refused("no such user"), lambda _: Retry("busy"))
    out = house.outbox(provider)
    await house.queue(mail("a", thread=1))
    await out.run_once()
    (dead,) = await house.stuck()
    assert (dead.state, dead.reason) == ("refused", "no such user")
    house.clock.tick(days=9)
    assert await house.store.write(lambda conn: rows.release(conn, [dead.id], house.clock())) == 1
    assert await house.stuck() == []
    assert (await house.row("a"))["reason"] == RELEASED
    await out.run_once()
    assert (await house.states()) == {"a": "queued"}, "busy: it is tried again, the week began anew"
    house.clock.tick(minutes=2)
    await out.run_once()
    assert provider.ids == ["a"]


async def test_a_dead_letter_can_be_discarded_and_stays_on_record(house: House) -> None:
    out = house.outbox(Provider(lambda _: Refused("no such user")))
    await house.queue(mail("a", thread=1))
    await out.run_once()
    (dead,) = await house.stuck()
    await house.store.write(lambda conn: rows.discard(conn, [dead.id], "rung up instead"))
    row = await house.row("a")
    assert (row["state"], row["reason"]) == ("withdrawn", "rung up instead")


async def test_an_answer_that_was_lost_is_asked_for_again_only_where_twice_does_no_harm(house: House) -> None:
    def took_it_but_the_answer_was_lost(outbound: Outbound) -> SendResult:
        (mails if outbound.channel == "email" else chats).take(outbound)
        return Unknown("connection lost")

    mails = Provider(took_it_but_the_answer_was_lost, idempotent=True)
    chats = Provider(took_it_but_the_answer_was_lost, idempotent=False, medium="chat")
    chats.name = "telegram"
    out = house.outbox(mails, chats)
    await house.queue(mail("m", thread=1), mail("t", "4711", thread=2, channel="telegram"))
    await out.run_once()
    house.clock.tick(minutes=2)
    await out.run_once()
    assert (await house.states()) == {"m": "sent", "t": "unknown"}
    assert [one.id for one in mails.took] == ["m", "m"]
    assert mails.took[0] == mails.took[1], "the same letter, byte for byte"
    assert [one.id for one in chats.took] == ["t"]
    (unknown,) = await house.stuck()
    assert "may have been sent" in unknown.reason


async def test_a_late_status_resolves_what_is_unknown_and_words_never_go_back(house: House) -> None:
    chats = Provider(lambda _: Unknown("timeout"), idempotent=False, medium="chat")
    chats.name = "whatsapp"
    out = house.outbox(chats)
    await house.queue(
        mail("w", "62811", thread=2, channel="whatsapp"), mail("v", "62812", thread=3, channel="whatsapp")
    )
    await out.run_once()

    async def news(delivery: Delivery, of: str = "", echo: str = "") -> int | None:
        return await house.store.write(
            lambda conn: rows.delivered(
                conn,
                "whatsapp",
                "support@support.example",
                delivery,
                house.clock(),
                of=of,
                echo=echo,
                reason="x",
            )
        )

    assert await news(Delivery.DELIVERED, "wamid.1", echo="w") is not None
    row = await house.row("w")
    assert (row["state"], row["delivery"], row["provider_id"]) == ("sent", "delivered", "wamid.1")
    await news(Delivery.SENT, "wamid.1")
    assert (await house.row("w"))["delivery"] == "delivered"
    await news(Delivery.READ, "wamid.1")
    await news(Delivery.FAILED, "wamid.1")
    assert (await house.row("w"))["delivery"] == "read", "what was read did not fail"
    await news(Delivery.FAILED, "<v>")
    row = await house.row("v")
    assert (row["state"], row["delivery"], row["reason"]) == ("refused", "failed", "x")
    await news(Delivery.DELIVERED, "<v>")
    assert (await house.row("v"))["delivery"] == "failed", "failed is final"
    assert await news(Delivery.READ, "wamid.unheard-of") is None
    assert await news(Delivery.READ) is None


async def test_a_sender_that_raises_or_answers_nonsense_ends_nothing(house: House) -> None:
    def breaks(_: Outbound) -> SendResult:
        raise RuntimeError("a bug in a channel")

    def nonsense(_: Outbound) -> Any:
        return None

    chats = Provider(breaks, nonsense, idempotent=False, medium="chat")
    chats.name = "telegram"
    out = house.outbox(chats)
    await house.queue(*(mail(f"k{n}", f"47{n}", thread=n, channel="telegram") for n in (1, 2, 3)))
    await out.run_once()
    assert sorted((await house.states()).values()) == ["sent", "unknown", "unknown"]


async def test_a_sender_that_never_answers_does_not_stop_the_others(house: House) -> None:
    hangs = Provider(idempotent=False, medium="chat")
    hangs.name = "telegram"

    async def forever(_: Outbound) -> None:
        await asyncio.Event().wait()

    hangs.during = forever
    mails = Provider()
    out = house.outbox(hangs, mails, at_once=4, patience=timedelta(milliseconds=300))
    await house.queue(
        *(mail(f"t{n}", f"47{n}", thread=n, channel="telegram") for n in range(1, 10)),
        *(mail(f"m{n}", f"m{n}@x.example", thread=100 + n) for n in range(1, 10)),
    )
    await out.run_once()
    states = await house.states()
    assert all(states[f"m{n}"] == "sent" for n in range(1, 10))
    assert states["t1"] == "unknown"
    assert mails.ids == [f"m{n}" for n in range(1, 10)]


async def test_a_dead_login_turns_the_channel_red_and_costs_no_message(house: House) -> None:
    """chatwoot#9708: an expired token looks like success, or eats the queue."""
    provider = Provider(*[lambda _: Refused("token expired", stop_channel=True)] * 3)
    out = house.outbox(provider, at_once=1)
    await house.queue(*(mail(f"m{n}", f"p{n}@x.example", thread=n) for n in range(1, 6)))
    assert await out.run_once() == 1
    health = out.channels()["email"]
    assert not health.ok
    assert "token expired" in health.detail
    assert not out.health().ok
    assert set((await house.states()).values()) == {"queued"}
    for _ in range(40):
        house.clock.tick(minutes=1)
        await out.run_once()
    assert sorted(provider.ids) == [f"m{n}" for n in range(1, 6)], "repaired: everything leaves"
    assert out.health().ok


async def test_when_a_relay_was_down_for_hours_everything_leaves_as_soon_as_it_is_back(house: House) -> None:
    provider = Provider()
    provider.script = [lambda _: Retry("connection refused")] * 10_000
    out = house.outbox(provider)
    await house.queue(*(mail(f"m{n:03}", f"p{n}@x.example", thread=n) for n in range(1, 101)))
    for _ in range(60):
        house.clock.tick(minutes=6)
        await out.run_once()
    assert not out.health().ok
    assert len(provider.calls) < 200, "a dead relay is tried with single messages, not with all of them"
    assert "a" not in provider.calls
    provider.script.clear()
    await house.queue(mail("a", thread=1000))
    for _ in range(2):
        house.clock.tick(minutes=1)
        await out.run_once()
    assert len(set(provider.ids)) == 101
    assert out.health().ok


async def test_a_failing_channel_with_nothing_due_lets_the_loop_sleep(house: House) -> None:
    provider = Provider(*[lambda _: Retry("connection refused")] * 5)
    out = house.outbox(provider)
    await house.queue(*(mail(f"m{n}", f"p{n}@x.example", thread=n) for n in range(5)))
    async with asyncio.timeout(10):
        await out.run_once()
        assert not out.health().ok
        house.clock.tick(seconds=40)  # the rest is over, the first row is due in 20 seconds
        assert await out.run_once() == 0
    house.clock.tick(seconds=40)
    await out.run_once()
    assert len(provider.took) == 5


async def test_a_provider_that_asks_for_absurd_patience_gets_a_dead_letter(house: House) -> None:
    provider = Provider(
        lambda _: Retry("come back", timedelta.max), lambda _: Retry("now", -timedelta(days=9))
    )
    out = house.outbox(provider)
    await house.queue(mail("a", thread=1), mail("b", "x@y.example", thread=2))
    await out.run_once()
    assert await house.states() == {"a": "dead", "b": "queued"}
    house.clock.tick(seconds=1)
    await out.run_once()
    assert provider.ids == ["b"]


async def test_one_slow_conversation_of_many_messages_never_starves_the_rest(house: House) -> None:
    provider = Provider(lambda _: Retry("later", timedelta(hours=1)))
    out = house.outbox(provider)
    await house.queue(*(mail(f"a{n:03}", thread=1) for n in range(300)))
    await out.run_once()
    await house.queue(*(mail(f"a{n:03}", thread=1) for n in range(300, 400)))
    await house.queue(mail("b", "siti@x.example", thread=2))
    house.clock.tick(seconds=1)
    await out.run_once()
    assert provider.ids == ["b"]
    plan = await house.store.read(
        lambda conn: conn.execute(
            text("SELECT count(*) FROM outbox WHERE state = 'queued' AND next_at <= :now"),
            {"now": house.clock().replace(tzinfo=None)},
        ).scalar()
    )
    assert plan == 0, "what stands behind a waiting message is not looked at again and again"


async def test_attachments_are_fetched_when_the_letter_leaves(house: House) -> None:
    class Shelf:
        async def get(self, digest: str) -> bytes:
            if digest == "gone":
                raise FileNotFoundError(digest)
            return b"PNG" + digest.encode()

    provider = Provider()
    out = house.outbox(provider, files=Shelf())
    good, bad = mail("good", thread=1), mail("bad", "x@y.example", thread=2)

    def with_file(row: rows.NewRow, digest: str) -> rows.NewRow:
        file = Attachment("foto.png", "image/png", 4, reference=digest)
        return replace(row, outbound=replace(row.outbound, attachments=(file,)))

    await house.queue(with_file(good, "abc"), with_file(bad, "gone"))
    await out.run_once()
    assert [one.content for one in provider.took[0].attachments] == [b"PNGabc"]
    row = await house.row("bad")
    assert row["state"] == "queued", "a file that cannot be read now is no reason to drop the letter"
    assert "attachment" in row["reason"]


async def test_the_loop_wakes_by_the_bell_and_stops_cleanly(house: House) -> None:
    provider = Provider()
    arrived = asyncio.Event()

    async def note(_: Outbound) -> None:
        arrived.set()

    provider.during = note
    out = house.outbox(provider)
    running = asyncio.create_task(out.run())
    await house.queue(mail("a", thread=1))
    async with asyncio.timeout(10):
        await arrived.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await house.states()) == {"a": "sent"}, "what was on its way arrived, and is written down"


async def test_stopping_waits_for_what_is_on_its_way_but_not_for_ever(house: House) -> None:
    quick = Provider(idempotent=False, medium="chat")
    quick.name = "telegram"
    begun, go = asyncio.Event(), asyncio.Event()

    async def hold(outbound: Outbound) -> None:
        if len(quick.calls) == 2:
            begun.set()
        await (go.wait() if outbound.id == "quick" else asyncio.Event().wait())

    quick.during = hold
    out = house.outbox(quick, grace=timedelta(milliseconds=200))
    await house.queue(
        mail("quick", "1", thread=1, channel="telegram"), mail("stuck", "2", thread=2, channel="telegram")
    )
    running = asyncio.create_task(out.run())
    async with asyncio.timeout(10):
        await begun.wait()
    running.cancel()
    go.set()
    await asyncio.gather(running, return_exceptions=True)
    assert (await house.states()) == {"quick": "sent", "stuck": "unknown"}


async def test_no_query_of_a_round_looks_at_what_was_sent_before(house: House) -> None:
    """The house rule: no query in the hot path depends on the size of history."""
    said: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        said.append((statement, values[0] if many else values))

    engine = house.store.engines.writing
    out = house.outbox(Provider(lambda _: Retry("busy")))
    await house.queue(*(mail(f"{n}", f"p{n}@x.example", thread=n // 2) for n in range(50)))
    event.listen(engine, "before_cursor_execute", note)
    await out.run_once()
    house.clock.tick(minutes=2)
    await out.run_once()
    event.remove(engine, "before_cursor_execute", note)

    def explain(conn: Any) -> list[str]:
        found = []
        for statement, values in said:
            if statement.split()[0] in ("SELECT", "UPDATE", "DELETE"):
                found += [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
        return found

    steps = await house.store.read(explain)
    assert any("ix_outbox_due" in step for step in steps)
    assert any("ix_outbox_lane" in step for step in steps)
    waiting_only = (  # partial: what is being sent; hourly: what is queued, and live counts
        "SCAN outbox USING INDEX ix_outbox_sending", "SCAN outbox USING INDEX ix_outbox_due", "SCAN gate"
    )  # fmt: skip
    assert {step for step in steps if step.startswith("SCAN")} <= set(waiting_only)


async def test_figures_tell_what_waits_and_what_no_channel_is_set_up_for(house: House) -> None:
    out = house.outbox(Provider(lambda _: Refused("no")))
    await house.queue(mail("a", thread=1), mail("lost", "1", thread=2, channel="fax"))
    house.clock.tick(minutes=3)
    await out.run_once()
    figures = await out.figures()
    assert (figures.queued, figures.sending, figures.refused, figures.no_channel) == (1, 0, 1, 1)
    assert figures.oldest_due == START
    assert isinstance(Sent("x"), SendResult)


async def test_what_waits_for_a_channel_that_was_taken_out_is_a_dead_letter_in_the_end(house: House) -> None:
    """It was queued for ever, and shown nowhere."""
    out = house.outbox(Provider())
    await house.queue(mail("lost", "1", thread=2, channel="fax"))
    house.clock.tick(days=6)
    await out.run_once()
    assert not await house.stuck()
    house.clock.tick(days=1, hours=2)
    await out.run_once()
    assert [(one.key, one.state) for one in await house.stuck()] == [("lost", "dead")]


async def test_greylisted_letters_wait_alone_and_the_others_leave(house: House) -> None:
    """Five letters in a row that a recipient's server put off made the channel count as failing for all."""
    provider = Provider(*[lambda _: Retry("450 greylisted", alone=True)] * 10)
    out = house.outbox(provider)
    await house.queue(*(mail(f"grey{n}", f"budi{n}@x.example", thread=n) for n in range(1, 11)))
    await out.run_once()
    await house.queue(mail("other", "siti@y.example", thread=20))
    await out.run_once()
    assert provider.ids == ["other"]
    assert out.health().ok
    house.clock.tick(seconds=70)
    await out.run_once()
    assert len(provider.took) == 11
