"""What an operator does beside `sapa run`: copies that are sound, a quarantine that gives back."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot import upkeep
from bot.doctor import Verdict, examine
from bot.errors import NotFound
from bot.house import alone_in, open_house
from bot.porch.book import Book, Call
from bot.settings import Settings
from channels.base import Unreadable
from channels.memory import Memory


@pytest.fixture
async def settings(tmp_path: Path) -> Settings:
    """A data folder with one conversation and one input that nobody could read."""
    settings = Settings(data=tmp_path / "data")
    memory = Memory()
    async with open_house(settings, lambda _ground: {Memory.name: memory}) as house:
        broken = Unreadable(
            channel="memory",
            account="local",
            external_id="x1",
            raw=b"\xff\xfe",
            cause="no JSON",
            sent_at=datetime.now(UTC),
        )
        await house.inbox.accept([memory.message("budi", "selamat siang"), broken])
        await house.turns.run_once()
        await house.outbox.run_once()
    return settings


async def test_the_quarantine_shows_what_came_byte_for_byte_and_why(settings: Settings) -> None:
    (held,) = await upkeep.quarantined(settings)
    assert held["cause"] == "no JSON"
    assert await upkeep.raw_of(settings, held["id"]) == b"\xff\xfe"
    with pytest.raises(NotFound, match="could not be read"):
        await upkeep.release(settings, held["id"])


async def test_the_doctor_says_what_waits_for_a_person(settings: Settings) -> None:
    (waits,) = [one for one in examine(settings, datetime.now(UTC)) if one.what == "for a person"]
    assert waits.verdict is Verdict.NOTE
    assert waits.detail.startswith("1 in quarantine, 0 that did not leave; see the page /attention")
    await upkeep.give_up(settings, 2)
    (waits,) = [one for one in examine(settings, datetime.now(UTC)) if one.what == "for a person"]
    assert (waits.verdict, waits.detail) == (Verdict.OK, "nothing waits")


async def test_a_released_input_waits_again(settings: Settings) -> None:
    with sqlite3.connect(settings.data / "sapa.db") as connection:
        connection.execute(
            "update inbox set state='dead', outcome='quarantined', cause='bug', attempts=4 "
            "where kind='message'"
        )
    (id_,) = [one["id"] for one in await upkeep.quarantined(settings) if one["cause"] == "bug"]
    await upkeep.release(settings, id_)
    with sqlite3.connect(settings.data / "sapa.db") as connection:
        assert connection.execute("select state, attempts from inbox where id = ?", (id_,)).fetchone() == (
            "new",
            0,
        )


async def test_a_dead_letter_is_seen_with_its_cause_and_sent_again_or_not(settings: Settings) -> None:
    with sqlite3.connect(settings.data / "sapa.db") as connection:
        connection.execute("update outbox set state = 'dead', reason = 'mailbox full'")
    first = (await upkeep.dead_letters(settings))[0]
    assert (first["state"], first["reason"]) == ("dead", "mailbox full")
    await upkeep.resend(settings, first["id"], datetime.now(UTC))
    assert first["id"] not in [one["id"] for one in await upkeep.dead_letters(settings)]
    for one in await upkeep.dead_letters(settings):
        await upkeep.discard(settings, one["id"])
    assert await upkeep.dead_letters(settings) == []
    with pytest.raises(NotFound, match="outbox list"):
        await upkeep.discard(settings, first["id"])


async def test_the_record_gives_the_conversations(settings: Settings) -> None:
    proved = await upkeep.replay(settings)
    assert proved.conversations == 1
    assert proved.events > 3
    assert proved.faults == ()


async def test_a_changed_record_is_found_out(settings: Settings) -> None:
    with sqlite3.connect(settings.data / "sapa.db") as connection:
        connection.execute("delete from events where no = 2")
    assert len((await upkeep.replay(settings)).faults) == 1


async def test_a_copy_is_a_whole_data_folder(settings: Settings, tmp_path: Path) -> None:
    book = Book(settings.porch_book)
    book.write([Call("/hooks/whatsapp", b"", (), b"acknowledged a moment ago")])
    upkeep.backup(settings, tmp_path / "copy")
    book.close()
    copied = Settings(data=tmp_path / "copy")
    assert (await upkeep.replay(copied)).conversations == 1
    assert (tmp_path / "copy" / "secret").read_bytes() == (settings.data / "secret").read_bytes()
    book = Book(copied.porch_book)
    assert [call.body for _, call in book.read(0, 10)] == [b"acknowledged a moment ago"]
    book.close()
    with pytest.raises(upkeep.NoCopy, match="does not exist yet"):
        upkeep.backup(settings, tmp_path / "copy")


def test_no_database_is_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="--data"):
        upkeep.backup(Settings(data=tmp_path / "typo"), tmp_path / "copy")
    assert not (tmp_path / "typo").exists()


async def test_the_doctor_finds_a_sound_house_well(settings: Settings) -> None:
    findings = list(examine(settings, datetime.now(UTC)))
    assert {finding.what.split()[0] for finding in findings} >= {
        "data",
        "disk",
        "clock",
        "SOP",
        "database",
        "web",
        "mail",
    }
    assert [
        f for f in findings if f.verdict is Verdict.BAD and "listen" not in f.detail and " on " not in f.what
    ] == []


async def test_the_doctor_says_what_to_do_about_a_damaged_database(settings: Settings) -> None:
    with (settings.data / "sapa.db").open("r+b") as file:
        file.seek(0)
        file.write(b"not a database at all")
    bad = [finding for finding in examine(settings, datetime.now(UTC)) if finding.verdict is Verdict.BAD]
    assert any(finding.what == "database" and "backup" in finding.detail for finding in bad)


def test_the_doctor_knows_a_running_house_by_its_lock(tmp_path: Path) -> None:
    from bot.doctor import in_use

    assert not in_use(tmp_path)
    with alone_in(tmp_path):
        assert in_use(tmp_path)
    assert not in_use(tmp_path)
