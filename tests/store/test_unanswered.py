"""What machines write is kept where a person sees it, and is answered when a person says so."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from bot import tokens
from bot.cli import app
from bot.errors import NotFound
from bot.store import quarantine
from channels.base import Accepted
from tests.store.rooms import SECRET, Rooms, mail


async def released(rooms: Rooms, name: str) -> None:
    rows = {row[1]: row[0] for row in await rooms.rows("inbox", "id", "external_id")}
    await rooms.store.write(lambda conn: quarantine.release(conn, rows[name]))
    await rooms.turns.run_once()


async def outcomes(rooms: Rooms) -> dict[str, str]:
    return {row[0]: row[1] for row in await rooms.rows("inbox", "external_id", "outcome")}


async def test_every_machine_mail_is_listed_with_its_cause_and_by_its_kind(rooms: Rooms) -> None:
    causes = ["bounce: x", "auto_reply: its subject", "list: list-id", "junk: x-spam-flag says yes", "own: y"]
    await rooms.inbox.accept(
        [mail(cause, sender=f"m{n}@a.example", automatic=cause) for n, cause in enumerate(causes)]
    )
    await rooms.inbox.accept([mail("a customer's")])
    await rooms.turns.run_once()
    found = await rooms.store.read(quarantine.unanswered)
    assert [one.cause for one in found] == causes[::-1]
    junk = await rooms.store.read(lambda conn: quarantine.unanswered(conn, kind="junk"))
    assert [one.cause for one in junk] == ["junk: x-spam-flag says yes"]
    shown = await rooms.store.read(lambda conn: quarantine.seen(conn, unanswered=True, most=2))
    assert [(one.held.cause, one.subject, one.text) for one in shown] == [
        ("own: y", "Pesanan", "halo"),
        ("junk: x-spam-flag says yes", "Pesanan", "halo"),
    ]
    assert await rooms.store.read(quarantine.held) == []


async def test_a_released_list_mail_is_answered_as_a_customers(rooms: Rooms) -> None:
    await rooms.inbox.accept(
        [mail("l", sender="sari@warung.example", automatic="list: list-id", message_id="l1@warung.example")]
    )
    assert await rooms.rows("outbox", "recipient") == []
    await released(rooms, "l")
    assert (await outcomes(rooms))["l"] == "conversation"
    assert [row[0] for row in await rooms.rows("outbox", "recipient")] == ["sari@warung.example"]
    assert await rooms.store.read(quarantine.unanswered) == []
    again = mail("l2", sender="sari@warung.example", answers=["l1@warung.example"])
    assert await rooms.inbox.accept([again]) == [Accepted.NEW]
    await rooms.turns.run_once()
    assert len(await rooms.rows("conversations", "id")) == 1, "its Message-ID names the thread"


async def test_a_released_automatic_reply_goes_on_in_its_customers_thread(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1")])
    await rooms.turns.run_once()
    ((thread,),) = await rooms.rows("threads", "id")
    away = mail("a", automatic="auto_reply: its subject", tokens=[tokens.sign(SECRET, thread)])
    await rooms.inbox.accept([away])
    await rooms.turns.run_once()
    row = next(
        r for r in await rooms.rows("inbox", "external_id", "outcome", "conversation_id") if r[0] == "a"
    )
    assert row[1] == "ignored"
    assert row[2] is not None, "it stands in the conversation's record"
    await released(rooms, "a")
    assert (await outcomes(rooms))["a"] == "appended"
    assert len(await rooms.rows("threads", "id")) == 1


async def test_a_released_mail_of_a_stranger_is_not_put_into_the_customers_mouth(rooms: Rooms) -> None:
    """The token of our return path is known to every mail system on the way."""
    await rooms.inbox.accept([mail("m1")])
    await rooms.turns.run_once()
    ((thread,),) = await rooms.rows("threads", "id")
    note = mail(
        "b", "rahasia", sender="robot@a.example", automatic="bounce: x", tokens=[tokens.sign(SECRET, thread)]
    )
    await rooms.inbox.accept([note])
    await released(rooms, "b")
    threads = {row[1]: row[0] for row in await rooms.rows("items", "thread_id", "text")}
    assert threads["rahasia"] != thread


async def test_what_was_answered_cannot_be_released(rooms: Rooms) -> None:
    await rooms.inbox.accept([mail("m1")])
    await rooms.turns.run_once()
    with pytest.raises(NotFound):
        await released(rooms, "m1")


def test_a_kind_without_unanswered_is_wrong_use() -> None:
    done = CliRunner().invoke(app, ["quarantine", "list", "--kind", "junk"])
    assert done.exit_code == 2
