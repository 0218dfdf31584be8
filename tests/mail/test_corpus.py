"""A hundred Indonesian mails from the wire to their outcome: read, placed, understood, decided, answered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from bot import packs
from bot.inbox import Inbox
from bot.letters import Mailbox
from bot.store import Bells, Files, Store, tables
from bot.store.items import ItemBody
from bot.turns import Turns
from channels.base import Accepted, Capabilities, Message, Outbound
from channels.mail.reading import read
from tests.mail import corpus

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)  # Monday, 10.00 in Jakarta: people are at work
MAILS = corpus.load()
STAFF = "arunika-niaga.example"


@dataclass
class Became:
    """What became of a mail: how it was read, its inbox row, and what left for whom because of it."""

    message: Message
    row: Any = None
    letters: list[Outbound] = field(default_factory=list)
    phrases: set[str] = field(default_factory=set)
    tickets: list[Any] = field(default_factory=list)
    thread: Any = None

    def to(self, address: str) -> str:
        """Subjects and texts of the letters to an address."""
        return "\n".join(
            f"{letter.mail.subject if letter.mail else ''}\n{letter.text}"
            for letter in self.letters
            if letter.to.lower() == address
        )


class _House:
    """One store and its rooms, for all mails."""

    def __init__(self, store: Store, folder: Path) -> None:
        sop = packs.load()
        self.store, self.sop = store, sop
        files = Files(folder / "files")
        self.inbox = Inbox(
            store, files, secret=b"corpus", sop=sop, own_addresses=[corpus.OURS], staff=[STAFF]
        )
        self.turns = Turns(
            store, files, sop=sop, secret=b"corpus",
            mailbox=Mailbox(corpus.OURS, corpus.COMPANY, secret=b"corpus"),
            capabilities={"email": Capabilities(medium="email", idempotent=True)}, clock=lambda: NOW,
        )  # fmt: skip

    async def rows(self, name: str) -> list[Any]:
        table = tables.metadata.tables[name]
        return await self.store.read(lambda c: list(c.execute(select(table).order_by(*table.primary_key))))


def _stages() -> list[list[corpus.Mail]]:
    """Mails in the order of what they follow."""
    depth: dict[str, int] = {}

    def of(name: str) -> int:
        mail = MAILS[name]
        before = mail.get("answers") or mail.get("answers_department") or mail.get("after")
        if name not in depth:
            depth[name] = 0 if before is None else of(before) + 1
        return depth[name]

    return [[m for m in MAILS.values() if of(m["id"]) == n] for n in range(1 + max(map(of, MAILS)))]


async def _run(folder: Path) -> dict[str, Became]:
    store = await Store.open(f"sqlite:///{folder / 'sapa.db'}", bells=Bells())
    try:
        return await _take_all(_House(store, folder))
    finally:
        await store.close()


async def _take_all(house: _House) -> dict[str, Became]:
    became: dict[str, Became] = {}
    for stage in _stages():
        for n, mail in enumerate(stage):
            raw = corpus.build(mail, answered=_answered(mail, became, house))
            became[mail["id"]] = Became(
                read(
                    raw,
                    account=corpus.OURS,
                    envelope_from=mail.get("envelope", parseaddr(mail.get("from", "x@y.example"))[1]),
                    envelope_to=[corpus.OURS],
                    received_at=NOW + timedelta(seconds=n),
                    own=[corpus.OURS],
                )
            )
        before = {name: len(await house.rows(name)) for name in ("outbox", "tickets", "items")}
        batch = [became[mail["id"]].message for mail in stage]
        assert await house.inbox.accept(batch) == [Accepted.NEW] * len(batch)
        await house.turns.run_once()
        await _look(house, stage, became, before)
    return became


def _answered(mail: corpus.Mail, became: dict[str, Became], house: _House) -> dict[str, str] | None:
    """What a mail program takes from our letter when its owner presses reply."""
    old = mail.get("answers") or mail.get("answers_department")
    if old is None:
        return None
    if "answers" in mail:
        whose = parseaddr(MAILS[old]["from"])[1].lower()
        letters = [x for x in became[old].letters if x.to.lower() == whose]
    else:
        department = house.sop.departments[MAILS[old]["to"]].email
        letters = [x for x in became[old].letters if x.to == department]
    head = letters[-1].mail
    assert head is not None
    return {
        "id": head.message_id, "to": head.reply_to or head.sender, "subject": head.subject,
        "references": " ".join(f"<{each}>" for each in head.references),
    }  # fmt: skip


async def _look(
    house: _House, stage: list[corpus.Mail], became: dict[str, Became], before: dict[str, int]
) -> None:
    rows = {row.external_id: row for row in await house.rows("inbox")}
    threads = {row.id: row for row in await house.rows("threads")}
    outbox = (await house.rows("outbox"))[before["outbox"] :]
    tickets = (await house.rows("tickets"))[before["tickets"] :]
    items = [row for row in await house.rows("items") if row.author == "bot"]
    last = {row.thread_id: row for row in items}
    for mail in stage:
        one = became[mail["id"]]
        one.row = rows[one.message.external_id]
        one.thread = threads.get(one.row.thread_id)
        one.tickets = [t for t in tickets if t.thread_id == one.row.thread_id]
        if one.row.conversation_id is not None and one.row.state == "done":
            decode = msgspec.json.Decoder(Outbound, strict=False)
            one.letters = [
                decode.decode(r.body) for r in outbox if r.conversation_id == one.row.conversation_id
            ]
        if one.row.thread_id in last:
            one.phrases = set(msgspec.json.decode(last[one.row.thread_id].body, type=ItemBody).phrases)


@pytest.fixture(scope="module")
def became(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Became]:
    return asyncio.run(_run(tmp_path_factory.mktemp("corpus")))


def plain(text: str) -> str:
    return " ".join(text.split())


def test_there_are_a_hundred() -> None:
    assert len(MAILS) >= 100


@pytest.mark.sop("K2c")
@pytest.mark.parametrize("name", MAILS)
def test_it_is_read_as_it_was_written(became: dict[str, Became], name: str) -> None:
    mail, message = MAILS[name], became[name].message
    facts = message.mail
    assert facts is not None
    assert facts.kind == mail.get("kind", facts.kind if mail["does"] == "ignored" else "customer"), (
        facts.reason
    )
    assert bool(facts.automatic) == (mail["does"] == "ignored"), facts.automatic
    if "from" in mail:
        assert message.sender.email == parseaddr(mail["from"])[1]
    for seen in mail.get("sees", ()):
        assert seen in plain(message.text), message.text
    for unseen in mail.get("never_sees", ()):
        assert unseen not in message.text, message.text
    if mail["does"] != "ignored" and "text" in mail and "forward" not in mail:
        assert plain(message.text) == plain(mail["text"])
    if "forward" in mail:
        passed = facts.forwarded
        assert passed is not None
        who, address = parseaddr(mail["original"])
        assert (passed.email, passed.name, passed.subject) == (address, who, mail["original_subject"])
        assert plain(passed.text) == plain(mail["original_text"])
    wanted = mail.get("attachments", mail.get("files"))
    if wanted is not None:
        assert [a.name for a in message.attachments] == wanted


@pytest.mark.sop("K2c", "S2", "K4", "K5")
@pytest.mark.parametrize("name", MAILS)
def test_it_has_the_outcome_it_should(became: dict[str, Became], name: str) -> None:
    mail, one = MAILS[name], became[name]
    sender = mail.get("customer") or one.message.sender.id
    said = one.to(sender)
    story = f"{one.row.outcome} {one.row.cause}\n{one.phrases}\n{said}"
    match mail["does"]:
        case "ignored":
            assert one.row.outcome == "ignored", story
            assert one.row.cause
            assert one.letters == []
        case "kept":
            assert one.row.outcome == "appended", story
            assert one.row.cause
            assert one.row.conversation_id is not None
            assert said == ""
        case "ticket":
            assert one.tickets, story
            assert one.tickets[0].number in said
            assert one.tickets[0].department == mail.get("to", one.tickets[0].department), story
            assert one.tickets[0].urgent == mail.get("urgent", False)
        case "asks":
            assert not one.tickets, story
            assert set(mail.get("asks", ())) <= one.phrases, story
            assert one.row.outcome in ("conversation", "appended")
            assert said
        case "answers":
            assert not one.tickets, story
            assert one.row.outcome in ("conversation", "appended"), story
            assert said or "same_thread" in mail, story
    for words in mail.get("says", ()):
        assert words in said, story
    for words in mail.get("never", ()):
        assert not any(
            words in letter.text.partition("\n> ")[0] for letter in one.letters if letter.to == sender
        ), story
    if "linked" in mail:
        assert (one.thread.link, one.thread.linked_to) == (
            mail["linked"],
            became[mail["answers"]].row.thread_id,
        )
    elif mail["does"] != "ignored" and one.thread is not None and "answers" in mail:
        assert one.thread.id == became[mail["answers"]].row.thread_id
    if mail.get("same_thread"):
        assert one.thread.id == became[mail.get("answers") or mail["after"]].row.thread_id
    if "customer" in mail:
        assert sender not in (one.message.sender.id,)
        assert one.to(one.message.sender.id), "the colleague is told"
