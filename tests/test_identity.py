"""A ticket's status is told only to who proves to be its customer: the whole house, a real mailbox."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.house import House, open_house
from bot.settings import Settings
from bot.tickets.number import make
from channels.memory import Memory

OWNER = "rina@toko-sinar.example"
NUMBER = re.compile(r"SP-\d{4}-\d{4}-\d")


@dataclass
class Talk:
    """One house, any number of people who write to it, and the mail that leaves."""

    house: House
    memory: Memory
    folder: Path
    count: int = 0

    async def say(self, who: str, text: str) -> str:
        """What Sapa answered."""
        before = len(self.memory.sent)
        self.count += 1
        message = self.memory.message(who, text, external_id=f"{who}/{self.count}")
        await self.house.inbox.accept([message])
        await self.house.turns.run_once()
        await self.house.outbox.run_once()
        assert self.house.turns.quarantined == 0
        return "\n".join(sent.text for sent in self.memory.sent[before:])

    async def ticket(self, who: str) -> str:
        """A ticket of `who`, made by talking."""
        answer = await self.say(
            who,
            f"saya Rina, hp 0813-2222-3333, email {OWNER}. Saya pesan 5 dus Minyak Sari Murni 1 L yang "
            "datang cuma 3 dus, kemarin, INV-2611-0461",
        )
        for _ in range(8):
            if found := NUMBER.search(answer):
                return found[0]
            answer = await self.say(who, "betul" if "etul" in answer or "benar" in answer else "tidak ada")
        raise AssertionError(answer)

    def codes(self) -> list[str]:
        """The codes that went to the owner's mailbox."""
        found = []
        for file in sorted(self.folder.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns):
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            body = mail.get_body(("plain",))
            if OWNER in str(mail["To"]) and body and (code := re.search(r"\b\d{6}\b", body.get_content())):
                found.append(code[0])
        return found


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    memory = Memory()
    settings = Settings(data=tmp_path / "data")
    async with open_house(settings, lambda _ground: {Memory.name: memory}) as house:
        yield Talk(house, memory, tmp_path / "data" / "mailbox")


@pytest.mark.sop("K4")
async def test_who_made_the_ticket_here_is_told(talk: Talk) -> None:
    number = await talk.ticket("rina")
    assert "Gudang" in await talk.say("rina", f"status tiket {number} gimana?")
    assert talk.codes() == []


@pytest.mark.sop("K4")
async def test_who_types_the_code_from_the_owners_mailbox_is_told(talk: Talk) -> None:
    number = await talk.ticket("rina")
    asked = await talk.say("hp lain", f"status tiket {number} dong")
    assert "Gudang" not in asked
    (code,) = talk.codes()
    assert "Gudang" in await talk.say("hp lain", code)


@pytest.mark.sop("K4")
async def test_a_wrong_code_tells_nothing_and_is_limited(talk: Talk) -> None:
    number = await talk.ticket("rina")
    await talk.say("orang", f"status tiket {number}")
    (right,) = talk.codes()
    for no in range(8):
        wrong = f"{(int(right) + no + 1) % 10**6:06d}"
        assert "Gudang" not in await talk.say("orang", wrong)
    assert "Gudang" not in await talk.say("orang", right), "the right code still worked after many wrong ones"


@pytest.mark.sop("K4")
async def test_a_code_is_worth_nothing_in_another_conversation(talk: Talk) -> None:
    number = await talk.ticket("rina")
    await talk.say("satu", f"status tiket {number}")
    (code,) = talk.codes()
    await talk.say("dua", f"status tiket {number}")
    assert "Gudang" not in await talk.say("dua", code)


async def test_a_stranger_cannot_tell_a_number_that_exists_from_one_that_does_not(talk: Talk) -> None:
    number = await talk.ticket("rina")
    real = await talk.say("satu", f"status tiket {number}")
    nobodys = make("SP", datetime(2026, 11, 22, tzinfo=UTC), 9999)
    none = await talk.say("dua", f"status tiket {nobodys}")
    assert real.replace(number, "N") == none.replace(nobodys, "N")


async def test_nobody_floods_a_mailbox_with_codes_by_knowing_a_number(talk: Talk) -> None:
    number = await talk.ticket("rina")
    for no in range(9):
        assert "Gudang" not in await talk.say(f"orang {no}", f"status tiket {number}")
    assert len(talk.codes()) == 5
