"""What waits for a person: seen in the browser with its cause, and decided by a button."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, event, select, update

from bot.house import House, open_house
from bot.settings import Settings
from bot.store import inbox as waiting
from bot.store import outbox as outbox_
from bot.store import quarantine as quarantine_
from bot.store.tables import inbox, items, outbox
from bot.turns.aside import put_aside
from bot.web.attention import MOST_TEXT, PER_PAGE, StoreWaiting, shown
from channels.base import MailFacts, Message, Sender, Unreadable
from channels.memory import Memory
from tests.web.double import serving

PAGE = {"Accept": "text/html", "Accept-Language": "id"}
NEW = select(inbox.c.id).where(inbox.c.state == "new")
NASTY = "<script>alert(1)</script> {{ 7*7 }} \u202etxt.exe"


@dataclass
class Waiting:
    """A house with something for a person to look at, and a browser in front of it."""

    house: House
    memory: Memory
    client: httpx.AsyncClient

    async def poison(self, said: str) -> int:
        """A message that the turns put into quarantine; its id."""
        await self.house.inbox.accept([self.memory.message("budi", said)])

        def put_away(connection: Connection) -> int:
            (row,) = waiting.rows(connection, connection.execute(NEW).scalars().all())
            put_aside(connection, [row], "ValueError: <b>a fault</b>")
            return row.id

        return await self.house.store.write(put_away)

    async def state(self, id_: int) -> tuple[str, str, str]:
        row = await self.house.store.read(
            lambda c: c.execute(
                select(inbox.c.state, inbox.c.outcome, inbox.c.cause).where(inbox.c.id == id_)
            ).one()
        )
        return row.state, row.outcome, row.cause

    async def said(self) -> list[tuple[str, str]]:
        rows = await self.house.store.read(
            lambda c: c.execute(select(items.c.author, items.c.text).order_by(items.c.seq)).all()
        )
        return [(row.author, row.text) for row in rows]

    async def page(self, query: str = "") -> str:
        answer = await self.client.get(f"/attention{query}", headers=PAGE)
        assert answer.status_code == 200
        return answer.text

    async def press(self, path: str, **headers: str) -> httpx.Response:
        own = {"Origin": str(self.client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
        return await self.client.post(f"/attention/{path}", headers={**PAGE, **own, **headers})


@contextlib.asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Waiting]:
    memory = Memory()
    async with open_house(Settings(data=folder / "data"), lambda _ground: {Memory.name: memory}) as house:
        waiting = StoreWaiting(house.store, house.files)
        async with serving(waiting=waiting) as server, httpx.AsyncClient(base_url=server.url) as client:
            yield Waiting(house, memory, client)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Waiting]:
    async with opened(tmp_path) as waiting:
        yield waiting


async def test_nothing_waits_and_the_page_says_so(here: Waiting) -> None:
    page = await here.page()
    assert "Tidak ada pesan yang tertahan." in page
    assert "Semua kiriman sudah berangkat." in page


async def test_a_message_in_quarantine_is_shown_harmlessly_with_its_cause(here: Waiting) -> None:
    id_ = await here.poison(NASTY)
    page = await here.page()
    assert "ValueError: &lt;b&gt;a fault&lt;/b&gt;" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} \N{REPLACEMENT CHARACTER}txt.exe" in page
    assert "<script" not in page
    raw = await here.client.get(f"/attention/inputs/{id_}/raw")
    assert raw.headers["content-disposition"].startswith("attachment")
    assert raw.headers["content-type"] == "application/octet-stream"
    assert b"<script>" in raw.content
    assert (await here.client.get("/attention/inputs/999/raw")).status_code == 404


async def test_what_nobody_could_read_is_shown_and_downloaded_but_not_tried_again(here: Waiting) -> None:
    at = datetime.now(UTC)
    broken = Unreadable(
        channel="memory",
        account="local",
        external_id="x1",
        raw=b"\xff\xfe<b>hal\0o",
        cause="no JSON",
        sent_at=at,
    )
    await here.house.inbox.accept([broken])
    page = await here.page()
    assert "&lt;b&gt;hal\N{REPLACEMENT CHARACTER}o" in page
    assert "/attention/inputs/1/release" not in page
    assert (await here.client.get("/attention/inputs/1/raw")).content == b"\xff\xfe<b>hal\0o"
    assert (await here.press("inputs/1/release")).headers["location"] == "/attention?done=gone"
    assert (await here.state(1))[0] == "dead"
    assert "tidak menunggu lagi" in await here.page("?done=gone")


async def test_a_message_tried_again_is_answered_and_not_shown_twice_to_its_writer(here: Waiting) -> None:
    id_ = await here.poison("selamat siang")
    answer = await here.press(f"inputs/{id_}/release")
    assert (answer.status_code, answer.headers["location"]) == (303, "/attention?done=input_release")
    await here.house.turns.run_once()
    assert (await here.state(id_))[:2] == ("done", "conversation")
    said = await here.said()
    assert [text for author, text in said if author == "customer"] == ["selamat siang"]
    assert said[-1][0] == "bot"
    assert "Pesan itu dicoba lagi." in await here.page("?done=input_release")


async def test_a_discarded_message_stays_on_record_with_its_cause(here: Waiting) -> None:
    id_ = await here.poison("halo")
    assert (await here.press(f"inputs/{id_}/discard")).status_code == 303
    state, outcome, cause = await here.state(id_)
    assert (state, outcome) == ("done", "ignored")
    assert "discarded by an operator" in cause
    assert "a fault" in cause
    again = await here.press(f"inputs/{id_}/discard")
    assert again.headers["location"] == "/attention?done=gone"


async def test_a_dead_letter_is_shown_and_sent_again_or_not(here: Waiting) -> None:
    await here.house.inbox.accept([here.memory.message("budi", "halo"), here.memory.message("ani", "halo")])
    await here.house.turns.run_once()
    await here.house.store.write(
        lambda c: c.execute(update(outbox).values(state="dead", reason="mailbox <full>"))
    )
    page = await here.page()
    assert page.count("mailbox &lt;full&gt;") == 2
    assert "Tidak berhasil dikirim" in page
    assert (await here.press("letters/1/release")).headers["location"] == "/attention?done=letter_release"
    assert (await here.press("letters/2/discard")).headers["location"] == "/attention?done=letter_discard"
    found = await here.house.store.read(
        lambda c: c.execute(select(outbox.c.id, outbox.c.state).order_by(outbox.c.id)).all()
    )
    assert [tuple(row) for row in found] == [(1, "queued"), (2, "withdrawn")]
    assert (await here.press("letters/2/release")).headers["location"] == "/attention?done=gone"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Host": "jahat.example"},
        {"X-Forwarded-For": "127.0.0.1"},
    ],
)
async def test_no_other_site_and_no_other_machine_can_press_a_button(
    here: Waiting, headers: dict[str, str]
) -> None:
    id_ = await here.poison("halo")
    for verdict in ("release", "discard"):
        assert (await here.press(f"inputs/{id_}/{verdict}", **headers)).status_code in (403, 421)
    assert (await here.state(id_))[0] == "dead"


async def test_a_browser_without_fetch_metadata_is_believed_by_its_origin(here: Waiting) -> None:
    id_ = await here.poison("halo")
    path = f"/attention/inputs/{id_}/discard"
    for origin in ("http://jahat.example", "null"):
        assert (await here.client.post(path, headers={"Origin": origin})).status_code == 403
    own = str(here.client.base_url).rstrip("/")
    assert (await here.client.post(path, headers={"Origin": own})).status_code == 303


async def test_a_button_is_no_link_and_knows_two_verdicts(here: Waiting) -> None:
    id_ = await here.poison("halo")
    assert (await here.client.get(f"/attention/inputs/{id_}/release")).status_code == 405
    assert (await here.press(f"inputs/{id_}/burn")).status_code == 404
    assert (await here.state(id_))[0] == "dead"


async def test_many_are_turned_over_page_by_page(here: Waiting) -> None:
    at = datetime.now(UTC)
    await here.house.inbox.accept(
        [
            Unreadable(
                channel="memory", account="local", external_id=f"x{n}", raw=b"?", cause="no", sent_at=at
            )
            for n in range(PER_PAGE + 2)
        ]
    )
    first = await here.page()
    assert first.count("<article") == PER_PAGE
    assert '/attention?before=3#inputs"' in first
    assert (await here.page("?before=3")).count("<article") == 2
    assert (await here.page("?before=x&after=99999999999999999")).count("<article") == PER_PAGE


async def test_looking_costs_as_much_as_waits_not_as_much_as_ever_came(here: Waiting) -> None:
    steps: list[str] = []

    def explain(connection: Connection) -> None:
        def look(_conn: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
            if not statement.startswith("EXPLAIN"):
                found = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                steps.extend(row[3] for row in found)

        event.listen(connection, "before_cursor_execute", look)
        quarantine_.seen(connection, before=9)
        outbox_.stuck(connection, after=9)

    await here.house.store.read(explain)
    assert any("ix_inbox_dead" in step for step in steps)
    assert any("ix_outbox_stuck" in step for step in steps)
    assert not any(re.match(r"SCAN (inbox|outbox|threads)$", step) for step in steps), steps


def test_a_long_text_is_cut_where_the_page_says_so() -> None:
    assert shown("x" * MOST_TEXT) == ("x" * MOST_TEXT, False)
    assert shown("x" * (MOST_TEXT + 1)) == ("x" * MOST_TEXT, True)


async def test_mail_by_machines_is_shown_with_its_cause_and_answered_by_a_button(here: Waiting) -> None:
    at = datetime.now(UTC)
    facts = MailFacts(message_id="l1@a.example", subject="Kabar", kind="list", automatic="list: list-id")
    note = Message(
        channel="email", account="support@localhost", external_id="l1", thread="l1",
        sender=Sender("sari@a.example", email="sari@a.example"), sent_at=at,
        text="Gula saya basah", mail=facts,
    )  # fmt: skip
    await here.house.inbox.accept([note])
    assert "Gula saya basah" not in await here.page()
    page = await here.page("?unanswered=1")
    assert "list: list-id" in page
    assert "Gula saya basah" in page
    assert "/attention/inputs/1/discard" not in page, "it is not answered as it is"
    assert (await here.press("inputs/1/release")).headers["location"] == "/attention?done=input_release"
    assert (await here.state(1))[:2] == ("new", "")
