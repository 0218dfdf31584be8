"""Machines that write to each other: each exchange ends by itself or by a cap, and all of it is on record.

freescout#3670 #634 #688 #4143 #1403 #4631, zammad#1131 #5428: "another 8k emails", 100 GB. Whole houses
here, each with its real SMTP door and the bytes it really sends; between them a postman who brings every
letter to whom it is addressed to: another house, or a machine of the kinds that exist.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import re
import smtplib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.house import House, open_house
from bot.settings import MailSettings, Settings
from bot.store import tables
from channels.smtp_in import Place, SmtpIn

MOST_TO_ONE = 10
"""The gate's cap on automatic mail to one address, in three hours."""
ROUNDS = 60
"""So often the postman goes; what goes on after that goes on for ever."""

Machine = Callable[[EmailMessage], list[EmailMessage]]
"""What answers a letter, with all its answers."""


def written(
    sender: str, to: str, subject: str, text: str, *, answers: Any = None, **headers: str
) -> EmailMessage:
    """A mail as a program writes it; `answers` threads it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    _count[0] += 1
    mail["Message-ID"] = f"<{_count[0]}@{sender.rpartition('@')[2].rstrip('>')}>"
    if answers is not None:
        mail["In-Reply-To"] = mail["References"] = answers["Message-ID"]
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


_count = [0]


def _hand_over(port: int, sender: str, to: str, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.sendmail(sender, [to], raw)


@dataclass
class Post:
    """The world: houses by domain, machines by address, and what left for whom."""

    houses: dict[str, House] = field(default_factory=dict)
    doors: dict[str, SmtpIn] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)
    spoil: Callable[[EmailMessage], None] = lambda mail: None
    left: Counter[tuple[str, str]] = field(default_factory=Counter)
    _seen: set[Path] = field(default_factory=set)

    async def bring(self, mail: EmailMessage, *, to: str = "", null: bool = False) -> None:
        """Bring a mail to the house or the machine it is for."""
        to = to or str(mail["To"])
        bare = to.rpartition("<")[2].rstrip(">")
        door = self.doors.get(bare.rpartition("@")[2])
        if door is not None:
            sender = "" if null else str(mail["From"]).rpartition("<")[2].rstrip(">")
            await asyncio.to_thread(_hand_over, door.port, sender, bare, mail.as_bytes())
            return
        local, _, domain = bare.partition("@")
        machine = self.machines.get(f"{local.partition('+')[0]}@{domain}")
        for answer in machine(mail) if machine else []:
            await self.bring(answer, null=answer.get("Return-Path") == "<>")

    async def settle(self) -> int:
        """Until nobody writes any more; the rounds it took."""
        for n in range(ROUNDS):
            letters: list[EmailMessage] = []
            for name, house in self.houses.items():
                await house.turns.run_once()
                await house.outbox.run_once()
                folder = house.settings.mailbox_folder
                assert folder is not None
                for file in sorted(set(folder.glob("*.eml")) - self._seen if folder.is_dir() else ()):
                    self._seen.add(file)
                    mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                    assert isinstance(mail, EmailMessage)
                    self.left[name, str(mail["To"])] += 1
                    letters.append(mail)
            if not letters:
                return n
            for letter in letters:
                self.spoil(letter)
                await self.bring(letter)
        raise AssertionError(f"they still write to each other: {self.left}")

    async def record(self, name: str) -> list[tuple[str, str]]:
        """(outcome, cause) of every mail that came into a house."""
        columns = (tables.inbox.c.outcome, tables.inbox.c.cause)
        chosen = select(*columns).where(tables.inbox.c.channel == "email").order_by(tables.inbox.c.id)
        found = await self.houses[name].store.read(lambda c: c.execute(chosen).all())
        return [(row[0], row[1]) for row in found]

    async def held(self, name: str) -> list[str]:
        """Why letters of a house did not leave."""
        chosen = select(tables.outbox.c.reason).where(tables.outbox.c.state.in_(["dead", "refused"]))
        return list(await self.houses[name].store.read(lambda c: c.execute(chosen).scalars().all()))


async def _open(made: Post, stack: contextlib.AsyncExitStack, folder: Path, name: str) -> None:
    """A house with its door open."""
    domain, own = f"{name}.example", f"support@{name}.example"
    settings = Settings(data=folder / name, mail=MailSettings(address=own, quiet=0))
    house = await stack.enter_async_context(open_house(settings, lambda _ground: {}))
    door = SmtpIn(Place(port=0), (own,), own=(own,), account=own)
    task = asyncio.create_task(door.run(house.inbox.accept))
    await door.listening.wait()
    made.houses[domain], made.doors[domain] = house, door

    async def close() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(close)


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    """One house and nobody else."""
    async with contextlib.AsyncExitStack() as stack:
        made = Post()
        await _open(made, stack, tmp_path, "satu")
        yield made


@pytest.fixture
async def two(post: Post, tmp_path: Path) -> AsyncIterator[Post]:
    """Two houses."""
    async with contextlib.AsyncExitStack() as stack:
        await _open(post, stack, tmp_path, "dua")
        yield post


ONE, TWO = "support@satu.example", "support@dua.example"
COMPLAINT = "Minyak Sari Murni 1 L yang datang kurang 2 dus."


async def test_two_sapas_say_one_word_to_each_other(two: Post) -> None:
    """One writes to the other as any customer might: forged, or a colleague who tries it out."""
    await two.bring(written(TWO, ONE, "Minyak kurang", COMPLAINT))
    await two.settle()
    assert two.left == {("satu.example", TWO): 1}
    (row,) = await two.record("dua.example")
    assert row[0] == "ignored"
    assert row[1].startswith(("own", "auto_reply"))


async def test_two_sapas_end_by_the_caps_when_somebody_takes_their_marks_off(two: Post) -> None:
    """A gateway that rewrites headers between them: nothing tells that a machine writes but how much it
    does."""

    def spoil(mail: EmailMessage) -> None:
        for name in ("X-Sapa-Mail", "Auto-Submitted", "X-Auto-Response-Suppress"):
            del mail[name]

    two.spoil = spoil
    await two.bring(written(TWO, ONE, "Minyak kurang", COMPLAINT))
    await two.settle()
    between = {pair: n for pair, n in two.left.items() if pair[1].startswith("support")}
    assert sum(n for (_, to), n in between.items() if to.endswith("@dua.example")) <= MOST_TO_ONE
    assert sum(n for (_, to), n in between.items() if to.endswith("satu.example")) <= MOST_TO_ONE
    reasons = [*await two.held("satu.example"), *await two.held("dua.example")]
    assert any("held by a cap" in reason for reason in reasons) or sum(between.values()) < MOST_TO_ONE
    came = [*await two.record("satu.example"), *await two.record("dua.example")]
    assert len(came) == 1 + sum(between.values()), "all that was written is on record"
    assert all(outcome in ("conversation", "appended") for outcome, _ in came)


@pytest.mark.parametrize("how", ["threaded", "anew each time", "with another subject each time"])
async def test_a_vacation_note_without_any_mark_is_answered_no_more_than_the_cap(
    post: Post, how: str
) -> None:
    who = "rina@toko.example"

    def vacation(letter: EmailMessage) -> list[EmailMessage]:
        subject = f"Re: {letter['Subject']}"
        if how == "with another subject each time":
            subject = f"Saya sedang pergi {_count[0]}"
        answers = letter if how == "threaded" else None
        to = str(letter["Reply-To"]) if how == "threaded" else ONE
        return [written(who, to, subject, "Saya sedang pergi, nanti dibalas.", answers=answers)]

    post.machines[who] = vacation
    await post.bring(written(who, ONE, "Minyak kurang", COMPLAINT))
    await post.settle()
    assert 1 <= post.left["satu.example", who] <= MOST_TO_ONE
    assert len(await post.record("satu.example")) == 1 + post.left["satu.example", who]
    if post.left["satu.example", who] == MOST_TO_ONE:
        assert any("held by a cap" in why for why in await post.held("satu.example"))


async def test_a_no_reply_robot_is_never_written_to(post: Post) -> None:
    for n, who in enumerate(
        ("no-reply@bank.example", "noreply@bank.example", "tidak-dibalas.noreply@bank.example")
    ):
        await post.bring(written(who, ONE, f"Notifikasi {n}", "Transfer telah diterima."))
    await post.settle()
    assert post.left == {}
    record = await post.record("satu.example")
    assert len(record) == 3
    assert all(outcome == "ignored" and cause for outcome, cause in record)


async def test_a_robot_that_says_no_reply_only_in_reply_to_gets_nothing(post: Post) -> None:
    """The answer would go to the Reply-To: the gate knows such an address too."""
    mail = written("info@bank.example", ONE, "Notifikasi", COMPLAINT, Reply_To="noreply@bank.example")
    await post.bring(mail)
    await post.settle()
    assert post.left == {}
    assert any("machine" in why for why in await post.held("satu.example"))


async def test_a_mailer_daemon_that_returns_everything_gets_nothing_back(post: Post) -> None:
    """Our answer comes back, from a daemon that is no good at it: no report, no null path, bounces of
    bounces."""
    who = "rina@mati.example"

    def returns(letter: EmailMessage) -> list[EmailMessage]:
        said = (
            f"Your message to {who} could not be delivered.\n\n550 5.1.1 User unknown\n\n{letter.as_string()}"
        )
        to = str(letter["Reply-To"] or letter["From"])
        daemon = "MAILER-DAEMON@mati.example"
        return [
            written(daemon, to, "Undelivered Mail Returned to Sender", said),
            written(daemon, to, "Undelivered Mail Returned to Sender", said, Return_Path="<>"),
        ]

    post.machines[who] = post.machines["MAILER-DAEMON@mati.example"] = returns
    await post.bring(written(who, ONE, "Minyak kurang", COMPLAINT))
    await post.settle()
    assert post.left == {("satu.example", who): 1}
    record = await post.record("satu.example")
    assert record[0][0] == "conversation"
    assert len(record) == 3
    assert all(cause for _, cause in record[1:])


async def test_an_angry_list_that_sends_everything_to_everybody_ends(post: Post) -> None:
    """A list without any mark: Reply-To is the list, each letter of ours goes to us and to forty members,
    whose vacation notes come to us."""
    members = [f"anggota{n}@toko{n}.example" for n in range(40)]
    list_ = "warga@kampung.example"

    def resend(letter: EmailMessage) -> list[EmailMessage]:
        back = written(str(letter["From"]), ONE, f"[warga] {letter['Subject']}", "diteruskan", Reply_To=list_)
        notes = [
            written(member, ONE, "Saya sedang pergi", "Nanti dibalas.", answers=letter)
            for member in members
            if _first(member)
        ]
        return [back, *notes]

    told: set[str] = set()

    def _first(member: str) -> bool:
        """RFC 3834: a note to one sender once."""
        new = member not in told
        told.add(member)
        return new

    post.machines[list_] = resend
    await post.bring(written("rina@toko.example", ONE, "[warga] Minyak kurang", COMPLAINT, Reply_To=list_))
    await post.settle()
    assert post.left["satu.example", list_] <= MOST_TO_ONE
    for member in members:
        assert post.left["satu.example", member] <= 1
    record = await post.record("satu.example")
    assert len(record) == 1 + post.left["satu.example", list_] + len(members)
    assert any(re.match(r"own", cause) for _, cause in record), "our own letter came back"


async def test_a_list_with_its_marks_is_never_written_to(post: Post) -> None:
    mail = written("ketua@asosiasi.example", ONE, "[asosiasi] Rapat", COMPLAINT, List_Id="<asosiasi.example>")
    await post.bring(mail)
    await post.settle()
    assert post.left == {}
    assert (await post.record("satu.example"))[0][1].startswith("list")
