"""The one gate out: what never leaves, what is held, and that all of it is on record with its cause."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.outbox import Cap, Caps, Gate, canonical
from bot.store import gate as memory
from bot.store import outbox as rows
from channels.base import Outbound, Retry, SendResult
from tests.outbox_kit import OURS, START, House, Provider, mail

DEPARTMENT = "gudang@support.example"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    opened = await House.open(tmp_path)
    yield opened
    await opened.store.close()


def gate(**caps: Cap | None) -> Gate:
    usual = {"address": Cap(10, timedelta(hours=3)), "thread": Cap(20, timedelta(hours=24))}
    return Gate([OURS], [DEPARTMENT], mail=Caps(**{**usual, **caps}))  # type: ignore[arg-type]


async def test_two_sapas_that_answer_each_other_come_to_rest(tmp_path: Path) -> None:
    """freescout#3670, #634, zammad#1131: auto-reply ping-pong, "another 8k emails", 100 GB."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    here, there = await House.open(tmp_path / "a"), await House.open(tmp_path / "b")
    there.clock = here.clock
    post: list[tuple[House, Outbound]] = []

    class Post(Provider):
        def __init__(self, to: House) -> None:
            super().__init__()
            self.to = to

        async def send(self, outbound: Outbound) -> SendResult:
            post.append((self.to, outbound))
            return await super().send(outbound)

    theirs = "layanan@other.example"
    mouths = {id(here): Post(there), id(there): Post(here)}
    outs = {id(here): here.outbox(mouths[id(here)], gate=Gate([OURS]))}
    outs[id(there)] = there.outbox(mouths[id(there)], gate=Gate([theirs]))
    # the worst case: neither sees that the other is a machine, and the reply address has a new tag each time
    await here.queue(mail("start", theirs, thread=1))
    for round_ in range(200):
        for house in (here, there):
            await outs[id(house)].run_once()
        letters, post[:] = list(post), []
        for to, letter in letters:
            back = OURS if to is there else theirs
            tagged = back.replace("@", f"+tag{round_}@")
            await to.queue(mail(f"re-{round_}-{letter.id[:20]}", tagged, thread=1))
        here.clock.tick(minutes=1)
    sent = len(mouths[id(here)].took) + len(mouths[id(there)].took)
    assert sent <= 2 * 10 + 1
    held = await here.stuck() or await there.stuck()
    assert "held by a cap" in held[0].reason
    assert "machine" in held[0].reason
    for house in (here, there):
        await house.store.close()


async def test_an_autoresponder_that_opens_a_new_thread_each_time_gets_two_answers(house: House) -> None:
    """freescout#1403: out-of-office replies without any mark, each as a new conversation."""
    provider = Provider()
    out = house.outbox(provider, gate=Gate([OURS]))
    for n in range(8):
        await house.queue(mail(f"t{n}", "bot@x.example", thread=n, subject="Re: Sedang cuti"))
        house.clock.tick(minutes=5)
        await out.run_once()
    assert provider.ids == ["t0", "t1"]
    assert {one.state for one in await house.stuck()} == {"dead"}


async def test_an_exchange_with_a_person_keeps_its_subject_without_being_held(house: House) -> None:
    provider = Provider()
    out = house.outbox(provider, gate=Gate([OURS]))
    for n in range(7):
        await house.queue(mail(f"n{n}", thread=1, subject="Re: Komplain"))
        house.clock.tick(minutes=12)
        await out.run_once()
    assert len(provider.took) == 7


async def test_the_cap_of_an_address_holds_over_any_three_hours_and_then_lets_go(house: House) -> None:
    provider = Provider()
    out = house.outbox(provider, gate=gate(thread=Cap(1000, timedelta(hours=24))))
    times = []
    for n in range(100):
        await house.queue(mail(f"n{n}", thread=1))
        if await out.run_once():
            times.append(house.clock.now)
        house.clock.tick(minutes=7)
    for at in times:
        assert sum(at <= other < at + timedelta(hours=3) for other in times) <= 10
    assert len(times) > 20, "a quiet hour later the address gets mail again"


async def test_what_a_cap_held_leaves_when_a_person_releases_it(house: House) -> None:
    provider = Provider()
    out = house.outbox(provider, gate=gate(address=Cap(1, timedelta(hours=3))))
    await house.queue(mail("1", thread=1), mail("2", thread=1))
    await out.run_once()
    assert await house.states() == {"1": "sent", "2": "dead"}
    (held,) = await house.stuck()
    await house.store.write(lambda conn: rows.release(conn, [held.id], house.clock()))
    await out.run_once()
    assert provider.ids == ["1", "2"]


@pytest.mark.parametrize(
    ("to", "word"),
    [
        (OURS, "our own"),
        ("Support+k3jh4k5@SUPPORT.example", "our own"),
        ("MAILER-DAEMON@mx.example", "machine"),
        ("postmaster@x.example", "machine"),
        ("no-reply@shop.example", "machine"),
        ("noreply+4711@shop.example", "machine"),
        ("do_not_reply@shop.example", "machine"),
        ("bounces+123=x=y@list.example", "machine"),
        ("prvs-bounce@x.example", "machine"),
        ("jangan-balas@toko.example", "machine"),
        ("tidakdibalas@bank.example", "machine"),
        ("Nobody@x.example", "machine"),
        ("7+sapa@users.noreply.x.example", "machine"),
        ("reply@bounces.x.example", "machine"),
        ("owner-pelanggan@x.example", "machine"),
        ("pelanggan-request@x.example", "machine"),
        ("pelanggan@lists.x.example", "list"),
        ("toko@googlegroups.com", "list"),
        ("", "no address"),
        ("<>", "no address"),
    ],
)
async def test_machines_lists_and_ourselves_are_never_written_to(house: House, to: str, word: str) -> None:
    """freescout#4143, zammad#5428: even the error notice loops."""
    provider = Provider()
    out = house.outbox(provider, gate=Gate([OURS]))
    await house.queue(mail("a", to, thread=1))
    await out.run_once()
    assert provider.calls == []
    (refused,) = await house.stuck()
    assert refused.state == "refused"
    assert word in refused.reason


@pytest.mark.parametrize(
    "to",
    [
        "budi@x.example",
        "norepliana@x.example",
        "listyo@listrik.example",
        "bounty@x.example",
        "nullah@x.example",
        "balas.dendam@x.example",
        "tanpa.nama@x.example",
        "sari@noreplica.example",
    ],
)
async def test_people_are(house: House, to: str) -> None:
    provider = Provider()
    await house.queue(mail("a", to, thread=1))
    await house.outbox(provider, gate=Gate([OURS])).run_once()
    assert provider.ids == ["a"]


async def test_a_letter_without_the_mark_of_a_machine_is_a_fault_and_stays(house: House) -> None:
    provider = Provider()
    out = house.outbox(provider)
    await house.queue(mail("none", thread=1, mark=""), mail("no", "b@x.example", thread=2, mark="no"))
    await out.run_once()
    assert provider.calls == []
    assert all("RFC 3834" in one.reason for one in await house.stuck())


async def test_a_suppressed_address_gets_nothing_automatic_but_a_person_may_write(house: House) -> None:
    provider = Provider()
    out = house.outbox(provider)
    await house.store.write(
        lambda conn: memory.suppress(conn, "email", "budi@pelanggan.example", "bounced for good", START)
    )
    await house.queue(
        mail("bot", "Budi@Pelanggan.example", thread=1), mail("agent", thread=1, automatic=False, mark="no")
    )
    await out.run_once()
    assert provider.ids == ["agent"]
    (refused,) = await house.stuck()
    assert "bounced for good" in refused.reason


async def test_a_departments_letters_are_never_capped_into_loss(house: House) -> None:
    """A busy morning: more tickets for one department than any customer's address would be sent."""
    provider = Provider()
    out = house.outbox(provider, gate=gate(department=Cap(30, timedelta(hours=3))))
    await house.queue(*(mail(f"d{n}", DEPARTMENT, mark="auto-generated") for n in range(45)))
    await out.run_once()
    assert len(provider.took) == 30
    assert await house.stuck() == []
    late = await house.row("d44")
    assert late["state"] == "queued"
    assert "put off" in late["reason"]
    for _ in range(14):
        house.clock.tick(minutes=15)
        await out.run_once()
    assert len(provider.took) == 45, "the rest leaves later"


async def test_a_department_that_is_our_own_address_is_a_fault_a_person_sees(house: House) -> None:
    provider = Provider()
    out = house.outbox(provider, gate=Gate([OURS], [OURS]))
    await house.queue(mail("d", OURS, mark="auto-generated"))
    await out.run_once()
    assert provider.calls == []
    assert "our own" in (await house.stuck())[0].reason


async def test_over_all_caps_the_rest_waits_untouched_and_people_still_get_through(house: House) -> None:
    provider = Provider()
    out = house.outbox(provider, gate=gate(overall=Cap(20, timedelta(hours=1))))
    await house.queue(*(mail(f"m{n:02}", f"p{n}@x.example", thread=n) for n in range(50)))
    await house.queue(mail("agent", "vip@x.example", thread=99, automatic=False, mark="no"))
    await out.run_once()
    assert sorted(provider.ids) == ["agent", *(f"m{n:02}" for n in range(20))]
    assert not out.health().ok
    assert "cap" in out.health().detail
    assert await house.stuck() == []
    for _ in range(12):
        house.clock.tick(minutes=15)
        await out.run_once()
    assert len(provider.took) == 51
    house.clock.tick(hours=2)
    await out.run_once()
    assert out.health().ok


async def test_a_chat_may_be_lively_but_two_machines_are_parted(house: House) -> None:
    chats = Provider(medium="chat", idempotent=False)
    chats.name = "whatsapp"
    out = house.outbox(chats, gate=Gate())
    await house.queue(*(mail(f"c{n}", "62811", thread=1, channel="whatsapp") for n in range(200)))
    await out.run_once()
    assert len(chats.took) == 120
    assert {one.state for one in await house.stuck()} == {"dead"}


async def test_a_try_again_is_not_counted_again(house: House) -> None:
    provider = Provider(*[lambda _: Retry("busy")] * 4)
    out = house.outbox(provider, gate=gate(address=Cap(2, timedelta(hours=3))))
    await house.queue(mail("1", thread=1), mail("2", thread=1))
    for _ in range(20):
        house.clock.tick(minutes=2)
        await out.run_once()
    assert provider.ids == ["1", "2"]


async def test_old_counts_are_forgotten(house: House) -> None:
    out = house.outbox(Provider())
    await house.queue(mail("1", thread=1))
    await out.run_once()
    house.clock.tick(hours=30)
    await house.queue(mail("2", "x@y.example", thread=2))
    await out.run_once()
    names = await house.store.read(lambda conn: memory.counted(conn, ["all:email", "thread:1"], 0))
    assert set(names) == {"all:email"}
    assert len(names["all:email"]) == 1


# ------------------------------------------------------------------------------------------------- takeover


async def test_a_takeover_withdraws_what_the_bot_has_queued_and_shows_what_is_leaving(house: House) -> None:
    """rasa#1945, botpress v12#1326: the bot talks over the human."""
    provider = Provider()
    out = house.outbox(provider)
    await house.open_conversation(1, thread=1)
    await house.open_conversation(2, thread=2)
    leaving: list[rows.Waiting] = []

    async def take_over(outbound: Outbound) -> None:
        if outbound.id == "1":
            leaving.extend(await house.take_over(1))

    provider.during = take_over
    await house.queue(
        *(mail(key, thread=1, conversation=1) for key in ("1", "2", "3")),
        mail("dept", DEPARTMENT, conversation=1, mark="auto-generated"),
        mail("other", "siti@x.example", thread=2, conversation=2),
        mail("agent's", thread=1, conversation=1, automatic=False, mark="no"),
    )
    await out.run_once()
    assert sorted(provider.ids) == ["1", "agent's", "dept", "other"]
    assert [row.key for row in leaving] == ["1"]
    states = await house.states()
    assert states["2"] == states["3"] == "withdrawn"


async def test_no_bot_message_starts_after_a_takeover_even_if_nobody_withdrew_it(house: House) -> None:
    provider = Provider()
    out = house.outbox(provider)
    await house.open_conversation(1, thread=1, owner="agent:7")
    await house.queue(mail("late", thread=1, conversation=1))
    await out.run_once()
    assert provider.calls == []
    row = await house.row("late")
    assert (row["state"], row["reason"]) == ("withdrawn", "a person has taken the conversation over")


async def test_the_words_that_call_a_person_leave_though_nobody_owns_the_talk_now(house: House) -> None:
    provider = Provider()
    out = house.outbox(provider)
    await house.open_conversation(1, thread=1, owner="nobody")
    await house.queue(mail("saya panggilkan", thread=1, conversation=1))
    await out.run_once()
    assert len(provider.took) == 1


async def test_what_waits_for_a_second_try_is_withdrawn_too(house: House) -> None:
    provider = Provider(lambda _: Retry("busy"))
    out = house.outbox(provider)
    await house.open_conversation(1, thread=1)
    await house.queue(mail("1", thread=1, conversation=1))
    await out.run_once()
    await house.take_over(1)
    house.clock.tick(hours=1)
    await out.run_once()
    assert provider.took == []


@given(st.text(max_size=60))
def test_an_address_has_one_canonical_form(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)
    local, at, domain = text.strip().lower().rpartition("@")
    if at and local.partition("+")[0]:
        assert canonical(f"{local.partition('+')[0]}+tag@{domain}") == canonical(text)
